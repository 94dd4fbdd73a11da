//! The corpus in demo/: every kind of copy in it is found and nothing else, every planted line of
//! boilerplate goes and every look-alike stays.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::harness::{home, records, root, run};

struct Demo {
    _home: tempfile::TempDir,
    documents: BTreeMap<String, Value>,
    /// Kind of each accepted link, by ids in order.
    links: BTreeMap<(String, String), String>,
    /// The document kept for each dropped one.
    keeper: BTreeMap<String, String>,
    stripped: Vec<(String, String)>,
}

fn text(record: &Value, field: &str) -> String {
    record[field].as_str().unwrap().to_owned()
}

fn in_order(a: String, b: String) -> (String, String) {
    if a < b { (a, b) } else { (b, a) }
}

fn demo() -> Demo {
    let home = home(&[]);
    let corpus = root().join("demo/corpus");
    run(home.path(), ["ingest".as_ref(), corpus.as_os_str(), "--out".as_ref(), "out".as_ref()]).ended(0);
    let out = home.path().join("out");
    let dropped = records(&out, "dropped");
    let keeper = dropped.iter().map(|record| (text(record, "id"), text(record, "kept_id"))).collect();
    let documents = records(&out, "data")
        .into_iter()
        .chain(dropped)
        .map(|record| (text(&record, "id"), record))
        .collect();
    let accepted = records(&out, "ledger/links").into_iter().filter(|link| link["accepted"] == true);
    let links =
        accepted.map(|link| (in_order(text(&link, "a"), text(&link, "b")), text(&link, "kind"))).collect();
    let stripped = records(&out, "ledger/stripped")
        .iter()
        .map(|record| (text(record, "id"), text(record, "text")))
        .collect();
    Demo { _home: home, documents, links, keeper, stripped }
}

/// The rows of a table in demo/, without its header.
fn table(name: &str) -> Vec<[String; 3]> {
    let text = fs::read_to_string(root().join("demo").join(name)).unwrap();
    let row = |line: &str| {
        let columns: Vec<String> = line.splitn(3, '\t').map(str::to_owned).collect();
        <[String; 3]>::try_from(columns).unwrap()
    };
    text.lines().skip(1).map(row).collect()
}

#[test]
fn every_kind_of_copy_is_found_and_nothing_else() {
    let demo = demo();
    let voice = |id: &String| demo.keeper.get(id).unwrap_or(id).clone();
    let mut listed = BTreeSet::new();
    let mut wrong = Vec::new();
    for [a, b, label] in table("truth.tsv") {
        assert!(demo.documents.contains_key(&a) && demo.documents.contains_key(&b), "{a} {b}");
        let merged = voice(&a) == voice(&b);
        let pair = in_order(a, b);
        let linked = demo.links.get(&pair);
        let right = match label.as_str() {
            "exact" | "near" | "contained" | "rewrite" => merged && linked.is_none_or(|kind| *kind == label),
            // These may be named as possible copies; they are never dropped.
            "follow-up" | "template" => !merged,
            _ => !merged && linked.is_none(),
        };
        if !right {
            wrong.push(format!("{pair:?} is {label}, found {linked:?}, merged: {merged}"));
        }
        if matches!(label.as_str(), "exact" | "near" | "contained" | "rewrite" | "follow-up" | "template") {
            listed.insert(pair);
        }
    }
    wrong.extend(
        demo.links
            .iter()
            .filter(|(pair, _)| !listed.contains(*pair))
            .map(|link| format!("unlisted {link:?}")),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn planted_boilerplate_goes_and_lookalikes_stay() {
    let demo = demo();
    let mut wrong = Vec::new();
    for [id, class, line] in table("stripped.tsv") {
        let article = text(&demo.documents[&id], "text");
        let cut = demo.stripped.iter().any(|(of, text)| *of == id && text.contains(&line));
        let right = match class.as_str() {
            "keep" => article.contains(&line),
            // Stays for people, takes no part in matching.
            "dateline" => {
                article.contains(&line) && demo.documents[&id]["unmatched"] != serde_json::json!([])
            }
            _ => cut || is_flagged(&demo.documents[&id], &line) || is_title(&demo.documents[&id], &line),
        };
        if !right {
            wrong.push(format!("{id} ({class}): {line}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A bare headline that nothing corroborates stays in the article, flagged.
fn is_flagged(document: &Value, line: &str) -> bool {
    document["flags"].as_array().unwrap().iter().any(|flag| flag["text"] == line)
}

fn is_title(document: &Value, line: &str) -> bool {
    document["title"] == line
}
