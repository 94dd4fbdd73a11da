//! What a store refuses.

use std::fs;

use unecho_store::{ErrorKind, Schemes, Writer};

use crate::{add, doc, schemes, sound};

#[test]
fn a_second_writer_waits_and_readers_do_not() {
    let folder = tempfile::tempdir().unwrap();
    add(folder.path(), "a", &[doc(1)], 9, sound()).unwrap();
    let writer = Writer::open(folder.path(), &schemes(), sound()).unwrap();
    let error = Writer::open(folder.path(), &schemes(), sound()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked);
    assert!(error.to_string().contains("process"), "{error}");
    assert_eq!(unecho_store::Store::open(folder.path()).unwrap().manifest().end(), 1);
    drop(writer);
    Writer::open(folder.path(), &schemes(), sound()).unwrap();
}

#[test]
fn other_schemes_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    add(folder.path(), "a", &[doc(1)], 9, sound()).unwrap();
    let index = fs::read(folder.path().join("index.json")).unwrap();
    let other = Schemes::from([("words".to_owned(), "words-v2".to_owned())]);
    assert_eq!(Writer::open(folder.path(), &other, sound()).unwrap_err().kind(), ErrorKind::Unfit);
    assert_eq!(Writer::open(folder.path(), &Schemes::new(), sound()).unwrap_err().kind(), ErrorKind::Unfit);
    assert_eq!(fs::read(folder.path().join("index.json")).unwrap(), index);
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.tex"), "x").unwrap();
    assert_eq!(Writer::open(folder.path(), &schemes(), sound()).unwrap_err().kind(), ErrorKind::NotOurs);
    let file = folder.path().join("thesis.tex");
    assert_eq!(Writer::open(&file, &schemes(), sound()).unwrap_err().kind(), ErrorKind::NotOurs);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no lock file either");
    let absent = folder.path().join("absent");
    assert_eq!(Writer::open_existing(&absent, sound()).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(!absent.exists());
}
