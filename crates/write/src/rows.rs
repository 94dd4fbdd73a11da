//! Record files: cut into shards, serialized and compressed in parallel.

use std::io;
use std::ops::Range;
use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;

use crate::format::Format;
use crate::manifest::FileEntry;
use crate::record_kind::RecordKind;
use crate::shard::{BlockEncoder, Encoded, Shard};
use crate::{Error, Staging, columns};

/// How a record file is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shards {
    /// A shard is closed once it holds this many bytes before compression.
    pub bytes_min: u64,
    /// zstd level, 1 to 19.
    pub zstd_level: i32,
    /// In what form files are stored.
    pub format: Format,
}

impl Default for Shards {
    fn default() -> Self {
        Self { bytes_min: 256 << 20, zstd_level: 3, format: Format::default() }
    }
}

/// Rows that are made when they are written, a range of them at a time by a function.
///
/// A row is zero or more records, so that the cuts of one document can be one row.
pub struct Rows<F> {
    blocks: Vec<Range<usize>>,
    /// Sum of the sizes.
    bytes: u64,
    write: F,
}

impl<F> Rows<F> {
    /// One row for each item of `sizes`, which says about how many bytes it takes; `write(range, sink)`
    /// pushes the records of the rows in `range`, in order. Where rows are cut into blocks and shards depends on their
    /// sizes alone.
    pub fn new<E>(sizes: impl Iterator<Item = usize>, shards: Shards, write: F) -> Self
    where
        F: Fn(Range<usize>, &mut RowSink<'_>) -> Result<(), E>,
    {
        let (block_bytes, block_rows) = block_limits(shards.format);
        let bytes_max = usize::try_from(shards.bytes_min).unwrap_or(usize::MAX).min(block_bytes);
        let (mut blocks, mut start, mut bytes, mut count) = (Vec::new(), 0, 0_usize, 0);
        let mut bytes_all: u64 = 0;
        for size in sizes {
            bytes = bytes.saturating_add(size);
            bytes_all = bytes_all.saturating_add(size as u64);
            count += 1;
            if bytes >= bytes_max || count - start == block_rows {
                blocks.push(start..count);
                (start, bytes) = (count, 0);
            }
        }
        if start < count {
            blocks.push(start..count);
        }
        Self { blocks, bytes: bytes_all, write }
    }
}

/// Takes the records of one row.
pub struct RowSink<'a> {
    pub(crate) block: &'a mut Block,
}

impl RowSink<'_> {
    /// Adds one record.
    ///
    /// # Panics
    /// When the record cannot be JSON (a map with keys that are no strings); records of `model` can.
    pub fn push<T: Serialize>(&mut self, record: &T) {
        self.try_push(record).expect("records of model are always JSON");
    }

    /// Adds one record that reads what it holds while it is serialized.
    ///
    /// # Errors
    /// When it cannot be serialized; nothing of it is added then.
    pub fn try_push<T: Serialize>(&mut self, record: &T) -> Result<(), serde_json::Error> {
        let Block { format, lines, rows, records } = &mut *self.block;
        let (start, rows_start) = (lines.len(), rows.len());
        let added = serde_json::to_writer(&mut *lines, record).and_then(|()| match format {
            Format::Parquet => columns::row_line(&lines[start..], rows),
            Format::Jsonl(_) => Ok(()),
        });
        match added {
            Ok(()) => {
                lines.push(b'\n');
                *records += 1;
            }
            Err(_) => {
                lines.truncate(start);
                rows.truncate(rows_start);
            }
        }
        added
    }
}

/// Rows that are serialized and compressed together: one frame or one row group.
#[derive(Default)]
pub(crate) struct Block {
    pub(crate) format: Format,
    /// The records as lines of JSON.
    pub(crate) lines: Vec<u8>,
    /// The same as lines of columns, for formats of columns.
    pub(crate) rows: Vec<u8>,
    /// How many.
    pub(crate) records: u64,
}

/// Bytes at which a block is closed, and its most rows. Fixed, so that frames and row groups do not
/// depend on threads. Readers skip and parallelize by row group, which makes larger ones worth it.
pub(crate) const fn block_limits(format: Format) -> (usize, usize) {
    match format {
        Format::Jsonl(_) => (4 << 20, 512),
        Format::Parquet => (32 << 20, 16_384),
    }
}

