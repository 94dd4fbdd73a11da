//! Where an output is to stand: a folder here, or one in an object store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use unecho_disk::Fs;
use unecho_objects::Location;

use crate::{Error, ErrorKind, Upload};

/// The place of an output to be made.
#[derive(Debug)]
pub enum Target {
    /// A folder on this machine.
    Folder(PathBuf),
    /// A folder in an object store, to which the output is uploaded when it is finished.
    Objects(Box<Upload>),
}

impl Target {
    /// The place that `out` names: a path, `file:///…`, or `s3://…` and its like. A place in an object
    /// store is looked at at once: whether it can be reached, and holds nothing that is not ours.
    ///
    /// # Errors
    /// When `out` names no place, or one that holds something else or cannot be reached.
    pub fn of(out: &Path, disk: Arc<dyn Fs>) -> Result<Self, Error> {
        match Named::of(out)? {
            Named::Folder(folder) => Ok(Self::Folder(folder)),
            Named::Objects(location) => Ok(Self::Objects(Box::new(Upload::begin(&location, disk)?))),
        }
    }

    /// The folder on this machine in which the output is made.
    #[must_use]
    pub fn folder(&self) -> &Path {
        match self {
            Self::Folder(folder) => folder,
            Self::Objects(upload) => upload.folder(),
        }
    }

    /// Puts the output that was made in [`Target::folder`] where it is to stand. `is_wanted` is asked
    /// between files.
    ///
    /// # Errors
    /// When it cannot be uploaded; it is then not complete there, and has no marker of success.
    pub fn finish(self, is_wanted: &(dyn Fn() -> bool + Sync)) -> Result<(), Error> {
        match self {
            Self::Folder(_) => Ok(()),
            Self::Objects(upload) => upload.publish(is_wanted),
        }
    }
}

/// What a path names.
pub(crate) enum Named {
    Folder(PathBuf),
    Objects(Location),
}

impl Named {
    pub(crate) fn of(path: &Path) -> Result<Self, Error> {
        let wrong = |what: String| Error::new(ErrorKind::NotOurs, path, what);
        match path.to_str() {
            Some(text) if Location::is_one(text) => {
                let location =
                    text.parse().map_err(|error: unecho_objects::Error| wrong(error.to_string()))?;
                Ok(Self::Objects(location))
            }
            Some(text) if text.starts_with("file://") => {
                let folder = url::Url::parse(text).ok().and_then(|url| url.to_file_path().ok());
                folder
                    .map(Self::Folder)
                    .ok_or_else(|| wrong("is an address of a file that is no path".to_owned()))
            }
            _ => Ok(Self::Folder(path.to_owned())),
        }
    }
}
