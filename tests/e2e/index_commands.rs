//! `unecho index`: looking at an index, checking it, making it forget.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::{home, ids, prose, records, row, run, tree};

/// A folder with an index of two runs: a story, its exact copy and its near copy, and another story.
fn indexed() -> tempfile::TempDir {
    let (story, other) = (prose(1, 200), prose(2, 200));
    let near = format!("{story} One more line was added here.");
    let monday = row("story", &story) + &row("twin", &story) + &row("other", &other);
    let home = home(&[("mon.jsonl", monday.as_bytes()), ("tue.jsonl", row("late", &near).as_bytes())]);
    for day in ["mon", "tue"] {
        let input = format!("{day}.jsonl");
        ingest(home.path(), &input, day);
    }
    home
}

fn ingest(folder: &Path, input: &str, out: &str) {
    run(folder, ["ingest", input, "--out", out, "--index", "index", "--keep", "first"]).ended(0);
}

fn exported(folder: &Path) -> Vec<Value> {
    let lines = run(folder, ["index", "export", "index"]).ended(0).stdout;
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn an_index_tells_what_it_holds() {
    let home = indexed();
    let shown = run(home.path(), ["index", "stats", "index"]).ended(0).stdout;
    assert!(
        shown.contains("4 documents, 2 of them kept") && shown.contains("2 runs in 2 segments"),
        "{shown}"
    );
    let json = run(home.path(), ["index", "stats", "index", "--json"]).ended(0).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["stats"]["documents"].as_u64(), Some(4));
    assert_eq!(json["stats"]["sections"]["digests"]["entries"].as_u64(), Some(3), "the twin is no story");
    let rows = exported(home.path());
    assert_eq!(ids(&rows), ["story", "twin", "other", "late"]);
    let fate = |at: usize| (rows[at]["fate"].as_str().unwrap(), rows[at]["kept_number"].as_u64());
    assert_eq!([fate(0), fate(1), fate(2)], [("kept", None), ("dropped", Some(0)), ("kept", None)]);
    assert_eq!((rows[3]["kind"].as_str(), fate(3)), (Some("near"), ("dropped", Some(0))));
    let runs = json["runs"].as_array().unwrap();
    assert_eq!(rows[3]["run"], runs[1]["id"]);
    run(home.path(), ["index", "export", "index", "-o", "seen.parquet"]).ended(0);
    let table = fs::read(home.path().join("seen.parquet")).unwrap();
    assert!(table.starts_with(b"PAR1") && table.ends_with(b"PAR1"));
    // Read back like any other table; the text of an exact copy is its keeper's, and stands there.
    run(home.path(), ["index", "export", "index", "--text", "-o", "texts.parquet"]).ended(0);
    let records = run(home.path(), ["normalize", "texts.parquet"]).ended(3).stdout;
    let read: Vec<Value> = records.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(ids(&read), ["story", "other", "late"]);
    run(home.path(), ["index", "export", "index", "-o", "seen.csv"]).ended(2);
    let with_text = run(home.path(), ["index", "export", "index", "--text"]).ended(0).stdout;
    assert!(with_text.contains(&prose(2, 200)));
}

#[test]
fn compaction_changes_no_answer() {
    let home = indexed();
    let before = exported(home.path());
    run(home.path(), ["index", "compact", "index"]).ended(0);
    assert_eq!(exported(home.path()), before);
    run(home.path(), ["index", "verify", "index"]).ended(0);
    // The last run can still be run again.
    let tuesday = tree(&home.path().join("tue"));
    ingest(home.path(), "tue.jsonl", "tue");
    assert_eq!(tree(&home.path().join("tue")), tuesday);
    assert_eq!(exported(home.path()), before);
}

/// What a run leaves, but what it says of its flags.
fn result(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = tree(out);
    files.retain(|name, _| !name.ends_with("manifest.json"));
    assert!(files.len() > 5, "{:?}", files.keys());
    files
}

/// The files of an index.
fn index(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = tree(folder);
    files.retain(|name, _| !name.ends_with("LOCK"));
    files
}

#[test]
fn an_export_is_as_good_as_the_index() {
    let home = indexed();
    let at = |name: &str| home.path().join(name);
    // Forgotten documents and merged segments are handed on as they are.
    run(home.path(), ["index", "forget", "index", "other"]).ended(0);
    run(home.path(), ["index", "export", "index", "--whole", "-o", "export"]).ended(0);
    run(home.path(), ["index", "import", "export", "again"]).ended(0);
    assert_eq!(index(&at("again")), index(&at("index")));
    run(home.path(), ["index", "verify", "again"]).ended(0);

    let next = row("next", &prose(1, 200)) + &row("fresh", &prose(3, 200)) + &row("part", &prose(3, 90));
    fs::write(at("wed.jsonl"), next).unwrap();
    for (name, out) in [("index", "wed"), ("export", "wed-of-export")] {
        let ingest = ["ingest", "wed.jsonl", "--out", out, "--index", name, "--keep", "first"];
        run(home.path(), ingest).ended(0);
    }
    assert_eq!(records(&at("wed"), "dropped")[0]["kept_id"].as_str(), Some("story"));
    assert_eq!(result(&at("wed-of-export")), result(&at("wed")));
    run(home.path(), ["index", "import", "export", "after"]).ended(0);
    assert_eq!(index(&at("after")), index(&at("index")), "the export knows the run");
    run(home.path(), ["index", "export", "index", "--whole", "-o", "export-after"]).ended(0);
    assert_eq!(tree(&at("export")).len(), 4, "two tables, the pointer and the lock");
    assert_eq!(index(&at("export-after")), index(&at("export")));
    // Done again it changes nothing.
    run(
        home.path(),
        ["ingest", "wed.jsonl", "--out", "wed-of-export", "--index", "export", "--keep", "first"],
    )
    .ended(0);
    assert_eq!(result(&at("wed-of-export")), result(&at("wed")));
    assert_eq!(index(&at("export-after")), index(&at("export")));
}