impl Staging {
    /// Writes `rows` as `<folder>/<stem>-00000-of-0000N.<format>`; at least one file, even for no rows.
    ///
    /// # Errors
    /// When a file cannot be written or synced, or rows cannot be made.
    pub fn write_rows<E, F>(&mut self, kind: RecordKind, rows: &Rows<F>, shards: Shards) -> Result<(), E>
    where
        E: From<Error> + Send,
        F: Fn(Range<usize>, &mut RowSink<'_>) -> Result<(), E> + Sync,
    {
        let directory = self.create_folder(kind.folder())?;
        let mut need = Need { rows_bytes: rows.bytes, ..Need::default() };
        let written = self.write_shards(&directory, kind, rows, shards, &mut need);
        let finished = written.map_err(|error| error.needing(need.bytes()))??;
        let count = finished.len();
        for (at, mut entry) in finished.into_iter().enumerate() {
            let name = format!("{}-{at:05}-of-{count:05}.{}", kind.stem(), shards.format);
            let (from, to) = (directory.join(&entry.path), directory.join(&name));
            self.disk().rename(&from, &to).map_err(|e| Error::io(&from, "cannot be renamed", e))?;
            entry.path = format!("{}/{name}", kind.folder());
            self.add(entry);
        }
        Ok(())
    }

    /// Writes files whose names do not yet say how many there are. The inner error is one of making rows.
    fn write_shards<E: Send, F: Fn(Range<usize>, &mut RowSink<'_>) -> Result<(), E> + Sync>(
        &self,
        directory: &Path,
        kind: RecordKind,
        rows: &Rows<F>,
        shards: Shards,
        need: &mut Need,
    ) -> Result<Result<Vec<FileEntry>, E>, Error> {
        let failed = |name: &str, e| Error::io(&directory.join(name), "write failed", e);
        let create = |at: usize| Shard::create(self.disk().as_ref(), directory, kind, at, shards);
        let mut finished: Vec<FileEntry> = Vec::new();
        let mut open = create(0)?;
        let encoder = BlockEncoder::new(kind, shards).map_err(|e| failed(open.name(), e))?;
        let wave_len = match shards.format {
            Format::Jsonl(_) => rayon::current_num_threads() * 4,
            Format::Parquet => rayon::current_num_threads(),
        };
        for wave in rows.blocks.chunks(wave_len) {
            let fill = |block: &Range<usize>| fill(rows, block.clone(), shards.format, &encoder);
            let filled: Vec<Result<(Block, io::Result<Encoded>), E>> = wave.par_iter().map(fill).collect();
            for filled in filled {
                let (block, encoded) = match filled {
                    Ok(filled) => filled,
                    Err(error) => return Ok(Err(error)),
                };
                if open.lines_bytes() >= shards.bytes_min {
                    let next = create(finished.len() + 1)?;
                    finished.push(std::mem::replace(&mut open, next).finish(directory)?);
                }
                let encoded = encoded.map_err(|e| failed(open.name(), e))?;
                need.saw(block.lines.len(), encoded.bytes());
                open.append(&block, encoded).map_err(|e| failed(open.name(), e))?;
            }
        }
        finished.push(open.finish(directory)?);
        Ok(Ok(finished))
    }
}

/// How much space the rows of one kind take, as far as it can be told.
#[derive(Debug, Default)]
struct Need {
    /// About what all rows take, before compression.
    rows_bytes: u64,
    /// Those that were encoded, before and after.
    lines_bytes: u64,
    encoded_bytes: u64,
}

impl Need {
    fn saw(&mut self, lines_bytes: usize, encoded_bytes: usize) {
        self.lines_bytes += lines_bytes as u64;
        self.encoded_bytes += encoded_bytes as u64;
    }

    /// What was encoded, and the rest as if it compressed as well.
    fn bytes(&self) -> u64 {
        let rest = u128::from(self.rows_bytes.saturating_sub(self.lines_bytes));
        let (before, after) = (u128::from(self.lines_bytes.max(1)), u128::from(self.encoded_bytes.max(1)));
        self.encoded_bytes + u64::try_from(rest * after / before).unwrap_or(u64::MAX)
    }
}

fn fill<E, F: Fn(Range<usize>, &mut RowSink<'_>) -> Result<(), E> + Sync>(
    rows: &Rows<F>,
    block: Range<usize>,
    format: Format,
    encoder: &BlockEncoder,
) -> Result<(Block, io::Result<Encoded>), E> {
    let mut filled = Block { format, ..Block::default() };
    (rows.write)(block, &mut RowSink { block: &mut filled })?;
    let encoded = encoder.encode(&filled);
    Ok((filled, encoded))
}
