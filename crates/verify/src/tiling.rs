//! Greedy string tiling: the longest shared runs of two texts, each word used once (Wise 1993).

use crate::prepared::{GRAM_WORDS, Gram, Prepared};

/// Places of one 3-gram that are looked at in each text. Ordinary text repeats none as often; a
/// flood of one phrase would make tiling quadratic.
const PLACES_MAX: usize = 24;

/// A run of words that both texts have: `words` words from word `a` of the first and word `b` of
/// the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) words: usize,
    pub(crate) a: usize,
    pub(crate) b: usize,
}

/// The shared runs of two texts, longest first, no word in two of them.
#[derive(Debug, Clone)]
pub(crate) struct Tiling {
    pub(crate) runs: Vec<Run>,
    /// For each word of the first text its partner in the second.
    pub(crate) partner: Vec<Option<u32>>,
}

impl Tiling {
    /// Words of the first text that stand in a run.
    pub(crate) fn covered_words(&self) -> usize {
        self.runs.iter().map(|run| run.words).sum()
    }

    /// Length of the longest run.
    pub(crate) fn longest_words(&self) -> usize {
        self.runs.first().map_or(0, |run| run.words)
    }
}

/// Tiles two texts with runs of [`GRAM_WORDS`] words or more.
pub(crate) fn tile(a: &Prepared, b: &Prepared) -> Tiling {
    let mut found = maximal_runs(a, b);
    found.sort_unstable_by_key(|run| (std::cmp::Reverse(run.words), run.a, run.b));
    let mut partner = vec![None; a.words.len()];
    let mut used = vec![false; b.words.len()];
    let mut runs = Vec::new();
    for run in found {
        let free = |k: usize| partner[run.a + k].is_none() && !used[run.b + k];
        let skipped = (0..run.words).take_while(|&k| !free(k)).count();
        let words = (skipped..run.words).take_while(|&k| free(k)).count();
        if words < GRAM_WORDS {
            continue;
        }
        let run = Run { words, a: run.a + skipped, b: run.b + skipped };
        for k in 0..words {
            partner[run.a + k] = Some(u32::try_from(run.b + k).expect("texts are under 4 GiB"));
            used[run.b + k] = true;
        }
        runs.push(run);
    }
    runs.sort_unstable_by_key(|run| (std::cmp::Reverse(run.words), run.a, run.b));
    Tiling { runs, partner }
}

/// Every run that cannot be extended to either side.
fn maximal_runs(a: &Prepared, b: &Prepared) -> Vec<Run> {
    let mut runs = Vec::new();
    let (mut left, mut right) = (a.grams(), b.grams());
    while let (Some(x), Some(y)) = (left.first(), right.first()) {
        let places_a = places(left, x.key.min(y.key));
        let places_b = places(right, x.key.min(y.key));
        left = &left[places_a.len()..];
        right = &right[places_b.len()..];
        for i in places_a.iter().take(PLACES_MAX).map(|gram| gram.at as usize) {
            for j in places_b.iter().take(PLACES_MAX).map(|gram| gram.at as usize) {
                if i > 0 && j > 0 && a.words[i - 1] == b.words[j - 1] {
                    continue;
                }
                let same = a.words[i..].iter().zip(&b.words[j..]).take_while(|(x, y)| x == y);
                runs.push(Run { words: same.count(), a: i, b: j });
            }
        }
    }
    runs
}

/// The leading grams with this key.
fn places(grams: &[Gram], key: u64) -> &[Gram] {
    let count = grams.iter().take_while(|gram| gram.key == key).count();
    &grams[..count]
}
