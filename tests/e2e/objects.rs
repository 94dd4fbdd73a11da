//! Object stores as inputs and as outputs, against servers on loopback that speak as much of S3, Google
//! Cloud Storage and Azure Blob Storage as reading and writing needs.

pub(crate) mod bucket;

use std::path::Path;
use std::process::Command;

use crate::harness::{Outcome, finish, home, ids, prose, records, row, summary, tree, unecho};
use bucket::{Bucket, Fault};

/// The binary with what it needs to reach the bucket, and a folder of its own for temporary files.
fn command(home: &Path, bucket: &Bucket) -> Command {
    let mut command = unecho(home);
    for (name, _) in std::env::vars_os() {
        if ["AWS_", "GOOGLE_", "AZURE_"].iter().any(|store| name.to_string_lossy().starts_with(store)) {
            command.env_remove(name);
        }
    }
    std::fs::create_dir_all(home.join("tmp")).unwrap();
    command.env("TMPDIR", home.join("tmp")).envs(bucket.environment());
    command
}

fn run(home: &Path, bucket: &Bucket, args: &[&str]) -> Outcome {
    finish(command(home, bucket).args(args))
}

/// Some stories, of which two are one.
fn stories(bucket: &Bucket) {
    let (one, other) = (prose(1, 90), prose(2, 90));
    bucket.put("news/a.txt", one.as_bytes());
    bucket.put("news/deep/b c+%41.jsonl", (row("again", &one) + &row("other", &other)).as_bytes());
    bucket.put("news/.hidden.txt", b"never read");
    bucket.put("news/picture.png", b"\x89PNG");
    bucket.put("newspaper.txt", prose(3, 90).as_bytes());
}

#[test]
fn objects_folders_and_patterns_of_every_store_are_read() {
    for bucket in [Bucket::s3(), Bucket::google(), Bucket::azure()] {
        stories(&bucket);
        let home = home(&[]);
        let (folder, root) = (bucket.address("news"), bucket.address(""));
        run(home.path(), &bucket, &["ingest", &folder, "--out", "out"]).ended(0);
        let out = home.path().join("out");
        assert_eq!(ids(&records(&out, "data")), ["a", "other"], "{root}");
        let kept = &records(&out, "data")[0];
        assert_eq!(kept["path"], format!("{folder}/a.txt").as_str());
        let inputs: serde_json::Value =
            serde_json::from_slice(&std::fs::read(out.join("manifest.json")).unwrap()).unwrap();
        assert_eq!(inputs["inputs"].as_array().unwrap().len(), 2);
        assert!(inputs["inputs"][0]["digest"].is_string() && summary(&out)["files_skipped"] == 1);

        let pattern = format!("{root}**/*.jsonl");
        let outcome = run(home.path(), &bucket, &["normalize", &pattern, &bucket.address("newspaper.txt")]);
        assert_eq!(outcome.ended(0).stdout.lines().count(), 3, "{root}");
    }
}

#[test]
fn a_list_of_more_than_one_page_is_read_to_its_end() {
    let bucket = Bucket::s3();
    for at in 0..25 {
        bucket.put(&format!("in/{at:02}.txt"), prose(at, 40).as_bytes());
    }
    let home = home(&[]);
    let outcome = run(home.path(), &bucket, &["normalize", &bucket.address("in/")]).ended(0);
    assert_eq!(outcome.stdout.lines().count(), 25);
}

#[test]
fn what_cannot_be_had_is_rejected_with_a_reason_and_the_rest_is_read() {
    let bucket = Bucket::s3();
    stories(&bucket);
    bucket.put("news/secret.txt", b"never read");
    bucket.put("news/gone.txt", b"never read");
    bucket.put("news/cut.txt", prose(9, 4000).as_bytes());
    bucket.set_fault("news/secret.txt", Fault::Denied);
    bucket.set_fault("news/gone.txt", Fault::Vanishes);
    // The connection breaks: the rest is asked for again.
    bucket.set_fault("news/cut.txt", Fault::BreaksOnce);
    let home = home(&[]);
    let (folder, absent) = (bucket.address("news"), bucket.address("absent"));
    run(home.path(), &bucket, &["ingest", &folder, &absent, "s3:///x", "--out", "out"]).ended(3);
    let out = home.path().join("out");
    let found: Vec<(String, String)> = records(&out, "rejected")
        .iter()
        .map(|record| [&record["path"], &record["detail"]].map(|v| v.as_str().unwrap().to_owned()).into())
        .collect();
    let expect = [
        ("s3:///x".to_owned(), "names no bucket".to_owned()),
        (absent, "no such object, and no object below".to_owned()),
        (format!("{folder}/gone.txt"), "no such file".to_owned()),
        (format!("{folder}/secret.txt"), "permission denied".to_owned()),
    ];
    assert_eq!(found, expect);
    assert_eq!(ids(&records(&out, "data")), ["a", "cut", "other"]);
}

