//! An output folder from the first byte to the last: what is published, what is refused, what is
//! found when it is damaged.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use unecho_disk::RealFs;
use unecho_model::record::{DocumentRecord, KeptRecord};
use unecho_model::summary::DocumentCounts;
use unecho_model::{Digest, Span};
use unecho_write::{Depth, Error, ErrorKind, Finished, Format, Manifest, RecordKind, Rows, Shards, Staging};

fn manifest(kept: u64) -> Manifest {
    Manifest::new(json!({}), Vec::new(), DocumentCounts { read: kept, kept, ..DocumentCounts::default() })
}

/// A record whose optional fields are there in some rows only.
fn kept(at: usize) -> KeptRecord {
    let document = DocumentRecord {
        id: format!("doc-{at}").parse().unwrap(),
        text: "x".repeat(100),
        title: at.is_multiple_of(3).then(|| format!("Title {at}")),
        url: None,
        source: None,
        date: None,
        lang: None,
        script: None,
        charset: None,
        extraction_confidence: None,
        attributions: Vec::new(),
        flags: Vec::new(),
        unmatched: vec![Span::new(0, 3); at % 3],
        digest: Some(Digest::of(&at.to_le_bytes())),
        path: "feed.jsonl".to_owned(),
        line: Some(at as u64 + 1),
        metadata: json!({ "row": at, "mixed": [at, "text", null, 0.1] }).as_object().unwrap().clone(),
    };
    KeptRecord { document, copies: Vec::new(), possible_copies: Vec::new() }
}

fn begin(target: &Path) -> Result<Staging, Error> {
    Staging::begin(target, Arc::new(RealFs))
}

fn publish(target: &Path, rows: usize, shards: Shards) {
    let mut staging = begin(target).unwrap();
    let records = Rows::new(std::iter::repeat_n(130, rows), shards, |range, sink| {
        range.for_each(|at| sink.push(&kept(at)));
        Ok::<_, Error>(())
    });
    staging.write_rows(RecordKind::Kept, &records, shards).unwrap();
    staging.write_file("summary.json", b"{}\n").unwrap();
    staging.publish(manifest(rows as u64)).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn rows_come_back_in_order_whatever_the_shards_and_the_format() {
    let home = tempfile::tempdir().unwrap();
    let mut digests = BTreeSet::new();
    for format in Format::ALL {
        for (rows, bytes_min) in [(0, 1), (1, 1), (2000, u64::MAX), (2000, 100_000)] {
            let target = home.path().join(format!("out-{format}-{rows}-{bytes_min}"));
            publish(&target, rows, Shards { bytes_min, format, ..Shards::default() });
            let finished = Finished::open(&target).unwrap();
            let read: Vec<KeptRecord> = finished.records("data/").map(Result::unwrap).collect();
            assert_eq!(read, (0..rows).map(kept).collect::<Vec<_>>());
            let files = &finished.manifest().files;
            let shards = files.iter().filter(|file| file.rows.is_some()).count();
            let described = |name: &str| files.iter().any(|file| file.path == name);
            assert!(described("README.md") && described("croissant.json") && described("summary.json"));
            assert_eq!(shards > 1, bytes_min == 100_000);
            let expected: Vec<String> =
                (0..shards).map(|at| format!("train-{at:05}-of-{shards:05}.{format}")).collect();
            assert_eq!(names(&target.join("data")), expected, "shards are named by place and count");
            assert_eq!(finished.verify(Depth::Records).unwrap(), []);
            if shards == 1 {
                digests.insert((rows, files.iter().find_map(|file| file.rows_digest)));
            }
        }
    }
    assert_eq!(digests.len(), 3, "the digest of the records does not depend on the format");
}

#[test]
fn bytes_do_not_depend_on_threads() {
    let home = tempfile::tempdir().unwrap();
    let run = |threads: usize, format: Format| {
        let target = home.path().join(format!("{threads}-{format}"));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let shards = Shards { bytes_min: 100_000, format, ..Shards::default() };
        pool.install(|| publish(&target, 3000, shards));
        fs::read(target.join("manifest.json")).unwrap()
    };
    for format in Format::ALL {
        assert_eq!(run(1, format), run(2, format));
        assert_eq!(run(1, format), run(7, format));
    }
}

#[test]
fn what_is_not_ours_is_never_touched() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("out");
    fs::create_dir(&target).unwrap();
    fs::write(target.join("thesis.txt"), "years of work").unwrap();
    assert_eq!(begin(&target).unwrap_err().kind(), ErrorKind::NotOurs);
    let file = home.path().join("file");
    fs::write(&file, "x").unwrap();
    assert_eq!(begin(&file).unwrap_err().kind(), ErrorKind::NotOurs);
    assert_eq!(begin(Path::new("/")).unwrap_err().kind(), ErrorKind::NotOurs);

    let ours = home.path().join("ours");
    publish(&ours, 1, Shards::default());
    fs::write(ours.join("notes.txt"), "mine").unwrap();
    let error = begin(&ours).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotOurs);
    assert!(error.to_string().contains("notes.txt"), "{error}");

    assert_eq!(fs::read_to_string(target.join("thesis.txt")).unwrap(), "years of work");
    assert_eq!(names(home.path()), ["file", "ours", "out"], "nothing is left beside the targets");
}

