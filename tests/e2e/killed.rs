//! Runs that are killed: what was there stays, and the next run ends as if nothing had happened.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use crate::harness::{feed, home, row, run, tree, unecho};

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
