//! Record files: JSON lines in zstd, cut into shards, serialized and compressed in parallel.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;
use unecho_model::Digest;

use crate::manifest::FileEntry;
use crate::{Error, Staging};

/// How a record file is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shards {
    /// A shard is closed once it holds this many bytes before compression.
    pub bytes_min: u64,
    /// zstd level, 1 to 19.
    pub zstd_level: i32,
}

impl Default for Shards {
    fn default() -> Self {
        Self { bytes_min: 256 << 20, zstd_level: 3 }
    }
}

/// Rows that are made when they are written, row `i` by a function.
///
/// A row is zero or more records, so that the cuts of one document can be one row.
pub struct Rows<F> {
    blocks: Vec<Range<usize>>,
    write: F,
}

impl<F: Fn(usize, &mut RowSink<'_>) + Sync> Rows<F> {
    /// One row for each item of `sizes`, which says about how many bytes it takes; `write(i, sink)`
    /// pushes the records of row `i`. Where rows are cut into blocks and shards depends on their
    /// sizes alone.
    pub fn new(sizes: impl Iterator<Item = usize>, shards: Shards, write: F) -> Self {
        let bytes_max = usize::try_from(shards.bytes_min).unwrap_or(usize::MAX).min(BLOCK_BYTES);
        let (mut blocks, mut start, mut bytes, mut count) = (Vec::new(), 0, 0_usize, 0);
        for size in sizes {
            bytes = bytes.saturating_add(size);
            count += 1;
            if bytes >= bytes_max || count - start == BLOCK_ROWS {
                blocks.push(start..count);
                (start, bytes) = (count, 0);
            }
        }
        if start < count {
            blocks.push(start..count);
        }
        Self { blocks, write }
    }
}

/// Takes the records of one row.
pub struct RowSink<'a> {
    block: &'a mut Block,
}

impl RowSink<'_> {
    /// Adds one record as a line of JSON.
    ///
    /// # Panics
    /// When the record cannot be JSON (a map with keys that are no strings); records of `model` can.
    pub fn push<T: Serialize>(&mut self, record: &T) {
        serde_json::to_writer(&mut self.block.lines, record).expect("records of model are always JSON");
        self.block.lines.push(b'\n');
        self.block.records += 1;
    }
}

/// Rows that are serialized and compressed as one zstd frame.
#[derive(Default)]
struct Block {
    lines: Vec<u8>,
    records: u64,
}

/// Most rows of one block. Fixed, so that frames do not depend on threads.
const BLOCK_ROWS: usize = 512;
/// Bytes at which a block is closed.
const BLOCK_BYTES: usize = 4 << 20;

/// One shard being written.
struct Shard {
    name: String,
    file: BufWriter<File>,
    bytes: u64,
    lines_bytes: u64,
    records: u64,
    digest: blake3::Hasher,
    lines_digest: blake3::Hasher,
}

impl Staging {
    /// Writes `rows` as `<folder>/<stem>-00000-of-0000N.jsonl.zst`; at least one file, even for no rows.
    ///
    /// # Errors
    /// When a file cannot be written or synced.
    pub fn write_rows<F: Fn(usize, &mut RowSink<'_>) + Sync>(
        &mut self,
        folder: &str,
        stem: &str,
        rows: &Rows<F>,
        shards: Shards,
    ) -> Result<(), Error> {
        let directory = self.create_folder(folder)?;
        let mut finished: Vec<FileEntry> = Vec::new();
        let mut open = Shard::create(&directory, stem, 0)?;
        for wave in rows.blocks.chunks(rayon::current_num_threads() * 4) {
            let written: Vec<(Block, Vec<u8>)> =
                wave.par_iter().map(|block| compress(rows, block.clone(), shards.zstd_level)).collect();
            for (block, frame) in written {
                if open.lines_bytes >= shards.bytes_min {
                    let next = Shard::create(&directory, stem, finished.len() + 1)?;
                    finished.push(std::mem::replace(&mut open, next).finish(&directory)?);
                }
                open.append(&block, &frame)
                    .map_err(|e| Error::io(&directory.join(&open.name), "write failed", e))?;
            }
        }
        finished.push(open.finish(&directory)?);
        let count = finished.len();
        for (at, mut entry) in finished.into_iter().enumerate() {
            let name = format!("{stem}-{at:05}-of-{count:05}.jsonl.zst");
            let (from, to) = (directory.join(&entry.path), directory.join(&name));
            std::fs::rename(&from, &to).map_err(|e| Error::io(&from, "cannot be renamed", e))?;
            entry.path = format!("{folder}/{name}");
            self.add(entry);
        }
        Ok(())
    }
}

fn compress<F: Fn(usize, &mut RowSink<'_>) + Sync>(
    rows: &Rows<F>,
    block: Range<usize>,
    level: i32,
) -> (Block, Vec<u8>) {
    let mut filled = Block::default();
    for row in block {
        (rows.write)(row, &mut RowSink { block: &mut filled });
    }
    let frame = if filled.lines.is_empty() {
        Vec::new()
    } else {
        zstd::bulk::compress(&filled.lines, level).expect("compression into memory does not fail")
    };
    (filled, frame)
}

impl Shard {
    fn create(directory: &Path, stem: &str, at: usize) -> Result<Self, Error> {
        let name = format!("{stem}-{at:05}.jsonl.zst");
        let path = directory.join(&name);
        let file = File::create_new(&path).map_err(|e| Error::io(&path, "cannot be created", e))?;
        Ok(Self {
            name,
            file: BufWriter::with_capacity(1 << 20, file),
            bytes: 0,
            lines_bytes: 0,
            records: 0,
            digest: blake3::Hasher::new(),
            lines_digest: blake3::Hasher::new(),
        })
    }

    fn append(&mut self, block: &Block, frame: &[u8]) -> std::io::Result<()> {
        self.file.write_all(frame)?;
        self.digest.update(frame);
        self.lines_digest.update(&block.lines);
        self.bytes += frame.len() as u64;
        self.lines_bytes += block.lines.len() as u64;
        self.records += block.records;
        Ok(())
    }

    fn finish(mut self, directory: &Path) -> Result<FileEntry, Error> {
        let path = directory.join(&self.name);
        if self.bytes == 0 {
            let frame = zstd::bulk::compress(&[], 1).expect("compression into memory does not fail");
            self.append(&Block::default(), &frame).map_err(|e| Error::io(&path, "write failed", e))?;
        }
        let file = self.file.into_inner().map_err(|e| Error::io(&path, "write failed", e.into_error()))?;
        file.sync_all().map_err(|e| Error::io(&path, "sync failed", e))?;
        Ok(FileEntry {
            path: self.name,
            bytes: self.bytes,
            digest: Digest::from(*self.digest.finalize().as_bytes()),
            rows: Some(self.records),
            rows_digest: Some(Digest::from(*self.lines_digest.finalize().as_bytes())),
        })
    }
}
