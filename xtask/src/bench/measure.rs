//! Running a program to its end and seeing what it took.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::tool::shown;

/// What a program took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// From start to end, in seconds.
    pub(crate) wall_s: f64,
    /// Of all threads, user and system, in seconds.
    pub(crate) cpu_s: f64,
    /// Most memory in use at a time, in MB.
    pub(crate) peak_mb: f64,
}

/// Runs `command` under GNU time, which knows what a child and its children took. Exit code 3 is a
/// success too: some inputs were rejected.
pub(crate) fn cost_of(command: &Command) -> Result<Cost> {
    let report = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
    let mut timed = Command::new("time");
    timed
        .args(["-f", "%U %S %M", "-o"])
        .arg(report.path())
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => timed.env(name, value),
            None => timed.env_remove(name),
        };
    }
    let started = Instant::now();
    let output = timed.output().context("cannot run GNU time (package 'time')")?;
    let wall_s = started.elapsed().as_secs_f64();
    if !output.status.success() && output.status.code() != Some(3) {
        bail!(
            "{} ended with {}:\n{}",
            shown(command),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let report = std::fs::read_to_string(report.path()).context("GNU time left no report")?;
    let figures: Vec<f64> =
        report.lines().last().unwrap_or_default().split(' ').filter_map(|word| word.parse().ok()).collect();
    let [user, system, peak_kb] = figures[..] else { bail!("GNU time reported '{report}'") };
    Ok(Cost { wall_s, cpu_s: user + system, peak_mb: peak_kb / 1000.0 })
}
