//! `cargo xtask interop`: outputs in every format, read by the libraries that people use: pyarrow, polars,
//! DuckDB, datasets by the dataset card, and mlcroissant for the metadata. They are installed from PyPI
//! below `target/`; the comparison is a Python script.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};

use crate::libraries;
use crate::tool::{Tool, check, root};

/// The comparison.
const SCRIPT: &str = include_str!("interop.py");
/// The formats, by what flags and folders call them.
const FORMATS: [&str; 4] = ["jsonl", "jsonl.zst", "jsonl.gz", "parquet"];
/// Rows whose fields have one shape here and another there, or are absent where types are guessed.
const ROWS: &str = r#"{"id":"plain-note","text":"A note without anything else, written for the readers of the quay journal."}
{"id":"rich-note","text":"Another note, on the tides at Norrhaven, with fields of every shape around it.","date":"2024-05-01","lang":"en","views":12,"tags":["sea",{"deep":1.5}],"section":{"name":"coast","open":true}}
{"id":"odd-note","text":"A third note, about nets and ropes, whose fields have other shapes than before.","views":"many","tags":"none","section":null}
not a row
"#;

pub(crate) fn run() -> Result<ExitCode> {
    check_outputs(&Tool::build()?)?;
    Ok(ExitCode::SUCCESS)
}

/// Makes outputs and has them read.
pub(crate) fn check_outputs(tool: &Tool) -> Result<()> {
    let scratch = root().join("target/interop");
    fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    let python = libraries::python()?;
    let home = tempfile::tempdir_in(&scratch)?;
    fs::write(home.path().join("rows.jsonl"), ROWS)?;
    let corpus = root().join("demo/corpus");
    for format in FORMATS {
        // An index that knows some of it, so that there are records of earlier runs too.
        let first = |name: &Path| name.extension().is_some_and(|extension| extension == "md");
        let earlier = fs::read_dir(&corpus)?.filter_map(|entry| Some(entry.ok()?.path()));
        let earlier: Vec<_> = earlier.filter(|path| first(path)).collect();
        ensure!(!earlier.is_empty(), "demo/corpus has nothing for an earlier run");
        let mut before = tool.command();
        before
            .args(["ingest", "--quiet", "--no-config", "--out", "before", "--index", "index"])
            .args(earlier);
        check(before.current_dir(home.path()))?;
        let mut command = tool.command();
        command.args(["ingest", "--quiet", "--no-config", "rows.jsonl"]).arg(&corpus);
        command.args(["--index", "index", "--shard-bytes", "16K", "--format", format]);
        let status =
            command.args(["--out", &format!("outputs/{format}")]).current_dir(home.path()).status()?;
        // One row is rejected.
        ensure!(status.code() == Some(3), "ingest: {status}");
        fs::remove_dir_all(home.path().join("index"))?;
    }
    let script = scratch.join("read.py");
    fs::write(&script, SCRIPT).with_context(|| script.display().to_string())?;
    let mut command = Command::new(python);
    command.arg("-I").arg(&script).arg(home.path().join("outputs"));
    // What they read is here, and their caches stay here.
    command.env("HF_HOME", scratch.join("huggingface")).env("HF_HUB_OFFLINE", "1");
    check(command.current_dir(&scratch))
}
