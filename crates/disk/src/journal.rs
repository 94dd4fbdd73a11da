//! What a power cut would undo: names since their folder was synced, bytes since their file was.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// One change of names, in the order in which they were made.
#[derive(Debug)]
struct Change {
    what: What,
    is_durable: bool,
}

#[derive(Debug)]
enum What {
    Created(PathBuf),
    Renamed {
        from: PathBuf,
        to: PathBuf,
    },
    /// What stood at `path` lies at `grave`.
    Removed {
        path: PathBuf,
        grave: PathBuf,
    },
}

impl What {
    /// The folder whose sync makes it durable.
    fn folder(&self) -> Option<&Path> {
        match self {
            Self::Created(path) | Self::Renamed { to: path, .. } | Self::Removed { path, .. } => {
                path.parent()
            }
        }
    }
}

/// Changes of names and bytes that may not be on the device.
#[derive(Debug)]
pub(crate) struct Journal {
    changes: Vec<Change>,
    /// Files with bytes that were not synced: how many were.
    unsynced: BTreeMap<PathBuf, u64>,
    graves: TempDir,
    graves_dug: u32,
}

impl Journal {
    pub(crate) fn new() -> Self {
        let graves = tempfile::tempdir().expect("a test has a place for temporary files");
        Self { changes: Vec::new(), unsynced: BTreeMap::new(), graves, graves_dug: 0 }
    }

    fn push(&mut self, what: What) {
        self.changes.push(Change { what, is_durable: false });
    }

    /// A file is about to be made or emptied.
    pub(crate) fn creates(&mut self, path: &Path) -> io::Result<()> {
        if path.exists() {
            self.buries(path)?;
        }
        self.push(What::Created(path.to_owned()));
        self.unsynced.insert(path.to_owned(), 0);
        Ok(())
    }

    /// A name is about to change.
    pub(crate) fn renames(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        if to.exists() && from.exists() {
            self.buries(to)?;
        }
        let moved: Vec<PathBuf> =
            self.unsynced.keys().filter(|path| path.starts_with(from)).cloned().collect();
        for path in moved {
            if let Some(synced) = self.unsynced.remove(&path) {
                self.unsynced.insert(replaced(&path, from, to), synced);
            }
        }
        self.push(What::Renamed { from: from.to_owned(), to: to.to_owned() });
        Ok(())
    }

    /// Removes a file or folder in such a way that it can come back.
    pub(crate) fn buries(&mut self, path: &Path) -> io::Result<()> {
        let grave = self.graves.path().join(self.graves_dug.to_string());
        self.graves_dug += 1;
        fs::rename(path, &grave)?;
        self.unsynced.retain(|file, _| !file.starts_with(path));
        self.push(What::Removed { path: path.to_owned(), grave });
        Ok(())
    }

    /// A file was synced, under the name it was made with or another.
    pub(crate) fn synced(&mut self, made_as: &Path) -> io::Result<()> {
        let mut path = made_as.to_owned();
        for change in &self.changes {
            if let What::Renamed { from, to } = &change.what {
                path = replaced(&path, from, to);
            }
        }
        let len = fs::metadata(&path)?.len();
        self.unsynced.insert(path, len);
        Ok(())
    }

    /// The names in a folder were synced.
    pub(crate) fn synced_folder(&mut self, folder: &Path) {
        for change in &mut self.changes {
            change.is_durable |= change.what.folder() == Some(folder);
        }
    }

    /// The power goes: of bytes that were not synced half are lost, of names all.
    pub(crate) fn lose(self) -> io::Result<()> {
        for (path, synced) in &self.unsynced {
            if let Ok(file) = File::options().write(true).open(path) {
                let len = file.metadata()?.len();
                file.set_len(synced + (len.saturating_sub(*synced)) / 2)?;
            }
        }
        // Names that later, durable renames gave to what is undone here.
        let mut later: Vec<(&Path, &Path)> = Vec::new();
        let now = |path: &Path, later: &[(&Path, &Path)]| {
            later.iter().rev().fold(path.to_owned(), |path, (from, to)| replaced(&path, from, to))
        };
        for change in self.changes.iter().rev() {
            match (&change.what, change.is_durable) {
                (What::Renamed { from, to }, true) => later.push((from, to)),
                (_, true) => {}
                (What::Created(path), false) => match fs::remove_file(now(path, &later)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                },
                (What::Renamed { from, to }, false) => fs::rename(now(to, &later), now(from, &later))?,
                (What::Removed { path, grave }, false) => fs::rename(grave, now(path, &later))?,
            }
        }
        Ok(())
    }
}

/// `path` after `from` became `to`.
fn replaced(path: &Path, from: &Path, to: &Path) -> PathBuf {
    match path.strip_prefix(from) {
        Ok(rest) if rest.as_os_str().is_empty() => to.to_owned(),
        Ok(rest) => to.join(rest),
        Err(_) => path.to_owned(),
    }
}
