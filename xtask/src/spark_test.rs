//! `cargo xtask spark-test`: the package on Apache Spark, with executors in processes of their own, beside the
//! binary: all records and all stages are the same, also when executors are killed, short of memory, or do a task
//! twice, and so is an index that two runs share. The same jobs on Sail, another engine.
//!
//! Spark and Sail come from PyPI below `target/`, Java from Debian's packages when it is absent.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use serde_json::json;

use crate::bench::environment;
use crate::tool::{Build, Tool, check, install, on_path, root, say};
use crate::{corpus, libraries, python};

/// Spark, what it needs of Python, and Sail, whose client is Spark's.
const PACKAGES: [&str; 4] = ["pyspark[connect]==4.0.*", "pyarrow==26.*", "pandas==2.*", "pysail==0.7.*"];
/// The comparison, and a bucket for it.
const SCRIPTS: [(&str, &str); 2] =
    [("check.py", include_str!("spark_test/check.py")), ("bucket.py", include_str!("spark_test/bucket.py"))];
/// Java of Debian, where there is none.
const JAVA: &str = "openjdk-17-jre-headless";
/// Real texts that are read beside those of the demonstration, where they are.
const SEEDS: &str = "../shared/data/seeds";
const WIRE: &str = "../shared/data/corpora/wire-20k.jsonl.gz";
/// Documents of the planted corpus beside all of these texts.
const PLANTED: u64 = 4_000;
/// Documents of the planted corpus in the small comparison: new ones and copies of every kind.
const PLANTED_SMALL: u64 = 400;

/// Flags of `cargo xtask spark-test`.
#[derive(Debug, clap::Args)]
pub(crate) struct SparkTestArgs {
    /// Only the corpus of the demonstration and some hundred planted copies, on one cluster, as in `cargo xtask ci`.
    #[arg(long)]
    small: bool,
}

pub(crate) fn run(args: &SparkTestArgs) -> Result<ExitCode> {
    if args.small {
        check_equal(&Tool::build_for_tests()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let tool = Tool::build()?;
    let python = installed(Build::Optimized)?;
    let scratch = root().join("target/spark");
    let small = small_inputs(&scratch)?;
    compare(&python, &tool, "sail,objects,equal,index,rows,faults,skew", &small)?;
    let (wire, planted) = (root().join(WIRE), scratch.join("planted.jsonl"));
    if !wire.exists() {
        say(&format!("spark-test: no texts at {WIRE}, the large comparison is left out"));
        return Ok(ExitCode::SUCCESS);
    }
    corpus::planted(PLANTED, &planted)?;
    compare(&python, &tool, "equal,index", &[wire, planted, root().join(SEEDS)])?;
    Ok(ExitCode::SUCCESS)
}

/// One small comparison on a cluster.
pub(crate) fn check_equal(tool: &Tool) -> Result<()> {
    let python = installed(Build::ForTests)?;
    let inputs = small_inputs(&root().join("target/spark"))?;
    compare(&python, tool, "sail,objects,equal", &inputs)
}

/// The Python that has Spark and the package.
fn installed(how: Build) -> Result<PathBuf> {
    if on_path("java").is_none() {
        install(&[JAVA])?;
    }
    let scratch = root().join("target/spark");
    fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    let python = environment(&scratch, &PACKAGES)?;
    let wheel = python::build(&scratch, &libraries::python()?, how)?;
    let installing = ["-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps"];
    check(Command::new(&python).args(installing).arg(wheel))?;
    Ok(python)
}

fn compare(python: &Path, tool: &Tool, what: &str, inputs: &[PathBuf]) -> Result<()> {
    let scratch = root().join("target/spark");
    let scripts = scratch.join("scripts");
    fs::create_dir_all(&scripts).with_context(|| scripts.display().to_string())?;
    for (name, text) in SCRIPTS {
        let script = scripts.join(name);
        fs::write(&script, text).with_context(|| script.display().to_string())?;
    }
    let mut command = Command::new(python);
    command.arg("-E").arg(scripts.join(SCRIPTS[0].0)).arg(tool.path());
    command.arg(scratch.join("outputs")).arg(what).args(inputs);
    // Executors run the same Python, and nobody from outside is to reach them.
    command.env("PYSPARK_PYTHON", python).env("SPARK_LOCAL_IP", "127.0.0.1");
    check(command.current_dir(&scratch))
}

/// The corpus of the demonstration, planted copies, and the seeds and copies planted in real texts where these are.
fn small_inputs(scratch: &Path) -> Result<Vec<PathBuf>> {
    let rows = scratch.join("rows.jsonl");
    fs::write(&rows, planted_rows()).with_context(|| rows.display().to_string())?;
    let mut inputs = vec![root().join("demo/corpus"), rows];
    let seeds = root().join(SEEDS);
    if seeds.is_dir() {
        inputs.push(seeds);
    }
    if root().join(WIRE).exists() {
        let planted = scratch.join("planted-small.jsonl");
        corpus::planted(PLANTED_SMALL, &planted)?;
        inputs.push(planted);
    } else {
        say(&format!("spark-test: no texts at {WIRE}, without copies planted in them"));
    }
    Ok(inputs)
}

/// Stories with an exact, a near and a contained copy each, under two hosts with a line of their own; a flood of one
/// form; a repeated id; and something that is no row.
fn planted_rows() -> String {
    const VESSELS: [&str; 5] = ["Heron", "Gannet", "Plover", "Curlew", "Dunlin"];
    let sentence = |n: usize| {
        let (vessel, pier, crates) = (VESSELS[n % 5], n % 9, 7 * n + n * n % 11);
        format!(
            "On day {n} the ferry {vessel} left pier {pier} with {crates} crates for the market in Oldbridge."
        )
    };
    let mut rows = String::new();
    let mut push = |id: String, text: String, host: usize| {
        let url = format!("https://harbour{host}.example/{id}");
        let row = json!({ "id": id, "text": format!("{text}\nHarbour desk of the day"), "url": url });
        // Writing to a string cannot fail.
        let _: std::fmt::Result = writeln!(rows, "{row}");
    };
    for story in 0..60 {
        for (copy, sentences) in [(0, 14), (1, 14), (2, 13), (3, 7)] {
            let id = if copy == 1 { "taken".to_owned() } else { format!("story-{story}-{copy}") };
            let text: Vec<String> = (0..sentences).map(|at| sentence(story * 40 + at)).collect();
            push(id, text.join("\n"), copy % 2);
        }
    }
    let form: Vec<String> = (0..12).map(sentence).collect();
    for lot in 0..120 {
        let filled = format!("{}\nLot {lot} of seller {} is sold on Monday.", form.join("\n"), lot * 31);
        push(format!("lot-{lot}"), filled, 0);
    }
    rows + "not a row\n"
}
