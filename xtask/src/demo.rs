//! `cargo xtask demo`: the main job on the corpus that ships in demo/.

use std::process::ExitCode;

use anyhow::Result;

use crate::tool::{Tool, check, root, say};

/// Decisions that are explained: one document, or two.
const EXPLAINED: [&[&str]; 3] =
    [&["ferry-strike-dailydigest"], &["cannery-fire-courier", "cannery-fire-npa"], &["bridge-closure-post"]];

pub(crate) fn run() -> Result<ExitCode> {
    // Built as the tests are: that takes less time than to optimize, and `cargo xtask ci` goes on from it.
    let tool = Tool::build_for_tests()?;
    let out = "target/demo";
    say("$ unecho ingest demo/corpus --out target/demo");
    check(tool.command().current_dir(root()).args(["ingest", "demo/corpus", "--out", out]))?;
    for ids in EXPLAINED {
        say(&format!("\n$ unecho explain --out {out} {}", ids.join(" ")));
        check(
            tool.command().current_dir(root()).args(["explain", "--out", out, "--passages", "3"]).args(ids),
        )?;
    }
    say(&format!("\nlook    {}", root().join(out).join("report.html").display()));
    say("        demo/truth.tsv says what there was to find");
    Ok(ExitCode::SUCCESS)
}
