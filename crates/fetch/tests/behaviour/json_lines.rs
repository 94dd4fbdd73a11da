//! JSON lines and JSON files, good and bad.

use std::io::Cursor;

use unecho_fetch::{Config, Fetched, Limits};

use crate::{Folder, Repeated, check, check_with, read_all, shown, source_of, tiny};

#[test]
fn lines_are_documents_with_their_line_number() {
    check(
        "a.jsonl",
        b"{\"text\":\"one\"}\n{\"id\":\"x\",\"text\":\"two\"}\n\n  \r\n{\"id\":5,\"text\":\"three\"}",
        &["a:1:: one", "x:: two", "5:: three"],
    );
    check("a.ndjson", b"{\"text\":\"one\"}\r\n{\"text\":\"two\"}\r\n", &["a:1:: one", "a:2:: two"]);
    check("a.jsonl", b"\xef\xbb\xbf{\"text\":\"one\"}\n", &["a:1:: one"]);
    check("a.jsonl", "{\"text\":\"a\u{2028}b\u{85}c\"}\n".as_bytes(), &["a:1:: a\u{2028}b\u{85}c"]);
    check("a.jsonl", "\u{a0}\u{3000}\n{\"text\":\"one\"}\n".as_bytes(), &["a:2:: one"]);
}

#[test]
fn a_bad_line_is_rejected_and_the_next_is_read() {
    check(
        "a.jsonl",
        b"nonsense\n{\"text\":\"one\"}\n{\"text\":\"\xff\"}\n{\"text\":1}\n{\"text\":\"two\"}\n\0\0\0\n{\"text\":\"three\"}\n{\"tex",
        &[
            "! a:1@1 malformed-json: expected ident at column 2",
            "a:2:: one",
            "! a:3@3 invalid-encoding: no UTF-8 at column 10",
            "! a:4@4 bad-field: invalid type: integer `1`, expected a string in field `text` at column 9",
            "a:5:: two",
            "! a:6@6 nul-bytes: a NUL byte at column 1",
            "a:7:: three",
            "! a:8@8 malformed-json: EOF while parsing a string at column 5",
        ],
    );
}

#[test]
fn a_file_without_a_line_is_rejected() {
    check("a.jsonl", b"", &["! a empty: the file has no line with content"]);
    check("a.jsonl", b"\n \r\n\n", &["! a empty: the file has no line with content"]);
    check("a.json", b"\xef\xbb\xbf", &["! a empty: the file has no line with content"]);
}

#[test]
fn a_file_that_is_something_else_is_rejected_once() {
    check("a.jsonl", b"\x89PNG\r\n\x1a\n\n\n", &["! a binary: looks like a PNG image"]);
    check(
        "a.json",
        b"PK\x03\x04\n\n",
        &["! a damaged: the ZIP archive is damaged: invalid Zip archive: Could not find EOCD"],
    );
    let utf16: Vec<u8> = "\u{feff}{\"text\":\"a\"}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let expect = ["! a invalid-encoding: looks like UTF-16 or UTF-32: JSON must be UTF-8"];
    check("a.jsonl", &utf16, &expect);
    check("a.jsonl", &utf16[2..], &expect);
}

#[test]
fn a_line_over_the_limit_is_rejected_wherever_batches_end() {
    for batch_bytes in [1, 5, 40, 1000] {
        let limits = Limits { line_bytes_max: 20, batch_bytes, ..Limits::default() };
        let config = Config { limits, ..Config::default() };
        let long = "{\"text\":\"123456789\"}x";
        let content = format!("{}\n{long}\n{{\"text\":\"b\"}}\n{long}{long}", &long[..20]);
        check_with(
            &config,
            "a.jsonl",
            content.as_bytes(),
            &[
                "a:1:: 123456789",
                "! a:2@2 too-large: the line has 21 bytes, limit 20 (line_bytes_max)",
                "a:3:: b",
                "! a:4@4 too-large: the line has 42 bytes, limit 20 (line_bytes_max)",
            ],
        );
    }
}

