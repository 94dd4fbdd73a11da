//! What the place of a line says: zones, menus run together into one line, bare headlines, and the
//! headline of the text itself.
//!
//! Form alone never proves that a bare line is foreign (sub-headings look the same), so headlines
//! between paragraphs are flagged here and cut only when a second pass corroborates them.

use unecho_model::Span;

use crate::lines::{self, Ending, Line};

/// Lines of prose at each end that belong to head and tail.
const ZONE_PROSE_LINES: usize = 2;
/// Fewest words of a menu run together into one line.
const BLOB_WORDS_MIN: u32 = 30;
/// Fewest words of a bare headline that stands alone between paragraphs.
const LONE_HEADLINE_WORDS_MIN: u32 = 8;
/// Words of bare headlines that stand in runs.
const HEADLINE_WORDS: std::ops::RangeInclusive<u32> = 4..=22;
/// Most bare lines in a row that are taken for headlines; more are a list.
const RUN_LINES_MAX: usize = 6;

/// The lines of a text and which of them are prose.
#[derive(Debug)]
pub(crate) struct Layout {
    /// All lines.
    pub(crate) lines: Vec<Line>,
    /// Whether each is prose.
    pub(crate) prose: Vec<bool>,
    /// Lines before this one are at the head.
    pub(crate) head_end: usize,
    /// Lines from this one on are at the tail.
    pub(crate) tail_start: usize,
}

impl Layout {
    /// The layout of an assembled text.
    pub(crate) fn of(text: &str) -> Self {
        let lines = lines::lines_of(text);
        let prose: Vec<bool> = lines.iter().map(|line| line.is_prose(text)).collect();
        let mut prose_lines = prose.iter().enumerate().filter(|&(_, &is)| is).map(|(at, _)| at);
        let head_end = prose_lines.nth(ZONE_PROSE_LINES).unwrap_or(lines.len());
        let mut prose_lines = prose.iter().enumerate().rev().filter(|&(_, &is)| is).map(|(at, _)| at);
        let tail_start = prose_lines.nth(ZONE_PROSE_LINES).map_or(0, |at| at + 1);
        Self { lines, prose, head_end, tail_start }
    }

    /// Whether line `at` lies at the head.
    pub(crate) fn is_head(&self, at: usize) -> bool {
        at < self.head_end
    }

    /// Whether line `at` lies at the tail.
    pub(crate) fn is_tail(&self, at: usize) -> bool {
        at >= self.tail_start
    }
}

/// Whether `line` is a menu or list of headlines run together: many words, no sentence, and most words
/// capitalised, or parted by separators, or a date stamp in front.
pub(crate) fn is_menu_blob(line: &str, words: u32) -> bool {
    if words < BLOB_WORDS_MIN || lines::ending(line) != Ending::Open || lines::has_inner_sentence_end(line) {
        return false;
    }
    let commas = line.chars().filter(|c| matches!(c, ',' | ';' | '،' | '、')).count();
    if commas * 15 > words as usize {
        return false;
    }
    let separators =
        line.split_whitespace().filter(|word| matches!(*word, "|" | "›" | "»" | ">" | "/" | "•" | "·"));
    if separators.count() * 8 >= words as usize {
        return true;
    }
    let (mut capitalised, mut lettered) = (0, 0);
    for word in line.split_whitespace() {
        if let Some(first) = word.chars().find(|c| c.is_alphanumeric()) {
            lettered += 1;
            capitalised += usize::from(first.is_uppercase());
        }
    }
    capitalised * 100 >= lettered * 58 || begins_with_stamp(line)
}

/// Whether a date such as `2024-05-01` stands among the first words, as a content system writes it.
fn begins_with_stamp(line: &str) -> bool {
    let is_stamp = |word: &str| {
        let mut parts = word.split('-').map(|part| (part.len(), part.bytes().all(|b| b.is_ascii_digit())));
        [parts.next(), parts.next(), parts.next(), parts.next()]
            == [Some((4, true)), Some((2, true)), Some((2, true)), None]
    };
    line.split_whitespace().take(3).any(is_stamp)
}

/// The lines that may be headlines of other stories: bare lines between two lines of prose, in runs
/// or long enough not to be a sub-heading. `gone` tells the lines that are cut.
pub(crate) fn suspected_headlines(text: &str, layout: &Layout, gone: &[bool]) -> Vec<usize> {
    let mut found = Vec::new();
    let left: Vec<usize> = (0..layout.lines.len()).filter(|&at| !gone[at]).collect();
    let mut at = 0;
    while at < left.len() {
        if !is_bare(text, layout, left[at]) {
            at += 1;
            continue;
        }
        let end = (at..left.len()).find(|&next| !is_bare(text, layout, left[next])).unwrap_or(left.len());
        let between_prose =
            at > 0 && end < left.len() && layout.prose[left[at - 1]] && layout.prose[left[end]];
        let words = layout.lines[left[at]].words;
        let counts = match end - at {
            1 => words >= LONE_HEADLINE_WORDS_MIN,
            run => run <= RUN_LINES_MAX,
        };
        if between_prose && counts {
            found.extend_from_slice(&left[at..end]);
        }
        at = end;
    }
    found
}

fn is_bare(text: &str, layout: &Layout, at: usize) -> bool {
    let line = layout.lines[at];
    !layout.prose[at] && HEADLINE_WORDS.contains(&line.words) && line.is_headline_like(text)
}

/// The line that is the headline of the text: the first one left, short, without end mark, with
/// prose soon after it.
pub(crate) fn title_line(text: &str, layout: &Layout, gone: &[bool]) -> Option<Span> {
    let mut left = (0..layout.lines.len()).filter(|&at| !gone[at]);
    let first = left.next()?;
    let line = layout.lines[first];
    let followed = left.take(4).any(|at| layout.prose[at]);
    (line.is_headline_like(text) && followed && !layout.prose[first]).then_some(line.span)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str =
        "The harbour company said on Monday that the ferry would sail again before the end of the week.";

    fn check(text: &str, expect: &[&str]) {
        let layout = Layout::of(text);
        let gone = vec![false; layout.lines.len()];
        let found: Vec<&str> =
            suspected_headlines(text, &layout, &gone).iter().map(|&at| layout.lines[at].text(text)).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn runs_between_paragraphs_are_suspected() {
        let run = "Storm closes two northern ports\nWho pays for the broken pier?";
        check(&format!("{PROSE}\n{run}\n{PROSE}"), &run.split('\n').collect::<Vec<_>>());
        check(&format!("{run}\n{PROSE}"), &[]);
        check(&format!("{PROSE}\nA long night of work\n{PROSE}"), &[]);
        let long = "Harbour company names new captain for the first crossing";
        check(&format!("{PROSE}\n{long}\n{PROSE}"), &[long]);
    }

    #[test]
    fn blobs_are_capitals_without_sentences() {
        let menu = "Home Ports Ferries Timetable Weather ".repeat(7);
        assert!(is_menu_blob(menu.trim(), 35));
        assert!(!is_menu_blob(&format!("{menu}They sail. Then rest"), 39));
        let lower = "the ferry sails from the north pier to the islands and back again ".repeat(3);
        assert!(!is_menu_blob(lower.trim(), 39));
    }

    #[test]
    fn the_first_short_line_is_the_title() {
        let text = format!("Ferry returns after long repairs\n{PROSE}");
        let layout = Layout::of(&text);
        assert_eq!(title_line(&text, &layout, &[false, false]), Some(Span::new(0, 32)));
        let layout = Layout::of(PROSE);
        assert_eq!(title_line(PROSE, &layout, &[false]), None);
    }
}
