//! Settings from files and the environment, and what helps to see them.

use std::fs;

use serde_json::Value;

use crate::harness::{finish, home, prose, row, run, unecho};

fn shown(folder: &std::path::Path, key: &str) -> (Value, String) {
    let shown = run(folder, ["config", "show", "--json"]).ended(0);
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    (shown[key]["value"].clone(), shown[key]["origin"].as_str().unwrap().to_owned())
}

#[test]
fn flags_go_before_the_environment_before_files_before_defaults() {
    let home = home(&[
        ("unecho.toml", b"near = 0.9\nformat = \"jsonl\"\n"),
        ("config/unecho/unecho.toml", b"near = 0.8\nledger = \"all\"\n"),
        ("feed.jsonl", [row("a", &prose(1, 60)), row("b", &prose(2, 60))].concat().as_bytes()),
    ]);
    let user = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = unecho(home.path());
        command.args(args).env("XDG_CONFIG_HOME", home.path().join("config"));
        let outcome = finish(command.envs(variables.iter().copied())).ended(0);
        serde_json::from_str::<Value>(&outcome.stdout).unwrap()
    };
    let config = |args: &[&str], variables: &[(&str, &str)]| {
        user(&[&["ingest", "--print-config"], args].concat(), variables)
    };
    let plain = config(&[], &[]);
    assert_eq!(plain["verify"]["near"]["sure"], 0.9, "the nearer file");
    assert_eq!(plain["ledger"], "all", "the user's file where the nearer is silent");
    assert_eq!(plain["shards"]["format"], "jsonl");
    let variable = config(&[], &[("UNECHO_NEAR", "0.75")]);
    assert_eq!(variable["verify"]["near"]["sure"], 0.75);
    let flag = config(&["--near", "0.6"], &[("UNECHO_NEAR", "0.75")]);
    assert_eq!(flag["verify"]["near"]["sure"], 0.6);
    let none = config(&["--no-config"], &[]);
    assert_eq!(none["verify"]["near"]["sure"], 0.7);
    let origins = user(&["config", "show", "--json"], &[("UNECHO_LIKELY", "0.4")]);
    let of = |key: &str| origins[key]["origin"].as_str().unwrap().to_owned();
    assert_eq!((of("near").as_str(), of("likely").as_str()), ("unecho.toml", "UNECHO_LIKELY"));
    assert!(of("ledger").ends_with("config/unecho/unecho.toml") && of("sure") == "default");

    run(home.path(), ["ingest", "feed.jsonl", "--out", "out"]).ended(0);
    assert!(home.path().join("out/data/train-00000-of-00001.jsonl").is_file(), "the file is heeded");
}

#[test]
fn nothing_is_cut_where_nothing_is_to_go() {
    let story = format!("{}\nAdvertisement\n{}", prose(1, 60), prose(2, 60));
    let home = home(&[("feed.jsonl", [row("a", &story), row("b", &story)].concat().as_bytes())]);
    run(home.path(), ["ingest", "feed.jsonl", "--out", "out", "--format", "jsonl", "--strip", "nothing"])
        .ended(0);
    let read = |name: &str| fs::read_to_string(home.path().join("out").join(name)).unwrap();
    let kept: Value = serde_json::from_str(&read("data/train-00000-of-00001.jsonl")).unwrap();
    assert_eq!(kept["text"], story);
    assert_eq!(kept["copies"][0]["id"], "b");
    assert_eq!(read("ledger/stripped-00000-of-00001.jsonl"), "");
    run(home.path(), ["ingest", "feed.jsonl", "--out", "out", "--format", "jsonl"]).ended(0);
    assert!(read("ledger/stripped-00000-of-00001.jsonl").contains("Advertisement"));
}

