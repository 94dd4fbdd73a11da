//! A second story below the first, as sites load the next one when a reader comes to the end.
//!
//! Where a text begins again there is a headline, soon after it what only the beginning of a story has (who
//! wrote it, when, a summary, or a line that stands above the first story too), and from there on other people
//! and places are named. A round-up of news begins again many times; nothing goes from it. Scripts without
//! capitals have no names that could be told, and keep all.

use std::collections::HashSet;
use std::ops::Range;

use unecho_model::Span;

use crate::cutting::{self, Findings, Match};
use crate::dates;
use crate::ends;
use crate::layout::Layout;
use crate::lines::{self, Ending, Line};
use crate::rules::Certainty;

/// Name of the structural rule.
pub(crate) const SECOND_STORY: &str = "related.second-story";

/// Fewest lines of prose of either story.
const PROSE_LINES_MIN: usize = 4;
/// Fewest words of the prose of the first one.
const FIRST_WORDS_MIN: u32 = 150;
/// Words of a headline.
const HEADLINE_WORDS: std::ops::RangeInclusive<u32> = 3..=25;
/// Within so many lines after a headline a story shows that it begins.
const BEGINNING_LINES: usize = 6;
/// What the names of rules for such beginnings begin with.
const BEGINNING_RULES: [&str; 2] = ["aside.machine-summary", "timestamp."];
/// Longest line that says when a story was published or who wrote it, in words.
const BEGINNING_WORDS_MAX: u32 = 10;
/// What stands before the name of a writer.
const BYLINES: [&str; 9] = ["By ", "BY ", "Von ", "von ", "Par ", "Por ", "Av ", "Af ", "Door "];
/// Fewest names in the second story, and the most of them that the first one may have too, in percent.
const NAMES_MIN: usize = 30;
const SHARED_NAMES_PERCENT_MAX: usize = 6;

/// Cuts the second story, with everything that was found in it.
pub(crate) fn cut(text: &str, layout: &Layout, findings: &mut Findings) {
    let Some(start) = (Stories { text, layout }).second(findings) else { return };
    let last = layout.lines.len() - 1;
    let span = Span::of(layout.lines[start].span.start(), layout.lines[last].span.end());
    if findings.corrections.iter().any(|correction| correction.overlaps(span)) {
        return;
    }
    let is_before = |found: &Match| found.span.end() <= span.start();
    findings.cuts.retain(is_before);
    findings.unmatched.retain(is_before);
    findings.cuts.push(Match { certainty: Certainty::Sure, ..cutting::structural(span, SECOND_STORY) });
}

struct Stories<'t> {
    text: &'t str,
    layout: &'t Layout,
}

impl Stories<'_> {
    /// The headline of the second story, when there are two.
    fn second(&self, findings: &Findings) -> Option<usize> {
        let prose: Vec<usize> = (0..self.layout.lines.len()).filter(|&at| self.layout.prose[at]).collect();
        let first = *prose.get(PROSE_LINES_MIN - 1)?;
        let last = *prose.iter().rev().nth(PROSE_LINES_MIN - 1)?;
        if first >= last {
            return None;
        }
        let starts = self.starts(findings, first + 1..last);
        if starts.is_empty() {
            return None;
        }
        let gone = ends::gone(self.layout, findings);
        let mut found: Option<usize> = None;
        for headline in starts.into_iter().filter(|&at| !gone[at] || self.stands_at_head(at)) {
            if found.is_some_and(|found| headline <= found + BEGINNING_LINES) || !self.are_others(headline) {
                continue;
            }
            if found.is_some() {
                return None;
            }
            found = Some(headline);
        }
        found
    }

    /// The lines among `within` that may be headlines with the beginning of a story below them, ascending.
    fn starts(&self, findings: &Findings, within: Range<usize>) -> Vec<usize> {
        let lines = &self.layout.lines;
        let is_start = |at: &usize| {
            let below = at + 1..within.end.min(at + 1 + BEGINNING_LINES);
            self.is_bare(*at)
                && (self.stands_at_head(*at)
                    || self.is_headline(*at)
                        && below.into_iter().any(|at| self.is_beginning(findings, lines[at])))
        };
        within.clone().filter(is_start).collect()
    }

    /// Whether `line` shows that a story begins.
    fn is_beginning(&self, findings: &Findings, line: Line) -> bool {
        let at = findings.cuts.partition_point(|cut| cut.span.end() <= line.span.start());
        let cut = findings.cuts.get(at).filter(|cut| cut.span.start() == line.span.start());
        cut.is_some_and(|cut| BEGINNING_RULES.iter().any(|rule| cut.rule.starts_with(rule)))
            || line.words <= BEGINNING_WORDS_MAX && begins_story(line.text(self.text))
    }

    /// Whether line `at` is a bare one right below prose.
    fn is_bare(&self, at: usize) -> bool {
        let line = self.layout.lines[at];
        let written = line.text(self.text);
        !self.layout.prose[at]
            && self.layout.prose[at - 1]
            && (line.ending == Ending::Open || written.ends_with(['?', '!']))
            && lines::bullet_bytes(written) == 0
    }

    /// Whether the bare line `at` may be a headline.
    fn is_headline(&self, at: usize) -> bool {
        HEADLINE_WORDS.contains(&self.layout.lines[at].words)
    }

    /// Whether the bare line `at`, of two words or more, stands at the head of the text too.
    fn stands_at_head(&self, at: usize) -> bool {
        let line = self.layout.lines[at];
        let head = &self.layout.lines[..self.layout.head_end.min(at)];
        let is_same = |other: &Line| other.text(self.text) == line.text(self.text);
        line.words > 1 && head.iter().any(is_same)
    }

    /// Whether the text from line `start` on names others than the text before.
    fn are_others(&self, start: usize) -> bool {
        let (before, after) = self.layout.lines.split_at(start);
        let prose = &self.layout.prose;
        let narrated: u32 =
            before.iter().zip(prose).filter(|&(_, &prose)| prose).map(|(line, _)| line.words).sum();
        if narrated < FIRST_WORDS_MIN {
            return false;
        }
        let known: HashSet<u64> =
            before.iter().flat_map(|line| unecho_text::words(line.text(self.text)).hashes).collect();
        let (mut names, mut shared) = (0, 0);
        for (line, _) in after.iter().zip(&prose[start..]).filter(|&(_, &prose)| prose) {
            let written = line.text(self.text);
            let words = unecho_text::words(written);
            for (span, hash) in words.spans.iter().zip(&words.hashes) {
                if is_name(written, *span) {
                    names += 1;
                    shared += usize::from(known.contains(hash));
                }
            }
        }
        names >= NAMES_MIN && shared * 100 <= names * SHARED_NAMES_PERCENT_MAX
    }
}

