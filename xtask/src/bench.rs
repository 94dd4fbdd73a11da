//! `cargo xtask bench`: unecho beside other tools and the limits of the machine.
//!
//! `extract`: main texts and speed beside Python trafilatura, on the same pages.
//!
//! The comparison itself is a Python script, as one side of it is a Python library; here its
//! environment is made, below `target/`, and thrown away when its recipe changes.

mod measure;
pub(crate) mod peers;
pub(crate) mod stages;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};

use crate::tool::{Tool, check, install, root, say};

/// What is compared with. lxml_html_clean is needed by one of its dependencies, which does not say so.
const PACKAGES: [&str; 2] = ["trafilatura==2.3.*", "lxml_html_clean"];
/// The comparison.
const SCRIPT: &str = include_str!("bench_extract.py");
/// Pages that are compared when none are named.
const PAGES: &str = "../shared/data/html/fundus.jsonl.gz";

/// Compares the main text of `files` (rows `{id, html, text}`) and how long it takes.
pub(crate) fn extract(files: &[PathBuf]) -> Result<ExitCode> {
    let tool = Tool::build()?;
    let scratch = root().join("target/bench-extract");
    fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    let python = environment(&scratch, &PACKAGES)?;
    let script = scratch.join("compare.py");
    fs::write(&script, SCRIPT).with_context(|| script.display().to_string())?;
    let usual = [root().join(PAGES)];
    let files = if files.is_empty() { &usual[..] } else { files };
    let binary = tool.command();
    let mut command = Command::new(python);
    check(command.arg(script).arg(binary.get_program()).arg(&scratch).args(files))?;
    Ok(ExitCode::SUCCESS)
}

/// The Python of an environment with these packages, made when it is absent or of another recipe.
pub(crate) fn environment(scratch: &Path, packages: &[&str]) -> Result<PathBuf> {
    let (folder, stamp) = (scratch.join("venv"), scratch.join("venv/recipe"));
    let recipe = packages.join("\n");
    let python = folder.join("bin/python");
    if fs::read_to_string(&stamp).is_ok_and(|made| made == recipe) {
        return Ok(python);
    }
    say(&format!("installing {} below target/", packages.join(", ")));
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    // Debian has the part of Python that makes environments in a package of its own.
    let probe = Command::new("python3").args(["-c", "import ensurepip, venv"]).stderr(Stdio::null()).status();
    if !probe.is_ok_and(|status| status.success()) {
        install(&["python3", "python3-venv"])?;
    }
    check(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    check(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(packages))?;
    fs::write(&stamp, recipe).with_context(|| stamp.display().to_string())?;
    Ok(python)
}
