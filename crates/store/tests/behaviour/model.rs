//! A store says what a sorted map would say.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use unecho_store::{Column, Found, RunEntry, Serial, Store, Writer};

use crate::{Doc, LIST_MAX, add, contents, doc, schemes, sound};

/// Documents with all kinds of keys: few, so that lists are long, and any.
fn any_doc() -> impl Strategy<Value = Doc> {
    let key = prop_oneof![0_u64..6, 0_u64..1 << 62];
    (
        prop::collection::vec(any::<u8>(), 0..80),
        any::<Column>(),
        prop::collection::btree_map(key.clone(), any::<bool>(), 0..12),
        prop::collection::vec(key, 0..12),
    )
        .prop_map(|(bytes, column, keys, counted)| Doc {
            bytes,
            column,
            keys: keys.into_iter().collect(),
            counted,
        })
}

/// Compares everything the store says of documents before `end` with what it was told.
fn check(store: &Store, docs: &[Doc], end: u64) {
    let mut lists: BTreeMap<u64, BTreeSet<(u64, bool)>> = BTreeMap::new();
    for (number, doc) in (0..end).zip(docs) {
        for &(key, marked) in &doc.keys {
            lists.entry(key).or_default().insert((number, marked));
        }
    }
    let mut keys: BTreeSet<u64> = docs.iter().flat_map(|doc| doc.keys.iter().map(|key| key.0)).collect();
    keys.extend([0, 7, 1 << 61]);
    let keys: Vec<u64> = keys.into_iter().collect();
    let expect: Vec<Found> = keys
        .iter()
        .enumerate()
        .flat_map(|(at, key)| {
            let found = lists.get(key).into_iter().flatten();
            found.map(move |&(number, is_marked)| Found {
                key_at: at as u32,
                document: Serial(number),
                is_marked,
            })
        })
        .collect();
    assert_eq!(store.lists("keys", &keys, LIST_MAX as usize, Serial(end)).unwrap(), expect);
    assert_eq!(store.lists("absent", &keys, 9, Serial(end)).unwrap(), []);
}

/// Compares counts of all documents.
fn check_counts(store: &Store, docs: &[Doc]) {
    let mut counts: BTreeMap<u64, u32> = BTreeMap::from([(3, 0), (1 << 60, 0)]);
    docs.iter().flat_map(|doc| &doc.counted).for_each(|&key| *counts.entry(key).or_default() += 1);
    let (keys, expect): (Vec<u64>, Vec<u32>) = counts.into_iter().unzip();
    assert_eq!(store.counts("counts", &keys, Serial(u64::MAX)).unwrap(), expect);
}

