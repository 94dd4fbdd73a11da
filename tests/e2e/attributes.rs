//! Attribute files of the toolkit dolma: what is said of the lines of inputs.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{home, prose, records, row, run, tree};

/// Lines as a file of gzip.
fn gzip(lines: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(lines.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// The attribute rows of a file of gzip.
fn attributes(file: &Path) -> Vec<Value> {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(fs::File::open(file).unwrap()).read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What holds of a row, by name.
fn holds(row: &Value) -> BTreeMap<String, Value> {
    let all = row["attributes"].as_object().unwrap();
    let names: Vec<&str> = all.keys().map(String::as_str).collect();
    for name in ["duplicate", "exact", "near", "contained", "rewrite", "copies", "boilerplate", "rejected"] {
        assert!(names.contains(&format!("unecho__{name}").as_str()), "every row has {name}: {names:?}");
    }
    all.iter()
        .filter(|(_, value)| **value != json!([]))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The end of all spans of an attribute, in characters of `text`, as text.
fn parts(row: &Value, name: &str, text: &str) -> Vec<String> {
    let spans = row["attributes"][name].as_array().unwrap();
    let part = |span: &Value| {
        let (start, end) = (span[0].as_u64().unwrap() as usize, span[1].as_u64().unwrap() as usize);
        text.chars().skip(start).take(end - start).collect()
    };
    spans.iter().map(part).collect()
}

#[test]
fn every_line_of_the_inputs_has_its_row() {
    let (story, other) = (prose(1, 160), prose(2, 120));
    // Not in NFC, with a no-break space and characters that are no text: places are those of the input.
    let credited = format!(
        "Cafe\u{301}s\u{a0}re\u{301}ope\u{301}n\u{feff}ed today.\n{other}\nThis content originally appeared on The Gazette.\n"
    );
    let first = [
        row("first", &story),
        row("credited", &credited),
        "{\"id\": \"empty\", \"text\": \" \"}\n".to_owned(),
    ]
    .concat();
    let second = [
        "no json\n".to_owned(),
        row("first", &story),
        format!("{}\n", json!({"id": 7, "text": prose(3, 90)})),
    ]
    .concat();
    let home = home(&[
        ("set/documents/a/0.json.gz", &gzip(&first)),
        ("set/documents/b/0.json.gz", &gzip(&second)),
        ("set/documents/note.txt", prose(9, 80).as_bytes()),
    ]);
    let args = ["ingest", "set", "--out", "out", "--attributes", "dolma", "--keep", "first"];
    run(home.path(), args).ended(3);
    let out = home.path().join("out");
    let a = attributes(&out.join("dolma/attributes/unecho/a/0.json.gz"));
    let b = attributes(&out.join("dolma/attributes/unecho/b/0.json.gz"));
    let ids = |rows: &[Value]| rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&a), [json!("first"), json!("credited"), json!("empty")]);
    assert_eq!(ids(&b), [json!(null), json!("first"), json!(7)], "ids are as they stand there");
    let all = story.chars().count();
    assert_eq!(holds(&a[0]), BTreeMap::from([("unecho__copies".to_owned(), json!([[0, all, 1.0]]))]));
    assert_eq!(holds(&a[2]).keys().collect::<Vec<_>>(), ["unecho__rejected"]);
    assert_eq!(holds(&b[0]).keys().collect::<Vec<_>>(), ["unecho__rejected"]);
    let copy = json!([[0, all, 1.0]]);
    assert_eq!(
        holds(&b[1]),
        BTreeMap::from([("unecho__duplicate".to_owned(), copy.clone()), ("unecho__exact".to_owned(), copy)])
    );
    assert_eq!(holds(&b[2]), BTreeMap::new());
    assert_eq!(holds(&a[1]).keys().collect::<Vec<_>>(), ["unecho__boilerplate"]);
    assert_eq!(
        parts(&a[1], "unecho__boilerplate", &credited),
        ["This content originally appeared on The Gazette."]
    );
    // They are files of the result like others.
    run(home.path(), ["verify", "out", "--read-data"]).ended(0);
    let whole = tree(&out);
    run(home.path(), [&args[..], &["--threads", "1"]].concat()).ended(3);
    assert_eq!(tree(&out), whole);
    assert_eq!(records(&out, "data").len(), 4, "and the records are as without");
    let file = out.join("dolma/attributes/unecho/b/0.json.gz");
    let mut bytes = fs::read(&file).unwrap();
    bytes[20] ^= 1;
    fs::write(&file, bytes).unwrap();
    let damaged = run(home.path(), ["verify", "out"]).ended(12);
    assert!(damaged.stderr.contains("b/0.json.gz") || damaged.stdout.contains("b/0.json.gz"));
}

#[test]
fn files_of_one_object_have_one_row_and_do_not_hide_those_that_follow() {
    let array = format!("[{}, {}]", row("x", &prose(5, 90)).trim_end(), row("y", &prose(6, 90)).trim_end());
    let spread = format!("{{\n\"id\": \"z\",\n\"text\": {}\n}}\n", json!(prose(7, 90)));
    let lines = [row("a", &prose(1, 90)), row("b", &prose(2, 90))].concat();
    let home = home(&[
        ("documents/0.json.gz", &gzip(&row("one", &prose(3, 90)))),
        ("documents/1.json.gz", &gzip(&array)),
        ("documents/2.json.gz", &gzip(&spread)),
        ("documents/3.jsonl.gz", &gzip(&lines)),
    ]);
    run(home.path(), ["ingest", "documents", "--out", "out", "--attributes", "dolma"]).ended(0);
    let rows = |name: &str| {
        let rows = attributes(&home.path().join("out/dolma/attributes/unecho").join(name));
        rows.iter().map(|row| (row["id"].clone(), holds(row))).collect::<Vec<_>>()
    };
    assert_eq!(rows("0.json.gz"), [(json!("one"), BTreeMap::new())]);
    assert_eq!((rows("1.json.gz"), rows("2.json.gz")), (vec![], vec![]), "they have no lines");
    assert_eq!(rows("3.jsonl.gz"), [(json!("a"), BTreeMap::new()), (json!("b"), BTreeMap::new())]);
}

#[test]
fn inputs_without_a_place_for_attributes_are_refused_at_once() {
    let home =
        home(&[("x/a.jsonl", row("a", &prose(1, 90)).as_bytes()), ("x/b.txt", prose(2, 90).as_bytes())]);
    let ingest = |inputs: &[&str]| {
        let args = [&["ingest"], inputs, &["--out", "out", "--attributes", "dolma"]].concat();
        run(home.path(), args)
    };
    let refused = ingest(&["x/b.txt"]).ended(2);
    assert!(refused.stderr.contains("no input is one"), "{}", refused.stderr);
    assert!(!home.path().join("out").exists());
    ingest(&["x"]).ended(0);
    assert_eq!(tree(&home.path().join("out/dolma")).len(), 1);
}
