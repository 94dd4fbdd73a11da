//! Hashed word shingles: every run of k neighbouring words as one 64-bit number.

use unecho_text::Words;

use crate::mix::mix;

/// Name and version: a polynomial over Z/2^64 rolled over the words' hashes (Karp and Rabin 1987),
/// offset by the width, finalized by variant 13. Depends on [`unecho_text::WORDS_SCHEME`].
pub const SHINGLES_SCHEME: &str = "shingles-v1-poly64";

/// Odd and 5 modulo 8, so that its powers have the longest possible period.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
/// Keeps shingles of different widths apart.
const WIDTH_STEP: u64 = 0xd6e8_feb8_6659_fd93;
/// Keeps texts shorter than a shingle apart from shingles of that many words.
const SHORT_TEXT: u64 = 0xa5a5_1c3f_0b8e_77d1;

/// How many words make a shingle: 1 to 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShingleWidth(u32);

/// A shingle width that is not between 1 and 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a shingle has 1 to 32 words, not {0}")]
pub struct InvalidShingleWidth(pub u32);

impl ShingleWidth {
    /// Five words: the width of [`Kind::Near`](unecho_model::Kind) and the field's usual one.
    pub const FIVE: Self = Self(5);
    /// Widest shingle, in words.
    pub const WORDS_MAX: u32 = 32;

    /// Number of words.
    #[must_use]
    pub const fn words(self) -> usize {
        self.0 as usize
    }
}

impl TryFrom<u32> for ShingleWidth {
    type Error = InvalidShingleWidth;

    fn try_from(words: u32) -> Result<Self, InvalidShingleWidth> {
        if (1..=Self::WORDS_MAX).contains(&words) { Ok(Self(words)) } else { Err(InvalidShingleWidth(words)) }
    }
}

/// The shingles of one text, in text order, repeats included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shingles(Vec<u64>);

impl Shingles {
    /// One hash for each position at which a shingle begins.
    #[must_use]
    pub fn in_order(&self) -> &[u64] {
        &self.0
    }

    /// The hashes in text order, to own.
    #[must_use]
    pub fn into_vec(self) -> Vec<u64> {
        self.0
    }

    /// The distinct shingles.
    #[must_use]
    pub fn into_sorted_set(self) -> ShingleSet {
        ShingleSet::of(self.0)
    }
}

/// The shingles of a text's words.
#[must_use]
pub fn shingles(words: &Words, width: ShingleWidth) -> Shingles {
    Shingles::of_hashes(&words.hashes, width)
}

impl Shingles {
    /// The shingles of these word hashes: one for each run of `width` neighbours. Fewer words than
    /// `width` make a single shingle of them all, which equals that of the same few words only; no
    /// words make none.
    #[must_use]
    pub fn of_hashes(words: &[u64], width: ShingleWidth) -> Self {
        let count = width.words();
        if words.is_empty() {
            return Self::default();
        }
        if words.len() < count {
            let offset = SHORT_TEXT.wrapping_add((words.len() as u64).wrapping_mul(WIDTH_STEP));
            return Self(vec![mix(polynomial(words).wrapping_add(offset))]);
        }
        let offset = (count as u64).wrapping_mul(WIDTH_STEP);
        let leaving_factor = BASE.wrapping_pow(width.0);
        let mut rolling = polynomial(&words[..count]);
        let mut hashes = Vec::with_capacity(words.len() - count + 1);
        hashes.push(mix(rolling.wrapping_add(offset)));
        hashes.extend(words.iter().zip(&words[count..]).map(|(leaving, entering)| {
            let step = entering.wrapping_sub(leaving.wrapping_mul(leaving_factor));
            rolling = rolling.wrapping_mul(BASE).wrapping_add(step);
            mix(rolling.wrapping_add(offset))
        }));
        Self(hashes)
    }
}

/// Horner's rule: the first word has the highest power.
fn polynomial(words: &[u64]) -> u64 {
    words.iter().fold(0, |sum: u64, word| sum.wrapping_mul(BASE).wrapping_add(*word))
}

/// Distinct shingles, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShingleSet(Vec<u64>);

impl ShingleSet {
    /// The set of these hashes, in whatever order and number they come.
    #[must_use]
    pub fn of(mut hashes: Vec<u64>) -> Self {
        hashes.sort_unstable();
        hashes.dedup();
        Self(hashes)
    }

    /// The hashes, ascending and distinct.
    #[must_use]
    pub fn as_slice(&self) -> &[u64] {
        &self.0
    }

    /// Number of distinct shingles.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no shingle: the text has no words.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Resemblance (Broder 1997): shared over all, 0 to 1. Two empty sets share nothing: 0.
    #[must_use]
    pub fn jaccard(&self, other: &Self) -> f64 {
        let shared = self.shared_count(other);
        ratio(shared, self.len() + other.len() - shared)
    }

