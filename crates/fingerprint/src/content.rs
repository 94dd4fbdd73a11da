//! Keys that survive rewriting: pairs of nearby content words.
//!
//! A rewriter changes verbs and word order, but names, numbers and nouns stay near each other. The
//! keys are unordered pairs of different content words, neighbours once the stop words are gone;
//! compare skip-bigrams (Lin and Och 2004) and SpotSigs (Theobald, Siddharth, Paepcke 2008). Words are
//! taken as they stand: stems find no more true pairs, and more false ones.

use unecho_text::{Words, is_stop_hash};

use crate::mix::mix;

/// Name and version. Depends on [`unecho_text::WORDS_SCHEME`] and [`unecho_text::STOP_WORDS_SCHEME`].
pub const CONTENT_PAIRS_SCHEME: &str = "content-pairs-v2";

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

/// The content words of a text, in text order, as 32-bit hashes: they only need to be told from the
/// words around them.
#[must_use]
pub fn content_words(words: &Words) -> Vec<u32> {
    // Written in any case, counted only if it is content: whether it is cannot be predicted.
    let mut content = vec![0; words.len()];
    let mut len = 0;
    for &hash in &words.hashes {
        content[len] = (hash >> 32) as u32;
        len += usize::from(!is_stop_hash(hash));
    }
    content.truncate(len);
    content
}

/// The keys of a text from its content words: unordered pairs of different words within `reach`.
#[must_use]
pub fn content_pairs(content: &[u32], reach: PairReach) -> Vec<u64> {
    let reach = reach.0 as usize;
    let mut keys = Vec::with_capacity(content.len() * reach);
    for (at, &one) in content.iter().enumerate() {
        let partners = content[at + 1..].iter().take(reach).filter(|&&other| other != one);
        keys.extend(partners.map(|&other| pair_key(one, other)));
    }
    keys
}

/// One key for both orders.
fn pair_key(one: u32, other: u32) -> u64 {
    mix((u64::from(one.min(other)) << 32 | u64::from(one.max(other))) ^ PAIR_SEED)
}

#[cfg(test)]
mod tests {
    use unecho_text::words;

    use super::*;

    fn content(text: &str) -> Vec<u32> {
        content_words(&words(text))
    }

    fn check(text: &str, expect: &[&str]) {
        let expect: Vec<u32> = expect.iter().map(|word| (words(word).hashes[0] >> 32) as u32).collect();
        assert_eq!(content(text), expect, "{text:?}");
    }

    #[test]
    fn stop_words_go() {
        check("The ministers were meeting in Paris.", &["ministers", "meeting", "paris"]);
        check("и это не так", &[]);
        check("", &[]);
    }

    #[test]
    fn words_of_scripts_without_spaces_are_words() {
        assert_eq!(content("東京で会談").len(), words("東京で会談").len());
        let (one, other) = (content("東京で会談"), content("昨日、東京で会談した"));
        assert!(one.iter().filter(|word| other.contains(word)).count() >= 2);
    }

    #[test]
    fn pairs_are_unordered_and_within_reach() {
        let pairs = |text, reach| content_pairs(&content(text), PairReach::of(reach));
        assert_eq!(pairs("ministers Paris", 1), pairs("Paris, the ministers", 1));
        assert_eq!(pairs("minister Paris Berlin London", 1).len(), 3);
        assert_eq!(pairs("minister Paris Berlin London", 2).len(), 5);
        assert!(pairs("Paris Paris", 1).is_empty());
        assert!(pairs("Paris", 8).is_empty());
    }

    #[test]
    fn golden() {
        assert_eq!(content_pairs(&content("minister Paris"), PairReach::NEXT), [0x6331_c26b_d5df_f197]);
    }
}
