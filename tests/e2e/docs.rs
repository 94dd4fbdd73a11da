//! The first page of the project and the book in docs/: every command in them is run or says why not, what they
//! show is what the binary says, and every page is in the table of contents.

mod blocks;
mod place;

use std::fs;

use crate::harness::{finish, home, root, shell, tool};
use blocks::{Block, blocks, pages};
use place::Place;

/// Blocks that are not run by these tests, by page, with the reason that stands above them.
const NOT_RUN: [(&str, &str); 8] = [
    ("README.md", "it builds the project and runs these tests"),
    ("README.md", "it builds the project"),
    ("docs/python.md", "it builds the package and runs its tests"),
    ("docs/recipes.md", "it needs the network and credentials"),
    ("docs/records.md", "cargo xtask interop does it"),
    ("docs/scale.md", "it needs Spark; cargo xtask spark-test does it"),
    ("docs/scale.md", "it needs Spark; cargo xtask spark-test does it"),
    ("docs/scale.md", "it needs Spark; cargo xtask spark-test does it"),
];

/// Pages whose Python is run by python/tests/test_pages.py.
const PYTHON_IS_RUN: [&str; 3] = ["README.md", "docs/python.md", "docs/recipes.md"];

/// Programs of others that commands pipe to.
const TOOLS: [&str; 2] = ["zstdcat", "jq"];

fn all_blocks() -> Vec<Block> {
    pages().iter().flat_map(|(name, text)| blocks(name, text)).collect()
}

#[test]
fn every_block_is_run_or_says_why_not() {
    let mut not_run = Vec::new();
    for block in all_blocks() {
        match (block.kind.as_str(), block.why_not) {
            ("console" | "sh" | "python", Some(why)) => not_run.push((block.page, why)),
            ("console" | "sh" | "json" | "toml" | "text", None) => {}
            ("python", None) if PYTHON_IS_RUN.contains(&block.page.as_str()) => {}
            (kind, why) => {
                panic!("{}: a block in '{kind}' ({why:?}): {}", block.page, block.lines.join("\n"))
            }
        }
    }
    let not_run: Vec<(&str, &str)> =
        not_run.iter().map(|(page, why)| (page.as_str(), why.as_str())).collect();
    assert_eq!(not_run, NOT_RUN);
}

#[test]
fn every_command_works_as_written() {
    let missing: Vec<&str> = TOOLS.into_iter().filter(|name| !tool(name)).collect();
    let mut count = 0;
    for (name, text) in pages() {
        let blocks = blocks(&name, &text);
        let wanted = blocks.iter().filter(|block| block.why_not.is_none());
        let commands: Vec<&str> = wanted.flat_map(Block::commands).collect();
        if commands.is_empty() {
            continue;
        }
        let place = Place::new();
        for command in commands {
            if let Some(missing) = missing.iter().find(|name| command.contains(**name)) {
                eprintln!("{name}: not run without {missing}: {command}");
                continue;
            }
            let outcome = finish(&mut place.shell(command));
            assert_eq!(outcome.code, 0, "{name}: {command}\n{}{}", outcome.stdout, outcome.stderr);
            count += 1;
        }
    }
    assert!(count > 60, "{count} commands");
}

#[test]
fn the_first_page_shows_what_the_demo_says() {
    let place = Place::new();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let shown = blocks("README.md", &readme).swap_remove(0).lines;
    let mut said = String::new();
    for command in shown.iter().filter_map(|line| line.strip_prefix("$ unecho ")) {
        let outcome = finish(&mut place.shell(&format!("unecho {command}"))).ended(0);
        said += &format!("$ unecho {command}\n{}{}", outcome.stderr, outcome.stdout);
        said += "\n";
    }
    let said: Vec<&str> = said.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let shown = shown.iter().skip(1).map(|line| line.trim_end()).filter(|line| !line.is_empty());
    let shown: Vec<&str> = shown.collect();
    // What the page leaves out stands as […].
    let mut rest = said.as_slice();
    for (at, part) in shown.split(|line| *line == "[…]").enumerate() {
        let found = rest.windows(part.len()).position(|lines| lines == part);
        let found = found.filter(|&skipped| at > 0 || skipped == 0);
        let skipped = found.unwrap_or_else(|| panic!("README.md shows {part:#?}\nand said is {rest:#?}"));
        rest = &rest[skipped + part.len()..];
    }
    assert!(rest.is_empty(), "README.md does not show {rest:#?}");
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
    for (name, page) in pages() {
        let folder = root().join(&name).parent().unwrap().to_owned();
        if let Some(name) = name.strip_prefix("docs/") {
            assert!(name == "SUMMARY.md" || contents.contains(&format!("]({name})")), "{name}");
        }
        for link in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let known = folder.join(link).exists();
            assert!(known || link.starts_with("http"), "{name} links to {link}");
        }
    }
}
