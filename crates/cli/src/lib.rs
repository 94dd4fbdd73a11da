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
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};
use unecho_pipeline::{Config, Error, OutputError, SPANS_TARGET};

pub use exit::Exit;

use args::{Cli, Command};
use color::Color;
use failure::Failure;
use progress::traces::Recording;
use settings::Settings;
use signals::Signals;

/// Runs the command line of this process and says how it ended.
#[must_use]
pub fn main_impl() -> ExitCode {
    main_with(std::env::args_os().collect()).into()
}

/// Runs a command line, the name of the program first, and says how it ended.
#[must_use]
pub fn main_with(args: Vec<OsString>) -> Exit {
    color::choose(color::choice_of(&args));
    std::panic::set_hook(Box::new(|panic| progress::say(&unexpected(panic))));
    let ended = Settings::read(&args).and_then(|settings| {
        let matches = settings.command().try_get_matches_from(args);
        match matches.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches))) {
            Ok((cli, matches)) => {
                start_logging(&cli);
                run(&cli, &settings, &matches)
            }
            Err(error) => Ok(print(&error)),
        }
    });
    ended.unwrap_or_else(|failure| {
        failure.print();
        failure.exit()
    })
}

/// Says what is wrong with a command line, or the help that it asks for. The colours are those of everything else: what
/// clap chooses by itself has colours wherever a variable `CI` is set, on a dumb terminal too.
fn print(error: &clap::Error) -> Exit {
    let paint = |color: Color| match color {
        Color::Ansi => error.render().ansi().to_string(),
        Color::Plain => error.render().to_string(),
    };
    // A closed pipe is the reader's choice, not an error of ours.
    if error.use_stderr() {
        let _ = std::io::stderr().lock().write_all(paint(Color::of_stderr()).as_bytes());
        Exit::Usage
    } else {
        let _ = std::io::stdout().lock().write_all(paint(Color::of_stdout()).as_bytes());
        Exit::Done
    }
}

/// The config that these flags of `unecho ingest` state. Settings files play no part.
///
/// # Errors
/// When they make no sense, or are no flags that a config follows from: the exit code of the command, and what it
/// would say.
pub fn config_of_flags(flags: Vec<OsString>) -> Result<Config, (Exit, String)> {
    let line = ["unecho", "ingest", "--print-config"].map(OsString::from).into_iter().chain(flags);
    let matches = Cli::command().try_get_matches_from(line);
    let parsed = matches.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = parsed.map_err(|error| (Exit::Usage, settings::first_line(&error)))?;
    settings::ensure_config_only(&matches).map_err(Failure::told)?;
    let Command::Ingest(args) = &cli.command else { unreachable!("the command is ingest") };
    let mut config = command::ingest::config(args).map_err(Failure::told)?;
    config.settings = settings::stated(&Settings::default().used(&matches));
    Ok(config)
}

/// Where a run into `out` keeps what it fetches from the web, unless the config says so itself.
#[must_use]
pub fn pages_beside(out: &Path, config: &Config) -> PathBuf {
    command::ingest::pages_beside(out, config)
}

/// How the command ends after such an error of a run, and what it says.
#[must_use]
pub fn told(error: &Error) -> (Exit, String) {
    Failure::of_run(error, &Signals::default()).told()
}

/// How the command ends after such an error about an output, and what it says.
#[must_use]
pub fn told_of_output(error: &OutputError) -> (Exit, String) {
    Failure::of_output(error).told()
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

fn start_logging(cli: &Cli) {
    let verbosity = &cli.verbosity;
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
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(Color::of_stderr() == Color::Ansi)
        .without_time()
        .with_target(false)
        .with_filter(filter);
    let traces = matches!(&cli.command, Command::Ingest(args) if args.traces.is_some()).then(|| {
        let wanted = Targets::new()
            .with_target(SPANS_TARGET, LevelFilter::INFO)
            .with_target("unecho", LevelFilter::INFO);
        Recording(progress::traces::recorder()).with_filter(wanted)
    });
    let started = tracing_subscriber::registry().with(lines).with(traces).try_init();
    // A second command line in one process goes on as the first began.
    drop(started);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(flags: &[&str], expect: Result<(), &str>) {
        match (config_of_flags(flags.iter().map(OsString::from).collect()), expect) {
            (Ok(_), Ok(())) => {}
            (Err((Exit::Usage, said)), Err(part)) => assert!(said.contains(part), "{flags:?}: {said}"),
            (found, _) => panic!("{flags:?}: {:?}", found.map(|_| ())),
        }
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        check(&[], Ok(()));
        check(&["--near=0.8", "--on", "rewrite=tag", "--no-config", "--index=i", "--threads=2"], Ok(()));
        check(&["--near=0.8", "articles/"], Err("'articles/' is no flag"));
        check(&["articles/"], Err("'articles/' is no flag"));
        check(&["--", "--near=0.8"], Err("'--near=0.8' is no flag"));
        check(&["-o", "x"], Err("'--out' says nothing"));
        check(&["-q"], Err("'--quiet' says nothing"));
        check(&["-vv"], Err("'--verbose' says nothing"));
        check(&["--color=never"], Err("'--color' says nothing"));
        check(&["--dry-run"], Err("'--dry-run' says nothing"));
        check(&["--json"], Err("'--json' says nothing"));
        check(&["--neer=0.8"], Err("unexpected argument '--neer'"));
    }
}
