//! Writing a segment: documents first, then lists, then the footer.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use unecho_disk::{Fs, FsFile};
use unecho_model::Digest;

use super::{COLUMNS, Column, DOCUMENTS, Footer, MAGIC, SectionInfo, SectionKind};
use crate::bytes::{checksum, put_varint};
use crate::directory::{Block, Directory};
use crate::entry::{BLOCK_ENTRIES, Entry, pack};
use crate::{Error, SegmentEntry};

/// Bytes of documents from which on a block is compressed and written.
const BLOCK_BYTES_MIN: usize = 32 << 10;
/// Level of compression: more costs a lot and gains little on blocks of this size.
const ZSTD_LEVEL: i32 = 3;
/// Documents whose numbers make a block.
const BLOCK_NUMBERS: usize = 512;

/// A segment being written under a name that nobody knows.
pub struct SegmentWriter {
    fs: Arc<dyn Fs>,
    folder: PathBuf,
    path: PathBuf,
    out: BufWriter<Box<dyn FsFile>>,
    hasher: blake3::Hasher,
    offset: u64,
    first: u64,
    columns: Vec<Column>,
    /// Documents that are not yet written, and the place of the first.
    pending: Vec<u8>,
    pending_first: u64,
    section: Section,
    sections: Vec<SectionInfo>,
    /// Set from outside when nobody wants it any more.
    stopped: Option<Arc<AtomicBool>>,
}

/// The section being written.
#[derive(Default)]
struct Section {
    offset: u64,
    entries: u64,
    directory: Directory,
}

