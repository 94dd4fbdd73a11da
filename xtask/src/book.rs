//! `cargo xtask docs`: the book in docs/, as a folder of pages. mdBook is the one on the path, else it is installed
//! below `target/`.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::tool::{cargo, check, on_path, root, say};

/// Version of the book builder.
const MDBOOK: &str = "0.5.4";

pub(crate) fn run() -> Result<ExitCode> {
    let own = root().join("target/mdbook");
    let mdbook = on_path("mdbook").unwrap_or_else(|| own.join("bin/mdbook"));
    if !mdbook.is_file() {
        say("installing mdbook below target/, which takes some minutes");
        let install = ["install", "mdbook", "--locked", "--version", MDBOOK, "--root"];
        check(cargo().args(install).arg(&own))?;
    }
    check(Command::new(mdbook).arg("build").arg(root().join("docs")))?;
    say("the book is in target/book/index.html");
    Ok(ExitCode::SUCCESS)
}
