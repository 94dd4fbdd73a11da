//! Entries of postings, packed: 32 bits of a key and a document in little more than five bytes.
//!
//! A document adds a key or so to each partition, so the documents of neighbouring entries are
//! neighbours: a run of entries names its first document, then each entry its distance in one byte.

/// Entries of a run.
const RUN_ENTRIES: usize = 64;
/// 32-bit words of a block, at least and at most. Blocks double until they are large enough for their
/// memory to be used again for posting lists; what is not yet written to takes none.
const BLOCK_WORDS_MIN: usize = 4 << 10;
const BLOCK_WORDS_MAX: usize = 256 << 10;

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
    blocks: Vec<Vec<u32>>,
    len: usize,
}

impl Entries {
    /// Number of entries.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Packs the entries of `run`, which is empty then.
    pub(crate) fn append(&mut self, run: &mut Run) {
        if self.blocks.last().is_none_or(|block| block.len() + run.packed_len() > block.capacity()) {
            self.blocks.push(Vec::with_capacity(self.len.clamp(BLOCK_WORDS_MIN, BLOCK_WORDS_MAX)));
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
    }

    /// The entries of the documents that `keep` accepts, the key in the high half of a number and the
    /// document in the low half.
    pub(crate) fn unpack(self, keep: impl Fn(u32) -> bool) -> Vec<u64> {
        let mut entries = Vec::with_capacity(self.len);
        for block in self.blocks {
            let mut rest = block.as_slice();
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
        entries
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed(entries: &[(u32, u32)]) -> Entries {
        let (mut packed, mut run) = (Entries::default(), Run::default());
        for &(key, doc) in entries {
            if run.push(key, doc).is_err() {
                packed.append(&mut run);
                run.push(key, doc).unwrap();
            }
        }
        packed.append(&mut run);
        packed
    }

    #[test]
    fn an_entry_takes_little_more_than_five_bytes() {
        let entries: Vec<(u32, u32)> = (0..100_000).map(|n| (n * 77, n)).collect();
        let packed = packed(&entries);
        assert_eq!(packed.len(), entries.len());
        let bytes: usize = packed.blocks.iter().map(|block| 4 * block.len()).sum();
        assert!(bytes < entries.len() * 53 / 10, "{bytes}");
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
            prop_assert_eq!(packed(&entries).unpack(|doc| doc % 3 > 0), expect);
        }
    }
}
