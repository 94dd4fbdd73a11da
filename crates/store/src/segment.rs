//! A segment: some documents, a number for each, and sorted lists of keys that lead to them. Written
//! once, then only read.
//!
//! Sections of blocks stand one after another, each followed by its directory; the footer says where.

mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::bytes::{Numbers, checksum};
use crate::directory::{Block, Directory};
use crate::entry::{Entry, Next, each, unpack};
use crate::{Error, SegmentEntry};

pub use writer::SegmentWriter;

/// What a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SectionKind {
    /// Documents, as bytes, compressed.
    Documents,
    /// A [`Column`] for each document.
    Columns,
    /// Entries that lead to documents.
    Lists,
    /// Entries that count keys.
    Counts,
}

/// Numbers that are known of a document without reading it; what they mean is for others to know.
pub type Column = [u64; 3];

/// A section of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionInfo {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: SectionKind,
    /// Where it begins in the file.
    pub offset: u64,
    /// Size of its blocks in bytes; its directory follows.
    pub bytes: u64,
    /// How many blocks it has.
    pub blocks: u64,
    /// How many documents, numbers or entries it has.
    pub entries: u64,
    /// Most entries of one key; what is beyond was left out. 0 where there is no bound.
    pub list_max: u32,
    /// Checksum of its directory.
    pub directory_checksum: u64,
}

/// What stands at the end of a segment.
#[derive(Debug, Serialize, Deserialize)]
struct Footer {
    first: u64,
    documents: u64,
    sections: Vec<SectionInfo>,
}

/// Name of the sections that every segment has.
const DOCUMENTS: &str = "documents";
const COLUMNS: &str = "columns";

/// The last bytes of a segment; the digit is the version of the format.
const MAGIC: &[u8; 8] = b"unechos2";
/// Length of the footer, its checksum, and the magic bytes.
const TAIL_BYTES: usize = 20;
/// Largest footer.
const FOOTER_BYTES_MAX: u64 = 1 << 20;

/// A segment, open for reading.
#[derive(Debug)]
pub(crate) struct Segment {
    path: PathBuf,
    file: File,
    pub(crate) entry: SegmentEntry,
    sections: Vec<(SectionInfo, OnceLock<Directory>)>,
}

impl Segment {
    /// Opens the segment that `entry` describes.
    pub(crate) fn open(folder: &Path, entry: &SegmentEntry) -> Result<Self, Error> {
        let path = folder.join(&entry.file);
        let file = File::open(&path).map_err(|e| Error::io(&path, "cannot be opened", e))?;
        let bytes = file.metadata().map_err(|e| Error::io(&path, "cannot be looked at", e))?.len();
        if bytes != entry.bytes || bytes < TAIL_BYTES as u64 {
            return Err(Error::damaged(&path, format!("has {bytes} bytes instead of {}", entry.bytes)));
        }
        let mut segment = Self { path, file, entry: entry.clone(), sections: Vec::new() };
        let footer = segment.footer()?;
        if (footer.first, footer.documents) != (entry.first, entry.documents) {
            return Err(segment.damaged("has other documents than the index says"));
        }
        segment.sections = footer.sections.into_iter().map(|info| (info, OnceLock::new())).collect();
        Ok(segment)
    }

    fn footer(&self) -> Result<Footer, Error> {
        let tail_at = self.entry.bytes - TAIL_BYTES as u64;
        let tail = self.read(tail_at, TAIL_BYTES)?;
        let damaged = || self.damaged("has a damaged footer");
        let mut numbers = Numbers::of(&tail);
        let (len, sum) = numbers.u32().zip(numbers.u64()).ok_or_else(damaged)?;
        if numbers.take(MAGIC.len()) != Some(MAGIC) || u64::from(len) > FOOTER_BYTES_MAX.min(tail_at) {
            return Err(damaged());
        }
        let footer = self.read(tail_at - u64::from(len), len as usize)?;
        if checksum(&footer) != sum {
            return Err(damaged());
        }
        serde_json::from_slice(&footer).map_err(|_| damaged())
    }

