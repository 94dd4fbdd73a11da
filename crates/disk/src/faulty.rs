//! A file system on which the n-th operation fails.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::fault::NO_SPACE;
use crate::journal::Journal;
use crate::{Fault, FaultPlan, Fs, FsFile, RealFs};

/// A file system on which one operation, counted from 0, goes wrong: making, writing, syncing,
/// renaming, removing. Clones count together.
#[derive(Debug, Clone)]
pub struct FaultyFs {
    plan: Arc<FaultPlan>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    /// Operations so far.
    operations: u64,
    /// Kept for [`Fault::Crash`] only.
    journal: Option<Journal>,
    log: Option<File>,
}

/// What becomes of an operation.
enum Verdict {
    GoesWell,
    TakesHalf,
}

impl FaultyFs {
    /// A file system on which `fault` strikes at the operation number `at`.
    ///
    /// # Panics
    /// When there is no place for temporary files.
    #[must_use]
    pub fn new(at: u64, fault: Fault) -> Self {
        Self::of(FaultPlan { at, fault, log: None })
    }

    /// A file system on which all goes well, but that does not wait for a device: for tests.
    #[must_use]
    pub fn hasty() -> Self {
        Self::new(u64::MAX, Fault::Short)
    }

    fn of(plan: FaultPlan) -> Self {
        let journal = (plan.fault == Fault::Crash).then(Journal::new);
        let log = plan.log.as_ref().map(|path| {
            let open = File::options().create(true).append(true).open(path);
            open.expect("a test that asks for a log says where it can stand")
        });
        let state = State { operations: 0, journal, log };
        Self { plan: Arc::new(plan), state: Arc::new(Mutex::new(state)) }
    }

    /// The one of this process: whoever asks counts together with all others.
    #[cfg(debug_assertions)]
    pub(crate) fn shared(plan: FaultPlan) -> Self {
        static SHARED: std::sync::OnceLock<FaultyFs> = std::sync::OnceLock::new();
        SHARED.get_or_init(|| Self::of(plan)).clone()
    }

    /// Whether it came to the fault.
    #[must_use]
    pub fn has_struck(&self) -> bool {
        self.state().operations > self.plan.at
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an operation and says what becomes of it; holds all others back while it is done.
    fn step(&self, operation: Operation) -> io::Result<(MutexGuard<'_, State>, Verdict)> {
        let mut state = self.state();
        let number = state.operations;
        state.operations += 1;
        if let Some(log) = &mut state.log {
            writeln!(log, "{}", operation.name())?;
        }
        if number < self.plan.at {
            return Ok((state, Verdict::GoesWell));
        }
        let strikes_now = number == self.plan.at;
        match self.plan.fault {
            Fault::Error(code) if strikes_now => Err(io::Error::from_raw_os_error(code)),
            Fault::Full if operation.needs_space() => Err(io::Error::from_raw_os_error(NO_SPACE)),
            Fault::Short if strikes_now => Ok((state, Verdict::TakesHalf)),
            Fault::Abort => std::process::abort(),
            Fault::Kill => Err(io::Error::other("killed")),
            Fault::Crash => {
                if let Some(journal) = state.journal.take() {
                    journal.lose()?;
                }
                Err(io::Error::other("killed"))
            }
            Fault::Error(_) | Fault::Full | Fault::Short => Ok((state, Verdict::GoesWell)),
        }
    }
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    CreateFolder,
    Create,
    Write,
    Sync,
    Rename,
    SyncFolder,
    Remove,
    RemoveFolder,
}

impl Operation {
    const fn name(self) -> &'static str {
        match self {
            Self::CreateFolder => "create-folder",
            Self::Create => "create",
            Self::Write => "write",
            Self::Sync => "sync",
            Self::Rename => "rename",
            Self::SyncFolder => "sync-folder",
            Self::Remove => "remove",
            Self::RemoveFolder => "remove-folder",
        }
    }

    const fn needs_space(self) -> bool {
        matches!(self, Self::CreateFolder | Self::Create | Self::Write)
    }
}

struct FaultyFile {
    disk: FaultyFs,
    path: PathBuf,
    file: Box<dyn FsFile>,
}

