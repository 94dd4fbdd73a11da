//! Archives and web archives; good, empty, torn, hostile.

use std::io::Write as _;

use unecho_fetch::{Config, Fetched, Limits};

use crate::{Folder, check, check_with, gzip, lz4, read_all, shown, source_of, zstd};

/// A tar archive of these members: name, kind, content.
pub(crate) fn tar(members: &[(&str, u8, &[u8])]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, kind, content) in members {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[156] = *kind;
        header[257..263].copy_from_slice(b"ustar\0");
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        archive.extend_from_slice(&header);
        archive.extend_from_slice(content);
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.resize(archive.len() + 1024, 0);
    archive
}

pub(crate) fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A WARC record.
pub(crate) fn record(kind: &str, fields: &str, block: &str) -> String {
    format!("WARC/1.0\r\nWARC-Type: {kind}\r\n{fields}Content-Length: {}\r\n\r\n{block}\r\n\r\n", block.len())
}

pub(crate) fn response(head: &str, body: &str) -> String {
    record(
        "response",
        "WARC-Target-URI: http://a.example/x\r\nContent-Type: application/http; msgtype=response\r\n",
        &format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}"),
    )
}

pub(crate) const HTML: &str = "Content-Type: text/html; charset=utf-8";

#[test]
fn members_of_archives_are_read_like_files() {
    let members: [(&str, &[u8]); 4] = [
        ("a/one.txt", b"one"),
        ("a/two.jsonl.gz", &gzip(b"{\"text\":\"x\"}\n{\"text\":\"y\"}\n")),
        ("picture.png", b"\x89PNG"),
        ("../../etc/passwd.txt", b"three"),
    ];
    let expect = ["n/a/one: one", "n/a/two:1:: x", "n/a/two:2:: y", "n/../../etc/passwd: three"];
    check("n.zip", &zip_of(&members), &expect);
    let tarred: Vec<(&str, u8, &[u8])> =
        members.iter().map(|&(name, content)| (name, b'0', content)).collect();
    check("n.tar", &tar(&tarred), &expect);
    for compress in [gzip, zstd, lz4] {
        check("n.tar.gz", &compress(&tar(&tarred)), &expect);
        check("n.zip", &compress(&zip_of(&members)), &expect);
    }
    let folder = Folder::with(&[("n.zip", &zip_of(&members))]);
    let config = Config::default();
    let (fetched, end) = read_all(source_of(&folder, "n.zip").open(&config), &config);
    let Fetched::Document(document) = &fetched[1] else { panic!("a document") };
    assert_eq!(document.origin.path, format!("{}!/a/two.jsonl.gz", folder.locator("n.zip")));
    assert_eq!(document.origin.line, Some(1));
    assert_eq!(end.skipped["member .png"], 1);
}

#[test]
fn archives_without_documents_say_so() {
    check("a.zip", &zip_of(&[]), &["! a empty: no member of a kind that is read (0 others)"]);
    check("a.tar", &tar(&[]), &["! a empty: no member of a kind that is read (0 others)"]);
    check(
        "a.tar",
        &tar(&[("x.png", b'0', b""), (".x.txt", b'0', b"x"), ("link.txt", b'2', b""), ("dir/", b'5', b"")]),
        &["! a empty: no member of a kind that is read (4 others)"],
    );
    check(
        "a.zip",
        &zip_of(&[("[Content_Types].xml", b"<x/>")]),
        &["! a binary: looks like an office file or e-book"],
    );
}

#[test]
fn archives_inside_archives_are_opened_to_a_bounded_depth() {
    let inner = zip_of(&[("c.txt", b"one")]);
    let middle = tar(&[("b.zip", b'0', &inner), ("b.txt", b'0', b"two")]);
    check("a.zip", &zip_of(&[("m.tar.gz", &gzip(&middle))]), &["a/m/b/c: one", "a/m/b: two"]);
    let deep = zip_of(&[("m.tar", &tar(&[("z.zip", b'0', &zip_of(&[("x.zip", &inner)]))]))]);
    check(
        "a.zip",
        &deep,
        &["! a/m/z/x too-large: archives inside archives, more than 3 deep (archive_depth_max)"],
    );
    let torn = zip_of(&[("b.zip", &inner[..inner.len() - 30]), ("c.txt", b"three")]);
    let folder = Folder::with(&[("a.zip", &torn)]);
    let config = Config::default();
    let (fetched, _) = read_all(source_of(&folder, "a.zip").open(&config), &config);
    assert!(shown(&fetched[0]).starts_with("! a/b damaged: the ZIP archive is damaged"), "{fetched:?}");
    assert_eq!(shown(&fetched[1]), "a/c: three");
}

