//! In how many near-copy groups of the corpus a key occurs.
//!
//! Only small counts matter: a phrase that no other story has is evidence, one that ten stories have
//! is hardly any. So a count-min sketch of saturating bytes does (Cormode and Muthukrishnan 2005):
//! it may count too many, never too few, and then evidence is understated. All threads build it, each
//! in strips of its own, and the order of keys makes no difference.

use std::hint::black_box;

use rayon::prelude::*;

/// Bytes of a block; both counters of a key stand in one block, one cache line.
const BLOCK_BYTES: usize = 64;

/// Counters for each expected key. With two increments a key, a count is too high for about one key
/// in ten.
const COUNTERS_PER_KEY: usize = 4;

/// Largest sketch.
const SKETCH_BYTES_MAX: usize = 256 << 20;

/// Keys that are looked up together.
const KEYS_AT_ONCE: usize = 256;

/// Keys that wait until they are counted together: one at a time would meet a block that is in no cache.
const WAITING_KEYS: usize = 1 << 21;

/// Keys that are sorted by strip together.
const PORTION_KEYS: usize = 1 << 16;

/// Bytes of a strip of the sketch, which stays in a cache while its keys are counted.
const STRIP_BYTES: usize = 1 << 19;

/// Whether the two texts belong to one group of near copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Groups {
    /// Both are members of one group.
    Same,
    /// Each is a member of its own.
    Different,
    /// Nothing is known but the two texts: what they have, no other has.
    Unknown,
}

impl Groups {
    const fn count(self) -> u8 {
        match self {
            Self::Same => 1,
            Self::Different => 2,
            Self::Unknown => u8::MAX,
        }
    }

    /// How many other groups have a key that `counted` groups have, these included; saturates at 254 at most.
    pub(crate) const fn others(self, counted: u8) -> u8 {
        counted.saturating_sub(self.count())
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
    counters: Box<[u8]>,
    groups: u64,
    /// Keys that are not in the sketch yet.
    waiting: Vec<u64>,
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
        let mut counters = vec![0; bytes.next_power_of_two()];
        // Written before it is read: a page of zeros that is read first is mapped twice, and all threads wait for it.
        counters.par_chunks_mut(STRIP_BYTES).for_each(|strip| strip.fill(black_box(0)));
        StatisticsBuilder { counters: counters.into(), groups: 0, waiting: Vec::new() }
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

    /// How many groups have each key; saturates at 255.
    pub(crate) fn counts(&self, keys: &[u64]) -> Vec<u8> {
        if self.counters.is_empty() {
            return vec![0; keys.len()];
        }
        // Found first, compared then: a comparison that waits for one counter would keep the next from being fetched.
        let mut counts = Vec::with_capacity(keys.len());
        let mut found = [(0, 0); KEYS_AT_ONCE];
        for batch in keys.chunks(KEYS_AT_ONCE) {
            for (both, &key) in found.iter_mut().zip(batch) {
                let (first, second) = counters_of(key, self.counters.len());
                *both = (self.counters[first], self.counters[second]);
            }
            counts.extend(found[..batch.len()].iter().map(|&(first, second)| first.min(second)));
        }
        counts
    }
}

impl StatisticsBuilder {
    /// Counts one group of near copies: the keys of all its members, each once.
    pub fn observe_group(&mut self, keys: &[u64]) {
        self.groups += 1;
        for some in keys.chunks(PORTION_KEYS) {
            if self.waiting.len() + some.len() > WAITING_KEYS {
                self.count_waiting();
            }
            self.waiting.extend(some);
        }
    }

    /// Counts a key that so many other groups are known to have.
    pub fn add(&mut self, key: u64, groups: u32) {
        let groups = u8::try_from(groups).unwrap_or(u8::MAX);
        let (first, second) = counters_of(key, self.counters.len());
        for at in [first, second] {
            self.counters[at] = self.counters[at].saturating_add(groups);
        }
    }

    /// Adds what others counted into the counters from `first` on, in a sketch of the same size: the sum is what
    /// one sketch of all would have. What is beyond the end is passed over.
    pub fn absorb(&mut self, first: usize, counters: &[u8]) {
        for (counter, &more) in self.counters.iter_mut().skip(first).zip(counters) {
            *counter = counter.saturating_add(more);
        }
    }

    /// Ends counting.
    #[must_use]
    pub fn finish(mut self) -> Statistics {
        self.count_waiting();
        Statistics { counters: self.counters, groups: self.groups }
    }

