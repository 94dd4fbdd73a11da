//! An output in an object store. There is no rename there, so it is made in a folder here and uploaded
//! when it is finished: first a note of what belongs to it, then the data, then the manifest, and the
//! marker of success last. Whoever reads only what has the marker never reads half an output; a run
//! that was killed on the way is repeated, and knows by the note what it may replace.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use unecho_disk::{Fs, RealFs};
use unecho_model::Digest;
use unecho_objects::{Location, Store};

use crate::lock::Lock;
use crate::manifest::{FileEntry, MANIFEST_NAME, Manifest, SUCCESS_NAME};
use crate::{Error, ErrorKind, Finished};

/// The note of an upload in progress.
const NOTE_NAME: &str = "_UPLOADING";
/// Most objects that an output has.
const OBJECTS_MAX: usize = 1 << 20;
/// Longest manifest or note that is read, in bytes.
const MANIFEST_BYTES_MAX: u64 = 1 << 30;

/// What belongs to an output while it is uploaded: the files of the new one and of the old one.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    tool: String,
    files: BTreeSet<String>,
}

/// An output to be made here and to stand in an object store.
#[derive(Debug)]
pub struct Upload {
    disk: Arc<dyn Fs>,
    store: Store,
    /// Beginning of all keys, with `/` at the end.
    prefix: String,
    /// Its address, for messages.
    address: PathBuf,
    /// Where the output is made.
    folder: PathBuf,
    /// Files of an earlier output, below the prefix.
    earlier: BTreeSet<String>,
    /// Held until the end: nobody else on this machine makes this output.
    _lock: Lock,
}