impl Write for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (_state, verdict) = self.disk.step(Operation::Write)?;
        match verdict {
            Verdict::TakesHalf => self.file.write(&bytes[..bytes.len().div_ceil(2)]),
            Verdict::GoesWell => self.file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl FsFile for FaultyFile {
    fn sync(&mut self) -> io::Result<()> {
        let (mut state, _) = self.disk.step(Operation::Sync)?;
        // The device of a test is as good as any: only the journal knows what would be lost.
        match &mut state.journal {
            Some(journal) => journal.synced(&self.path),
            None => Ok(()),
        }
    }
}

impl Fs for FaultyFs {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        let _held = self.step(Operation::CreateFolder)?;
        RealFs.create_folder(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn FsFile>> {
        let (mut state, _) = self.step(Operation::Create)?;
        if let Some(journal) = &mut state.journal {
            journal.creates(path)?;
        }
        let file = RealFs.create(path)?;
        Ok(Box::new(FaultyFile { disk: self.clone(), path: path.to_owned(), file }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let (mut state, _) = self.step(Operation::Rename)?;
        if let Some(journal) = &mut state.journal {
            journal.renames(from, to)?;
        }
        RealFs.rename(from, to)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let (mut state, _) = self.step(Operation::SyncFolder)?;
        if let Some(journal) = &mut state.journal {
            journal.synced_folder(path);
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let (mut state, _) = self.step(Operation::Remove)?;
        match &mut state.journal {
            Some(journal) => journal.buries(path),
            None => RealFs.remove(path),
        }
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        let (mut state, _) = self.step(Operation::RemoveFolder)?;
        match &mut state.journal {
            Some(_) if !path.exists() => Ok(()),
            Some(journal) => journal.buries(path),
            None => RealFs.remove_folder(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::write_whole;

    /// Writes a file beside its name and puts it in place.
    fn replace(disk: &dyn Fs, folder: &Path, text: &str) -> io::Result<()> {
        write_whole(disk, &folder.join("new"), text.as_bytes())?;
        disk.rename(&folder.join("new"), &folder.join("file"))?;
        disk.sync_folder(folder)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_was_not_synced_is_lost_and_what_was_stays() {
        // Operations of `replace`: create, write, sync, rename, sync of the folder.
        for at in 0..=6 {
            let home = tempfile::tempdir().unwrap();
            replace(&RealFs, home.path(), "old").unwrap();
            let disk = FaultyFs::new(at, Fault::Crash);
            let done = replace(&disk, home.path(), "new!");
            let after = disk.remove(&home.path().join("file"));
            assert_eq!((done.is_ok(), after.is_ok()), (at >= 5, at >= 6), "{at}");
            let expect = if at >= 5 { "new!" } else { "old" };
            if at < 6 {
                assert_eq!(fs::read_to_string(home.path().join("file")).unwrap(), expect, "{at}");
                assert_eq!(names(home.path()), ["file"], "{at}: a new name is gone");
            }
        }
    }

    #[test]
    fn bytes_that_were_not_synced_are_cut_though_the_name_is_there() {
        let home = tempfile::tempdir().unwrap();
        let disk = FaultyFs::new(4, Fault::Crash);
        let path = home.path().join("file");
        let mut file = disk.create(&path).unwrap();
        file.write_all(b"12345678").unwrap();
        disk.rename(&path, &home.path().join("named")).unwrap();
        disk.sync_folder(home.path()).unwrap();
        assert!(file.write_all(b"9").is_err());
        assert_eq!(fs::read(home.path().join("named")).unwrap(), b"1234");
    }

    #[test]
    fn folders_go_and_come_back_with_what_is_in_them() {
        let home = tempfile::tempdir().unwrap();
        let (a, b) = (home.path().join("a"), home.path().join("b"));
        RealFs.create_folder(&a).unwrap();
        fs::write(a.join("old"), "old").unwrap();
        let disk = FaultyFs::new(4, Fault::Crash);
        write_whole(&disk, &a.join("new"), b"new").unwrap();
        disk.rename(&a, &b).unwrap();
        assert!(disk.remove_folder(&b).is_err());
        assert_eq!(names(home.path()), ["a"]);
        assert_eq!(names(&a), ["old"], "the folder was never synced");
    }

    #[test]
    fn other_faults_strike_once_or_from_then_on() {
        let home = tempfile::tempdir().unwrap();
        let disk = FaultyFs::new(1, Fault::Error(5));
        let codes = [(); 3].map(|()| replace(&disk, home.path(), "x").err().and_then(|e| e.raw_os_error()));
        assert_eq!(codes, [Some(5), None, None]);
        let disk = FaultyFs::new(1, Fault::Full);
        let kinds = [(); 2].map(|()| replace(&disk, home.path(), "y").map_err(|e| e.kind()));
        assert_eq!(kinds, [Err(io::ErrorKind::StorageFull); 2]);
        disk.remove(&home.path().join("file")).unwrap();
        let disk = FaultyFs::new(1, Fault::Short);
        replace(&disk, home.path(), "whole").unwrap();
        assert_eq!(fs::read_to_string(home.path().join("file")).unwrap(), "whole");
        assert!(disk.has_struck());
    }
}
