//! Exit code 13: a disk, a quota or a limit that is reached. What was there stays, the message says where and
//! how much was wanted, and with more space the same command goes on.

#![cfg(unix)]

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use crate::harness::{Outcome, feed, finish, home, row, run, shell, tree};

#[track_caller]
fn check_message(outcome: &Outcome, path: &str) {
    let said = &outcome.stderr;
    let error = said.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
    assert!(error.contains(path), "{said}");
    assert!(error.contains(" bytes are needed: "), "{said}");
    assert!(said.contains("\nhint: free some space"), "{said}");
}

#[test]
fn a_limit_on_the_size_of_files() {
    let home = home(&[("feed.jsonl", feed().as_bytes()), ("small.jsonl", row("a", "One.").as_bytes())]);
    run(home.path(), ["ingest", "small.jsonl", "--out", "out", "--index", "index"]).ended(0);
    let earlier = tree(home.path());
    // Files may not grow beyond some blocks; the signal that says so is ignored, and writing fails.
    for (limit, flags, path) in [
        (8, "--format jsonl.zst", ".out.unecho-work/00000.batches"),
        (600, "--format jsonl", "train-00000.jsonl"),
        (600, "--format jsonl.zst --index index", "index/0.tmp"),
    ] {
        let command = format!(
            "trap '' XFSZ; ulimit -f {limit}; exec \"$0\" ingest feed.jsonl --out out --threads 2 {flags}"
        );
        let refused = finish(&mut shell(home.path(), &command)).ended(13);
        check_message(&refused, path);
        let mut now = tree(home.path());
        // What a killed writer leaves in an index is nobody's, and removed by the next.
        now.retain(|path, _| !path.ends_with("0.tmp") && !path.starts_with(".out.unecho-work"));
        assert!(now.keys().eq(earlier.keys()), "{flags}: {:?}", now.keys());
        now.retain(|path, _| !path.ends_with("LOCK"));
        assert!(now.iter().all(|(path, bytes)| earlier[path] == *bytes), "{flags}");
        run(home.path(), ["verify", "out"]).ended(0);
        run(home.path(), ["index", "verify", "index"]).ended(0);
    }
    run(home.path(), ["ingest", "feed.jsonl", "--out", "out", "--index", "index"]).ended(0);
    let left = |path: &&PathBuf| path.ends_with("0.tmp") || path.starts_with(".out.unecho-work");
    assert_eq!(tree(home.path()).keys().find(left), None);
}

/// Ends the script when there is no leave to mount anything.
const NO_MOUNT: i32 = 77;

/// A disk of so many blocks of 1,024 bytes, as the folder `disk` of a script.
fn on_small_disk(folder: &std::path::Path, blocks: u32, script: &str) -> Option<Outcome> {
    let script =
        format!("mkdir -p disk; mount -t tmpfs -o size={blocks}k tmpfs disk || exit {NO_MOUNT}\n{script}");
    let inner = shell(folder, &script);
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount"]).arg(inner.get_program()).args(inner.get_args());
    command.current_dir(folder);
    let output = command.output().ok().filter(|output| !output.stderr.starts_with(b"unshare"));
    let outcome = output.map(|output| Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    });
    let outcome = outcome.filter(|outcome| outcome.code != NO_MOUNT);
    if outcome.is_none() {
        // The limit on the size of files, above, stands for it.
        let _ = writeln!(std::io::stderr(), "no leave to mount a small disk here, left out");
    }
    outcome
}

#[cfg(target_os = "linux")]
#[test]
fn a_small_disk() {
    let home = home(&[("feed.jsonl", feed().as_bytes()), ("small.jsonl", row("a", "One.").as_bytes())]);
    for format in ["jsonl", "parquet"] {
        let script = format!(
            "\"$0\" ingest small.jsonl --out disk/out || exit 78
             cp -r disk/out before-{format}
             \"$0\" ingest feed.jsonl --out disk/out --format {format}; code=$?
             diff -r disk/out before-{format} || exit 79
             \"$0\" verify disk/out || exit 80
             mount -o remount,size=16m disk
             \"$0\" ingest feed.jsonl --out disk/out --format {format} || exit 81
             ls -A disk; exit $code"
        );
        let Some(outcome) = on_small_disk(home.path(), 200, &script) else { continue };
        let outcome = outcome.ended(13);
        check_message(&outcome, "disk/.out.unecho-");
        assert!(outcome.stdout.ends_with("\nout\n"), "nothing beside it: {}", outcome.stdout);
    }
}