/// Whether a short line says who wrote a story, or when it was published and nothing else.
fn begins_story(line: &str) -> bool {
    let is_name = |word: &str| word.starts_with(char::is_uppercase);
    let is_byline = |by: &&str| {
        line.strip_prefix(*by).is_some_and(|names| {
            let mut words = names.split_whitespace();
            words.next().is_some_and(is_name) && words.next().is_some_and(is_name)
        })
    };
    let is_date = || line.contains(|c: char| c.is_ascii_digit()) && dates::normalize(line).is_some();
    BYLINES.iter().any(is_byline) || is_date()
}

/// Whether the word at `span` of `line` is capitalised and not the first one of a sentence.
fn is_name(line: &str, span: Span) -> bool {
    let (before, word) = (&line[..span.start()], &line[span.start()..span.end()]);
    let is_opening = |c: char| !c.is_alphanumeric() && !matches!(c, ',' | ';' | '.' | '!' | '?' | ':' | '…');
    let before = before.trim_end_matches(is_opening);
    word.len() > 2
        && word.starts_with(char::is_uppercase)
        && before.chars().next_back().is_some_and(|c| !lines::is_end_mark(c) && c != ':')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraphs(names: [&str; 3], lines: usize) -> String {
        let [who, place, ship] = names;
        let line = |n: usize| {
            format!(
                "On day {n} the master {who} said in {place} that the boat {ship} of {who} would sail \
                 from {place} to the islands and back to {place} before the end of the week, while {ship} stays."
            )
        };
        (1..=lines).map(line).collect::<Vec<_>>().join("\n")
    }

    const FIRST: [&str; 3] = ["Porter", "Northport", "Skarra"];
    const OTHER: [&str; 3] = ["Hafner", "Seestadt", "Marigold"];

    /// What is left of a text.
    fn left(text: &str) -> String {
        let layout = Layout::of(text);
        let mut findings = Findings::default();
        cut(text, &layout, &mut findings);
        let start = findings.cuts.first().map_or(text.len(), |cut| cut.span.start());
        text[..start].trim_end().to_owned()
    }

    #[test]
    fn a_second_story_goes() {
        let first = paragraphs(FIRST, 6);
        let text = format!("{first}\nStorm closes the southern harbour\nBy Li Wei\n{}", paragraphs(OTHER, 6));
        assert_eq!(left(&text), first);
        assert_eq!(left(&text.replace("By Li Wei", "12 August 2025, 10:15")), first);
        let first = format!("In brief\n{first}");
        assert_eq!(left(&format!("{first}\nIn brief\n{}", paragraphs(OTHER, 6))), first);
        let again = format!("{first}\nIn brief\n{}", paragraphs(FIRST, 6));
        assert_eq!(left(&again), again);
    }

    #[test]
    fn one_story_stays_whole() {
        let (first, more, other) = (paragraphs(FIRST, 6), paragraphs(FIRST, 6), paragraphs(OTHER, 6));
        let headline = "Storm closes the southern harbour";
        for text in [
            format!("{first}\n{headline}\nBy Li Wei\n{more}"),
            format!("{first}\n{headline}\n{other}"),
            format!("{first}\nBy Li Wei\n{other}"),
            format!("{}\n{headline}\nBy Li Wei\n{other}", paragraphs(FIRST, 3)),
            format!("{first}\n{headline}\nBy Li Wei\n{}", paragraphs(OTHER, 3)),
        ] {
            assert_eq!(left(&text), text.trim_end());
        }
    }

    #[test]
    fn a_round_up_stays_whole() {
        let third = paragraphs(["Ayşe", "Limanköy", "Bulut"], 6);
        let text = format!(
            "{}\nStorm closes the southern harbour\nBy Li Wei\n{}\nNew pier for the east\nBy Li Wei\n{third}",
            paragraphs(FIRST, 6),
            paragraphs(OTHER, 6),
        );
        assert_eq!(left(&text), text);
    }
}
