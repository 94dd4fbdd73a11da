//! How `unecho explain` shows what it found, in 80 columns.

use std::io::{self, Write};

use unecho_model::record::{DocumentRecord, KeptRecord, LinkRecord, StrippedRecord};
use unecho_model::{Action, Passage, Scores};

use crate::color::{Color, Style};
use crate::table::{shortened, side_by_side, visible};

/// Width of everything, in characters.
const WIDTH: usize = 80;
/// Width of one of the two columns of a passage.
const COLUMN: usize = 38;

/// The two documents of a list of passages.
pub(super) struct Sides<'a> {
    pub(super) a: &'a DocumentRecord,
    pub(super) b: &'a DocumentRecord,
}

/// What is written, part by part.
pub(super) struct Page<'a> {
    out: &'a mut dyn Write,
    color: Color,
}

impl<'a> Page<'a> {
    /// A page on standard output.
    pub(super) fn on(out: &'a mut dyn Write) -> Self {
        Self { out, color: Color::of_stdout() }
    }

    /// An id and what became of it, on one line where there is room.
    pub(super) fn headline(&mut self, id: &str, style: Style, fate: &str) -> io::Result<()> {
        let id = visible(id);
        if id.chars().count() + 2 + fate.chars().count() <= WIDTH {
            return writeln!(
                self.out,
                "{}  {}",
                self.color.paint(Style::Heading, &id),
                self.color.paint(style, fate)
            );
        }
        for line in textwrap::wrap(&id, WIDTH) {
            writeln!(self.out, "{}", self.color.paint(Style::Heading, &line))?;
        }
        for line in textwrap::wrap(fate, WIDTH - 2) {
            writeln!(self.out, "  {}", self.color.paint(style, &line))?;
        }
        Ok(())
    }

