//! What a run leaves, and what it never touches.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::harness::{home, ids, prose, records, row, run, summary, tree};

/// A small corpus with a copy of every easy kind and something to reject.
fn mixed() -> tempfile::TempDir {
    let (a, b, c) = (prose(1, 200), prose(2, 150), prose(3, 120));
    let feed = [
        row("exact-1", &a),
        row("exact-2", &a.to_uppercase()),
        row("near", &a.replacen(' ', " very ", 1)),
        row("alone", &b),
        "not json\n".to_owned(),
        row("twice", &c),
        row("twice", &prose(4, 90)),
    ]
    .concat();
    home(&[
        ("in/feed.jsonl", feed.as_bytes()),
        ("in/round-up.txt", format!("{b}\n\n{c}\n").as_bytes()),
        ("in/empty.txt", b""),
        ("in/photo.jpg", b"ignored"),
    ])
}

#[test]
fn every_document_is_in_exactly_one_file_and_all_are_counted() {
    let home = mixed();
    run(home.path(), ["ingest", "in", "--out", "out"]).ended(3);
    let out = home.path().join("out");
    let files = [records(&out, "data"), records(&out, "dropped"), records(&out, "rejected")];
    let [kept, dropped, rejected] = files.each_ref().map(Vec::len);
    let counts = &summary(&out)["documents"];
    assert_eq!(*counts, json!({ "read": 9, "kept": kept, "dropped": dropped, "rejected": rejected }));
    assert_eq!((kept + dropped, rejected), (7, 2));
    let all: Vec<&str> = files.iter().flat_map(|records| ids(records)).collect();
    let distinct: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(all.len(), distinct.len(), "{all:?}");
    assert!(distinct.contains("twice~2"), "a repeated id gets a suffix: {all:?}");
    assert_eq!(summary(&out)["files_skipped"], 1);
}

#[test]
fn records_have_the_documented_fields() {
    let home = mixed();
    run(home.path(), ["ingest", "in", "--out", "out"]).ended(3);
    let out = home.path().join("out");
    let has = |record: &Value, fields: &[&str]| {
        for field in fields {
            assert!(record.get(field).is_some(), "{field} in {record}");
        }
    };
    let document =
        ["id", "text", "title", "url", "source", "date", "lang", "attributions", "digest", "metadata"];
    for record in records(&out, "data") {
        has(&record, &document);
        has(&record, &["copies", "possible_copies"]);
    }
    for record in records(&out, "dropped") {
        has(&record, &document);
        has(&record, &["kept_id", "kind", "scores", "passages", "reason"]);
    }
    for record in records(&out, "rejected") {
        has(&record, &document);
        has(&record, &["path", "line", "reason", "detail", "bytes"]);
    }
    let manifest: Value = serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    for (kind, folder) in [("kept", "data"), ("dropped", "dropped"), ("rejected", "rejected")] {
        let known = manifest["schemas"][kind].as_array().unwrap();
        let known: Vec<&str> = known.iter().map(|field| field["name"].as_str().unwrap()).collect();
        for record in records(&out, folder) {
            assert!(
                record.as_object().unwrap().keys().all(|name| known.contains(&name.as_str())),
                "{record}"
            );
        }
    }
    for record in records(&out, "ledger/links") {
        has(&record, &["a", "b", "kind", "accepted", "scores", "passages", "reason"]);
    }
}