#[test]
fn a_damaged_export_is_refused() {
    let home = indexed();
    let at = |name: &str| home.path().join(name);
    run(home.path(), ["index", "export", "index", "--whole", "-o", "export"]).ended(0);
    for (name, bytes) in index(&at("export")) {
        for at_byte in (0..bytes.len()).step_by((bytes.len() / 7).max(1)) {
            let mut bad = bytes.clone();
            bad[at_byte] ^= 1;
            fs::write(at("export").join(&name), &bad).unwrap();
            let refused = run(home.path(), ["index", "import", "export", "again"]);
            // What stands between the parts of the pointer may differ.
            if refused.code == 0 {
                assert!(
                    name.ends_with("export.json") && index(&at("again")) == index(&at("index")),
                    "{at_byte}"
                );
                fs::remove_dir_all(at("again")).unwrap();
            }
        }
        fs::write(at("export").join(&name), bytes).unwrap();
    }
    run(home.path(), ["index", "import", "export", "again"]).ended(0);
    run(home.path(), ["index", "import", "export", "again"]).ended(2);
    run(home.path(), ["index", "import", "mon", "other"]).ended(2);
    run(home.path(), ["index", "import", "absent", "other"]).ended(2);
    run(home.path(), ["index", "export", "index", "--whole", "-o", "mon"]).ended(2);
    run(home.path(), ["index", "export", "index", "--whole"]).ended(2);
    // Settings that an index cannot have are refused in its export too.
    let other = ["ingest", "tue.jsonl", "--out", "x", "--index", "export", "--near", "0.9"];
    let said = run(home.path(), other).ended(2).stderr;
    assert!(said.contains("export: was made with other settings"), "{said}");
    assert!(!at("export").join(".index").exists());
}

#[test]
fn every_flipped_byte_is_found() {
    let home = indexed();
    for (name, bytes) in tree(&home.path().join("index")) {
        if name.ends_with("LOCK") {
            continue;
        }
        let path = home.path().join("index").join(&name);
        let step = (bytes.len() / 40).max(1);
        for at in (0..bytes.len()).step_by(step) {
            let mut bad = bytes.clone();
            bad[at] ^= 1 << (at % 8);
            fs::write(&path, &bad).unwrap();
            let found = run(home.path(), ["index", "verify", "index"]).ended(12);
            assert!(found.stderr.contains("hint: "), "{}", found.stderr);
        }
        fs::write(&path, bytes).unwrap();
    }
    run(home.path(), ["index", "verify", "index"]).ended(0);
}

#[test]
fn what_is_forgotten_is_new_again() {
    let home = indexed();
    let told = run(home.path(), ["index", "forget", "index", "story", "nobody"]).ended(0);
    assert!(told.stdout.contains("1 documents forgotten"), "{}", told.stdout);
    assert!(
        told.stdout.contains("twin") && told.stdout.contains("late"),
        "copies that stay: {}",
        told.stdout
    );
    assert!(told.stderr.contains("nobody"), "{}", told.stderr);
    assert_eq!(ids(&exported(home.path())), ["twin", "other", "late"]);
    run(home.path(), ["index", "verify", "index"]).ended(0);
    let story = prose(1, 200);
    for bytes in tree(&home.path().join("index")).values() {
        assert!(!String::from_utf8_lossy(bytes).contains("\"id\":\"story\""));
    }
    // Nobody stands for the story any more: its next copy is kept, and the one after is dropped for it.
    fs::write(home.path().join("wed.jsonl"), row("next", &story)).unwrap();
    fs::write(home.path().join("thu.jsonl"), row("after", &story)).unwrap();
    ingest(home.path(), "wed.jsonl", "wed");
    ingest(home.path(), "thu.jsonl", "thu");
    assert_eq!(ids(&records(&home.path().join("wed"), "data")), ["next"]);
    assert_eq!(records(&home.path().join("thu"), "dropped")[0]["kept_id"].as_str(), Some("next"));
}

#[test]
fn copies_and_runs_are_forgotten_on_request() {
    let home = indexed();
    fs::write(home.path().join("ids"), "story\n").unwrap();
    run(home.path(), ["index", "forget", "index", "@ids", "--with-copies"]).ended(0);
    assert_eq!(ids(&exported(home.path())), ["other"]);
    let name = exported(home.path())[0]["run"].as_str().unwrap().to_owned();
    run(home.path(), ["index", "forget", "index", "--run", &name]).ended(0);
    assert_eq!(exported(home.path()).len(), 0);
    // The same inputs are new to the index.
    ingest(home.path(), "mon.jsonl", "mon");
    assert_eq!(ids(&records(&home.path().join("mon"), "data")), ["story", "other"]);
    assert_eq!(exported(home.path()).len(), 3);
}

#[test]
fn what_is_not_there_is_said() {
    let home = indexed();
    for command in [&["stats"][..], &["verify"], &["compact"], &["export"]] {
        let said = run(home.path(), [&["index"], command, &["absent"]].concat()).ended(10);
        assert!(
            said.stderr.contains("no unecho index here") && said.stderr.contains("hint: "),
            "{}",
            said.stderr
        );
    }
    run(home.path(), ["index", "forget", "absent", "x"]).ended(10);
    run(home.path(), ["index", "forget", "index", "nobody"]).ended(1);
    run(home.path(), ["index", "forget", "index"]).ended(2);
    assert!(!home.path().join("absent").exists());
}
