//! The exit codes, each by a run that ends so; 13 (no space) in `full.rs`.

use std::fs;

use crate::harness::{home, prose, run, unecho};

#[test]
fn usage_is_2() {
    let home = home(&[("a.txt", prose(1, 50).as_bytes())]);
    for args in [
        &["ingest"][..],
        &["ingest", "a.txt"],
        &["ingest", "a.txt", "--out", "o", "--keep", "newest"],
        &["ingest", "a.txt", "--out", "o", "--on", "rewrite=burn"],
        &["ingest", "a.txt", "--out", "o", "--near", "2"],
        &["ingest", "a.txt", "--out", "o", "--likely", "0.9", "--sure", "0.5"],
        &["ingest", "a.txt", "--out", "o", "--rules", "absent.toml"],
        &["ingest", "a.txt", "--out", "o", "--threads", "0"],
        &["ingest", "absent.txt", "--out", "o"],
        &["ingest", "a[.txt", "--out", "o"],
        &["frobnicate"],
    ] {
        let outcome = run(home.path(), args).ended(2);
        assert!(outcome.stderr.contains("error"), "{args:?}: {}", outcome.stderr);
        assert_eq!(outcome.stdout, "", "{args:?}");
        assert!(!home.path().join("o").exists(), "{args:?}");
    }
}

#[test]
fn done_is_0_and_failed_is_1() {
    let home = home(&[("a.txt", prose(1, 50).as_bytes())]);
    run(home.path(), ["ingest", "a.txt", "--out", "o"]).ended(0);
    run(home.path(), ["explain", "--out", "o", "a"]).ended(0);
    let outcome = run(home.path(), ["explain", "--out", "o", "b"]).ended(1);
    assert!(outcome.stderr.starts_with("error: no document 'b' in o\nhint: "), "{}", outcome.stderr);
    run(home.path(), ["--help"]).ended(0);
    run(home.path(), ["--version"]).ended(0);
}

#[test]
fn not_found_is_10_and_damaged_is_12() {
    let home = home(&[("a.txt", prose(1, 50).as_bytes())]);
    for args in [&["explain", "--out", "o", "a"][..], &["verify", "o"], &["verify", "."]] {
        let outcome = run(home.path(), args).ended(10);
        assert!(outcome.stderr.contains("hint: "), "{}", outcome.stderr);
    }
    run(home.path(), ["ingest", "a.txt", "--out", "o"]).ended(0);
    fs::write(home.path().join("o/manifest.json"), "{").unwrap();
    run(home.path(), ["verify", "o"]).ended(12);
    run(home.path(), ["explain", "--out", "o", "a"]).ended(12);
}

#[test]
fn locked_is_11() {
    let home = home(&[("a.txt", prose(1, 50).as_bytes())]);
    let lock = fs::File::create(home.path().join(".o.unecho-lock")).unwrap();
    lock.lock().unwrap();
    let outcome = run(home.path(), ["ingest", "a.txt", "--out", "o"]).ended(11);
    assert!(outcome.stderr.contains("another run is writing here"), "{}", outcome.stderr);
    drop(lock);
    run(home.path(), ["ingest", "a.txt", "--out", "o"]).ended(0);
}

#[cfg(unix)]
#[test]
fn signals_are_128_and_their_number_and_leave_nothing() {
    use std::io::Write;
    use std::process::{Command, Stdio};

    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let home = home(&[]);
        // A run that waits for its input is sure to be in the middle of it.
        let mut child = unecho(home.path())
            .args(["ingest", "-", "--out", "o", "--json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(crate::harness::row("a", &prose(1, 50)).as_bytes()).unwrap();
        let mut events = std::io::BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("started") {
            assert_ne!(std::io::BufRead::read_line(&mut events, &mut said).unwrap(), 0, "{said}");
        }
        let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        // The pipe stays open and silent: the run must not wait for it.
        assert_eq!(child.wait().unwrap().code(), Some(code));
        drop(stdin);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "nothing is left behind");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn data_that_cannot_be_written_is_1() {
    let home = home(&[("a.txt", prose(1, 50).as_bytes())]);
    for args in [&["ingest", "a.txt", "--out", "out", "--json"][..], &["normalize", "a.txt"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let outcome = unecho(home.path()).args(args).stdout(full).output().unwrap();
        let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
        assert_eq!(outcome.status.code(), Some(1), "{args:?}: {stderr}");
        assert!(stderr.contains("error: ") && stderr.contains("No space left"), "{args:?}: {stderr}");
    }
    run(home.path(), ["verify", "out"]).ended(0);
}