#[test]
fn what_is_rejected_keeps_what_its_input_said_of_it() {
    let row = json!({
        "id": "blank", "text": " ", "title": "A title", "url": "https://a.example/1", "source": "Alpha",
        "date": "May 1, 2024", "section": "news"
    });
    let feed = [format!("{row}\n"), row_of_article(), "{\"id\": \n".to_owned()].concat();
    let home = home(&[("feed.jsonl", feed.as_bytes())]);
    run(home.path(), ["ingest", "feed.jsonl", "--out", "out"]).ended(3);
    run(home.path(), ["ingest", "feed.jsonl", "--out", "lines", "--format", "jsonl"]).ended(3);
    let out = home.path().join("out");
    let rejected = records(&out, "rejected");
    assert_eq!(
        rejected[0],
        json!({
            "id": "blank", "text": row.to_string(), "title": "A title", "url": "https://a.example/1", "source": "Alpha",
            "date": "May 1, 2024", "lang": null, "script": null, "attributions": [], "flags": [], "unmatched": [],
            "digest": null, "path": "feed.jsonl", "line": 1, "metadata": { "section": "news" },
            "reason": "empty", "detail": "field `text` has no text", "bytes": row.to_string().len()
        })
    );
    assert_eq!((&rejected[1]["text"], &rejected[1]["url"]), (&json!("{\"id\": "), &Value::Null));
    let fields = |folder: &str| -> Vec<String> {
        let shard =
            fs::read_dir(home.path().join("lines").join(folder)).unwrap().next().unwrap().unwrap().path();
        let text = fs::read_to_string(shard).unwrap();
        let fields = text.lines().next().unwrap().match_indices("\":").map(|(end, _)| {
            let name = &text[..end];
            name[name.rfind('"').unwrap() + 1..].to_owned()
        });
        fields.filter(|name| !name.ends_with('\\')).take_while(|name| name != "metadata").collect()
    };
    assert_eq!(fields("rejected"), fields("data"), "the same fields in the same order");
}

fn row_of_article() -> String {
    row("whole", &prose(6, 60))
}

#[test]
fn the_keeper_carries_the_provenance_of_its_copies() {
    let text = prose(1, 100);
    let rows = [
        json!({ "id": "a", "text": text, "url": "https://a.example/1", "source": "Alpha", "date": "2024-05-01" }),
        json!({ "id": "b", "text": text, "url": "https://b.example/2", "source": "Beta", "date": "2024-05-02" }),
    ]
    .map(|row| format!("{row}\n"))
    .concat();
    let home = home(&[("feed.jsonl", rows.as_bytes())]);
    run(home.path(), ["ingest", "feed.jsonl", "--out", "out"]).ended(0);
    let kept = records(&home.path().join("out"), "data");
    assert_eq!(ids(&kept), ["a"], "the earlier one stays");
    let copy = &kept[0]["copies"][0];
    assert_eq!(
        *copy,
        json!({
            "id": "b", "kind": "exact", "url": "https://b.example/2", "source": "Beta", "date": "2024-05-02",
            "path": "feed.jsonl", "line": 2
        })
    );
}

#[test]
fn fields_of_the_input_come_out_again() {
    let row = json!({
        "id": 7, "text": prose(5, 60), "title": "A title", "lang": "xx", "section": ["a", { "deep": 1.5 }], "n": null
    });
    let home = home(&[("feed.jsonl", format!("{row}\n").as_bytes())]);
    run(home.path(), ["ingest", "feed.jsonl", "--out", "out"]).ended(0);
    let kept = records(&home.path().join("out"), "data");
    assert_eq!(kept[0]["id"], "7");
    assert_eq!(kept[0]["title"], "A title");
    assert_eq!(kept[0]["metadata"]["section"], json!(["a", { "deep": 1.5 }]));
}

#[test]
fn verify_finds_a_changed_byte_and_says_so() {
    let home = mixed();
    run(home.path(), ["ingest", "in", "--out", "out"]).ended(3);
    let good = run(home.path(), ["verify", "out"]).ended(0);
    assert!(good.stdout.contains("as the manifest says"), "{}", good.stdout);
    let file = home.path().join("out/summary.json");
    let mut bytes = fs::read(&file).unwrap();
    bytes[10] ^= 1;
    fs::write(&file, bytes).unwrap();
    let bad = run(home.path(), ["verify", "out"]).ended(12);
    assert!(bad.stdout.starts_with("summary.json: "), "{}", bad.stdout);
    assert!(bad.stderr.contains("hint: "), "{}", bad.stderr);
}

#[test]
fn a_folder_that_is_not_ours_is_never_touched() {
    let home = mixed();
    fs::create_dir(home.path().join("thesis")).unwrap();
    fs::write(home.path().join("thesis/draft.txt"), "years of work").unwrap();
    let before = tree(home.path());
    for out in ["thesis", "in", "in/feed.jsonl"] {
        let refused = run(home.path(), ["ingest", "in", "--out", out]).ended(2);
        assert!(
            refused.stderr.contains("error: ") && refused.stderr.contains("hint: "),
            "{}",
            refused.stderr
        );
    }
    assert_eq!(tree(home.path()), before);
}

