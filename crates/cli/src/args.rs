//! The command line, declared once.

mod index;
mod web;

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use unecho_model::Publisher;
use unecho_pipeline::{Criterion, Format, Layout, OnLink, Policy};

pub(crate) use index::{BetterCopyArg, ForgetArgs, IndexArgs, IndexCommand};
pub(crate) use web::{FetchArgs, WebArgs};

/// Finds every copy of every story and keeps one voice of each.
#[derive(Debug, Parser)]
#[command(
    name = "unecho",
    version,
    about = "Finds every copy of every story and keeps one voice of each.",
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How much is said on stderr.
#[derive(Debug, Args)]
pub(crate) struct Verbosity {
    /// Say nothing but errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more; twice for debugging.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Leave unecho.toml here and in the user's folder aside.
    #[arg(long, global = true)]
    no_config: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read documents, strip what is not the article, drop every copy, write the rest with reasons.
    Ingest(IngestArgs),
    /// Fetch pages, feeds and sitemaps from the web into a WARC file.
    Fetch(FetchArgs),
    /// Print clean documents as JSON lines, with what was stripped and who is credited.
    Normalize(NormalizeArgs),
    /// Show why a document was kept or dropped, or why two documents were or were not linked.
    Explain(ExplainArgs),
    /// Check a finished output against its manifest.
    Verify(VerifyArgs),
    /// Look at what runs with --index keep between them, check it, or make it forget.
    Index(IndexArgs),
    /// Print the page about a finished output: the stories, side by side, near misses, sources, cuts.
    Report(ReportArgs),
    /// List sources by how much they are copied and copy.
    Top(TopArgs),
    /// Score the pipeline against labelled sets.
    Eval(EvalArgs),
    /// Show settings: from the environment, unecho.toml here, the user's unecho.toml, or defaults.
    Config(ConfigArgs),
    /// Check that this machine and a folder have what a run needs.
    Doctor(DoctorArgs),
    /// Print shell completions or write manual pages.
    Generate(GenerateArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// A finished output.
    #[arg(value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Write the page to this file instead of standard output.
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct TopArgs {
    /// A finished output.
    #[arg(value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// So many sources.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    pub(crate) count: usize,
    /// Print JSON lines.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print each setting with its value and where it is from.
    Show {
        /// Print a JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of unecho.toml.
    Schema,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Folder that outputs are to stand in.
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    #[command(subcommand)]
    pub(crate) command: GenerateCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GenerateCommand {
    /// Print a completion script.
    Completions {
        /// For this shell.
        shell: clap_complete::Shell,
    },
    /// Write manual pages, one a command.
    Man {
        /// Folder for the pages.
        #[arg(short, long, value_name = "DIR")]
        out: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct InputArgs {
    /// Files, folders (searched recursively), globs, addresses of the web (pages, feeds, sitemaps),
    /// of object stores (s3://, gs://, az://; objects, folders, globs),
    /// '@LIST' files or '-' for standard input. Text,
    /// Markdown, HTML, JSON, JSON lines, CSV, Parquet, Arrow, WARC, WET, feeds, ZIP and tar, each also
    /// compressed with gzip, Zstandard, xz, bzip2, LZ4 or Brotli.
    #[arg(required_unless_present = "print_config", value_name = "INPUT")]
    pub(crate) inputs: Vec<OsString>,
    /// Where to keep what is fetched from the web: a WARC file, made or gone on with [default: the
    /// folder of --out with .warc.gz, in the current folder for an --out elsewhere].
    #[arg(long, value_name = "FILE")]
    pub(crate) pages: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) web: WebArgs,
    /// JSON field that holds the text.
    #[arg(long, value_name = "NAME", default_value = "text")]
    pub(crate) text_field: String,
    /// Whose field names rows have: auto (told row by row), plain, datatrove, fineweb, dolma, cc-net,
    /// cc-news or oscar.
    #[arg(long, value_name = "LAYOUT", default_value = "auto", value_parser = parse_layout)]
    pub(crate) layout: Layout,
    /// More boilerplate rules, in the format of the built-in ones; may be given again.
    #[arg(long = "rules", value_name = "FILE")]
    pub(crate) rules: Vec<PathBuf>,
    /// Switch a boilerplate rule off; may be given again.
    #[arg(long = "no-rule", value_name = "RULE")]
    pub(crate) no_rules: Vec<String>,
    /// Engines that look for the main text of a page.
    #[arg(long, value_enum, default_value_t = ExtractArg::Both, value_name = "ENGINES")]
    pub(crate) extract: ExtractArg,
    /// Worker threads [default: all cores]. The result does not depend on it.
    #[arg(long, value_name = "N", env = "UNECHO_THREADS")]
    pub(crate) threads: Option<NonZeroUsize>,
}

#[derive(Debug, Args)]
pub(crate) struct IngestArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Folder for the result, or s3://…, gs://…, az://…. Made if absent; an earlier result is replaced.
    #[arg(short, long, value_name = "DIR", required_unless_present = "print_config")]
    pub(crate) out: Option<PathBuf>,
    /// Folder with what earlier runs saw: copies of that are dropped too, and what this run sees is added.
    /// Made if absent.
    #[arg(long, value_name = "DIR")]
    pub(crate) index: Option<PathBuf>,
    /// What becomes of a document that --keep prefers to one which an earlier run kept: tag drops it all the
    /// same and names it as the better copy, replace keeps it in place of the earlier one.
    #[arg(long, value_enum, default_value_t = BetterCopyArg::Tag, value_name = "ACTION")]
    pub(crate) on_better_copy: BetterCopyArg,
    /// Who is kept of a story, as an ordered list of: origin (the publisher that the others claim
    /// as origin), complete, earliest, longest, first, source:FILE (publishers, one a line, best first).
    #[arg(long, value_name = "LIST", default_value = "origin,complete,earliest", value_parser = parse_policy)]
    pub(crate) keep: Policy,
    /// What a link leads to, for one kind of copy; may be given again. Rewrites that are ignored are not
    /// looked for, nor are contained copies when both are.
    #[arg(long = "on", value_name = "KIND=drop|tag|ignore", value_parser = parse_action)]
    pub(crate) on: Vec<(KindName, OnLink)>,
    /// Jaccard similarity of word 5-shingles from which two documents are near copies.
    /// The same as --likely near=SHARE --sure near=SHARE.
    #[arg(long, value_name = "SHARE", value_parser = parse_share)]
    pub(crate) near: Option<f64>,
    /// From where on two documents are linked: a probability for rewrites, or KIND=SHARE for near
    /// (resemblance), contained (containment) or rewrite; may be given again.
    #[arg(long, value_name = "[KIND=]P", value_parser = parse_threshold)]
    pub(crate) likely: Vec<(ScoredKind, f64)>,
    /// From where on a link is sure, and one of the two is dropped; as for --likely.
    #[arg(long, value_name = "[KIND=]P", value_parser = parse_threshold)]
    pub(crate) sure: Vec<(ScoredKind, f64)>,
    /// How evidence becomes a probability: a file that 'unecho eval tune' wrote.
    #[arg(long, value_name = "FILE")]
    pub(crate) calibration: Option<PathBuf>,
    /// What the ledger holds of pairs that were compared and are no copies.
    #[arg(long, value_enum, default_value_t = LedgerArg::NearMisses)]
    pub(crate) ledger: LedgerArg,
    /// How records are stored: jsonl.zst, jsonl.gz, jsonl, or parquet.
    #[arg(long, value_name = "FORMAT", default_value_t = Format::default())]
    pub(crate) format: Format,
    /// Bytes of records in a shard before compression.
    #[arg(long, value_name = "BYTES", default_value = "256M", value_parser = parse_bytes)]
    pub(crate) shard_bytes: u64,
    /// Print events as JSON lines on standard output.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print what would be used, as JSON, and stop.
    #[arg(long)]
    pub(crate) print_config: bool,
}

#[derive(Debug, Args)]
pub(crate) struct NormalizeArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Show each text as it was read, for people, with what is cut marked in place and the rules named.
    #[arg(long)]
    pub(crate) diff: bool,
    /// Print what would be used, as JSON, and stop.
    #[arg(long)]
    pub(crate) print_config: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A finished output.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// A document.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Another document, to be compared with the first.
    #[arg(value_name = "ID")]
    pub(crate) other: Option<String>,
    /// Show this many shared passages.
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(crate) passages: usize,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// A finished output.
    #[arg(value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Also decompress and parse every record.
    #[arg(long)]
    pub(crate) read_data: bool,
}

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
    /// are 'article' (or 'content') and 'boilerplate'.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
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

/// Engines that look for the main text of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExtractArg {
    /// Two engines, a third where they differ: the better is followed, and their agreement is kept.
    Both,
    /// The own engine alone, several times as fast.
    Fast,
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
pub(crate) struct EvalSetsArgs {
    /// Folder with labelled sets: one folder a set, with docs.jsonl[.gz] and pairs.tsv.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Names of sets [default: every folder that holds a pairs.tsv].
    #[arg(value_name = "SET")]
    pub(crate) sets: Vec<String>,
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
    /// Folder with labelled sets: one folder a set, with docs.jsonl[.gz] and pairs.tsv.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Names of sets [default: every folder that holds a pairs.tsv].
    #[arg(value_name = "SET")]
    pub(crate) sets: Vec<String>,
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

/// A kind of copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindName {
    Exact,
    Near,
    Contained,
    Rewrite,
}

/// A kind of copy that has thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScoredKind {
    Near,
    Contained,
    Rewrite,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LedgerArg {
    /// Accepted links only.
    Accepted,
    /// Also pairs that share quotations, an event, a template or background.
    NearMisses,
    /// Every pair that was compared.
    All,
}

fn parse_action(text: &str) -> Result<(KindName, OnLink), String> {
    let (kind, action) = text.split_once('=').ok_or("expected KIND=ACTION, such as rewrite=tag")?;
    let kind = KindName::from_str(kind, false)
        .map_err(|_| format!("unknown kind '{kind}'; known: exact, near, contained, rewrite"))?;
    let action = match action {
        "drop" => OnLink::Drop,
        "tag" => OnLink::Tag,
        "ignore" => OnLink::Ignore,
        _ => return Err(format!("unknown action '{action}'; known: drop, tag, ignore")),
    };
    Ok((kind, action))
}

fn parse_policy(list: &str) -> Result<Policy, String> {
    let criterion = |name: &str| match name.strip_prefix("source:") {
        Some(path) => std::fs::read_to_string(path)
            .map(|text| {
                text.lines().map(str::trim).filter(|name| !name.is_empty()).map(Publisher::new).collect()
            })
            .map(Criterion::Source)
            .map_err(|error| format!("{path}: {error}")),
        None => name.parse::<Criterion>().map_err(|error| error.to_string()),
    };
    list.split(',').map(|name| criterion(name.trim())).collect::<Result<_, _>>().map(Policy::new)
}

fn parse_layout(text: &str) -> Result<Layout, String> {
    let known = Layout::ALL.iter().find(|(_, name)| *name == text);
    known.map(|&(layout, _)| layout).ok_or_else(|| {
        let names: Vec<&str> = Layout::ALL.iter().map(|&(_, name)| name).collect();
        format!("unknown layout; known: {}", names.join(", "))
    })
}

fn parse_threshold(text: &str) -> Result<(ScoredKind, f64), String> {
    let Some((kind, share)) = text.split_once('=') else {
        return Ok((ScoredKind::Rewrite, parse_share(text)?));
    };
    let kind = ScoredKind::from_str(kind, false)
        .map_err(|_| format!("unknown kind '{kind}'; known: near, contained, rewrite"))?;
    Ok((kind, parse_share(share)?))
}

fn parse_share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to 1".to_owned()),
    }
}

fn parse_bytes(text: &str) -> Result<u64, String> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let shift = match unit.trim_end_matches("iB").trim_end_matches('B') {
        "" => 0,
        "K" | "k" => 10,
        "M" => 20,
        "G" => 30,
        _ => return Err(format!("unknown unit '{unit}'; known: K, M, G (powers of 1024)")),
    };
    let number: u64 = digits.parse().map_err(|_| "expected a number of bytes such as 64M".to_owned())?;
    number.checked_mul(1 << shift).filter(|&bytes| bytes > 0).ok_or_else(|| "out of range".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_declaration_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes_and_actions() {
        assert_eq!(parse_bytes("64M"), Ok(64 << 20));
        assert_eq!(parse_bytes("7"), Ok(7));
        assert!(parse_bytes("0").is_err() && parse_bytes("x").is_err() && parse_bytes("5T").is_err());
        assert_eq!(parse_action("rewrite=tag"), Ok((KindName::Rewrite, OnLink::Tag)));
        assert_eq!(parse_threshold("0.6"), Ok((ScoredKind::Rewrite, 0.6)));
        assert_eq!(parse_threshold("near=0.6"), Ok((ScoredKind::Near, 0.6)));
        assert!(parse_threshold("exact=1").is_err() && parse_threshold("near=2").is_err());
        assert!(parse_action("rewrite").is_err() && parse_action("copy=drop").is_err());
    }
}
