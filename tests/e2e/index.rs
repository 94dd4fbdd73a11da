//! Runs that build on earlier runs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{Outcome, home, ids, prose, records, row, run, summary, tree, unecho};

/// Runs an ingest with the index `index`.
fn ingest(folder: &Path, input: &str, out: &str, more: &[&str]) -> Outcome {
    run(folder, [&["ingest", input, "--out", out, "--index", "index"], more].concat())
}

/// Stories in many versions: exact, edited, cut short, inside a longer text, and with one paragraph
/// rewritten; in an order that has nothing to do with the stories.
fn feed(stories: u64) -> Vec<String> {
    let mut rows: Vec<(u64, String)> = Vec::new();
    let mut push = |id: String, text: &str| {
        let place = (rows.len() as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        rows.push((place, row(&id, text)));
    };
    for story in 0..stories {
        let text = prose(story, 160);
        let (head, tail) = text.split_at(text[..text.len() / 2].rfind(". ").unwrap() + 1);
        push(format!("{story}-first"), &text);
        if story % 2 == 0 {
            push(format!("{story}-again"), &text);
        }
        if story % 3 == 0 {
            push(format!("{story}-edited"), &format!("{text} One more line was added here."));
            push(format!("{story}-part"), head);
        }
        if story % 5 == 0 {
            let around = prose(1000 + story, 60);
            push(format!("{story}-inside"), &format!("{around}\n{text}\n{}", prose(2000 + story, 40)));
            push(format!("{story}-half"), &format!("{}{tail}", prose(3000 + story, 60)));
        }
    }
    rows.sort();
    rows.into_iter().map(|(_, row)| row).collect()
}

/// What became of each document: `None` when it is kept, else the kind of copy and the keeper.
fn fates(out: &Path) -> BTreeMap<String, Option<(String, String)>> {
    let text = |record: &Value, field: &str| record[field].as_str().unwrap().to_owned();
    let kept = records(out, "data");
    let dropped = records(out, "dropped");
    let kept = kept.iter().map(|record| (text(record, "id"), None));
    let dropped = dropped
        .iter()
        .map(|record| (text(record, "id"), Some((text(record, "kind"), text(record, "kept_id")))));
    kept.chain(dropped).collect()
}

#[test]
fn many_runs_decide_as_one() {
    let rows = feed(60);
    let home = home(&[("all.jsonl", rows.concat().as_bytes())]);
    // Rewrites are judged by what is known so far, which a split changes.
    let policy = ["--keep", "first", "--on", "rewrite=ignore"];
    run(home.path(), [&["ingest", "all.jsonl", "--out", "one"], &policy[..]].concat()).ended(0);
    let one = fates(&home.path().join("one"));
    let kinds = |kind: &str| one.values().flatten().filter(|(of, _)| of == kind).count();
    assert!(kinds("exact") > 20 && kinds("near") > 10 && kinds("contained") > 10, "{one:?}");
    for runs in [2, 7, 50] {
        let index = format!("index-{runs}");
        let mut split = BTreeMap::new();
        for (at, part) in rows.chunks(rows.len().div_ceil(runs)).enumerate() {
            let (input, out) = (format!("{runs}-{at}.jsonl"), format!("{runs}-{at}"));
            fs::write(home.path().join(&input), part.concat()).unwrap();
            let args = ["ingest", &input, "--out", &out, "--index", &index];
            run(home.path(), [&args[..], &policy].concat()).ended(0);
            split.extend(fates(&home.path().join(out)));
        }
        assert_eq!(split, one, "{runs} runs");
    }
}

#[test]
fn a_copy_of_an_earlier_document_is_explained_without_the_earlier_result() {
    let (story, other) = (prose(1, 200), prose(2, 200));
    let monday = row("monday", &story) + &row("other", &other);
    let tuesday =
        row("tuesday", &story.replacen(". ", ". Reported on Tuesday: ", 1)) + &row("new", &prose(3, 200));
    let home = home(&[("mon.jsonl", monday.as_bytes()), ("tue.jsonl", tuesday.as_bytes())]);
    ingest(home.path(), "mon.jsonl", "mon", &[]).ended(0);
    fs::remove_dir_all(home.path().join("mon")).unwrap();
    ingest(home.path(), "tue.jsonl", "tue", &[]).ended(0);
    let out = home.path().join("tue");
    assert_eq!(ids(&records(&out, "data")), ["new"]);
    let dropped = &records(&out, "dropped")[0];
    let run_of_monday = dropped["kept_run"].as_str().unwrap();
    assert_eq!((dropped["kept_id"].as_str(), dropped["kind"].as_str()), (Some("monday"), Some("near")));
    let earlier = &records(&out, "earlier")[0];
    assert_eq!((earlier["id"].as_str(), earlier["run"].as_str()), (Some("monday"), Some(run_of_monday)));
    assert_eq!(earlier["text"].as_str(), Some(story.as_str()));
    let link = &records(&out, "ledger/links")[0];
    assert_eq!((link["a"].as_str(), link["b"].as_str()), (Some("monday"), Some("tuesday")));
    assert_eq!(link["a_run"].as_str(), Some(run_of_monday));
    let span = |field: &str| {
        let at = |end: usize| link["passages"][0][field][end].as_u64().unwrap() as usize;
        at(0)..at(1)
    };
    let text = dropped["text"].as_str().unwrap();
    assert_eq!(story[span("a")].to_lowercase(), text[span("b")].to_lowercase());
    let explained = run(home.path(), ["explain", "--out", "tue", "tuesday"]).ended(0).stdout;
    assert!(
        explained.contains("dropped as near of monday") && explained.contains("earlier run"),
        "{explained}"
    );
    assert!(explained.contains("words"), "the passages are shown: {explained}");
    let explained = run(home.path(), ["explain", "--out", "tue", "monday", "tuesday"]).ended(0).stdout;
    assert!(explained.contains("linked as near"), "{explained}");
    let counts = summary(&out)["earlier"].clone();
    assert_eq!((counts["dropped"].as_u64(), counts["links"].as_u64()), (Some(1), Some(1)));
    run(home.path(), ["verify", "tue", "--read-data"]).ended(0);
}

#[test]
fn a_better_copy_is_named_or_takes_the_place() {
    let story = prose(1, 200);
    let (short, long) = (story[..story.len() * 9 / 10].to_owned(), story);
    let home = home(&[
        ("mon.jsonl", row("short", &short).as_bytes()),
        ("tue.jsonl", row("long", &long).as_bytes()),
        ("wed.jsonl", row("again", &long).as_bytes()),
    ]);
    ingest(home.path(), "mon.jsonl", "mon", &[]).ended(0);
    ingest(home.path(), "tue.jsonl", "tue", &[]).ended(0);
    let tue = home.path().join("tue");
    let dropped = &records(&tue, "dropped")[0];
    assert_eq!((dropped["kept_id"].as_str(), dropped["better_copy"].as_bool()), (Some("short"), Some(true)));
    // The last run again, with the other answer; then again with the first, and back.
    let replace = ["--on-better-copy", "replace"];
    ingest(home.path(), "tue.jsonl", "tue", &replace).ended(0);
    let replaced = (tree(&tue), fs::read(home.path().join("index/index.json")).unwrap());
    let kept = &records(&tue, "data")[0];
    assert_eq!((kept["id"].as_str(), kept["copies"][0]["id"].as_str()), (Some("long"), Some("short")));
    assert!(kept["copies"][0]["run"].is_string());
    assert_eq!(records(&tue, "earlier")[0]["kept_id"].as_str(), Some("long"));
    assert_eq!(summary(&tue)["earlier"]["replaced"].as_u64(), Some(1));
    assert_eq!(summary(&tue)["documents"]["read"].as_u64(), Some(1));
    ingest(home.path(), "tue.jsonl", "tue", &[]).ended(0);
    assert_eq!(fates(&tue)["long"], Some(("near".to_owned(), "short".to_owned())));
    ingest(home.path(), "tue.jsonl", "tue", &replace).ended(0);
    assert_eq!((tree(&tue), fs::read(home.path().join("index/index.json")).unwrap()), replaced);
    run(home.path(), ["index", "verify", "index"]).ended(0);
    // Whoever comes later is dropped for the one that took the place.
    ingest(home.path(), "wed.jsonl", "wed", &[]).ended(0);
    assert_eq!(fates(&home.path().join("wed"))["again"], Some(("exact".to_owned(), "long".to_owned())));
}

#[test]
fn the_same_command_again_changes_nothing() {
    let rows = feed(20);
    let (first, second) = rows.split_at(rows.len() / 2);
    let home = home(&[("a.jsonl", first.concat().as_bytes()), ("b.jsonl", second.concat().as_bytes())]);
    ingest(home.path(), "a.jsonl", "a", &[]).ended(0);
    ingest(home.path(), "b.jsonl", "b", &[]).ended(0);
    let before = tree(home.path());
    let without_lock = |mut files: BTreeMap<std::path::PathBuf, Vec<u8>>| {
        files.retain(|path, _| !path.ends_with("LOCK"));
        files
    };
    // The last run again, on any number of threads, and one that others came after.
    for (input, out, more) in
        [("b.jsonl", "b", &["--threads", "1"][..]), ("b.jsonl", "b", &[]), ("a.jsonl", "a", &[])]
    {
        ingest(home.path(), input, out, more).ended(0);
        assert_eq!(without_lock(tree(home.path())), without_lock(before.clone()), "{input}");
    }
    // With other settings the last run can be done again, an earlier one cannot.
    let refused = ingest(home.path(), "a.jsonl", "a", &["--keep", "longest"]).ended(2);
    assert!(refused.stderr.contains("later runs build on it"), "{}", refused.stderr);
    ingest(home.path(), "b.jsonl", "b", &["--keep", "longest"]).ended(0);
    assert_ne!(summary(&home.path().join("b"))["documents"]["kept"].as_u64(), Some(0));
}

#[test]
fn an_earlier_run_again_gives_the_same_bytes_or_is_refused() {
    const RUNS: usize = 9;
    let rows = feed(24);
    let names: Vec<String> = (0..RUNS).map(|at| format!("{at}.jsonl")).collect();
    let parts: Vec<String> = rows.chunks(rows.len().div_ceil(RUNS)).map(<[String]>::concat).collect();
    let files: Vec<(&str, &[u8])> =
        names.iter().zip(&parts).map(|(name, part)| (name.as_str(), part.as_bytes())).collect();
    let home = home(&files);
    for (at, name) in names.iter().enumerate() {
        ingest(home.path(), name, &format!("out{at}"), &[]).ended(0);
    }
    let (mut same, mut refused) = (0, 0);
    for (at, name) in names.iter().enumerate() {
        let out = home.path().join(format!("out{at}"));
        let before = tree(&out);
        let again = ingest(home.path(), name, &format!("out{at}"), &[]);
        assert_eq!(tree(&out), before, "{name}: whatever is said, the result is as it was");
        if again.code == 2 {
            assert!(again.stderr.contains("what it knew then is mixed"), "{}", again.stderr);
            assert!(again.stderr.contains("hint: its result stays as it is"), "{}", again.stderr);
            refused += 1;
        } else {
            again.ended(0);
            same += 1;
        }
    }
    // Segments of runs in the middle were merged; before the first there is nothing, behind the last nothing.
    assert!(same >= 2 && refused >= 2, "{same} the same, {refused} refused");
    run(home.path(), ["index", "verify", "index"]).ended(0);
}

#[test]
fn a_run_killed_at_any_time_and_started_again_gives_the_same_bytes() {
    let rows = feed(120);
    let (first, second) = rows.split_at(rows.len() / 2);
    let home = home(&[("a.jsonl", first.concat().as_bytes()), ("b.jsonl", second.concat().as_bytes())]);
    let result = |folder: &Path| -> BTreeMap<std::path::PathBuf, Vec<u8>> {
        let mut files = tree(&folder.join("index"));
        files.retain(|path, _| !path.ends_with("LOCK"));
        files.extend(
            tree(&folder.join("b")).into_iter().map(|(path, bytes)| (Path::new("b").join(path), bytes)),
        );
        files
    };
    ingest(home.path(), "a.jsonl", "a", &[]).ended(0);
    let start = tree(&home.path().join("index"));
    ingest(home.path(), "b.jsonl", "b", &[]).ended(0);
    let expected = result(home.path());
    let (mut killed, mut delay) = (0, Duration::ZERO);
    loop {
        for folder in ["index", "b"] {
            fs::remove_dir_all(home.path().join(folder)).unwrap();
        }
        fs::create_dir(home.path().join("index")).unwrap();
        for (path, bytes) in &start {
            fs::write(home.path().join("index").join(path), bytes).unwrap();
        }
        let args = ["ingest", "b.jsonl", "--out", "b", "--index", "index"];
        let mut child = unecho(home.path()).args(args).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(delay);
        child.kill().unwrap();
        let was_done = child.wait().unwrap().success();
        run(home.path(), args).ended(0);
        assert!(result(home.path()) == expected, "after {delay:?}");
        if was_done {
            break;
        }
        killed += 1;
        delay += (delay / 6).max(Duration::from_millis(5));
    }
    assert!(killed > 3, "the run is over too soon to be killed");
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let feed = row("a", &prose(1, 100));
    let home = home(&[("a.jsonl", feed.as_bytes()), ("b.jsonl", row("b", &prose(2, 100)).as_bytes())]);
    ingest(home.path(), "a.jsonl", "a", &[]).ended(0);
    let before = tree(&home.path().join("index"));
    for (more, said) in [(&["--near", "0.9"][..], "bands"), (&["--on", "rewrite=ignore"], "statistics")] {
        let refused = ingest(home.path(), "b.jsonl", "b", more).ended(2);
        assert!(
            refused.stderr.contains("other settings") && refused.stderr.contains(said),
            "{}",
            refused.stderr
        );
        assert!(!home.path().join("b").exists());
    }
    let index = tree(&home.path().join("index"));
    assert_eq!(index.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    for inside in ["b", "b/index"] {
        let refused = run(home.path(), ["ingest", "b.jsonl", "--out", "b", "--index", inside]).ended(2);
        assert!(refused.stderr.contains("cannot stand in the folder of a result"), "{}", refused.stderr);
        assert!(!home.path().join("b").exists());
    }
    fs::create_dir(home.path().join("thesis")).unwrap();
    fs::write(home.path().join("thesis/thesis.tex"), "x").unwrap();
    run(home.path(), ["ingest", "b.jsonl", "--out", "b", "--index", "thesis"]).ended(2);
    assert_eq!(tree(&home.path().join("thesis")).len(), 1);
}

#[test]
fn one_writer_at_a_time() {
    let home = home(&[("a.jsonl", row("a", &prose(1, 100)).as_bytes())]);
    // Reads from a pipe that stays open, and holds the index meanwhile.
    let args = ["ingest", "-", "--out", "a", "--index", "index"];
    let mut child =
        unecho(home.path()).args(args).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let holder = child.id().to_string();
    let lock = home.path().join("index/LOCK");
    let is_held = || fs::read_to_string(&lock).is_ok_and(|text| text.starts_with(&holder));
    while !is_held() {
        assert!(child.try_wait().unwrap().is_none(), "the run ended");
        std::thread::yield_now();
    }
    let refused = ingest(home.path(), "a.jsonl", "b", &[]).ended(11);
    assert!(refused.stderr.contains(&format!("process {holder}")), "{}", refused.stderr);
    assert!(refused.stderr.contains("hint: "), "{}", refused.stderr);
    child.kill().unwrap();
    child.wait().unwrap();
    ingest(home.path(), "a.jsonl", "b", &[]).ended(0);
}

#[test]
fn damage_is_found_before_anything_is_published() {
    let home = home(&[
        ("a.jsonl", row("a", &prose(1, 100)).as_bytes()),
        ("b.jsonl", row("b", &prose(1, 100)).as_bytes()),
    ]);
    ingest(home.path(), "a.jsonl", "a", &[]).ended(0);
    let index = tree(&home.path().join("index"));
    for (path, bytes) in index.iter().filter(|(path, _)| !path.ends_with("LOCK")) {
        let path = home.path().join("index").join(path);
        for at in [bytes.len() / 3, bytes.len() - 9] {
            let mut bad = bytes.clone();
            bad[at] ^= 4;
            fs::write(&path, &bad).unwrap();
            let outcome = ingest(home.path(), "b.jsonl", "b", &[]);
            // A run looks at what it needs: either it finds the damage, or is not misled by it.
            if outcome.code == 0 {
                assert_eq!(fates(&home.path().join("b"))["b"], Some(("exact".to_owned(), "a".to_owned())));
                fs::remove_dir_all(home.path().join("b")).unwrap();
            } else {
                assert!(!outcome.ended(12).stderr.is_empty());
                assert!(!home.path().join("b").exists());
            }
            for (name, bytes) in &index {
                fs::write(home.path().join("index").join(name), bytes).unwrap();
            }
        }
    }
}
