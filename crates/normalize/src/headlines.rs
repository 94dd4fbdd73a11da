//! Headlines of other stories that stand together between two paragraphs, as sites set links to them.
//!
//! Form alone does not tell a bare line from a sub-heading, and a run of bare lines may be a list of the
//! article. So a run goes only when it reads as headlines do: long lines, most of them with a kicker, a
//! dash, words in quotation marks or a question; and when nothing announces it. All others are flagged
//! (see `layout`) and go when other documents prove them.

use std::ops::RangeInclusive;

use crate::cutting::{self, Findings, Match};
use crate::ends;
use crate::layout::Layout;
use crate::lines::{self, Ending};

/// Name of the structural rule.
pub(crate) const HEADLINE_RUN: &str = "related.headline-run";

/// Lines of a run.
const RUN_LINES: RangeInclusive<usize> = 2..=6;
/// Words of each line.
const LINE_WORDS: RangeInclusive<u32> = 4..=22;
/// Least mean of the words of a run's lines.
const MEAN_WORDS_MIN: u32 = 6;
/// Longest kicker, in words.
const KICKER_WORDS_MAX: u32 = 5;
/// Fewest words of a headline after its kicker.
const KICKED_WORDS_MIN: u32 = 3;

/// The cuts of runs of headlines; `findings` are those before, cuts ascending.
pub(crate) fn cuts(text: &str, layout: &Layout, findings: &Findings) -> Vec<Match> {
    let gone = ends::gone(layout, findings);
    let left: Vec<usize> = (0..layout.lines.len()).filter(|&at| !gone[at]).collect();
    let is_bare = |at: usize| {
        let line = layout.lines[left[at]];
        !layout.prose[left[at]]
            && LINE_WORDS.contains(&line.words)
            && line.is_headline_like(text)
            && !findings.touch(line.span)
    };
    let mut found = Vec::new();
    let mut at = 1;
    while at < left.len() {
        if !is_bare(at) {
            at += 1;
            continue;
        }
        let end = (at..left.len()).find(|&next| !is_bare(next)).unwrap_or(left.len());
        let before = left[at - 1];
        let is_between = layout.prose[before]
            && layout.lines[before].ending == Ending::Sentence
            && left.get(end).is_some_and(|&after| layout.prose[after]);
        let run = &left[at..end];
        if is_between && RUN_LINES.contains(&run.len()) && are_headlines(text, layout, run) {
            found.extend(run.iter().map(|&at| cutting::structural(layout.lines[at].span, HEADLINE_RUN)));
        }
        at = end;
    }
    found
}

/// Whether the lines of a run read as headlines do.
fn are_headlines(text: &str, layout: &Layout, run: &[usize]) -> bool {
    let lines = || run.iter().map(|&at| layout.lines[at]);
    let words: u32 = lines().map(|line| line.words).sum();
    let marked = lines().filter(|line| is_marked(line.text(text))).count();
    let is_listed =
        lines().any(|line| line.text(text).starts_with(|c: char| c.is_numeric() || c.is_lowercase()));
    words >= MEAN_WORDS_MIN * u32::try_from(run.len()).unwrap_or(u32::MAX)
        && marked * 2 >= run.len()
        && !is_listed
}

/// Whether a line has what headlines have and items of lists seldom: a kicker, a dash between words,
/// words in quotation marks, a question.
fn is_marked(line: &str) -> bool {
    let kicker = line.split_once(": ").or_else(|| line.split_once(" :"));
    let has_kicker = kicker.is_some_and(|(kicker, headline)| {
        lines::count_words(kicker) <= KICKER_WORDS_MAX
            && lines::count_words(headline) >= KICKED_WORDS_MIN
            && headline.trim_start().starts_with(|c: char| !c.is_lowercase() && !c.is_numeric())
    });
    has_kicker
        || [" – ", " — ", " - "].iter().any(|dash| line.contains(dash))
        || line.contains(['„', '“', '”', '«', '»', '‘'])
        || line.ends_with('?')
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str =
        "The harbour company said on Monday that the ferry would sail again before the end of the week.";

    fn check(before: &str, run: &[&str], expect: usize) {
        let text = format!("{PROSE}\n{before}\n{}\n{PROSE}", run.join("\n"));
        let layout = Layout::of(&text);
        assert_eq!(cuts(&text, &layout, &Findings::default()).len(), expect, "{run:?}");
    }

    #[test]
    fn runs_of_headlines_between_paragraphs_go() {
        check(
            PROSE,
            &["Storm: Two northern ports closed", "Why the old pier had to go – and who pays for it"],
            2,
        );
        check(
            PROSE,
            &[
                "“Nobody asked us”: Traders speak of the pier",
                "Who pays for the broken pier?",
                "New captain for the first crossing of the year",
            ],
            3,
        );
    }

    #[test]
    fn what_may_be_the_article_stays() {
        check(PROSE, &["Storm: Two northern ports closed"], 0);
        check(PROSE, &["The old pier", "Storm: Two northern ports closed"], 0);
        check(
            PROSE,
            &["A boat for the northern islands and back", "A boat for the southern docks and back"],
            0,
        );
        check(
            "These boats sail on Friday:",
            &["Storm: Two northern ports closed", "Fog: All northern ports closed"],
            0,
        );
        check(PROSE, &["1997: The first boat leaves the pier", "2007: The last boat leaves the pier"], 0);
        check(PROSE, &["Length: 40 metres at the water line", "Built: 1998 in the yard at Northport"], 0);
    }
}
