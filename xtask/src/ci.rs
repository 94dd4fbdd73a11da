//! `cargo xtask ci`: everything that must hold before a change lands.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::Result;

use crate::tidy;
use crate::tool::{Tool, cargo, check, root, say};

/// Where the labelled sets are looked for, beside the checkout.
const LABELLED_SETS: &str = "../shared/data/reuse";

/// Version of the dependency checker.
const CARGO_DENY: &str = "0.20.2";

pub(crate) fn run() -> Result<ExitCode> {
    let started = Instant::now();
    step("format", || check(&mut in_root(["fmt", "--all", "--", "--check"])))?;
    step("tidy", || tidy::run().map(|_| ()))?;
    step("clippy", || {
        check(&mut in_root([
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "--deny",
            "warnings",
        ]))
    })?;
    // The end-to-end tests run the optimized binary; its name reaches them by the environment.
    let tool = Tool::build()?;
    step("tests", || {
        check(in_root(["test", "--workspace", "--locked"]).env("UNECHO_BIN", tool.command().get_program()))
    })?;
    step("docs", || {
        check(
            in_root(["doc", "--workspace", "--no-deps", "--locked", "--document-private-items"])
                .env("RUSTDOCFLAGS", "--deny warnings"),
        )
    })?;
    step("dependencies", check_dependencies)?;
    step("quality", || check_quality(&tool))?;
    say(&format!("ci: all passed in {} s", started.elapsed().as_secs()));
    Ok(ExitCode::SUCCESS)
}

fn step(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    say(&format!("ci: {name}"));
    let started = Instant::now();
    work()?;
    say(&format!("ci: {name} passed in {} s", started.elapsed().as_secs()));
    Ok(())
}

fn in_root<const N: usize>(args: [&str; N]) -> Command {
    let mut command = cargo();
    command.current_dir(root()).args(args);
    command
}

/// Licences, sources and banned crates, by deny.toml; installs the checker when it is absent.
fn check_dependencies() -> Result<()> {
    let installed = cargo().args(["deny", "--version"]).output().is_ok_and(|output| output.status.success());
    if !installed {
        check(cargo().args(["install", "cargo-deny", "--locked", "--version", CARGO_DENY]))?;
    }
    // Advisories are looked up on the network by those who have it: `cargo deny check advisories`.
    check(&mut in_root(["deny", "check", "bans", "licenses", "sources"]))
}

/// Scores on the labelled sets, against the targets in crates/eval/sets.toml.
fn check_quality(tool: &Tool) -> Result<()> {
    let sets: PathBuf = root().join(LABELLED_SETS);
    if !sets.is_dir() {
        say(&format!("ci: no labelled sets at {LABELLED_SETS}, quality gates left out"));
        return Ok(());
    }
    check(tool.command().current_dir(root()).args(["eval", "sets", "--data", LABELLED_SETS, "--gate"]))
}
