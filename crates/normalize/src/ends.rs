//! Bare lines at the ends of an article: headlines of other stories and names after the last sentence,
//! section names before the headline.
//!
//! Between paragraphs a bare line may be a sub-heading, and form alone does not tell. After the last
//! sentence of a narration there is nothing left to head: what stands there without an end mark is a
//! teaser, a name or a section. Lists, tables and scores, which may end an article, stay.

use std::ops::Range;

use crate::chrome;
use crate::cutting::{self, Findings, Match};
use crate::layout::Layout;
use crate::lines::{self, Ending, Line};
use crate::rules::Certainty;

/// Name of the structural rule for what follows the last sentence.
pub(crate) const TAIL_LINES: &str = "tail.bare-lines";
/// Name of the structural rule for section names before the headline.
pub(crate) const HEAD_LINES: &str = "head.section-names";

/// Fewest lines of prose of a text that has an end.
const PROSE_LINES_MIN: usize = 3;
/// A sentence of so many words belongs to the narration.
const SENTENCE_WORDS_MIN: u32 = 3;
/// A line of so many words that ends with a colon announces what follows.
const ANNOUNCEMENT_WORDS_MIN: u32 = 8;
/// A line of so many words that a sentence ends inside narrates, whatever hangs at its end.
const INNER_WORDS_MIN: u32 = 10;
/// Fewest words of a headline beside which a question is one too.
const HEADLINE_WORDS_MIN: u32 = 4;
/// Longest bare line, in words, and most of them.
const BARE_WORDS_MAX: u32 = 20;
const TAIL_LINES_MAX: usize = 60;
/// Lines with digits in more than this share of their words are tables, in percent.
const NUMBER_WORDS_PERCENT_MAX: usize = 34;
/// Of so many lines of a list, one or more begin with a number.
const NUMBERED_PART: usize = 3;
/// A tail of so many lines is made of teasers when less than one line in so many is data.
const TEASERS_MIN: usize = 12;
const DATA_PART: usize = 4;
/// A line with so many commas lists something: the players of a team, the towns of a county.
const LISTED_COMMAS_MIN: usize = 4;
/// Fewest time stamps of a dated list of links; one or more beside so many of its lines.
const STAMPS_MIN: usize = 3;
const STAMPED_PART: usize = 2;
/// What the names of rules for time stamps begin with.
const STAMP_RULES: &str = "timestamp.";
/// Quotation marks that a line of speech begins and ends with.
const OPENING: [char; 6] = ['"', '“', '„', '«', '‘', '「'];
const CLOSING: [char; 7] = ['"', '”', '“', '»', '«', '’', '」'];
/// Longest name of a section, in words; most of them before a headline.
const SECTION_WORDS_MAX: u32 = 2;
const SECTIONS: Range<usize> = 2..8;

/// The cuts at both ends; `findings` are those of the rules, cuts ascending.
pub(crate) fn cuts(text: &str, layout: &Layout, findings: &Findings) -> Vec<Match> {
    if layout.prose.iter().filter(|&&prose| prose).count() < PROSE_LINES_MIN {
        return Vec::new();
    }
    let ends = Ends { text, layout, gone: gone(layout, findings) };
    let tail = ends.tail();
    let of_tail = if ends.is_dated(&tail, findings) { Certainty::Sure } else { Certainty::Usual };
    let tail = tail.into_iter().map(|at| (at, TAIL_LINES, of_tail));
    let head = ends.head().into_iter().map(|at| (at, HEAD_LINES, Certainty::Usual));
    head.chain(tail)
        .map(|(at, rule, certainty)| (layout.lines[at].span, rule, certainty))
        .filter(|(line, ..)| !findings.touch(*line))
        .map(|(line, rule, certainty)| Match { certainty, ..cutting::structural(line, rule) })
        .collect()
}

struct Ends<'t> {
    text: &'t str,
    layout: &'t Layout,
    /// Lines that rules cut as a whole.
    gone: Vec<bool>,
}

