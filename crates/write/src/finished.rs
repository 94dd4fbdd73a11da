//! A finished output, read back: its records, and whether it is what its manifest says.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use unecho_model::{Digest, Summary};

use crate::format::{Compression, Format};
use crate::manifest::{FileEntry, MANIFEST_NAME, Manifest, SUCCESS_NAME};
use crate::reader::{RecordReader, count_records, count_values};
use crate::record_kind::{ATTRIBUTES_FOLDER, RecordKind};
use crate::target::Named;
use crate::upload::download;
use crate::{Error, ErrorKind};

/// An output that was published.
#[derive(Debug, Clone)]
pub struct Finished {
    folder: PathBuf,
    /// Keeps a copy of what stands in an object store.
    _copy: Option<Arc<TempDir>>,
    manifest: Manifest,
    manifest_digest: Digest,
}

/// How closely an output is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Every byte of every file, by its digest.
    Bytes,
    /// Also every record, decompressed and parsed.
    Records,
}

/// One way in which an output differs from its manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, below the output folder.
    pub path: String,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

impl Finished {
    /// Opens the output at `place`: a folder, `file:///…`, or `s3://…` and its like, of which a temporary
    /// copy is made.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is none, [`ErrorKind::Damaged`] when its manifest cannot be
    /// understood, or what the store says.
    pub fn open(place: &Path) -> Result<Self, Error> {
        match Named::of(place)? {
            Named::Folder(folder) => Self::open_folder(&folder),
            Named::Objects(location) => {
                let copy = download(&location)?;
                let finished = Self::open_folder(copy.path())?;
                Ok(Self { _copy: Some(Arc::new(copy)), ..finished })
            }
        }
    }