#[test]
fn a_line_of_64_mb_is_skipped_in_little_memory() {
    let folder = Folder::with(&[("a.jsonl", b"")]);
    let limits = Limits { line_bytes_max: 1 << 20, ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    let content = Repeated {
        head: Cursor::new(b"{\"text\":\"a\"}\n{\"text\":\"".to_vec()),
        fill: b'x',
        fill_bytes: 64_000_000,
        tail: Cursor::new(b"\"}\n{\"text\":\"b\"}\n".to_vec()),
    };
    let reader = source_of(&folder, "a.jsonl").open_with(Box::new(content), &config);
    let mut found = Vec::new();
    reader.read(&mut |batch, _| {
        assert!(batch.bytes() <= 2 << 20);
        found.extend(batch.parse(&config));
        std::ops::ControlFlow::Continue(())
    });
    assert_eq!(
        found.iter().map(shown).collect::<Vec<_>>(),
        [
            "a:1:: a",
            "! a:2@2 too-large: the line has 64000011 bytes, limit 1048576 (line_bytes_max)",
            "a:3:: b",
        ]
    );
    let Fetched::Rejected(rejected) = &found[1] else { panic!("a rejection") };
    assert_eq!((rejected.bytes, rejected.excerpt.len()), (64_000_011, 4096));
}

#[test]
fn a_text_over_the_limit_is_rejected() {
    let limits = Limits { document_bytes_max: 3, ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    check_with(
        &config,
        "a.jsonl",
        b"{\"text\":\"abc\"}\n{\"text\":\"abcd\"}\n",
        &["a:1:: abc", "! a:2@2 too-large: the text has 4 bytes, limit 3 (document_bytes_max)"],
    );
}

#[test]
fn every_way_to_be_no_good_row_has_its_reason() {
    check("a.jsonl", b"[1]\n", &["! a:1@1 malformed-json: a JSON value, but no object"]);
    check(
        "a.jsonl",
        b"{\"text\":\"\\ud83d\"}\n",
        &["! a:1@1 malformed-json: unexpected end of hex escape at column 16"],
    );
    check(
        "a.jsonl",
        b"{\"text\":\"a\",\"text\":\"b\"}\n",
        &["! a:1@1 bad-field: field `text` occurs twice at column 18"],
    );
    check("a.jsonl", b"{\"text\":\"\"}\n", &["! a:1@1 empty: field `text` has no text"]);
    check(
        "a.jsonl",
        b"{\"text\":\"a\\u0000b\"}\n",
        &["! a:1@1 nul-bytes: field `text` has a NUL character at byte 2"],
    );
    check(
        "a.jsonl",
        b"{\"text\":\"a\",\"id\":\"tab\\t\"}\n",
        &["! a:1@1 bad-field: field `id`: an id must not hold control characters"],
    );
    let deep = format!("{{\"text\":\"a\",\"x\":{}", "[".repeat(100_000));
    check("a.jsonl", deep.as_bytes(), &["! a:1@1 malformed-json: recursion limit exceeded at column 143"]);
}

#[test]
fn what_comes_with_a_row_is_kept() {
    let folder = Folder::with(&[(
        "a.jsonl",
        br#"{"text":"a","url":"u","metadata":{"score":0.1,"tags":["x"]},"extra":null,"lang":null}"#,
    )]);
    let config = Config::default();
    let (fetched, _) = read_all(source_of(&folder, "a.jsonl").open(&config), &config);
    let [Fetched::Document(document)] = fetched.as_slice() else { panic!("{fetched:?}") };
    assert_eq!((document.origin.line, document.fields.url.as_deref()), (Some(1), Some("u")));
    assert_eq!(document.fields.lang, None);
    let metadata = serde_json::to_string(&document.fields.metadata).unwrap();
    assert_eq!(metadata, r#"{"extra":null,"score":0.1,"tags":["x"]}"#);
}

#[test]
fn a_json_file_may_be_lines_an_object_or_an_array() {
    check("a.json", b"{\"text\":\"one\"}\n{\"text\":\"two\"}\n", &["a:1:: one", "a:2:: two"]);
    check("a.json", b"{\n  \"text\": \"one\"\n}\n", &["a:: one"]);
    check("a.json", b"{\"text\":\"one\"}\n", &["a:: one"]);
    check(
        "a.json",
        b"{\"text\":1}",
        &["! a bad-field: invalid type: integer `1`, expected a string in field `text` at column 9"],
    );
    check(
        "a.json",
        b"\xef\xbb\xbf[\n{\"text\":\"one\"}, {\"text\":2},\n {\"id\":\"x\",\"text\":\"three\"}]\n",
        &[
            "a:1:: one",
            "! a:2@2 bad-field: invalid type: integer `2`, expected a string in field `text` at column 9",
            "x:: three",
        ],
    );
    check("a.json", b"[]", &["! a empty: the array is empty"]);
    check(
        "a.json",
        b"[{\"text\":\"one\"},\n",
        &["! a malformed-json: EOF while parsing a value at line 2 column 0"],
    );
    check(
        "a.json",
        b"{\"torn\n{\"text\":\"two\"}\n",
        &["! a:1@1 malformed-json: EOF while parsing a string at column 6", "a:2:: two"],
    );
    check(
        "a.json",
        b"{\n\"torn\n",
        &[
            "! a malformed-json: control character (\\u0000-\\u001F) found while parsing a string at line 3 column 0",
        ],
    );
}

#[test]
fn a_large_array_is_rejected_and_large_lines_are_not() {
    let limits = Limits { document_bytes_max: 30, ..tiny().limits };
    let config = Config { limits, ..Config::default() };
    let line = "{\"text\":\"one\"}\n";
    check_with(&config, "a.json", line.repeat(3).as_bytes(), &["a:1:: one", "a:2:: one", "a:3:: one"]);
    check_with(
        &config,
        "a.json",
        format!("[{line},{line},{line}]").as_bytes(),
        &["! a too-large: the file has 49 bytes, limit 30 (document_bytes_max)"],
    );
}
