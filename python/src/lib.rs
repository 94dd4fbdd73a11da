//! The native half of the Python package `unecho`: runs of the pipeline, and reading what they left.
//! What users see is in `python/unecho`; records cross as JSON text.
//!
//! Every call lets go of Python's lock while it works, and looks at signals meanwhile.

#![expect(
    clippy::needless_pass_by_value,
    reason = "arguments are made from Python's values, for the call alone"
)]

mod spark;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use pyo3::exceptions::{PyException, PyRuntimeError};
use pyo3::prelude::*;
use unecho_pipeline::{Config, Depth, Error, Finished, OutputError, Run, Unobserved};

pyo3::create_exception!(_native, Failed, PyException, "A run that failed: (exit code, message).");

/// Time between two looks at signals.
const PATIENCE: Duration = Duration::from_millis(50);

/// The functions that `python/unecho` calls.
#[pymodule(name = "_native", gil_used = false)]
mod native {
    #[pymodule_export]
    use super::spark::{Made, SparkNormalizer, SparkTask, ingest_spread};
    #[pymodule_export]
    use super::{Failed, config, files, ingest, main, normalize, records, report, verify};

    #[pymodule_init]
    fn init(module: &pyo3::Bound<'_, pyo3::types::PyModule>) -> pyo3::PyResult<()> {
        use pyo3::types::PyModuleMethods;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}

/// What these flags of `unecho ingest` mean, as JSON.
#[pyfunction]
fn config(flags: Vec<OsString>) -> PyResult<String> {
    Ok(config_of(flags)?.to_json().to_string())
}

/// Reads, cleans and deduplicates `inputs` into the folder `out`; returns the summary as JSON.
#[pyfunction]
fn ingest(py: Python<'_>, inputs: Vec<OsString>, out: PathBuf, flags: Vec<OsString>) -> PyResult<String> {
    let mut config = config_of(flags)?;
    config.pages = Some(unecho_cli::pages_beside(&out, &config));
    config.program = py.import("unecho._native")?.getattr("__file__")?.extract()?;
    let summary = watched(py, |run| unecho_pipeline::ingest(&inputs, &out, &config, run))?;
    Ok(json_of(&summary))
}

/// Reads and cleans `inputs`; returns the records of documents and of what was rejected, as JSON.
#[pyfunction]
fn normalize(
    py: Python<'_>,
    inputs: Vec<OsString>,
    flags: Vec<OsString>,
) -> PyResult<(Vec<String>, Vec<String>)> {
    let config = config_of(flags)?;
    watched(py, |run| {
        let normalized = unecho_pipeline::normalize(&inputs, &config, run)?;
        let rejected = normalized.rejected.iter().map(|rejected| {
            serde_json::json!({
                "line": rejected.origin.line, "reason": rejected.reason, "detail": rejected.detail,
            })
            .to_string()
        });
        Ok((normalized.records.iter().map(json_of).collect(), rejected.collect()))
    })
}

/// The files of records in a finished output, with their number of rows, in order.
#[pyfunction]
fn files(py: Python<'_>, out: PathBuf) -> PyResult<Vec<(String, u64)>> {
    let finished = py.detach(|| Finished::open(&out)).map_err(|error| failed_output(&error))?;
    let files = finished.manifest().files.iter();
    Ok(files.filter_map(|file| Some((file.path.clone(), file.rows?))).collect())
}

/// The records of one file of a finished output, as JSON.
#[pyfunction]
fn records(py: Python<'_>, out: PathBuf, file: String) -> PyResult<Vec<String>> {
    py.detach(|| {
        let finished = Finished::open(&out)?;
        let records = finished.records::<serde_json::Value>(&file);
        records.map(|record| Ok(record?.to_string())).collect::<Result<Vec<_>, OutputError>>()
    })
    .map_err(|error| failed_output(&error))
}

/// How a finished output differs from its manifest; nothing when all is well.
#[pyfunction]
fn verify(py: Python<'_>, out: PathBuf, read_data: bool) -> PyResult<Vec<String>> {
    let depth = if read_data { Depth::Records } else { Depth::Bytes };
    let problems =
        py.detach(|| Finished::open(&out)?.verify(depth)).map_err(|error| failed_output(&error))?;
    Ok(problems.iter().map(ToString::to_string).collect())
}

/// The page about a finished output.
#[pyfunction]
fn report(py: Python<'_>, out: PathBuf) -> PyResult<String> {
    py.detach(|| unecho_pipeline::report(&Finished::open(&out)?, None)).map_err(|error| failed_output(&error))
}

/// The command line `unecho`; returns its exit code.
#[pyfunction]
fn main(py: Python<'_>, args: Vec<OsString>) -> u8 {
    py.detach(|| unecho_cli::main_with(args).code())
}

fn config_of(flags: Vec<OsString>) -> PyResult<Config> {
    unecho_cli::config_of_flags(flags).map_err(|(exit, message)| Failed::new_err((exit.code(), message)))
}

fn failed_output(error: &OutputError) -> PyErr {
    let (exit, message) = unecho_cli::told_of_output(error);
    Failed::new_err((exit.code(), message))
}

fn json_of(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("records are always JSON")
}

/// Does the work on a thread of its own, without Python's lock, and stops it when Python is interrupted.
fn watched<T: Send>(py: Python<'_>, work: impl FnOnce(&Run<'_>) -> Result<T, Error> + Send) -> PyResult<T> {
    let cancelled = AtomicBool::new(false);
    let mut interrupt = None;
    let outcome = std::thread::scope(|scope| {
        let (ended, mut ending) = channel::<()>();
        let cancelled = &cancelled;
        let worker = scope.spawn(move || {
            let outcome = work(&Run { observer: &Unobserved, cancelled });
            drop(ended);
            outcome
        });
        loop {
            let waiting = &mut ending;
            if py.detach(move || waiting.recv_timeout(PATIENCE)) != Err(RecvTimeoutError::Timeout) {
                break;
            }
            if let Err(error) = py.check_signals() {
                cancelled.store(true, Ordering::Relaxed);
                interrupt = Some(error);
            }
        }
        py.detach(|| worker.join())
    });
    match (interrupt, outcome) {
        (Some(interrupt), Ok(Err(_)) | Err(_)) => Err(interrupt),
        (_, Ok(Ok(value))) => Ok(value),
        (None, Ok(Err(error))) => {
            let (exit, message) = unecho_cli::told(&error);
            Err(Failed::new_err((exit.code(), message)))
        }
        (None, Err(_)) => {
            Err(PyRuntimeError::new_err("unecho made a mistake; please report the line on stderr"))
        }
    }
}
