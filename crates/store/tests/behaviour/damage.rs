//! Nothing damaged is believed.

use std::fs;
use std::path::Path;

use unecho_store::{ErrorKind, Serial, Store};

use crate::{Doc, add, contents, doc, sound};

/// What a reader gets who asks for everything, without asking for a check.
fn read_all(folder: &Path) -> Result<(), unecho_store::Error> {
    let store = Store::open(folder)?;
    store.each_document(|_, _| Ok::<(), unecho_store::Error>(()))?;
    store.columns(Serial(u64::MAX))?;
    let keys: Vec<u64> = (0..200).collect();
    store.lists("keys", &keys, usize::MAX, Serial(u64::MAX))?;
    store.counts("counts", &keys, Serial(u64::MAX)).map(drop)
}

#[test]
fn each_flipped_byte_is_found_by_verify_and_by_readers() {
    let folder = tempfile::tempdir().unwrap();
    let docs: Vec<Doc> = (0..12).map(doc).collect();
    add(folder.path(), "a", &docs[..8], 100, sound()).unwrap();
    add(folder.path(), "b", &docs[8..], 100, sound()).unwrap();
    let before = contents(&Store::open(folder.path()).unwrap());
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    for path in files.iter().filter(|path| !path.ends_with("LOCK")) {
        let good = fs::read(path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            fs::write(path, &bad).unwrap();
            let problems = Store::open(folder.path()).map(|store| store.verify());
            match problems {
                Ok(problems) => assert_ne!(problems, [], "{} {at}", path.display()),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Damaged, "{} {at}", path.display()),
            }
            let error = read_all(folder.path()).expect_err("a reader looks at what it reads");
            assert_eq!(error.kind(), ErrorKind::Damaged, "{} {at}: {error}", path.display());
        }
        for len in [0, 1, good.len() / 2, good.len() - 1] {
            fs::write(path, &good[..len]).unwrap();
            assert_eq!(Store::open(folder.path()).unwrap_err().kind(), ErrorKind::Damaged);
        }
        fs::write(path, &good).unwrap();
    }
    assert_eq!(contents(&Store::open(folder.path()).unwrap()), before);
}

#[test]
fn an_absent_segment_is_damage_and_an_absent_store_is_not() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Store::open(folder.path()).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(Store::open(&folder.path().join("x")).unwrap_err().kind(), ErrorKind::NotFound);
    add(folder.path(), "a", &[doc(1)], 100, sound()).unwrap();
    let store = Store::open(folder.path()).unwrap();
    fs::remove_file(folder.path().join(&store.manifest().segments[0].file)).unwrap();
    assert_eq!(Store::open(folder.path()).unwrap_err().kind(), ErrorKind::Damaged);
}
