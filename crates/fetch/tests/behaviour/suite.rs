//! The same questions to every kind of source: good, empty, cut anywhere, garbage, larger than allowed,
//! not to be opened, going away while it is read. Whatever is asked, reading ends, and leaves at least a
//! document or a rejection with a reason.

use std::fs::{self, File};
use std::io::{Cursor, Error, ErrorKind, Read};
use std::ops::ControlFlow;

use unecho_fetch::{Config, Fetched, Limits};
use unecho_model::RejectReason;

use crate::containers::{HTML, record, response, tar, zip_of};
use crate::tables::{arrow_of, parquet_of, table};
use crate::{Folder, brotli, bzip2, gzip, lz4, read_all, shown, source_of, xz, zstd};

/// A source of every kind, under the name that it would have.
fn kinds() -> Vec<(&'static str, Vec<u8>)> {
    let rows = b"{\"text\":\"one story\"}\n{\"text\":\"another story\"}\n".repeat(40);
    let text = b"One story, told at some length.\n".repeat(40);
    let page = b"<!doctype html><p>One story.</p>\n".repeat(40);
    let web = [record("warcinfo", "", "x"), response(HTML, &"<p>One story.".repeat(40))].concat();
    let texts = record("conversion", "Content-Type: text/plain\r\n", &"One story. ".repeat(40));
    let item =
        "<item><title>T</title><link>https://a.example/</link><description>One story.</description></item>";
    let feed = format!("<rss version='2.0'><channel><title>T</title>{}</channel></rss>", item.repeat(20));
    let packed = zip_of(&[("a.txt", &text), ("b.jsonl", &rows)]);
    let taped = tar(&[("a.txt", b'0', &text), ("b.jsonl", b'0', &rows)]);
    vec![
        ("a.txt", text.clone()),
        ("a.md", text.clone()),
        ("a.html", page.clone()),
        ("a.jsonl", rows.clone()),
        ("a.json", [b"[".as_slice(), &b"{\"text\":\"one\"},\n".repeat(40), b"{\"text\":\"x\"}]"].concat()),
        ("a.csv", [b"id,text\n".as_slice(), &b",one story\n".repeat(40)].concat()),
        ("a.parquet", parquet_of(&table(), 2)),
        ("a.arrow", arrow_of(&table())),
        ("a.warc", web.clone().into_bytes()),
        ("a.warc.gz", gzip(web.as_bytes())),
        ("a.wet", texts.into_bytes()),
        ("a.xml", feed.into_bytes()),
        ("a.zip", packed.clone()),
        ("a.tar", taped.clone()),
        ("a.tar.gz", gzip(&taped)),
        ("a.zip.zst", zstd(&packed)),
        ("a.jsonl.gz", gzip(&rows)),
        ("a.jsonl.zst", zstd(&rows)),
        ("a.jsonl.xz", xz(&rows)),
        ("a.jsonl.bz2", bzip2(&rows)),
        ("a.jsonl.lz4", lz4(&rows)),
        ("a.jsonl.br", brotli(&rows)),
    ]
}

fn found(name: &str, content: &[u8], config: &Config) -> Vec<Fetched> {
    let folder = Folder::with(&[(name, content)]);
    read_all(source_of(&folder, name).open(config), config).0
}

fn reasons(fetched: &[Fetched]) -> Vec<RejectReason> {
    let reason = |fetched: &Fetched| match fetched {
        Fetched::Document(_) => None,
        Fetched::Rejected(rejected) => Some(rejected.reason),
    };
    fetched.iter().filter_map(reason).collect()
}

#[test]
fn good_ones_are_documents() {
    for (name, good) in kinds() {
        let fetched = found(name, &good, &Config::default());
        let n_rejected = reasons(&fetched).len();
        // One row of the table has no text.
        let is_table = name.ends_with(".parquet") || name.ends_with(".arrow");
        assert!(fetched.len() > n_rejected && n_rejected == usize::from(is_table), "{name}: {fetched:?}");
    }
}

#[test]
fn empty_ones_are_rejected() {
    for (name, _) in kinds() {
        let fetched = found(name, b"", &Config::default());
        let expected = [RejectReason::Empty, RejectReason::Damaged];
        let [Fetched::Rejected(rejected)] = fetched.as_slice() else { panic!("{name}: {fetched:?}") };
        assert!(expected.contains(&rejected.reason), "{name}: {}", rejected.detail);
    }
}

#[test]
fn cut_ones_end_and_are_accounted_for() {
    for (name, good) in kinds() {
        let step = (good.len() / 60).max(1);
        for n_bytes in (1..good.len()).step_by(step).chain([good.len() - 1]) {
            let fetched = found(name, &good[..n_bytes], &Config::default());
            assert!(!fetched.is_empty(), "{name} cut at {n_bytes}");
        }
    }
}

