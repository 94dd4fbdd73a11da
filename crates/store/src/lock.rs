//! One writer at a time: a lock that the kernel gives back when its holder dies.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{Error, ErrorKind};

/// File that is locked. It stays; what counts is the lock on it.
pub(crate) const LOCK_NAME: &str = "LOCK";

/// The lock of a folder that one process at a time writes to, such as a store, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of `folder`.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`] when another process has it, with that process and since when.
    pub fn take(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(LOCK_NAME);
        let open = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let mut file = open.map_err(|e| Error::io(&path, "cannot be opened", e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who it is only helps; not to know changes nothing.
                let _ = file.read_to_string(&mut holder);
                let text = format!("another run is writing here{}", holder_text(&holder, now()));
                return Err(Error::new(ErrorKind::Locked, folder, text));
            }
            Err(TryLockError::Error(error)) => return Err(Error::io(&path, "cannot be locked", error)),
        }
        let holder = format!("{} {}\n", std::process::id(), now().as_secs());
        // Who holds it only helps those who wait.
        let named =
            file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(holder.as_bytes()));
        if let Err(error) = named {
            tracing::debug!(path = %path.display(), %error, "lock without a name");
        }
        Ok(Self { _file: file })
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// " (process 12, for 5 min)", as far as it is known.
fn holder_text(holder: &str, now: Duration) -> String {
    let mut parts = holder.split_whitespace();
    let Some(process) = parts.next().and_then(|text| text.parse::<u32>().ok()) else {
        return String::new();
    };
    let since = parts.next().and_then(|text| text.parse::<u64>().ok());
    let age = since.map_or_else(String::new, |since| match now.as_secs().saturating_sub(since) {
        seconds @ 0..120 => format!(", for {seconds} s"),
        seconds @ 120..7200 => format!(", for {} min", seconds / 60),
        seconds => format!(", for {} h", seconds / 3600),
    });
    format!(" (process {process}{age})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let held = Lock::take(folder.path()).unwrap();
        let error = Lock::take(folder.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Locked);
        assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
        drop(held);
        Lock::take(folder.path()).unwrap();
    }

    #[test]
    fn ages_for_people() {
        let now = Duration::from_secs(100_000);
        assert_eq!(holder_text("12 99990\n", now), " (process 12, for 10 s)");
        assert_eq!(holder_text("12 99400", now), " (process 12, for 10 min)");
        assert_eq!(holder_text("12 0", now), " (process 12, for 27 h)");
        assert_eq!(holder_text("12", now), " (process 12)");
        assert_eq!(holder_text("", now), "");
        assert_eq!(holder_text("x y", now), "");
    }
}
