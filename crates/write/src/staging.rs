//! The staging folder: everything is written beside the target and appears by one rename.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use unecho_disk::{Fs, write_whole};
use unecho_model::Digest;

use crate::card::{CARD_NAME, card};
use crate::columns::described;
use crate::croissant::{CROISSANT_NAME, croissant};
use crate::lock::Lock;
use crate::manifest::{FileEntry, MANIFEST_NAME, Manifest, SUCCESS_NAME};
use crate::{Error, ErrorKind, Finished, RecordKind};

/// An output being written. Dropped without [`Staging::publish`], it removes what it wrote and
/// leaves the target as it was.
#[derive(Debug)]
pub struct Staging {
    disk: Arc<dyn Fs>,
    target: PathBuf,
    folder: PathBuf,
    /// Held until the end; only what was published has none.
    lock: Option<Lock>,
    files: Vec<FileEntry>,
    published: bool,
}

/// Name of a folder or file beside the target that belongs to a run in progress.
fn beside(target: &Path, role: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(".unecho-");
    name.push(role);
    target.with_file_name(name)
}

impl Staging {
    /// Begins an output that will appear at `target`, on `disk`.
    ///
    /// The target may be absent, an empty folder, or a finished output of this tool with nothing
    /// foreign in it (which will be replaced). Leftovers of a killed run are removed.
    ///
    /// # Errors
    /// [`ErrorKind::NotOurs`] when the target is anything else, which is then left untouched;
    /// [`ErrorKind::Locked`] when another run writes to it; otherwise what the system says.
    pub fn begin(target: &Path, disk: Arc<dyn Fs>) -> Result<Self, Error> {
        let target = absolute(target)?;
        ensure_ours(&target)?;
        let parent =
            target.parent().ok_or_else(|| Error::new(ErrorKind::NotOurs, &target, "is no folder name"))?;
        disk.create_folder(parent).map_err(|e| Error::io(parent, "cannot be created", e))?;
        let lock = Lock::take(&beside(&target, "lock"), &target)?;
        let folder = beside(&target, "staging");
        let old = beside(&target, "old");
        if old.exists() && !target.exists() {
            // A run was killed between its two last renames: the earlier output goes back first.
            disk.rename(&old, &target).map_err(|e| Error::io(&old, "cannot be moved back", e))?;
        }
        for left in [&folder, &old] {
            disk.remove_folder(left).map_err(|e| Error::io(left, "cannot be removed", e))?;
        }
        disk.create_folder(&folder).map_err(|e| Error::io(&folder, "cannot be created", e))?;
        Ok(Self { disk, target, folder, lock: Some(lock), files: Vec::new(), published: false })
    }

    pub(crate) fn create_folder(&self, name: &str) -> Result<PathBuf, Error> {
        let folder = self.folder.join(name);
        self.disk.create_folder(&folder).map_err(|e| Error::io(&folder, "cannot be created", e))?;
        Ok(folder)
    }

    pub(crate) const fn disk(&self) -> &Arc<dyn Fs> {
        &self.disk
    }

    /// Where a run may keep what the same run needs when it is killed and started again.
    #[must_use]
    pub fn work_folder(&self) -> PathBuf {
        beside(&self.target, "work")
    }

    /// Removes what the run [kept](Self::work_folder), when the same command would not get further.
    pub fn remove_work(&self) {
        if let Err(error) = self.disk.remove_folder(&self.work_folder()) {
            tracing::warn!(%error, folder = %self.work_folder().display(), "this was left behind");
        }
    }

    /// Where the files of the output stand until it is published.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes in files that others wrote into [`Staging::folder`], by paths below it.
    pub fn adopt(&mut self, entries: Vec<FileEntry>) {
        self.files.extend(entries);
    }

    /// How many files were written so far.
    #[must_use]
    pub const fn files_len(&self) -> usize {
        self.files.len()
    }

    pub(crate) fn add(&mut self, entry: FileEntry) {
        self.files.push(entry);
    }

    /// Writes one file whole, at `name` below the output folder.
    ///
    /// # Errors
    /// When the file cannot be written or synced.
    pub fn write_file(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.write_synced(name, bytes)?;
        self.add(FileEntry {
            path: name.to_owned(),
            bytes: bytes.len() as u64,
            digest: Digest::of(bytes),
            sha256: Some(hex(&Sha256::digest(bytes))),
            rows: None,
            rows_digest: None,
        });
        Ok(())
    }

    fn write_synced(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.folder.join(name);
        write_whole(self.disk.as_ref(), &path, bytes)
            .map_err(|e| Error::io(&path, "write failed", e).needing(bytes.len() as u64))
    }

