//! `cargo xtask python`: the Python package as a wheel below `target/python`, and its tests with the
//! libraries that it works with, installed from PyPI.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};

use crate::libraries;
use crate::tool::{Build, Tool, cargo, check, outside_cargo, root, say};

pub(crate) fn run() -> Result<ExitCode> {
    let tool = Tool::build()?;
    check_package(&tool, Build::Optimized)?;
    Ok(ExitCode::SUCCESS)
}

/// Builds the wheel, installs it and tests it beside the binary.
pub(crate) fn check_package(tool: &Tool, how: Build) -> Result<()> {
    let scratch = root().join("target/python");
    fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    let python = libraries::python()?;
    let wheel = build(&scratch, &python, how)?;
    let installing = ["-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps"];
    check(Command::new(&python).args(installing).arg(&wheel))?;
    let package = root().join("python");
    let mypy = ["-m", "mypy", "--no-error-summary", "--cache-dir"];
    check(
        Command::new(&python)
            .current_dir(&package)
            .args(mypy)
            .arg(scratch.join("mypy"))
            .args(["-p", "unecho"]),
    )?;
    // From elsewhere, so that the installed package is tested and not the folder of its source.
    let cache = format!("cache_dir={}", scratch.join("pytest").display());
    let mut pytest = Command::new(&python);
    pytest.current_dir(&scratch).env("UNECHO_BIN", tool.command().get_program());
    pytest.env("PYTHONDONTWRITEBYTECODE", "1");
    check(pytest.args(["-P", "-m", "pytest", "-q", "-o", &cache]).arg(package.join("tests")))?;
    say(&format!("the wheel is {}", wheel.display()));
    Ok(())
}

/// The wheel, with the artifacts of the workspace.
pub(crate) fn build(scratch: &Path, python: &Path, how: Build) -> Result<PathBuf> {
    let wheels = scratch.join("wheels");
    if wheels.exists() {
        fs::remove_dir_all(&wheels).with_context(|| wheels.display().to_string())?;
    }
    let mut maturin = outside_cargo(Command::new(python.with_file_name("maturin")));
    maturin.current_dir(root().join("python")).env("CARGO", cargo().get_program());
    maturin.arg("build").args(match how {
        Build::Optimized => &["--release"][..],
        Build::ForTests => &["--profile", "dev"],
    });
    maturin.args(["--locked", "--quiet", "--compatibility", "linux", "--interpreter"]);
    check(maturin.arg(python).arg("--out").arg(&wheels).stdout(Stdio::null()))?;
    let entries = fs::read_dir(&wheels).with_context(|| wheels.display().to_string())?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    files.pop().context("maturin left no wheel")
}
