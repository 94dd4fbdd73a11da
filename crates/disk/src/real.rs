//! The file system of this machine.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::{Fs, FsFile};

/// The file system of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealFs;

impl FsFile for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

impl Fs for RealFs {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        match fs::create_dir(path) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => return Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let above = path.parent().filter(|above| !above.as_os_str().is_empty()).ok_or(error)?;
                self.create_folder(above)?;
                match fs::create_dir(path) {
                    Err(error) if error.kind() != ErrorKind::AlreadyExists || !path.is_dir() => {
                        return Err(error);
                    }
                    _ => {}
                }
            }
            Err(error) => return Err(error),
        }
        match path.parent() {
            Some(above) if above.as_os_str().is_empty() => self.sync_folder(Path::new(".")),
            Some(above) => self.sync_folder(above),
            None => Ok(()),
        }
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn FsFile>> {
        Ok(Box::new(File::create(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        // Elsewhere a folder cannot be opened as a file, and names are the system's own care.
        if !cfg!(unix) {
            return Ok(());
        }
        match File::open(path) {
            Ok(folder) => folder.sync_all(),
            // A folder in which one may write and not look: its names cannot be waited for.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_made_once_and_with_those_above() {
        let home = tempfile::tempdir().unwrap();
        let deep = home.path().join("a/b/c");
        RealFs.create_folder(&deep).unwrap();
        RealFs.create_folder(&deep).unwrap();
        assert!(deep.is_dir());
        fs::write(home.path().join("file"), "x").unwrap();
        assert!(RealFs.create_folder(&home.path().join("file")).is_err());
        assert!(RealFs.create_folder(&home.path().join("file/below")).is_err());
        assert!(RealFs.create_folder(Path::new("")).is_err());
        RealFs.remove_folder(&home.path().join("a")).unwrap();
        RealFs.remove_folder(&home.path().join("a")).unwrap();
        assert!(!home.path().join("a").exists());
    }
}
