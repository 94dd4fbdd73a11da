//! Records that are put beside the documents of a run and found again by number.

use unecho_store::{Block, Packer, Records};

use super::Documents;
use crate::Error;

/// Records that wait to be written together.
const PENDING_MAX: u32 = 512;

/// Records on disk, numbered in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Numbered {
    /// Blocks, and the number of the first record of each.
    blocks: Vec<(u32, Block)>,
    pending: Packer,
    pending_from: u32,
    count: u32,
}

impl Numbered {
    /// How many there are, which is the number of the next.
    pub(crate) const fn count(&self) -> u32 {
        self.count
    }

    /// Adds a record, which `write` appends to the bytes that it is given; `what` it is, for messages.
    pub(crate) fn push(
        &mut self,
        what: &str,
        documents: &Documents,
        write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>,
    ) -> Result<(), Error> {
        self.pending.push(write).map_err(|error| packing(what, error))?;
        self.count =
            self.count.checked_add(1).expect("2^32 documents are fewer, and so are pairs by their quotas");
        if self.count - self.pending_from < PENDING_MAX {
            Ok(())
        } else {
            self.write_pending(what, documents)
        }
    }

    /// Writes those that wait. Records that are not written cannot be read.
    pub(crate) fn write_pending(&mut self, what: &str, documents: &Documents) -> Result<(), Error> {
        if self.pending_from == self.count {
            return Ok(());
        }
        let packed = std::mem::take(&mut self.pending).finish(Vec::new());
        for block in documents.set_aside(packed.map_err(|error| packing(what, error))?)? {
            self.blocks.push((self.pending_from, block));
            self.pending_from += block.records();
        }
        Ok(())
    }

    /// The records of these numbers, in their order, as `parse` understands them; a block is read once for numbers in
    /// it.
    pub(crate) fn read<T>(
        &self,
        numbers: &[u32],
        documents: &Documents,
        parse: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Vec<T>, Error> {
        let mut order: Vec<usize> = (0..numbers.len()).collect();
        order.sort_unstable_by_key(|&at| numbers[at]);
        let mut found: Vec<Option<T>> = Vec::new();
        found.resize_with(numbers.len(), || None);
        let mut open: Option<(u32, Records)> = None;
        for at in order {
            let of_block = self.blocks.partition_point(|(first, _)| *first <= numbers[at]).checked_sub(1);
            let (first, block) = of_block.map(|at| &self.blocks[at]).ok_or(Error::EvidenceDamaged)?;
            if open.as_ref().is_none_or(|(open, _)| open != first) {
                open = Some((*first, documents.aside(block)?));
            }
            let record =
                open.as_ref().and_then(|(first, records)| records.get((numbers[at] - first) as usize));
            found[at] = Some(record.and_then(&parse).ok_or(Error::EvidenceDamaged)?);
        }
        Ok(found.into_iter().flatten().collect())
    }
}

fn packing(what: &str, source: std::io::Error) -> Error {
    Error::Packing { what: what.to_owned(), source }
}
