//! The digest by which exact copies are told: equal for the same folded words in the same order.

use unecho_model::Digest;
use unecho_text::Words;

/// Name and version: blake3 over the words' hashes, 8 bytes each, little-endian. Depends on
/// [`unecho_text::WORDS_SCHEME`].
pub const EXACT_SCHEME: &str = "exact-v1-blake3";

/// How many words are laid out at once.
const BLOCK_WORDS: usize = 512;

/// The digest of a text's words. Case, punctuation and white space do not count; the digest of a
/// text without words is that of the empty string.
#[must_use]
pub fn exact_digest(words: &Words) -> Digest {
    let mut hasher = blake3::Hasher::new();
    let mut bytes = [0; 8 * BLOCK_WORDS];
    for block in words.hashes.chunks(BLOCK_WORDS) {
        for (slot, hash) in bytes.chunks_exact_mut(8).zip(block) {
            slot.copy_from_slice(&hash.to_le_bytes());
        }
        hasher.update(&bytes[..8 * block.len()]);
    }
    Digest::from(*hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use unecho_text::words;

    use super::*;

    fn digest(text: &str) -> Digest {
        exact_digest(&words(text))
    }

    #[test]
    fn case_punctuation_and_space_do_not_count() {
        assert_eq!(digest("The mayor’s car, stopped."), digest("the MAYOR'S\ncar stopped"));
    }

    #[test]
    fn words_and_their_order_count() {
        assert_ne!(digest("one two"), digest("two one"));
        assert_ne!(digest("one two"), digest("one two two"));
        assert_ne!(digest("one"), digest(""));
    }

    #[test]
    fn long_texts_are_one_stream() {
        let text = "word ".repeat(2 * BLOCK_WORDS + 1);
        let bytes: Vec<u8> = words(&text).hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
        assert_eq!(digest(&text), Digest::of(&bytes));
    }

    #[test]
    fn golden() {
        assert_eq!(digest(""), Digest::of(b""));
        assert_eq!(
            digest("unecho").to_string(),
            "1eff87a2f0f4ed13c83d58c5c560db806b08b0a8ce40f790f145a1f90bdbb278"
        );
    }
}
