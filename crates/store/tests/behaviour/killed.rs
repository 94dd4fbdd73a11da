//! A writer killed anywhere leaves the store as it was, or as it was to become.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use unecho_store::{ErrorKind, Fs, FsFile, RealFs, Store, Writer};

use crate::{Doc, add, contents, doc, real, schemes};

/// A file system on which the operation number `fails_at` fails, and what comes after it: `Kill` never
/// answers again, and what was written and not synced is half lost; `Error` fails once.
#[derive(Debug, Clone)]
struct Faulty {
    left: Arc<AtomicU64>,
    fault: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Kill,
    Error(io::ErrorKind),
}

impl Faulty {
    fn new(after: u64, fault: Fault) -> Self {
        Self { left: Arc::new(AtomicU64::new(after)), fault }
    }

    fn step(&self) -> io::Result<()> {
        let left = self.left.load(Ordering::SeqCst);
        match (left, self.fault) {
            (0, Fault::Kill) => return Err(io::Error::other("killed")),
            (0, Fault::Error(kind)) => {
                self.left.store(u64::MAX, Ordering::SeqCst);
                return Err(kind.into());
            }
            _ => self.left.store(left - 1, Ordering::SeqCst),
        }
        Ok(())
    }

    fn has_failed(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0 || self.left.load(Ordering::SeqCst) > u64::MAX / 2
    }
}

struct FaultyFile {
    faulty: Faulty,
    path: PathBuf,
    file: File,
    is_synced: bool,
}

impl Write for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.faulty.step()?;
        self.is_synced = false;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl FsFile for FaultyFile {
    fn sync(&mut self) -> io::Result<()> {
        self.faulty.step()?;
        self.is_synced = true;
        Ok(())
    }
}

impl Drop for FaultyFile {
    fn drop(&mut self) {
        if !self.is_synced && self.faulty.fault == Fault::Kill && self.path.exists() {
            let len = self.file.metadata().unwrap().len();
            self.file.set_len(len / 2).unwrap();
        }
    }
}

impl Fs for Faulty {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        RealFs.create_folder(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn FsFile>> {
        self.step()?;
        let file = File::create(path)?;
        Ok(Box::new(FaultyFile { faulty: self.clone(), path: path.to_owned(), file, is_synced: true }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        RealFs.rename(from, to)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        RealFs.sync_folder(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        RealFs.remove(path)
    }
}

fn docs() -> Vec<Doc> {
    (0..40).map(doc).collect()
}

/// A store of five runs, so that the next one merges segments.
fn grown(folder: &Path) {
    for (at, part) in docs()[..30].chunks(6).enumerate() {
        add(folder, &format!("run {at}"), part, 100, real()).unwrap();
    }
}

/// Tries `work` with a fault at every operation until it succeeds; each time the store must be as
/// before or as after, and the same work done again must leave it as after.
fn survives(fault: Fault, work: impl Fn(&Path, Arc<dyn Fs>) -> Result<(), unecho_store::Error>) {
    let reference = tempfile::tempdir().unwrap();
    grown(reference.path());
    let before = contents(&Store::open(reference.path()).unwrap());
    work(reference.path(), real()).unwrap();
    let after = contents(&Store::open(reference.path()).unwrap());
    let mut points = 0;
    for fails_at in 0.. {
        let folder = tempfile::tempdir().unwrap();
        grown(folder.path());
        let faulty = Faulty::new(fails_at, fault);
        let outcome = work(folder.path(), Arc::new(faulty.clone()));
        let store = Store::open(folder.path()).unwrap();
        let found = contents(&store);
        assert_eq!(store.verify(), [], "{fails_at}");
        assert!(found == before || found == after, "{fails_at}");
        assert!(outcome.is_err() || found == after, "{fails_at}");
        if let (Err(error), Fault::Error(io::ErrorKind::StorageFull)) = (&outcome, fault) {
            assert_eq!(error.kind(), ErrorKind::NoSpace, "{fails_at}: {error}");
        }
        work(folder.path(), real()).unwrap();
        assert_eq!(contents(&Store::open(folder.path()).unwrap()), after, "{fails_at}");
        let index = |folder: &Path| fs::read(folder.join("index.json")).unwrap();
        assert_eq!(index(folder.path()), index(reference.path()), "{fails_at}: the same bytes");
        let files = |folder: &Path| fs::read_dir(folder).unwrap().count();
        assert_eq!(files(folder.path()), files(reference.path()), "{fails_at}: nothing is left behind");
        if !faulty.has_failed() {
            break;
        }
        points = fails_at;
    }
    assert!(points > 5, "{points}");
}

#[test]
fn a_run_killed_anywhere() {
    survives(Fault::Kill, |folder, fs| add(folder, "run 5", &docs()[30..], 4, fs));
}

#[test]
fn a_run_on_a_full_disk_and_with_errors() {
    for kind in [io::ErrorKind::StorageFull, io::ErrorKind::PermissionDenied] {
        survives(Fault::Error(kind), |folder, fs| add(folder, "run 5", &docs()[30..], 100, fs));
    }
}

#[test]
fn compaction_killed_anywhere() {
    survives(Fault::Kill, |folder, fs| Writer::open(folder, &schemes(), fs)?.compact()?.commit());
}
