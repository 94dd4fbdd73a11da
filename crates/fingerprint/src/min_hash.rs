//! MinHash signatures by one-permutation hashing with optimal densification.
//!
//! One pass: a shingle's hash chooses a bin by its high half and competes there with its low half
//! (Li, Owen, Zhang 2012). Empty bins borrow from a non-empty bin chosen by a hash of the bin and
//! the attempt, never of the text (Shrivastava, "Optimal Densification for Fast and Accurate Minwise
//! Hashing", 2017), so two texts borrow alike. Of each value 16 bits are kept (b-bit minwise hashing, Li and
//! König 2010): one in 65,536 that differ is taken for equal, at half the memory. The share of equal values estimates
//! the Jaccard index.

use crate::mix::mix;

/// Name and version: bins by multiply-shift of the high 32 bits, in each the least of the low 32 bits, optimal
/// densification with the finalizer of [`SHINGLES_SCHEME`](crate::SHINGLES_SCHEME), and of each value the low 16 bits. The
/// length of a signature belongs to what must match.
pub const MINHASH_SCHEME: &str = "minhash-v2-oph-optimal-b16";

/// Seed of the densification.
const BORROW_SEED: u64 = 0x6f6e_655f_7665_7273;

/// How many bins a signature has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinHashScheme {
    bins: u32,
}

/// A signature length that is not between 1 and 4096.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a signature has 1 to 4096 values, not {0}")]
pub struct InvalidSignatureLength(pub u32);

impl Default for MinHashScheme {
    /// 128 values, 256 bytes.
    fn default() -> Self {
        Self { bins: 128 }
    }
}

impl TryFrom<u32> for MinHashScheme {
    type Error = InvalidSignatureLength;

    fn try_from(bins: u32) -> Result<Self, InvalidSignatureLength> {
        if (1..=Self::BINS_MAX).contains(&bins) {
            Ok(Self { bins })
        } else {
            Err(InvalidSignatureLength(bins))
        }
    }
}

/// One value a bin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature(Box<[u16]>);

impl Signature {
    /// The values, as banding wants them.
    #[must_use]
    pub fn values(&self) -> &[u16] {
        &self.0
    }

    /// Estimated Jaccard index: the share of equal values. The standard error is at most
    /// `0.5 / sqrt(bins)`, more where a text has fewer shingles than bins.
    ///
    /// # Panics
    /// When the signatures have different lengths.
    #[must_use]
    pub fn jaccard_estimate(&self, other: &Self) -> f64 {
        assert_eq!(self.0.len(), other.0.len(), "signatures of one scheme compare");
        let equal = self.0.iter().zip(&other.0).filter(|(a, b)| a == b).count();
        equal as f64 / self.0.len() as f64
    }
}

impl MinHashScheme {
    /// Longest signature, in values.
    pub const BINS_MAX: u32 = 4096;

    /// Number of values.
    #[must_use]
    pub const fn len(self) -> usize {
        self.bins as usize
    }

    /// Whether there are no values; never.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        false
    }

    /// The signature of a set of shingles, given in any order and with any repeats; `None` when there
    /// are none, as nothing resembles an empty text.
    #[must_use]
    pub fn signature(self, shingles: &[u64]) -> Option<Signature> {
        if shingles.is_empty() {
            return None;
        }
        let mut values = vec![0; self.len()].into_boxed_slice();
        self.sign(shingles, &mut values);
        Some(Signature(values))
    }

    /// Writes the signature of a set of shingles to `values`, for those who keep signatures side by side.
    /// Without shingles all values are the same, and mean nothing.
    ///
    /// # Panics
    /// When `values` has another length than the scheme's signatures.
    pub fn sign(self, shingles: &[u64], values: &mut [u16]) {
        assert_eq!(values.len(), self.len(), "a place for each value");
        let bins = u64::from(self.bins);
        let mut minima = vec![EMPTY; self.len()];
        for &hash in shingles {
            let minimum = &mut minima[(((hash >> 32) * bins) >> 32) as usize];
            *minimum = (*minimum).min(hash as u32);
        }
        self.densify(&mut minima);
        // Truncated: of a minimum these bits are as random as those of the hash.
        values.iter_mut().zip(minima).for_each(|(value, minimum)| *value = minimum as u16);
    }

    /// Fills each empty bin from the first non-empty one among those its hashes name.
    fn densify(self, values: &mut [u32]) {
        let mut filled = values.iter().copied().filter(|&value| value != EMPTY);
        let Some(first) = filled.next() else { return };
        match filled.count() + 1 {
            // The outcome is clear, and a miss would be likelier than not for a hundred attempts a bin.
            1 => return values.fill(first),
            count if count == values.len() => return,
            _ => {}
        }
        let borrowed: Vec<(usize, u32)> = (0..values.len())
            .filter(|&bin| values[bin] == EMPTY)
            .map(|bin| (bin, self.borrow_for(bin, values)))
            .collect();
        for (bin, value) in borrowed {
            values[bin] = value;
        }
    }

    /// The value that the empty `bin` takes. Every bin is named sooner or later; after as many
    /// attempts as make a miss all but impossible, the bins are taken in turn.
    fn borrow_for(self, bin: usize, values: &[u32]) -> u32 {
        let attempts_max = 16 * values.len() as u64;
        for attempt in 0..attempts_max {
            let hash = mix(BORROW_SEED ^ ((bin as u64) << 32) ^ attempt);
            let value = values[(((hash >> 32) * u64::from(self.bins)) >> 32) as usize];
            if value != EMPTY {
                return value;
            }
        }
        values.iter().copied().find(|&value| value != EMPTY).unwrap_or(EMPTY)
    }
}

