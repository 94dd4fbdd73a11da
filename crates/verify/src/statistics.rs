//! In how many near-copy groups of the corpus a key occurs.
//!
//! Only small counts matter: a phrase that no other story has is evidence, one that ten stories have
//! is hardly any. So a count-min sketch of saturating bytes does (Cormode and Muthukrishnan 2005):
//! it may count too many, never too few, and then evidence is understated. It is built from any
//! number of threads in any order with the same result.

use std::sync::atomic::{AtomicU8, Ordering};

/// Bytes of a block; both counters of a key stand in one block, one cache line.
const BLOCK_BYTES: usize = 64;

/// Counters for each expected key. With two increments a key, a count is too high for about one key
/// in ten.
const COUNTERS_PER_KEY: usize = 4;

/// Largest sketch.
const SKETCH_BYTES_MAX: usize = 256 << 20;

/// Whether the two texts belong to one group of near copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Groups {
    /// Both are members of one group.
    Same,
    /// Each is a member of its own.
    Different,
}

impl Groups {
    const fn count(self) -> u8 {
        match self {
            Self::Same => 1,
            Self::Different => 2,
        }
    }
}

/// In how many near-copy groups of the corpus each key occurs.
#[derive(Debug, Clone)]
pub struct Statistics {
    counters: Box<[u8]>,
    groups: u64,
}

/// Counts keys; see [`Statistics::builder`].
#[derive(Debug)]
pub struct StatisticsBuilder {
    counters: Box<[AtomicU8]>,
    groups: std::sync::atomic::AtomicU64,
}

impl Statistics {
    /// Nothing is known but the two texts.
    #[must_use]
    pub fn empty() -> Self {
        Self { counters: Box::default(), groups: 0 }
    }

    /// Begins to count. `expected_keys` is the sum over all groups of their distinct keys (about
    /// two a word); memory is 4 bytes a key, rounded up to a power of two, at most 256 MiB. With
    /// more keys than expected counts come out too high.
    #[must_use]
    pub fn builder(expected_keys: usize) -> StatisticsBuilder {
        let bytes = expected_keys.saturating_mul(COUNTERS_PER_KEY).clamp(BLOCK_BYTES, SKETCH_BYTES_MAX);
        StatisticsBuilder {
            counters: std::iter::repeat_with(AtomicU8::default).take(bytes.next_power_of_two()).collect(),
            groups: 0.into(),
        }
    }

    /// How many groups were counted.
    #[must_use]
    pub const fn groups(&self) -> u64 {
        self.groups
    }

    /// The counters, for whoever carries them elsewhere; see [`Statistics::of_counters`].
    #[must_use]
    pub const fn counters(&self) -> &[u8] {
        &self.counters
    }

    /// What was counted elsewhere, over so many groups. `None` when these are no counters of a sketch.
    #[must_use]
    pub fn of_counters(counters: Box<[u8]>, groups: u64) -> Option<Self> {
        let is_sketch =
            counters.is_empty() || counters.len() >= BLOCK_BYTES && counters.len().is_power_of_two();
        is_sketch.then_some(Self { counters, groups })
    }

    /// How many groups other than the pair's own have the key; saturates at 253.
    pub(crate) fn others(&self, key: u64, groups: Groups) -> u8 {
        if self.counters.is_empty() {
            return 0;
        }
        let (first, second) = counters_of(key, self.counters.len());
        self.counters[first].min(self.counters[second]).saturating_sub(groups.count())
    }
}

