//! The runner for people: builds and spawns the unecho binary, checks the tree. Links no product
//! crate.

mod bench;
mod book;
mod ci;
mod corpus;
mod demo;
mod interop;
mod libraries;
mod object_store;
mod python;
mod quality;
mod report_test;
mod spark_test;
mod splits;
mod tidy;
mod tool;
mod torture;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use tool::Tool;

/// Tasks of the unecho workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run `unecho ingest` in an optimized build; everything is passed on.
    #[command(disable_help_flag = true)]
    Ingest {
        /// Flags and inputs of `unecho ingest`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Run any `unecho` command in an optimized build; everything is passed on.
    #[command(disable_help_flag = true)]
    Run {
        /// Command, flags and inputs of `unecho`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Ingest the corpus in demo/ and explain three of its decisions.
    Demo,
    /// Score unecho against labelled sets: all of ../shared/data as the page docs/quality.md, or what is passed
    /// on to `unecho eval`.
    #[command(disable_help_flag = true)]
    Eval {
        /// Command and flags of `unecho eval`; none for all sets.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Make a corpus of any size with planted copies, and the truth about them.
    Corpus(corpus::CorpusArgs),
    /// Build the book in docs/ to target/book; installs mdbook below target/ when it is absent.
    Docs,
    /// Compare with other tools, on the same data.
    Bench {
        #[command(subcommand)]
        what: Bench,
    },
    /// Read from and write to a bucket of moto, a server that speaks S3 (installed from PyPI below target/).
    ObjectStore,
    /// Build the Python package, and test it with pyarrow, polars, pandas and datasets (from PyPI below target/).
    Python,
    /// Look at pages about runs in headless Chromium; installs it and its driver when they are absent.
    ReportTest,
    /// Read outputs of every format with pyarrow, polars, DuckDB, datasets and mlcroissant (installed from PyPI
    /// below target/).
    Interop,
    /// Run the package on Apache Spark and on Sail beside the binary, and kill executors meanwhile (both from PyPI
    /// below target/; installs Java when it is absent).
    SparkTest(spark_test::SparkTestArgs),
    /// Kill runs and let them fail at points spread over all that they do to the disk, and compare every byte
    /// after the same command was run again.
    Torture(torture::TortureArgs),
    /// Compare the decisions of one run with those of several runs with an index, on the same documents.
    Splits(splits::SplitsArgs),
    /// Format, lints, tests, docs, tidy rules, and quality gates where the labelled sets are.
    Ci,
    /// Check the rules of the tree: crate edges, file sizes, file heads.
    Tidy,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// What users would pick instead, installed from registries below target/, on one planted corpus.
    Peers(bench::peers::PeersArgs),
    /// Throughput of each stage beside wc, a digest and a JSON parser on the same file.
    Stages(bench::stages::StagesArgs),
    /// Main texts of pages and the time they take, beside Python trafilatura (installed from PyPI below
    /// target/).
    Extract {
        /// Pages: rows {id, html, text}, plain or gzip.
        files: Vec<PathBuf>,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Ingest { args } => Tool::build().and_then(|tool| tool.pass_on("ingest", &args)),
        Task::Run { args } => Tool::build().and_then(|tool| tool.run(&args)),
        Task::Demo => demo::run(),
        Task::Eval { args } if args.is_empty() => quality::run(),
        Task::Eval { args } => Tool::build().and_then(|tool| tool.pass_on("eval", &args)),
        Task::Corpus(args) => corpus::run(&args),
        Task::Docs => book::run(),
        Task::Bench { what: Bench::Peers(args) } => bench::peers::run(&args),
        Task::Bench { what: Bench::Stages(args) } => bench::stages::run(&args),
        Task::Bench { what: Bench::Extract { files } } => bench::extract(&files),
        Task::ObjectStore => object_store::run(),
        Task::Python => python::run(),
        Task::ReportTest => report_test::run(),
        Task::Interop => interop::run(),
        Task::SparkTest(args) => spark_test::run(&args),
        Task::Torture(args) => torture::run(&args),
        Task::Splits(args) => splits::run(&args),
        Task::Ci => ci::run(),
        Task::Tidy => tidy::run(),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            tool::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
