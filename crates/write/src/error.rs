//! What can go wrong with an output folder, by what the caller should do about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What the caller should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The target holds something that unecho did not write: choose another.
    NotOurs,
    /// Another run is writing to the same target: wait for it.
    Locked,
    /// There is no finished output.
    NotFound,
    /// The output differs from its manifest.
    Damaged,
    /// The disk is full, or files may not grow further (a quota, `ulimit -f`).
    NoSpace,
    /// The run was asked to stop: the same command finishes what it began.
    Interrupted,
    /// The operating system refused.
    Io,
}

/// An error of this crate: kind, the path it is about, and the cause.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    path: PathBuf,
    context: String,
    source: Option<io::Error>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, path: &Path, context: impl Into<String>) -> Self {
        Self { kind, path: path.to_owned(), context: context.into(), source: None }
    }

    pub(crate) fn io(path: &Path, context: &str, source: io::Error) -> Self {
        let kind = match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                ErrorKind::NoSpace
            }
            io::ErrorKind::NotFound => ErrorKind::NotFound,
            _ => ErrorKind::Io,
        };
        Self { kind, path: path.to_owned(), context: context.to_owned(), source: Some(source) }
    }

    /// From reading a file that the manifest lists: that it is absent, ends early or does not
    /// decompress is damage.
    pub(crate) fn reading(path: &Path, source: io::Error) -> Self {
        let kind = match source.kind() {
            io::ErrorKind::PermissionDenied => ErrorKind::Io,
            _ => ErrorKind::Damaged,
        };
        Self { kind, path: path.to_owned(), context: "cannot be read".to_owned(), source: Some(source) }
    }

    /// Says how many bytes were to be written, where there was no space for them.
    pub(crate) fn needing(mut self, bytes: u64) -> Self {
        if self.kind == ErrorKind::NoSpace {
            self.context = format!("{}, {bytes} bytes are needed", self.context);
        }
        self
    }

    /// What the caller should do.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The file or folder it is about.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.context)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