    /// Containment (Broder 1997): the share of this set that `other` has too, 0 to 1; 0 when this
    /// set is empty.
    #[must_use]
    pub fn containment_in(&self, other: &Self) -> f64 {
        ratio(self.shared_count(other), self.len())
    }

    /// Number of shingles in both.
    #[must_use]
    pub fn shared_count(&self, other: &Self) -> usize {
        let (mut a, mut b) = (self.0.as_slice(), other.0.as_slice());
        let mut shared = 0;
        while let (Some((&x, rest_a)), Some((&y, rest_b))) = (a.split_first(), b.split_first()) {
            shared += usize::from(x == y);
            // Both comparisons become conditional moves: the order of hashes cannot be predicted.
            a = if x <= y { rest_a } else { a };
            b = if y <= x { rest_b } else { b };
        }
        shared
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unecho_text::words;

    use super::*;

    fn set(text: &str) -> ShingleSet {
        shingles(&words(text), ShingleWidth::FIVE).into_sorted_set()
    }

    #[test]
    fn one_shingle_a_position() {
        let found = shingles(&words("a b c d e f"), ShingleWidth::FIVE);
        assert_eq!(found.in_order().len(), 2);
        assert_eq!(found.in_order()[0], shingles(&words("A, b: c d e!"), ShingleWidth::FIVE).in_order()[0]);
        assert!(shingles(&words(""), ShingleWidth::FIVE).in_order().is_empty());
    }

    #[test]
    fn short_texts_equal_only_themselves() {
        let texts = ["a", "b", "a b", "b a", "a a", "a b c", "a b c d", "a b c d e"];
        for (at, one) in texts.iter().enumerate() {
            assert_eq!(set(one).len(), 1);
            for (other_at, other) in texts.iter().enumerate() {
                assert_eq!(set(one) == set(other), at == other_at, "{one:?} {other:?}");
            }
        }
        let two = Shingles::of_hashes(&words("a b").hashes, ShingleWidth::try_from(2).unwrap());
        assert_ne!(two, shingles(&words("a b"), ShingleWidth::FIVE));
    }

    #[test]
    fn resemblance_and_containment() {
        let (whole, part) = (set("a b c d e f g h i"), set("b c d e f g"));
        assert_eq!((whole.len(), part.len()), (5, 2));
        assert!((whole.jaccard(&part) - 0.4).abs() < 1e-12);
        assert!((part.containment_in(&whole) - 1.0).abs() < 1e-12);
        assert!((whole.containment_in(&part) - 0.4).abs() < 1e-12);
        assert_eq!(set("").jaccard(&set("")).to_bits(), 0);
    }

    #[test]
    fn width_is_one_to_thirty_two() {
        assert_eq!(ShingleWidth::try_from(0), Err(InvalidShingleWidth(0)));
        assert_eq!(ShingleWidth::try_from(32).map(ShingleWidth::words), Ok(32));
        assert_eq!(
            ShingleWidth::try_from(33).unwrap_err().to_string(),
            "a shingle has 1 to 32 words, not 33"
        );
    }

    #[test]
    fn golden() {
        let found = shingles(&words("one two three four five six"), ShingleWidth::FIVE);
        assert_eq!(found.in_order(), [0xf45d_216c_b8d3_7707, 0xdd05_7ed3_9483_4e7b]);
        assert_eq!(shingles(&words("one two"), ShingleWidth::FIVE).in_order(), [0xb5be_cb0a_9b8f_9c79]);
    }

    proptest! {
        #[test]
        fn rolling_equals_each_alone(words in prop::collection::vec(0_u64..6, 1..60), width in 1_u32..=32) {
            let width = ShingleWidth::try_from(width).unwrap();
            let rolled = Shingles::of_hashes(&words, width);
            let alone: Vec<u64> = if words.len() < width.words() {
                Shingles::of_hashes(&words, width).into_vec()
            } else {
                words.windows(width.words()).map(|run| Shingles::of_hashes(run, width).0[0]).collect()
            };
            prop_assert_eq!(rolled.in_order(), alone);
        }

        #[test]
        fn shared_count_is_the_intersection(
            a in prop::collection::vec(0_u64..50, 0..40),
            b in prop::collection::vec(0_u64..50, 0..40),
        ) {
            let (a, b) = (ShingleSet::of(a), ShingleSet::of(b));
            let expect = a.as_slice().iter().filter(|hash| b.as_slice().contains(hash)).count();
            prop_assert_eq!(a.shared_count(&b), expect);
        }
    }
}
