//! One file of JSON lines under a name that the caller gives, such as what is said of an input line by line.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use unecho_model::Digest;

use crate::format::Compression;
use crate::manifest::FileEntry;
use crate::shard::{Hashed, compressed, nothing};
use crate::{Error, ErrorKind, Staging};

/// Bytes of lines that are compressed together.
const BLOCK_BYTES: usize = 4 << 20;
/// Level of Zstandard.
const ZSTD_LEVEL: i32 = 3;

/// A file of JSON lines being written.
pub struct LinesFile {
    name: String,
    path: PathBuf,
    to: Hashed,
    compression: Compression,
    pending: Vec<u8>,
    rows: u64,
    digest: blake3::Hasher,
}

impl std::fmt::Debug for LinesFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinesFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Staging {
    /// Begins the file `name`, a path of plain names with `/` between them, below the output folder. How it
    /// is compressed, its last extension says: `.gz`, `.zst`, else not at all.
    ///
    /// # Errors
    /// When it is no such name, or the file cannot be made.
    pub fn lines_file(&self, name: &str) -> Result<LinesFile, Error> {
        let is_plain = |part: &str| !part.is_empty() && part != "." && part != "..";
        if !name.split('/').all(is_plain) || Path::new(name).is_absolute() {
            return Err(Error::new(ErrorKind::NotOurs, Path::new(name), "is no name of a file of an output"));
        }
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let folder = self.create_folder(folder)?;
        let path = folder.join(name.rsplit('/').next().unwrap_or(name));
        let file = self.disk().create(&path).map_err(|e| Error::io(&path, "cannot be created", e))?;
        Ok(LinesFile {
            name: name.to_owned(),
            path,
            to: Hashed::new(file),
            compression: Compression::of_file(name),
            pending: Vec::new(),
            rows: 0,
            digest: blake3::Hasher::new(),
        })
    }

    /// Ends a file that was begun here, and sees to it that it is on disk.
    ///
    /// # Errors
    /// When it cannot be written or synced.
    pub fn end_lines_file(&mut self, file: LinesFile) -> Result<(), Error> {
        let entry = file.finish()?;
        self.add(entry);
        Ok(())
    }
}

impl LinesFile {
    /// Adds one line.
    ///
    /// # Errors
    /// When the file cannot be written.
    ///
    /// # Panics
    /// When the record cannot be JSON (a map with keys that are no strings).
    pub fn push<T: Serialize>(&mut self, record: &T) -> Result<(), Error> {
        serde_json::to_writer(&mut self.pending, record).expect("records are always JSON");
        self.pending.push(b'\n');
        self.rows += 1;
        if self.pending.len() >= BLOCK_BYTES { self.write_pending() } else { Ok(()) }
    }

    fn write_pending(&mut self) -> Result<(), Error> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.digest.update(&self.pending);
        let written = compressed(&self.pending, self.compression, ZSTD_LEVEL)
            .and_then(|block| self.to.write_all(&block));
        self.pending.clear();
        written.map_err(|e| Error::io(&self.path, "write failed", e))
    }

    fn finish(mut self) -> Result<FileEntry, Error> {
        self.write_pending()?;
        let failed = |e: io::Error| Error::io(&self.path, "write failed", e);
        if self.rows == 0 {
            self.to.write_all(&nothing(self.compression).map_err(failed)?).map_err(failed)?;
        }
        let entry = self.to.finish(&self.path)?;
        Ok(FileEntry {
            path: self.name,
            rows: Some(self.rows),
            rows_digest: Some(Digest::from(*self.digest.finalize().as_bytes())),
            ..entry
        })
    }
}
