//! The few things that are done to files, small enough that a test can make each of them fail.
//!
//! Whoever writes what must survive (an index, an output, the documents of a run) does it through
//! [`Fs`]: the real file system, or one that fails at the n-th operation, dies there, or loses what
//! was not synced. Reading is not part of it: what is read is checked anyway. Nor are locks, which
//! the kernel gives back. It knows nothing of what files hold.

mod fault;
mod faulty;
mod journal;
mod real;

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

pub use fault::{Fault, FaultPlan};
pub use faulty::FaultyFs;
pub use real::RealFs;

/// A file being written.
pub trait FsFile: Write + Send {
    /// Returns when the bytes are on the device.
    ///
    /// # Errors
    /// When the device refuses; what was written must then be held for lost.
    fn sync(&mut self) -> io::Result<()>;
}

/// What is done to a file system.
pub trait Fs: fmt::Debug + Send + Sync {
    /// Makes a folder and those above it, unless they are there. When it returns, the names of new ones
    /// are on the device.
    ///
    /// # Errors
    /// What the system says; so for all others.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// Makes a file, or empties it.
    ///
    /// # Errors
    /// What the system says.
    fn create(&self, path: &Path) -> io::Result<Box<dyn FsFile>>;
    /// Gives a file another name, in place of the file that had it; or a folder a name that none has.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Returns when the names in a folder are on the device.
    ///
    /// # Errors
    /// What the system says.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// Removes a file.
    ///
    /// # Errors
    /// What the system says.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Removes a folder and all below it, if it is there.
    ///
    /// # Errors
    /// What the system says.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
}

/// Writes a file whole and syncs it; its name is on the device when its folder was synced.
///
/// # Errors
/// What the system says.
pub fn write_whole(disk: &dyn Fs, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = disk.create(path)?;
    file.write_all(bytes)?;
    file.sync()
}

/// The file system of this machine. In builds for tests, the one that [`FaultPlan::from_env`] describes.
///
/// # Panics
/// In builds for tests, when the plan cannot be understood.
#[must_use]
pub fn this_machine() -> Arc<dyn Fs> {
    #[cfg(debug_assertions)]
    if let Some(plan) = FaultPlan::from_env().expect("a test that asks for a fault asks for one there is") {
        return Arc::new(FaultyFs::shared(plan));
    }
    Arc::new(RealFs)
}
