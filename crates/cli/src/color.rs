//! Colours: whether they may be used, and what is painted with them. Nothing is told by colour alone.
//!
//! `--color always|never` decides; with `auto` a stream is painted when it is a terminal that is not
//! dumb (`TERM`) and `NO_COLOR` (<https://no-color.org>) is not set.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::sync::OnceLock;

use clap::ColorChoice;

/// What `--color` says, for the whole process.
static CHOICE: OnceLock<ColorChoice> = OnceLock::new();

/// Name of the flag. It is looked for before the command line is understood: errors about that have
/// colours too.
const FLAG: &str = "--color";

/// What these arguments say of colours; `auto` for what makes no sense, which is told later.
pub(crate) fn choice_of(args: &[OsString]) -> ColorChoice {
    let mut words = args.iter().take_while(|arg| *arg != "--").map(OsString::as_os_str);
    let mut choice = ColorChoice::Auto;
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        let value = match text.strip_prefix(FLAG) {
            Some("") => words.next().map(OsStr::to_string_lossy),
            Some(rest) => rest.strip_prefix('=').map(Into::into),
            None => None,
        };
        if let Some(known) = value.and_then(|value| value.parse().ok()) {
            choice = known;
        }
    }
    choice
}

/// Sets what the process does. The first word stands.
pub(crate) fn choose(choice: ColorChoice) {
    // A second word could only come from a second command line.
    let _ = CHOICE.set(choice);
}

/// Whether a terminal can move its cursor and show colours.
pub(crate) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// What may be painted on one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Color {
    /// ANSI colours.
    Ansi,
    /// None.
    Plain,
}

/// What is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// What a part is about.
    Heading,
    /// What stays.
    Kept,
    /// What goes.
    Cut,
    /// What is only named on the way.
    Faint,
    /// What is changed and stays.
    Repaired,
    /// That something is wrong.
    Error,
    /// What to do.
    Hint,
}

impl Color {
    /// Of standard output.
    pub(crate) fn of_stdout() -> Self {
        Self::of(&std::io::stdout())
    }

    /// Of standard error.
    pub(crate) fn of_stderr() -> Self {
        Self::of(&std::io::stderr())
    }

    fn of(stream: &impl IsTerminal) -> Self {
        let unwanted = || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let may = match CHOICE.get().copied().unwrap_or(ColorChoice::Auto) {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => stream.is_terminal() && !unwanted() && !is_dumb(),
        };
        if may { Self::Ansi } else { Self::Plain }
    }

    /// The text as it is to be written.
    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        if self == Self::Plain || text.is_empty() {
            return text.to_owned();
        }
        let code = match style {
            Style::Heading => "1",
            Style::Kept => "1;32",
            Style::Cut => "31",
            Style::Faint => "2",
            Style::Repaired => "33",
            Style::Error => "1;31",
            Style::Hint => "1;36",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_colours_counts() {
        let of = |line: &str| choice_of(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(of("unecho ingest a"), ColorChoice::Auto);
        assert_eq!(of("unecho --color never ingest a"), ColorChoice::Never);
        assert_eq!(of("unecho ingest --color=never --color always"), ColorChoice::Always);
        assert_eq!(of("unecho ingest -- --color always"), ColorChoice::Auto, "a file of that name");
        assert_eq!(of("unecho ingest --color blue"), ColorChoice::Auto, "clap refuses it later");
    }

    #[test]
    fn plain_text_stays_plain() {
        assert_eq!(Color::Plain.paint(Style::Error, "x"), "x");
        assert_eq!(Color::Ansi.paint(Style::Error, "x"), "\u{1b}[1;31mx\u{1b}[0m");
    }
}