    /// Completes `manifest` with the files written, writes a card, Croissant metadata, the manifest and the success marker, syncs, and
    /// renames the staging folder to the target.
    ///
    /// # Errors
    /// When any of this fails; the target is then as it was before, or, when the last sync failed, the new
    /// output, which the same run would make again.
    ///
    /// # Panics
    /// Never: a manifest is always JSON.
    pub fn publish(mut self, mut manifest: Manifest) -> Result<Published, Error> {
        manifest.files = std::mem::take(&mut self.files);
        manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
        let kinds = manifest.files.iter().filter_map(|file| RecordKind::of_file(&file.path));
        manifest.schemas = kinds.map(|kind| (kind.name().to_owned(), described(kind))).collect();
        self.write_file(CARD_NAME, card(&manifest).as_bytes())?;
        let mut json = serde_json::to_vec_pretty(&croissant(&manifest)).expect("values are always JSON");
        json.push(b'\n');
        self.write_file(CROISSANT_NAME, &json)?;
        manifest.files.append(&mut self.files);
        manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut json = serde_json::to_vec_pretty(&manifest).expect("a manifest is always JSON");
        json.push(b'\n');
        self.write_synced(MANIFEST_NAME, &json)?;
        self.write_synced(SUCCESS_NAME, format!("{}\n", Digest::of(&json)).as_bytes())?;
        sync_folders(self.disk.as_ref(), &self.folder)?;
        let old = beside(&self.target, "old");
        if self.target.exists() {
            // Looked at again: the run may have taken hours.
            ensure_ours(&self.target)?;
            self.disk
                .rename(&self.target, &old)
                .map_err(|e| Error::io(&self.target, "cannot be moved aside", e))?;
        }
        if let Err(error) = self.disk.rename(&self.folder, &self.target) {
            if old.exists() {
                self.disk
                    .rename(&old, &self.target)
                    .map_err(|e| Error::io(&old, "cannot be moved back", e))?;
            }
            return Err(Error::io(&self.target, "cannot be put in place", error));
        }
        self.published = true;
        if let Some(parent) = self.target.parent() {
            // The new output is in place; whether it stays there when the power goes is not known.
            self.disk
                .sync_folder(parent)
                .map_err(|e| Error::io(parent, "sync failed, though the output is complete", e))?;
        }
        // What fails now is said and changes nothing.
        if let Err(error) = self.disk.remove_folder(&old) {
            tracing::warn!(%error, "published, but the earlier output was left beside it");
        }
        Ok(Published { disk: Arc::clone(&self.disk), work: self.work_folder(), _lock: self.lock.take() })
    }
}

/// An output in its place. No other run writes there while this is held.
#[derive(Debug)]
pub struct Published {
    disk: Arc<dyn Fs>,
    work: PathBuf,
    _lock: Option<Lock>,
}

impl Published {
    /// Removes what the run [kept](Staging::work_folder) for the case that it is killed.
    pub fn remove_work(self) {
        if let Err(error) = self.disk.remove_folder(&self.work) {
            tracing::warn!(%error, folder = %self.work.display(), "published, but this was left behind");
        }
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.published
            && let Err(error) = self.disk.remove_folder(&self.folder)
        {
            tracing::warn!(%error, "staging folder left behind");
        }
    }
}

fn absolute(target: &Path) -> Result<PathBuf, Error> {
    let path = std::path::absolute(target).map_err(|e| Error::io(target, "is no usable path", e))?;
    match path.file_name() {
        Some(_) => Ok(path),
        None => Err(Error::new(ErrorKind::NotOurs, target, "names no folder of its own")),
    }
}

fn ensure_ours(target: &Path) -> Result<(), Error> {
    let metadata = match fs::symlink_metadata(target) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io(target, "cannot be looked at", error)),
    };
    let refuse = |why: &str| Err(Error::new(ErrorKind::NotOurs, target, why));
    if !metadata.is_dir() {
        return refuse("exists and is no folder");
    }
    let mut entries = fs::read_dir(target).map_err(|e| Error::io(target, "cannot be listed", e))?;
    if entries.next().is_none() {
        return Ok(());
    }
    match Finished::open(target).map(|finished| finished.foreign_files()) {
        Ok(Ok(foreign)) if foreign.is_empty() => Ok(()),
        Ok(Ok(foreign)) => refuse(&format!("holds files that unecho did not write, such as {}", foreign[0])),
        Ok(Err(error)) => Err(error),
        Err(_) => refuse("exists and was not written by unecho"),
    }
}

fn sync_folders(disk: &dyn Fs, folder: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(|e| Error::io(folder, "cannot be listed", e))? {
        let path = entry.map_err(|e| Error::io(folder, "cannot be listed", e))?.path();
        if path.is_dir() {
            sync_folders(disk, &path)?;
        }
    }
    disk.sync_folder(folder).map_err(|e| Error::io(folder, "sync failed", e))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
