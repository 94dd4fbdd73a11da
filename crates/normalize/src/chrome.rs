//! Whole pages taken as text: the menus before and the link lists after the narration.
//!
//! The narration is the run of lines with the greatest sum when prose counts for and short lines
//! against (the maximum subsequence segmentation of Pasternack and Roth, 2009). What lies outside goes
//! only when it is evidently page furniture: many short lines, several of them known prompts or
//! entries of menus. Prose outside stays.

use std::ops::Range;

use unecho_model::Span;

use crate::cutting::{self, Findings, Match};
use crate::layout::Layout;
use crate::lines::{Ending, Line};
use crate::rules::Certainty;

/// Name of the structural rule.
pub(crate) const PAGE_CHROME: &str = "nav.page-chrome";

/// What a short line counts against the narration, in words.
const SHORT_LINE_PENALTY: i64 = 6;
/// Longest short line, in words.
const SHORT_WORDS_MAX: u32 = 8;
/// Lines of so many words are never furniture.
const LINE_WORDS_MAX: u32 = 25;
/// Shorter sentences right before and after the narration belong to it from so many words on.
const SENTENCE_WORDS_MIN: u32 = 3;
/// Fewest words of a narration.
const NARRATION_WORDS_MIN: i64 = 40;
/// Fewest short lines, and fewest known prompts and menu entries, of a head or tail that is furniture.
const SHORT_LINES_MIN: usize = 12;
const SIGNS_MIN: usize = 3;
/// Lines right before the narration that may be headline and standfirst, and their fewest words. Farther
/// up only whole sentences, or lines as long as one, may be a standfirst.
const HEADLINE_LINES: usize = 6;
const HEADLINE_WORDS_MIN: u32 = 4;
const STANDFIRST_LINES: usize = 14;
const STANDFIRST_WORDS_MIN: u32 = 8;
const STANDFIRST_OPEN_WORDS_MIN: u32 = 12;

/// The cuts of furniture around the narration; `findings` are those of the rules.
pub(crate) fn cuts(layout: &Layout, findings: &Findings) -> Vec<Match> {
    let Some(narration) = narration(layout) else { return Vec::new() };
    let mut furniture = vec![false; layout.lines.len()];
    let regions = [(0..narration.start, Side::Before), (narration.end..layout.lines.len(), Side::After)];
    for (region, side) in regions {
        if is_furniture(layout, findings, &region) {
            mark(layout, &region, side, &mut furniture);
        }
    }
    let taken = |line: &Line| {
        let overlaps = |span: &Span| span.overlaps(line.span);
        findings.corrections.iter().any(overlaps) || overlapping(&findings.cuts, line.span)
    };
    for (line, furniture) in layout.lines.iter().zip(&mut furniture).filter(|(_, furniture)| **furniture) {
        *furniture = !taken(line);
    }
    runs(layout, &furniture)
}

/// The lines of the narration.
fn narration(layout: &Layout) -> Option<Range<usize>> {
    let (mut best, mut sum, mut start) = (0, 0, 0);
    let mut narration = 0..0;
    for (at, line) in layout.lines.iter().enumerate() {
        sum += if layout.prose[at] {
            i64::from(line.words)
        } else if is_short(*line) {
            -SHORT_LINE_PENALTY
        } else {
            -1
        };
        if sum <= 0 {
            (sum, start) = (0, at + 1);
        } else if sum > best {
            best = sum;
            narration = start..at + 1;
        }
    }
    let is_sentence = |line: &&Line| line.ending == Ending::Sentence && line.words >= SENTENCE_WORDS_MIN;
    let before = layout.lines[..narration.start].iter().rev().take_while(is_sentence).count();
    let after = layout.lines[narration.end..].iter().take_while(is_sentence).count();
    (best >= NARRATION_WORDS_MIN).then_some(narration.start - before..narration.end + after)
}

fn is_short(line: Line) -> bool {
    line.words <= SHORT_WORDS_MAX && line.ending != Ending::Sentence
}

/// Whether a region before or after the narration is page furniture.
fn is_furniture(layout: &Layout, findings: &Findings, region: &Range<usize>) -> bool {
    let lines = &layout.lines[region.clone()];
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return false };
    let span = Span::of(first.span.start(), last.span.end());
    lines.iter().filter(|line| is_short(**line)).count() >= SHORT_LINES_MIN
        && findings.signs.iter().filter(|sign| sign.overlaps(span)).count() >= SIGNS_MIN
}

