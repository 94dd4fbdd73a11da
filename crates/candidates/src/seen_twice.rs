//! A compact filter for keys that occur at least twice; the rest, which can match nobody, need never
//! be stored.

use std::sync::atomic::{AtomicU64, Ordering};

/// Two bit arrays, "seen" and "seen again", with two bits a key: a counting Bloom filter (Bloom 1970)
/// that counts to two. It errs to one side only: a key seen twice is always told, some seen once are
/// taken for twice (one in six when as many were observed as foreseen). What it tells does not depend
/// on the order in which keys were observed, nor on the threads.
#[derive(Debug)]
pub struct SeenTwice {
    cells: Box<[Cell]>,
}

/// The same 64 bits of both arrays, and all that a key touches: one cache line.
#[derive(Debug, Default)]
struct Cell {
    once: AtomicU64,
    twice: AtomicU64,
}

impl SeenTwice {
    /// Bits in each array for a foreseen distinct key.
    const BITS_PER_KEY: usize = 4;
    /// Least number of cells.
    const CELLS_MIN: usize = 64;

    /// For about `keys` distinct keys: takes one byte for each, at most `bytes_max`.
    #[must_use]
    pub fn with_capacity(keys: usize, bytes_max: usize) -> Self {
        let wanted = keys.saturating_mul(Self::BITS_PER_KEY).div_ceil(64);
        let cells = wanted.min(bytes_max / size_of::<Cell>()).max(Self::CELLS_MIN);
        Self { cells: std::iter::repeat_with(Cell::default).take(cells).collect() }
    }

    /// Takes note of the keys of one document. A key that the document repeats counts as seen twice.
    pub fn observe(&self, keys: &[u64]) {
        for &key in keys {
            let (cell, bits) = self.place(key);
            let again = cell.once.fetch_or(bits, Ordering::Relaxed) & bits;
            if again & !cell.twice.load(Ordering::Relaxed) != 0 {
                cell.twice.fetch_or(again, Ordering::Relaxed);
            }
        }
    }

    /// Whether `key` was observed twice, or looks like one that was.
    #[must_use]
    pub fn twice(&self, key: u64) -> bool {
        let (cell, bits) = self.place(key);
        cell.twice.load(Ordering::Relaxed) & bits == bits
    }

    /// Memory that the filter takes, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.cells.len() * size_of::<Cell>()
    }

    /// The cell by the high bits, the two bits in it by the low ones: keys are well mixed.
    fn place(&self, key: u64) -> (&Cell, u64) {
        let at = (u128::from(key) * self.cells.len() as u128) >> 64;
        (&self.cells[at as usize], 1 << (key & 63) | 1 << (key >> 6 & 63))
    }
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    /// Keys as families make them: all bits mixed.
    fn keys(range: std::ops::Range<u64>) -> Vec<u64> {
        let mixed = |n: u64, factor: u64| (n ^ n >> 32).wrapping_mul(factor);
        range
            .map(|n| mixed(mixed(n + 1, 0xd6e8_feb8_6659_fd93), 0xd6e8_feb8_6659_fd93))
            .map(|n| n ^ n >> 32)
            .collect()
    }

    #[test]
    fn what_was_seen_twice_is_always_told() {
        let filter = SeenTwice::with_capacity(3000, usize::MAX);
        filter.observe(&keys(0..2000));
        filter.observe(&keys(1000..3000));
        assert!(keys(1000..2000).into_iter().all(|key| filter.twice(key)));
    }

    #[test]
    fn few_seen_once_are_taken_for_twice() {
        let filter = SeenTwice::with_capacity(100_000, usize::MAX);
        filter.observe(&keys(0..100_000));
        let wrong = keys(0..100_000).into_iter().filter(|&key| filter.twice(key)).count();
        assert!(wrong < 18_000, "{wrong}");
    }

    #[test]
    fn threads_and_order_do_not_matter() {
        let told = |chunk: usize| {
            let filter = SeenTwice::with_capacity(1000, usize::MAX);
            keys(0..10_000).par_chunks(chunk).for_each(|part| filter.observe(part));
            keys(0..10_000).into_iter().map(|key| filter.twice(key)).collect::<Vec<bool>>()
        };
        assert_eq!(told(10_000), told(7));
    }

    #[test]
    fn memory_is_bounded() {
        assert_eq!(SeenTwice::with_capacity(usize::MAX, 1 << 20).bytes(), 1 << 20);
        assert_eq!(SeenTwice::with_capacity(0, 0).bytes(), 1024);
    }
}
