//! Where the blocks of a section are, and what the first of each is.

use std::ops::Range;

use crate::bytes::Numbers;

/// A block of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    /// Its first key, or the place of its first document.
    pub(crate) first: u64,
    /// Where it begins in the file.
    pub(crate) offset: u64,
    /// Its size in bytes.
    pub(crate) len: u32,
    /// Checksum of its bytes.
    pub(crate) checksum: u64,
}

impl Block {
    /// Where it ends in the file.
    pub(crate) const fn end(self) -> u64 {
        self.offset + self.len as u64
    }
}

/// The blocks of a section, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Directory {
    blocks: Vec<Block>,
}

impl Directory {
    /// Bytes of a block in a file.
    pub(crate) const ENTRY_BYTES: usize = 20;

    /// Of a section without blocks.
    pub(crate) const fn empty() -> Self {
        Self { blocks: Vec::new() }
    }

    pub(crate) fn push(&mut self, block: Block) {
        self.blocks.push(block);
    }

    /// All of them.
    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The blocks that may hold entries of this key: those that begin with it, and the one before.
    pub(crate) fn of_key(&self, key: u64) -> Range<usize> {
        let begins = self.blocks.partition_point(|block| block.first < key);
        let end = begins + self.blocks[begins..].partition_point(|block| block.first == key);
        begins.saturating_sub(1)..end
    }

    /// The block that holds the document at this place.
    pub(crate) fn of_place(&self, place: u64) -> Option<usize> {
        self.blocks.partition_point(|block| block.first <= place).checked_sub(1)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.blocks.len() * Self::ENTRY_BYTES);
        for block in &self.blocks {
            bytes.extend(block.first.to_le_bytes());
            bytes.extend(block.len.to_le_bytes());
            bytes.extend(block.checksum.to_le_bytes());
        }
        bytes
    }

    /// From bytes of [`Self::to_bytes`] and where the first block begins; `None` when they are none.
    pub(crate) fn of_bytes(bytes: &[u8], mut offset: u64) -> Option<Self> {
        let mut numbers = Numbers::of(bytes);
        let mut directory = Self { blocks: Vec::with_capacity(bytes.len() / Self::ENTRY_BYTES) };
        while !numbers.is_empty() {
            let (first, len, checksum) = (numbers.u64()?, numbers.u32()?, numbers.u64()?);
            directory.push(Block { first, offset, len, checksum });
            offset = offset.checked_add(u64::from(len))?;
        }
        directory.blocks.is_sorted_by_key(|block| block.first).then_some(directory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(firsts: &[u64]) -> Directory {
        let block = |(at, &first): (usize, &u64)| Block {
            first,
            offset: 100 + 10 * at as u64,
            len: 10,
            checksum: first ^ 7,
        };
        Directory { blocks: firsts.iter().enumerate().map(block).collect() }
    }

    #[test]
    fn a_key_may_stand_in_several_blocks() {
        let found = |key| directory(&[5, 9, 9, 20]).of_key(key);
        assert_eq!([found(4), found(5), found(7)], [0..0, 0..1, 0..1]);
        assert_eq!([found(9), found(10), found(20), found(99)], [0..3, 2..3, 2..4, 3..4]);
        assert_eq!(directory(&[]).of_key(1), 0..0);
    }

    #[test]
    fn a_document_stands_in_one() {
        let found = |place| directory(&[0, 4, 9]).of_place(place);
        assert_eq!([found(0), found(3), found(4), found(100)], [Some(0), Some(0), Some(1), Some(2)]);
    }

    #[test]
    fn directories_come_back() {
        let directory = directory(&[5, 9, 9, 20]);
        let bytes = directory.to_bytes();
        assert_eq!(Directory::of_bytes(&bytes, 100).as_ref(), Some(&directory));
        assert_eq!(Directory::of_bytes(&bytes[1..], 100), None);
    }
}