    /// Counts the keys that wait, strip by strip.
    fn count_waiting(&mut self) {
        let len = self.counters.len();
        let portions = self.waiting.par_chunks(PORTION_KEYS);
        let portions: Vec<ByStrip> = portions.map(|keys| ByStrip::of(keys, len)).collect();
        self.counters.par_chunks_mut(STRIP_BYTES).enumerate().for_each(|(at, strip)| {
            for &key in portions.iter().flat_map(|portion| portion.of_strip(at)) {
                let (first, second) = counters_of(key, len);
                for at in [first % STRIP_BYTES, second % STRIP_BYTES] {
                    strip[at] = strip[at].saturating_add(1);
                }
            }
        });
        self.waiting.clear();
    }
}

/// Keys in the order of their strips (a counting sort).
struct ByStrip {
    keys: Vec<u64>,
    /// Where each strip ends in `keys`.
    ends: Vec<u32>,
}

impl ByStrip {
    /// At most [`PORTION_KEYS`] keys of a sketch with so many counters.
    fn of(keys: &[u64], counters: usize) -> Self {
        let strip = |key: u64| counters_of(key, counters).0 / STRIP_BYTES;
        let mut ends = vec![0_u32; counters.div_ceil(STRIP_BYTES)];
        keys.iter().for_each(|&key| ends[strip(key)] += 1);
        let mut before = 0;
        for end in &mut ends {
            before += std::mem::replace(end, before);
        }
        let mut sorted = vec![0; keys.len()];
        for &key in keys {
            let place = &mut ends[strip(key)];
            sorted[*place as usize] = key;
            *place += 1;
        }
        Self { keys: sorted, ends }
    }

    fn of_strip(&self, at: usize) -> &[u64] {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.keys[start as usize..self.ends[at] as usize]
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

    fn others(statistics: &Statistics, groups: Groups, key: u64) -> u8 {
        groups.others(statistics.counts(&[key])[0])
    }

    fn of_group(keys: impl IntoIterator<Item = u64>) -> Vec<u64> {
        crate::keys::distinct(keys.into_iter().collect())
    }

    #[test]
    fn many_keys_are_counted_strip_by_strip() {
        const GROUPS: u64 = 50;
        const KEYS: u64 = 500_000;
        let mut builder = Statistics::builder(4 * KEYS as usize);
        let mut observed = 0;
        for group in 0..GROUPS {
            let keys = of_group((0..KEYS).step_by(group as usize + 1).map(key));
            observed += keys.len();
            builder.observe_group(&keys);
        }
        let statistics = builder.finish();
        assert!(statistics.counters().len() > 8 * STRIP_BYTES && observed > WAITING_KEYS);
        let (mut exact, mut below) = (0, 0);
        for number in 0..KEYS {
            let real = (1..=GROUPS).filter(|step| number % step == 0).count();
            let counted = usize::from(others(&statistics, Groups::Same, key(number))) + 1;
            below += u64::from(counted < real);
            exact += u64::from(counted == real);
        }
        assert_eq!(below, 0, "never too few");
        assert!(exact > KEYS * 9 / 10, "{exact} of {KEYS}");
    }

    #[test]
    fn counts_the_other_groups() {
        let mut builder = Statistics::builder(100);
        for group in 0..5 {
            builder.observe_group(&of_group([key(1), key(100 + group)]));
        }
        let statistics = builder.finish();
        assert_eq!(statistics.groups(), 5);
        assert_eq!(others(&statistics, Groups::Different, key(1)), 3);
        assert_eq!(others(&statistics, Groups::Same, key(1)), 4);
        assert_eq!(others(&statistics, Groups::Different, key(101)), 0);
        assert_eq!(others(&Statistics::empty(), Groups::Different, key(1)), 0);
    }

    #[test]
    fn what_is_known_from_elsewhere_counts_as_well() {
        let mut builder = Statistics::builder(100);
        builder.observe_group(&of_group([key(1), key(2)]));
        builder.add(key(1), 7);
        builder.add(key(3), 1000);
        let statistics = builder.finish();
        assert_eq!(others(&statistics, Groups::Same, key(1)), 7);
        assert_eq!(others(&statistics, Groups::Same, key(2)), 0);
        assert_eq!(others(&statistics, Groups::Different, key(3)), 253);
        assert_eq!(statistics.groups(), 1);
    }

    #[test]
    fn counters_saturate() {
        let mut builder = Statistics::builder(1);
        for _ in 0..1000 {
            builder.observe_group(&[key(1)]);
        }
        assert_eq!(others(&builder.finish(), Groups::Different, key(1)), 253);
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_whole(groups in prop::collection::vec(prop::collection::btree_set(0_u64..50, 0..8), 0..600), split in 0_usize..600) {
            let of = |groups: &[std::collections::BTreeSet<u64>]| {
                let mut builder = Statistics::builder(40);
                for group in groups {
                    builder.observe_group(&of_group(group.iter().map(|&number| key(number))));
                }
                builder.finish()
            };
            let (left, right) = groups.split_at(split.min(groups.len()));
            let mut sum = Statistics::builder(40);
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
                let mut builder = Statistics::builder(40);
                for group in groups {
                    builder.observe_group(&of_group(group.iter().map(|&number| key(number))));
                }
                builder.finish()
            };
            let forward = count(&groups);
            for number in 0..50 {
                let real = groups.iter().filter(|group| group.contains(&number)).count();
                prop_assert!(usize::from(others(&forward, Groups::Same, key(number))) + 1 >= real);
            }
            groups.reverse();
            prop_assert_eq!(count(&groups).counters, forward.counters);
        }
    }
}
