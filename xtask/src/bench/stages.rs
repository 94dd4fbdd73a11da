//! `cargo xtask bench stages`: how far each stage is from what the machine can do.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result};

use super::measure::cost_of;
use crate::corpus;
use crate::tool::{Tool, cargo, check, root, say};

/// Flags of `cargo xtask bench stages`.
#[derive(Debug, clap::Args)]
pub(crate) struct StagesArgs {
    /// Documents of the planted corpus.
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    docs: u64,
}

pub(crate) fn run(args: &StagesArgs) -> Result<ExitCode> {
    let corpus = root().join(format!("target/corpora/planted-{}.jsonl", args.docs));
    if !corpus.exists() {
        corpus::planted(args.docs, &corpus)?;
    }
    let bytes = fs::metadata(&corpus)?.len();
    for (name, seconds) in limits(&corpus)? {
        say(&row(&name, bytes, seconds));
    }
    // Rows to documents beside serde_json on the same file: the project asks for 0.7 of it.
    check(cargo().current_dir(root()).args(["bench", "--quiet", "--package", "unecho-fetch"]).args([
        "--bench".as_ref(),
        "json_lines".as_ref(),
        "--".as_ref(),
        corpus.as_os_str(),
    ]))?;
    let binary = Tool::build()?;
    let out = root().join("target/peers/stages");
    for (name, flags) in [
        ("unecho, exact and near", &["--on", "contained=ignore", "--on", "rewrite=ignore"][..]),
        ("unecho, everything", &[][..]),
    ] {
        let mut command = binary.command();
        command.args(["ingest", "--quiet", "--threads", "1"]).args(flags).arg(&corpus).arg("--out").arg(&out);
        say(&row(name, bytes, cost_of(&command)?.cpu_s));
    }
    // On one thread the time of a stage is its work.
    let mut command = binary.command();
    command.args(["ingest", "--threads", "1"]).arg(&corpus).arg("--out").arg(&out);
    let told = command.output().context("cannot run unecho")?.stderr;
    for line in String::from_utf8_lossy(&told).lines() {
        let mut words = line.split_whitespace();
        let (Some(stage), Some("s"), Some(seconds)) = (words.next(), words.next_back(), words.next_back())
        else {
            continue;
        };
        if let Ok(seconds) = seconds.parse() {
            say(&row(&format!("  {stage}"), bytes, seconds));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn row(name: &str, bytes: u64, seconds: f64) -> String {
    format!("{name:<32} {seconds:>8.2} s {:>8.0} MB/s", bytes as f64 / 1e6 / seconds.max(1e-3))
}

/// What the machine does with the same bytes on one core.
fn limits(corpus: &PathBuf) -> Result<Vec<(String, f64)>> {
    let bytes = fs::read(corpus).with_context(|| corpus.display().to_string())?;
    let timed = |work: &dyn Fn() -> usize| {
        let started = Instant::now();
        std::hint::black_box(work());
        started.elapsed().as_secs_f64()
    };
    let lines = || bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let mut limits = vec![
        ("blake3".to_owned(), timed(&|| usize::from(blake3::hash(&bytes).as_bytes()[0]))),
        (
            "serde_json, any value".to_owned(),
            timed(&|| {
                lines().filter(|line| serde_json::from_slice::<serde_json::Value>(line).is_ok()).count()
            }),
        ),
    ];
    let mut wc = Command::new("wc");
    wc.arg("-w").arg(corpus);
    limits.push(("wc -w".to_owned(), cost_of(&wc)?.cpu_s));
    Ok(limits)
}
