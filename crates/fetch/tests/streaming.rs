//! Reading takes no more memory for a gigabyte than for a tenth of it. A program of its own, so that the
//! memory it took is that of reading.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::{Read, Write};
use std::ops::ControlFlow;

use flate2::Compression;
use flate2::write::GzEncoder;
use unecho_fetch::{Config, Fetched, Limits, resolve};

/// Size of the archives, in bytes after decompression.
const PLAIN_BYTES: u64 = 1 << 30;
const COMPRESSED_BYTES: u64 = 1 << 28;
/// What may come on top after the first tenth, in bytes.
const GROWTH_BYTES_MAX: u64 = 24 << 20;

/// An archive that is made up while it is read: the same records, again and again.
struct Archive {
    records: Vec<u8>,
    at: usize,
    left: u64,
}

impl Read for Archive {
    fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.records.len() {
            if self.left == 0 {
                return Ok(0);
            }
            self.left -= 1;
            self.at = 0;
        }
        let n_bytes = (&self.records[self.at..]).read(target)?;
        self.at += n_bytes;
        Ok(n_bytes)
    }
}

/// Pages, a text and what is no document, about a megabyte of them.
fn records() -> Vec<Vec<u8>> {
    let record = |kind: &str, fields: &str, block: &[u8]| {
        let head =
            format!("WARC/1.0\r\nWARC-Type: {kind}\r\n{fields}Content-Length: {}\r\n\r\n", block.len());
        [head.as_bytes(), block, b"\r\n\r\n"].concat()
    };
    let mut records = Vec::new();
    for at in 0..16 {
        let paragraphs: String = (0..400).map(|n| format!("<p>Paragraph {n} of page {at}.</p>\n")).collect();
        let answer = |kind: &str, body: &[u8]| {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n");
            record("response", "WARC-Target-URI: https://a.example/\r\n", &[head.as_bytes(), body].concat())
        };
        records.push(record("request", "", b"GET / HTTP/1.1\r\n\r\n"));
        records.push(answer("text/html", paragraphs.as_bytes()));
        records.push(answer("image/jpeg", &vec![at; 48 * 1024]));
    }
    records
}

/// Most memory that this program had so far, in bytes.
fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

fn check(name: &str, bytes: u64, records: Vec<u8>, bytes_each: usize) {
    let n_times = bytes / bytes_each as u64;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, b"").unwrap();
    // The same records again and again are what a bomb looks like.
    let limits = Limits { decompression_ratio_max: u32::MAX, ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    let sources = resolve(&[&path], &config).unwrap().sources;
    let archive = Archive { at: records.len(), records, left: n_times };
    let reader = sources[0].open_with(Box::new(archive), &config);
    let (mut n_bytes, mut n_batches, mut n_documents, mut early) = (0, 0_u64, 0, None);
    let end = reader.read(&mut |batch, _| {
        n_bytes += batch.bytes() as u64;
        n_batches += 1;
        // Some of them parsed: that, too, must leave nothing behind.
        if n_batches % 16 == 0 {
            let documents = batch.parse(&config);
            n_documents += documents.iter().filter(|f| matches!(f, Fetched::Document(_))).count();
        }
        if n_bytes > bytes / 40 && early.is_none() {
            early = Some(peak_bytes());
        }
        ControlFlow::Continue(())
    });
    assert_eq!(end.skipped["type image/jpeg"], 16 * n_times);
    assert!(n_documents > 10, "{n_documents}");
    let (early, late) = (early.unwrap(), peak_bytes());
    assert!(late.saturating_sub(early) < GROWTH_BYTES_MAX, "{name}: {early} bytes, then {late}");
}

#[test]
fn a_gigabyte_streams_in_constant_memory() {
    let records = records();
    let bytes_each = records.iter().map(Vec::len).sum();
    check("a.warc", PLAIN_BYTES, records.concat(), bytes_each);
    let members = records.iter().flat_map(|record| {
        let mut member = GzEncoder::new(Vec::new(), Compression::fast());
        member.write_all(record).unwrap();
        member.finish().unwrap()
    });
    check("a.warc.gz", COMPRESSED_BYTES, members.collect(), bytes_each);
}