    pub(crate) fn sections(&self) -> impl Iterator<Item = &SectionInfo> {
        self.sections.iter().map(|(info, _)| info)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The directory of a section; an empty one when there is no such section.
    pub(crate) fn directory(&self, name: &str) -> Result<&Directory, Error> {
        static NONE: Directory = Directory::empty();
        let Some((info, slot)) = self.sections.iter().find(|(info, _)| info.name == name) else {
            return Ok(&NONE);
        };
        if let Some(directory) = slot.get() {
            return Ok(directory);
        }
        let damaged = || self.damaged(&format!("has a damaged directory of its {name}"));
        let len = usize::try_from(info.blocks)
            .ok()
            .and_then(|blocks| blocks.checked_mul(Directory::ENTRY_BYTES))
            .filter(|&len| len as u64 <= self.entry.bytes)
            .ok_or_else(damaged)?;
        let at = info.offset.checked_add(info.bytes).ok_or_else(damaged)?;
        let bytes = self.read(at, len)?;
        if checksum(&bytes) != info.directory_checksum {
            return Err(damaged());
        }
        let directory = Directory::of_bytes(&bytes, info.offset).ok_or_else(damaged)?;
        Ok(slot.get_or_init(|| directory))
    }

    /// Bytes of neighbouring blocks, each looked at.
    fn blocks(&self, blocks: &[Block]) -> Result<Vec<u8>, Error> {
        let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else { return Ok(Vec::new()) };
        let bytes = self.read(first.offset, (last.end() - first.offset) as usize)?;
        for block in blocks {
            let start = (block.offset - first.offset) as usize;
            if checksum(&bytes[start..start + block.len as usize]) != block.checksum {
                return Err(self.damaged(&format!("has a damaged block at byte {}", block.offset)));
            }
        }
        Ok(bytes)
    }

    /// One block, as it stands in the file.
    pub(crate) fn block(&self, block: Block) -> Result<Vec<u8>, Error> {
        self.blocks(&[block])
    }

    /// The entries of neighbouring blocks.
    pub(crate) fn entries(&self, blocks: &[Block]) -> Result<Vec<Entry>, Error> {
        let bytes = self.blocks(blocks)?;
        let mut entries = Vec::new();
        let mut rest = bytes.as_slice();
        for block in blocks {
            let (own, further) = rest.split_at(block.len as usize);
            let unpacked = unpack(block.first, own);
            entries.extend(unpacked.ok_or_else(|| self.damaged("has a block that is no list of entries"))?);
            rest = further;
        }
        Ok(entries)
    }

    /// Hands over the entries of neighbouring blocks, those of the key `from` first, until `hand` wants nothing
    /// more; some that are before what it wants may be among them.
    pub(crate) fn each_entry(
        &self,
        blocks: &[Block],
        mut from: u64,
        mut hand: impl FnMut(Entry) -> Next,
    ) -> Result<(), Error> {
        let bytes = self.blocks(blocks)?;
        let mut rest = bytes.as_slice();
        for block in blocks {
            let (own, further) = rest.split_at(block.len as usize);
            let next = each(block.first, own, from, &mut hand);
            match next.ok_or_else(|| self.damaged("has a block that is no list of entries"))? {
                Next::From(key) => from = key,
                Next::Nothing => break,
            }
            rest = further;
        }
        Ok(())
    }

    /// The documents of a block and the place of the first.
    pub(crate) fn documents_of(&self, block: Block) -> Result<Vec<Vec<u8>>, Error> {
        let damaged = || self.damaged("has a block that is no list of documents");
        let packed = self.block(block)?;
        let mut head = Numbers::of(&packed);
        let raw_len = head.u32().ok_or_else(damaged)? as usize;
        let raw = zstd::bulk::decompress(&packed[4..], raw_len).map_err(|_| damaged())?;
        let mut numbers = Numbers::of(&raw);
        let mut documents = Vec::new();
        while !numbers.is_empty() {
            let len = numbers.varint().ok_or_else(damaged)?;
            documents.push(numbers.take(len as usize).ok_or_else(damaged)?.to_vec());
        }
        Ok(documents)
    }

    /// The numbers of all documents.
    pub(crate) fn columns(&self) -> Result<Vec<Column>, Error> {
        let mut columns = Vec::new();
        for &block in self.directory(COLUMNS)?.blocks() {
            let bytes = self.block(block)?;
            let mut numbers = Numbers::of(&bytes);
            while let Some(number) = numbers.u64() {
                let rest = numbers.u64().zip(numbers.u64());
                let (second, third) = rest.ok_or_else(|| self.damaged("has documents without numbers"))?;
                columns.push([number, second, third]);
            }
        }
        if columns.len() as u64 != self.entry.documents {
            return Err(self.damaged("has not a number for each document"));
        }
        Ok(columns)
    }

    pub(crate) fn documents_directory(&self) -> Result<&Directory, Error> {
        self.directory(DOCUMENTS)
    }

    fn read(&self, at: u64, len: usize) -> Result<Vec<u8>, Error> {
        if at.checked_add(len as u64).is_none_or(|end| end > self.entry.bytes) {
            return Err(self.damaged("points beyond its end"));
        }
        let mut bytes = vec![0; len];
        read_exact_at(&self.file, &mut bytes, at).map_err(|e| Error::io(&self.path, "cannot be read", e))?;
        Ok(bytes)
    }

    pub(crate) fn damaged(&self, what: &str) -> Error {
        Error::damaged(&self.path, what)
    }
}

#[cfg(unix)]
pub(crate) fn read_exact_at(file: &File, bytes: &mut [u8], at: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(windows)]
pub(crate) fn read_exact_at(file: &File, mut bytes: &mut [u8], mut at: u64) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, at)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => {
                bytes = &mut bytes[read..];
                at += read as u64;
            }
        }
    }
    Ok(())
}