impl Ends<'_> {
    /// Bare lines after the last sentence.
    fn tail(&self) -> Vec<usize> {
        let lines = &self.layout.lines;
        let narrates = |at: &usize| {
            let line = lines[*at];
            !self.gone[*at]
                && (self.layout.prose[*at]
                    || line.ending == Ending::Sentence
                        && line.words >= SENTENCE_WORDS_MIN
                        && !self.is_among_headlines(*at)
                    || line.ending == Ending::Colon && line.words >= ANNOUNCEMENT_WORDS_MIN
                    || line.words >= INNER_WORDS_MIN && lines::has_inner_sentence_end(line.text(self.text))
                    || line.words > BARE_WORDS_MAX)
        };
        let Some(last) = (0..lines.len()).rev().find(narrates) else { return Vec::new() };
        let is_answer =
            |at: &usize| self.line(*at).ends_with('.') && self.line(*at).contains(char::is_alphabetic);
        let last = last + (last + 1..lines.len()).take_while(is_answer).count();
        let start = last + 1 + chrome::data_lines(self.text, self.layout, last + 1);
        let left: Vec<usize> = (start..lines.len()).filter(|&at| !self.gone[at]).collect();
        let numbered = left.iter().filter(|&&at| self.line(at).starts_with(|c: char| c.is_numeric())).count();
        // Items of a list are numbered throughout; one headline in a few begins with a number too.
        let is_list = numbered > 1 && numbered * NUMBERED_PART >= left.len()
            || left.iter().any(|&at| self.is_item(at))
            || self.are_data(&left);
        if is_list || left.len() > TAIL_LINES_MAX || self.introduces(last) {
            return Vec::new();
        }
        left
    }

    /// Whether the lines of the `tail` are a list of links however long: stories with the time of each.
    fn is_dated(&self, tail: &[usize], findings: &Findings) -> bool {
        let Some(&first) = tail.first() else { return false };
        let after = findings.cuts.partition_point(|cut| cut.span < self.layout.lines[first].span);
        let stamps = findings.cuts[after..].iter().filter(|cut| cut.rule.starts_with(STAMP_RULES)).count();
        stamps >= STAMPS_MIN && stamps * STAMPED_PART >= tail.len()
    }

    /// Whether line `at` asks or calls, and stands between two bare lines long enough to be headlines.
    fn is_among_headlines(&self, at: usize) -> bool {
        let is_headline = |at: usize| {
            let line = self.layout.lines[at];
            line.ending == Ending::Open && line.words >= HEADLINE_WORDS_MIN && line.words <= BARE_WORDS_MAX
        };
        let before = (0..at).rev().find(|&at| !self.gone[at]);
        let after = (at + 1..self.gone.len()).find(|&at| !self.gone[at]);
        self.line(at).ends_with(['?', '!', '？', '！'])
            && !self.layout.prose[at]
            && [before, after].into_iter().all(|at| at.is_some_and(is_headline))
    }

    fn line(&self, at: usize) -> &str {
        self.layout.lines[at].text(self.text)
    }

    /// Whether line `at` announces what follows.
    fn introduces(&self, at: usize) -> bool {
        self.layout.lines[at].ending == Ending::Colon
    }

    /// Whether line `at` is an item of a list, a row of a table, or said by somebody.
    fn is_item(&self, at: usize) -> bool {
        let line = self.line(at);
        let is_said = line.starts_with(OPENING) && line.ends_with(CLOSING);
        let commas = line.chars().filter(|c| matches!(c, ',' | ';' | '，' | '、' | '،')).count();
        lines::bullet_bytes(line) > 0 || line.contains(" | ") || is_said || commas >= LISTED_COMMAS_MIN
    }

    /// Whether the lines of the tail are results or prices: some of a short tail, a good part of a long one,
    /// as teasers of offers have a price here and there.
    fn are_data(&self, tail: &[usize]) -> bool {
        let is_data = |at: &&usize| {
            let (line, words) = (self.line(**at), self.layout.lines[**at].words as usize);
            let numbers =
                line.split_whitespace().filter(|word| word.contains(|c: char| c.is_numeric())).count();
            numbers * 100 > words * NUMBER_WORDS_PERCENT_MAX
        };
        let data = tail.iter().filter(is_data).count();
        data > 0 && (tail.len() < TEASERS_MIN || data * DATA_PART >= tail.len())
    }

    /// Section names before the headline: several lines of a word or two, then a longer bare line, then
    /// prose.
    fn head(&self) -> Vec<usize> {
        let lines = &self.layout.lines;
        let first = self.layout.prose.iter().position(|&prose| prose).unwrap_or(0);
        let is_section = |at: &usize| {
            let line = lines[*at];
            line.words <= SECTION_WORDS_MAX
                && line.ending == Ending::Open
                && !self.is_item(*at)
                && !self.are_data(&[*at])
        };
        let sections = (0..first).take_while(is_section).count();
        let headline = (sections..first).find(|&at| !self.gone[at]);
        let is_headed = headline.is_some_and(|at| lines[at].is_headline_like(self.text));
        if SECTIONS.contains(&sections) && is_headed { (0..sections).collect() } else { Vec::new() }
    }
}

