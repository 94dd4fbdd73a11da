//! The unecho command line: flags, progress, messages, exit codes. Knows no algorithm.
//!
//! stdout is data, stderr is talk.

mod args;
mod command;
mod exit;
mod failure;
mod progress;
mod settings;
mod signals;
mod table;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::FromArgMatches;
use tracing_subscriber::EnvFilter;

pub use exit::Exit;

use args::{Cli, Command, Verbosity};
use failure::Failure;
use settings::Settings;

/// Runs the command line of this process and says how it ended.
#[must_use]
pub fn main_impl() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let settings = match Settings::read(&args) {
        Ok(settings) => settings,
        Err(failure) => {
            failure.print();
            return failure.exit().into();
        }
    };
    let matches = settings.command().try_get_matches_from(args);
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            // A closed pipe is the reader's choice, not an error of ours.
            let _ = error.print();
            return exit.into();
        }
    };
    start_logging(&cli.verbosity);
    match run(&cli, &settings) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.print();
            failure.exit().into()
        }
    }
}

fn run(cli: &Cli, settings: &Settings) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Ingest(args) => command::ingest::run(args, &cli.verbosity),
        Command::Fetch(args) => command::fetch::run(args, &cli.verbosity),
        Command::Normalize(args) => command::normalize::run(args, &cli.verbosity),
        Command::Explain(args) => command::explain::run(args),
        Command::Verify(args) => command::verify::run(args),
        Command::Index(args) => command::index::run(args),
        Command::Report(args) => command::report::run(args),
        Command::Top(args) => command::top::run(args),
        Command::Eval(args) => command::eval::run(args),
        Command::Config(args) => command::config::run(args, settings),
        Command::Doctor(args) => command::doctor::run(args, settings),
        Command::Generate(args) => command::generate::run(args),
    }
}

fn start_logging(verbosity: &Verbosity) {
    let level = match (verbosity.quiet, verbosity.verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, 2) => "debug",
        (false, _) => "trace",
    };
    // What libraries think of a page is of no use to anybody who did not write it.
    let directives = format!("error,unecho={level}");
    let filter = EnvFilter::try_from_env("UNECHO_LOG").unwrap_or_else(|_| EnvFilter::new(directives));
    let color =
        std::env::var_os("NO_COLOR").is_none() && std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(color)
        .without_time()
        .with_target(false)
        .init();
}
