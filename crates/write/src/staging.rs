//! The staging folder: everything is written beside the target and appears by one rename.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use unecho_model::Digest;

use crate::manifest::{FileEntry, MANIFEST_NAME, Manifest, SUCCESS_NAME};
use crate::{Error, ErrorKind, Finished};

/// An output being written. Dropped without [`Staging::publish`], it removes what it wrote and
/// leaves the target as it was.
#[derive(Debug)]
pub struct Staging {
    target: PathBuf,
    folder: PathBuf,
    lock_path: PathBuf,
    lock: File,
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
    /// Begins an output that will appear at `target`.
    ///
    /// The target may be absent, an empty folder, or a finished output of this tool with nothing
    /// foreign in it (which will be replaced). Leftovers of a killed run are removed.
    ///
    /// # Errors
    /// [`ErrorKind::NotOurs`] when the target is anything else, which is then left untouched;
    /// [`ErrorKind::Locked`] when another run writes to it; otherwise what the system says.
    pub fn begin(target: &Path) -> Result<Self, Error> {
        let target = absolute(target)?;
        ensure_ours(&target)?;
        let parent =
            target.parent().ok_or_else(|| Error::new(ErrorKind::NotOurs, &target, "is no folder name"))?;
        fs::create_dir_all(parent).map_err(|e| Error::io(parent, "cannot be created", e))?;
        let lock_path = beside(&target, "lock");
        let lock = lock(&lock_path, &target)?;
        let folder = beside(&target, "staging");
        let old = beside(&target, "old");
        if old.exists() && !target.exists() {
            // A run was killed between its two last renames: the earlier output goes back first.
            fs::rename(&old, &target).map_err(|e| Error::io(&old, "cannot be moved back", e))?;
        }
        remove_folder(&folder)?;
        remove_folder(&old)?;
        fs::create_dir(&folder).map_err(|e| Error::io(&folder, "cannot be created", e))?;
        Ok(Self { target, folder, lock_path, lock, files: Vec::new(), published: false })
    }

    pub(crate) fn create_folder(&self, name: &str) -> Result<PathBuf, Error> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder).map_err(|e| Error::io(&folder, "cannot be created", e))?;
        Ok(folder)
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
        write_synced(&self.folder.join(name), bytes)?;
        self.add(FileEntry {
            path: name.to_owned(),
            bytes: bytes.len() as u64,
            digest: Digest::of(bytes),
            rows: None,
            rows_digest: None,
        });
        Ok(())
    }

    /// Completes `manifest` with the files written, writes it and the success marker, syncs, and
    /// renames the staging folder to the target.
    ///
    /// # Errors
    /// When any of this fails; the target is then as it was before.
    ///
    /// # Panics
    /// Never: a manifest is always JSON.
    pub fn publish(mut self, mut manifest: Manifest) -> Result<(), Error> {
        manifest.files = std::mem::take(&mut self.files);
        manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut json = serde_json::to_vec_pretty(&manifest).expect("a manifest is always JSON");
        json.push(b'\n');
        write_synced(&self.folder.join(MANIFEST_NAME), &json)?;
        write_synced(&self.folder.join(SUCCESS_NAME), format!("{}\n", Digest::of(&json)).as_bytes())?;
        sync_folders(&self.folder)?;
        let old = beside(&self.target, "old");
        if self.target.exists() {
            // Looked at again: the run may have taken hours.
            ensure_ours(&self.target)?;
            fs::rename(&self.target, &old)
                .map_err(|e| Error::io(&self.target, "cannot be moved aside", e))?;
        }
        if let Err(error) = fs::rename(&self.folder, &self.target) {
            if old.exists() {
                fs::rename(&old, &self.target).map_err(|e| Error::io(&old, "cannot be moved back", e))?;
            }
            return Err(Error::io(&self.target, "cannot be put in place", error));
        }
        self.published = true;
        // From here on the new output is in place: what fails now is said and changes nothing.
        if let Some(Err(error)) = self.target.parent().map(sync_folder) {
            tracing::warn!(%error, "published, but the folder around it could not be synced");
        }
        if let Err(error) = remove_folder(&old) {
            tracing::warn!(%error, "published, but the earlier output was left beside it");
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.published
            && let Err(error) = remove_folder(&self.folder)
        {
            tracing::warn!(%error, "staging folder left behind");
        }
        // Removed while still locked: whoever opened it before finds that it is gone and starts over.
        if CAN_TELL_FILES && let Err(error) = fs::remove_file(&self.lock_path) {
            tracing::warn!(path = %self.lock_path.display(), %error, "lock file left behind");
        }
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(path = %self.lock_path.display(), %error, "lock could not be given back");
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

fn lock(path: &Path, target: &Path) -> Result<File, Error> {
    // A run that ends removes its lock file; one that waited on the removed file must start over.
    for _ in 0..16 {
        let mut file = File::options()
            .create(true)
            .read(true)
            .append(true)
            .open(path)
            .map_err(|e| Error::io(path, "cannot be opened", e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = fs::read_to_string(path).unwrap_or_default();
                let holder = holder.trim();
                let who = if holder.is_empty() { String::new() } else { format!(" (process {holder})") };
                return Err(Error::new(
                    ErrorKind::Locked,
                    target,
                    format!("another run is writing here{who}"),
                ));
            }
            Err(TryLockError::Error(error)) => return Err(Error::io(path, "cannot be locked", error)),
        }
        if is_at(&file, path) {
            file.set_len(0)
                .and_then(|()| write!(file, "{}", std::process::id()))
                .map_err(|e| Error::io(path, "cannot be written", e))?;
            return Ok(file);
        }
    }
    Err(Error::new(ErrorKind::Locked, target, "other runs keep taking the lock"))
}

/// Whether an open file can be told from another of the same path. Where it cannot, lock files stay.
const CAN_TELL_FILES: bool = cfg!(unix);

/// Whether `path` still names the open `file`: the run that held the lock may have removed it since.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(theirs)) => identity(ours) == identity(theirs),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = File::create_new(path).map_err(|e| Error::io(path, "cannot be created", e))?;
    file.write_all(bytes).map_err(|e| Error::io(path, "write failed", e))?;
    file.sync_all().map_err(|e| Error::io(path, "sync failed", e))
}

fn sync_folders(folder: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(|e| Error::io(folder, "cannot be listed", e))? {
        let path = entry.map_err(|e| Error::io(folder, "cannot be listed", e))?.path();
        if path.is_dir() {
            sync_folders(&path)?;
        }
    }
    sync_folder(folder)
}

fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|file| file.sync_all()).map_err(|e| Error::io(folder, "sync failed", e))
}

fn remove_folder(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io(folder, "cannot be removed", error)),
    }
}
