//! How a signature is cut into bands, and what that finds.

/// Bands and rows of locality-sensitive hashing (Indyk and Motwani 1998; Leskovec, Rajaraman, Ullman,
/// "Mining of Massive Datasets", chapter 3): two documents meet when all rows of some band agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BandConfig {
    /// Number of bands: more bands find more.
    pub bands: u32,
    /// Values of the signature in a band: more rows are choosier.
    pub rows: u32,
    /// Least Jaccard index worth proposing, in thousandths: pairs that meet but whose signatures make it
    /// improbable that they have it are left out. Many documents with the same frame around them
    /// would otherwise all be proposed to each other.
    pub jaccard_min_permille: u32,
}

impl BandConfig {
    /// Documents that share half of their shingles are worth a look whatever the threshold.
    const JACCARD_MIN_PERMILLE_MAX: u32 = 500;

    /// The choosiest layout that proposes pairs of Jaccard index `threshold` with probability
    /// `recall`, for signatures of `signature_len` values; where none does, one row a band.
    #[must_use]
    pub fn derive(threshold: f64, recall: f64, signature_len: usize) -> Self {
        let len = u32::try_from(signature_len).unwrap_or(u32::MAX);
        let jaccard_min_permille = ((threshold * 1000.0) as u32).min(Self::JACCARD_MIN_PERMILLE_MAX);
        let layout = |rows| Self { bands: len / rows, rows, jaccard_min_permille };
        (1..=len)
            .rev()
            .map(layout)
            .find(|layout| layout.probability(threshold) >= recall)
            .unwrap_or_else(|| layout(1))
    }

    /// How likely a pair of this Jaccard index is to meet: `1 - (1 - j^rows)^bands`.
    #[must_use]
    pub fn probability(self, jaccard: f64) -> f64 {
        1.0 - (1.0 - jaccard.powf(f64::from(self.rows))).powf(f64::from(self.bands))
    }

    /// How many values of a signature the layout uses.
    #[must_use]
    pub const fn values_len(self) -> usize {
        self.bands as usize * self.rows as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(threshold: f64, recall: f64, len: usize, bands: u32, rows: u32) {
        let layout = BandConfig::derive(threshold, recall, len);
        assert_eq!((layout.bands, layout.rows), (bands, rows));
    }

    #[test]
    fn the_choosiest_that_is_sure_enough() {
        check(0.7, 0.98, 128, 25, 5);
        check(0.7, 0.99, 128, 32, 4);
        check(0.5, 0.99, 128, 42, 3);
        check(0.9, 0.99, 128, 12, 10);
        check(0.01, 0.999, 128, 128, 1);
        check(0.5, 0.99, 0, 0, 1);
    }

    #[test]
    fn half_is_worth_a_look() {
        assert_eq!(BandConfig::derive(0.7, 0.99, 128).jaccard_min_permille, 500);
        assert_eq!(BandConfig::derive(0.3, 0.99, 128).jaccard_min_permille, 300);
    }

    #[test]
    fn probability_rises_with_resemblance() {
        let layout = BandConfig { bands: 14, rows: 8, jaccard_min_permille: 0 };
        assert!(layout.probability(0.0).abs() < 1e-12);
        assert!((layout.probability(1.0) - 1.0).abs() < 1e-12);
        assert!((layout.probability(0.7) - 0.565).abs() < 1e-3);
        assert!(layout.probability(0.051) < 1e-9);
    }
}
