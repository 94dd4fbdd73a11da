//! Whatever is wrong with an input is said with file, line and reason, and the run goes on.

use std::fs::File;
use std::io::{Write, copy, repeat};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::harness::{finish, home, ids, prose, records, row, run, unecho};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn bad_input_is_rejected_with_file_line_and_reason() {
    let good = prose(1, 80);
    let nul = format!("{good}\0{good}");
    let lines = [
        row("good", &prose(2, 80)),
        "{\"id\": \"cut\", \"text\": \"no end\n".to_owned(),
        "[1, 2]\n".to_owned(),
        "{\"id\": \"no-text\"}\n".to_owned(),
        "{\"id\": \"number\", \"text\": 5}\n".to_owned(),
        row("blank", "  \n "),
        row("nul", "a\0b"),
        "{\"text\": \"\\ud800\"}\n".to_owned(),
    ]
    .concat();
    let mut raw_lines = lines.into_bytes();
    raw_lines.extend(b"{\"text\": \"\xff\xfe\"}\n");
    let mut cut = gzip(good.as_bytes());
    cut.truncate(cut.len() / 2);
    let home = home(&[
        ("in/good.txt", good.as_bytes()),
        ("in/empty.txt", b""),
        ("in/blank.md", b" \n\t\n"),
        ("in/latin.txt", b"m\xb1\xb2\xb3 \xd7\xf7\xd7 q\xac\xbf\xaa is text in no charset"),
        ("in/nul.txt", nul.as_bytes()),
        ("in/image.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0"),
        ("in/cut.txt.gz", &cut),
        ("in/lines.jsonl", &raw_lines),
    ]);
    let outcome = run(home.path(), ["ingest", "in", "absent.txt", "--out", "out"]).ended(3);
    assert!(outcome.stderr.contains("rejected in/lines.jsonl:2: malformed-json"), "{}", outcome.stderr);
    let out = home.path().join("out");
    let rejected = records(&out, "rejected");
    let found: Vec<(String, Option<u64>, String)> = rejected
        .iter()
        .map(|record| {
            let text = |field: &str| record[field].as_str().unwrap().to_owned();
            assert!(!text("detail").is_empty(), "{record}");
            (text("path"), record["line"].as_u64(), text("reason"))
        })
        .collect();
    let expect = [
        ("absent.txt", None, "unreadable"),
        ("in/blank.md", None, "empty"),
        ("in/cut.txt.gz", None, "damaged"),
        ("in/empty.txt", None, "empty"),
        ("in/image.txt", None, "binary"),
        ("in/latin.txt", None, "invalid-encoding"),
        ("in/lines.jsonl", Some(2), "malformed-json"),
        ("in/lines.jsonl", Some(3), "malformed-json"),
        ("in/lines.jsonl", Some(4), "bad-field"),
        ("in/lines.jsonl", Some(5), "bad-field"),
        ("in/lines.jsonl", Some(6), "empty"),
        ("in/lines.jsonl", Some(7), "nul-bytes"),
        ("in/lines.jsonl", Some(8), "malformed-json"),
        ("in/lines.jsonl", Some(9), "invalid-encoding"),
        ("in/nul.txt", None, "nul-bytes"),
    ]
    .map(|(path, line, reason)| (path.to_owned(), line, reason.to_owned()));
    assert_eq!(found, expect);
    assert_eq!(ids(&records(&out, "data")), ["good", "good~2"]);
}

#[test]
fn one_line_of_64_megabytes_is_rejected_and_the_next_is_read() {
    let home = home(&[]);
    let mut file = File::create(home.path().join("big.jsonl")).unwrap();
    file.write_all(b"{\"id\": \"big\", \"text\": \"").unwrap();
    copy(&mut std::io::Read::take(repeat(b'x'), 64 << 20), &mut file).unwrap();
    file.write_all(b"\"}\n").unwrap();
    file.write_all(row("small", &prose(1, 50)).as_bytes()).unwrap();
    drop(file);
    run(home.path(), ["ingest", "big.jsonl", "--out", "out"]).ended(3);
    let rejected = records(&home.path().join("out"), "rejected");
    assert_eq!((rejected[0]["line"].as_u64(), rejected[0]["reason"].as_str()), (Some(1), Some("too-large")));
    assert_eq!(ids(&records(&home.path().join("out"), "data")), ["small"]);
}

#[test]
fn every_format_and_compression_gives_the_same_text() {
    let text = prose(9, 120);
    let page = format!(
        "<!doctype html><html><head><title>T</title></head><body><article><p>{text}</p></article></body></html>"
    );
    let line = row("line", &text);
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 3).unwrap();
    let home = home(&[
        ("in/a.txt", text.as_bytes()),
        ("in/b.md", text.as_bytes()),
        ("in/c.html", page.as_bytes()),
        ("in/d.jsonl", line.as_bytes()),
        ("in/e.txt.gz", &gzip(text.as_bytes())),
        ("in/f.jsonl.zst", &zstd(row("packed", &text).as_bytes())),
        ("in/g.html.zst", &zstd(page.as_bytes())),
        ("in/h.md.gz", &[gzip(&text.as_bytes()[..200]), gzip(&text.as_bytes()[200..])].concat()),
    ]);
    let outcome = run(home.path(), ["normalize", "in"]).ended(0);
    let documents: Vec<Value> =
        outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(ids(&documents), ["a", "b", "c", "line", "e", "packed", "g", "h"]);
    for document in &documents {
        assert_eq!(document["text"], text.as_str(), "{}", document["id"]);
        assert_eq!(document["digest"], documents[0]["digest"]);
    }
}

#[test]
fn globs_standard_input_and_another_text_field() {
    let home = home(&[("a1.txt", prose(1, 50).as_bytes()), ("a2.txt", prose(2, 50).as_bytes())]);
    let outcome = run(home.path(), ["normalize", "a*.txt"]).ended(0);
    assert_eq!(outcome.stdout.lines().count(), 2);

    let line = format!("{}\n", serde_json::json!({ "body": prose(3, 50), "url": "https://x.example/" }));
    std::fs::write(home.path().join("line"), line).unwrap();
    let mut command = unecho(home.path());
    command
        .args(["normalize", "-", "--text-field", "body"])
        .stdin(File::open(home.path().join("line")).unwrap());
    let outcome = finish(&mut command).ended(0);
    let document: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((&document["id"], &document["url"]), (&"stdin:1".into(), &"https://x.example/".into()));
}
