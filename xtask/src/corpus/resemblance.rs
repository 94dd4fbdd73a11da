//! The true resemblance of two texts by their word 5-shingles, with a tokenizer of its own: the truth
//! about a corpus must not come from the program that it measures.

use std::collections::HashSet;

use super::vocabulary::mixed;

/// Words of a shingle.
const WIDTH: usize = 5;

/// Shared shingles over all of both (Jaccard), and over those of the text with fewer.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Resemblance {
    pub(crate) jaccard: f64,
    pub(crate) containment: f64,
}

impl Resemblance {
    pub(crate) fn of(a: &str, b: &str) -> Self {
        let (a, b) = (shingles(a), shingles(b));
        let shared = a.intersection(&b).count();
        let share = |of: usize| if of == 0 { 0.0 } else { shared as f64 / of as f64 };
        Self { jaccard: share(a.len() + b.len() - shared), containment: share(a.len().min(b.len())) }
    }
}

/// The hashed shingles of lower-cased runs of letters and digits.
pub(crate) fn shingles(text: &str) -> HashSet<u64> {
    let words: Vec<u64> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().flat_map(char::to_lowercase).fold(0, |sum, c| mixed(sum ^ u64::from(c))))
        .collect();
    words.windows(WIDTH).map(|run| run.iter().fold(0, |sum, &word| mixed(sum ^ word))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_shared_shingles() {
        let found = Resemblance::of("a b c d e f g h i", "B, c d e f: g");
        assert_eq!(found, Resemblance { jaccard: 0.4, containment: 1.0 });
        assert_eq!(Resemblance::of("a b", "a b"), Resemblance::default());
    }
}
