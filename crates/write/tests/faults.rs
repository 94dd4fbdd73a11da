//! An output written on a disk that fails at every operation in turn: the earlier output stays whole,
//! and the same run done again leaves the same bytes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use unecho_disk::{Fault, FaultyFs, Fs};
use unecho_model::record::RejectedRecord;
use unecho_model::summary::DocumentCounts;
use unecho_model::{Digest, RejectReason};
use unecho_write::{Depth, Error, ErrorKind, Finished, Format, Manifest, RecordKind, Rows, Shards, Staging};

/// Writes an output of so many records in small shards.
fn publish(target: &Path, records: u64, format: Format, disk: Arc<dyn Fs>) -> Result<(), Error> {
    let mut staging = Staging::begin(target, disk)?;
    let shards = Shards { bytes_min: 2000, format, ..Shards::default() };
    let sizes = std::iter::repeat_n(1000, records as usize);
    let rows = Rows::new(sizes, shards, |range, sink| {
        range.for_each(|at| sink.push(&rejected(at)));
        Ok::<_, Error>(())
    });
    staging.write_rows(RecordKind::Rejected, &rows, shards)?;
    staging.write_file("summary.json", b"{}\n")?;
    let counts = DocumentCounts { read: records, rejected: records, ..DocumentCounts::default() };
    staging.publish(Manifest::new(json!({}), Vec::new(), counts)).map(drop)
}

/// A record that does not compress.
fn rejected(at: usize) -> RejectedRecord {
    let text: String = (0..12).map(|part| Digest::of(&[at as u8, part]).to_string()).collect();
    let bytes = text.len() as u64;
    let record = json!({ "id": format!("doc-{at}"), "text": text, "path": "feed.jsonl", "line": 1 });
    let document = serde_json::from_value(record).unwrap();
    RejectedRecord { document, reason: RejectReason::Empty, detail: String::new(), bytes }
}

/// Every file below a folder.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            files.extend(tree(&path).into_iter().map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
        } else {
            files.insert(name, fs::read(&path).unwrap());
        }
    }
    files
}

/// Lets `fault` strike at every operation in turn while a second output is written over a first.
fn survives(fault: Fault, format: Format) {
    let of = |records| {
        let home = tempfile::tempdir().unwrap();
        publish(&home.path().join("out"), records, format, Arc::new(FaultyFs::hasty())).unwrap();
        tree(home.path())
    };
    let (before, after) = (of(2), of(5));
    let mut points = 0;
    for at in 0.. {
        let home = tempfile::tempdir().unwrap();
        let out = home.path().join("out");
        publish(&out, 2, format, Arc::new(FaultyFs::hasty())).unwrap();
        let disk = FaultyFs::new(at, fault);
        let outcome = publish(&out, 5, format, Arc::new(disk.clone()));
        check_state(&out, &before, &after);
        match &outcome {
            Ok(()) => assert_eq!(Finished::open(&out).unwrap().verify(Depth::Records).unwrap(), []),
            Err(error) => {
                let kind = if fault == Fault::Full { ErrorKind::NoSpace } else { ErrorKind::Io };
                assert_eq!(error.kind(), kind, "{at}: {error}");
            }
        }
        if matches!(fault, Fault::Full | Fault::Error(_)) && outcome.is_err() {
            assert!(!home.path().join(".out.unecho-lock").exists(), "{at}: the lock is given back");
        }
        assert!(fault != Fault::Short || outcome.is_ok(), "{at}: a short write is no error");
        publish(&out, 5, format, Arc::new(FaultyFs::hasty())).unwrap();
        assert_eq!(tree(home.path()).keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "{at}");
        assert!(tree(home.path()) == after, "{fault:?} at {at}: the same bytes");
        if !disk.has_struck() {
            break;
        }
        points = at;
    }
    assert!(points > 20, "{points}");
}

/// The output is the earlier one, or the new one, or for a moment neither stands there.
fn check_state(out: &Path, before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>) {
    let aside = out.with_file_name(".out.unecho-old");
    let place = if out.exists() { out } else { &aside };
    let found: BTreeMap<String, Vec<u8>> =
        tree(place).into_iter().map(|(name, bytes)| (format!("out/{name}"), bytes)).collect();
    assert!(found == *before || found == *after, "{:?}", found.keys());
}

#[test]
fn killed_anywhere() {
    for format in Format::ALL {
        survives(Fault::Kill, format);
    }
}

#[test]
fn cut_off_from_power_anywhere() {
    for format in Format::ALL {
        survives(Fault::Crash, format);
    }
}

#[test]
fn on_a_full_disk_and_with_errors() {
    /// What the system calls an error of the device, and too many open files.
    const CODES: [i32; 2] = [5, 24];
    for format in [Format::default(), Format::Parquet] {
        survives(Fault::Full, format);
        survives(Fault::Short, format);
        for code in CODES {
            survives(Fault::Error(code), format);
        }
    }
}
