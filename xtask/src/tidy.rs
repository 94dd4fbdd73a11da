//! Rules of the tree that no compiler checks.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::tool::{root, say};

/// Which crates of ours each crate may depend on. A new edge is a change of the architecture: it
/// needs its own commit and a line in ARCHITECTURE.md.
const EDGES: [(&str, &[&str]); 19] = [
    ("unecho-model", &[]),
    ("unecho-text", &["unecho-model"]),
    ("unecho-objects", &[]),
    ("unecho-fetch", &["unecho-model", "unecho-objects"]),
    ("unecho-normalize", &["unecho-model", "unecho-text"]),
    ("unecho-fingerprint", &["unecho-model", "unecho-text"]),
    ("unecho-candidates", &["unecho-model"]),
    ("unecho-verify", &["unecho-model", "unecho-text"]),
    ("unecho-cluster", &["unecho-model"]),
    ("unecho-disk", &[]),
    ("unecho-store", &["unecho-model", "unecho-disk"]),
    ("unecho-write", &["unecho-model", "unecho-objects", "unecho-disk"]),
    ("unecho-report", &["unecho-model", "unecho-text"]),
    (
        "unecho-pipeline",
        &[
            "unecho-model",
            "unecho-text",
            "unecho-fetch",
            "unecho-normalize",
            "unecho-fingerprint",
            "unecho-candidates",
            "unecho-verify",
            "unecho-cluster",
            "unecho-disk",
            "unecho-store",
            "unecho-write",
            "unecho-report",
        ],
    ),
    ("unecho-eval", &["unecho-model", "unecho-text", "unecho-pipeline"]),
    ("unecho-cli", &["unecho-model", "unecho-text", "unecho-pipeline", "unecho-eval"]),
    ("unecho-python", &["unecho-cli", "unecho-pipeline"]),
    ("unecho-tests", &[]),
    ("xtask", &[]),
];

/// Longest source file, in lines.
const LINES_MAX: usize = 800;

/// Words that say nothing about what a module is for.
const EMPTY_NAMES: [&str; 6] = ["utils", "util", "common", "helpers", "helper", "manager"];

pub(crate) fn run() -> Result<ExitCode> {
    let files = tracked_files()?;
    let mut complaints = Vec::new();
    for file in &files {
        let text = || fs::read_to_string(root().join(file)).with_context(|| file.display().to_string());
        if file.extension().is_some_and(|extension| extension == "rs") {
            complaints.extend(source_complaints(file, &text()?));
        } else if file.ends_with("Cargo.toml") && file != Path::new("Cargo.toml") {
            complaints.extend(edge_complaints(file, &text()?));
        }
    }
    for complaint in &complaints {
        say(complaint);
    }
    if !complaints.is_empty() {
        bail!("{} tidy rules broken", complaints.len());
    }
    Ok(ExitCode::SUCCESS)
}

fn tracked_files() -> Result<Vec<PathBuf>> {
    let output = Command::new("git")
        .current_dir(root())
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .output()
        .context("cannot run git")?;
    if !output.status.success() {
        bail!("git ls-files ended with {}", output.status);
    }
    let names = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    Ok(names.split_terminator('\0').map(PathBuf::from).filter(|file| root().join(file).is_file()).collect())
}

fn source_complaints(file: &Path, text: &str) -> Vec<String> {
    let name = file.display();
    let mut complaints = Vec::new();
    if !text.starts_with("//!") {
        complaints.push(format!("{name}: does not begin with //!, what the file is for"));
    }
    let lines = text.lines().count();
    if lines > LINES_MAX {
        complaints.push(format!("{name}: {lines} lines, at most {LINES_MAX}"));
    }
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    if stem == "mod" || EMPTY_NAMES.contains(&stem.as_ref()) {
        complaints.push(format!("{name}: a file is named after what it is for"));
    }
    for (at, line) in text.lines().enumerate() {
        let unreasoned = line.contains("#[ignore") || line.contains("#[allow") || line.contains("#![allow");
        if unreasoned && !file.starts_with("xtask") {
            complaints.push(format!("{name}:{}: expect with a reason instead", at + 1));
        }
    }
    complaints
}

fn edge_complaints(file: &Path, text: &str) -> Vec<String> {
    let allowed: BTreeMap<&str, &[&str]> = EDGES.into_iter().collect();
    let package =
        text.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).unwrap_or_default();
    let Some(allowed) = allowed.get(package) else {
        return vec![format!("{}: '{package}' has no place in the architecture yet", file.display())];
    };
    text.lines()
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| name.starts_with("unecho-") && !allowed.contains(name))
        .map(|name| format!("{}: must not depend on {name}", file.display()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_that_is_not_drawn_is_named() {
        let manifest = "[package]\nname = \"unecho-text\"\n[dependencies]\nunecho-model.workspace = true\n";
        assert_eq!(edge_complaints(Path::new("t"), manifest).len(), 0);
        let bad = format!("{manifest}unecho-verify.workspace = true\n");
        assert_eq!(edge_complaints(Path::new("t"), &bad), ["t: must not depend on unecho-verify"]);
        assert_eq!(edge_complaints(Path::new("t"), "name = \"other\"").len(), 1);
    }

    #[test]
    fn sources_say_what_they_are_for() {
        assert_eq!(source_complaints(Path::new("a.rs"), "//! Words.\n").len(), 0);
        assert_eq!(source_complaints(Path::new("src/utils.rs"), "fn a() {}\n").len(), 2);
        assert_eq!(source_complaints(Path::new("a.rs"), &"//!\n".repeat(801)).len(), 1);
    }
}