    /// An indented sentence.
    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        for line in textwrap::wrap(text, WIDTH - 2) {
            writeln!(self.out, "  {line}")?;
        }
        Ok(())
    }

    /// The head of a part.
    fn part(&mut self, name: &str) -> io::Result<()> {
        writeln!(self.out, "\n{}", self.color.paint(Style::Heading, name))
    }

    pub(super) fn field(&mut self, name: &str, value: &str) -> io::Result<()> {
        let value = visible(value);
        for (at, line) in textwrap::wrap(&value, 80 - 11).iter().enumerate() {
            let name = self.color.paint(Style::Faint, &format!("{:<8}", if at == 0 { name } else { "" }));
            writeln!(self.out, "  {name} {line}")?;
        }
        Ok(())
    }

    pub(super) fn provenance(&mut self, document: &DocumentRecord) -> io::Result<()> {
        let line = document.line.map_or_else(String::new, |line| format!(":{line}"));
        self.field("from", &format!("{}{line}", document.path))?;
        let fields = [
            ("title", &document.title),
            ("source", &document.source),
            ("date", &document.date),
            ("url", &document.url),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                self.field(name, value)?;
            }
        }
        for credit in &document.attributions {
            self.field(
                "credits",
                &format!(
                    "{} ({}, written \"{}\", rule {})",
                    credit.name, credit.kind, credit.written, credit.rule
                ),
            )?;
        }
        for flag in &document.flags {
            self.field("flagged", &format!("{}: {}", flag.kind.name(), shortened(&flag.text, 60)))?;
        }
        Ok(())
    }

    pub(super) fn scores(&mut self, scores: &Scores) -> io::Result<()> {
        let Scores { probability, jaccard, containment, longest_run_words, same_origin, rewrite } = *scores;
        self.field("scores",
        &format!(
            "probability {probability:.3}, Jaccard {jaccard:.3}, containment {containment:.3}, longest shared run \
             {longest_run_words} words, same claimed origin: {}",
            if same_origin { "yes" } else { "no" }
        ),
    )?;
        let Some(rewrite) = rewrite else { return Ok(()) };
        self.field("evidence",
        &format!(
            "rare word pairs {:.3}, sentences touched {:.3}, quotations in order {:.3}, words in shared runs {:.3}, \
             narration in rare shared runs {:.3}",
            rewrite.skip_pairs, rewrite.sentences, rewrite.quotes, rewrite.coverage, rewrite.narration
        ),
    )
    }

    pub(super) fn passages(
        &mut self,
        sides: &Sides<'_>,
        passages: &[Passage],
        shown_max: usize,
    ) -> io::Result<()> {
        if passages.is_empty() {
            return writeln!(self.out, "\n  no shared passages");
        }
        let shown = passages.len().min(shown_max);
        self.part(&format!("shared passages, {shown} of {}", passages.len()))?;
        for line in side_by_side(sides.a.id.as_str(), sides.b.id.as_str(), COLUMN) {
            writeln!(self.out, "{line}")?;
        }
        for passage in &passages[..shown] {
            let words = self.color.paint(Style::Faint, &format!("── {} words", passage.words));
            writeln!(self.out, "{words}")?;
            let text = |document: &DocumentRecord, span: unecho_model::Span| {
                ends_of(&visible(span.slice(&document.text).unwrap_or("(the span does not fit the text)")))
            };
            for line in side_by_side(&text(sides.a, passage.a), &text(sides.b, passage.b), COLUMN) {
                writeln!(self.out, "{line}")?;
            }
        }
        Ok(())
    }

    pub(super) fn copies(&mut self, kept: &KeptRecord) -> io::Result<()> {
        /// Copies that are listed.
        const SHOWN_MAX: usize = 20;
        for copy in kept.copies.iter().take(SHOWN_MAX) {
            let source = copy.source.as_ref().map_or_else(String::new, |source| format!(", {source}"));
            self.field("copy", &format!("{} ({}{source})", copy.id, copy.kind))?;
        }
        if kept.copies.len() > SHOWN_MAX {
            self.field("copy", &format!("… {} more", kept.copies.len() - SHOWN_MAX))?;
        }
        for possible in kept.possible_copies.iter().take(SHOWN_MAX) {
            let fate =
                possible.kept_id.as_ref().map_or_else(String::new, |kept| format!(", dropped for {kept}"));
            self.field(
                "perhaps",
                &format!(
                    "{} ({}, probability {:.3}{fate})",
                    possible.id, possible.kind, possible.probability
                ),
            )?;
        }
        Ok(())
    }

    pub(super) fn cut_list(&mut self, cuts: &[StrippedRecord]) -> io::Result<()> {
        let removed: Vec<&StrippedRecord> =
            cuts.iter().filter(|record| record.cut.action == Action::Removed).collect();
        let joined = cuts.len() - removed.len();
        if !removed.is_empty() {
            self.part("stripped")?;
        }
        for record in removed {
            writeln!(self.out, "  {:<24} {}", record.cut.rule, shortened(&record.cut.text, 80 - 27))?;
        }
        if joined > 0 {
            writeln!(self.out, "\n{joined} broken lines joined")?;
        }
        Ok(())
    }

    /// Other documents that this one was compared with, links first, then the likeliest.
    pub(super) fn compared_with(&mut self, id: &str, links: &[LinkRecord]) -> io::Result<()> {
        /// Documents that are shown.
        const SHOWN_MAX: usize = 12;
        let mut compared: Vec<&LinkRecord> = links.iter().collect();
        if compared.is_empty() {
            return Ok(());
        }
        compared.sort_by(|x, y| {
            let by_strength =
                y.accepted.cmp(&x.accepted).then(y.scores.probability.total_cmp(&x.scores.probability));
            by_strength.then_with(|| (&x.a, &x.b).cmp(&(&y.a, &y.b)))
        });
        self.part(&format!("compared with, {} of {}", compared.len().min(SHOWN_MAX), compared.len()))?;
        for link in compared.into_iter().take(SHOWN_MAX) {
            let other = if link.a.as_str() == id { &link.b } else { &link.a };
            let verdict = if link.accepted { "linked" } else { "not linked" };
            writeln!(
                self.out,
                "  {:.3}  {verdict:<10}  {:<13} {}",
                link.scores.probability,
                link.kind,
                shortened(other.as_str(), 80 - 35)
            )?;
        }
        Ok(())
    }
}

/// A long passage without its middle.
fn ends_of(passage: &str) -> String {
    /// Words shown of the beginning, and of the end.
    const ENDS: (usize, usize) = (24, 12);
    let words: Vec<&str> = passage.split_whitespace().collect();
    if words.len() <= ENDS.0 + ENDS.1 {
        return words.join(" ");
    }
    format!("{} […] {}", words[..ENDS.0].join(" "), words[words.len() - ENDS.1..].join(" "))
}
