//! `cargo xtask docs`: the book in docs/, as a folder of pages.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::tool::{cargo, check, root, say};

/// Version of the book builder.
const MDBOOK: &str = "0.5.4";

pub(crate) fn run() -> Result<ExitCode> {
    let installed =
        Command::new("mdbook").arg("--version").output().is_ok_and(|output| output.status.success());
    if !installed {
        check(cargo().args(["install", "mdbook", "--locked", "--version", MDBOOK]))?;
    }
    check(Command::new("mdbook").arg("build").arg(root().join("docs")))?;
    say("the book is in target/book/index.html");
    Ok(ExitCode::SUCCESS)
}
