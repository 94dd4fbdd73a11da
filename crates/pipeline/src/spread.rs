//! A run whose work is spread over machines: the same stages, the same decisions, the same records.
//!
//! Texts stay with the workers, and so does what pairs are found by. They clean, fingerprint, find pairs, compare and
//! write, as pure functions from rows to rows ([`Task`]); who takes part, and what follows, is decided here by the very
//! code of a run on one machine, from digests and verdicts. How rows get to tasks is for an engine to know (see [`Workers`]): all it needs
//! are tables of one shape, and four ways to read them ([`Input`]).
//!
//! Where a table is one of documents, `key` is the place of a document in the canonical order. Nothing depends on
//! the order of rows, nor on how they are cut into tasks, nor on how often a task is done.

mod clean;
mod earlier;
mod facts;
mod judge;
mod look;
mod near;
mod order;
mod phrases;
mod rare;
mod records;
mod remember;
mod scatter;
mod task;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Mutex, OnceLock};

use crate::{Config, Error, Run};
use earlier::ContentKeys;

pub(crate) use remember::Remembering;

pub use order::ingest_spread;
pub use task::Task;

/// A row of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// Which kind of row of its table.
    pub kind: i32,
    /// What rows are brought together by.
    pub key: i64,
    /// Its place among the rows of one kind and key.
    pub at: i64,
    /// MessagePack, with fields by name.
    pub body: Vec<u8>,
}

