//! Real containers, whole and broken, and what their own tools' tests hold of them: every one is
//! accounted for.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::harness::{home, records, root, run, summary, tree};

/// WARC and WET files and feeds, beside the checkout.
const CONTAINERS: &str = "../shared/data/containers";

#[test]
fn every_container_is_accounted_for() {
    let folder = root().join(CONTAINERS);
    if !folder.is_dir() {
        eprintln!("no containers at {CONTAINERS}: not tested");
        return;
    }
    let home = home(&[]);
    let out = home.path().join("out");
    let folder = folder.canonicalize().unwrap();
    let ended = run(home.path(), ["ingest".as_ref(), folder.as_os_str(), "--out".as_ref(), "out".as_ref()]);
    assert!([0, 3].contains(&ended.code), "{}", ended.stderr);
    // What became of each file, by its path.
    let mut fates: BTreeMap<String, u64> = BTreeMap::new();
    let all = [records(&out, "data"), records(&out, "dropped"), records(&out, "rejected")].concat();
    for record in &all {
        assert!(record["detail"].as_str() != Some(""), "a rejection has a reason: {record}");
        let path = record["path"].as_str().unwrap();
        *fates.entry(path.split("!/").next().unwrap().to_owned()).or_default() += 1;
    }
    let manifest: Value = serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    let inputs = manifest["inputs"].as_array().unwrap();
    for input in inputs {
        let path = input["path"].as_str().unwrap();
        assert!(fates.contains_key(path), "{path} left no trace");
        let bytes = fs::metadata(path).unwrap().len();
        assert!(input["digest"].is_string() && input["bytes"] == bytes, "{path} was not read to its end");
    }
    let summary = summary(&out);
    let n_skipped = summary["files_skipped"].as_u64().unwrap();
    assert_eq!(inputs.len() as u64 + n_skipped, tree(&folder).len() as u64, "every file is read or named");
    let documents = &summary["documents"];
    let fates = ["kept", "dropped", "rejected"].map(|fate| documents[fate].as_u64().unwrap());
    assert_eq!(documents["read"], fates.iter().sum::<u64>());
    run(home.path(), ["verify", "out", "--read-data"]).ended(0);
}
