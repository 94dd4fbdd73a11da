//! One record file being written, with the digests of its bytes and of its records.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use unecho_disk::{Fs, FsFile};
use unecho_model::Digest;

use crate::Error;
use crate::columns::{ColumnFile, Encoder, RowGroup};
use crate::format::{Compression, Format};
use crate::manifest::FileEntry;
use crate::record_kind::RecordKind;
use crate::rows::{Block, Shards};
use crate::staging::hex;

/// Turns blocks of records into what stands in the file; can be shared among threads.
pub(crate) enum BlockEncoder {
    Lines(Compression, i32),
    Columns(Box<Encoder>),
}

/// A block as it stands in the file.
pub(crate) enum Encoded {
    Lines(Vec<u8>),
    Columns(RowGroup),
}

impl Encoded {
    /// How long it is.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Lines(bytes) => bytes.len(),
            Self::Columns(group) => group.bytes(),
        }
    }
}

impl BlockEncoder {
    /// Makes the encoder for files of this kind.
    pub(crate) fn new(kind: RecordKind, shards: Shards) -> io::Result<Self> {
        Ok(match shards.format {
            Format::Jsonl(compression) => Self::Lines(compression, shards.zstd_level),
            Format::Parquet => {
                let (_, encoder) = ColumnFile::begin(kind, shards.zstd_level, io::sink())?;
                Self::Columns(Box::new(encoder))
            }
        })
    }

    /// Encodes and compresses one block.
    pub(crate) fn encode(&self, block: &Block) -> io::Result<Encoded> {
        Ok(match self {
            Self::Columns(encoder) => Encoded::Columns(
                encoder.row_group(&block.rows, usize::try_from(block.records).map_err(io::Error::other)?)?,
            ),
            Self::Lines(compression, level) => {
                Encoded::Lines(compressed(&block.lines, *compression, *level)?)
            }
        })
    }
}

/// One record file being written.
pub(crate) struct Shard {
    name: String,
    body: Body,
    records: u64,
    lines_bytes: u64,
    lines_digest: blake3::Hasher,
}

enum Body {
    Lines(Box<Hashed>, Compression),
    Columns(Box<ColumnFile<Hashed>>),
}

impl Shard {
    /// Begins the file number `at` of its kind in `directory`, under a name that does not yet say
    /// how many there are.
    pub(crate) fn create(
        disk: &dyn Fs,
        directory: &Path,
        kind: RecordKind,
        at: usize,
        shards: Shards,
    ) -> Result<Self, Error> {
        let name = format!("{}-{at:05}.{}", kind.stem(), shards.format);
        let path = directory.join(&name);
        let file = disk.create(&path).map_err(|e| Error::io(&path, "cannot be created", e))?;
        let file = Hashed::new(file);
        let body = match shards.format {
            Format::Jsonl(compression) => Body::Lines(Box::new(file), compression),
            Format::Parquet => {
                let begun = ColumnFile::begin(kind, shards.zstd_level, file);
                Body::Columns(Box::new(begun.map_err(|e| Error::io(&path, "write failed", e))?.0))
            }
        };
        let lines_digest = blake3::Hasher::new();
        Ok(Self { name, body, records: 0, lines_bytes: 0, lines_digest })
    }

    /// Name of the file for now.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Bytes of its records as lines of JSON.
    pub(crate) const fn lines_bytes(&self) -> u64 {
        self.lines_bytes
    }

    /// Appends a block.
    pub(crate) fn append(&mut self, block: &Block, encoded: Encoded) -> io::Result<()> {
        match (&mut self.body, encoded) {
            (Body::Lines(file, _), Encoded::Lines(bytes)) => file.write_all(&bytes)?,
            (Body::Columns(file), Encoded::Columns(group)) if block.records > 0 => file.append(group)?,
            (Body::Columns(_), Encoded::Columns(_)) => {}
            _ => return Err(io::Error::other("a block of another format")),
        }
        self.lines_digest.update(&block.lines);
        self.lines_bytes += block.lines.len() as u64;
        self.records += block.records;
        Ok(())
    }

    /// Ends the file and sees to it that it is on disk.
    pub(crate) fn finish(self, directory: &Path) -> Result<FileEntry, Error> {
        let path = directory.join(&self.name);
        let failed = |e| Error::io(&path, "write failed", e);
        let file = match self.body {
            Body::Columns(file) => file.finish().map_err(failed)?,
            Body::Lines(mut file, compression) => {
                if self.records == 0 {
                    file.write_all(&nothing(compression).map_err(failed)?).map_err(failed)?;
                }
                *file
            }
        };
        let entry = file.finish(&path)?;
        Ok(FileEntry {
            path: self.name,
            rows: Some(self.records),
            rows_digest: Some(Digest::from(*self.lines_digest.finalize().as_bytes())),
            ..entry
        })
    }
}

/// Lines as they stand in a file.
pub(crate) fn compressed(lines: &[u8], compression: Compression, zstd_level: i32) -> io::Result<Vec<u8>> {
    match compression {
        Compression::Plain => Ok(lines.to_vec()),
        _ if lines.is_empty() => Ok(Vec::new()),
        Compression::Zstd => zstd::bulk::compress(lines, zstd_level),
        Compression::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(lines)?;
            encoder.finish()
        }
    }
}

/// What a file without records holds, so that it decompresses.
pub(crate) fn nothing(compression: Compression) -> io::Result<Vec<u8>> {
    match compression {
        Compression::Plain => Ok(Vec::new()),
        Compression::Gzip => GzEncoder::new(Vec::new(), flate2::Compression::default()).finish(),
        Compression::Zstd => zstd::bulk::compress(&[], 1),
    }
}

/// A file with the number and the digest of the bytes written to it.
pub(crate) struct Hashed {
    to: BufWriter<Box<dyn FsFile>>,
    bytes: u64,
    digest: blake3::Hasher,
    sha256: Sha256,
}

impl Hashed {
    pub(crate) fn new(file: Box<dyn FsFile>) -> Self {
        let to = BufWriter::with_capacity(1 << 20, file);
        Self { to, bytes: 0, digest: blake3::Hasher::new(), sha256: Sha256::new() }
    }

    /// Ends the file at `path` and sees to it that it is on disk. What is said of it names no records.
    pub(crate) fn finish(mut self, path: &Path) -> Result<FileEntry, Error> {
        let failed = |e| Error::io(path, "write failed", e);
        self.flush().map_err(failed)?;
        let Self { to, bytes, digest, sha256 } = self;
        let mut file = to.into_inner().map_err(|e| failed(e.into_error()))?;
        file.sync().map_err(|e| Error::io(path, "sync failed", e))?;
        Ok(FileEntry {
            path: String::new(),
            bytes,
            digest: Digest::from(*digest.finalize().as_bytes()),
            sha256: Some(hex(&sha256.finalize())),
            rows: None,
            rows_digest: None,
        })
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.sha256.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
