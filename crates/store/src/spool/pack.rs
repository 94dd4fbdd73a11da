//! Records become blocks: some kilobytes each, compressed.

use crate::bytes::put_varint;

/// Bytes of records from which on a block is closed: what is unpacked to read one record. Copies are read one by
/// one, several times each.
const BLOCK_BYTES_MIN: usize = 8 << 10;

/// Takes the records of one batch.
#[derive(Debug, Default)]
pub struct Packer {
    lens: Vec<u32>,
    pending: Vec<u8>,
    packed: Packed,
}

/// A batch, ready to be written.
#[derive(Debug, Default)]
pub struct Packed {
    /// Compressed blocks, and how many records each has.
    pub(super) blocks: Vec<(Vec<u8>, u32)>,
    pub(super) note: Vec<u8>,
}

impl Packer {
    /// Adds a record, which `write` appends to the bytes that it is given.
    ///
    /// # Errors
    /// When the bytes cannot be compressed, or `write` fails.
    ///
    /// # Panics
    /// When a record has 4 GiB; limits on documents are far lower.
    pub fn push(&mut self, write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> std::io::Result<()> {
        let start = self.pending.len();
        write(&mut self.pending)?;
        let len = u32::try_from(self.pending.len() - start).expect("documents are far smaller than 4 GiB");
        self.lens.push(len);
        if self.pending.len() >= BLOCK_BYTES_MIN { self.close() } else { Ok(()) }
    }

    fn close(&mut self) -> std::io::Result<()> {
        if self.lens.is_empty() {
            return Ok(());
        }
        let mut head = Vec::with_capacity(self.lens.len() * 2 + self.pending.len());
        put_varint(self.lens.len() as u64, &mut head);
        self.lens.iter().for_each(|&len| put_varint(u64::from(len), &mut head));
        head.extend_from_slice(&self.pending);
        self.packed.blocks.push((compress(&head)?, self.lens.len() as u32));
        self.pending.clear();
        self.lens.clear();
        Ok(())
    }

    /// Ends the batch, with what is to be said of it as a whole.
    ///
    /// # Errors
    /// When the last block cannot be compressed.
    pub fn finish(mut self, note: Vec<u8>) -> std::io::Result<Packed> {
        self.close()?;
        self.packed.note = note;
        Ok(self.packed)
    }
}

/// The length of `raw`, and `raw` compressed by LZ4: what is written here is read several times and removed.
fn compress(raw: &[u8]) -> std::io::Result<Vec<u8>> {
    let len = u32::try_from(raw.len()).map_err(|_| std::io::ErrorKind::InvalidInput)?;
    let mut block = vec![0; 4 + lz4_flex::block::get_maximum_output_size(raw.len())];
    block[..4].copy_from_slice(&len.to_le_bytes());
    let packed = lz4_flex::block::compress_into(raw, &mut block[4..]).map_err(std::io::Error::other)?;
    block.truncate(4 + packed);
    Ok(block)
}

/// The bytes that were compressed; `None` when there are not `len` of them.
pub(super) fn decompress(packed: &[u8], len: usize) -> Option<Vec<u8>> {
    lz4_flex::block::decompress(packed, len).ok().filter(|raw| raw.len() == len)
}