#[test]
fn garbage_is_rejected_with_a_reason() {
    let mut state = 1_u64;
    let noise: Vec<u8> = (0..50_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    for (name, good) in kinds() {
        let fetched = found(name, &noise, &Config::default());
        assert_eq!(reasons(&fetched).len(), fetched.len(), "{name}: noise is no document");
        assert!(!fetched.is_empty(), "{name}");
        // A good beginning, and then noise.
        let half = [&good[..good.len() / 2], &noise].concat();
        assert!(!reasons(&found(name, &half, &Config::default())).is_empty(), "{name}");
    }
}

#[test]
fn those_larger_than_allowed_are_rejected_and_end() {
    let limits = Limits {
        document_bytes_max: 100,
        line_bytes_max: 10,
        record_header_bytes_max: 300,
        ratio_free_bytes: 64,
        decompression_ratio_max: 1,
        spool_bytes_max: 100,
        page_bytes_max: 10,
        members_max: 1,
        ..Limits::default()
    };
    let config = Config { limits, ..Config::default() };
    for (name, good) in kinds() {
        let reasons = reasons(&found(name, &good, &config));
        let expected = [RejectReason::TooLarge, RejectReason::DecompressionLimit];
        assert!(reasons.iter().any(|reason| expected.contains(reason)), "{name}: {reasons:?}");
    }
}

#[test]
fn those_that_may_not_be_read_say_so() {
    for (name, good) in kinds() {
        let folder = Folder::with(&[(name, &good)]);
        let source = source_of(&folder, name);
        let config = Config::default();
        let refused =
            source.open_with(Box::new(Failing::new(&good[..0], ErrorKind::PermissionDenied)), &config);
        let (fetched, end) = read_all(refused, &config);
        let [found] = fetched.as_slice() else { panic!("{name}: {fetched:?}") };
        assert!(shown(found).contains("unreadable: permission denied"), "{}", shown(found));
        assert_eq!(end.digest, None);
        // What no rights help against: a folder, and a socket, in the place of the file.
        fs::remove_file(folder.at(name)).unwrap();
        fs::create_dir(folder.at(name)).unwrap();
        let (fetched, _) = read_all(source.open(&config), &config);
        assert!(shown(&fetched[0]).ends_with("unreadable: is a folder"), "{}", shown(&fetched[0]));
        #[cfg(unix)]
        {
            fs::remove_dir(folder.at(name)).unwrap();
            let _socket = std::os::unix::net::UnixListener::bind(folder.at(name)).unwrap();
            let (fetched, _) = read_all(source.open(&config), &config);
            assert_eq!(reasons(&fetched), [RejectReason::Unreadable], "{name}");
        }
    }
}

#[test]
#[cfg(unix)]
fn a_file_without_rights_is_rejected_unless_rights_do_not_count() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::with(&[("a.txt", b"text")]);
    fs::set_permissions(folder.at("a.txt"), fs::Permissions::from_mode(0o000)).unwrap();
    // For root they do not.
    let expect = match File::open(folder.at("a.txt")) {
        Ok(_) => "a: text",
        Err(_) => "! a unreadable: permission denied",
    };
    let config = Config::default();
    let (fetched, _) = read_all(source_of(&folder, "a.txt").open(&config), &config);
    assert_eq!(fetched.iter().map(shown).collect::<Vec<_>>(), [expect]);
}

#[test]
fn those_that_go_away_are_rejected() {
    for (name, good) in kinds() {
        let folder = Folder::with(&[(name, &good)]);
        let source = source_of(&folder, name);
        let config = Config::default();
        // In the middle of reading, as with a network folder.
        let failing = Failing::new(&good[..good.len() / 2], ErrorKind::StaleNetworkFileHandle);
        let (fetched, end) = read_all(source.open_with(Box::new(failing), &config), &config);
        assert!(reasons(&fetched).contains(&RejectReason::Unreadable), "{name}: {fetched:?}");
        assert_eq!(end.digest, None, "{name}");
        // Before it was opened.
        fs::remove_file(folder.at(name)).unwrap();
        let (fetched, _) = read_all(source.open(&config), &config);
        let [found] = fetched.as_slice() else { panic!("{name}: {fetched:?}") };
        assert!(shown(found).ends_with("unreadable: no such file"), "{}", shown(found));
    }
}

#[test]
fn a_file_that_becomes_shorter_while_it_is_read_is_told_of() {
    let row = b"{\"text\":\"one story\"}\n";
    let folder = Folder::with(&[("a.jsonl", &row.repeat(100_000))]);
    let config = Config::default();
    let reader = source_of(&folder, "a.jsonl").open(&config);
    let mut fetched = Vec::new();
    reader.read(&mut |batch, _| {
        // At the end of a row: what is left looks whole.
        let file = File::options().write(true).open(folder.at("a.jsonl")).unwrap();
        file.set_len(row.len() as u64 * 60_000).unwrap();
        fetched.extend(batch.parse(&config));
        ControlFlow::Continue(())
    });
    assert_eq!(fetched.len(), 60_001);
    let last = shown(fetched.last().unwrap());
    assert!(last.starts_with("! a unreadable: the file became shorter while it was read"), "{last}");
}

/// Content, and then an error.
struct Failing {
    content: Cursor<Vec<u8>>,
    kind: ErrorKind,
}

impl Failing {
    fn new(content: &[u8], kind: ErrorKind) -> Self {
        Self { content: Cursor::new(content.to_vec()), kind }
    }
}

impl Read for Failing {
    fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
        match self.content.read(target)? {
            0 => Err(Error::from(self.kind)),
            n_bytes => Ok(n_bytes),
        }
    }
}
