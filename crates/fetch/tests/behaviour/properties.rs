//! What holds for any bytes: reading never panics, ends, loses no line, and does not depend on how
//! the bytes are cut into batches, members or reads.

use std::io::Cursor;

use proptest::prelude::*;
use unecho_fetch::{Config, Fetched, Limits};
use unecho_model::Payload;

use crate::{Folder, gzip, read_all, source_of, zstd};

/// Lines that are good, bad, blank and torn.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        Just(b"{\"text\":\"some words\"}".to_vec()),
        Just(b"{\"id\":\"x\",\"text\":\"other words\",\"n\":{\"a\":[1]}}".to_vec()),
        Just(b"  \r".to_vec()),
        Just(Vec::new()),
        Just(b"{\"text\":".to_vec()),
        prop::collection::vec(any::<u8>(), 0..40),
    ];
    prop::collection::vec(line, 0..20).prop_map(|lines| lines.join(&b'\n'))
}

fn read(name: &str, content: &[u8], config: &Config) -> Vec<Fetched> {
    let folder = Folder::with(&[(name, b"")]);
    let reader = source_of(&folder, name).open_with(Box::new(Cursor::new(content.to_vec())), config);
    let (mut fetched, _) = read_all(reader, config);
    for fetched in &mut fetched {
        let origin = match fetched {
            Fetched::Document(document) => &mut document.origin,
            Fetched::Rejected(rejected) => &mut rejected.origin,
        };
        origin.path = name.to_owned();
    }
    fetched
}

fn limited(batch_bytes: usize, batch_lines_max: usize) -> Config {
    let limits = Limits { batch_bytes, batch_lines_max, line_bytes_max: 30, ..Limits::default() };
    Config { limits, ..Config::default() }
}

proptest! {
    #[test]
    fn batches_do_not_show(content in lines(), batch_bytes in 1_usize..100, batch_lines_max in 1_usize..5) {
        let expect = read("a.jsonl", &content, &limited(1 << 20, 1 << 10));
        prop_assert_eq!(read("a.jsonl", &content, &limited(batch_bytes, batch_lines_max)), expect);
    }

    #[test]
    fn every_line_is_a_document_or_a_rejection(content in lines()) {
        let content = [b"{\"text\":\"first\"}\n".to_vec(), content].concat();
        let blank = |line: &&[u8]| str::from_utf8(line).is_ok_and(|line| line.trim().is_empty());
        let numbers = content.split(|&byte| byte == b'\n').zip(1_u64..).filter(|(line, _)| !blank(line));
        let expect: Vec<Option<u64>> = numbers.map(|(_, number)| Some(number)).collect();
        let found: Vec<Option<u64>> = read("a.jsonl", &content, &Config::default())
            .iter()
            .map(|fetched| match fetched {
                Fetched::Document(document) => document.origin.line,
                Fetched::Rejected(rejected) => rejected.origin.line,
            })
            .collect();
        prop_assert_eq!(found, expect);
    }

    #[test]
    fn members_do_not_show(content in lines(), at in any::<prop::sample::Index>()) {
        let (front, back) = content.split_at(at.index(content.len() + 1));
        let config = Config::default();
        let expect = read("a.jsonl", &content, &config);
        prop_assert_eq!(&read("a.jsonl", &[gzip(front), gzip(back)].concat(), &config), &expect);
        prop_assert_eq!(&read("a.jsonl", &[zstd(front), zstd(back)].concat(), &config), &expect);
    }

    #[test]
    fn any_bytes_end_in_something(
        content in prop::collection::vec(any::<u8>(), 0..300),
        magic in prop::sample::select(vec![&b""[..], b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"[", b"{", b"\xff\xfe"]),
        name in prop::sample::select(vec!["a.txt", "a.html", "a.jsonl", "a.json", "a"]),
    ) {
        let content = [magic, &content].concat();
        prop_assert!(!read(name, &content, &Config::default()).is_empty());
    }

    #[test]
    fn damaged_gzip_is_never_believed(
        text in "[a-z ]{1,200}[a-z]",
        at in any::<prop::sample::Index>(),
        bit in 0_u32..8,
    ) {
        // Behind the header, in which flags and times do not matter to the content.
        let mut content = gzip(text.as_bytes());
        let at = 10 + at.index(content.len() - 10);
        content[at] ^= 1 << bit;
        let fetched = read("a.txt", &content, &Config::default());
        // The few bits that fill up the last byte of the deflate stream mean nothing.
        let believed = fetched.iter().any(|fetched| match fetched {
            Fetched::Document(document) => document.payload != Payload::PlainBytes(text.clone().into_bytes()),
            Fetched::Rejected(_) => false,
        });
        prop_assert!(!believed, "{fetched:?}");
    }
}
