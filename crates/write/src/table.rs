//! One Parquet file of rows that are no records of a result, such as what an index holds.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use unecho_disk::{Fs, FsFile};

use crate::Error;
use crate::columns::{ColumnFile, ColumnReader, Encoder};

/// What a column of a [`Table`] holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Text, always.
    Text,
    /// Text or null.
    TextOrNull,
    /// A whole number, always.
    Integer,
    /// A whole number or null.
    IntegerOrNull,
    /// A list of whole numbers.
    Integers,
}

/// Rows of a row group: many enough to compress, few enough to hold in memory.
const GROUP_ROWS: usize = 8_192;
/// And its most bytes as JSON.
const GROUP_BYTES: usize = 32 << 20;
/// Level of compression.
const ZSTD_LEVEL: i32 = 3;

/// A Parquet file being written. It stands under its name when it is finished, and not before; dropped, it
/// is removed.
pub struct Table {
    disk: Arc<dyn Fs>,
    path: PathBuf,
    unfinished: PathBuf,
    /// `None` when it is finished.
    file: Option<ColumnFile<io::BufWriter<Box<dyn FsFile>>>>,
    encoder: Encoder,
    lines: Vec<u8>,
    rows: usize,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Table {
    /// Begins the file `path` with these columns.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(path: &Path, columns: &[(&str, ColumnType)], disk: Arc<dyn Fs>) -> Result<Self, Error> {
        let field = |&(name, column): &(&str, ColumnType)| match column {
            ColumnType::Text => Field::new(name, DataType::Utf8, false),
            ColumnType::TextOrNull => Field::new(name, DataType::Utf8, true),
            ColumnType::Integer => Field::new(name, DataType::Int64, false),
            ColumnType::IntegerOrNull => Field::new(name, DataType::Int64, true),
            ColumnType::Integers => {
                let item = Field::new_list_field(DataType::Int64, false);
                Field::new(name, DataType::List(Arc::new(item)), false)
            }
        };
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<Field>>()));
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".unecho-part");
        let unfinished = path.with_file_name(name);
        let file = disk.create(&unfinished).map_err(|e| Error::io(&unfinished, "cannot be created", e))?;
        let begun = ColumnFile::of_schema(schema, ZSTD_LEVEL, io::BufWriter::with_capacity(1 << 20, file));
        let (file, encoder) = begun.map_err(|e| Error::io(&unfinished, "write failed", e))?;
        Ok(Self {
            disk,
            path: path.to_owned(),
            unfinished,
            file: Some(file),
            encoder,
            lines: Vec::new(),
            rows: 0,
        })
    }

    /// Adds a row: exactly the columns, by name.
    ///
    /// # Errors
    /// When the row has other columns, or the file cannot be written.
    ///
    /// # Panics
    /// Never: a map of values is always JSON.
    pub fn push(&mut self, row: &Map<String, Value>) -> Result<(), Error> {
        serde_json::to_writer(&mut self.lines, row).expect("a map of values is always JSON");
        self.lines.push(b'\n');
        self.rows += 1;
        if self.rows == GROUP_ROWS || self.lines.len() >= GROUP_BYTES { self.end_group() } else { Ok(()) }
    }

    fn end_group(&mut self) -> Result<(), Error> {
        if self.rows > 0
            && let Some(file) = &mut self.file
        {
            let group = self.encoder.row_group(&self.lines, self.rows);
            let written = group.and_then(|group| file.append(group));
            written.map_err(|e| Error::io(&self.unfinished, "write failed", e))?;
        }
        self.lines.clear();
        self.rows = 0;
        Ok(())
    }

    /// Ends the file, syncs it, and gives it its name.
    ///
    /// # Errors
    /// When any of this fails.
    pub fn finish(mut self) -> Result<(), Error> {
        self.end_group()?;
        let failed = |e| Error::io(&self.unfinished, "write failed", e);
        let Some(file) = self.file.take() else { return Ok(()) };
        let mut file = file.finish().map_err(failed)?;
        file.flush().map_err(failed)?;
        file.get_mut().sync().map_err(|e| Error::io(&self.unfinished, "sync failed", e))?;
        drop(file);
        let placed = self.disk.rename(&self.unfinished, &self.path);
        placed.map_err(|e| Error::io(&self.path, "cannot be put in place", e))
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        if self.unfinished.exists()
            && let Err(error) = self.disk.remove(&self.unfinished)
        {
            tracing::warn!(path = %self.unfinished.display(), %error, "an unfinished file was left behind");
        }
    }
}

/// The rows of a table, read back. Ends after the first error: what follows would be guesses.
pub struct TableRows<T> {
    path: PathBuf,
    /// `None` after an error.
    reader: Option<ColumnReader>,
    waiting: std::vec::IntoIter<T>,
}

impl<T: DeserializeOwned> TableRows<T> {
    /// Opens the file `path`.
    ///
    /// # Errors
    /// When there is none, or it is no Parquet file.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let reader = File::open(path).and_then(ColumnReader::open);
        let reader = reader.map_err(|error| Error::reading(path, error))?;
        Ok(Self { path: path.to_owned(), reader: Some(reader), waiting: Vec::new().into_iter() })
    }
}

impl<T: DeserializeOwned> Iterator for TableRows<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.waiting.next() {
                return Some(Ok(row));
            }
            match self.reader.as_mut()?.next_batch() {
                None => self.reader = None,
                Some(Ok(rows)) => self.waiting = rows.into_iter(),
                Some(Err(error)) => {
                    self.reader = None;
                    return Some(Err(Error::reading(&self.path, error)));
                }
            }
        }
    }
}

impl<T> std::fmt::Debug for TableRows<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableRows").field("path", &self.path).finish_non_exhaustive()
    }
}
