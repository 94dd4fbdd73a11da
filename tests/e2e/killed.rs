//! Runs that are killed: what was there stays, and the next run ends as if nothing had happened.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::harness::{Outcome, feed, home, row, run, tree, unecho};

#[test]
fn a_run_killed_at_any_time_and_started_again_gives_the_same_bytes() {
    let home = home(&[("feed.jsonl", feed().as_bytes()), ("small.jsonl", row("a", "One.").as_bytes())]);
    run(home.path(), ["ingest", "feed.jsonl", "--out", "expected"]).ended(0);
    let expected = tree(&home.path().join("expected"));
    run(home.path(), ["ingest", "small.jsonl", "--out", "out"]).ended(0);
    let earlier = tree(&home.path().join("out"));
    let (mut killed, mut delay) = (0, Duration::ZERO);
    loop {
        let mut child = unecho(home.path())
            .args(["ingest", "feed.jsonl", "--out", "out"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(delay);
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            break;
        }
        killed += 1;
        // Between two renames there may be no output for a moment; a damaged one there never is.
        let out = home.path().join("out");
        let now = if out.exists() { tree(&out) } else { earlier.clone() };
        assert!(now == earlier || now == expected, "after {delay:?}: {:?}", now.keys());
        delay += (delay / 10).max(Duration::from_millis(5));
    }
    assert!(killed > 3, "the run is over too soon to be killed");
    run(home.path(), ["ingest", "feed.jsonl", "--out", "out"]).ended(0);
    assert_eq!(tree(&home.path().join("out")), expected);
    let names: Vec<_> = fs::read_dir(home.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 4, "nothing is left behind: {names:?}");
}

/// Starts a run that waits for the rest of its standard input, and kills it when everything else is clean.
fn kill_a_waiting_run(folder: &Path) {
    let mut child = unecho(folder)
        .args(["ingest", "feed.jsonl", "-", "--out", "out", "--threads", "2"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let work = folder.join(".out.unecho-work");
    let bytes = || -> u64 {
        let files = fs::read_dir(&work).into_iter().flatten();
        files.filter_map(|file| Some(file.ok()?.metadata().ok()?.len())).sum()
    };
    let begun = Instant::now();
    // All of it is one batch, written at once.
    let mut seen = [0, 1, 2];
    while seen[0] == 0 || seen != [bytes(); 3] {
        seen = [bytes(), seen[0], seen[1]];
        assert!(
            begun.elapsed() < Duration::from_secs(60) && child.try_wait().unwrap().is_none(),
            "nothing is kept"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// The same command with all of its input.
fn run_to_the_end(folder: &Path, out: &str, flags: &[&str]) -> Outcome {
    let args = ["ingest", "feed.jsonl", "-", "--out", out, "--threads", "2"];
    let mut command = unecho(folder);
    command.args(args).args(flags).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"Rain is expected in the valley until Sunday evening.").unwrap();
    Outcome::of(child.wait_with_output().unwrap())
}

#[test]
fn a_killed_run_is_continued() {
    let home = home(&[("feed.jsonl", feed().as_bytes())]);
    let documents = feed().lines().count();
    run_to_the_end(home.path(), "expected", &[]).ended(0);
    kill_a_waiting_run(home.path());
    let outcome = run_to_the_end(home.path(), "out", &[]).ended(0);
    let said = format!("continuing an interrupted run: {documents} documents are clean already");
    assert!(outcome.stderr.contains(&said), "{}", outcome.stderr);
    assert_eq!(tree(&home.path().join("out")), tree(&home.path().join("expected")));
    assert!(!home.path().join(".out.unecho-work").exists(), "what is of no use any more is removed");
}

#[test]
fn a_killed_run_is_not_mixed_with_one_of_other_settings() {
    let home = home(&[("feed.jsonl", feed().as_bytes())]);
    let other = ["--no-rule", "syndication.originally-appeared"];
    run_to_the_end(home.path(), "expected", &other).ended(0);
    kill_a_waiting_run(home.path());
    let outcome = run_to_the_end(home.path(), "out", &other).ended(0);
    assert!(outcome.stderr.contains("with other settings: starting over"), "{}", outcome.stderr);
    assert_eq!(tree(&home.path().join("out")), tree(&home.path().join("expected")));
    kill_a_waiting_run(home.path());
    fs::write(home.path().join("feed.jsonl"), feed().replace("ka", "ko")).unwrap();
    let outcome = run_to_the_end(home.path(), "out", &[]).ended(0);
    assert!(outcome.stderr.contains("starting over"), "{}", outcome.stderr);
}
