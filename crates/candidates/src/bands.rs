//! How a signature is cut into bands, and what that finds.

/// Bands and rows of locality-sensitive hashing (Indyk and Motwani 1998; Leskovec, Rajaraman, Ullman,
/// "Mining of Massive Datasets", chapter 3): two documents meet when all rows of some band agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BandConfig {
    /// Number of bands: more bands find more.
    pub bands: u32,
    /// Values of the signature in a band: more rows are choosier.
    pub rows: u32,
}

impl BandConfig {
    /// The choosiest layout that proposes pairs of Jaccard index `threshold` with probability
    /// `recall`, for signatures of `signature_len` values; where none does, one row a band.
    #[must_use]
    pub fn derive(threshold: f64, recall: f64, signature_len: usize) -> Self {
        let len = u32::try_from(signature_len).unwrap_or(u32::MAX);
        (1..=len)
            .rev()
            .map(|rows| Self { bands: len / rows, rows })
            .find(|layout| layout.probability(threshold) >= recall)
            .unwrap_or(Self { bands: len, rows: 1 })
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
        assert_eq!(BandConfig::derive(threshold, recall, len), BandConfig { bands, rows });
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
    fn probability_rises_with_resemblance() {
        let layout = BandConfig { bands: 14, rows: 8 };
        assert!(layout.probability(0.0).abs() < 1e-12);
        assert!((layout.probability(1.0) - 1.0).abs() < 1e-12);
        assert!((layout.probability(0.7) - 0.565).abs() < 1e-3);
        assert!(layout.probability(0.051) < 1e-9);
    }
}
