//! The native half of `unecho.spark`: tasks for executors, and the side of a run that drives them. Rows cross as
//! streams of Arrow's IPC format, so that neither side depends on the other's version of a library.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::builder::BinaryBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Int32Array, Int64Array, RecordBatch};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use unecho_pipeline::{CleanRow, Input, Job, Row, RowNormalizer, Task, Workers};

use crate::{config_of, json_of, watched};

/// Rows that cross together, and their bytes.
const ROWS_MAX: usize = 4096;
const BYTES_MAX: usize = 1 << 20;
/// Portions that wait to be taken.
const PORTIONS: usize = 2;

fn schema() -> Arc<Schema> {
    let column = |name: &str, of: DataType| Field::new(name, of, false);
    Arc::new(Schema::new(vec![
        column("kind", DataType::Int32),
        column("key", DataType::Int64),
        column("at", DataType::Int64),
        column("body", DataType::Binary),
    ]))
}

/// Rows as an Arrow stream.
fn stream_of(rows: &[Row]) -> Result<Vec<u8>, ArrowError> {
    let mut bodies = BinaryBuilder::with_capacity(rows.len(), rows.iter().map(|row| row.body.len()).sum());
    rows.iter().for_each(|row| bodies.append_value(&row.body));
    let batch = RecordBatch::try_new(
        schema(),
        vec![
            Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| row.kind))),
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.key))),
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.at))),
            Arc::new(bodies.finish()),
        ],
    )?;
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema())?;
    writer.write(&batch)?;
    writer.into_inner()
}

/// The rows in an Arrow stream.
fn rows_of(stream: &[u8]) -> Result<Vec<Row>, ArrowError> {
    let mut rows = Vec::new();
    for batch in StreamReader::try_new(stream, None)? {
        let batch = batch?;
        let column = |name: &str| {
            let absent = || ArrowError::SchemaError(format!("rows without {name}"));
            batch.column_by_name(name).ok_or_else(absent)
        };
        let mistaken = |name: &str| ArrowError::SchemaError(format!("{name} is of another type"));
        let kinds = column("kind")?.as_primitive_opt::<Int32Type>().ok_or_else(|| mistaken("kind"))?;
        let keys = column("key")?.as_primitive_opt::<Int64Type>().ok_or_else(|| mistaken("key"))?;
        let places = column("at")?.as_primitive_opt::<Int64Type>().ok_or_else(|| mistaken("at"))?;
        let bodies = column("body")?.as_binary_opt::<i32>().ok_or_else(|| mistaken("body"))?;
        for at in 0..batch.num_rows() {
            rows.push(Row {
                kind: kinds.value(at),
                key: keys.value(at),
                at: places.value(at),
                body: bodies.value(at).to_vec(),
            });
        }
    }
    Ok(rows)
}

fn broken(error: &impl std::fmt::Display) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}

/// Gathers rows into portions.
struct Portions<F> {
    rows: Vec<Row>,
    bytes: usize,
    send: F,
}

impl<F: FnMut(Vec<u8>) -> Result<(), String>> Portions<F> {
    const fn new(send: F) -> Self {
        Self { rows: Vec::new(), bytes: 0, send }
    }

    fn push(&mut self, row: Row) -> Result<(), String> {
        self.bytes += row.body.len();
        self.rows.push(row);
        if self.rows.len() >= ROWS_MAX || self.bytes >= BYTES_MAX { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), String> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let stream = stream_of(&self.rows).map_err(|error| error.to_string())?;
        self.rows.clear();
        self.bytes = 0;
        (self.send)(stream)
    }
}

enum Message {
    Rows(Vec<u8>),
    Failed(String),
    Ended,
}

/// One task of a job on an executor.
#[pyclass(frozen, name = "Task")]
pub(crate) struct SparkTask(Arc<Mutex<Option<Task>>>);

#[pymethods]
impl SparkTask {
    /// The task of a run with these flags.
    #[new]
    fn new(flags: Vec<OsString>, task: Vec<u8>) -> PyResult<Self> {
        let task = Task::new(&task, config_of(flags)?).map_err(|error| broken(&error))?;
        Ok(Self(Arc::new(Mutex::new(Some(task)))))
    }

    /// Takes rows in, an Arrow stream; what comes out is a number of such streams.
    fn feed(&self, rows: Vec<u8>) -> PyResult<Made> {
        let rows = rows_of(&rows).map_err(|error| broken(&error))?;
        Ok(self.spawn(move |task, out| match task {
            Some(task) => task.feed(rows, out),
            None => Err(unecho_pipeline::Error::Elsewhere("the task is finished".to_owned())),
        }))
    }

    /// What can be told only when all rows were taken in.
    fn finish(&self) -> Made {
        self.spawn(|task, out| task.take().map_or(Ok(()), |task| task.finish(out)))
    }
}

type Out<'a> = dyn FnMut(Row) -> Result<(), unecho_pipeline::Error> + 'a;