/// Marks an empty bin. A real value of `u32::MAX` counts as empty; it loses against every other.
const EMPTY: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Well mixed numbers, as shingles are.
    fn hashes(range: std::ops::Range<u64>) -> Vec<u64> {
        range.map(|n| mix(n ^ 0x5eed)).collect()
    }

    fn estimate(a: &[u64], b: &[u64], bins: u32) -> f64 {
        let scheme = MinHashScheme::try_from(bins).unwrap();
        scheme.signature(a).unwrap().jaccard_estimate(&scheme.signature(b).unwrap())
    }

    #[test]
    fn equal_sets_have_equal_signatures() {
        let scheme = MinHashScheme::default();
        let mut repeated = hashes(0..100);
        repeated.reverse();
        repeated.extend(hashes(20..50));
        assert_eq!(scheme.signature(&hashes(0..100)), scheme.signature(&repeated));
        assert_eq!(scheme.signature(&[]), None);
        assert!(scheme.signature(&[7]).unwrap().values().iter().all(|&value| value == 7));
    }

    #[test]
    fn a_value_that_looks_empty_does_no_harm() {
        assert_eq!(MinHashScheme::default().signature(&[u64::MAX]).unwrap().values(), [u16::MAX; 128]);
    }

    #[test]
    fn the_estimate_is_unbiased_for_long_and_short_texts() {
        for (size, shared) in [(2000, 1000), (300, 200), (40, 20), (8, 4)] {
            let expect = shared as f64 / (2 * size - shared) as f64;
            let rounds = 400;
            let sum: f64 = (0..rounds)
                .map(|round| {
                    let start = round * 1_000_000;
                    let a = hashes(start..start + size);
                    let b = hashes(start + size - shared..start + 2 * size - shared);
                    estimate(&a, &b, 128)
                })
                .sum();
            let mean = sum / rounds as f64;
            assert!((mean - expect).abs() < 0.03, "{size} {shared}: {mean} for {expect}");
        }
    }

    #[test]
    fn golden() {
        let scheme = MinHashScheme::try_from(8).unwrap();
        assert_eq!(
            scheme.signature(&hashes(0..3)).unwrap().values(),
            [0x0b12, 0x0b12, 0x0b12, 0x0b12, 0x243f, 0x243f, 0xa465, 0x0b12]
        );
        assert_eq!(
            scheme.signature(&hashes(0..300)).unwrap().values(),
            [0xf9dd, 0x55ce, 0x16fc, 0x7e11, 0x3591, 0x7adc, 0xa5d8, 0xc788]
        );
    }

    proptest! {
        #[test]
        fn every_bin_is_filled(count in 1_u64..20, bins in 1_u32..300) {
            let signature = MinHashScheme::try_from(bins).unwrap().signature(&hashes(0..count)).unwrap();
            prop_assert_eq!(signature.values().len(), bins as usize);
            // An empty bin that nothing was borrowed for would have another.
            let own: Vec<u16> = hashes(0..count).into_iter().map(|hash| hash as u16).collect();
            prop_assert!(signature.values().iter().all(|value| own.contains(value)));
        }
    }
}
