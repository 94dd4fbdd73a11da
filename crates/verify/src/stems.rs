//! Hashes of stems by the hashes of words: a text uses few words often.

use std::cell::RefCell;

use unecho_text::{fold, is_stop_hash, stem};
use xxhash_rust::xxh3::xxh3_64;

/// Words whose stems a thread remembers; a power of two.
const REMEMBERED: usize = 1 << 15;

thread_local! {
    /// The hash of a word and of its stem, at a place that the word's hash names.
    static KNOWN: RefCell<Vec<(u64, u64)>> = RefCell::new(vec![(0, 0); REMEMBERED]);
}

/// The hash of the stem of `word`, whose folded form has this hash; 0 for stop words.
pub(crate) fn stem_hash(word: &str, hash: u64) -> u64 {
    KNOWN.with_borrow_mut(|known| {
        let place = &mut known[hash as usize % REMEMBERED];
        if place.0 != hash {
            let stem = if is_stop_hash(hash) { 0 } else { xxh3_64(stem(&fold(word)).as_bytes()) };
            *place = (hash, stem);
        }
        place.1
    })
}

#[cfg(test)]
mod tests {
    use unecho_text::words;

    use super::*;

    #[test]
    fn what_is_remembered_is_what_it_was() {
        let text = "The Ministers' meeting met the ministers; les ministres se réunissent.";
        let of = |text: &str| -> Vec<u64> {
            let words = words(text);
            let spans = words.spans.iter().map(|span| span.slice(text).unwrap());
            spans.zip(&words.hashes).map(|(word, &hash)| stem_hash(word, hash)).collect()
        };
        let found = of(text);
        assert_eq!(found, of(text));
        assert_eq!((found[0], found[1]), (0, xxh3_64(b"minister")));
    }
}