/// Which lines the cuts of `findings`, ascending, take as a whole.
pub(crate) fn gone(layout: &Layout, findings: &Findings) -> Vec<bool> {
    let mut cuts = findings.cuts.iter().peekable();
    let is_gone = |line: &Line| {
        while cuts.next_if(|cut| cut.span.end() <= line.span.start()).is_some() {}
        cuts.peek()
            .is_some_and(|cut| cut.span.start() <= line.span.start() && line.span.end() <= cut.span.end())
    };
    layout.lines.iter().map(is_gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str =
        "The harbour company said on Monday that the ferry would sail again before the end of the week.";

    fn check(head: &str, tail: &str, expect: &[&str]) {
        let text = format!("{head}{PROSE}\n{PROSE}\n{PROSE}\n{tail}");
        let found = cuts(&text, &Layout::of(&text), &Findings::default());
        let found: Vec<&str> = found.iter().map(|cut| cut.span.slice(&text).unwrap()).collect();
        assert_eq!(found, expect, "{head:?} {tail:?}");
    }

    #[test]
    fn bare_lines_after_the_end_go() {
        check("", "Storm closes two northern ports", &["Storm closes two northern ports"]);
        check("", "It was late.\nAnn Porter", &["Ann Porter"]);
        check(
            "",
            "Storm closes both ports\nWho pays for the pier?\nFerry sails again on Friday",
            &["Storm closes both ports", "Who pays for the pier?", "Ferry sails again on Friday"],
        );
        check(
            "",
            "北港の渡船、4月に再開へ 住民ら安堵\n港湾局が新桟橋を公開",
            &["北港の渡船、4月に再開へ 住民ら安堵", "港湾局が新桟橋を公開"],
        );
        check(
            "",
            "Storm closes port\nWho pays for the pier\nSports",
            &["Storm closes port", "Who pays for the pier", "Sports"],
        );
    }

    #[test]
    fn what_may_end_an_article_stays() {
        for tail in [
            "Northport 2, Southport 1\nEastport 0, Westport 0",
            "- First boat on Friday\n- Second boat on Sunday",
            "1. Fill the pan\n2. Wait a while",
            "Name | Time",
            "Skarra: Porter; Wei, Said, Hafner, Marin, Quai\nReferee: Ann Porter",
            "“We shall all sail again”",
            "2 eggs\n3 spoons of flour",
            "Who pays\nThe council does.",
            "",
        ] {
            check("", tail, &[]);
        }
        let text = format!("{PROSE}\nFerry sails again");
        assert!(cuts(&text, &Layout::of(&text), &Findings::default()).is_empty(), "too short to have an end");
    }

    #[test]
    fn a_list_of_stories_with_their_times_goes_however_long() {
        let text = format!(
            "{PROSE}\n{PROSE}\n{PROSE}\nStorm closes port\n2 hours ago\nNew pier\n3 hours ago\nOld pier\n1 day ago"
        );
        let layout = Layout::of(&text);
        let stamp = |at: usize| cutting::structural(layout.lines[at].span, "timestamp.ago");
        let certainty = |stamps: &[usize]| {
            let findings =
                Findings { cuts: stamps.iter().map(|&at| stamp(at)).collect(), ..Findings::default() };
            cuts(&text, &layout, &findings).first().map(|cut| cut.certainty)
        };
        assert_eq!(certainty(&[4, 6, 8]), Some(Certainty::Sure));
        assert_eq!(certainty(&[4, 6]), Some(Certainty::Usual));
    }

    #[test]
    fn lists_that_are_announced_stay() {
        let announced =
            "The boats that will sail again on Friday, in the order in which they leave the old pier, are:";
        let text = format!("{PROSE}\n{PROSE}\n{PROSE}\n{announced}\nSkarra\nMarigold");
        let found = cuts(&text, &Layout::of(&text), &Findings::default());
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn section_names_before_the_headline_go() {
        check("News\nNorth\nFerry sails again after long repairs\n", "", &["News", "North"]);
        check("Ferry sails\nNorth\n", "", &[]);
        check("News\nFerry sails again after long repairs\n", "", &[]);
    }
}
