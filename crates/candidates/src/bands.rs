//! How a signature is cut into bands, and what that finds.

/// Name and version of [`BandConfig::keys`]. The layout belongs to what must match.
pub const BANDS_SCHEME: &str = "bands-v1";

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

/// What a layout must find.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// Pairs of this Jaccard index, 0 to 1,
    pub jaccard: f64,
    /// with at least this probability, 0 to 1.
    pub recall: f64,
}

impl BandConfig {
    /// Documents that share half of their shingles are worth a look whatever the threshold.
    const JACCARD_MIN_PERMILLE_MAX: u32 = 500;

    /// The choosiest layout, and of these the one of fewest bands, that proposes pairs of each Jaccard index with
    /// at least its probability, for signatures of `signature_len` values; where none does, one row a band.
    #[must_use]
    pub fn derive(wanted: &[Wanted], signature_len: usize) -> Self {
        let len = u32::try_from(signature_len).unwrap_or(u32::MAX);
        let jaccard_min = wanted.iter().map(|wanted| wanted.jaccard).fold(1.0, f64::min);
        let jaccard_min_permille = ((jaccard_min * 1000.0) as u32).min(Self::JACCARD_MIN_PERMILLE_MAX);
        let layout = |bands, rows| Self { bands, rows, jaccard_min_permille };
        let is_enough =
            |layout: &Self| wanted.iter().all(|wanted| layout.probability(wanted.jaccard) >= wanted.recall);
        (1..=len)
            .rev()
            .find(|&rows| is_enough(&layout(len / rows, rows)))
            .and_then(|rows| (1..=len / rows).map(|bands| layout(bands, rows)).find(is_enough))
            .unwrap_or_else(|| layout(len, 1))
    }

    /// How likely a pair of this Jaccard index is to meet: `1 - (1 - j^rows)^bands`.
    #[must_use]
    pub fn probability(self, jaccard: f64) -> f64 {
        1.0 - (1.0 - jaccard.powf(f64::from(self.rows))).powf(f64::from(self.bands))
    }

    /// The keys of a document with this signature, one a band: the band in the bits above 32.
    pub fn keys(self, signature: &[u16]) -> impl Iterator<Item = u64> {
        let rows = signature.chunks_exact(self.rows as usize).take(self.bands as usize);
        rows.zip(0_u64..).map(|(rows, band)| band << 32 | u64::from(band_key(rows)))
    }

    /// How many values of a signature the layout uses.
    #[must_use]
    pub const fn values_len(self) -> usize {
        self.bands as usize * self.rows as usize
    }
}

/// Hashes the rows of a band.
pub(crate) fn band_key(rows: &[u16]) -> u32 {
    let sum = rows.iter().fold(0x9e37_79b9_7f4a_7c15_u64, |sum, &value| {
        let mixed = (sum ^ u64::from(value)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 29)
    });
    (sum.wrapping_mul(0x94d0_49bb_1331_11eb) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_bands_are_what_they_were() {
        let layout = BandConfig { bands: 2, rows: 2, jaccard_min_permille: 0 };
        let keys: Vec<u64> = layout.keys(&[1, 2, 3, 4]).collect();
        assert_eq!(keys, [2_124_209_840, 1 << 32 | 236_090_902]);
    }

    fn derive(wanted: &[(f64, f64)], len: usize) -> BandConfig {
        let wanted: Vec<Wanted> =
            wanted.iter().map(|&(jaccard, recall)| Wanted { jaccard, recall }).collect();
        BandConfig::derive(&wanted, len)
    }

    fn check(wanted: &[(f64, f64)], len: usize, bands: u32, rows: u32) {
        let layout = derive(wanted, len);
        assert_eq!((layout.bands, layout.rows), (bands, rows), "{wanted:?}");
    }

    #[test]
    fn the_choosiest_that_is_sure_enough() {
        check(&[(0.7, 0.98)], 128, 22, 5);
        check(&[(0.7, 0.99)], 128, 17, 4);
        check(&[(0.5, 0.99)], 128, 35, 3);
        check(&[(0.7, 0.99), (0.5, 0.95)], 128, 23, 3);
        check(&[(0.9, 0.99)], 128, 11, 10);
        check(&[(0.01, 0.999)], 128, 128, 1);
        check(&[(0.5, 0.99)], 0, 0, 1);
    }

    #[test]
    fn half_is_worth_a_look() {
        assert_eq!(derive(&[(0.7, 0.99)], 128).jaccard_min_permille, 500);
        assert_eq!(derive(&[(0.7, 0.99), (0.3, 0.9)], 128).jaccard_min_permille, 300);
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