#[test]
fn an_empty_folder_and_an_earlier_output_are_replaced() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("deep/out");
    fs::create_dir_all(&target).unwrap();
    publish(&target, 3, Shards::default());
    publish(&target, 5, Shards::default());
    assert_eq!(Finished::open(&target).unwrap().records::<KeptRecord>("data/").count(), 5);
    assert_eq!(names(&home.path().join("deep")), ["out"]);
}

#[test]
fn a_run_that_ends_early_leaves_the_earlier_output() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("out");
    publish(&target, 3, Shards::default());
    let mut staging = begin(&target).unwrap();
    staging.write_file("summary.json", b"other").unwrap();
    drop(staging);
    assert_eq!(Finished::open(&target).unwrap().verify(Depth::Bytes).unwrap(), []);
    assert_eq!(names(home.path()), ["out"]);
}

#[test]
fn leftovers_of_a_killed_run_are_cleared() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(".out.unecho-staging")).unwrap();
    fs::write(home.path().join(".out.unecho-staging/half"), "x").unwrap();
    fs::write(home.path().join(".out.unecho-lock"), "999999").unwrap();
    publish(&home.path().join("out"), 1, Shards::default());
    assert_eq!(names(home.path()), ["out"]);
}

#[test]
fn one_writer_at_a_time() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("out");
    let first = begin(&target).unwrap();
    let error = begin(&target).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked);
    assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
    drop(first);
    drop(begin(&target).unwrap());
}

#[test]
fn every_flipped_byte_is_found() {
    for format in Format::ALL {
        check_flipped_bytes(Shards { format, ..Shards::default() });
    }
}

fn check_flipped_bytes(shards: Shards) {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("out");
    publish(&target, 4, shards);
    let data = format!("data/train-00000-of-00001.{}", shards.format);
    let files = ["manifest.json", "_SUCCESS", "summary.json", "README.md", &data];
    for file in files.map(|name| target.join(name)) {
        let good = fs::read(&file).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&file, &bad).unwrap();
            let found = Finished::open(&target).map(|finished| finished.verify(Depth::Bytes).unwrap());
            assert!(found.is_err() || !found.unwrap().is_empty(), "{} byte {at}", file.display());
        }
        fs::write(&file, &good).unwrap();
    }
    assert_eq!(Finished::open(&target).unwrap().verify(Depth::Bytes).unwrap(), []);
}

#[test]
fn missing_and_foreign_files_are_found() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("out");
    publish(&target, 4, Shards::default());
    fs::remove_file(target.join("summary.json")).unwrap();
    fs::write(target.join("data/extra"), "").unwrap();
    let problems = Finished::open(&target).unwrap().verify(Depth::Bytes).unwrap();
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["data/extra", "summary.json"]);
    assert_eq!(Finished::open(home.path()).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_run_killed_between_the_renames_gives_the_earlier_output_back() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("out");
    publish(&target, 3, Shards::default());
    fs::rename(&target, home.path().join(".out.unecho-old")).unwrap();
    fs::create_dir(home.path().join(".out.unecho-staging")).unwrap();
    drop(begin(&target).unwrap());
    assert_eq!(Finished::open(&target).unwrap().records::<KeptRecord>("data/").count(), 3);
    assert_eq!(names(home.path()), ["out"]);
}

#[test]
fn a_missing_or_cut_shard_is_damage() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("out");
    publish(&target, 400, Shards::default());
    let shard = target.join("data/train-00000-of-00001.jsonl.zst");
    let good = fs::read(&shard).unwrap();
    fs::write(&shard, &good[..good.len() / 2]).unwrap();
    let kind_of = || {
        let finished = Finished::open(&target).unwrap();
        let found: Vec<_> =
            finished.records::<KeptRecord>("data/").filter_map(Result::err).map(|e| e.kind()).collect();
        found
    };
    assert!(kind_of().contains(&ErrorKind::Damaged));
    fs::remove_file(&shard).unwrap();
    assert_eq!(kind_of(), [ErrorKind::Damaged]);
}

#[test]
fn small_shards_are_small() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("out");
    publish(&target, 100, Shards { bytes_min: 1000, ..Shards::default() });
    assert!(names(&target.join("data")).len() >= 5, "{:?}", names(&target.join("data")));
    assert_eq!(Finished::open(&target).unwrap().records::<KeptRecord>("data/").count(), 100);
}
