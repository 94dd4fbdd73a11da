//! How far an extracted text agrees with a gold text: word 4-grams as a multiset, after the measure of
//! scrapinghub's article-extraction-benchmark.
//!
//! Words are folded as everywhere in unecho; characters of scripts without spaces count as words. A text
//! of fewer than four words has one shingle, all of it.

use std::collections::HashMap;

use serde::Serialize;
use unecho_text::words;

/// Words in a shingle.
const WIDTH: usize = 4;

/// Agreement of a text with a gold text; shares 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Agreement {
    /// Harmonic mean of the two below.
    pub f1: f64,
    /// Share of the text's shingles that the gold text has.
    pub precision: f64,
    /// Share of the gold text's shingles that the text has.
    pub recall: f64,
}

impl Agreement {
    /// The agreement of `text` with `gold`. Two texts without words agree.
    pub(crate) fn of(text: &str, gold: &str) -> Self {
        let (found, wanted) = (shingles(text), shingles(gold));
        let (found_all, wanted_all) = (total(&found), total(&wanted));
        if found_all == 0 && wanted_all == 0 {
            return Self { f1: 1.0, precision: 1.0, recall: 1.0 };
        }
        #[expect(clippy::iter_over_hash_type, reason = "a sum does not depend on the order")]
        let shared: u64 = {
            let mut shared = 0;
            for (shingle, count) in &found {
                shared += u64::from(*count.min(wanted.get(shingle).unwrap_or(&0)));
            }
            shared
        };
        let share = |of: u64| if of == 0 { 0.0 } else { shared as f64 / of as f64 };
        let (precision, recall) = (share(found_all), share(wanted_all));
        let f1 = if shared == 0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) };
        Self { f1, precision, recall }
    }

    /// The mean of each number; zero of none.
    pub(crate) fn mean(all: impl Iterator<Item = Self>) -> Self {
        let (mut sum, mut n) = (Self::default(), 0.0_f64);
        for one in all {
            sum.f1 += one.f1;
            sum.precision += one.precision;
            sum.recall += one.recall;
            n += 1.0;
        }
        let n = n.max(1.0);
        Self { f1: sum.f1 / n, precision: sum.precision / n, recall: sum.recall / n }
    }
}

fn shingles(text: &str) -> HashMap<Vec<u64>, u32> {
    let words = words(text).hashes;
    let mut shingles = HashMap::new();
    for shingle in words.windows(WIDTH.min(words.len()).max(1)) {
        *shingles.entry(shingle.to_vec()).or_insert(0) += 1;
    }
    shingles
}

fn total(shingles: &HashMap<Vec<u64>, u32>) -> u64 {
    shingles.values().map(|&count| u64::from(count)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, gold: &str, precision: f64, recall: f64) {
        let found = Agreement::of(text, gold);
        assert!((found.precision - precision).abs() < 1e-9, "{found:?}");
        assert!((found.recall - recall).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn shingles_count_as_often_as_they_stand() {
        check("a b c d e", "a b c d e", 1.0, 1.0);
        check("a b c d e", "a b c d", 0.5, 1.0);
        check("a b c d x a b c d", "a b c d", 1.0 / 6.0, 1.0);
        check("a b", "A, b!", 1.0, 1.0);
        check("", "a b", 0.0, 0.0);
        check("", "", 1.0, 1.0);
        check("x y z", "a b", 0.0, 0.0);
    }

    #[test]
    fn means() {
        let one = Agreement { f1: 1.0, precision: 1.0, recall: 0.5 };
        let mean = Agreement::mean([one, Agreement::default()].into_iter());
        assert_eq!(mean, Agreement { f1: 0.5, precision: 0.5, recall: 0.25 });
        assert_eq!(Agreement::mean(std::iter::empty()), Agreement::default());
    }
}
