//! A writer killed anywhere leaves the store as it was, or as it was to become.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use unecho_disk::{Fault, FaultyFs, Fs};
use unecho_store::{ErrorKind, Store, Writer};

use crate::{Doc, add, contents, doc, schemes, sound};

/// What the system calls an error of the device, and too many open files.
const EIO: i32 = 5;
const EMFILE: i32 = 24;

fn docs() -> Vec<Doc> {
    (0..40).map(doc).collect()
}

/// A store of five runs, so that the next one merges segments.
fn grown(folder: &Path) {
    for (at, part) in docs()[..30].chunks(6).enumerate() {
        add(folder, &format!("run {at}"), part, 100, sound()).unwrap();
    }
}

/// Tries `work` with a fault at every operation until it succeeds; each time the store must be as
/// before or as after, and the same work done again must leave it as after.
fn survives(fault: Fault, work: impl Fn(&Path, Arc<dyn Fs>) -> Result<(), unecho_store::Error>) {
    let reference = tempfile::tempdir().unwrap();
    grown(reference.path());
    let before = contents(&Store::open(reference.path()).unwrap());
    work(reference.path(), sound()).unwrap();
    let after = contents(&Store::open(reference.path()).unwrap());
    let mut points = 0;
    for fails_at in 0.. {
        let folder = tempfile::tempdir().unwrap();
        grown(folder.path());
        let faulty = FaultyFs::new(fails_at, fault);
        let outcome = work(folder.path(), Arc::new(faulty.clone()));
        let store = Store::open(folder.path()).unwrap();
        let found = contents(&store);
        assert_eq!(store.verify(), [], "{fails_at}");
        assert!(found == before || found == after, "{fails_at}");
        assert!(outcome.is_err() || found == after, "{fails_at}");
        if let (Err(error), Fault::Full) = (&outcome, fault) {
            assert_eq!(error.kind(), ErrorKind::NoSpace, "{fails_at}: {error}");
        }
        work(folder.path(), sound()).unwrap();
        assert_eq!(contents(&Store::open(folder.path()).unwrap()), after, "{fails_at}");
        let index = |folder: &Path| fs::read(folder.join("index.json")).unwrap();
        assert_eq!(index(folder.path()), index(reference.path()), "{fails_at}: the same bytes");
        let files = |folder: &Path| fs::read_dir(folder).unwrap().count();
        assert_eq!(files(folder.path()), files(reference.path()), "{fails_at}: nothing is left behind");
        if !faulty.has_struck() {
            break;
        }
        points = fails_at;
    }
    assert!(points > 5, "{points}");
}

#[test]
fn a_run_killed_anywhere_or_cut_off_from_power() {
    for fault in [Fault::Kill, Fault::Crash] {
        survives(fault, |folder, fs| add(folder, "run 5", &docs()[30..], 4, fs));
    }
}

#[test]
fn a_run_on_a_full_disk_and_with_errors() {
    for fault in [Fault::Full, Fault::Error(EIO), Fault::Error(EMFILE), Fault::Short] {
        survives(fault, |folder, fs| add(folder, "run 5", &docs()[30..], 100, fs));
    }
}

#[test]
fn compaction_killed_anywhere() {
    for fault in [Fault::Kill, Fault::Crash, Fault::Full] {
        survives(fault, |folder, fs| Writer::open(folder, &schemes(), fs)?.compact()?.commit());
    }
}
