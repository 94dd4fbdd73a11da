//! Merging beside a run changes when it is done, and nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use unecho_disk::{Fault, FaultyFs};
use unecho_store::{ErrorKind, Writer};

use crate::{Doc, add, add_by, doc, schemes, sound};

/// Files and their bytes, but for the lock, which says who held it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = entries.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path));
    named.filter(|(name, _)| name != "LOCK").map(|(name, path)| (name, fs::read(path).unwrap())).collect()
}

fn runs() -> Vec<(String, Vec<Doc>)> {
    let docs: Vec<Doc> = (0..90).map(doc).collect();
    docs.chunks(4).enumerate().map(|(at, docs)| (format!("run {at}"), docs.to_vec())).collect()
}

/// A store that the next run finds with segments to be merged.
fn grown(folder: &Path) {
    runs()[..4].iter().for_each(|(run, docs)| add(folder, run, docs, 100, sound()).unwrap());
}

#[test]
fn the_bytes_are_those_of_merging_at_the_end() {
    let (beside, at_the_end) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (run, docs) in runs() {
        add(beside.path(), &run, &docs, 3, sound()).unwrap();
        add_by(at_the_end.path(), &run, &docs, 3, |folder| Writer::open(folder, &schemes(), sound()))
            .unwrap();
        assert!(files(beside.path()) == files(at_the_end.path()), "{run}");
        // The last run again: it takes its own place, and nothing that was merged for the next one is wanted.
        add(beside.path(), &run, &docs, 3, sound()).unwrap();
        assert!(files(beside.path()) == files(at_the_end.path()), "{run} again");
    }
    assert!(files(beside.path()).len() < 8, "they were merged");
}

#[test]
fn a_writer_that_adds_nothing_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    grown(folder.path());
    let before = files(folder.path());
    for waits in [false, true] {
        let mut writer = Writer::open(folder.path(), &schemes(), sound()).unwrap();
        writer.begin_merging();
        // Names alone: a file may be renamed between being listed and being read.
        let is_merged = || {
            let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
            names
                .filter_map(|name| name.into_string().ok())
                .any(|name| name != "LOCK" && !before.contains_key(&name) && !name.contains("tmp"))
        };
        while waits && !is_merged() {
            std::thread::yield_now();
        }
        writer.ensure_merging().unwrap();
        drop(writer);
        assert!(files(folder.path()) == before, "{waits}");
    }
}

#[test]
fn what_goes_wrong_beside_a_run_is_known_before_its_end() {
    let folder = tempfile::tempdir().unwrap();
    grown(folder.path());
    let before = files(folder.path());
    // Making the folder is the first operation; the second one is that of the merge.
    let full = Arc::new(FaultyFs::new(1, Fault::Full));
    let mut writer = Writer::open(folder.path(), &schemes(), full).unwrap();
    writer.begin_merging();
    let error = loop {
        if let Err(error) = writer.ensure_merging() {
            break error;
        }
        std::thread::yield_now();
    };
    assert_eq!(error.kind(), ErrorKind::NoSpace);
    drop(writer);
    assert!(files(folder.path()) == before);
}
