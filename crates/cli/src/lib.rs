//! The unecho command line: flags, progress, messages, exit codes. Knows no algorithm.
//!
//! stdout is data, stderr is talk.

mod args;
mod color;
mod command;
mod exit;
mod failure;
mod process;
mod progress;
mod settings;
mod signals;
mod table;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, FromArgMatches};
use tracing_subscriber::EnvFilter;

pub use exit::Exit;

use args::{Cli, Command, Verbosity};
use color::Color;
use failure::Failure;
use settings::Settings;

/// Runs the command line of this process and says how it ended.
#[must_use]
pub fn main_impl() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    color::choose(color::choice_of(&args));
    std::panic::set_hook(Box::new(|panic| progress::say(&unexpected(panic))));
    let settings = match Settings::read(&args) {
        Ok(settings) => settings,
        Err(failure) => {
            failure.print();
            return failure.exit().into();
        }
    };
    let command = settings.command().color(color::choice_of(&args));
    let matches = command.try_get_matches_from(args);
    let (cli, matches) = match matches.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches))) {
        Ok(understood) => understood,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            // A closed pipe is the reader's choice, not an error of ours.
            let _ = error.print();
            return exit.into();
        }
    };
    start_logging(&cli.verbosity);
    match run(&cli, &settings, &matches) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.print();
            failure.exit().into()
        }
    }
}

/// What is said of a mistake of ours: one line on what happened and one on what to do.
fn unexpected(panic: &std::panic::PanicHookInfo<'_>) -> String {
    let what = panic.payload_as_str().unwrap_or("for an unknown reason");
    let place = panic.location().map_or_else(String::new, |place| format!(" ({place})"));
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "error: unecho {version} made a mistake: {what}{place}\nhint: no output was touched; please report this line"
    )
}

fn run(cli: &Cli, settings: &Settings, matches: &ArgMatches) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Ingest(args) => command::ingest::run(args, &cli.verbosity, &settings.used(matches)),
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
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(Color::of_stderr() == Color::Ansi)
        .without_time()
        .with_target(false)
        .init();
}