impl std::fmt::Debug for SegmentWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SegmentWriter").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SegmentWriter {
    /// Begins a segment whose first document has the number `first`, as the file `name` of `folder`.
    pub(crate) fn begin(fs: Arc<dyn Fs>, folder: &Path, name: &str, first: u64) -> Result<Self, Error> {
        let path = folder.join(name);
        let file = fs.create(&path).map_err(|e| Error::io(&path, "cannot be created", e))?;
        Ok(Self {
            fs,
            folder: folder.to_owned(),
            path,
            out: BufWriter::with_capacity(256 << 10, file),
            hasher: blake3::Hasher::new(),
            offset: 0,
            first,
            columns: Vec::new(),
            pending: Vec::new(),
            pending_first: 0,
            section: Section::default(),
            sections: Vec::new(),
            stopped: None,
        })
    }

    /// Lets writing fail from when `stopped` is set.
    pub(crate) fn stopped_by(self, stopped: Arc<AtomicBool>) -> Self {
        Self { stopped: Some(stopped), ..self }
    }

    /// How many documents were added.
    #[must_use]
    pub const fn documents(&self) -> usize {
        self.columns.len()
    }

    /// Adds the next document and its numbers.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn push(&mut self, document: &[u8], column: Column) -> Result<(), Error> {
        put_varint(document.len() as u64, &mut self.pending);
        self.pending.extend_from_slice(document);
        self.columns.push(column);
        if self.pending.len() >= BLOCK_BYTES_MIN { self.write_pending() } else { Ok(()) }
    }

    fn write_pending(&mut self) -> Result<(), Error> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let packed = zstd::bulk::compress(&self.pending, ZSTD_LEVEL)
            .map_err(|e| Error::io(&self.path, "cannot be compressed", e))?;
        let raw_len = u32::try_from(self.pending.len()).map_err(|_| {
            Error::io(&self.path, "a document is too large", io::ErrorKind::InvalidInput.into())
        })?;
        let mut block = raw_len.to_le_bytes().to_vec();
        block.extend(packed);
        self.pending.clear();
        let first = self.pending_first;
        self.pending_first = self.columns.len() as u64;
        self.write_block(first, &block, self.pending_first - first)
    }

    /// Has the next document begin a block.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn end_block(&mut self) -> Result<(), Error> {
        self.write_pending()
    }

    /// Writes the entries of a section of another segment, which ascend.
    ///
    /// # Errors
    /// [`ErrorKind::Damaged`](crate::ErrorKind::Damaged) when they do not, or lead to documents that are not here; when the
    /// file cannot be written.
    pub fn entries(
        &mut self,
        section: &SectionInfo,
        entries: impl Iterator<Item = Entry>,
    ) -> Result<(), Error> {
        let (path, documents) = (self.path.clone(), self.documents() as u64);
        let is_lists = section.kind == SectionKind::Lists;
        let mut before = None;
        let checked = entries.map(|entry| {
            let follows = before.is_none_or(|before| before < entry);
            let leads_somewhere = !is_lists || u64::from(entry.place()) < documents;
            before = Some(entry);
            let damaged = || Error::damaged(&path, format!("would have {} out of order", section.name));
            (follows && leads_somewhere && entry.key >> Entry::KEY_BITS == 0)
                .then_some(entry)
                .ok_or_else(damaged)
        });
        self.write_entries(&section.name, section.kind, section.list_max, checked)
    }

    /// Adds the documents of a block of another segment as they stand there.
    pub(crate) fn push_block(&mut self, block: &[u8], columns: &[Column]) -> Result<(), Error> {
        self.write_pending()?;
        let first = self.columns.len() as u64;
        self.columns.extend_from_slice(columns);
        self.pending_first = self.columns.len() as u64;
        self.write_block(first, block, columns.len() as u64)
    }

    /// Writes entries that lead to documents, in any order; of each key at most `list_max`, those of the
    /// earliest documents.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn lists(&mut self, name: &str, mut entries: Vec<Entry>, list_max: u32) -> Result<(), Error> {
        use rayon::slice::ParallelSliceMut;
        entries.par_sort_unstable();
        entries.dedup();
        self.write_entries(name, SectionKind::Lists, list_max, entries.into_iter().map(Ok))
    }

    /// Writes how often each key occurs in `keys`, which come in any order.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn counts(&mut self, name: &str, mut keys: Vec<u64>) -> Result<(), Error> {
        use rayon::slice::ParallelSliceMut;
        keys.par_sort_unstable();
        let counted = keys.chunk_by(|a, b| a == b).map(|equal| {
            let value = u32::try_from(equal.len()).unwrap_or(u32::MAX);
            Ok(Entry { key: equal[0], value })
        });
        self.write_entries(name, SectionKind::Counts, 0, counted)
    }

    /// Writes ascending entries.
    pub(crate) fn write_entries(
        &mut self,
        name: &str,
        kind: SectionKind,
        list_max: u32,
        entries: impl Iterator<Item = Result<Entry, Error>>,
    ) -> Result<(), Error> {
        self.end_documents()?;
        let mut pending: Vec<Entry> = Vec::with_capacity(BLOCK_ENTRIES);
        let (mut key, mut of_key) = (None, 0);
        for entry in entries {
            let entry = entry?;
            of_key = if key == Some(entry.key) { of_key + 1 } else { 1 };
            key = Some(entry.key);
            if list_max > 0 && of_key > list_max {
                continue;
            }
            pending.push(entry);
            if pending.len() == BLOCK_ENTRIES {
                self.write_block(pending[0].key, &pack(&pending), pending.len() as u64)?;
                pending.clear();
            }
        }
        if let Some(first) = pending.first() {
            self.write_block(first.key, &pack(&pending), pending.len() as u64)?;
        }
        self.end_section(name, kind, list_max)
    }

    fn end_documents(&mut self) -> Result<(), Error> {
        if !self.sections.is_empty() {
            return Ok(());
        }
        self.write_pending()?;
        self.end_section(DOCUMENTS, SectionKind::Documents, 0)?;
        for at in (0..self.columns.len()).step_by(BLOCK_NUMBERS) {
            let numbers = &self.columns[at..self.columns.len().min(at + BLOCK_NUMBERS)];
            let block: Vec<u8> = numbers.iter().flatten().flat_map(|number| number.to_le_bytes()).collect();
            let count = numbers.len() as u64;
            self.write_block(at as u64, &block, count)?;
        }
        self.end_section(COLUMNS, SectionKind::Columns, 0)
    }

    fn write_block(&mut self, first: u64, bytes: &[u8], entries: u64) -> Result<(), Error> {
        let len = u32::try_from(bytes.len()).map_err(|_| {
            Error::io(&self.path, "a document is too large", io::ErrorKind::InvalidInput.into())
        })?;
        let block = Block { first, offset: self.offset, len, checksum: checksum(bytes) };
        self.section.directory.push(block);
        self.section.entries += entries;
        self.write(bytes)
    }

    fn end_section(&mut self, name: &str, kind: SectionKind, list_max: u32) -> Result<(), Error> {
        let section = std::mem::take(&mut self.section);
        let directory = section.directory.to_bytes();
        self.sections.push(SectionInfo {
            name: name.to_owned(),
            kind,
            offset: section.offset,
            bytes: self.offset - section.offset,
            blocks: section.directory.blocks().len() as u64,
            entries: section.entries,
            list_max,
            directory_checksum: checksum(&directory),
        });
        self.write(&directory)?;
        self.section.offset = self.offset;
        Ok(())
    }

    /// Writes the footer, syncs, and gives the file its name.
    ///
    /// # Errors
    /// When any of this fails; the file is then nobody's, and removed by the next writer.
    ///
    /// # Panics
    /// Never: a footer is always JSON and small.
    pub fn finish(mut self) -> Result<SegmentEntry, Error> {
        self.end_documents()?;
        let documents = self.columns.len() as u64;
        let footer = Footer { first: self.first, documents, sections: std::mem::take(&mut self.sections) };
        let json = serde_json::to_vec(&footer).expect("a footer is always JSON");
        let mut tail = json.clone();
        tail.extend(u32::try_from(json.len()).expect("a footer is small").to_le_bytes());
        tail.extend(checksum(&json).to_le_bytes());
        tail.extend(MAGIC);
        self.write(&tail)?;
        let failed = |e| Error::io(&self.path, "write failed", e).needing(self.offset);
        self.out.flush().map_err(failed)?;
        self.out.get_mut().sync().map_err(|e| Error::io(&self.path, "sync failed", e))?;
        let digest = Digest::from(*self.hasher.finalize().as_bytes());
        let file = format!("{:012}-{documents}-{}.segment", self.first, &digest.to_string()[..16]);
        let named = self.folder.join(&file);
        self.fs.rename(&self.path, &named).map_err(|e| Error::io(&named, "cannot be put in place", e))?;
        Ok(SegmentEntry { file, first: self.first, documents, bytes: self.offset, digest })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.stopped.as_ref().is_some_and(|stopped| stopped.load(Ordering::Relaxed)) {
            return Err(Error::io(&self.path, "is not wanted any more", io::ErrorKind::Interrupted.into()));
        }
        self.hasher.update(bytes);
        self.offset += bytes.len() as u64;
        let failed = |e| Error::io(&self.path, "write failed", e).needing(self.offset);
        self.out.write_all(bytes).map_err(failed)
    }
}