#[test]
fn an_output_is_uploaded_whole_replaced_whole_and_read_back() {
    let bucket = Bucket::s3();
    stories(&bucket);
    let home = home(&[("in/x.txt", prose(5, 90).as_bytes())]);
    let (folder, out) = (bucket.address("news"), bucket.address("results/corpus"));
    run(home.path(), &bucket, &["ingest", &folder, "--out", &out]).ended(0);
    run(home.path(), &bucket, &["ingest", &folder, "--out", "here"]).ended(0);
    let local = tree(&home.path().join("here"));
    assert!(bucket.below("results/corpus/") == local, "the same bytes as in a folder");
    let uploads = bucket.take_uploads();
    let [.., manifest, success] = uploads.as_slice() else { panic!("{uploads:?}") };
    assert!(uploads[0].ends_with("_UPLOADING") && manifest.ends_with("manifest.json"), "{uploads:?}");
    assert!(success.ends_with("_SUCCESS"), "{uploads:?}");
    assert!(
        std::fs::read_dir(home.path().join("tmp"))
            .unwrap()
            .all(|entry| { std::fs::read_dir(entry.unwrap().path()).unwrap().next().is_none() })
    );

    run(home.path(), &bucket, &["verify", &out, "--read-data"]).ended(0);
    let explained = run(home.path(), &bucket, &["explain", "--out", &out, "again"]).ended(0);
    assert!(explained.stdout.contains("exact"), "{}", explained.stdout);
    // A result is no input, unless it is named itself.
    let read = run(home.path(), &bucket, &["normalize", &bucket.address("")]).ended(0);
    assert_eq!(read.stdout.lines().count(), 4);

    run(home.path(), &bucket, &["ingest", "in", "--out", &out]).ended(0);
    run(home.path(), &bucket, &["verify", &out]).ended(0);
    assert!(bucket.below("results/corpus/") != local);
    bucket.damage("results/corpus/summary.json");
    run(home.path(), &bucket, &["verify", &out]).ended(12);
}

#[test]
fn what_unecho_did_not_write_is_never_touched() {
    let bucket = Bucket::s3();
    stories(&bucket);
    let before = bucket.below("");
    let home = home(&[("in/x.txt", prose(5, 90).as_bytes())]);
    let outcome = run(home.path(), &bucket, &["ingest", "in", "--out", &bucket.address("news")]).ended(2);
    assert!(outcome.stderr.contains("did not write"), "{}", outcome.stderr);
    assert!(bucket.below("") == before);
    run(home.path(), &bucket, &["verify", &bucket.address("news")]).ended(10);
}

#[test]
fn an_upload_that_broke_off_is_no_result_and_is_finished_by_the_same_command() {
    let bucket = Bucket::s3();
    stories(&bucket);
    let home = home(&[("in/x.txt", prose(5, 90).as_bytes())]);
    let (folder, out) = (bucket.address("news"), bucket.address("corpus"));
    run(home.path(), &bucket, &["ingest", "in", "--out", &out]).ended(0);
    for n_writes in [0, 1, 3, 7] {
        bucket.set_writes_left(Some(n_writes));
        run(home.path(), &bucket, &["ingest", &folder, "--out", &out]).ended(1);
        let is_whole = bucket.below("corpus/").contains_key(Path::new("_SUCCESS"));
        assert_eq!(is_whole, n_writes == 0, "an earlier result is whole until the first file is replaced");
        run(home.path(), &bucket, &["verify", &out]).ended(if is_whole { 0 } else { 10 });
    }
    bucket.set_writes_left(None);
    run(home.path(), &bucket, &["ingest", &folder, "--out", &out]).ended(0);
    run(home.path(), &bucket, &["verify", &out, "--read-data"]).ended(0);
    run(home.path(), &bucket, &["ingest", &folder, "--out", "here"]).ended(0);
    assert!(bucket.below("corpus/") == tree(&home.path().join("here")));
}

#[test]
fn addresses_of_files_are_paths() {
    let home = home(&[("in/x.txt", prose(5, 90).as_bytes())]);
    let address = |name: &str| format!("file://{}/{name}", home.path().display());
    let bucket = Bucket::s3();
    run(home.path(), &bucket, &["ingest", &address("in"), "--out", &address("out")]).ended(0);
    run(home.path(), &bucket, &["verify", &address("out")]).ended(0);
    assert_eq!(ids(&records(&home.path().join("out"), "data")), ["x"]);
}

#[test]
fn an_endpoint_without_tls_has_to_be_allowed() {
    let bucket = Bucket::s3();
    stories(&bucket);
    let home = home(&[]);
    let mut command = command(home.path(), &bucket);
    let outcome = finish(command.env_remove("AWS_ALLOW_HTTP").args(["normalize", &bucket.address("news")]));
    let outcome = outcome.ended(2);
    assert!(outcome.stderr.contains("AWS_ALLOW_HTTP"), "{}", outcome.stderr);
}
