//! Which documents tell one story: those that share a passage of two paragraphs, ends of texts aside.
//!
//! A line in three reprints of one story is no boilerplate, even where the reprints were cut short or
//! edited. Only documents whose lines may teach something are looked at. A sketch of each text's passages
//! bounds the memory (bottom-k sketch, Cohen and Kaplan 2007); the result does not depend on the order of
//! observing and merging, even at the bound: the largest keys go, and a key that went never comes back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use unecho_model::{Article, Document};

use crate::knowledge;
use crate::lines::{self, Line};

/// Passages of a text that are kept: those with the least keys.
const SKETCH_PASSAGES: usize = 8;
/// Passages of all documents, at most; about 48 bytes each.
const PASSAGES_MAX: usize = 2_000_000;
/// Lines of prose at the end of a text that tell nothing of its story, where there are enough: what a
/// publisher says of itself stands there.
const TAIL_PROSE_LINES: usize = 2;
/// Fewest lines of prose of a passage and a tail.
const PROSE_LINES_MIN: usize = 4;

/// Passages, and the story that has each. Bounded in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reuse {
    /// The key of a passage to the least story of the documents that have it.
    passages: BTreeMap<u64, u64>,
}

impl Reuse {
    /// Takes in the passages of `document`.
    pub fn observe(&mut self, document: &Document) {
        if !knowledge::may_teach(&document.article) {
            return;
        }
        let passages = passages(&document.article.text);
        let own = own_story(&document.article.text, &passages);
        for passage in passages {
            self.add(passage, own);
        }
    }

    /// Takes in what another part of the documents has.
    pub fn merge(&mut self, other: Self) {
        for (passage, story) in other.passages {
            self.add(passage, story);
        }
    }

    /// The story of an article: the same for those that share a passage.
    pub(crate) fn story_of(&self, article: &Article) -> u64 {
        let passages = passages(&article.text);
        let known = passages.iter().filter_map(|passage| self.passages.get(passage).copied()).min();
        known.unwrap_or_else(|| own_story(&article.text, &passages))
    }

    fn add(&mut self, passage: u64, story: u64) {
        if let Some(known) = knowledge::slot(&mut self.passages, passage, PASSAGES_MAX, story) {
            *known = story.min(*known);
        }
    }
}

/// The story as the text alone tells it: its least passage, or least line of prose, or least line.
fn own_story(text: &str, passages: &[u64]) -> u64 {
    let lines = || lines::lines_of(text).into_iter();
    let hash = |line: Line| knowledge::prose_hash(line.text(text));
    let prose = || lines().filter(|line| line.is_prose(text)).map(hash).min();
    let least = passages.first().copied();
    least.or_else(prose).or_else(|| lines().map(hash).min()).unwrap_or_default()
}

/// The least keys of the text's passages, ascending: pairs of lines of prose that follow each other.
fn passages(text: &str) -> Vec<u64> {
    let lines = lines::lines_of(text).into_iter().filter(|line| line.is_prose(text));
    let mut prose: Vec<u64> = lines.map(|line| knowledge::prose_hash(line.text(text))).collect();
    if prose.len() >= PROSE_LINES_MIN {
        prose.truncate(prose.len() - TAIL_PROSE_LINES);
    }
    let mut passages: Vec<u64> = prose.windows(2).map(|pair| knowledge::mix(pair, 2)).collect();
    passages.sort_unstable();
    passages.dedup();
    passages.truncate(SKETCH_PASSAGES);
    passages
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unecho_model::Origin;

    fn paragraph(n: usize) -> String {
        format!(
            "The harbour master said on day {n} of the strike that no ferry would leave before the evening."
        )
    }

    fn document(paragraphs: &[usize]) -> Document {
        let lines: Vec<String> = paragraphs.iter().map(|&n| paragraph(n)).collect();
        let article = Article {
            text: format!("{}\nGazette harbour desk", lines.join("\n")),
            url: Some("https://gazette.example/1".to_owned()),
            ..Article::default()
        };
        let origin = Origin { path: "x".to_owned(), line: None };
        Document { id: "x".parse().unwrap(), origin, article, metadata: serde_json::Map::new() }
    }

    fn reuse(documents: &[Document]) -> Reuse {
        let mut reuse = Reuse::default();
        documents.iter().for_each(|document| reuse.observe(document));
        reuse
    }

    fn check(one: &[usize], other: &[usize], same: bool) {
        let (one, other) = (document(one), document(other));
        let reuse = reuse(&[one.clone(), other.clone()]);
        assert_eq!(reuse.story_of(&one.article) == reuse.story_of(&other.article), same);
    }

    #[test]
    fn reprints_cut_short_are_one_story() {
        check(&[1, 2, 3, 4, 5, 6, 7], &[1, 2, 3, 4, 5, 6, 7], true);
        check(&[1, 2, 3, 4, 5, 6, 7], &[1, 2, 3, 4, 5], true);
        check(&[1, 2, 3, 4, 5, 6, 7], &[9, 2, 3, 4, 8, 10, 11], true);
        check(&[1, 2, 3, 4, 5, 6, 7], &[11, 12, 13, 14], false);
    }

    #[test]
    fn what_a_publisher_says_at_each_end_is_no_story() {
        check(&[1, 2, 3, 4, 90, 91], &[5, 6, 7, 8, 90, 91], false);
        check(&[90, 1, 2, 3, 4, 5], &[90, 6, 7, 8, 9, 10], false);
    }

    proptest! {
        #[test]
        fn order_and_partition_do_not_matter(
            texts in prop::collection::vec(prop::collection::vec(0_usize..9, 1..9), 0..8), split in 0_usize..8,
        ) {
            let documents: Vec<Document> = texts.iter().map(|paragraphs| document(paragraphs)).collect();
            let whole = reuse(&documents);
            let (left, right) = documents.split_at(split.min(documents.len()));
            let mut merged = reuse(right);
            merged.merge(reuse(left));
            prop_assert_eq!(merged, whole);
        }
    }
}
