//! A spool finds what an interrupted run finished, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use unecho_disk::{Fault, FaultyFs, Fs, RealFs};
use unecho_model::Digest;
use unecho_store::{Batch, Error, ErrorKind, Packer, Spool};

fn open(folder: &Path) -> Spool {
    Spool::open(folder, Arc::new(RealFs)).unwrap()
}

fn key(number: u8) -> Digest {
    Digest::of(&[number])
}

fn add(spool: &Spool, key: Option<&Digest>, records: &[Vec<u8>], note: &[u8]) -> Result<Batch, Error> {
    let mut packer = Packer::default();
    for record in records {
        let write = |bytes: &mut Vec<u8>| {
            bytes.extend_from_slice(record);
            Ok(())
        };
        packer.push(write).unwrap();
    }
    spool.add(key, packer.finish(note.to_vec()).unwrap())
}

/// Some records: short, empty, and together more than a block.
fn records(seed: u8) -> Vec<Vec<u8>> {
    let long = (0..50_000_u32).map(|at| (at.wrapping_mul(u32::from(seed) + 7) >> 5) as u8).collect();
    vec![vec![seed; 10], Vec::new(), long, vec![seed; 3]]
}

fn read(spool: &Spool, batch: &Batch) -> Result<Vec<Vec<u8>>, Error> {
    let mut all = Vec::new();
    for block in &batch.blocks {
        let records = spool.read(block)?;
        assert_eq!(records.iter().len(), block.records() as usize);
        all.extend(records.iter().map(<[u8]>::to_vec));
    }
    Ok(all)
}

/// The files of a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn what_has_a_key_is_found_by_the_next_run() {
    let home = tempfile::tempdir().unwrap();
    let first = open(home.path());
    let added = add(&first, Some(&key(1)), &records(1), b"note").unwrap();
    add(&first, None, &records(2), b"").unwrap();
    add(&first, Some(&key(3)), &[], b"nothing").unwrap();
    assert_eq!(read(&first, &added).unwrap(), records(1));
    assert_eq!(first.find(&key(1)), None, "only what was there before");
    drop(first);
    let second = open(home.path());
    assert_eq!(second.earlier_len(), 2);
    let found = second.find(&key(1)).unwrap();
    assert_eq!((found.note.as_slice(), read(&second, &found).unwrap()), (&b"note"[..], records(1)));
    assert_eq!(second.find(&key(3)).unwrap(), Batch { blocks: Vec::new(), note: b"nothing".to_vec() });
    assert_eq!(second.find(&key(2)), None);
    let own = add(&second, Some(&key(4)), &records(4), b"").unwrap();
    assert_eq!(read(&second, &own).unwrap(), records(4), "both files are read");
}

#[test]
fn files_of_no_use_go() {
    let home = tempfile::tempdir().unwrap();
    for number in [1, 2] {
        add(&open(home.path()), Some(&key(number)), &records(number), b"").unwrap();
    }
    let mut third = open(home.path());
    let found = third.find(&key(2)).unwrap();
    add(&third, Some(&key(3)), &records(3), b"").unwrap();
    third.remove_unused([&found]).unwrap();
    assert_eq!(files(home.path()).len(), 2);
    assert_eq!(read(&third, &found).unwrap(), records(2));
}

#[test]
fn a_temporary_one_leaves_nothing() {
    let spool = Spool::temporary(Arc::new(RealFs)).unwrap();
    let added = add(&spool, None, &records(1), b"").unwrap();
    assert_eq!(read(&spool, &added).unwrap(), records(1));
}

#[test]
fn a_torn_end_is_passed_over() {
    let home = tempfile::tempdir().unwrap();
    let spool = open(home.path());
    add(&spool, Some(&key(1)), &[b"one".to_vec()], b"n").unwrap();
    let path = files(home.path()).remove(0);
    let whole = fs::metadata(&path).unwrap().len() as usize;
    add(&spool, Some(&key(2)), &[b"two".to_vec()], b"").unwrap();
    drop(spool);
    let bytes = fs::read(&path).unwrap();
    for len in whole..bytes.len() {
        fs::write(&path, &bytes[..len]).unwrap();
        let spool = open(home.path());
        assert!(spool.find(&key(1)).is_some() && spool.find(&key(2)).is_none(), "{len}");
        // What a file system may leave where nothing arrived.
        fs::write(&path, [&bytes[..len], &vec![0; bytes.len() - len][..]].concat()).unwrap();
        let spool = open(home.path());
        assert!(spool.find(&key(1)).is_some(), "{len}");
        let other = spool.find(&key(2)).and_then(|found| read(&spool, &found).ok());
        assert!(other.is_none_or(|records| records == [b"two".to_vec()]), "{len}");
    }
}

