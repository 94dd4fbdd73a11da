//! A batch as it stands in a file: a head with checksums, then its blocks.
//!
//! ```text
//! magic 8 | checksum of the rest of the head 8 | key 32 | bytes of blocks 8 | bytes of head 4 | head | blocks
//! ```

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::Path;

use unecho_model::Digest;

use super::{Batch, Block, Packed};
use crate::Error;
use crate::bytes::{Numbers, checksum, put_varint};
use crate::segment::read_exact_at;

/// The digit is the version of the format.
const MAGIC: &[u8; 8] = b"unechob1";
/// Everything before the head.
const PREFIX_BYTES: usize = 60;
/// Largest head: it lists blocks and holds the note of the batch.
const HEAD_BYTES_MAX: usize = 256 << 20;

/// The bytes of a batch, and the batch as it stands in a file `file` that begins with it. A batch without a key
/// has the one that no content has: all zeros.
pub(super) fn write(key: Option<&Digest>, packed: Packed, file: u32) -> io::Result<(Vec<u8>, Batch)> {
    let Packed { blocks, note } = packed;
    let mut head = Vec::with_capacity(blocks.len() * 14 + note.len() + 4);
    put_varint(blocks.len() as u64, &mut head);
    let mut places = Vec::with_capacity(blocks.len());
    let mut offset = 0_u64;
    for (bytes, records) in &blocks {
        let sum = checksum(bytes);
        put_varint(bytes.len() as u64, &mut head);
        put_varint(u64::from(*records), &mut head);
        head.extend_from_slice(&sum.to_le_bytes());
        let len = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        places.push(Block { file, bytes: len, offset, checksum: sum, records: *records });
        offset += bytes.len() as u64;
    }
    head.extend_from_slice(&note);
    if head.len() > HEAD_BYTES_MAX {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let blocks_at = (PREFIX_BYTES + head.len()) as u64;
    places.iter_mut().for_each(|block| block.offset += blocks_at);
    let mut bytes = Vec::with_capacity(PREFIX_BYTES + head.len() + offset as usize);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[0; 8]);
    bytes.extend_from_slice(&key.map_or([0; 32], |key| *key.as_bytes()));
    bytes.extend_from_slice(&offset.to_le_bytes());
    bytes.extend_from_slice(&(head.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&head);
    let sum = checksum(&bytes[16..]);
    bytes[8..16].copy_from_slice(&sum.to_le_bytes());
    blocks.iter().for_each(|(block, _)| bytes.extend_from_slice(block));
    Ok((bytes, Batch { blocks: places, note }))
}

/// Adds every batch that has a key to `found`, up to the end of the file or to where it is torn.
pub(super) fn scan(
    file: &File,
    path: &Path,
    number: u32,
    found: &mut HashMap<Digest, Batch>,
) -> Result<(), Error> {
    let failed = |e| Error::io(path, "cannot be read", e);
    let len = file.metadata().map_err(failed)?.len();
    let mut at = 0;
    loop {
        match next(file, number, at, len) {
            Ok(Some((key, batch, end))) => {
                if key.as_bytes() != &[0; 32] {
                    found.insert(key, batch);
                }
                at = end;
            }
            Ok(None) => return Ok(()),
            Err(error) => return Err(failed(error)),
        }
    }
}

/// The batch whose head stands at byte `at`, and where it ends; `None` when there is none.
fn next(file: &File, number: u32, at: u64, len: u64) -> io::Result<Option<(Digest, Batch, u64)>> {
    if len.saturating_sub(at) < PREFIX_BYTES as u64 {
        return Ok(None);
    }
    let mut prefix = [0; PREFIX_BYTES];
    read_exact_at(file, &mut prefix, at)?;
    let mut numbers = Numbers::of(&prefix);
    let magic = numbers.take(8);
    let sum = numbers.u64();
    let key: Option<[u8; 32]> = numbers.take(32).and_then(|key| key.try_into().ok());
    let (Some(sum), Some(key), Some(blocks), Some(head)) = (sum, key, numbers.u64(), numbers.u32()) else {
        return Ok(None);
    };
    let blocks_at = at + PREFIX_BYTES as u64 + u64::from(head);
    let end = blocks_at.checked_add(blocks).filter(|&end| end <= len);
    let Some(end) = end.filter(|_| magic == Some(MAGIC) && head as usize <= HEAD_BYTES_MAX) else {
        return Ok(None);
    };
    let mut checked = prefix[16..].to_vec();
    checked.resize(PREFIX_BYTES - 16 + head as usize, 0);
    read_exact_at(file, &mut checked[PREFIX_BYTES - 16..], at + PREFIX_BYTES as u64)?;
    if checksum(&checked) != sum {
        return Ok(None);
    }
    let batch = batch_of(&checked[PREFIX_BYTES - 16..], number, blocks_at);
    Ok(batch.map(|batch| (Digest::from_bytes(key), batch, end)))
}

fn batch_of(head: &[u8], file: u32, blocks_at: u64) -> Option<Batch> {
    let mut numbers = Numbers::of(head);
    let count = numbers.varint()?;
    let mut blocks = Vec::new();
    let mut offset = blocks_at;
    for _ in 0..count {
        let bytes = u32::try_from(numbers.varint()?).ok()?;
        let records = u32::try_from(numbers.varint()?).ok()?;
        blocks.push(Block { file, bytes, offset, checksum: numbers.u64()?, records });
        offset += u64::from(bytes);
    }
    Some(Batch { blocks, note: numbers.rest().to_vec() })
}
