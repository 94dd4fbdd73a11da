//! Flags of `unecho eval`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::ExtractArg;

#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    #[command(subcommand)]
    pub(crate) command: EvalCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EvalCommand {
    /// Run the whole path on one collection and compare it with labelled pairs.
    Pairs(EvalPairsArgs),
    /// Score every labelled set below a folder.
    Sets(EvalSetsArgs),
    /// Fit the probability of rewrites on labelled sets, and score each set with what the others gave.
    Tune(EvalTuneArgs),
    /// Compare the near and contained copies of a finished output with brute force.
    Oracle(EvalOracleArgs),
    /// Score the main text of pages against gold texts.
    Html(EvalHtmlArgs),
    /// Score what is cut of extracted texts against lines labelled article or boilerplate.
    Lines(EvalLinesArgs),
    /// Measure how much alike labelled pairs are before and after stripping.
    Stripping(EvalStrippingArgs),
}

#[derive(Debug, Args)]
pub(crate) struct EvalHtmlArgs {
    /// Gold pages: JSON lines {id, html, text}, plain or gzip.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Engines that look for the main text.
    #[arg(long, value_enum, default_value_t = ExtractArg::Both, value_name = "ENGINES")]
    pub(crate) extract: ExtractArg,
    /// Score the texts that another program extracted instead: JSON lines {id, text}.
    #[arg(long, value_name = "FILE")]
    pub(crate) texts: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) report: EvalReportArgs,
    /// Also print a row for each page.
    #[arg(long)]
    pub(crate) pages: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EvalLinesArgs {
    /// Labelled lines: JSON lines {id, url?, lines: [{text, label}]}, plain or gzip; labels that count
    /// are 'article' (or 'content') and 'boilerplate'. Or clean copy, {id, url?, text}, of which nothing
    /// but the sign-offs of agencies should go.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) report: EvalReportArgs,
}

#[derive(Debug, Args)]
pub(crate) struct EvalStrippingArgs {
    #[command(flatten)]
    pub(crate) from: LabelledSetsArgs,
    #[command(flatten)]
    pub(crate) report: EvalReportArgs,
}

#[derive(Debug, Args)]
pub(crate) struct EvalReportArgs {
    /// Print the result as JSON on standard output.
    #[arg(long)]
    pub(crate) json: bool,
    /// Also print what went wrong: the worst pages, or each line treated against its label.
    #[arg(long)]
    pub(crate) errors: bool,
    /// Fail (exit code 1) when a file that is known by name scores below its floor.
    #[arg(long)]
    pub(crate) gate: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EvalPairsArgs {
    /// The documents: JSON lines {id, text, source?, url?, date?}, plain or gzip.
    #[arg(long, value_name = "FILE")]
    pub(crate) docs: PathBuf,
    /// The labelled pairs: columns id_a, id_b, label, separated by tabs, with a header.
    #[arg(long, value_name = "FILE")]
    pub(crate) pairs: PathBuf,
    /// Labels of copies; a label matches an entry that it goes on from with '_'.
    #[arg(long, value_name = "LABELS", value_delimiter = ',')]
    pub(crate) positive: Vec<String>,
    /// Labels that do not count.
    #[arg(long, value_name = "LABELS", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
    /// Only so many first words of each text count.
    #[arg(long, value_name = "N")]
    pub(crate) words: Option<usize>,
    /// Further documents of the collection: any input of 'unecho ingest'; may be given again.
    #[arg(long, value_name = "FILE")]
    pub(crate) with: Vec<PathBuf>,
    /// What is scored.
    #[arg(long, value_enum, default_value_t = StageArg::All)]
    pub(crate) stage: StageArg,
    /// Print the result as JSON on standard output.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LabelledSetsArgs {
    /// Folder with labelled sets: one folder a set, with docs.jsonl[.gz] and pairs.tsv.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Names of sets [default: every folder that holds a pairs.tsv].
    #[arg(value_name = "SET")]
    pub(crate) sets: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct EvalSetsArgs {
    #[command(flatten)]
    pub(crate) from: LabelledSetsArgs,
    /// Print the result as JSON on standard output.
    #[arg(long)]
    pub(crate) json: bool,
    /// Also print each pair that was decided against its label.
    #[arg(long)]
    pub(crate) errors: bool,
    /// Fail (exit code 1) when a set scores below its floor.
    #[arg(long)]
    pub(crate) gate: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EvalTuneArgs {
    #[command(flatten)]
    pub(crate) from: LabelledSetsArgs,
    /// A collection of documents with dates: texts that are far apart in time are no copies, whatever
    /// they share; may be given again.
    #[arg(long, value_name = "FILE")]
    pub(crate) dated: Vec<PathBuf>,
    /// Write the calibration to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct EvalOracleArgs {
    /// A finished output, made with the default thresholds.
    #[arg(value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Print the result as JSON on standard output.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StageArg {
    /// Everything, candidates included.
    All,
    /// Verification of the labelled pairs only, as if each had been proposed.
    Verify,
}
