//! `cargo xtask ci`: everything that must hold before a change lands.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::quality::STRIPPING_SETS;
use crate::tool::{Build, Tool, cargo, check, install, on_path, root, say};
use crate::{interop, python, report_test, spark_test, tidy, torture};

/// Where the labelled sets are looked for, beside the checkout.
const LABELLED_DATA: &str = "../shared/data";

/// Version of the dependency checker.
const CARGO_DENY: &str = "0.20.2";

/// Points at which runs are killed and made to fail.
const TORTURE_POINTS: usize = 100;

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
    // All of it runs the binary that tests are built with, so that nothing is built twice; its name reaches the
    // end-to-end tests by the environment.
    let tool = Tool::build_for_tests()?;
    step("tests", || {
        install_tools()?;
        let mut tests = in_root(["test", "--workspace", "--locked"]);
        check(tests.env("UNECHO_BIN", tool.command().get_program()).env("UNECHO_TEST_TOOLS", "all"))
    })?;
    step("report", || report_test::check_pages(&tool))?;
    step("torture", || torture::with_points(TORTURE_POINTS, &tool, &tool))?;
    step("python", || python::check_package(&tool, Build::ForTests))?;
    step("spark", || spark_test::check_equal(&tool))?;
    step("interop", || interop::check_outputs(&tool))?;
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

/// Programs that commands of the documentation pipe to, and one that makes a terminal: with all of them there, no test
/// leaves anything out.
fn install_tools() -> Result<()> {
    const TOOLS: [(&str, &str); 3] = [("jq", "jq"), ("zstdcat", "zstd"), ("script", "bsdutils")];
    let missing = TOOLS.iter().filter(|(program, _)| on_path(program).is_none());
    let packages: Vec<&str> = missing.map(|&(_, package)| package).collect();
    if packages.is_empty() { Ok(()) } else { install(&packages) }
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

/// Scores on the labelled sets, against the floors in crates/eval/sets.toml and cleaning.toml.
fn check_quality(tool: &Tool) -> Result<()> {
    let data: PathBuf = root().join(LABELLED_DATA);
    if !data.join("reuse").is_dir() {
        say(&format!("ci: no labelled sets at {LABELLED_DATA}, quality gates left out"));
        return Ok(());
    }
    let reuse = data.join("reuse");
    check(tool.command().args(["eval", "sets", "--gate", "--data"]).arg(&reuse))?;
    check(tool.command().args(["eval", "stripping", "--gate", "--data"]).arg(&reuse).args(STRIPPING_SETS))?;
    for (kind, folder) in [("html", "html"), ("lines", "lines"), ("lines", "corpora")] {
        let files = files_in(&data.join(folder))?;
        check(tool.command().args(["eval", kind, "--gate"]).args(files))?;
    }
    Ok(())
}

/// The files of a folder, sorted; none when there is no such folder.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    files.sort();
    Ok(files)
}
