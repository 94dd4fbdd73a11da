//! A cleaned document for people: the text as it was read, with every cut marked in place and the rule
//! that made it.
//!
//! Raw is put together again from the lines of the article and the cuts; between them it has white
//! space only. `-` marks lines, or ends of the line before, that are cut, `[-…-]` parts inside a line.

use std::io::{self, Write};

use unecho_model::record::NormalizedRecord;
use unecho_model::{Action, Stripped};

use crate::color::{Color, Style};
use crate::table::visible;

/// Column in which the rule of a short cut line stands.
const RULE_COLUMN: usize = 72;

/// Writes `record` for people.
pub(super) fn write(out: &mut dyn Write, record: &NormalizedRecord, color: Color) -> io::Result<()> {
    let document = &record.document;
    let place = match document.line {
        Some(line) => format!("{}:{line}", document.path),
        None => document.path.clone(),
    };
    let cuts = record.stripped.iter().filter(|cut| cut.action == Action::Removed).count();
    let heading = format!("── {} ({}), {cuts} cut", visible(document.id.as_str()), visible(&place));
    writeln!(out, "{}", color.paint(Style::Heading, &heading))?;
    let (repaired, changes): (Vec<_>, Vec<_>) =
        record.stripped.iter().partition(|cut| cut.action == Action::Repaired);
    let mut cuts = changes.into_iter().peekable();
    for (text, &span) in document.text.lines().zip(&record.lines) {
        while let Some(cut) = cuts.next_if(|cut| cut.span.start() < span.start()) {
            write_cut(out, cut, color)?;
        }
        for was in repaired.iter().filter(|was| was.span.overlaps(span)) {
            write_repaired(out, was, color)?;
        }
        let mut line = LineWriter { text, at: span.start(), shown: String::from("  "), rules: Vec::new() };
        while let Some(cut) =
            cuts.next_if(|cut| cut.span.start() < span.end() || cut.action == Action::Joined)
        {
            line.change(cut, color);
        }
        line.shown.push_str(&visible(line.text));
        write_line(out, &line.shown, &line.rules, color)?;
    }
    cuts.try_for_each(|cut| write_cut(out, cut, color))?;
    for flag in &document.flags {
        let flag = format!("  ! {}: {}", flag.kind.name(), visible(&flag.text));
        writeln!(out, "{}", color.paint(Style::Faint, &flag))?;
    }
    Ok(())
}

/// A line of the article on the way to be shown with the changes inside it.
struct LineWriter<'t> {
    /// What is left of the line.
    text: &'t str,
    /// Where that stands in raw.
    at: usize,
    shown: String,
    rules: Vec<String>,
}

impl LineWriter<'_> {
    fn change(&mut self, cut: &Stripped, color: Color) {
        let plain = cut.span.start().saturating_sub(self.at).min(self.text.len());
        let (before, after) = self.text.split_at(self.text.floor_char_boundary(plain));
        self.shown.push_str(&visible(before));
        self.text = after;
        self.at = cut.span.end();
        if cut.action == Action::Joined {
            // The line break became a space, or nothing.
            self.text = self.text.strip_prefix(' ').unwrap_or(self.text);
            self.shown.push_str(&color.paint(Style::Faint, "⏎"));
            if cut.rule.ends_with("hard-wrap") {
                self.shown.push(' ');
            }
            return;
        }
        let marked = match color {
            Color::Plain => format!("[-{}-]", visible(&cut.text.replace('\n', " ⏎ "))),
            Color::Ansi => visible(&cut.text.replace('\n', " ⏎ ")),
        };
        self.shown.push_str(&color.paint(Style::Cut, &marked));
        self.rules.push(described(cut));
    }
}