#[test]
fn members_of_zip_archives_have_many_compressions() {
    /// A ZIP archive whose one member says that it is compressed by this method.
    fn by_method(method: u16, content: &[u8]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let stored =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        writer.start_file("b.txt", stored).unwrap();
        writer.write_all(content).unwrap();
        let mut archive = writer.finish().unwrap().into_inner();
        let directory = archive.windows(4).position(|mark| mark == b"PK\x01\x02").unwrap();
        for at in [8, directory + 10] {
            archive[at..at + 2].copy_from_slice(&method.to_le_bytes());
        }
        archive
    }
    check("a.zip", &by_method(95, &crate::xz(b"one")), &["a/b: one"]);
    check("a.zip", &by_method(93, &zstd(b"one")), &["a/b: one"]);
    check(
        "a.zip",
        &by_method(93, &zstd(b"one, and more")[..12]),
        &["! a/b damaged: the zstd stream ends early"],
    );
    let folder = Folder::with(&[("a.zip", &by_method(98, b"one"))]);
    let config = Config::default();
    let (fetched, _) = read_all(source_of(&folder, "a.zip").open(&config), &config);
    assert!(shown(&fetched[0]).starts_with("! a/b unreadable: "), "{fetched:?}");
}

#[test]
fn records_that_are_not_what_their_digest_says_are_marked() {
    let sha1 = |bytes: &[u8]| {
        let digest = <sha1::Sha1 as sha1::Digest>::digest(bytes);
        let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha1:{digits}")
    };
    let head = format!("HTTP/1.1 200 OK\r\n{HTML}\r\nTransfer-Encoding: chunked\r\n\r\n");
    let block = format!("{head}5\r\n<p>on\r\n1\r\ne\r\n0\r\n\r\n");
    let check = |fields: &str, expect: Option<&str>| {
        let folder = Folder::with(&[("a.warc", record("response", fields, &block).as_bytes())]);
        let config = Config::default();
        let (fetched, _) = read_all(source_of(&folder, "a.warc").open(&config), &config);
        let [Fetched::Document(document)] = fetched.as_slice() else { panic!("{fetched:?}") };
        let marked = &document.fields.metadata["warc"]["digest_mismatch"];
        assert_eq!(marked.as_str(), expect, "{fields}");
    };
    check("", None);
    check(&format!("WARC-Payload-Digest: {}\r\n", sha1(&block.as_bytes()[head.len()..])), None);
    check(&format!("WARC-Payload-Digest: {}\r\n", sha1(b"<p>one")), None);
    check(&format!("WARC-Payload-Digest: {}\r\n", sha1(b"<p>other")), Some("payload"));
    check(&format!("WARC-Block-Digest: {}\r\n", sha1(block.as_bytes())), None);
    check(&format!("WARC-Block-Digest: {}\r\n", sha1(b"")), Some("block"));
    check(&format!("WARC-Truncated: length\r\nWARC-Block-Digest: {}\r\n", sha1(b"")), None);
    check("WARC-Payload-Digest: blake3:00\r\n", None);
}

#[test]
fn names_in_tar_have_three_ways_to_be_long() {
    let long = "x".repeat(150) + ".txt";
    let stem = "x".repeat(150);
    check(
        "a.tar",
        &tar(&[("././@LongLink", b'L', long.as_bytes()), ("cut", b'0', b"gnu")]),
        &[&format!("a/{stem}: gnu")],
    );
    let record = format!("{} path={long}\n", long.len() + 10);
    check(
        "a.tar",
        &tar(&[("pax", b'x', record.as_bytes()), ("cut", b'0', b"pax")]),
        &[&format!("a/{stem}: pax")],
    );
    let hostile = vec![b'x'; 1 << 20];
    check("a.tar", &tar(&[("././@LongLink", b'L', &hostile), ("b.txt", b'0', b"b")]), &["a/b: b"]);
}

