//! What a run says: colours, dry runs, metrics, events, hints.

use std::fs;

use serde_json::Value;

use crate::harness::{finish, home, prose, row, run, tree, unecho};

fn feed() -> String {
    let story = prose(1, 80);
    [row("a", &story), row("b", &story), row("c", &story), row("d", &prose(2, 80))].concat()
}

#[test]
fn a_dry_run_says_what_would_happen_and_writes_nothing() {
    let home = home(&[
        ("in/feed.jsonl", feed().as_bytes()),
        ("in/picture.bmp", b"x"),
        ("unecho.toml", b"near = 0.9\n"),
        ("full/file", b"x"),
    ]);
    let before = tree(home.path());
    let args = ["ingest", "in", "https://news.example/feed.xml", "absent.txt", "--out", "out", "--dry-run"];
    let shown = run(home.path(), args.iter().copied().chain(["--ledger", "all"])).ended(3).stdout;
    for said in [
        "1 inputs",
        "in/feed.jsonl",
        "https://news.example/feed.xml",
        "absent.txt",
        "1 files of no known kind, such as in/picture.bmp",
        "near = 0.9  (unecho.toml)",
        "ledger = all  (command line)",
        "out: would be made",
    ] {
        assert!(shown.contains(said), "{said} in {shown}");
    }
    let json = run(home.path(), ["ingest", "in", "--out", "out", "--dry-run", "--json"]).ended(0).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (json["inputs"][0]["path"].as_str(), json["files_skipped"].as_u64()),
        (Some("in/feed.jsonl"), Some(1))
    );
    run(home.path(), ["ingest", "absent.txt", "--out", "out", "--dry-run"]).ended(2);
    run(home.path(), ["ingest", "in", "--out", "full", "--dry-run"]).ended(2);
    assert_eq!(tree(home.path()), before);
    run(home.path(), ["ingest", "-q", "in", "--out", "out"]).ended(0);
    let again = run(home.path(), ["ingest", "in", "--out", "out", "--dry-run"]).ended(0).stdout;
    assert!(again.contains("an earlier result of 4 documents would be replaced"), "{again}");
}

#[test]
fn colours_are_used_when_wanted_and_never_in_pipes() {
    let home = home(&[("feed.jsonl", feed().as_bytes())]);
    let ingest = |color: &[&str], variables: &[(&str, &str)]| {
        let mut command = unecho(home.path());
        command.args(["ingest", "feed.jsonl", "--out", "out"]).args(color);
        finish(command.envs(variables.iter().copied())).ended(0).stderr
    };
    let escape = '\u{1b}';
    assert!(!ingest(&[], &[]).contains(escape), "a pipe");
    assert!(ingest(&["--color", "always"], &[("NO_COLOR", "1"), ("TERM", "dumb")]).contains(escape));
    assert!(!ingest(&["--color=never"], &[]).contains(escape));
    let wrong = |color: &str| run(home.path(), ["ingest", "--color", color, "--frob"]).ended(2).stderr;
    assert!(wrong("always").contains(escape) && !wrong("never").contains(escape), "errors about flags too");
    let blue = run(home.path(), ["ingest", "feed.jsonl", "--out", "out", "--color", "blue"]).ended(2).stderr;
    assert!(blue.contains("auto, always, never"), "{blue}");
    let failed = run(home.path(), ["--color", "always", "verify", "absent"]).ended(10).stderr;
    assert!(failed.starts_with("\u{1b}[1;31merror:"), "{failed}");
    let explained = run(home.path(), ["--color", "always", "explain", "--out", "out", "a"]).ended(0).stdout;
    assert!(explained.contains(escape), "{explained}");
}

/// What a run writes to a terminal.
#[cfg(target_os = "linux")]
fn on_a_terminal(variables: &[(&str, &str)], args: &str) -> String {
    let home = home(&[("feed.jsonl", feed().as_bytes())]);
    let line = format!("exec '{}' {args}", crate::harness::binary().display());
    let mut command = std::process::Command::new("script");
    command.current_dir(home.path()).args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    crate::harness::without_settings(&mut command);
    command.envs(variables.iter().copied()).stdin(std::process::Stdio::null());
    finish(&mut command).ended(0).stdout
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_gets_colours_and_progress_unless_it_is_dumb_or_nobody_wants_them() {
    if !crate::harness::tool("script") {
        eprintln!("not tested: there is no program 'script' to make a terminal");
        return;
    }
    let ingest = "ingest feed.jsonl --out out";
    let (colour, moves) = ("\u{1b}[1", |said: &str| said.replace("\r\n", "\n").contains('\r'));
    let smart = on_a_terminal(&[("TERM", "xterm-256color")], ingest);
    assert!(smart.contains(colour) && (moves(&smart) || smart.contains("\u{1b}[2K")), "{smart:?}");
    let dumb = on_a_terminal(&[("TERM", "dumb")], ingest);
    assert!(!dumb.contains('\u{1b}') && !moves(&dumb), "{dumb:?}");
    assert!(dumb.contains("2 kept"), "what became of it is said all the same: {dumb:?}");
    assert!(on_a_terminal(&[("TERM", "xterm")], "--help").contains('\u{1b}'), "help has colours");
    let plain = on_a_terminal(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], ingest);
    assert!(!plain.contains("\u{1b}[1;") && !plain.contains("\u{1b}[3"), "{plain:?}");
    let stays_plain = |variables: &[(&str, &str)]| {
        let help = on_a_terminal(variables, "--help");
        assert!(help.contains("Usage") && !help.contains('\u{1b}'), "{help:?}");
    };
    stays_plain(&[("TERM", "dumb")]);
    stays_plain(&[("TERM", "dumb"), ("CI", "true")]);
    stays_plain(&[("TERM", "xterm"), ("NO_COLOR", "1")]);
}

