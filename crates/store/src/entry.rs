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

/// Entries that stand together in a block: whoever looks for a key passes over all others of a block.
const PART_ENTRIES: usize = 32;

/// Packs ascending entries, the first of which has the key of the block: how many parts there are; of each but
/// the last its length in bytes, and the distance from its first key to that of the next; then the parts.
pub(crate) fn pack(entries: &[Entry]) -> Vec<u8> {
    let parts: Vec<(u64, Vec<u8>)> =
        entries.chunks(PART_ENTRIES).map(|part| (part[0].key, pack_part(part))).collect();
    let mut bytes = Vec::with_capacity(entries.len() * 6);
    put_varint(parts.len() as u64, &mut bytes);
    for two in parts.windows(2) {
        put_varint(two[0].1.len() as u64, &mut bytes);
        put_varint(two[1].0 - two[0].0, &mut bytes);
    }
    parts.iter().for_each(|(_, part)| bytes.extend(part));
    bytes
}

/// Packs the entries of a part: distances of keys, and values only where they are not 0; among entries of one
/// key, distances of values.
fn pack_part(entries: &[Entry]) -> Vec<u8> {
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
    let mut entries = Vec::with_capacity(BLOCK_ENTRIES);
    each(key, bytes, 0, |entry| {
        entries.push(entry);
        Next::From(0)
    })?;
    Some(entries)
}

/// What whoever looks at entries wants to see next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Entries of this key and those behind it.
    From(u64),
    /// Nothing more.
    Nothing,
}

/// Hands over the entries of a block whose first key is `key`, until `hand` wants nothing more; some that are
/// before what it wants, `from` on, may be among them. `None` when the bytes so far are no such block.
pub(crate) fn each(
    key: u64,
    bytes: &[u8],
    mut from: u64,
    mut hand: impl FnMut(Entry) -> Next,
) -> Option<Next> {
    let mut head = Numbers::of(bytes);
    let parts = head.varint()?;
    let mut rest = head.clone();
    for _ in 1..parts {
        rest.varint().zip(rest.varint())?;
    }
    let mut first = key;
    for part in 1..=parts {
        let own = if part < parts {
            let (len, step) = head.varint().zip(head.varint())?;
            let own = rest.take(usize::try_from(len).ok()?)?;
            let next = first.checked_add(step)?;
            let this = std::mem::replace(&mut first, next);
            // A key may stand in two parts.
            if next < from {
                continue;
            }
            (this, own)
        } else {
            (first, rest.rest())
        };
        match each_of_part(own.0, own.1, from, &mut hand)? {
            Next::From(key) => from = key,
            Next::Nothing => return Some(Next::Nothing),
        }
    }
    Some(Next::From(from))
}

fn each_of_part(key: u64, bytes: &[u8], mut from: u64, hand: &mut impl FnMut(Entry) -> Next) -> Option<Next> {
    let mut numbers = Numbers::of(bytes);
    // What stands before the first has its key, and no value to add to.
    let mut before = Entry { key, value: 0 };
    while !numbers.is_empty() {
        let head = numbers.varint()?;
        let value = if head & 1 == 1 { u32::try_from(numbers.varint()?).ok()? } else { 0 };
        before = match head >> 1 {
            0 => Entry { key: before.key, value: before.value.checked_add(value)? },
            step => Entry { key: before.key.checked_add(step)?, value },
        };
        if before.key >= from {
            match hand(before) {
                Next::From(key) => from = key,
                Next::Nothing => return Some(Next::Nothing),
            }
        }
    }
    Some(Next::From(from))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_lonely_key_takes_its_distance() {
        let entries: Vec<Entry> = (0..100).map(|n| Entry { key: n * 50, value: 0 }).collect();
        // Four parts: three lengths and distances, which take two bytes.
        assert_eq!(pack(&entries).len(), 100 + 1 + 3 * (1 + 2));
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
        fn keys_are_found_among_others(
            entries in prop::collection::btree_set((0_u64..60, 0_u32..9), 1..300),
            wanted in prop::collection::btree_set(0_u64..64, 1..20),
        ) {
            let entries: Vec<Entry> = entries.into_iter().map(|(key, value)| Entry { key, value }).collect();
            let wanted: Vec<u64> = wanted.into_iter().collect();
            let (mut at, mut found) = (0, Vec::new());
            each(entries[0].key, &pack(&entries), wanted[0], |entry| {
                at += wanted[at..].iter().take_while(|&&key| key < entry.key).count();
                match wanted.get(at) {
                    Some(&key) => {
                        found.extend((key == entry.key).then_some(entry));
                        Next::From(key)
                    }
                    None => Next::Nothing,
                }
            });
            let all: Vec<Entry> = entries.into_iter().filter(|entry| wanted.contains(&entry.key)).collect();
            prop_assert_eq!(found, all);
        }

        #[test]
        fn any_bytes_are_entries_or_none(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = unpack(7, &bytes);
        }
    }
}
