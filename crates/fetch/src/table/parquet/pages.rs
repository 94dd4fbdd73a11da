//! What the pages of a column say about their size, before any is decompressed: the library makes room
//! for whatever a page's header claims, and a header of a few bytes may claim two gigabytes.
//!
//! Headers are Thrift structures in the compact protocol (Parquet format, `PageHeader`); only two fields
//! of them matter here.

use std::io::{self, BufReader, Read};

use parquet::file::metadata::ColumnChunkMetaData;
use unecho_model::RejectReason;

use crate::Limits;
use crate::label::Refusal;
use crate::seekable::Seekable;

/// Fields of a page's header.
const UNCOMPRESSED_SIZE: i16 = 2;
const COMPRESSED_SIZE: i16 = 3;
/// Most bytes of a header that are looked at: statistics in it may hold whole values.
const HEADER_BYTES_MAX: u64 = 1 << 20;
/// Most headers are shorter.
const BUFFER_BYTES: usize = 256;
/// Deepest structure in a header; the format has three.
const DEPTH_MAX: usize = 8;

/// The bytes that the pages of a column decompress to, as their headers say. Where a header cannot be
/// read the count ends: what is wrong there the library tells.
pub(super) fn decompressed_bytes(
    file: &Seekable,
    column: &ColumnChunkMetaData,
    limits: &Limits,
) -> Result<u64, Refusal> {
    // Not by `byte_range`, which panics where a number is negative: what is wrong the library tells.
    let begin = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
    let (Ok(mut at), Ok(length)) = (u64::try_from(begin), u64::try_from(column.compressed_size())) else {
        return Ok(0);
    };
    let end = at.saturating_add(length).min(file.size_bytes());
    let mut sum = 0_u64;
    while at < end {
        let bytes = file.starting_at(at).take(HEADER_BYTES_MAX.min(end - at));
        let mut header = Header { bytes: BufReader::with_capacity(BUFFER_BYTES, bytes), n_read: 0 };
        let Ok(page) = header.page() else { break };
        if page.uncompressed_bytes > limits.page_bytes_max {
            let detail = format!(
                "a page of {} bytes after decompression, limit {} (page_bytes_max)",
                page.uncompressed_bytes, limits.page_bytes_max
            );
            return Err(Refusal::new(RejectReason::DecompressionLimit, detail));
        }
        sum = sum.saturating_add(page.uncompressed_bytes);
        at = at.saturating_add(header.n_read).saturating_add(page.compressed_bytes);
    }
    Ok(sum)
}

/// What a header says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Page {
    uncompressed_bytes: u64,
    compressed_bytes: u64,
}

/// A header in the middle of being read.
struct Header<R> {
    bytes: R,
    n_read: u64,
}

/// Types of the compact protocol.
mod kind {
    pub(super) const STOP: u8 = 0;
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const BYTE: u8 = 3;
    pub(super) const I16: u8 = 4;
    pub(super) const I64: u8 = 6;
    pub(super) const DOUBLE: u8 = 7;
    pub(super) const BINARY: u8 = 8;
    pub(super) const LIST: u8 = 9;
    pub(super) const SET: u8 = 10;
    pub(super) const STRUCT: u8 = 12;
}

impl<R: Read> Header<R> {
    fn page(&mut self) -> io::Result<Page> {
        let mut page = Page::default();
        let mut id = 0;
        while let Some(kind) = self.next_field(&mut id)? {
            match (id, kind) {
                (UNCOMPRESSED_SIZE, 5) => page.uncompressed_bytes = self.size()?,
                (COMPRESSED_SIZE, 5) => page.compressed_bytes = self.size()?,
                _ => self.skip(kind, 0)?,
            }
        }
        Ok(page)
    }

    /// The type of the next field, whose number goes to `id`; `None` at the end of the structure.
    fn next_field(&mut self, id: &mut i16) -> io::Result<Option<u8>> {
        let head = self.byte()?;
        if head == kind::STOP {
            return Ok(None);
        }
        *id = match head >> 4 {
            0 => i16::try_from(unzigzag(self.varint()?)).map_err(|_| damaged())?,
            delta => id.checked_add(i16::from(delta)).ok_or_else(damaged)?,
        };
        Ok(Some(head & 15))
    }

    fn size(&mut self) -> io::Result<u64> {
        u64::try_from(unzigzag(self.varint()?)).map_err(|_| damaged())
    }

    fn skip(&mut self, what: u8, depth: usize) -> io::Result<()> {
        if depth > DEPTH_MAX {
            return Err(damaged());
        }
        match what {
            kind::TRUE | kind::FALSE => Ok(()),
            kind::BYTE => self.byte().map(|_| ()),
            kind::I16..=kind::I64 => self.varint().map(|_| ()),
            kind::DOUBLE => self.pass_over(8),
            kind::BINARY => {
                let length = self.varint()?;
                self.pass_over(length)
            }
            kind::LIST | kind::SET => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                // Truths are a byte each in a list.
                let of = if head & 15 <= kind::FALSE { kind::BYTE } else { head & 15 };
                (0..count).try_for_each(|_| self.skip(of, depth + 1))
            }
            kind::STRUCT => {
                let mut id = 0;
                while let Some(kind) = self.next_field(&mut id)? {
                    self.skip(kind, depth + 1)?;
                }
                Ok(())
            }
            _ => Err(damaged()),
        }
    }

    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.bytes.read_exact(&mut byte)?;
        self.n_read += 1;
        Ok(byte[0])
    }

    fn varint(&mut self) -> io::Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Ok(value);
            }
        }
        Err(damaged())
    }

    fn pass_over(&mut self, n_bytes: u64) -> io::Result<()> {
        let passed = io::copy(&mut (&mut self.bytes).take(n_bytes), &mut io::sink())?;
        self.n_read += passed;
        if passed == n_bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

fn damaged() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expect: Option<(u64, u64, u64)>) {
        let mut header = Header { bytes, n_read: 0 };
        let found = header.page().ok();
        let found = found.map(|page| (page.uncompressed_bytes, page.compressed_bytes, header.n_read));
        assert_eq!(found, expect, "{bytes:?}");
    }

    #[test]
    fn sizes_are_found_among_other_fields() {
        // Type 0; sizes 300 and 20; a structure with a number and text; the end.
        check(
            &[0x15, 0, 0x15, 0xd8, 4, 0x15, 40, 0x2c, 0x15, 6, 0x18, 2, b'a', b'b', 0, 0],
            Some((300, 20, 16)),
        );
        // Numbers of fields in full, a list and a truth.
        check(&[0x05, 4, 2, 0x05, 6, 4, 0x19, 0x25, 2, 4, 0x11, 0], Some((1, 2, 12)));
    }

    #[test]
    fn what_is_no_header_is_told() {
        check(&[], None);
        check(&[0x15], None);
        check(&[0x15, 0, 0x15, 1], None);
        check(&[0x1f, 0], None);
        check(&[0x28, 0xff, 0xff, 0xff, 0xff, 0x0f, b'x'], None);
        check(&[0x1c; 100], None);
        check(&[0xff; 20], None);
    }
}
