//! What people read when they ask why.

use crate::harness::{home, prose, row, run};

fn explained(ids: &[&str]) -> String {
    let text = prose(1, 200);
    let near = format!("{}\n\nimage source from:examplepost\n", text.replacen(' ', " oddly ", 3));
    let feed = [row("a", &text), row("b", &near), row("c", &prose(2, 100)), "{\n".to_owned()].concat();
    let home = home(&[("feed.jsonl", feed.as_bytes())]);
    run(home.path(), ["ingest", "-q", "feed.jsonl", "--out", "out"]).ended(3);
    let outcome = run(home.path(), ["explain", "--out", "out"].iter().chain(ids)).ended(0);
    assert_eq!(outcome.stderr, "");
    for line in outcome.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    outcome.stdout
}

#[track_caller]
fn check(ids: &[&str], expect: &[&str]) {
    let said = explained(ids);
    for part in expect {
        assert!(said.contains(part), "no '{part}' in:\n{said}");
    }
}

#[test]
fn a_dropped_document() {
    check(
        &["b"],
        &[
            "b  dropped as near of a",
            "from     feed.jsonl:2",
            "why      ",
            "scores   probability 1.000, Jaccard 0.",
            "credits  examplepost (image-credit",
            "shared passages, ",
            "stripped\n",
            "image source from:examplepost",
        ],
    );
}

#[test]
fn long_ids_do_not_break_the_page() {
    let (text, long) = (prose(1, 80), |name: &str| format!("{name}-{}", "section/".repeat(14)));
    let feed = [row(&long("a"), &text), row(&long("b"), &text)].concat();
    let home = home(&[("feed.jsonl", feed.as_bytes())]);
    run(home.path(), ["ingest", "-q", "feed.jsonl", "--out", "out"]).ended(0);
    for ids in [vec![long("a")], vec![long("b")], vec![long("a"), long("b")]] {
        let said =
            run(home.path(), ["explain".to_owned(), "--out".to_owned(), "out".to_owned()].iter().chain(&ids));
        let said = said.ended(0).stdout;
        assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    }
}

#[test]
fn a_kept_document() {
    check(&["a"], &["a  kept\n", "copy     b (near)"]);
    check(&["c"], &["c  kept\n"]);
}

#[test]
fn a_rejected_document() {
    check(&["feed:4"], &["feed:4  rejected: malformed-json", "from     feed.jsonl:4"]);
}

#[test]
fn two_documents() {
    check(&["a", "b"], &["a was kept", "b was dropped as near of a", "result   linked as near", " │ "]);
    check(&["b", "a"], &["result   linked as near"]);
    check(&["a", "c"], &["result   no record", "no shared passages"]);
}