    fn open_folder(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(MANIFEST_NAME);
        let bytes = fs::read(&path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
                Error::new(ErrorKind::NotFound, folder, "no unecho output here")
            }
            _ => Error::io(&path, "cannot be read", e),
        })?;
        let manifest: Manifest = serde_json::from_slice(&bytes)
            .map_err(|e| Error::new(ErrorKind::Damaged, &path, format!("is no manifest: {e}")))?;
        if manifest.tool != Manifest::TOOL {
            return Err(Error::new(ErrorKind::NotFound, folder, "no unecho output here"));
        }
        Ok(Self { folder: folder.to_owned(), _copy: None, manifest, manifest_digest: Digest::of(&bytes) })
    }

    /// Its manifest.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Its totals.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn summary(&self) -> Result<Summary, Error> {
        let path = self.folder.join("summary.json");
        let bytes = fs::read(&path).map_err(|e| Error::reading(&path, e))?;
        serde_json::from_slice(&bytes)
            .map_err(|e| Error::new(ErrorKind::Damaged, &path, format!("is no summary: {e}")))
    }

    /// The records of the files whose path begins with `prefix` (`data/`, `ledger/links-`), in order.
    ///
    /// # Errors
    /// Each item fails on its own when a file cannot be read or a line is no such record.
    pub fn records<T: DeserializeOwned>(&self, prefix: &str) -> impl Iterator<Item = Result<T, Error>> {
        let files = self
            .manifest
            .files
            .iter()
            .filter(move |file| file.rows.is_some() && file.path.starts_with(prefix));
        files.flat_map(|file| {
            let format = Format::of_file(&file.path).unwrap_or_default();
            RecordReader::open(self.folder.join(&file.path), format)
        })
    }

    /// Files below the folder that the manifest does not know.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub fn foreign_files(&self) -> Result<Vec<String>, Error> {
        let known: BTreeSet<&str> = self
            .manifest
            .files
            .iter()
            .map(|file| file.path.as_str())
            .chain([MANIFEST_NAME, SUCCESS_NAME])
            .collect();
        let mut found = Vec::new();
        list_files(&self.folder, "", &mut found)?;
        found.retain(|path| !known.contains(path.as_str()));
        Ok(found)
    }

    /// Compares every file with the manifest: presence, size, digest, and the manifest with the
    /// success marker; with [`Depth::Records`] also the number and the digest of the records that each
    /// file holds. Empty when all is well.
    ///
    /// # Errors
    /// When a folder cannot be listed; a file that cannot be read is a [`Problem`].
    pub fn verify(&self, depth: Depth) -> Result<Vec<Problem>, Error> {
        let mut problems: Vec<Problem> =
            self.manifest.files.par_iter().filter_map(|file| self.verify_file(file, depth)).collect();
        let marker = fs::read_to_string(self.folder.join(SUCCESS_NAME)).unwrap_or_default();
        if marker != format!("{}\n", self.manifest_digest) {
            let what = "does not hold the digest of the manifest".to_owned();
            problems.push(Problem { path: SUCCESS_NAME.to_owned(), what });
        }
        for path in self.foreign_files()? {
            problems.push(Problem { path, what: "is not in the manifest".to_owned() });
        }
        problems.extend(self.verify_counts());
        problems.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(problems)
    }

    fn verify_counts(&self) -> Option<Problem> {
        let rows = |prefix: &str| -> u64 {
            self.manifest.files.iter().filter(|f| f.path.starts_with(prefix)).filter_map(|f| f.rows).sum()
        };
        let counts = self.manifest.documents;
        let found = (rows("data/"), rows("dropped/"), rows("rejected/"));
        let stated = (counts.kept, counts.dropped, counts.rejected);
        (found != stated || counts.kept + counts.dropped + counts.rejected != counts.read).then(|| Problem {
            path: MANIFEST_NAME.to_owned(),
            what: format!(
                "kept, dropped and rejected are {found:?} by file and {stated:?} of {} by count",
                counts.read
            ),
        })
    }

    fn verify_file(&self, entry: &FileEntry, depth: Depth) -> Option<Problem> {
        let problem = |what: String| Some(Problem { path: entry.path.clone(), what });
        let path = self.folder.join(&entry.path);
        let (bytes, digest) = match File::open(&path).and_then(digest_of) {
            Ok(found) => found,
            Err(error) => return problem(format!("cannot be read: {error}")),
        };
        if bytes != entry.bytes {
            return problem(format!("has {bytes} bytes instead of {}", entry.bytes));
        }
        if digest != entry.digest {
            return problem("has other bytes than the manifest says".to_owned());
        }
        if depth == Depth::Bytes {
            return None;
        }
        let (rows, rows_digest) = (entry.rows?, entry.rows_digest?);
        let found = match (RecordKind::of_file(&entry.path), Format::of_file(&entry.path)) {
            (Some(kind), Some(format)) => count_records(&path, kind, format),
            // What is said of inputs, line by line, in files named after them.
            (None, _) if entry.path.starts_with(ATTRIBUTES_FOLDER) => {
                count_values(&path, Compression::of_file(&entry.path))
            }
            _ => return problem("is of no known kind of record file".to_owned()),
        };
        match found {
            Ok(found) if found == (rows, rows_digest) => None,
            Ok(_) => problem("has other records than the manifest says".to_owned()),
            Err(error) => problem(format!("cannot be read as records: {error}")),
        }
    }
}

fn digest_of(mut file: File) -> std::io::Result<(u64, Digest)> {
    let mut hasher = blake3::Hasher::new();
    let bytes = std::io::copy(&mut file, &mut hasher)?;
    Ok((bytes, Digest::from(*hasher.finalize().as_bytes())))
}

fn list_files(folder: &Path, prefix: &str, found: &mut Vec<String>) -> Result<(), Error> {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .and_then(Iterator::collect)
        .map_err(|e| Error::io(folder, "cannot be listed", e))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            list_files(&entry.path(), &format!("{name}/"), found)?;
        } else {
            found.push(name);
        }
    }
    Ok(())
}
