//! The command line, declared once.

mod eval;
mod index;
mod value;
mod web;

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgAction, Args, ColorChoice, Parser, Subcommand, ValueEnum};
use unecho_pipeline::{Format, Layout, OnLink, Policy};

pub(crate) use eval::{
    EvalArgs, EvalCommand, EvalHtmlArgs, EvalLinesArgs, EvalOracleArgs, EvalPairsArgs, EvalReportArgs,
    EvalSetsArgs, EvalStrippingArgs, EvalTuneArgs, LabelledSetsArgs, StageArg,
};
pub(crate) use index::{BetterCopyArg, ForgetArgs, IndexArgs, IndexCommand};
pub(crate) use web::{FetchArgs, WebArgs};

use value::{parse_action, parse_bytes, parse_layout, parse_policy, parse_share, parse_threshold};

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
    /// When to use colours [default: auto: on a terminal, unless NO_COLOR is set].
    #[arg(long, global = true, value_name = "WHEN", hide_default_value = true, default_value = "auto")]
    color: ColorChoice,
    /// Leave unecho.toml here and in the user's folder aside.
    #[arg(long, global = true)]
    no_config: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read documents, strip what is not the article, drop every copy, write the rest with reasons.
    Ingest(Box<IngestArgs>),
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
    /// Also show the speed and the memory of the run: the file that 'unecho ingest --metrics FILE' wrote.
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics: Option<PathBuf>,
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
    /// What is cut from texts. With nothing, texts are taken as they are, but in NFC and without white space around
    /// lines, and pages as the main text that was found; who is credited in a text is not looked for either.
    #[arg(long, value_enum, default_value_t = StripArg::Boilerplate, value_name = "WHAT")]
    pub(crate) strip: StripArg,
    /// Engines that look for the main text of a page.
    #[arg(long, value_enum, default_value_t = ExtractArg::Both, value_name = "ENGINES")]
    pub(crate) extract: ExtractArg,
    /// Worker threads [default: all cores]. The result does not depend on it.
    #[arg(long, value_name = "N", env = "UNECHO_THREADS")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Memory that a run may take, about, such as 2G [default: half of what there is]. What does not fit lies on
    /// disk; the result does not depend on it.
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    pub(crate) memory: Option<u64>,
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
    /// Also say of each line of the inputs what was found: attribute files as the toolkit dolma reads them, in
    /// the folder dolma of the result.
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) attributes: Option<AttributesArg>,
    /// Bytes of records in a shard before compression.
    #[arg(long, value_name = "BYTES", default_value = "256M", value_parser = parse_bytes)]
    pub(crate) shard_bytes: u64,
    /// Print events as JSON lines on standard output.
    #[arg(long)]
    pub(crate) json: bool,
    /// Keep a file of metrics in the text format of Prometheus, written anew every few seconds.
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics: Option<PathBuf>,
    /// Add a line with the spans of the run as OpenTelemetry has them (OTLP in JSON) to a file, or send it to a
    /// collector: an address, or otlp for the one that OTEL_EXPORTER_OTLP_ENDPOINT names.
    #[arg(long, value_name = "FILE|URL|otlp")]
    pub(crate) traces: Option<PathBuf>,
    /// Print what would be read, where the result would go and which settings are not defaults, and stop.
    #[arg(long)]
    pub(crate) dry_run: bool,
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

/// Engines that look for the main text of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExtractArg {
    /// Two engines, a third where they differ: the better is followed, and their agreement is kept.
    Both,
    /// The own engine alone, several times as fast.
    Fast,
}

/// What is cut from texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StripArg {
    /// What rules and the other documents show to be no part of the article; broken lines are joined.
    Boilerplate,
    /// Nothing.
    Nothing,
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

/// Whose attribute files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AttributesArg {
    /// Those of the toolkit dolma: for every input that is a file of JSON lines.
    Dolma,
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_declaration_is_consistent() {
        Cli::command().debug_assert();
    }
}
