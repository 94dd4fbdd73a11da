//! The finalizer shared by all schemes; what it is applied to is theirs.

/// Mixes all bits into all bits, one to one: variant 13 of Stafford's MurmurHash3 finalizers, as in
/// splitmix64 (Steele, Lea, Flood 2014).
pub(crate) const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::mix;

    #[test]
    fn golden() {
        assert_eq!(mix(0), 0);
        // First output of splitmix64 seeded with 0.
        assert_eq!(mix(0x9e37_79b9_7f4a_7c15), 0xe220_a839_7b1d_cdaf);
    }
}