#[test]
fn no_flipped_byte_is_believed() {
    let home = tempfile::tempdir().unwrap();
    let spool = open(home.path());
    for number in [1, 2] {
        add(&spool, Some(&key(number)), &[vec![number; 5], b"x".to_vec()], &[number]).unwrap();
    }
    drop(spool);
    let path = files(home.path()).remove(0);
    let bytes = fs::read(&path).unwrap();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(&path, &flipped).unwrap();
        let spool = open(home.path());
        for number in [1, 2] {
            if let Some(found) = spool.find(&key(number)) {
                assert_eq!(found.note, [number], "{at}");
                let records = read(&spool, &found);
                assert!(records.is_err() || records.unwrap() == [vec![number; 5], b"x".to_vec()], "{at}");
            }
        }
    }
    let spool = open(home.path());
    let found = spool.find(&key(1)).unwrap();
    let mut flipped = bytes;
    let last = flipped.len() / 2 - 1;
    flipped[last] ^= 1;
    fs::write(&path, &flipped).unwrap();
    assert!(read(&spool, &found).is_err(), "what is damaged after it was found is told");
}

#[test]
fn what_fails_to_be_written_is_told_and_leaves_the_rest() {
    for fault in [Fault::Error(5), Fault::Full, Fault::Short, Fault::Kill] {
        for at in 1..12 {
            let home = tempfile::tempdir().unwrap();
            let disk = FaultyFs::new(at, fault);
            let Ok(spool) = Spool::open(home.path(), Arc::new(disk.clone()) as Arc<dyn Fs>) else { continue };
            let added: Vec<u8> = (1..=6)
                .take_while(|&number| add(&spool, Some(&key(number)), &records(number), b"").is_ok())
                .collect();
            drop(spool);
            let spool = open(home.path());
            for number in added {
                let found = spool.find(&key(number)).unwrap();
                assert_eq!(read(&spool, &found).unwrap(), records(number), "{fault:?} at {at}");
            }
        }
    }
}

#[test]
fn whoever_comes_after_a_write_that_failed_fails_for_the_same_reason() {
    // Any of several threads may be the one whose error ends the run.
    let home = tempfile::tempdir().unwrap();
    let reached = (1..40).filter(|&at| {
        let disk: Arc<dyn Fs> = Arc::new(FaultyFs::new(at, Fault::Full));
        let Ok(spool) = Spool::open(&home.path().join(at.to_string()), disk) else { return false };
        let outcomes: Vec<Result<Batch, Error>> =
            (1..=4).map(|number| add(&spool, None, &records(number), b"")).collect();
        let errors: Vec<ErrorKind> =
            outcomes.iter().filter_map(|outcome| Some(outcome.as_ref().err()?.kind())).collect();
        assert!(errors.iter().all(|&kind| kind == ErrorKind::NoSpace), "at {at}: {errors:?}");
        errors.len() > 1
    });
    assert!(reached.count() > 0);
}

proptest! {
    #[test]
    fn records_come_back(
        batches in prop::collection::vec(
            prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9_000), 0..12), 0..6,
        ),
    ) {
        let home = tempfile::tempdir().unwrap();
        let spool = open(home.path());
        for (number, records) in (0..).zip(&batches) {
            let added = add(&spool, Some(&key(number)), records, &[number]).unwrap();
            prop_assert_eq!(&read(&spool, &added).unwrap(), records);
        }
        let again = open(home.path());
        for (number, records) in (0..).zip(&batches) {
            prop_assert_eq!(&read(&again, &again.find(&key(number)).unwrap()).unwrap(), records);
        }
    }
}
