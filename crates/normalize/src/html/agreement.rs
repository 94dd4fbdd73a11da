//! How far two renderings of one page agree.

use std::collections::HashMap;

use unecho_text::words;

/// Width of the compared word shingles.
pub(super) const WIDTH: usize = 4;

/// F1 of the 4-word shingles of both texts as multisets, 0 to 1; 1 when both are empty.
pub(super) fn agreement(a: &str, b: &str) -> f32 {
    let (a, b) = (shingles(a), shingles(b));
    let total: u32 = a.values().sum::<u32>() + b.values().sum::<u32>();
    if total == 0 {
        return 1.0;
    }
    let mut common = 0_u32;
    #[expect(clippy::iter_over_hash_type, reason = "a sum does not depend on the order")]
    for (shingle, &count) in &a {
        common += count.min(b.get(shingle).copied().unwrap_or(0));
    }
    #[expect(clippy::cast_precision_loss, reason = "a ratio of counts far below 2^24")]
    let ratio = 2.0 * common as f32 / total as f32;
    ratio
}

/// One key for a run of hashed words.
pub(super) fn key(words: &[u64]) -> u64 {
    words.iter().fold(0, |mixed, &hash| mixed.rotate_left(17).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ hash)
}

fn shingles(text: &str) -> HashMap<u64, u32> {
    let hashes = words(text).hashes;
    let mut counts = HashMap::with_capacity(hashes.len());
    let width = WIDTH.min(hashes.len().max(1));
    for window in hashes.windows(width) {
        *counts.entry(key(window)).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_is_one_disjoint_is_none() {
        assert_eq!(agreement("", ""), 1.0);
        assert_eq!(agreement("a b c d e", "A, b c d. e"), 1.0);
        assert_eq!(agreement("a b c d e", ""), 0.0);
        assert_eq!(agreement("a b c d", "e f g h"), 0.0);
        let half = agreement("a b c d x y z w", "a b c d");
        assert!((0.2..0.5).contains(&half), "{half}");
    }
}
