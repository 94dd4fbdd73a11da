//! What two signatures say about a Jaccard index, and how sure it is.

/// Standard errors below which a Jaccard index is held to be missed: one pair in a thousand is wronged.
const STANDARD_ERRORS: f64 = 3.0;

/// Whether two documents with these signatures may have a Jaccard index of `jaccard_min` or more.
///
/// The share of equal values estimates the index with the standard error of so many draws as the
/// signature has values of its own; a short text fills few, and the rest are copies of those
/// (one-permutation hashing).
pub(crate) fn resemblance_is_likely(a: &[u16], b: &[u16], jaccard_min: f64) -> bool {
    let equal = a.iter().zip(b).filter(|(a, b)| a == b).count();
    let estimate = equal as f64 / a.len().max(1) as f64;
    let least_with =
        |draws: f64| jaccard_min - STANDARD_ERRORS * (jaccard_min * (1.0 - jaccard_min) / draws).sqrt();
    estimate >= least_with(a.len().max(1) as f64)
        || estimate >= least_with(f64::from(distinct_min(a).min(distinct_min(b)).max(1)))
}

/// A lower bound of the number of distinct values, a few per cent below it for usual signatures: how
/// many bits they set in a small table.
fn distinct_min(values: &[u16]) -> u32 {
    let mut table = [0_u64; 32];
    for value in values {
        table[usize::from(value >> 6) % table.len()] |= 1 << (value & 63);
    }
    table.iter().map(|word| word.count_ones()).sum()
}

/// Name and version of [`BitSketch`]. The scheme and the length of the signatures belong to what must match.
pub const BITS_SCHEME: &str = "minhash-bits-v1";

/// One bit of each of 128 values of a signature (b-bit minwise hashing, Li and König 2010): sixteen bytes
/// that tell whether two signatures may be alike without having either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BitSketch([u64; 2]);

impl BitSketch {
    /// Values that are looked at.
    const VALUES: usize = 128;

    /// Of this signature; of a longer one the first values.
    #[must_use]
    pub fn of(signature: &[u16]) -> Self {
        let mut bits = [0; 2];
        for (at, &value) in signature.iter().take(Self::VALUES).enumerate() {
            // Mixed (the finalizer of MurmurHash3), so that the bit depends on all of the value.
            let mixed = u32::from(value).wrapping_mul(0x85eb_ca6b);
            let bit = (mixed ^ mixed >> 13).wrapping_mul(0xc2b2_ae35) >> 31;
            bits[at / 64] |= u64::from(bit) << (at % 64);
        }
        Self(bits)
    }

    /// As numbers.
    #[must_use]
    pub const fn to_words(self) -> [u64; 2] {
        self.0
    }

    /// From what [`Self::to_words`] gave.
    #[must_use]
    pub const fn of_words(words: [u64; 2]) -> Self {
        Self(words)
    }

    /// Whether two documents whose signatures have `values` different values may have a Jaccard index of
    /// `jaccard_min` or more: one pair in a thousand is wronged. Half of the bits agree by chance.
    #[must_use]
    pub fn may_resemble(self, other: Self, jaccard_min: f64, values: u32) -> bool {
        let differ: u32 = self.0.iter().zip(&other.0).map(|(a, b)| (a ^ b).count_ones()).sum();
        let agree = 1.0 - f64::from(differ) / Self::VALUES as f64;
        let expected = f64::midpoint(1.0, jaccard_min);
        let draws = f64::from(values.clamp(1, Self::VALUES as u32));
        agree >= expected - STANDARD_ERRORS * (expected * (1.0 - expected) / draws).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_tell_the_alike_from_the_others() {
        let sketch = |of, equal| BitSketch::of(&signature(of, 128, equal));
        let passing = |equal: u32| {
            let passes = |of: &u32| sketch(2 * of, equal).may_resemble(sketch(2 * of + 1, equal), 0.5, 128);
            (100..1100).filter(passes).count()
        };
        assert!(passing(90) == 1000, "{}", passing(90));
        assert!(passing(64) > 990, "{}", passing(64));
        assert!(passing(5) < 30, "{}", passing(5));
        let (a, b) = (sketch(1, 3), sketch(2, 3));
        assert!(a.may_resemble(b, 0.5, 3), "a short text has few values of its own");
        assert_eq!(BitSketch::of_words(a.to_words()), a);
        assert_eq!(BitSketch::of(&[1, 2, 3, 4, 5]).to_words(), [20, 0], "sketches are what they were");
    }

    /// `distinct` values, cyclically repeated to 128, the first `equal` of which others share.
    fn signature(of: u32, distinct: u32, equal: u32) -> Vec<u16> {
        (0..128_u32)
            .map(|at| if at < equal { at % distinct } else { at % distinct + 1000 * of })
            .map(|n| (n.wrapping_mul(0x9e37_79b9) >> 16) as u16)
            .collect()
    }

    fn check(distinct: u32, equal: u32, jaccard_min: f64, expect: bool) {
        let (a, b) = (signature(1, distinct, equal), signature(2, distinct, equal));
        assert_eq!(resemblance_is_likely(&a, &b, jaccard_min), expect, "{distinct} {equal} {jaccard_min}");
    }

    #[test]
    fn few_equal_values_make_it_unlikely() {
        check(128, 64, 0.5, true);
        check(128, 48, 0.5, true);
        check(128, 40, 0.5, false);
        check(128, 0, 0.5, false);
        check(128, 0, 0.0, true);
    }

    #[test]
    fn short_texts_have_the_benefit_of_the_doubt() {
        check(8, 16, 0.5, true);
        check(8, 0, 0.5, true);
        check(8, 0, 0.7, false);
    }

    #[test]
    fn distinct_values_are_counted_from_below() {
        assert_eq!(distinct_min(&[7; 128]), 1);
        let found = distinct_min(&signature(1, 128, 0));
        assert!((115..=128).contains(&found), "{found}");
    }
}
