//! 64-bit keys of shingles, 3-grams and skip-pairs, and counting in sorted lists of them.
//!
//! Keys of skip-pairs and names may be persisted, by the name of [`STATISTICS_SCHEME`]; the others live in
//! memory only.

use unecho_model::Publisher;
use xxhash_rust::xxh3::xxh3_64;

/// Name and version of the keys that are counted over a corpus: unordered pairs of stems, names of
/// publishers. Depends on [`unecho_text::WORDS_SCHEME`] and the stemmer.
pub const STATISTICS_SCHEME: &str = "skip-pairs-v1";

/// Folds the 128-bit product of two mixed words, as wyhash does.
const fn mix(a: u64, b: u64) -> u64 {
    let product = (a ^ 0xa076_1d64_78bd_642f) as u128 * (b ^ 0xe703_7ed1_a0b4_28db) as u128;
    (product >> 64) as u64 ^ product as u64
}

/// The key of a sequence of word hashes.
pub(crate) fn sequence(words: &[u64]) -> u64 {
    words.iter().fold(words.len() as u64, |key, &word| mix(key, word))
}

/// The key of two stems in any order.
pub(crate) fn unordered_pair(a: u64, b: u64) -> u64 {
    mix(mix(0x5ea1, a.min(b)), a.max(b))
}

/// The key of a publisher's name.
pub(crate) fn publisher(publisher: &Publisher) -> u64 {
    mix(0x0419_1a11, xxh3_64(publisher.key().as_bytes()))
}

/// Sorted, each once.
pub(crate) fn distinct(mut keys: Vec<u64>) -> Vec<u64> {
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// How many keys both sorted, distinct lists have.
pub(crate) fn shared(a: &[u64], b: &[u64]) -> usize {
    let (mut i, mut j, mut count) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        count += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_matters_in_sequences_only() {
        assert_ne!(sequence(&[1, 2, 3]), sequence(&[3, 2, 1]));
        assert_ne!(sequence(&[1, 2]), sequence(&[1, 2, 0]));
        assert_eq!(unordered_pair(7, 9), unordered_pair(9, 7));
        assert_ne!(unordered_pair(7, 9), sequence(&[7, 9]));
    }

    #[test]
    fn keys_that_are_kept_are_what_they_were() {
        assert_eq!(
            [unordered_pair(1, 2), publisher(&Publisher::new("The Gazette"))],
            [9_747_741_032_244_690_670, 7_064_834_307_271_954_946]
        );
    }

    #[test]
    fn counts_what_is_shared() {
        assert_eq!(distinct(vec![3, 1, 3]), [1, 3]);
        assert_eq!(shared(&[1, 3, 5], &[2, 3, 5, 9]), 2);
        assert_eq!(shared(&[], &[1]), 0);
    }
}
