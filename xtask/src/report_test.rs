//! `cargo xtask report-test`: the page about a run in a real browser, without a window.
//!
//! Chromium and Node.js come from Debian's packages when they are absent, the driver (playwright-core) from
//! the npm registry below `target/`. Two pages are looked at: that of the corpus in demo/, and that of a
//! run with 100,000 dropped documents, some of which try to break the page.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use serde_json::json;

use crate::tool::{Tool, check, install, on_path, root};

/// What drives the browser.
const DRIVER: &str = "playwright-core@1.65.1";
/// What is asked of the pages.
const SCRIPT: &str = include_str!("report_test/pages.mjs");
/// Names under which Chromium is known.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Stories in the large run.
const STORIES: usize = 500;
/// Copies of each.
const COPIES: usize = 200;

pub(crate) fn run() -> Result<ExitCode> {
    let tool = Tool::build()?;
    check_pages(&tool)?;
    Ok(ExitCode::SUCCESS)
}

/// Makes both pages and looks at them.
pub(crate) fn check_pages(tool: &Tool) -> Result<()> {
    let scratch = root().join("target/report-test");
    fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    let browser = browser()?;
    driver(&scratch)?;
    let metrics = scratch.join("demo.prom");
    let demo = scratch.join("demo");
    let ingest = |input: &Path, out: &Path, more: &[&Path]| {
        check(tool.command().args(["ingest", "--quiet"]).arg(input).arg("--out").arg(out).args(more))
    };
    ingest(&root().join("demo/corpus"), &demo, &["--metrics".as_ref(), &metrics])?;
    let timed = scratch.join("timed.html");
    check(tool.command().arg("report").arg(&demo).arg("--metrics").arg(&metrics).arg("-o").arg(&timed))?;
    let (rows, large) = (scratch.join("large.jsonl"), scratch.join("large"));
    fs::write(&rows, large_corpus()).with_context(|| rows.display().to_string())?;
    ingest(&rows, &large, &[])?;
    let script = scratch.join("pages.mjs");
    fs::write(&script, SCRIPT).with_context(|| script.display().to_string())?;
    let pages = [demo.join("report.html"), timed, large.join("report.html")];
    check(Command::new("node").arg(&script).arg(&browser).arg(&scratch).args(pages))
}

/// The browser; installed from Debian's packages when there is none.
fn browser() -> Result<PathBuf> {
    if let Some(found) = BROWSERS.iter().find_map(|name| on_path(name)) {
        return Ok(found);
    }
    install(&["chromium"])?;
    on_path("chromium").context("chromium was installed and is not on the PATH")
}

/// Puts the driver below `scratch`, where it is not yet.
fn driver(scratch: &Path) -> Result<()> {
    if on_path("node").is_none() || on_path("npm").is_none() {
        install(&["nodejs", "npm"])?;
    }
    let stamp = scratch.join("driver");
    if fs::read_to_string(&stamp).is_ok_and(|made| made == DRIVER) {
        return Ok(());
    }
    // A package of its own, so that npm does not look for one in the folders above.
    fs::write(scratch.join("package.json"), "{\"private\": true}\n")?;
    let mut npm = Command::new("npm");
    npm.current_dir(scratch).args([
        "install",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        "--no-save",
        DRIVER,
    ]);
    check(npm.stdout(Stdio::null()))?;
    fs::write(&stamp, DRIVER).with_context(|| stamp.display().to_string())
}

/// JSON lines of stories with many copies. Titles, sources and ids of the first story are hostile.
fn large_corpus() -> String {
    let mut rows = String::new();
    for story in 0..STORIES {
        let text: Vec<String> = (0..24).map(|at| word((story * 31 + at * 7919) as u64)).collect();
        let text = format!("Report {} says {}.", word(story as u64), text.join(" "));
        for copy in 0..=COPIES {
            let hostile = if story == 0 { "</script><img src=x onerror=fail()>" } else { "" };
            let row = json!({
                "id": format!("{hostile}s{story}-{copy}"),
                "text": text,
                "title": format!("{hostile}Story {story}, copy {copy} \u{202e}"),
                "source": format!("{hostile}Paper {}", copy % 17),
                "date": format!("2024-05-{:02}", 1 + copy % 28),
            });
            let _ = writeln!(rows, "{row}");
        }
    }
    rows
}

/// A word that stands for a number.
fn word(number: u64) -> String {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (number << 7);
    let mut letters = String::new();
    for _ in 0..7 {
        letters.push(char::from(b'a' + (state % 26) as u8));
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 3;
    }
    letters
}