/// Which rows a task is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input<'a> {
    /// Rows of a kind, few and each much work: on as many tasks as there are hands.
    Spread(&'a str, i32),
    /// Rows of a kind, in any portions.
    Rows(&'a str, i32),
    /// Rows of a kind, all of one key together.
    Grouped(&'a str, i32),
    /// Rows of the kinds [`WANTED`] and [`GIVEN`] of the first table, all of one key together, and with them a row
    /// of kind [`TEXT`] for each that is wanted: `body` of the row of that kind in the other tables whose `key` is
    /// the wanted `at`.
    Joined(&'a str, &'a [&'a str]),
}

/// Kind of rows whose `at` is the document that a key wants.
pub const WANTED: i32 = 0;
/// Kind of rows that are handed on with the documents that their key wants.
pub const GIVEN: i32 = 1;
/// Kind of rows that are documents.
pub const TEXT: i32 = 2;

/// Rows to be made of rows.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// What goes in.
    pub input: Input<'a>,
    /// What is done: for [`Task::new`].
    pub task: &'a [u8],
    /// The table of what comes out; it is absent before.
    pub output: &'a str,
}

/// An engine that carries out the work of a run on other machines. A table is called by the folder that it may
/// be kept in, which all machines see.
pub trait Workers: Sync {
    /// Makes a table.
    ///
    /// # Errors
    /// What the engine says; so for all others.
    fn put(&self, table: &str, rows: &mut dyn Iterator<Item = Row>) -> Result<(), String>;

    /// Does a job to its end.
    ///
    /// # Errors
    /// What the engine says.
    fn run(&self, job: &Job<'_>) -> Result<(), String>;

    /// Hands over the rows of a kind, in any order.
    ///
    /// # Errors
    /// What the engine or `take` says.
    fn take(
        &self,
        table: &str,
        kind: i32,
        take: &mut dyn FnMut(Row) -> Result<(), String>,
    ) -> Result<(), String>;
}

/// The side of a run that has no texts.
pub(crate) struct Spread<'a> {
    workers: &'a dyn Workers,
    /// A folder that all machines see, for what every task needs.
    folder: &'a Path,
    config: &'a Config,
    run: &'a Run<'a>,
    jobs: AtomicU32,
    /// Whether documents of earlier runs stand behind those of this one.
    has_earlier: AtomicBool,
    /// What is looked up in an index, where there is one.
    content: OnceLock<ContentKeys>,
    /// Where the counts of phrases are, once they were counted.
    statistics: Mutex<Option<PathBuf>>,
}

/// Folder of tables below the folder that all machines see.
const TABLES: &str = "tables";
/// Table of clean documents as they were read.
const CLEAN: &str = "clean";
/// Table of documents in canonical order, and of what was seen at one look at each.
const LOOKED: &str = "looked";

fn packed<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    rmp_serde::to_vec_named(value).map_err(|error| Error::Elsewhere(format!("cannot be packed: {error}")))
}

fn unpacked<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    rmp_serde::from_slice(bytes).map_err(|error| Error::Elsewhere(format!("a row is damaged: {error}")))
}

fn number(at: usize) -> i64 {
    i64::try_from(at).expect("what is counted in memory fits")
}

impl<'a> Spread<'a> {
    fn new(workers: &'a dyn Workers, folder: &'a Path, config: &'a Config, run: &'a Run<'a>) -> Self {
        Self {
            workers,
            folder,
            config,
            run,
            jobs: AtomicU32::new(0),
            has_earlier: AtomicBool::new(false),
            content: OnceLock::new(),
            statistics: Mutex::new(None),
        }
    }

    fn do_job(&self, input: Input<'_>, task: &task::Plan, output: &str) -> Result<(), Error> {
        self.run.ensure_wanted()?;
        tracing::info!(output, ?input, "a job begins");
        let (Input::Spread(table, _)
        | Input::Rows(table, _)
        | Input::Grouped(table, _)
        | Input::Joined(table, _)) = input;
        let (table, output) = (self.table(table), self.table(output));
        let texts: Vec<String> = match input {
            Input::Joined(_, texts) => texts.iter().map(|name| self.table(name)).collect(),
            Input::Spread(..) | Input::Rows(..) | Input::Grouped(..) => Vec::new(),
        };
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let input = match input {
            Input::Spread(_, kind) => Input::Spread(&table, kind),
            Input::Rows(_, kind) => Input::Rows(&table, kind),
            Input::Grouped(_, kind) => Input::Grouped(&table, kind),
            Input::Joined(..) => Input::Joined(&table, &texts),
        };
        let job = Job { input, task: &packed(task)?, output: &output };
        self.workers.run(&job).map_err(Error::Elsewhere)?;
        self.run.ensure_wanted()
    }

    /// Where a table is.
    fn table(&self, name: &str) -> String {
        self.folder.join(TABLES).join(name).to_string_lossy().into_owned()
    }

    fn put(&self, table: &str, mut rows: impl Iterator<Item = Row>) -> Result<(), Error> {
        self.workers.put(&self.table(table), &mut rows).map_err(Error::Elsewhere)
    }

    /// Makes a table of portions of rows, each of which is made when it is its turn.
    fn put_portions(
        &self,
        table: &str,
        portions: impl Iterator<Item = Result<Vec<Row>, Error>>,
    ) -> Result<(), Error> {
        let mut failed = None;
        let rows = portions.map_while(|portion| portion.map_err(|error| failed = Some(error)).ok());
        self.put(table, rows.flatten())?;
        failed.map_or(Ok(()), Err)
    }

    /// The rows of a kind, by key and place.
    fn rows(&self, table: &str, kind: i32) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        self.each_row(table, kind, |row| {
            rows.push(row);
            Ok(())
        })?;
        rows.sort_unstable();
        Ok(rows)
    }

    /// Hands over the rows of a kind, in any order.
    fn each_row(
        &self,
        table: &str,
        kind: i32,
        mut take: impl FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut take = |row: Row| take(row).map_err(|error| error.to_string());
        self.workers.take(&self.table(table), kind, &mut take).map_err(Error::Elsewhere)
    }

    /// Removes what a run that was killed left.
    fn clear(&self) -> Result<(), Error> {
        let tables = self.folder.join(TABLES);
        match std::fs::remove_dir_all(&tables) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::Elsewhere(format!("{}: cannot be removed: {error}", tables.display())))
            }
            _ => Ok(()),
        }
    }

    /// A name for tables that no job has had.
    fn next_name(&self, what: &str) -> String {
        let number = self.jobs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        format!("{what}-{number:02}")
    }

    /// Puts a file where all tasks find it.
    fn share(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Error> {
        let path = self.folder.join(name);
        let failed = |error| Error::Elsewhere(format!("{}: cannot be written: {error}", path.display()));
        std::fs::create_dir_all(self.folder).map_err(failed)?;
        std::fs::write(&path, bytes).map_err(failed)?;
        Ok(path)
    }
}

/// What was shared with all tasks.
fn shared(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path)
        .map_err(|error| Error::Elsewhere(format!("{}: cannot be read: {error}", path.display())))
}
