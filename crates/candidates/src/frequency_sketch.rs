//! A compact count of documents per key, to tell the keys worth storing: those that occur once can
//! match nobody, those that occur all over say nothing.

use std::sync::atomic::{AtomicU64, Ordering};

/// A count-min sketch (Cormode and Muthukrishnan 2005) of saturating 5-bit counters, two a key and both
/// in one machine word. It never counts too little; that it counts too much is rare enough to cost
/// only a little memory (keys that occur once and are stored) and weight (rare keys taken for
/// crowded ones). What it tells does not depend on the order in which keys were observed, nor on
/// the number of threads.
#[derive(Debug)]
pub struct FrequencySketch {
    words: Box<[AtomicU64]>,
}

impl FrequencySketch {
    /// Highest count; whatever occurs as often or more often has it.
    pub const COUNT_MAX: u8 = 31;
    /// Keys that are looked up together: their memory is fetched at the same time, which is most of the
    /// cost.
    pub const BATCH_KEYS: usize = 32;
    /// Bytes for a foreseen distinct key.
    const BYTES_PER_KEY: usize = 2;
    /// Least size, in bytes.
    const BYTES_MIN: usize = 4096;

    /// For about `keys` distinct keys: takes two bytes for each, at most `bytes_max`. With just as
    /// many, one in four of those that occur once looks like two; with half as many, one in twelve.
    #[must_use]
    pub fn with_capacity(keys: usize, bytes_max: usize) -> Self {
        let bytes = keys.saturating_mul(Self::BYTES_PER_KEY).min(bytes_max).max(Self::BYTES_MIN);
        let words = bytes.div_ceil(size_of::<u64>());
        Self { words: std::iter::repeat_with(AtomicU64::default).take(words).collect() }
    }

    /// Counts the keys of one document, or of one document of each group of near copies. A key that the
    /// document repeats counts again.
    pub fn observe(&self, keys: &[u64]) {
        for batch in keys.chunks(Self::BATCH_KEYS) {
            let mut counts = [0; Self::BATCH_KEYS];
            for (counts, &key) in counts.iter_mut().zip(batch) {
                *counts = self.place(key).0.load(Ordering::Relaxed);
            }
            for (counts, &key) in counts.into_iter().zip(batch) {
                let (word, counters) = self.place(key);
                increment(word, &counters, counts);
            }
        }
    }

    /// How often each of `keys` was observed, at least, up to [`Self::COUNT_MAX`]; seldom more than it
    /// was. At most [`Self::BATCH_KEYS`] keys; what is beyond them counts 0.
    #[must_use]
    pub fn counts(&self, keys: &[u64]) -> [u8; Self::BATCH_KEYS] {
        let mut counts = [0; Self::BATCH_KEYS];
        for (count, &key) in counts.iter_mut().zip(keys) {
            let (word, counters) = self.place(key);
            *count = counters.count(word.load(Ordering::Relaxed));
        }
        counts
    }

    /// Memory that the sketch takes, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.words.len() * size_of::<u64>()
    }

    /// The word by the high bits, the two counters in it by the low ones: keys are well mixed.
    fn place(&self, key: u64) -> (&AtomicU64, Counters) {
        let at = (u128::from(key) * self.words.len() as u128) >> 64;
        let counter = |bits: u64| (((bits & 0xffff) * COUNTERS) >> 16) as u32 * COUNTER_BITS;
        (&self.words[at as usize], Counters { one: counter(key), two: counter(key >> 16) })
    }
}

/// Adds one to the counters of a key in `word`, last seen as `counts`.
fn increment(word: &AtomicU64, counters: &Counters, mut counts: u64) {
    loop {
        let more = counters.incremented(counts);
        if more == counts {
            return;
        }
        match word.compare_exchange_weak(counts, more, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return,
            Err(current) => counts = current,
        }
    }
}

/// Width of a counter.
const COUNTER_BITS: u32 = 5;
/// Counters of a word.
const COUNTERS: u64 = (u64::BITS / COUNTER_BITS) as u64;

/// Where a word holds the two counters of a key, in bits; perhaps they are one.
struct Counters {
    one: u32,
    two: u32,
}

impl Counters {
    fn incremented(&self, counts: u64) -> u64 {
        let step = |shift: u32| u64::from(count_at(counts, shift) < FrequencySketch::COUNT_MAX) << shift;
        let both = if self.one == self.two { step(self.one) } else { step(self.one) + step(self.two) };
        counts + both
    }

    fn count(&self, counts: u64) -> u8 {
        count_at(counts, self.one).min(count_at(counts, self.two))
    }
}

fn count_at(counts: u64, shift: u32) -> u8 {
    (counts >> shift) as u8 & FrequencySketch::COUNT_MAX
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    /// Keys as families make them: all bits mixed.
    fn keys(range: std::ops::Range<u64>) -> Vec<u64> {
        let mixed = |n: u64| (n ^ n >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
        range.map(|n| mixed(mixed(n + 1))).map(|n| n ^ n >> 32).collect()
    }

    fn counts_of(sketch: &FrequencySketch, keys: &[u64]) -> Vec<u8> {
        keys.chunks(FrequencySketch::BATCH_KEYS)
            .flat_map(|batch| sketch.counts(batch).into_iter().take(batch.len()))
            .collect()
    }

    #[test]
    fn never_counts_too_little() {
        let sketch = FrequencySketch::with_capacity(3000, usize::MAX);
        for round in 0..40 {
            sketch.observe(&keys(0..3000 / (round + 1)));
        }
        for (at, count) in counts_of(&sketch, &keys(0..3000)).into_iter().enumerate() {
            let occurs = (0..40).filter(|round| at < 3000 / (round + 1)).count();
            assert!(usize::from(count) >= occurs.min(31), "{at}");
        }
    }

    #[test]
    fn seldom_counts_too_much() {
        let sketch = FrequencySketch::with_capacity(100_000, usize::MAX);
        sketch.observe(&keys(0..100_000));
        let counts = counts_of(&sketch, &keys(0..100_000));
        let share = |least: u8| counts.iter().filter(|&&count| count >= least).count() as f64 / 1e5;
        assert!(share(2) < 0.28, "{}", share(2));
        assert!(share(5) < 0.01, "{}", share(5));
    }

    #[test]
    fn threads_and_order_do_not_matter() {
        let told = |chunk: usize| {
            let sketch = FrequencySketch::with_capacity(1000, usize::MAX);
            keys(0..10_000).par_chunks(chunk).for_each(|part| sketch.observe(part));
            counts_of(&sketch, &keys(0..10_000))
        };
        assert_eq!(told(10_000), told(7));
    }

    #[test]
    fn memory_is_bounded() {
        assert_eq!(FrequencySketch::with_capacity(usize::MAX, 1 << 20).bytes(), 1 << 20);
        assert_eq!(FrequencySketch::with_capacity(0, 0).bytes(), 4096);
    }
}