#[test]
fn archives_torn_anywhere_end_and_say_so() {
    let whole_tar = tar(&[("a.txt", b'0', b"one"), ("b.txt", b'0', &b"two ".repeat(300))]);
    let whole_zip = zip_of(&[("a.txt", b"one"), ("b.txt", &b"two ".repeat(300))]);
    let config = Config::default();
    for (name, whole) in [("a.tar", &whole_tar[..2048]), ("a.zip", &whole_zip[..])] {
        for n_bytes in (1..whole.len()).step_by(13) {
            let folder = Folder::with(&[(name, &whole[..n_bytes])]);
            let (fetched, _) = read_all(source_of(&folder, name).open(&config), &config);
            let rejected = fetched.iter().any(|fetched| matches!(fetched, Fetched::Rejected(_)));
            assert!(rejected, "{name} cut at {n_bytes}: {fetched:?}");
        }
    }
}

#[test]
fn bombs_in_archives_are_stopped() {
    let bomb = zip_of(&[("a.jsonl", &b"{\"text\":\"a\"}\n".repeat(100_000)), ("b.txt", b"b")]);
    let limits = Limits { ratio_free_bytes: 1000, decompression_ratio_max: 20, ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    let folder = Folder::with(&[("a.zip", &bomb)]);
    let (fetched, _) = read_all(source_of(&folder, "a.zip").open(&config), &config);
    let found: Vec<String> = fetched.iter().map(shown).collect();
    assert!(found.iter().any(|line| line.contains("decompression-limit")), "{found:?}");
    let nested = tar(&[("a.txt.gz", b'0', &gzip(&b"x".repeat(1 << 20)))]);
    let limits = Limits { ratio_free_bytes: 1000, decompression_ratio_max: 50, ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    let folder = Folder::with(&[("a.tar.gz", &gzip(&nested))]);
    let (fetched, _) = read_all(source_of(&folder, "a.tar.gz").open(&config), &config);
    assert!(shown(&fetched[0]).contains("decompression-limit"), "{fetched:?}");
}

#[test]
fn records_of_web_archives_are_documents() {
    let archive = [
        record("warcinfo", "", "software: x"),
        record("request", "", "GET / HTTP/1.1"),
        response(HTML, "<p>page"),
        response(
            "Content-Type: text/plain\r\nTransfer-Encoding: chunked",
            "4\r\ntext\r\n5;x=y\r\n more\r\n0\r\n\r\n",
        ),
        response("Content-Type: image/png", "\u{89}PNG"),
        record("response", "", "HTTP/1.1 404 Not Found\r\n\r\nno"),
        record("revisit", "", ""),
        record("conversion", "Content-Type: text/plain\r\n", "extracted"),
    ];
    let expect = ["a:3: <<p>page>", "a:4: text more", "a:8: extracted"];
    check("a.warc", archive.concat().as_bytes(), &expect);
    let members: Vec<u8> = archive.iter().flat_map(|record| gzip(record.as_bytes())).collect();
    check("a.warc.gz", &members, &expect);
    check(
        "whatever.bin",
        &members,
        &["whatever.bin:3: <<p>page>", "whatever.bin:4: text more", "whatever.bin:8: extracted"],
    );

    let folder = Folder::with(&[("a.warc", archive.concat().as_bytes())]);
    let config = Config::default();
    let (fetched, end) = read_all(source_of(&folder, "a.warc").open(&config), &config);
    let skipped: Vec<String> = end.skipped.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    assert_eq!(
        skipped,
        ["1 http 404", "1 type image/png", "1 warc request", "1 warc revisit", "1 warc warcinfo"]
    );
    let Fetched::Document(document) = &fetched[0] else { panic!("a document") };
    assert_eq!(document.fields.url.as_deref(), Some("http://a.example/x"));
    assert_eq!(document.fields.charset.as_deref(), Some("utf-8"));
    assert_eq!(document.fields.metadata["warc"]["content_type"], "text/html");
}

#[test]
fn bodies_are_decoded_within_limits() {
    let body = |coding: &str, body: &[u8]| {
        let head = format!("HTTP/1.1 200 OK\r\n{HTML}\r\nContent-Encoding: {coding}\r\n\r\n");
        let block = [head.as_bytes(), body].concat();
        let record = format!("WARC/1.0\r\nWARC-Type: response\r\nContent-Length: {}\r\n\r\n", block.len());
        [record.as_bytes(), &block, b"\r\n\r\n"].concat()
    };
    check("a.warc", &body("gzip", &gzip(b"<p>x")), &["a:1: <<p>x>"]);
    check("a.warc", &body("zstd", &zstd(b"<p>x")), &["a:1: <<p>x>"]);
    check("a.warc", &body("br", &crate::brotli(b"<p>x")), &["a:1: <<p>x>"]);
    check("a.warc", &body("zstd, gzip", &gzip(&zstd(b"<p>x"))), &["a:1: <<p>x>"]);
    check("a.warc", &body("gzip", b"<p>kept without coding"), &["a:1: <<p>kept without coding>"]);
    check(
        "a.warc",
        &body("gzip", &gzip(b"<p>x")[..15]),
        &["! a:1@1 damaged: the gzip content is damaged: incomplete deflate stream"],
    );
    check(
        "a.warc",
        &body("gzip,gzip,gzip,gzip", &gzip(b"")),
        &["! a:1@1 decompression-limit: 4 content codings, limit 3"],
    );
    let limits = Limits { document_bytes_max: 1000, ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    check_with(
        &config,
        "a.warc",
        &body("gzip", &gzip(&b"x".repeat(2000))),
        &[
            "! a:1@1 decompression-limit: the content decompresses to more than 1000 bytes (document_bytes_max)",
        ],
    );
}

#[test]
fn damage_in_a_web_archive_costs_what_is_damaged() {
    let good = response(HTML, "<p>good");
    let too_short = good.replace("Content-Length", "Content-Length: 20\r\nX");
    check(
        "a.warc",
        [too_short.as_str(), &good].concat().as_bytes(),
        &[
            "! a:1@1 damaged: a response without an HTTP header",
            "! a:2@2 damaged: no WARC record: 50 bytes passed over",
            "a:3: <<p>good>",
        ],
    );
    let too_long = record("response", "", "HTTP/1.1 200 OK\r\n\r\n<p>x").replace("Length: 23", "Length: 200");
    check(
        "a.warc",
        [too_long.as_str(), &good].concat().as_bytes(),
        &["! a:1@1 damaged: the record says 200 bytes, and the next one begins after 23", "a:2: <<p>good>"],
    );
    check(
        "a.warc",
        &good.as_bytes()[..good.len() - 10],
        &["! a:1@1 damaged: the record ends after 60 of 66 bytes"],
    );
    check("a.warc", b"no archive", &["! a:1@1 damaged: no WARC record: 10 bytes passed over"]);
    check("a.warc", b"", &["! a empty: no record with a page or text (0 others)"]);
    let endless = format!("WARC/1.0\r\nX: {}", "x".repeat(100_000));
    check(
        "a.warc",
        [endless.as_str(), "\r\n\r\n", &good].concat().as_bytes(),
        &[
            "! a:1@1 damaged: a WARC header of more than 65536 bytes (record_header_bytes_max): 100017 bytes passed over",
            "a:2: <<p>good>",
        ],
    );
    let limits = Limits { document_bytes_max: 70, ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    let large = response(HTML, &"x".repeat(100));
    check_with(
        &config,
        "a.warc",
        [large.as_str(), &good].concat().as_bytes(),
        &["! a:1@1 too-large: the record has 159 bytes, limit 70 (document_bytes_max)", "a:2: <<p>good>"],
    );
}
