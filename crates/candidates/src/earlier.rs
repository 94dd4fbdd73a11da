//! What earlier runs know: how many stories have a key, and what their documents weigh.

/// What is known from earlier runs beside the documents of this one.
#[derive(Debug, Clone, Copy)]
pub struct Earlier<'a> {
    /// Documents from here on are of earlier runs: they are proposed to documents of this run, never to
    /// each other.
    pub first: u32,
    /// What all keys of each of these documents weigh.
    pub weights: &'a [u32],
    /// How many other stories of earlier runs have a key.
    pub elsewhere: &'a Elsewhere,
}

/// How many stories, beside those at hand, have a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// Keys with counts, by key.
    counts: Vec<(u64, u32)>,
}

/// Bits of a key that partition keys.
const PARTITION_BITS: u32 = 8;
/// Further bits that tell keys apart.
const REST_BITS: u32 = 32;

/// The bits of a key that tell it apart from others here: the first 40.
#[must_use]
pub const fn stored_key(key: u64) -> u64 {
    key >> (u64::BITS - PARTITION_BITS - REST_BITS)
}

impl Elsewhere {
    /// From stored keys and their counts, in any order; counts of one key add up.
    #[must_use]
    pub fn of(mut counts: Vec<(u64, u32)>) -> Self {
        counts.sort_unstable();
        counts.dedup_by(|next, first| {
            let is_same = next.0 == first.0;
            if is_same {
                first.1 = first.1.saturating_add(next.1);
            }
            is_same
        });
        Self { counts }
    }

    /// The counts of a partition, to be asked for by ascending rests of keys.
    pub(crate) fn of_partition(&self, partition: usize) -> ElsewhereCursor<'_> {
        let begins = |partition: u64| self.counts.partition_point(|&(key, _)| key >> REST_BITS < partition);
        ElsewhereCursor { rest: &self.counts[begins(partition as u64)..begins(partition as u64 + 1)] }
    }
}

/// Goes through the counts of one partition.
pub(crate) struct ElsewhereCursor<'a> {
    rest: &'a [(u64, u32)],
}

impl ElsewhereCursor<'_> {
    /// Of no partition: knows nothing.
    pub(crate) const fn none() -> Self {
        ElsewhereCursor { rest: &[] }
    }

    /// How many stories elsewhere have the key with this rest; rests ascend from call to call.
    pub(crate) fn count(&mut self, key: u32) -> u32 {
        let before = self.rest.partition_point(|&(other, _)| (other as u32) < key);
        self.rest = &self.rest[before..];
        match self.rest.first() {
            Some(&(other, count)) if other as u32 == key => count,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_partition_and_rest() {
        let key = |partition: u64, rest: u64| partition << 32 | rest;
        let elsewhere = Elsewhere::of(vec![
            (key(3, 9), 1),
            (key(1, 9), 4),
            (key(3, 7), 2),
            (key(3, 9), 5),
            (key(255, 0), 1),
        ]);
        let mut third = elsewhere.of_partition(3);
        assert_eq!([1, 7, 8, 9, 10].map(|rest| third.count(rest)), [0, 2, 0, 6, 0]);
        assert_eq!(elsewhere.of_partition(255).count(0), 1);
        assert_eq!(elsewhere.of_partition(2).count(9), 0);
        assert_eq!(stored_key(u64::MAX), (1 << 40) - 1);
    }
}
