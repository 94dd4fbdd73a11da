//! The blocks of code of a page: what they are in, what is said of them, what they say to do.

use std::fs;

use crate::harness::root;

/// How a comment begins that says why a block is not run.
const MARK: &str = "<!-- not run here: ";

/// A block of code.
#[derive(Debug)]
pub(super) struct Block {
    /// Its page, below the folder of the workspace.
    pub(super) page: String,
    /// What it is in: `console`, `sh`, `python`, ….
    pub(super) kind: String,
    /// Why it is not run, when the comment above it says so.
    pub(super) why_not: Option<String>,
    pub(super) lines: Vec<String>,
}

impl Block {
    /// The commands for a shell in it.
    pub(super) fn commands(&self) -> Vec<&str> {
        let lines = self.lines.iter().map(String::as_str);
        match self.kind.as_str() {
            // What stands between the commands is what they say.
            "console" => lines.filter_map(|line| line.strip_prefix("$ ")).collect(),
            "sh" => lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#')).collect(),
            _ => Vec::new(),
        }
    }
}

/// The first page of the project and those of the book: names and texts.
pub(super) fn pages() -> Vec<(String, String)> {
    let mut names: Vec<String> = fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| format!("docs/{}", entry.unwrap().file_name().to_string_lossy()))
        .filter(|name| name.ends_with(".md"))
        .collect();
    names.push("README.md".to_owned());
    names.sort();
    let text = |name: String| (fs::read_to_string(root().join(&name)).unwrap(), name);
    names.into_iter().map(text).map(|(text, name)| (name, text)).collect()
}

/// The blocks of a page, in order.
pub(super) fn blocks(page: &str, text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let mut above = "";
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(kind), None) => {
                let why_not = above.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(" -->"));
                let (page, kind) = (page.to_owned(), kind.to_owned());
                open = Some(Block { page, kind, why_not: why_not.map(str::to_owned), lines: Vec::new() });
            }
            (None, Some(block)) => block.lines.push(line.to_owned()),
            (None, None) if line.trim().is_empty() => {}
            (None, None) => above = line,
        }
    }
    assert!(open.is_none(), "{page}: a block has no end");
    blocks
}
