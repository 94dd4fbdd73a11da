//! Bare lines between paragraphs that their neighbours explain: the caption above the credit of a picture, the
//! name below a quotation set apart, labels whose values did not survive the extraction.
//!
//! Form alone does not tell a bare line from a sub-heading; each of these goes only for what stands beside it.

use crate::cutting::{self, Findings, Match};
use crate::ends;
use crate::layout::Layout;
use crate::lines::{self, Ending};

/// Name of the structural rule for the line above the credit of a picture.
pub(crate) const ABOVE_CREDIT: &str = "caption.above-credit";
/// Name of the structural rule for who said what is set apart above.
pub(crate) const QUOTED_NAME: &str = "caption.quoted-name";
/// Name of the structural rule for labels without values.
pub(crate) const EMPTY_LABELS: &str = "aside.empty-labels";

/// Rules that cut lines which are nothing but the credit of a picture, and the longest such line, in words.
const CREDIT_RULES: [&str; 5] =
    ["caption.label", "caption.agency", "caption.local", "credit.glued", "credit.image-source"];
const CREDIT_WORDS_MAX: u32 = 10;
/// Words of a caption; a shorter line above a picture may be a sub-heading.
const CAPTION_WORDS: std::ops::RangeInclusive<u32> = 7..=40;
/// Words of a name and what its bearer is.
const NAME_WORDS: std::ops::RangeInclusive<u32> = 3..=12;
/// Words of a name itself.
const NAME_PARTS: std::ops::RangeInclusive<usize> = 2..=3;
/// Fewest labels in a row, and the longest, in words.
const LABELS_MIN: usize = 3;
const LABEL_WORDS_MAX: u32 = 10;

/// The cuts between paragraphs; `findings` are those before, cuts ascending.
pub(crate) fn cuts(text: &str, layout: &Layout, findings: &Findings) -> Vec<Match> {
    let gone = ends::gone(layout, findings);
    let asides = Asides { text, layout, findings, gone };
    let mut found: Vec<(usize, &str)> = asides.above_credits().map(|at| (at, ABOVE_CREDIT)).collect();
    found.extend(asides.quoted_names().map(|at| (at, QUOTED_NAME)));
    found.extend(asides.empty_labels().into_iter().map(|at| (at, EMPTY_LABELS)));
    found.sort_unstable();
    found.dedup_by_key(|(at, _)| *at);
    found
        .into_iter()
        .map(|(at, rule)| (layout.lines[at].span, rule))
        .filter(|(span, _)| !findings.touch(*span))
        .map(|(span, rule)| cutting::structural(span, rule))
        .collect()
}

struct Asides<'t> {
    text: &'t str,
    layout: &'t Layout,
    findings: &'t Findings,
    /// Lines that are cut as a whole.
    gone: Vec<bool>,
}

impl Asides<'_> {
    /// Bare lines between a paragraph and the credit of a picture.
    fn above_credits(&self) -> impl Iterator<Item = usize> {
        let lines = &self.layout.lines;
        let credits = self.findings.cuts.iter().filter(|cut| CREDIT_RULES.contains(&cut.rule.as_str()));
        let credited = credits.filter_map(|cut| {
            let at = lines.binary_search_by_key(&cut.span.start(), |line| line.span.start()).ok()?;
            (lines[at].words <= CREDIT_WORDS_MAX).then_some(at)
        });
        credited.filter_map(|at| at.checked_sub(1)).filter(|&at| {
            lines[at].ending == Ending::Open
                && CAPTION_WORDS.contains(&lines[at].words)
                && lines::bullet_bytes(lines[at].text(self.text)) == 0
                && self.layout.prose[..at].last() == Some(&true)
        })
    }

    /// Names with what their bearers are, below a sentence, of people whom a paragraph names.
    fn quoted_names(&self) -> impl Iterator<Item = usize> {
        let lines = &self.layout.lines;
        let is_below_sentence =
            move |at: usize| at > 0 && !self.gone[at - 1] && lines[at - 1].ending == Ending::Sentence;
        (1..lines.len().saturating_sub(1)).filter(move |&at| {
            let line = lines[at];
            line.ending == Ending::Open
                && NAME_WORDS.contains(&line.words)
                && is_below_sentence(at)
                && leading_name(line.text(self.text)).is_some_and(|name| self.is_named(name))
        })
    }

    /// Whether a paragraph has `name`.
    fn is_named(&self, name: &str) -> bool {
        let mut paragraphs = self.layout.lines.iter().zip(&self.layout.prose).filter(|&(_, &prose)| prose);
        paragraphs.any(|(line, _)| line.text(self.text).contains(name))
    }

    /// Labels in a row, of which none but the last can announce anything.
    fn empty_labels(&self) -> Vec<usize> {
        let is_label = |at: &usize| {
            let line = self.layout.lines[*at];
            line.ending == Ending::Colon && line.words <= LABEL_WORDS_MAX && !self.gone[*at]
        };
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.gone.len() {
            let run = (at..self.gone.len()).take_while(is_label).count();
            if run >= LABELS_MIN {
                found.extend(at..at + run - 1);
            }
            at += run + 1;
        }
        found
    }
}

/// The name that `line` begins with, when a comma and more follow it: two or three capitalised words.
fn leading_name(line: &str) -> Option<&str> {
    let (name, more) = line.split_once(", ")?;
    let is_capitalised = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
    let words = name.split_whitespace().count();
    (NAME_PARTS.contains(&words) && name.split_whitespace().all(is_capitalised) && !more.is_empty())
        .then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str = "The harbour company said on Monday that the ferry of Ann Porter would sail again before the end of May.";

    fn check(between: &str, credit: Option<&str>, expect: &[&str]) {
        let text = format!("{PROSE}\n{between}\n{PROSE}");
        let layout = Layout::of(&text);
        let is_credit = |line: &&lines::Line| credit == Some(line.text(&text));
        let credits = layout.lines.iter().filter(is_credit);
        let cut: Vec<Match> = credits.map(|line| cutting::structural(line.span, "caption.label")).collect();
        let found = cuts(&text, &layout, &Findings { cuts: cut, ..Findings::default() });
        let found: Vec<&str> = found.iter().map(|cut| cut.span.slice(&text).unwrap()).collect();
        assert_eq!(found, expect, "{between:?}");
    }

    #[test]
    fn captions_above_credits_go() {
        let caption = "The old pier as it was before the storm came";
        let credit = "Photo: Harbour Pictures";
        check(&format!("{caption}\n{credit}"), Some(credit), &[caption]);
        check(&format!("The old pier\n{credit}"), Some(credit), &[]);
        check(&format!("{caption}\nMore words below"), None, &[]);
        check(&format!("A heading\n{caption}\n{credit}"), Some(credit), &[]);
    }

    #[test]
    fn names_below_quotations_go() {
        check(
            "We shall sail again.\nAnn Porter, captain of the ferry",
            None,
            &["Ann Porter, captain of the ferry"],
        );
        check("We shall sail again.\nLi Wei, captain of the ferry", None, &[]);
        check("Northern ports\nAnn Porter, captain of the ferry", None, &[]);
        check("We shall sail again.\nStrong winds, also in the north", None, &[]);
    }

    #[test]
    fn labels_without_values_go() {
        check(
            "Skarra, first boat:\nMarigold, second boat:\nOld pier, tickets:\nTen boats in all",
            None,
            &["Skarra, first boat:", "Marigold, second boat:"],
        );
        check("What you need:\nFor the hull:\nTen planks of wood", None, &[]);
    }
}