impl SparkTask {
    /// Does some of the task's work on a thread of its own, ahead of whoever takes what comes out.
    fn spawn(
        &self,
        work: impl FnOnce(&mut Option<Task>, &mut Out<'_>) -> Result<(), unecho_pipeline::Error> + Send + 'static,
    ) -> Made {
        let (sender, receiver) = sync_channel(PORTIONS);
        let task = Arc::clone(&self.0);
        std::thread::spawn(move || {
            let mut task = task.lock().unwrap_or_else(PoisonError::into_inner);
            let last = match do_work(&mut task, &sender, work) {
                Ok(()) => Message::Ended,
                Err(error) => Message::Failed(error),
            };
            // Nobody listens when the task was given up.
            let _: Result<(), _> = sender.send(last);
        });
        Made(Mutex::new(Some(receiver)))
    }
}

fn do_work(
    task: &mut Option<Task>,
    sender: &SyncSender<Message>,
    work: impl FnOnce(&mut Option<Task>, &mut Out<'_>) -> Result<(), unecho_pipeline::Error>,
) -> Result<(), String> {
    let send = |stream| sender.send(Message::Rows(stream)).map_err(|_| "nobody takes the rows".to_owned());
    let mut portions = Portions::new(send);
    let mut out = |row: Row| portions.push(row).map_err(unecho_pipeline::Error::Elsewhere);
    work(task, &mut out).map_err(|error| error.to_string())?;
    portions.flush()
}

/// What comes out of a task: Arrow streams, one after the other.
#[pyclass(frozen)]
pub(crate) struct Made(Mutex<Option<Receiver<Message>>>);

#[pymethods]
impl Made {
    const fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let message = py.detach(|| {
            let mut receiver = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let message = receiver.as_ref()?.recv();
            if !matches!(message, Ok(Message::Rows(_))) {
                *receiver = None;
            }
            Some(message)
        });
        match message {
            None | Some(Ok(Message::Ended)) => Ok(None),
            Some(Ok(Message::Rows(stream))) => Ok(Some(PyBytes::new(py, &stream))),
            Some(Ok(Message::Failed(error))) => Err(PyRuntimeError::new_err(error)),
            Some(Err(_)) => {
                Err(PyRuntimeError::new_err("unecho made a mistake; please report the lines on stderr"))
            }
        }
    }
}

/// Cleans rows, each by itself.
#[pyclass(frozen, name = "RowNormalizer")]
pub(crate) struct SparkNormalizer(RowNormalizer);

#[pymethods]
impl SparkNormalizer {
    /// With the settings that these flags stand for.
    #[new]
    fn new(flags: Vec<OsString>) -> PyResult<Self> {
        RowNormalizer::new(config_of(flags)?).map(Self).map_err(|error| broken(&error))
    }

    /// For each row, JSON text that is one line, the record of the document and nothing, or nothing and why it
    /// cannot be taken in: a reason and the particulars.
    fn clean(&self, py: Python<'_>, rows: Vec<String>) -> PyResult<Vec<CleanColumns>> {
        let count = rows.len();
        let cleaned = py.detach(|| {
            let columns = |row: CleanRow| match row {
                Ok(row) => (Some(row.to_json()), None, None),
                Err(rejected) => (None, Some(rejected.reason.name().to_owned()), Some(rejected.detail)),
            };
            let mut lines = rows.join("\n");
            lines.push('\n');
            self.0.clean(lines.into_bytes()).into_iter().map(columns).collect::<Vec<_>>()
        });
        if cleaned.len() == count { Ok(cleaned) } else { Err(broken(&"a row is no line of JSON")) }
    }
}

/// The record of a row, or a reason and the particulars.
type CleanColumns = (Option<String>, Option<String>, Option<String>);

/// Reads, cleans and deduplicates `inputs` into the folder `out` with an engine; returns the summary as JSON.
#[pyfunction]
pub(crate) fn ingest_spread(
    py: Python<'_>,
    inputs: Vec<OsString>,
    out: PathBuf,
    flags: Vec<OsString>,
    engine: Py<PyAny>,
) -> PyResult<String> {
    let config = config_of(flags)?;
    let engine = Engine(engine);
    let summary = watched(py, |run| unecho_pipeline::ingest_spread(&inputs, &out, &config, run, &engine))?;
    Ok(json_of(&summary))
}

/// An engine that Python drives: an object with `open`, `run` and `take`.
struct Engine(Py<PyAny>);

impl Engine {
    fn call<T>(&self, work: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<T>) -> Result<T, String> {
        Python::attach(|py| work(self.0.bind(py))).map_err(|error| error.to_string())
    }
}

impl Workers for Engine {
    fn put(&self, table: &str, rows: &mut dyn Iterator<Item = Row>) -> Result<(), String> {
        let writer = self.call(|engine| Ok(engine.call_method1("open", (table,))?.unbind()))?;
        let mut portions = Portions::new(|stream: Vec<u8>| {
            self.call(|engine| {
                let stream = PyBytes::new(engine.py(), &stream);
                writer.bind(engine.py()).call_method1("write", (stream,)).map(|_| ())
            })
        });
        for row in rows {
            portions.push(row)?;
        }
        portions.flush()?;
        self.call(|engine| writer.bind(engine.py()).call_method0("close").map(|_| ()))
    }

    fn run(&self, job: &Job<'_>) -> Result<(), String> {
        let (shape, table, kind, texts) = match job.input {
            Input::Spread(table, kind) => ("spread", table, kind, Vec::new()),
            Input::Rows(table, kind) => ("rows", table, kind, Vec::new()),
            Input::Grouped(table, kind) => ("grouped", table, kind, Vec::new()),
            Input::Joined(table, texts) => ("joined", table, 0, texts.to_vec()),
        };
        self.call(|engine| {
            let task = PyBytes::new(engine.py(), job.task);
            engine.call_method1("run", (shape, table, kind, texts, task, job.output)).map(|_| ())
        })
    }

    fn take(
        &self,
        table: &str,
        kind: i32,
        take: &mut dyn FnMut(Row) -> Result<(), String>,
    ) -> Result<(), String> {
        self.call(|engine| {
            for stream in engine.call_method1("take", (table, kind))?.try_iter()? {
                let stream: Vec<u8> = stream?.extract()?;
                let rows = rows_of(&stream).map_err(|error| broken(&error))?;
                rows.into_iter().try_for_each(&mut *take).map_err(PyRuntimeError::new_err)?;
            }
            Ok(())
        })
    }
}
