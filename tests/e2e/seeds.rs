//! The five seed articles, where they are at hand: beside the checkout, in ../shared/data/seeds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::{home, ids, records, root, run};

/// The folder of the data sets; says so and gives nothing when it is absent.
fn shared(name: &str) -> Option<PathBuf> {
    let path = root().join("../shared/data").join(name);
    if !path.exists() {
        #[expect(clippy::print_stderr, reason = "a test that cannot look says so")]
        {
            eprintln!("no {}: nothing was checked", path.display());
        }
        return None;
    }
    Some(path)
}

fn check_seeds(out: &Path) {
    let is_seed = |record: &&Value| {
        let id = record["id"].as_str().unwrap();
        ["000_", "001_", "002_", "003_", "004_"].iter().any(|head| id.starts_with(head)) && id.len() == 20
    };
    let kept = records(out, "data");
    let kept: Vec<&Value> = kept.iter().filter(is_seed).collect();
    assert_eq!(kept.len(), 4);
    let dropped = records(out, "dropped");
    let dropped: Vec<&Value> = dropped.iter().filter(is_seed).collect();
    assert_eq!(dropped.len(), 1);
    assert!(dropped[0]["id"].as_str().unwrap().starts_with("000_"));
    assert!(dropped[0]["kept_id"].as_str().unwrap().starts_with("003_"));
    assert_eq!(
        (&dropped[0]["kind"], &dropped[0]["scores"]["same_origin"]),
        (&"rewrite".into(), &true.into())
    );
    assert!(dropped[0]["passages"].as_array().unwrap().len() >= 4);
    let accepted = records(out, "ledger/links").into_iter().filter(|link| {
        let seed = |field: &str| {
            ["000_", "001_", "002_", "003_", "004_"]
                .iter()
                .any(|head| link[field].as_str().unwrap().starts_with(head))
        };
        link["accepted"] == true && (seed("a") || seed("b"))
    });
    assert_eq!(accepted.count(), 1);
}

#[test]
fn the_seeds_alone() {
    let Some(seeds) = shared("seeds") else { return };
    let home = home(&[]);
    run(home.path(), ["ingest".as_ref(), seeds.as_os_str(), "--out".as_ref(), "out".as_ref()]).ended(0);
    let out = home.path().join("out");
    check_seeds(&out);

    let stripped = records(&out, "ledger/stripped");
    let cut = |head: &str, text: &str| {
        stripped.iter().any(|record| {
            record["id"].as_str().unwrap().starts_with(head)
                && record["text"].as_str().unwrap().contains(text)
                && !record["rule"].as_str().unwrap().is_empty()
        })
    };
    assert!(cut("000_", "image source from:aljazeera"));
    assert!(cut("001_", "Credited from: CBSNEWS"));
    assert!(cut("001_", "For continued updates on this developing story, click here"));
    assert!(cut("003_", "This content originally appeared on Al Jazeera."));
    assert!(cut("003_", "date 2025-08-12 Hashtag") && cut("003_", "12 August 2025"));
    assert!(cut("004_", "[1] Source [2] Source") && cut("004_", "Read also:"));
    assert!(cut("004_", "Discussion between Putin and Trump in Alaska could"));

    let all: Vec<Value> = records(&out, "data").into_iter().chain(records(&out, "dropped")).collect();
    let mut names: Vec<&str> = all
        .iter()
        .flat_map(|record| record["attributions"].as_array().unwrap())
        .map(|credit| credit["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["Al Jazeera", "Al Jazeera", "CBS News"]);
    let text = |head: &str| {
        let found = all.iter().find(|record| record["id"].as_str().unwrap().starts_with(head)).unwrap();
        found["text"].as_str().unwrap()
    };
    assert!(text("000_").contains("Reporting from Washington, DC, Al Jazeera"));
    assert!(text("002_").contains("concrete aspects of the implementation of understandings"));
    let headlines = stripped.iter().filter(|cut| cut["rule"] == "related.headline-run");
    assert_eq!(headlines.count(), 3);
    assert_eq!(ids(&all).len(), 5);
    nothing_else_is_lost(&seeds, &all, &stripped);
}

/// Only these rules cut anything, and every word of the files is in an article or on record as cut.
fn nothing_else_is_lost(seeds: &Path, documents: &[Value], stripped: &[Value]) {
    let text = |record: &Value, field: &str| record[field].as_str().unwrap().to_owned();
    let cuts: BTreeSet<(String, String)> =
        stripped.iter().map(|cut| (text(cut, "id")[..3].to_owned(), text(cut, "rule"))).collect();
    let expected = [
        ("000", "credit.image-source"),
        ("001", "credit.from"),
        ("001", "prompt.updates"),
        ("002", "line.hard-wrap"),
        ("003", "nav.blob"),
        ("003", "related.headline-run"),
        ("003", "syndication.originally-appeared"),
        ("003", "timestamp.bare"),
        ("004", "refs.numbered"),
        ("004", "related.read-also"),
    ];
    assert_eq!(cuts, expected.map(|(id, rule)| (id.to_owned(), rule.to_owned())).into());
    for document in documents {
        let id = text(document, "id");
        let raw = fs::read_to_string(seeds.join(format!("{id}.txt"))).unwrap();
        let kept = text(document, "text");
        let cut: Vec<String> =
            stripped.iter().filter(|cut| cut["id"] == id).map(|cut| text(cut, "text")).collect();
        let mut before: Vec<&str> = raw.split_whitespace().collect();
        let mut after: Vec<&str> =
            kept.split_whitespace().chain(cut.iter().flat_map(|cut| cut.split_whitespace())).collect();
        before.sort_unstable();
        after.sort_unstable();
        assert_eq!(before, after, "{id}");
    }
}

#[test]
fn the_seeds_among_twenty_thousand() {
    let (Some(seeds), Some(wire)) = (shared("seeds"), shared("corpora/wire-20k.jsonl.gz")) else { return };
    let home = home(&[]);
    let args = ["ingest".as_ref(), "-q".as_ref(), seeds.as_os_str(), wire.as_os_str()];
    run(home.path(), args.into_iter().chain(["--out".as_ref(), "out".as_ref()])).ended(0);
    check_seeds(&home.path().join("out"));
}
