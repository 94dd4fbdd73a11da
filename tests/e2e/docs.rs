//! The book in docs/: every command in it is run, and every page is in its table of contents.

use std::fs;

use crate::harness::{finish, home, root, shell};

/// The commands of a page: lines that begin with `$ ` in blocks marked `console`.
fn commands(page: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        if let Some(kind) = line.strip_prefix("```") {
            inside = kind == "console";
        } else if inside {
            commands.extend(line.strip_prefix("$ ").map(str::to_owned));
        }
    }
    commands
}

fn pages() -> Vec<(String, String)> {
    let mut pages: Vec<(String, String)> = fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    pages.sort();
    pages
}

#[test]
fn every_command_works_as_written() {
    let mut count = 0;
    for (name, page) in pages() {
        let commands = commands(&page);
        if commands.is_empty() {
            continue;
        }
        let home = home(&[]);
        fs::create_dir(home.path().join("articles")).unwrap();
        for entry in fs::read_dir(root().join("demo/corpus")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, home.path().join("articles").join(path.file_name().unwrap())).unwrap();
        }
        fs::create_dir(home.path().join("crawl")).unwrap();
        fs::write(home.path().join("crawl/example.warc"), web_archive()).unwrap();
        for command in commands {
            let script = format!("unecho() {{ \"$UNECHO\" \"$@\"; }}\n{command}");
            let mut line = shell(home.path(), &format!("UNECHO=\"$0\"\n{script}"));
            let outcome = finish(&mut line);
            assert_eq!(outcome.code, 0, "{name}: {command}\n{}{}", outcome.stdout, outcome.stderr);
            count += 1;
        }
    }
    assert!(count > 20, "{count} commands");
}

/// The pages in demo/ as a web archive, and one record that is no document.
fn web_archive() -> Vec<u8> {
    let record = |kind: &str, address: &str, content: &str| {
        let length = content.len();
        format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {address}\r\nWARC-Date: 2026-01-02T03:04:05Z\r\n\
             WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{:012}>\r\n\
             Content-Type: application/http; msgtype={kind}\r\nContent-Length: {length}\r\n\r\n{content}\r\n\r\n",
            address.len()
        )
    };
    let mut archive = record("request", "https://news.example/", "GET / HTTP/1.1\r\n\r\n");
    for entry in fs::read_dir(root().join("demo/corpus")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "html") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let page = fs::read_to_string(&path).unwrap();
            let content = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{page}");
            archive.push_str(&record("response", &format!("https://news.example/{name}"), &content));
        }
    }
    archive.into_bytes()
}

#[test]
fn the_pages_say_what_the_commands_show() {
    let home = home(&[]);
    let corpus = root().join("demo/corpus");
    let script =
        format!("\"$0\" ingest -q '{}' --out corpus && \"$0\" explain --out corpus", corpus.display());
    let shown = |ids: &str| finish(&mut shell(home.path(), &format!("{script} {ids}"))).ended(0).stdout;
    assert!(shown("ferry-strike-dailydigest").contains("dropped as rewrite of ferry-strike-islander"));
    assert!(shown("cannery-fire-courier cannery-fire-npa").contains("shared-quotes"));
}

#[test]
fn every_page_is_in_the_table_of_contents_and_every_link_leads_somewhere() {
    let contents = fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
    let pages = pages();
    for (name, page) in &pages {
        assert!(name == "SUMMARY.md" || contents.contains(&format!("]({name})")), "{name}");
        for link in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let known = root().join("docs").join(link).is_file();
            assert!(known || link.starts_with("http"), "{name} links to {link}");
        }
    }
}
