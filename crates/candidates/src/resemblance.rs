//! What two signatures say about a Jaccard index, and how sure it is.

/// Standard errors below which a Jaccard index is held to be missed: one pair in a thousand is wronged.
const STANDARD_ERRORS: f64 = 3.0;

/// Whether two documents with these signatures may have a Jaccard index of `jaccard_min` or more.
///
/// The share of equal values estimates the index with the standard error of so many draws as the
/// signature has values of its own; a short text fills few, and the rest are copies of those
/// (one-permutation hashing).
pub(crate) fn resemblance_is_likely(a: &[u32], b: &[u32], jaccard_min: f64) -> bool {
    let equal = a.iter().zip(b).filter(|(a, b)| a == b).count();
    let estimate = equal as f64 / a.len().max(1) as f64;
    let least_with =
        |draws: f64| jaccard_min - STANDARD_ERRORS * (jaccard_min * (1.0 - jaccard_min) / draws).sqrt();
    estimate >= least_with(a.len().max(1) as f64)
        || estimate >= least_with(f64::from(distinct_min(a).min(distinct_min(b)).max(1)))
}

/// A lower bound of the number of distinct values, a few per cent below it for usual signatures: how
/// many bits they set in a small table.
fn distinct_min(values: &[u32]) -> u32 {
    let mut table = [0_u64; 32];
    for value in values {
        table[(value >> 6) as usize % table.len()] |= 1 << (value & 63);
    }
    table.iter().map(|word| word.count_ones()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `distinct` values, cyclically repeated to 128, the first `equal` of which others share.
    fn signature(of: u32, distinct: u32, equal: u32) -> Vec<u32> {
        (0..128_u32)
            .map(|at| if at < equal { at % distinct } else { at % distinct + 1000 * of })
            .map(|n| n.wrapping_mul(0x9e37_79b9))
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
