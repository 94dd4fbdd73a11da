//! `cargo xtask splits`: the decisions of one run beside those of several runs with an index, on the same
//! documents cut into parts.
//!
//! With the first document kept of a story and rewrites left aside, any split must keep the same documents. With
//! rewrites, which are judged by what is known so far, hardly a decision may differ; those that do are listed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use flate2::read::MultiGzDecoder;
use serde_json::Value;

use crate::tool::{Tool, check, root, say};

/// Documents that are used when none are named, beside the checkout.
const DEFAULT_DOCUMENTS: &str = "../shared/data/corpora/wire-20k.jsonl.gz";
/// Least share of decisions that agree when rewrites are searched for.
const AGREEING_MIN: f64 = 0.99;

/// Flags of `cargo xtask splits`.
#[derive(Debug, clap::Args)]
pub(crate) struct SplitsArgs {
    /// Documents with ids: JSON lines, plain or gzip [default: the news texts beside the checkout].
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Into how many runs they are cut.
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "2,7,50")]
    runs: Vec<usize>,
}

/// What became of a document: its fate, and for whom it was dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Decision {
    Kept,
    Dropped { kind: String, keeper: String },
}

/// Decisions by document.
type Decisions = BTreeMap<String, Decision>;

pub(crate) fn run(args: &SplitsArgs) -> Result<ExitCode> {
    let file = args.file.clone().unwrap_or_else(|| root().join(DEFAULT_DOCUMENTS));
    let lines = lines_of(&file)?;
    let scratch = root().join("target/splits");
    if scratch.exists() {
        fs::remove_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    }
    fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    let splits = Splits { tool: Tool::build()?, scratch, lines };
    let mut table =
        "| kinds | runs | kept sets | equal decisions | differ |\n|---|---:|---|---:|---:|\n".to_owned();
    let mut held = true;
    for (name, flags) in [("exact, near, contained", &["--on", "rewrite=ignore"][..]), ("all", &[])] {
        let one = splits.decisions(1, flags)?;
        for &runs in &args.runs {
            let split = splits.decisions(runs, flags)?;
            let differences = differences(&one, &split);
            let list =
                splits.scratch.join(format!("{}-{runs}.tsv", if flags.is_empty() { "all" } else { "texts" }));
            fs::write(&list, differences.concat()).with_context(|| list.display().to_string())?;
            let is_kept = |decision: &Decision| *decision == Decision::Kept;
            let kept_otherwise =
                one.iter().filter(|(id, decision)| is_kept(decision) != is_kept(&split[*id])).count();
            let agreeing = 1.0 - differences.len() as f64 / one.len().max(1) as f64;
            held &= if flags.is_empty() { agreeing >= AGREEING_MIN } else { kept_otherwise == 0 };
            let kept =
                if kept_otherwise == 0 { "the same".to_owned() } else { format!("{kept_otherwise} differ") };
            writeln!(
                table,
                "| {name} | {runs} | {kept} | {:.3} % | {} in {} |",
                100.0 * agreeing,
                differences.len(),
                list.strip_prefix(root()).unwrap_or(&list).display()
            )?;
        }
    }
    say(&table);
    Ok(if held { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Splits {
    tool: Tool,
    scratch: PathBuf,
    lines: Vec<String>,
}

impl Splits {
    /// What becomes of the documents in so many runs, one after the other.
    fn decisions(&self, runs: usize, flags: &[&str]) -> Result<Decisions> {
        ensure!(runs > 0, "a split has at least one run");
        let folder = self.scratch.join("work");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let (index, mut decisions) = (folder.join("index"), Decisions::new());
        for (at, part) in self.lines.chunks(self.lines.len().div_ceil(runs).max(1)).enumerate() {
            // One name for all: what is said of a document is not to depend on the part that it is in.
            let (input, out) = (folder.join("documents.jsonl"), folder.join("out"));
            fs::write(&input, part.concat())?;
            let mut command = self.tool.command();
            command.args(["ingest", "--quiet", "--keep", "first", "--format", "jsonl"]).args(flags);
            command.arg(&input).arg("--out").arg(&out);
            if runs > 1 {
                command.arg("--index").arg(&index);
            }
            check(&mut command)?;
            read_decisions(&out, &mut decisions)?;
            say(&format!("{runs} runs: {} done, {} documents decided", at + 1, decisions.len()));
        }
        ensure!(decisions.len() == self.lines.len(), "every document has an id of its own and is taken in");
        Ok(decisions)
    }
}

/// The lines of a file, each with its end.
fn lines_of(file: &Path) -> Result<Vec<String>> {
    let open = File::open(file).with_context(|| file.display().to_string())?;
    let plain: Box<dyn Read> = match file.extension().is_some_and(|end| end == "gz") {
        true => Box::new(MultiGzDecoder::new(BufReader::new(open))),
        false => Box::new(open),
    };
    let lines = BufReader::new(plain).lines().map(|line| line.map(|line| line + "\n"));
    lines.collect::<Result<_, _>>().with_context(|| file.display().to_string())
}

fn read_decisions(out: &Path, decisions: &mut Decisions) -> Result<()> {
    for folder in ["data", "dropped"] {
        for entry in fs::read_dir(out.join(folder))? {
            for line in BufReader::new(File::open(entry?.path())?).lines() {
                let record: Value = serde_json::from_str(&line?)?;
                let text = |field: &str| record[field].as_str().unwrap_or_default().to_owned();
                let decision = match record["kept_id"].is_string() {
                    true => Decision::Dropped { kind: text("kind"), keeper: text("kept_id") },
                    false => Decision::Kept,
                };
                decisions.insert(text("id"), decision);
            }
        }
    }
    Ok(())
}

/// The documents that were decided otherwise, a line each: id, in one run, in several.
fn differences(one: &Decisions, split: &Decisions) -> Vec<String> {
    let shown = |decision: Option<&Decision>| match decision {
        Some(Decision::Kept) => "kept".to_owned(),
        Some(Decision::Dropped { kind, keeper }) => format!("{kind} of {keeper}"),
        None => "absent".to_owned(),
    };
    let differ = one.iter().filter(|(id, decision)| split.get(*id) != Some(decision));
    differ
        .map(|(id, decision)| format!("{id}\t{}\t{}\n", shown(Some(decision)), shown(split.get(id))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_listed() {
        let dropped = |keeper: &str| Decision::Dropped { kind: "near".to_owned(), keeper: keeper.to_owned() };
        let of = |all: &[(&str, Decision)]| -> Decisions {
            all.iter().map(|(id, decision)| ((*id).to_owned(), decision.clone())).collect()
        };
        let one = of(&[("a", Decision::Kept), ("b", dropped("a")), ("c", dropped("a"))]);
        let split = of(&[("a", Decision::Kept), ("b", Decision::Kept), ("c", dropped("b"))]);
        assert_eq!(differences(&one, &one), Vec::<String>::new());
        assert_eq!(differences(&one, &split), ["b\tnear of a\tkept\n", "c\tnear of a\tnear of b\n"]);
    }
}
