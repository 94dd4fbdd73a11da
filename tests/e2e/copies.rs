//! Who is dropped for whom.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::harness::{home, ids, prose, records, row, run};

fn ingest(rows: &[(&str, &str)], flags: &[&str]) -> (tempfile::TempDir, std::path::PathBuf) {
    let feed: String = rows.iter().map(|(id, text)| row(id, text)).collect();
    let home = home(&[("feed.jsonl", feed.as_bytes())]);
    run(home.path(), ["ingest", "feed.jsonl", "--out", "out"].iter().chain(flags)).ended(0);
    let out = home.path().join("out");
    (home, out)
}

fn fates(out: &std::path::Path) -> BTreeMap<String, String> {
    let mut fates = BTreeMap::new();
    for kept in records(out, "data") {
        fates.insert(kept["id"].as_str().unwrap().to_owned(), "kept".to_owned());
    }
    for dropped in records(out, "dropped") {
        let text = |field: &str| dropped[field].as_str().unwrap().to_owned();
        fates.insert(text("id"), format!("{} of {}", text("kind"), text("kept_id")));
    }
    fates
}

#[test]
fn a_chain_does_not_drop_its_far_end() {
    let (first, second) = (prose(1, 150), prose(2, 150));
    let both = format!("{first}\n{second}");
    let rows = [("a", first.as_str()), ("b", &both), ("c", &second)];
    let (_home, out) = ingest(&rows, &["--keep", "first", "--ledger", "all"]);
    let fates = fates(&out);
    assert_eq!(
        (fates["a"].as_str(), fates["b"].as_str(), fates["c"].as_str()),
        ("kept", "contained of a", "kept")
    );
    let (_home, out) = ingest(&rows, &["--keep", "longest"]);
    let fates = self::fates(&out);
    assert_eq!((fates["a"].as_str(), fates["c"].as_str()), ("contained of b", "contained of b"));
}

#[test]
fn every_drop_has_its_own_accepted_link_and_true_passages() {
    let text = prose(1, 200);
    let near = text.replacen(' ', " oddly ", 3);
    let rows = [("a", text.as_str()), ("b", &near), ("c", &text), ("d", &prose(2, 200))];
    let (_home, out) = ingest(&rows, &[]);
    let links = records(&out, "ledger/links");
    let texts: BTreeMap<String, Value> = records(&out, "data")
        .into_iter()
        .chain(records(&out, "dropped"))
        .map(|record| (record["id"].as_str().unwrap().to_owned(), record["text"].clone()))
        .collect();
    let dropped = records(&out, "dropped");
    assert_eq!(dropped.len(), 2);
    for record in &dropped {
        let (id, kept_id) = (record["id"].as_str().unwrap(), record["kept_id"].as_str().unwrap());
        let of_pair = |link: &&Value| {
            let ends = (link["a"].as_str().unwrap(), link["b"].as_str().unwrap());
            link["accepted"] == true && (ends == (id, kept_id) || ends == (kept_id, id))
        };
        assert!(links.iter().any(|link| of_pair(&link)), "{id}");
        let slice = |id: &str, span: &Value| {
            let text = texts[id].as_str().unwrap();
            text[span[0].as_u64().unwrap() as usize..span[1].as_u64().unwrap() as usize].to_lowercase()
        };
        let passages = record["passages"].as_array().unwrap();
        assert!(!passages.is_empty());
        for passage in passages {
            assert_eq!(slice(id, &passage["a"]), slice(kept_id, &passage["b"]));
        }
    }
}

#[test]
fn actions_by_kind() {
    let text = prose(1, 200);
    let near = text.replacen(' ', " oddly ", 3);
    let rows = [("a", text.as_str()), ("b", &near)];
    let (_home, out) = ingest(&rows, &["--on", "near=tag"]);
    let kept = records(&out, "data");
    assert_eq!(ids(&kept), ["a", "b"]);
    assert_eq!(kept[0]["possible_copies"][0]["id"], "b");
    let (_home, out) = ingest(&rows, &["--on", "near=ignore"]);
    assert_eq!(records(&out, "data")[0]["possible_copies"], serde_json::json!([]));
    let (_home, out) = ingest(&rows, &["--near", "1"]);
    assert_ne!(fates(&out)["b"], "near of a");
}

#[test]
fn short_texts_do_not_collapse() {
    let texts =
        ["One.", "Two.", "Three four.", "Five six.", "Seven eight nine ten.", "Seven eight nine eleven."];
    let rows: Vec<(String, &str)> =
        texts.iter().enumerate().map(|(at, text)| (format!("d{at}"), *text)).collect();
    let rows: Vec<(&str, &str)> = rows.iter().map(|(id, text)| (id.as_str(), *text)).collect();
    let (_home, out) = ingest(&rows, &[]);
    assert_eq!(records(&out, "data").len(), texts.len());
    let (_home, out) = ingest(&[("a", "One."), ("b", "one")], &[]);
    assert_eq!(fates(&out)["b"], "exact of a");
}