#[test]
fn the_summary_names_the_most_copied_stories_and_what_to_do_next() {
    let home = home(&[("feed.jsonl", feed().as_bytes())]);
    let said = run(home.path(), ["ingest", "feed.jsonl", "--out", "out"]).ended(0).stderr;
    let lines: Vec<&str> = said.lines().collect();
    let stories = lines.iter().position(|line| line.contains("most copied stories")).unwrap();
    assert!(lines[stories + 1].trim_start().starts_with("2 "), "{said}");
    for next in ["out/report.html", "unecho explain --out out ID", "unecho top out"] {
        assert!(said.contains(next), "{next} in {said}");
    }
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{said}");
    assert!(!said.contains(" in 0."), "no lines about stages in a pipe: {said}");
    let verbose = run(home.path(), ["ingest", "-v", "feed.jsonl", "--out", "out"]).ended(0).stderr;
    assert!(
        verbose.contains("read ") && verbose.contains("/s)") && verbose.contains("of memory"),
        "{verbose}"
    );
}

#[test]
fn metrics_are_kept_and_shown_in_the_page() {
    let home = home(&[("feed.jsonl", feed().as_bytes()), ("mine.txt", b"mine")]);
    run(home.path(), ["ingest", "-q", "feed.jsonl", "--out", "out", "--metrics", "run.prom"]).ended(0);
    let text = fs::read_to_string(home.path().join("run.prom")).unwrap();
    for line in [
        "unecho_running 0",
        "unecho_success 1",
        "unecho_documents{fate=\"kept\"} 2",
        "unecho_documents{fate=\"dropped\"} 2",
        "unecho_dropped{kind=\"exact\"} 2",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    let described = fs::read_to_string(crate::harness::root().join("docs/events.md")).unwrap();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("unecho_") && value.parse::<f64>().is_ok(), "{line}");
        let family = name.split('{').next().unwrap();
        assert!(described.contains(&format!("`{family}`")), "{family} is not described");
    }
    let plain = run(home.path(), ["report", "out"]).ended(0).stdout;
    let timed = run(home.path(), ["report", "out", "--metrics", "run.prom"]).ended(0).stdout;
    assert!(!plain.contains("class=\"pace\"") && timed.contains("class=\"pace\""));
    run(home.path(), ["report", "out", "--metrics", "mine.txt"]).ended(2);
    run(home.path(), ["ingest", "-q", "feed.jsonl", "--out", "other", "--metrics", "mine.txt"]).ended(2);
    assert_eq!(fs::read_to_string(home.path().join("mine.txt")).unwrap(), "mine");
    assert!(!home.path().join("other").exists());
    run(home.path(), ["ingest", "-q", "absent", "--out", "other", "--metrics", "failed.prom"]).ended(2);
    let failed = fs::read_to_string(home.path().join("failed.prom")).unwrap();
    assert!(failed.contains("unecho_running 0\n") && failed.contains("unecho_success 0\n"), "{failed}");
}

#[test]
fn events_name_their_version_and_how_it_ended() {
    let home = home(&[("feed.jsonl", feed().as_bytes())]);
    let events = |args: &[&str], code: i32| -> Vec<Value> {
        let outcome = run(home.path(), args).ended(code);
        outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let good = events(&["ingest", "feed.jsonl", "--out", "out", "--json"], 0);
    assert_eq!((good[0]["event"].as_str(), good[0]["events_version"].as_u64()), (Some("begun"), Some(1)));
    let stories = good.iter().find(|event| event["event"] == "stories").unwrap();
    assert_eq!(stories["stories"][0]["copies"], 2);
    assert_eq!(good.last().unwrap()["event"], "published");
    let bad = events(&["ingest", "absent", "--out", "other", "--json"], 2);
    assert_eq!(bad.last().unwrap()["event"], "failed");
    let page = fs::read_to_string(crate::harness::root().join("docs/events.md")).unwrap();
    for event in good.iter().chain(&bad) {
        let name = event["event"].as_str().unwrap();
        assert!(page.contains(&format!("| `{name}` |")), "{name} is not described");
        for field in event.as_object().unwrap().keys() {
            assert!(page.contains(&format!("`{field}`")), "{name}.{field} is not described");
        }
    }
}
