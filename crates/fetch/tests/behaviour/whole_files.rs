//! Files that are one document: plain text, pages, and what only claims to be one.

use std::fs;

use unecho_fetch::{Config, Limits};

use crate::{Folder, check, check_standard_input, check_with, read_all, shown, source_of};

#[test]
fn text_and_pages_are_handed_on_as_they_are() {
    check("a.txt", b"One text.\n", &["a: One text.\\n"]);
    check("a.b.md", b"# Title\r\n", &["a.b: # Title\\r\\n"]);
    check("a.HTML", b"<p>caf\xe9", &["a: <<p>caf\\xe9>"]);
    check("a.htm", b"<p>", &["a: <<p>>"]);
    check("a.xhtml", b"<p>", &["a: <<p>>"]);
    check("a.log", b"named, so it is read", &["a.log: named, so it is read"]);
    check("README", b"no extension", &["README: no extension"]);
    check("a.txt", b"\xff\xfeh\0i\0", &["a: \\xff\\xfeh\\x00i\\x00"]);
    check("a.txt", b"\xef\xbb\xbfmarked", &["a: \\xef\\xbb\\xbfmarked"]);
}

#[test]
fn what_is_no_text_is_rejected() {
    check("a.txt", b"", &["! a empty: the file is empty"]);
    check("a.html", b" \n\t\n", &["! a empty: the file is all white space"]);
    check("a.txt", "\u{a0}\u{2003}\u{feff}".as_bytes(), &["a: \\xc2\\xa0\\xe2\\x80\\x83\\xef\\xbb\\xbf"]);
    check("a.txt", b"\x89PNG\r\n\x1a\n", &["! a binary: looks like a PNG image"]);
    check("a.html", b"%PDF-1.4\n", &["! a binary: looks like a PDF file"]);
    check("a.txt", b"he\0lo", &["! a nul-bytes: NUL at byte 3"]);
    let controls = b"\x01\x02\x03 and \x04\x05".repeat(3);
    check("a.txt", &controls, &["! a binary: 15 of the first 30 bytes are control characters"]);
}

#[test]
fn a_large_file_is_rejected_and_a_full_one_is_not() {
    let limits = Limits { document_bytes_max: 10, ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    check_with(&config, "a.txt", b"0123456789", &["a: 0123456789"]);
    check_with(
        &config,
        "a.txt",
        b"0123456789a",
        &["! a too-large: the file has 11 bytes, limit 10 (document_bytes_max)"],
    );
}

#[test]
fn a_rejection_shows_where_what_and_how_much() {
    let folder = Folder::with(&[("a.txt", b"text \0 more")]);
    let config = Config::default();
    let (fetched, _) = read_all(source_of(&folder, "a.txt").open(&config), &config);
    let [unecho_fetch::Fetched::Rejected(rejected)] = fetched.as_slice() else { panic!("{fetched:?}") };
    assert_eq!(folder.short(&rejected.origin.path), "a.txt");
    assert_eq!((rejected.bytes, rejected.excerpt.as_str()), (11, "text \0 more"));
}

#[test]
fn what_changes_between_finding_and_reading_is_rejected() {
    let folder = Folder::with(&[("gone.txt", b"a"), ("folder.txt", b"a"), ("gone.jsonl", b"a")]);
    let config = Config::default();
    let open = |name: &str, change: &dyn Fn(&std::path::Path)| {
        let source = source_of(&folder, name);
        change(&folder.at(name));
        let (fetched, end) = read_all(source.open(&config), &config);
        assert_eq!(end.digest, None);
        fetched.iter().map(shown).collect::<Vec<_>>()
    };
    let remove = |path: &std::path::Path| fs::remove_file(path).unwrap();
    assert_eq!(open("gone.txt", &remove), ["! gone unreadable: no such file"]);
    assert_eq!(open("gone.jsonl", &remove), ["! gone unreadable: no such file"]);
    let replace = |path: &std::path::Path| {
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
    };
    assert_eq!(open("folder.txt", &replace), ["! folder unreadable: is a folder"]);
}

#[test]
fn a_read_that_fails_half_way_is_rejected() {
    struct Failing(u32);
    impl std::io::Read for Failing {
        fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
            self.0 += 1;
            match self.0 {
                1 => Err(std::io::ErrorKind::Interrupted.into()),
                2 => {
                    target[..8].copy_from_slice(b"abcdefgh");
                    Ok(8)
                }
                _ => Err(std::io::Error::other("the disk is on fire")),
            }
        }
    }
    let folder = Folder::with(&[("a.txt", b""), ("b.jsonl", b"")]);
    let config = Config::default();
    for (name, expect) in [
        ("a.txt", "! a unreadable: the disk is on fire"),
        ("b.jsonl", "! b:1@1 unreadable: the disk is on fire, before the end of line 1"),
    ] {
        let reader = source_of(&folder, name).open_with(Box::new(Failing(0)), &config);
        let (fetched, end) = read_all(reader, &config);
        assert_eq!(fetched.iter().map(shown).collect::<Vec<_>>(), [expect]);
        assert_eq!(end.digest, None);
    }
}

#[test]
fn standard_input_is_text_unless_it_begins_like_an_object() {
    check_standard_input(b"some text\n", &["stdin: some text\\n"]);
    check_standard_input(
        b" \n{\"text\":\"a\"}\n\n{}",
        &["stdin:2:: a", "! stdin:4@4 bad-field: there is no field `text`"],
    );
    check_standard_input(b"\xef\xbb\xbf{\"text\":\"a\"}", &["stdin:1:: a"]);
    check_standard_input(&crate::gzip(b"{\"text\":\"a\"}"), &["stdin:1:: a"]);
    check_standard_input(b"", &["! stdin empty: the file is empty"]);
    check_standard_input(&b" ".repeat(100_000), &["! stdin empty: the file is all white space"]);
}