/// On which side of the narration a region lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// Marks the furniture of a region; before the narration, headline and standfirst stay.
fn mark(layout: &Layout, region: &Range<usize>, side: Side, furniture: &mut [bool]) {
    for at in region.clone() {
        let line = layout.lines[at];
        let distance = region.end - at;
        let may_be_headline = distance <= HEADLINE_LINES && line.words >= HEADLINE_WORDS_MIN;
        let standfirst_words_min = match line.ending {
            Ending::Sentence => STANDFIRST_WORDS_MIN,
            Ending::Colon | Ending::Open => STANDFIRST_OPEN_WORDS_MIN,
        };
        let may_be_standfirst = distance <= STANDFIRST_LINES && line.words >= standfirst_words_min;
        let stays = side == Side::Before && (may_be_headline || may_be_standfirst);
        furniture[at] = !layout.prose[at] && line.words < LINE_WORDS_MAX && !stays;
    }
}

fn overlapping(cuts: &[Match], span: Span) -> bool {
    let after = cuts.partition_point(|cut| cut.span.end() <= span.start());
    cuts.get(after).is_some_and(|cut| cut.span.overlaps(span))
}

/// One cut for each run of marked lines.
fn runs(layout: &Layout, furniture: &[bool]) -> Vec<Match> {
    let mut cuts: Vec<Match> = Vec::new();
    let mut previous = None;
    for (at, line) in layout.lines.iter().enumerate().filter(|&(at, _)| furniture[at]) {
        match cuts.last_mut().filter(|_| previous.is_some_and(|previous| previous + 1 == at)) {
            Some(run) => run.span = Span::of(run.span.start(), line.span.end()),
            None => {
                let mut run = cutting::structural(line.span, PAGE_CHROME);
                run.certainty = Certainty::Sure;
                cuts.push(run);
            }
        }
        previous = Some(at);
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str =
        "The harbour company said on Monday that the ferry would sail again before the end of the week.";

    fn check(head: &str, tail: &str, signs: &[&str], expect: &[&str]) {
        let text = format!("{head}\n{PROSE}\n{PROSE}\n{PROSE}\n{tail}");
        let place = |part: &str| text.find(part).map(|at| Span::of(at, at + part.len())).unwrap();
        let findings =
            Findings { signs: signs.iter().map(|sign| place(sign)).collect(), ..Findings::default() };
        let found = cuts(&Layout::of(&text), &findings);
        let found: Vec<&str> = found.iter().map(|cut| cut.span.slice(&text).unwrap()).collect();
        assert_eq!(found, expect);
    }

    fn numbered(word: &str) -> String {
        (0..14).map(|n| format!("{word} {n}")).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn menus_go_and_the_headline_stays() {
        let menu = numbered("Ports");
        let head = format!("{menu}\nFerry sails again after storm");
        check(&head, "The end", &["Ports 1", "Ports 2", "Ports 3"], &[menu.as_str()]);
    }

    #[test]
    fn a_standfirst_above_a_byline_stays() {
        let menu = numbered("Ports");
        let standfirst = "Minister says the company will go on sailing to the islands in spite of the storm";
        let byline = "Ann Porter\nHarbour desk\nSave\nShare\nMore\nPrint\nMail";
        let head = format!("{menu}\nFerry sails again after storm\n{standfirst}\n{byline}");
        let text = format!("{head}\n{PROSE}\n{PROSE}\n{PROSE}");
        let place = |part: &str| text.find(part).map(|at| Span::of(at, at + part.len())).unwrap();
        let findings =
            Findings { signs: ["Save", "Share", "Print"].map(place).to_vec(), ..Findings::default() };
        let found = cuts(&Layout::of(&text), &findings);
        assert!(found.iter().all(|cut| !cut.span.overlaps(place(standfirst))), "{found:?}");
        assert!(!found.is_empty());
    }

    #[test]
    fn lists_without_signs_stay() {
        check("Ferry sails again", &numbered("Boat"), &[], &[]);
        check(
            "Ferry sails again",
            &numbered("Boat"),
            &["Boat 1", "Boat 2", "Boat 3"],
            &[numbered("Boat").as_str()],
        );
        check("Ferry sails again", "Boat 1\nBoat 2\nBoat 3", &["Boat 1", "Boat 2", "Boat 3"], &[]);
    }
}