impl StatisticsBuilder {
    /// Counts one group of near copies: the keys of all its members, each once.
    pub fn observe_group(&self, keys: impl IntoIterator<Item = u64>) {
        let count = |at: usize| {
            let add = |counter: u8| counter.checked_add(1);
            // A full counter stays full.
            let _: Result<u8, u8> = self.counters[at].fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        };
        for key in keys {
            let (first, second) = counters_of(key, self.counters.len());
            count(first);
            count(second);
        }
        self.groups.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a key that so many other groups are known to have.
    pub fn add(&self, key: u64, groups: u32) {
        let groups = u8::try_from(groups).unwrap_or(u8::MAX);
        let (first, second) = counters_of(key, self.counters.len());
        for at in [first, second] {
            let add = |counter: u8| Some(counter.saturating_add(groups));
            // The closure always gives a value.
            let _: Result<u8, u8> = self.counters[at].fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        }
    }

    /// Adds what others counted into the counters from `first` on, in a sketch of the same size: the sum is what
    /// one sketch of all would have. What is beyond the end is passed over.
    pub fn absorb(&self, first: usize, counters: &[u8]) {
        for (counter, &more) in self.counters.iter().skip(first).zip(counters) {
            if more > 0 {
                let add = |counter: u8| Some(counter.saturating_add(more));
                // The closure always gives a value.
                let _: Result<u8, u8> = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
            }
        }
    }

    /// Ends counting.
    #[must_use]
    pub fn finish(self) -> Statistics {
        Statistics {
            counters: self.counters.into_iter().map(AtomicU8::into_inner).collect(),
            groups: self.groups.into_inner(),
        }
    }
}

/// The two different counters of a key, in one block.
const fn counters_of(key: u64, counters: usize) -> (usize, usize) {
    let block = (key >> 12) as usize & (counters / BLOCK_BYTES - 1);
    let first = key as usize % BLOCK_BYTES;
    let second = (first + 1 + (key >> 6) as usize % (BLOCK_BYTES - 1)) % BLOCK_BYTES;
    (block * BLOCK_BYTES + first, block * BLOCK_BYTES + second)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(number: u64) -> u64 {
        crate::keys::sequence(&[number])
    }

    #[test]
    fn counts_the_other_groups() {
        let builder = Statistics::builder(100);
        for group in 0..5 {
            builder.observe_group([key(1), key(100 + group)]);
        }
        let statistics = builder.finish();
        assert_eq!(statistics.groups(), 5);
        assert_eq!(statistics.others(key(1), Groups::Different), 3);
        assert_eq!(statistics.others(key(1), Groups::Same), 4);
        assert_eq!(statistics.others(key(101), Groups::Different), 0);
        assert_eq!(Statistics::empty().others(key(1), Groups::Different), 0);
    }

    #[test]
    fn what_is_known_from_elsewhere_counts_as_well() {
        let builder = Statistics::builder(100);
        builder.observe_group([key(1), key(2)]);
        builder.add(key(1), 7);
        builder.add(key(3), 1000);
        let statistics = builder.finish();
        assert_eq!(statistics.others(key(1), Groups::Same), 7);
        assert_eq!(statistics.others(key(2), Groups::Same), 0);
        assert_eq!(statistics.others(key(3), Groups::Different), 253);
        assert_eq!(statistics.groups(), 1);
    }

    #[test]
    fn counters_saturate() {
        let builder = Statistics::builder(1);
        for _ in 0..1000 {
            builder.observe_group([key(1)]);
        }
        assert_eq!(builder.finish().others(key(1), Groups::Different), 253);
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_whole(groups in prop::collection::vec(prop::collection::btree_set(0_u64..50, 0..8), 0..600), split in 0_usize..600) {
            let of = |groups: &[std::collections::BTreeSet<u64>]| {
                let builder = Statistics::builder(40);
                for group in groups {
                    builder.observe_group(group.iter().map(|&number| key(number)));
                }
                builder.finish()
            };
            let (left, right) = groups.split_at(split.min(groups.len()));
            let sum = Statistics::builder(40);
            for part in [of(left), of(right)] {
                let middle = part.counters().len() / 2;
                sum.absorb(middle, &part.counters()[middle..]);
                sum.absorb(0, &part.counters()[..middle]);
            }
            let (sum, whole) = (sum.finish(), of(&groups));
            prop_assert_eq!(sum.counters(), whole.counters());
            prop_assert!(Statistics::of_counters(sum.counters().into(), 3).is_some());
        }

        #[test]
        fn never_counts_too_few_and_knows_no_order(mut groups in prop::collection::vec(prop::collection::btree_set(0_u64..50, 0..8), 0..20)) {
            let count = |groups: &[std::collections::BTreeSet<u64>]| {
                let builder = Statistics::builder(40);
                for group in groups {
                    builder.observe_group(group.iter().map(|&number| key(number)));
                }
                builder.finish()
            };
            let forward = count(&groups);
            for number in 0..50 {
                let real = groups.iter().filter(|group| group.contains(&number)).count();
                prop_assert!(usize::from(forward.others(key(number), Groups::Same)) + 1 >= real);
            }
            groups.reverse();
            prop_assert_eq!(count(&groups).counters, forward.counters);
        }
    }
}
