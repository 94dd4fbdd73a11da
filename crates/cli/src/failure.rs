//! Errors as people see them: what happened, why, and one line on what to do about it.

use std::fmt::Display;
use std::io::ErrorKind;

use unecho_pipeline::{Error, IndexErrorKind, OutputErrorKind};

use crate::color::{Color, Style};
use crate::exit::Exit;
use crate::progress::say;
use crate::signals::Signals;
use crate::table::visible;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    hint: Option<String>,
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Display) -> Self {
        Self { exit, message: message.to_string(), hint: None }
    }

    /// From an error with its chain of causes.
    pub(crate) fn of(exit: Exit, error: &dyn std::error::Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !message.contains(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            cause = error.source();
        }
        Self::new(exit, message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// How the command ends, and what it says.
    pub(crate) fn told(self) -> (Exit, String) {
        let hint = self.hint.map_or_else(String::new, |hint| format!(" ({hint})"));
        (self.exit, format!("{}{hint}", self.message))
    }

    pub(crate) fn print(&self) {
        let color = Color::of_stderr();
        say(&format!("{} {}", color.paint(Style::Error, "error:"), visible(&self.message)));
        if let Some(hint) = &self.hint {
            say(&format!("{} {}", color.paint(Style::Hint, "hint:"), visible(hint)));
        }
    }
}

impl Failure {
    /// From inputs or rules that make no sense.
    pub(crate) fn of_input(error: &Error) -> Self {
        match error {
            Error::NoInput(rejected) => {
                let paths: Vec<String> =
                    rejected.iter().map(|r| format!("{} ({})", r.origin.path, r.detail)).collect();
                let named = if paths.is_empty() { String::new() } else { format!(": {}", paths.join(", ")) };
                Self::new(Exit::Usage, format!("{error}{named}")).hint(
                    "INPUT is files, folders, globs, addresses, '@LIST' or '-'; folders are searched for .txt, .md, .html, \
                     .json, .jsonl, .csv, .parquet, .arrow, .warc, .wet, .xml, .zip and .tar, each also .gz, \
                     .zst, .xz, .bz2, .lz4 and .br",
                )
            }
            _ => Self::of(Exit::Usage, error),
        }
    }

    /// From a run that ended early.
    pub(crate) fn of_run(error: &Error, signals: &Signals) -> Self {
        match error {
            Error::Input(_) | Error::NoInput(_) | Error::Rules(_) => Self::of_input(error),
            Error::Output(output) if output.kind() == OutputErrorKind::Interrupted => {
                Self::of(signals.exit(), error).hint("the same command finishes the upload")
            }
            Error::Output(output) => Self::of_output(output),
            Error::NoPages => {
                Self::of(Exit::Usage, error).hint("--pages FILE says where to keep what is fetched")
            }
            Error::NoLines => Self::of(Exit::Usage, error).hint("leave --attributes out, or name such files"),
            Error::AttributesClash(_) => Self::of(Exit::Usage, error)
                .hint("give one of the two another name, or put them into folders of different names"),
            Error::InputChanged(_) => Self::of(Exit::Failed, error).hint("run the same command again"),
            Error::NotPortable(_) => Self::of(Exit::Usage, error).hint(
                "inputs are files or objects that all machines see, and the output is a folder that they see",
            ),
            Error::Web(unecho_pipeline::WebError::Interrupted) => Self::of(signals.exit(), error)
                .hint("what was fetched is kept; the same command goes on from there"),
            Error::Web(_) => Self::of(Exit::Failed, error),
            Error::Index(_)
            | Error::IndexDamaged(_)
            | Error::IndexInOutput(_)
            | Error::Export(_)
            | Error::NoExport(_)
            | Error::ExportDamaged(_)
            | Error::RunChanged { .. }
            | Error::RunMixed { .. }
            | Error::IndexBehind(_) => Self::of_index_run(error),
            Error::Work(work) if work.kind() == IndexErrorKind::NoSpace => Self::of(Exit::NoSpace, error)
                .hint("free some space there; the same command goes on from what is clean already"),
            Error::Threads(_)
            | Error::InputLost { .. }
            | Error::Work(_)
            | Error::Packing { .. }
            | Error::Elsewhere(_)
            | Error::WorkDamaged(_)
            | Error::EvidenceDamaged
            | Error::Overflow(_) => Self::of(Exit::Failed, error),
            Error::Interrupted => {
                Self::of(signals.exit(), error).hint("the same command goes on from what is clean already")
            }
        }
    }
}

impl Failure {
    /// From a command that has to do with an index.
    pub(crate) fn of_index_run(error: &Error) -> Self {
        match error {
            Error::Index(index) => Self::of_index(index),
            Error::IndexDamaged(folder) => Self::of(Exit::Damaged, error)
                .hint(format!("'unecho index verify {}' lists what is damaged", folder.display())),
            Error::Output(output) => Self::of_output(output),
            Error::Export(source)
                if matches!(
                    source.kind(),
                    ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
                ) =>
            {
                Self::of(Exit::NoSpace, error).hint("free some space there; the same command puts that right")
            }
            Error::NoExport(_) => Self::of(Exit::Usage, error)
                .hint("an export has a folder of its own: unecho index export INDEX --whole --out FOLDER"),
            Error::ExportDamaged(_) => {
                Self::of(Exit::Damaged, error).hint("export the index again, or bring the folder back from a copy")
            }
            Error::IndexInOutput(_) => Self::of(Exit::Usage, error).hint("choose a folder beside --out"),
            Error::RunChanged { folder, run } => Self::of(Exit::Usage, error).hint(format!(
                "use the settings of that run, or forget it: unecho index forget {} --run {run}",
                folder.display()
            )),
            Error::RunMixed { folder, run } => Self::of(Exit::Usage, error).hint(format!(
                "its result stays as it is; to make it anew, run all ingests again in order with a new index, or \
                 forget the run, which makes its inputs new ones: unecho index forget {} --run {run}",
                folder.display()
            )),
            Error::IndexBehind(index) => Self::of(Self::of_index_run(index).exit, error)
                .hint("run the same command again: the result stays the same, and the index learns of it"),
            _ => Self::of(Exit::Failed, error),
        }
    }

    /// From an error about an index.
    fn of_index(error: &unecho_pipeline::IndexError) -> Self {
        match error.kind() {
            IndexErrorKind::NotOurs => {
                Self::of(Exit::Usage, error).hint("choose another folder; an index has one of its own")
            }
            IndexErrorKind::NotFound => Self::of(Exit::NotFound, error)
                .hint("an index is made by 'unecho ingest INPUT --out DIR --index INDEX'"),
            IndexErrorKind::Locked => {
                Self::of(Exit::Locked, error).hint("wait for that run to end; the lock goes when it ends or dies")
            }
            IndexErrorKind::Unfit => Self::of(Exit::Usage, error)
                .hint("use the settings, and the version of the program, that the index was made with, or begin another index"),
            IndexErrorKind::Damaged => Self::of(Exit::Damaged, error).hint(
                "'unecho index verify INDEX' lists what is damaged; a new index is made by running the ingests again",
            ),
            IndexErrorKind::NoSpace => {
                Self::of(Exit::NoSpace, error).hint("free some space there, or lift the limit on file sizes; what was there before is as it was")
            }
            IndexErrorKind::Io => Self::of(Exit::Failed, error),
        }
    }

    /// From an error about an output folder.
    pub(crate) fn of_output(error: &unecho_pipeline::OutputError) -> Self {
        match error.kind() {
            OutputErrorKind::NotOurs => Self::of(Exit::Usage, error).hint(
                "choose another --out, or move away what is there; unecho only replaces its own outputs",
            ),
            OutputErrorKind::Locked => {
                Self::of(Exit::Locked, error).hint("wait for that run to end, or choose another --out")
            }
            OutputErrorKind::NotFound => {
                Self::of(Exit::NotFound, error).hint("an output is made by 'unecho ingest INPUT --out DIR'")
            }
            OutputErrorKind::Damaged => Self::of(Exit::Damaged, error)
                .hint("'unecho verify DIR' lists what differs; run the ingest again"),
            OutputErrorKind::NoSpace => Self::of(Exit::NoSpace, error).hint(
                "free some space there, or lift the limit on file sizes; what was there before is as it was",
            ),
            OutputErrorKind::Io | OutputErrorKind::Interrupted => Self::of(Exit::Failed, error),
        }
    }
}
