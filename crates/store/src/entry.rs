//! Entries of lists, and blocks of them as bytes.

use crate::bytes::{Numbers, put_varint};

/// What a key leads to. Entries of a list ascend by key, then by value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// A hash of whatever it stands for, below 2^62.
    pub key: u64,
    /// In lists of documents: twice the place of the document in its segment, one more when it is
    /// marked. In counts: how often the key was counted.
    pub value: u32,
}

impl Entry {
    /// Bits of a key.
    pub const KEY_BITS: u32 = 62;

    /// The document at this place of its segment.
    pub(crate) const fn place(self) -> u32 {
        self.value >> 1
    }

    /// Whether the document is marked.
    pub(crate) const fn is_marked(self) -> bool {
        self.value & 1 == 1
    }
}

/// Entries of a block.
pub(crate) const BLOCK_ENTRIES: usize = 256;

/// Packs ascending entries, the first of which has the key of the block: distances of keys, and values
/// only where they are not 0; among entries of one key, distances of values.
pub(crate) fn pack(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * 5);
    let mut before: Option<Entry> = None;
    for &entry in entries {
        let (step, value) = match before {
            Some(before) if before.key == entry.key => (0, entry.value - before.value),
            Some(before) => (entry.key - before.key, entry.value),
            None => (0, entry.value),
        };
        put_varint(step << 1 | u64::from(value != 0), &mut bytes);
        if value != 0 {
            put_varint(u64::from(value), &mut bytes);
        }
        before = Some(entry);
    }
    bytes
}

/// The entries of a block whose first key is `key`; `None` when the bytes are no such block.
pub(crate) fn unpack(key: u64, bytes: &[u8]) -> Option<Vec<Entry>> {
    let mut numbers = Numbers::of(bytes);
    let mut entries: Vec<Entry> = Vec::with_capacity(BLOCK_ENTRIES);
    while !numbers.is_empty() {
        let head = numbers.varint()?;
        let value = if head & 1 == 1 { u32::try_from(numbers.varint()?).ok()? } else { 0 };
        let step = head >> 1;
        let entry = match entries.last() {
            Some(before) if step == 0 => Entry { key: before.key, value: before.value.checked_add(value)? },
            Some(before) => Entry { key: before.key.checked_add(step)?, value },
            None => Entry { key: key.checked_add(step)?, value },
        };
        entries.push(entry);
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_lonely_key_takes_its_distance() {
        let entries: Vec<Entry> = (0..100).map(|n| Entry { key: n * 50, value: 0 }).collect();
        assert_eq!(pack(&entries).len(), 100);
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(
            entries in prop::collection::btree_set((0_u64..1 << Entry::KEY_BITS, any::<u32>()), 1..300),
            few in prop::collection::btree_set((0_u64..4, 0_u32..500), 1..300),
        ) {
            for entries in [entries, few] {
                let entries: Vec<Entry> = entries.into_iter().map(|(key, value)| Entry { key, value }).collect();
                prop_assert_eq!(unpack(entries[0].key, &pack(&entries)), Some(entries));
            }
        }

        #[test]
        fn any_bytes_are_entries_or_none(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = unpack(7, &bytes);
        }
    }
}