#[test]
fn many_copies_of_one_text_are_all_dropped_for_one() {
    let text = prose(1, 120);
    let rows: Vec<(String, String)> =
        (0..300).map(|at| (format!("d{at:03}"), text.replacen(' ', &format!(" n{at} "), 1))).collect();
    let rows: Vec<(&str, &str)> = rows.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    let (_home, out) = ingest(&rows, &[]);
    assert_eq!(records(&out, "data").len(), 1, "{:?}", fates(&out));
}

#[test]
fn preferred_publishers_are_kept() {
    let text = prose(1, 120);
    let rows: String = ["Alpha", "Beta", "Gamma"]
        .map(|source| format!("{}\n", serde_json::json!({ "id": source, "source": source, "text": text })))
        .concat();
    let home = home(&[("feed.jsonl", rows.as_bytes()), ("best.txt", b"Gamma\nBeta\n")]);
    for (keep, expect) in
        [("source:best.txt", "Gamma"), ("first", "Alpha"), ("complete,source:best.txt", "Gamma")]
    {
        run(home.path(), ["ingest", "feed.jsonl", "--out", "out", "--keep", keep]).ended(0);
        assert_eq!(ids(&records(&home.path().join("out"), "data")), [expect], "{keep}");
    }
}

#[test]
fn preferred_publishers_may_be_written_as_people_write_them() {
    let text = prose(1, 120);
    let rows: String = ["Alpha", "aljazeera.com"]
        .map(|source| format!("{}\n", serde_json::json!({ "id": source, "source": source, "text": text })))
        .concat();
    let home = home(&[("feed.jsonl", rows.as_bytes()), ("best.txt", b"Al Jazeera English\n")]);
    run(home.path(), ["ingest", "feed.jsonl", "--out", "out", "--keep", "source:best.txt"]).ended(0);
    assert_eq!(ids(&records(&home.path().join("out"), "data")), ["aljazeera.com"]);
}

#[test]
fn half_an_article_in_other_text_is_named_and_dropped_only_by_its_own_word() {
    let article = prose(1, 294);
    let half: String = article.split_inclusive(". ").take(12).collect();
    let round_up = format!("{}\n{}\n{}", prose(2, 98), half.trim_end(), prose(3, 154));
    let fates_with = |source: Option<&str>, claim: &str| {
        let rows = [
            serde_json::json!({ "id": "article", "source": source, "text": article }),
            serde_json::json!({ "id": "round-up", "text": format!("{round_up}{claim}") }),
        ];
        let home = home(&[("feed.jsonl", rows.map(|row| format!("{row}\n")).concat().as_bytes())]);
        run(home.path(), ["ingest", "feed.jsonl", "--out", "out"]).ended(0);
        let out = home.path().join("out");
        (fates(&out), records(&out, "data"))
    };
    let (fates, kept) = fates_with(None, "");
    assert_eq!((fates["article"].as_str(), fates["round-up"].as_str()), ("kept", "kept"));
    assert_eq!(kept[0]["possible_copies"][0]["id"], "round-up");
    assert_eq!(kept[0]["possible_copies"][0]["kind"], "contained");
    assert_eq!(kept[1]["possible_copies"][0]["id"], "article");
    // A text that says whose story it is may be dropped for it, however the publisher's name is written.
    let claim = "\nThis content originally appeared on Harbour Courier.";
    let (fates, _) = fates_with(Some("harbourcourier"), claim);
    assert_eq!(fates["round-up"], "contained of article");
}

#[test]
fn one_form_with_other_facts_is_no_copy() {
    let notice = |who: &str, lane: &str, number: u32, case: u32| {
        format!(
            "The district court of {who} has set the date of the public auction of the mill at {number} {lane} lane. \
             Bidders must register with the clerk and leave a deposit of one tenth of the estimate before the hearing \
             begins. Case number {case}."
        )
    };
    let texts: Vec<(String, String)> = (0..200_u32)
        .map(|at| {
            let (who, lane) = (prose(u64::from(at) + 1, 1), prose(u64::from(at) + 500, 1));
            (format!("n{at}"), notice(&who, &lane, 3 + at * 7, 40_000 + at * 13))
        })
        .collect();
    let rows: Vec<(&str, &str)> = texts.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    let (_home, out) = ingest(&rows, &[]);
    assert_eq!(records(&out, "data").len(), texts.len());
    assert!(crate::harness::summary(&out)["mismatches_by_kind"]["template"].as_u64() > Some(0));
}