/// A cut of one or more whole lines.
fn write_cut(out: &mut dyn Write, cut: &Stripped, color: Color) -> io::Result<()> {
    let mut lines = cut.text.lines().filter(|line| !line.trim().is_empty()).peekable();
    while let Some(line) = lines.next() {
        let shown = format!("- {}", visible(line.trim()));
        let rules = if lines.peek().is_none() { vec![described(cut)] } else { Vec::new() };
        let width = textwrap::core::display_width(&shown);
        let padding = " ".repeat(RULE_COLUMN.saturating_sub(width));
        write!(out, "{}", color.paint(Style::Cut, &shown))?;
        match rules.first() {
            Some(rule) => writeln!(out, "{padding}  {}", color.paint(Style::Faint, rule))?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

fn write_repaired(out: &mut dyn Write, was: &Stripped, color: Color) -> io::Result<()> {
    let shown = format!("~ {}", visible(was.text.trim()));
    writeln!(out, "{}  {}", color.paint(Style::Repaired, &shown), color.paint(Style::Faint, &was.rule))
}

fn write_line(out: &mut dyn Write, shown: &str, rules: &[String], color: Color) -> io::Result<()> {
    match rules {
        [] => writeln!(out, "{shown}"),
        rules => writeln!(out, "{shown}  {}", color.paint(Style::Faint, &rules.join(", "))),
    }
}

/// The rule of a cut, and whom the cut credits.
fn described(cut: &Stripped) -> String {
    match (&cut.attribution, &cut.evidence) {
        (Some(credit), _) => format!("{} ({} {})", cut.rule, credit.kind, visible(&credit.name)),
        (None, Some(evidence)) => format!("{} ({})", cut.rule, visible(evidence)),
        (None, None) => cut.rule.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use unecho_pipeline::{Config, Run, Unobserved};

    use super::*;

    fn record(text: &str) -> NormalizedRecord {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a.txt");
        std::fs::write(&path, text).unwrap();
        let cancelled = AtomicBool::new(false);
        let run = Run { observer: &Unobserved, cancelled: &cancelled };
        let inputs = [path.to_str().unwrap().to_owned()];
        unecho_pipeline::normalize(&inputs, &Config::default(), &run).unwrap().records.remove(0)
    }

    fn shown(record: &NormalizedRecord, color: Color) -> String {
        let mut out = Vec::new();
        write(&mut out, record, color).unwrap();
        let text = String::from_utf8(out).unwrap();
        text.split_once('\n').unwrap().1.to_owned()
    }

    const TEXT: &str = "Advertisement\n\
        The harbour master said on Monday that the ferry would not sail before the storm had passed.\n\
        Read also: Storm closes port\n\
        Crews worked through the night to make the pier safe for the first boats. (Reporting by Ann Porter)\n";

    #[test]
    fn cuts_are_marked_in_place() {
        let record = record(TEXT);
        let shown = shown(&record, Color::Plain);
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[0].starts_with("- Advertisement ") && lines[0].ends_with("  ad.marker"), "{shown}");
        assert!(lines[1].starts_with("  The harbour master"), "{shown}");
        assert!(lines[2].starts_with("- Read also: Storm closes port "), "{shown}");
        assert!(lines[3].ends_with("for the first boats."), "{shown}");
        assert!(lines[4].starts_with("- (Reporting by Ann Porter) "), "{shown}");
        assert!(lines[4].ends_with("agency.signoff (author Ann Porter)"), "{shown}");
    }

    #[test]
    fn colours_replace_marks_and_nothing_of_a_document_is_a_command() {
        let shown = shown(&record(&TEXT.replace("storm", "\u{9b}31mstorm")), Color::Ansi);
        assert!(shown.contains("\u{1b}[31m- (Reporting by Ann Porter)\u{1b}[0m"), "{shown}");
        assert!(!shown.contains('\u{9b}'));
    }

    #[test]
    fn joined_lines_show_where() {
        let wrapped = "The harbour master said on Monday that the ferry would not sail before the\n\
            storm had passed over the islands and the crews had made the pier safe for the\n\
            boats, which may take until Friday, when the weather is expected to be calm.\n";
        assert!(shown(&record(wrapped), Color::Plain).contains("before the⏎ storm had"));
    }
}
