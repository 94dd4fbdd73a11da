//! The same bytes for any number of threads and any order of inputs.

use std::fs;
use std::path::Path;

use crate::harness::{home, prose, root, row, run, tree};

/// Copies the demo corpus, so that inputs can be named by relative paths from elsewhere.
fn demo_in(folder: &Path) {
    fs::create_dir(folder.join("in")).unwrap();
    for entry in fs::read_dir(root().join("demo/corpus")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.join("in").join(path.file_name().unwrap())).unwrap();
    }
}

#[test]
fn threads_do_not_matter() {
    let home = home(&[]);
    demo_in(home.path());
    let mut first = None;
    for threads in ["1", "2", "7"] {
        run(home.path(), ["ingest", "in", "--out", threads, "--threads", threads]).ended(0);
        let files = tree(&home.path().join(threads));
        assert!(files.len() >= 9, "{:?}", files.keys());
        assert_eq!(first.get_or_insert_with(|| files.clone()), &files);
    }
}

#[test]
fn memory_does_not_matter() {
    let home = home(&[]);
    demo_in(home.path());
    for (out, memory) in [("wide", "8G"), ("narrow", "1K")] {
        run(home.path(), ["ingest", "in", "--out", out, "--memory", memory]).ended(0);
    }
    assert_eq!(tree(&home.path().join("wide")), tree(&home.path().join("narrow")));
}

#[test]
fn the_order_of_inputs_does_not_matter() {
    let home = home(&[
        ("b.jsonl", [row("b1", &prose(1, 90)), row("b2", &prose(2, 90))].concat().as_bytes()),
        ("a.jsonl", [row("a1", &prose(1, 90)), row("a1", &prose(3, 90))].concat().as_bytes()),
        ("c/d.txt", prose(2, 90).as_bytes()),
        ("c/e.txt", prose(4, 90).as_bytes()),
    ]);
    run(home.path(), ["ingest", "a.jsonl", "b.jsonl", "c", "--out", "one"]).ended(0);
    run(home.path(), ["ingest", "c", "b.jsonl", "a.jsonl", "--out", "two"]).ended(0);
    assert_eq!(tree(&home.path().join("one")), tree(&home.path().join("two")));
}

#[test]
fn the_surroundings_do_not_matter() {
    let home = home(&[]);
    demo_in(home.path());
    run(home.path(), ["ingest", "in", "--out", "one"]).ended(0);
    let outcome = crate::harness::finish(
        crate::harness::unecho(home.path())
            .args(["ingest", "in", "--out", "two"])
            .env("TZ", "Asia/Kathmandu")
            .env("LANG", "tr_TR.UTF-8")
            .env("LC_ALL", "tr_TR.UTF-8"),
    );
    outcome.ended(0);
    assert_eq!(tree(&home.path().join("one")), tree(&home.path().join("two")));
}