fn check_all(store: &Store, docs: &[Doc]) {
    let expect: Vec<(Vec<u8>, Column)> = docs.iter().map(|doc| (doc.bytes.clone(), doc.column)).collect();
    assert_eq!(contents(store), expect);
    check(store, docs, docs.len() as u64);
    check_counts(store, docs);
    let some: Vec<Serial> = (0..docs.len() as u64).filter(|number| number % 3 == 1).map(Serial).collect();
    let expect: Vec<&Vec<u8>> = some.iter().map(|serial| &docs[serial.0 as usize].bytes).collect();
    assert_eq!(store.documents(&some).unwrap().iter().collect::<Vec<_>>(), expect);
    assert_eq!(store.verify(), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn runs_compaction_and_forgetting(
        runs in prop::collection::vec(prop::collection::vec(any_doc(), 0..20), 1..9),
        segment_max in 1_usize..30,
        forgotten in prop::collection::btree_set(0_u64..60, 0..6),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut docs: Vec<Doc> = Vec::new();
        for (at, run) in runs.iter().enumerate() {
            add(folder.path(), &format!("run {at}"), run, segment_max, sound()).unwrap();
            let before = docs.len() as u64;
            docs.extend(run.iter().cloned());
            let store = Store::open(folder.path()).unwrap();
            check_all(&store, &docs);
            check(&store, &docs, before);
        }
        let writer = Writer::open(folder.path(), &schemes(), sound()).unwrap();
        let changes = forgotten.iter().filter(|&&number| number < docs.len() as u64);
        let changes: BTreeMap<Serial, Option<Vec<u8>>> = changes.map(|&number| (Serial(number), None)).collect();
        let mut uncounted: BTreeMap<Serial, Vec<u64>> = BTreeMap::new();
        for &serial in changes.keys() {
            uncounted.insert(serial, std::mem::take(&mut docs[serial.0 as usize]).counted);
        }
        let uncounted = BTreeMap::from([("counts".to_owned(), uncounted)]);
        writer.change(changes, &uncounted, Some("run 0")).unwrap().commit().unwrap();
        let store = Store::open(folder.path()).unwrap();
        check_all(&store, &docs);
        assert_eq!(store.manifest().runs[0].id, "");
        let writer = Writer::open(folder.path(), &schemes(), sound()).unwrap();
        writer.compact().unwrap().commit().unwrap();
        let store = Store::open(folder.path()).unwrap();
        check_all(&store, &docs);
        assert!(store.manifest().segments.len() <= 2);
    }
}

#[test]
fn lists_of_many_blocks_are_found_and_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let docs: Vec<Doc> = (0..3000).map(doc).collect();
    add(folder.path(), "a", &docs, 3000, sound()).unwrap();
    let store = Store::open(folder.path()).unwrap();
    let keys: Vec<u64> = (0..5).collect();
    let found = store.lists("keys", &keys, 10, Serial(3000)).unwrap();
    assert_eq!(found.len(), 50);
    let third: Vec<u64> = found.iter().filter(|f| f.key_at == 2).map(|f| f.document.0).collect();
    assert_eq!(third, (0..10).map(|n| 2 + 5 * n).collect::<Vec<_>>());
    let all = store.lists("keys", &keys, usize::MAX, Serial(3000)).unwrap();
    assert_eq!(all.len(), 3000, "600 a key, below the bound of the section");
    let every: Vec<u64> = (0..4000).collect();
    assert_eq!(store.lists("keys", &every, usize::MAX, Serial(3000)).unwrap().len(), 6000);
}

#[test]
fn a_run_puts_others_in_the_place_of_earlier_documents() {
    let folder = tempfile::tempdir().unwrap();
    let mut docs: Vec<Doc> = (0..30).map(doc).collect();
    for (at, part) in docs.chunks(6).enumerate() {
        add(folder.path(), &format!("run {at}"), part, 100, sound()).unwrap();
    }
    let mut writer = Writer::open(folder.path(), &schemes(), sound()).unwrap();
    let segment = writer.segment(Serial(30)).unwrap().finish().unwrap();
    let config = unecho_model::Digest::of(b"config");
    let run = RunEntry { id: "b".to_owned(), first: 30, documents: 0, kept: 0, config, changed: vec![2, 29] };
    let changed = BTreeMap::from([(Serial(2), b"two".to_vec()), (Serial(29), b"last".to_vec())]);
    writer.prepare(run, vec![segment], changed).unwrap().commit().unwrap();
    (docs[2].bytes, docs[29].bytes) = (b"two".to_vec(), b"last".to_vec());
    check_all(&Store::open(folder.path()).unwrap(), &docs);
}

#[test]
fn a_run_without_documents_is_a_run() {
    let folder = tempfile::tempdir().unwrap();
    for run in ["a", "b", "c", "c"] {
        add(folder.path(), run, &[], 7, sound()).unwrap();
    }
    add(folder.path(), "d", &[doc(0)], 7, sound()).unwrap();
    let store = Store::open(folder.path()).unwrap();
    let runs: Vec<&str> = store.manifest().runs.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(runs, ["a", "b", "c", "d"]);
    check_all(&store, &[doc(0)]);
}

#[test]
fn a_run_of_the_same_name_takes_the_place_of_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let docs: Vec<Doc> = (0..50).map(doc).collect();
    add(folder.path(), "a", &docs[..20], 7, sound()).unwrap();
    add(folder.path(), "b", &docs[30..], 7, sound()).unwrap();
    add(folder.path(), "b", &docs[20..40], 7, sound()).unwrap();
    let store = Store::open(folder.path()).unwrap();
    check_all(&store, &docs[..40]);
    let runs: Vec<(&str, u64)> =
        store.manifest().runs.iter().map(|run| (run.id.as_str(), run.first)).collect();
    assert_eq!(runs, [("a", 0), ("b", 20)]);
    assert_eq!(store.manifest().segments.len(), 2, "each run joins its own");
}
