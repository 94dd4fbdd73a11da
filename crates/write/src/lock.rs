//! One writer for each output: a lock of the kernel, which is given back whatever ends the run.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::{Error, ErrorKind};

/// A lock that is held. Dropped, it is given back and its file removed.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    /// Takes the lock whose file is `path`, for whoever writes to `target`.
    pub(crate) fn take(path: &Path, target: &Path) -> Result<Self, Error> {
        Ok(Self { path: path.to_owned(), file: lock(path, target)? })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while still locked: whoever opened it before finds that it is gone and starts over.
        if CAN_TELL_FILES && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "lock file left behind");
        }
        if let Err(error) = self.file.unlock() {
            tracing::warn!(path = %self.path.display(), %error, "lock could not be given back");
        }
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
            // Who holds it only helps those who wait: a full disk must not leave a lock behind.
            if let Err(error) = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id())) {
                tracing::debug!(path = %path.display(), %error, "lock without a name");
            }
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