impl Upload {
    /// Begins an output that will stand at `location`. It is made below the folder for temporary files
    /// (`TMPDIR`).
    ///
    /// # Errors
    /// [`ErrorKind::NotOurs`] when something else stands there, [`ErrorKind::Locked`] when another run
    /// on this machine makes it, otherwise what the store or the system says.
    pub(crate) fn begin(location: &Location, disk: Arc<dyn Fs>) -> Result<Self, Error> {
        let store = Store::open(location).map_err(|error| of_store(&error))?;
        let address = PathBuf::from(location.to_string());
        let name = Digest::of(format!("{}/{}", location.store(), location.folder()).as_bytes()).to_string();
        let scratch = std::env::temp_dir().join(format!("unecho-{}", &name[..16]));
        disk.create_folder(&scratch).map_err(|e| Error::io(&scratch, "cannot be created", e))?;
        let lock = Lock::take(&scratch.join("lock"), &address)?;
        let prefix = location.folder();
        let earlier = earlier_files(&store, &prefix, &address)?;
        Ok(Self { disk, store, prefix, address, folder: scratch.join("output"), earlier, _lock: lock })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Uploads the output in the folder, and removes it there.
    pub(crate) fn publish(self, is_wanted: &(dyn Fn() -> bool + Sync)) -> Result<(), Error> {
        let finished = Finished::open(&self.folder)?;
        let files = &finished.manifest().files;
        let new: BTreeSet<String> = files.iter().map(|file| file.path.clone()).collect();
        let note =
            Note { tool: Manifest::TOOL.to_owned(), files: new.union(&self.earlier).cloned().collect() };
        let note = serde_json::to_vec(&note).expect("a note is always JSON");
        self.write(NOTE_NAME, &mut note.as_slice())?;
        // From here on an earlier output is no longer whole, and nobody must take it for that.
        for name in [SUCCESS_NAME, MANIFEST_NAME] {
            self.remove(name)?;
        }
        files.par_iter().try_for_each(|file| {
            if !is_wanted() {
                return Err(Error::new(ErrorKind::Interrupted, &self.address, "is not complete"));
            }
            self.upload(file)
        })?;
        for stale in self.earlier.difference(&new) {
            self.remove(stale)?;
        }
        for name in [MANIFEST_NAME, SUCCESS_NAME] {
            let path = self.folder.join(name);
            let mut file = File::open(&path).map_err(|e| Error::io(&path, "cannot be read", e))?;
            self.write(name, &mut file)?;
        }
        self.remove(NOTE_NAME)?;
        if let Err(error) = self.disk.remove_folder(&self.folder) {
            tracing::warn!(%error, folder = %self.folder.display(), "uploaded, but the copy here was left");
        }
        Ok(())
    }

    /// Uploads one file, which must be what the manifest says.
    fn upload(&self, file: &FileEntry) -> Result<(), Error> {
        let path = self.folder.join(&file.path);
        let content = File::open(&path).map_err(|e| Error::io(&path, "cannot be read", e))?;
        let mut content = Hashing { content, hasher: blake3::Hasher::new() };
        self.write(&file.path, &mut content)?;
        if Digest::from(*content.hasher.finalize().as_bytes()) != file.digest {
            return Err(Error::new(ErrorKind::Damaged, &path, "has other bytes than the manifest says"));
        }
        Ok(())
    }

    fn write(&self, name: &str, content: &mut dyn Read) -> Result<(), Error> {
        self.store.write(&format!("{}{name}", self.prefix), content).map_err(|error| of_store(&error))
    }

    fn remove(&self, name: &str) -> Result<(), Error> {
        self.store.remove(&format!("{}{name}", self.prefix)).map_err(|error| of_store(&error))
    }
}

/// The files of an earlier output at `prefix`, whole or not.
fn earlier_files(store: &Store, prefix: &str, address: &Path) -> Result<BTreeSet<String>, Error> {
    let objects = store.list(prefix, OBJECTS_MAX).map_err(|error| of_store(&error))?;
    let names: Vec<&str> = objects.iter().map(|object| &object.key[prefix.len()..]).collect();
    let mut known = BTreeSet::new();
    for (object, name) in objects.iter().zip(&names) {
        let read = || {
            store.read(object).map_err(|error| of_store(&error)).and_then(|content| {
                let mut bytes = Vec::new();
                content
                    .take(MANIFEST_BYTES_MAX)
                    .read_to_end(&mut bytes)
                    .map_err(|e| Error::io(&address.join(name), "cannot be read", e))?;
                Ok(bytes)
            })
        };
        match *name {
            MANIFEST_NAME => {
                if let Ok(manifest) = serde_json::from_slice::<Manifest>(&read()?)
                    && manifest.tool == Manifest::TOOL
                {
                    known.extend(manifest.files.into_iter().map(|file| file.path));
                    known.extend([MANIFEST_NAME, SUCCESS_NAME].map(str::to_owned));
                }
            }
            NOTE_NAME => {
                if let Ok(note) = serde_json::from_slice::<Note>(&read()?)
                    && note.tool == Manifest::TOOL
                {
                    known.extend(note.files);
                    known.extend([MANIFEST_NAME, SUCCESS_NAME, NOTE_NAME].map(str::to_owned));
                }
            }
            _ => {}
        }
    }
    if let Some(foreign) = names.iter().find(|name| !known.contains(**name)) {
        let what = format!("holds objects that unecho did not write, such as {foreign}");
        return Err(Error::new(ErrorKind::NotOurs, address, what));
    }
    known.retain(|name| ![MANIFEST_NAME, SUCCESS_NAME, NOTE_NAME].contains(&name.as_str()));
    known.retain(|name| names.contains(&name.as_str()));
    Ok(known)
}

/// A copy of the finished output at `location`, in a temporary folder.
pub(crate) fn download(location: &Location) -> Result<TempDir, Error> {
    let address = PathBuf::from(location.to_string());
    let store = Store::open(location).map_err(|error| of_store(&error))?;
    let prefix = location.folder();
    let objects = store.list(&prefix, OBJECTS_MAX).map_err(|error| of_store(&error))?;
    let has = |name: &str| objects.iter().any(|object| object.key[prefix.len()..] == *name);
    if !has(MANIFEST_NAME) || !has(SUCCESS_NAME) {
        let what = if has(NOTE_NAME) {
            "an upload is in progress, or was broken off"
        } else {
            "no unecho output here"
        };
        return Err(Error::new(ErrorKind::NotFound, &address, what));
    }
    let copy = tempfile::Builder::new().prefix("unecho-").tempdir();
    let copy = copy.map_err(|e| Error::io(&std::env::temp_dir(), "cannot be written to", e))?;
    objects.par_iter().try_for_each(|object| {
        // Keys have no empty parts and no `..`.
        let path = copy.path().join(&object.key[prefix.len()..]);
        let failed = |e: io::Error| Error::io(&path, "cannot be copied here", e);
        RealFs.create_folder(path.parent().unwrap_or(copy.path())).map_err(failed)?;
        let mut content = store.read(object).map_err(|error| of_store(&error))?;
        let mut file = RealFs.create(&path).map_err(failed)?;
        io::copy(&mut content, &mut file).map_err(failed).map(|_| ())
    })?;
    Ok(copy)
}

fn of_store(error: &unecho_objects::Error) -> Error {
    use unecho_objects::ErrorKind as Said;
    let kind = match error.kind() {
        Said::BadLocation => ErrorKind::NotOurs,
        _ => ErrorKind::Io,
    };
    let (address, detail) = (error.location(), error.detail());
    Error::new(kind, Path::new(address), detail)
}

/// Content whose digest is taken as it is read.
struct Hashing<R> {
    content: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.content.read(target)?;
        self.hasher.update(&target[..n_bytes]);
        Ok(n_bytes)
    }
}