#[test]
fn a_result_says_which_settings_were_stated_and_where() {
    let home = home(&[
        ("unecho.toml", b"near = 0.9\nthreads = 2\n"),
        ("config/unecho/unecho.toml", b"ledger = \"all\"\n"),
        ("feed.jsonl", [row("a", &prose(1, 60)), row("b", &prose(2, 60))].concat().as_bytes()),
    ]);
    let mut command = unecho(home.path());
    command.args(["ingest", "feed.jsonl", "--out", "out", "--keep", "first", "--threads", "1"]);
    command.env("XDG_CONFIG_HOME", home.path().join("config")).env("UNECHO_LIKELY", "0.4");
    finish(&mut command).ended(0);
    let manifest = fs::read(home.path().join("out/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let expect = serde_json::json!({
        "keep": { "values": ["first"], "origin": "command line" },
        "ledger": { "values": ["all"], "origin": "the user's unecho.toml" },
        "likely": { "values": ["0.4"], "origin": "UNECHO_LIKELY" },
        "near": { "values": ["0.9"], "origin": "unecho.toml" },
    });
    assert_eq!(manifest["config"]["settings"], expect);
    fs::write(home.path().join("out/summary.json"), "{}").unwrap();
    let damaged = run(home.path(), ["verify", "out"]).ended(12);
    let next = "ingest INPUT --out out --keep first --ledger all --likely 0.4 --near 0.9";
    assert!(damaged.stderr.contains(next), "{}", damaged.stderr);
}

#[test]
fn a_wrong_file_is_refused_with_a_suggestion() {
    let home = home(&[("unecho.toml", b"neer = 0.9\n")]);
    let refused = run(home.path(), ["config", "show"]).ended(2);
    for said in ["unecho.toml", "unknown key 'neer'", "did you mean 'near'"] {
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    run(home.path(), ["config", "show", "--no-config"]).ended(0);
}

#[test]
fn what_is_shown_can_be_used_as_a_file() {
    let home = home(&[]);
    let file = run(home.path(), ["config", "show"]).ended(0).stdout;
    fs::write(home.path().join("unecho.toml"), file).unwrap();
    assert_eq!(shown(home.path(), "format"), (Value::from("jsonl.zst"), "unecho.toml".to_owned()));
    let schema = run(home.path(), ["config", "schema"]).ended(0).stdout;
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    assert!(schema["properties"]["near"]["description"].as_str().unwrap().contains("Jaccard"));
}

#[test]
fn a_folder_is_checked_before_it_is_used() {
    let home = home(&[("file", b"x")]);
    let good = run(home.path(), ["doctor"]).ended(0);
    assert!(good.stdout.contains("locked, synced and renamed"), "{}", good.stdout);
    let bad = run(home.path(), ["doctor", "absent"]).ended(1);
    assert!(bad.stdout.contains("PROBLEM") && bad.stdout.contains("absent"), "{}", bad.stdout);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing is left behind");
}

#[test]
fn completions_and_manual_pages() {
    let home = home(&[]);
    for shell in ["bash", "zsh", "fish"] {
        let script = run(home.path(), ["generate", "completions", shell]).ended(0).stdout;
        assert!(script.contains("ingest") && script.contains("near"), "{shell}");
    }
    run(home.path(), ["generate", "man", "--out", "man"]).ended(0);
    let page = fs::read_to_string(home.path().join("man/unecho-ingest.1")).unwrap();
    assert!(page.contains("Jaccard"), "{page}");
}

#[test]
fn sources_by_who_copies_whom() {
    let line = |id: &str, source: &str, text: &str| {
        format!("{}\n", serde_json::json!({ "id": id, "source": source, "text": text, "date": "2024-05-01" }))
    };
    let (a, b) = (prose(1, 90), prose(2, 90));
    let feed = [
        line("a1", "Alpha", &a),
        line("a2", "Alpha", &b),
        line("b1", "Beta", &a),
        line("b2", "Beta", &b),
        line("c1", "Gamma", &prose(3, 90)),
    ]
    .concat();
    let home = home(&[("feed.jsonl", feed.as_bytes())]);
    run(home.path(), ["ingest", "feed.jsonl", "--out", "out", "--keep", "first"]).ended(0);
    let table = run(home.path(), ["top", "out"]).ended(0).stdout;
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[1], ["Alpha", "2", "2", "0"]);
    assert_eq!(rows[2], ["Beta", "0", "0", "2", "Alpha", "(2)"]);
    assert_eq!(rows[3], ["Gamma", "1", "0", "0"]);
    let json = run(home.path(), ["top", "out", "--json", "-n", "2"]).ended(0).stdout;
    let second: Value = serde_json::from_str(json.lines().nth(1).unwrap()).unwrap();
    assert_eq!((json.lines().count(), &second["from"]["Alpha"]), (2, &Value::from(2)));
    run(home.path(), ["top", "absent"]).ended(10);
}