#[test]
fn the_same_command_again_gives_the_same_bytes() {
    let home = mixed();
    run(home.path(), ["ingest", "in", "--out", "out"]).ended(3);
    let first = tree(&home.path().join("out"));
    run(home.path(), ["ingest", "in", "--out", "out"]).ended(3);
    assert_eq!(tree(&home.path().join("out")), first);
}

#[test]
fn events_are_json_lines_on_stdout() {
    let home = mixed();
    let outcome = run(home.path(), ["ingest", "in", "--out", "out", "--json"]).ended(3);
    assert_eq!(outcome.stderr, "");
    let events: Vec<Value> = outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let named = |name: &str| events.iter().filter(|event| event["event"] == name).count();
    assert_eq!((named("rejected"), named("published")), (2, 1));
    assert!(named("started") >= 5 && named("started") == named("finished"));
}

#[test]
fn quiet_says_nothing() {
    let home = mixed();
    let outcome = run(home.path(), ["ingest", "-q", "in", "--out", "out"]).ended(3);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""));
}

#[test]
fn verbose_says_what_each_stage_did() {
    let home = mixed();
    let plain = run(home.path(), ["ingest", "in", "--out", "out"]).ended(3).stderr;
    let once = run(home.path(), ["ingest", "-v", "in", "--out", "out"]).ended(3).stderr;
    let twice = run(home.path(), ["ingest", "-vv", "in", "--out", "out"]).ended(3).stderr;
    for said in ["planned", "proposed by fingerprints", "proposed by rare words", "compared", "published"] {
        assert!(once.contains(said) && !plain.contains(said), "{said} in {once}");
    }
    assert!(twice.contains("linked a=\"exact-1\" b=\"exact-2\""), "{twice}");
    assert!(twice.contains("in/round-up.txt") && !once.contains("round-up.txt"), "{twice}");
}

#[test]
fn a_result_among_the_inputs_is_not_read_again() {
    let home = mixed();
    run(home.path(), ["ingest", "in", "--out", "in/out"]).ended(3);
    let first = records(&home.path().join("in/out"), "data");
    run(home.path(), ["ingest", "in", "--out", "in/out"]).ended(3);
    assert_eq!(records(&home.path().join("in/out"), "data"), first);
}

#[test]
fn every_format_holds_the_same_records() {
    let home = mixed();
    let mut expected = None;
    for format in ["jsonl.zst", "jsonl.gz", "jsonl", "parquet"] {
        run(home.path(), ["ingest", "in", "--out", format, "--format", format]).ended(3);
        let checked = run(home.path(), ["verify", "--read-data", format]).ended(0);
        assert!(checked.stdout.contains("every record read"), "{}", checked.stdout);
        let out = home.path().join(format);
        let manifest: Value = serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
        let files = manifest["files"].as_array().unwrap().iter().filter(|file| file["rows"].is_u64());
        let rows: Vec<Value> = files.map(|file| json!([file["rows"], file["rows_digest"]])).collect();
        assert_eq!(rows.len(), 5);
        let explained = run(home.path(), ["explain", "--out", format, "exact-1", "near"]).ended(0).stdout;
        let found = (rows, explained.replace(format, "OUT"));
        assert_eq!(expected.get_or_insert_with(|| found.clone()), &found, "{format}");
        assert!(out.join(format!("data/train-00000-of-00001.{format}")).is_file());
    }
}

#[test]
fn the_page_of_a_finished_output_can_be_made_anew() {
    let home = mixed();
    for format in ["jsonl.zst", "parquet"] {
        run(home.path(), ["ingest", "in", "--out", "out", "--format", format]).ended(3);
        let page = fs::read_to_string(home.path().join("out/report.html")).unwrap();
        assert_eq!(run(home.path(), ["report", "out"]).ended(0).stdout, page);
        run(home.path(), ["report", "out", "-o", "page.html"]).ended(0);
        assert_eq!(fs::read_to_string(home.path().join("page.html")).unwrap(), page);
    }
    run(home.path(), ["report", "absent"]).ended(10);
}
