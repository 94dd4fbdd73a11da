//! Keys that survive rewriting: pairs of the stems of nearby content words.
//!
//! A rewriter swaps verbs and word order, but names, numbers and nouns stay near each other. The
//! keys are unordered pairs of different content stems at most a few content words apart, compare
//! skip-bigrams (Lin and Och 2004) and SpotSigs (Theobald, Siddharth, Paepcke 2008).

use unecho_text::{Words, fold, is_stop_hash, stem};
use xxhash_rust::xxh3::xxh3_64;

use crate::mix::mix;

/// Name and version. Depends on the schemes of words, stems and stop words of [`unecho_text`].
pub const CONTENT_PAIRS_SCHEME: &str = "content-pairs-v1";

/// Keeps content pairs apart from all other keys.
const PAIR_SEED: u64 = 0x7061_6972_5f76_3031;

/// How many content words on the later word of a pair may stand: 1 is the next one. 1 to 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PairReach(u32);

impl PairReach {
    /// Neighbours only: "content-word bigrams".
    pub const NEXT: Self = Self(1);

    /// At most this many content words on; taken into the range 1 to 8.
    #[must_use]
    pub fn of(content_words: u32) -> Self {
        Self(content_words.clamp(1, 8))
    }
}

/// Turns words into hashes of content stems, and remembers what it stemmed: the few thousand words
/// that make up most of every text are folded and stemmed once.
#[derive(Debug, Clone)]
pub struct ContentStemmer {
    memo: Box<[Remembered]>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Remembered {
    word: u64,
    stem: u64,
}

/// In place of the hash of a stem: the word is a stop word.
const NO_CONTENT: u64 = 0;

impl Default for ContentStemmer {
    fn default() -> Self {
        Self { memo: vec![Remembered::default(); Self::SLOTS].into_boxed_slice() }
    }
}

impl ContentStemmer {
    const SLOTS: usize = 1 << 14;

    /// The hashes of the stems of the content words of `words`, in text order. `words` must come from
    /// `text`.
    ///
    /// # Panics
    /// When a span of `words` does not fit `text`.
    #[must_use]
    pub fn stems(&mut self, text: &str, words: &Words) -> Vec<u64> {
        let mut stems = Vec::with_capacity(words.len() / 2);
        for (&hash, span) in words.hashes.iter().zip(&words.spans) {
            let slot = &mut self.memo[hash as usize % Self::SLOTS];
            if slot.word != hash {
                let word = span.slice(text).expect("the words come from this text");
                *slot = Remembered { word: hash, stem: content_stem(word, hash) };
            }
            if slot.stem != NO_CONTENT {
                stems.push(slot.stem);
            }
        }
        stems
    }
}

/// xxh3-64 of the stem of a word, or [`NO_CONTENT`].
fn content_stem(word: &str, hash: u64) -> u64 {
    if is_stop_hash(hash) { NO_CONTENT } else { xxh3_64(stem(&fold(word)).as_bytes()) }
}

/// The keys of a text from its content stems: unordered pairs of different stems within `reach`.
#[must_use]
pub fn content_pairs(stems: &[u64], reach: PairReach) -> Vec<u64> {
    let reach = reach.0 as usize;
    let mut keys = Vec::with_capacity(stems.len() * reach);
    for (at, &one) in stems.iter().enumerate() {
        let partners = stems[at + 1..].iter().take(reach).filter(|&&other| other != one);
        keys.extend(partners.map(|&other| pair_key(one, other)));
    }
    keys
}

/// One key for both orders.
fn pair_key(one: u64, other: u64) -> u64 {
    let (low, high) = if one < other { (one, other) } else { (other, one) };
    mix(mix(low ^ PAIR_SEED).wrapping_add(high))
}

#[cfg(test)]
mod tests {
    use unecho_text::words;

    use super::*;

    fn stems(text: &str) -> Vec<u64> {
        ContentStemmer::default().stems(text, &words(text))
    }

    fn check(text: &str, content: &[&str]) {
        let expect: Vec<u64> = content.iter().map(|word| xxh3_64(word.as_bytes())).collect();
        assert_eq!(stems(text), expect, "{text:?}");
    }

    #[test]
    fn stop_words_go_and_endings_go() {
        check("The ministers were meeting in Paris.", &["minister", "meet", "paris"]);
        check("и это не так", &[]);
        check("", &[]);
    }

    #[test]
    fn remembered_words_give_the_same_stems() {
        let mut stemmer = ContentStemmer::default();
        let text = "Reported reports, reported again.";
        let found = words(text);
        assert_eq!(stemmer.stems(text, &found), stemmer.stems(text, &found));
    }

    #[test]
    fn pairs_are_unordered_and_within_reach() {
        let pairs = |text, reach| content_pairs(&stems(text), PairReach::of(reach));
        assert_eq!(pairs("minister Paris", 1), pairs("Paris, the ministers", 1));
        assert_eq!(pairs("minister Paris Berlin London", 1).len(), 3);
        assert_eq!(pairs("minister Paris Berlin London", 2).len(), 5);
        assert!(pairs("Paris Paris", 1).is_empty());
        assert!(pairs("Paris", 8).is_empty());
    }

    #[test]
    fn golden() {
        assert_eq!(content_pairs(&stems("minister Paris"), PairReach::NEXT), [0x52a8_9c20_6f39_3f80]);
    }
}
