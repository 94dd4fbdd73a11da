//! Planted copies: what is done to a document, and how much of it is left.

use super::resemblance::Resemblance;
use super::roles::{Original, Role, role_of};
use super::source::Texts;
use super::vocabulary::{Draws, pieces};

/// A copy that was planted.
#[derive(Debug)]
pub(crate) struct Planted {
    /// Number of the document that it is a copy of.
    pub(crate) of: u64,
    pub(crate) label: &'static str,
    pub(crate) resemblance: Resemblance,
}

/// Lines that sites put around an article.
const BOILERPLATE: [&str; 8] = [
    "Sign up for our newsletter and get the day's top stories in your inbox.",
    "Share this article with your friends",
    "Follow us on social media for the latest updates.",
    "All rights reserved. This material may not be published or redistributed without permission.",
    "Click here to read more stories like this one",
    "Advertisement",
    "Support our newsroom: subscribe today and read without limits.",
    "Read also: the most popular stories of this week",
];

/// The text of the document with this number, and what it is a copy of.
pub(crate) fn document(number: u64, seed: u64, texts: &Texts) -> (String, Vec<Planted>) {
    let mut draws = Draws::new(&[seed, number, 4]);
    let (text, label, original) = match role_of(number, seed) {
        Role::New(new) => return (texts.new_text(new, seed), Vec::new()),
        Role::Exact(original) => (texts.new_text(original.new, seed), "exact", original),
        Role::Near(original) => {
            (near(&texts.new_text(original.new, seed), texts, &mut draws), "near", original)
        }
        Role::Contained(original, around) => {
            let (half, around) = (texts.new_text(original.new, seed), texts.new_text(around, seed));
            (within(&half, &around, &mut draws), "contained", original)
        }
        Role::Rewrite(original) => {
            (rewritten(&texts.new_text(original.new, seed), texts, &mut draws), "rewrite", original)
        }
    };
    let Original { document: of, new } = original;
    let resemblance = Resemblance::of(&texts.new_text(new, seed), &text);
    (text, vec![Planted { of, label, resemblance }])
}

/// 2 to 10 % of the words replaced, left out or doubled by another, and lines put before or after.
fn near(text: &str, texts: &Texts, draws: &mut Draws) -> String {
    let edited_permille = 20 + draws.below(81);
    let mut copy = String::with_capacity(text.len() + 256);
    if draws.happens(300) {
        push_boilerplate(&mut copy, draws);
    }
    push_edited(text, edited_permille, texts, draws, &mut copy);
    copy.push('\n');
    for _ in 0..=draws.below(2) {
        push_boilerplate(&mut copy, draws);
    }
    copy
}

fn push_boilerplate(copy: &mut String, draws: &mut Draws) {
    copy.push_str(BOILERPLATE[draws.below(BOILERPLATE.len() as u64) as usize]);
    copy.push('\n');
}

fn push_edited(text: &str, edited_permille: u64, texts: &Texts, draws: &mut Draws, copy: &mut String) {
    for piece in pieces(text) {
        if !piece.is_word || !draws.happens(edited_permille) {
            copy.push_str(piece.text);
            continue;
        }
        match draws.below(4) {
            0 => {}
            1 => {
                copy.push_str(piece.text);
                copy.push(' ');
                copy.push_str(&texts.vocabulary().instead_of(piece.text, draws).to_lowercase());
            }
            _ => copy.push_str(&texts.vocabulary().instead_of(piece.text, draws)),
        }
    }
}

/// Half of `text`, in one piece, between the quarters of `around`.
fn within(text: &str, around: &str, draws: &mut Draws) -> String {
    let start = draws.below(text.len() as u64 / 2) as usize;
    let half = &text[word_start(text, start)..word_start(text, start + text.len() / 2)];
    let quarter = word_start(around, around.len() / 4);
    let end = word_start(around, around.len() / 2);
    format!("{}\n{}\n{}", around[..quarter].trim(), half.trim(), around[quarter..end].trim())
}

/// The first place at or after `at` where a word begins.
fn word_start(text: &str, at: usize) -> usize {
    pieces(text).find(|piece| piece.is_word && piece.start >= at).map_or(text.len(), |piece| piece.start)
}

/// Every fourth sentence left out, every second pair of neighbours swapped, a fifth of the words replaced.
fn rewritten(text: &str, texts: &Texts, draws: &mut Draws) -> String {
    const REPLACED_PERMILLE: u64 = 200;
    let mut sentences: Vec<&str> = text
        .split_inclusive(['.', '!', '?', '\n'])
        .map(str::trim)
        .filter(|sentence| !sentence.is_empty())
        .collect();
    sentences.retain(|_| !draws.happens(250));
    for pair in sentences.chunks_exact_mut(2) {
        if draws.happens(500) {
            pair.swap(0, 1);
        }
    }
    let mut copy = String::with_capacity(text.len());
    for sentence in sentences {
        push_edited(sentence, REPLACED_PERMILLE, texts, draws, &mut copy);
        copy.push(' ');
    }
    copy
}

#[cfg(test)]
mod tests {
    use super::super::source::tests::made_up;
    use super::*;

    #[test]
    fn copies_are_what_they_are_called() {
        let texts = made_up(200, 400);
        let planted: Vec<Planted> = (0..1000).flat_map(|number| document(number, 3, &texts).1).collect();
        assert_eq!(planted.len(), 270);
        for copy in planted {
            let Resemblance { jaccard, containment } = copy.resemblance;
            let fits = match copy.label {
                "exact" => jaccard == 1.0,
                "near" => (0.3..0.95).contains(&jaccard) && containment > 0.45,
                "contained" => jaccard < 0.5 && (0.4..0.6).contains(&containment),
                _ => jaccard < 0.3 && containment > 0.1,
            };
            assert!(fits, "{copy:?}");
        }
    }

    #[test]
    fn a_corpus_is_the_same_every_time() {
        let texts = made_up(20, 300);
        for number in 0..100 {
            assert_eq!(document(number, 1, &texts).0, document(number, 1, &texts).0);
        }
        assert_ne!(document(3, 1, &texts).0, document(3, 2, &texts).0);
    }
}
