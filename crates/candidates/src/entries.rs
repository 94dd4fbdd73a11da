//! Entries of postings, packed: 32 bits of a key and a document in little more than five bytes.
//!
//! A document adds a key or so to each partition, so the documents of neighbouring entries are
//! neighbours: a run of entries names its first document, then each entry its distance in one byte.

use crate::overflow::{OverflowFailed, Room};

/// Entries of a run.
const RUN_ENTRIES: usize = 64;
/// 32-bit words of a block, at least and at most. Blocks double until they are large enough for their
/// memory to be used again for posting lists; what is not yet written to takes none.
const BLOCK_WORDS_MIN: usize = 4 << 10;
const BLOCK_WORDS_MAX: usize = 256 << 10;
/// The largest block takes at most this part of the room for all: so many partitions have one open.
const BLOCKS_IN_ROOM_MIN: usize = 2 * crate::postings::PARTITIONS;

/// A run that is being collected.
#[derive(Debug, Default)]
pub(crate) struct Run {
    first_doc: u32,
    keys: Vec<u32>,
    distances: Vec<u8>,
}

impl Run {
    /// Takes an entry in, unless the run is full or began too far from `doc`.
    pub(crate) fn push(&mut self, key: u32, doc: u32) -> Result<(), RunIsFull> {
        if self.keys.is_empty() {
            self.first_doc = doc;
            self.keys.reserve_exact(RUN_ENTRIES);
            self.distances.reserve_exact(RUN_ENTRIES);
        }
        let distance = u8::try_from(doc.wrapping_sub(self.first_doc)).map_err(|_| RunIsFull)?;
        if self.keys.len() == RUN_ENTRIES {
            return Err(RunIsFull);
        }
        self.keys.push(key);
        self.distances.push(distance);
        Ok(())
    }

    /// Whether there is no entry.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Words that the run takes in a block: its first document, its length, keys, distances by fours.
    fn packed_len(&self) -> usize {
        2 + self.keys.len() + self.distances.len().div_ceil(4)
    }
}

/// The entry must go to a new run.
#[derive(Debug)]
pub(crate) struct RunIsFull;

/// All runs of a partition.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    /// Blocks in memory; the last one is open.
    blocks: Vec<Vec<u32>>,
    /// Blocks that did not fit.
    away: Vec<u32>,
    len: usize,
}

impl Entries {
    /// Number of entries.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Packs the entries of `run`, which is empty then.
    pub(crate) fn append(&mut self, run: &mut Run, room: &Room) -> Result<(), OverflowFailed> {
        if self.blocks.last().is_none_or(|block| block.len() + run.packed_len() > block.capacity()) {
            self.open(room)?;
        }
        let block = self.blocks.last_mut().expect("a block was pushed if there was none");
        self.len += run.keys.len();
        block.extend([run.first_doc, run.keys.len() as u32]);
        block.append(&mut run.keys);
        block.extend(
            run.distances
                .chunks(4)
                .map(|four| four.iter().rev().fold(0, |word, &distance| word << 8 | u32::from(distance))),
        );
        run.distances.clear();
        Ok(())
    }

    /// Begins a block; where there is no room for one more, the last one is put away first.
    fn open(&mut self, room: &Room) -> Result<(), OverflowFailed> {
        let words_max = (room.bytes_max() / size_of::<u32>() / BLOCKS_IN_ROOM_MIN).min(BLOCK_WORDS_MAX);
        let words = self.len.clamp(BLOCK_WORDS_MIN, words_max.max(BLOCK_WORDS_MIN));
        match (room.take(words * size_of::<u32>()), self.blocks.last_mut()) {
            (Err(overflow), Some(last)) => {
                self.away.push(overflow.put(last)?);
                last.clear();
            }
            _ => self.blocks.push(Vec::with_capacity(words)),
        }
        Ok(())
    }

    /// The entries of the documents that `keep` accepts, the key in the high half of a number and the
    /// document in the low half.
    pub(crate) fn unpack(
        mut self,
        keep: impl Fn(u32) -> bool,
        room: &Room,
    ) -> Result<Vec<u64>, OverflowFailed> {
        let mut entries = Vec::with_capacity(if self.away.is_empty() { self.len } else { 0 });
        for block in self.blocks.drain(..) {
            unpack_block(&block, &keep, &mut entries);
        }
        let mut words = Vec::new();
        for number in self.away {
            words.clear();
            room.get(number, &mut words)?;
            unpack_block(&words, &keep, &mut entries);
        }
        Ok(entries)
    }
}

fn unpack_block(block: &[u32], keep: impl Fn(u32) -> bool, entries: &mut Vec<u64>) {
    let mut rest = block;
    while let [first_doc, len, packed @ ..] = rest {
        let (keys, packed) = packed.split_at(*len as usize);
        let (distances, next) = packed.split_at(keys.len().div_ceil(4));
        for (four, &word) in keys.chunks(4).zip(distances) {
            for (&key, distance) in four.iter().zip(word.to_le_bytes()) {
                let doc = first_doc + u32::from(distance);
                if keep(doc) {
                    entries.push(u64::from(key) << 32 | u64::from(doc));
                }
            }
        }
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::overflow::tests::Shelf;

    fn packed(entries: &[(u32, u32)], room: &Room) -> Entries {
        let (mut packed, mut run) = (Entries::default(), Run::default());
        for &(key, doc) in entries {
            if run.push(key, doc).is_err() {
                packed.append(&mut run, room).unwrap();
                run.push(key, doc).unwrap();
            }
        }
        packed.append(&mut run, room).unwrap();
        packed
    }

    #[test]
    fn an_entry_takes_little_more_than_five_bytes() {
        let entries: Vec<(u32, u32)> = (0..100_000).map(|n| (n * 77, n)).collect();
        let packed = packed(&entries, &Room::boundless());
        assert_eq!(packed.len(), entries.len());
        let bytes: usize = packed.blocks.iter().map(|block| 4 * block.len()).sum();
        assert!(bytes < entries.len() * 53 / 10, "{bytes}");
    }

    #[test]
    fn what_does_not_fit_comes_back() {
        let entries: Vec<(u32, u32)> = (0..100_000).map(|n| (n * 77, n / 3)).collect();
        let room = Room::of(40_000, Arc::new(Shelf::default()));
        let narrow = packed(&entries, &room);
        assert!(narrow.away.len() > 10, "{}", narrow.away.len());
        assert!(narrow.blocks.iter().map(Vec::capacity).sum::<usize>() <= 10_000);
        let boundless = Room::boundless();
        let mut found = narrow.unpack(|doc| doc % 7 > 0, &room).unwrap();
        let mut expect = packed(&entries, &boundless).unpack(|doc| doc % 7 > 0, &boundless).unwrap();
        found.sort_unstable();
        expect.sort_unstable();
        assert_eq!(found, expect);
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(
            entries in prop::collection::vec((any::<u32>(), prop_oneof![0_u32..9, 250_u32..600, any::<u32>()]), 0..400),
        ) {
            let expect: Vec<u64> = entries
                .iter()
                .filter(|(_, doc)| doc % 3 > 0)
                .map(|&(key, doc)| u64::from(key) << 32 | u64::from(doc))
                .collect();
            let room = Room::boundless();
            prop_assert_eq!(packed(&entries, &room).unpack(|doc| doc % 3 > 0, &room).unwrap(), expect);
        }
    }
}
