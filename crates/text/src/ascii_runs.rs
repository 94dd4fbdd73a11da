//! Where runs of ASCII letters and digits begin and end, as bits: the short way to the words of a text.
//!
//! Eight bytes are classified at a time in one machine word, so that finding a run costs no branch that
//! depends on its length: word lengths cannot be predicted.

use crate::words::{WordKind, next_word};

/// Bytes that a word of bits tells of.
const BLOCK: usize = 64;

/// What each byte of a text is.
pub(crate) struct AsciiRuns {
    /// A bit for each byte: an ASCII letter or digit.
    inside: Vec<u64>,
    /// A bit for each byte beyond ASCII.
    wide: Vec<u64>,
}

impl AsciiRuns {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let blocks = bytes.len().div_ceil(BLOCK) + 1;
        let (mut inside, mut wide) = (Vec::with_capacity(blocks), Vec::with_capacity(blocks));
        let (whole, rest) = bytes.as_chunks::<BLOCK>();
        let mut last = [b' '; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        for block in whole.iter().chain([&last]) {
            let (mut letters, mut others) = (0, 0);
            for (at, eight) in block.as_chunks::<8>().0.iter().enumerate() {
                let eight = u64::from_le_bytes(*eight);
                letters |= gathered(alphanumeric(eight)) << (8 * at);
                others |= gathered(eight) << (8 * at);
            }
            inside.push(letters);
            wide.push(others);
        }
        Self { inside, wide }
    }

    /// Start and end of the first word of `text` at or after `from`, and how to fold it.
    #[inline]
    pub(crate) fn next_word(&self, text: &str, from: usize) -> Option<(usize, usize, WordKind)> {
        let start = self.first(from, |block| self.inside[block] | self.wide[block])?;
        if bit(&self.wide, start) {
            return next_word(text, start);
        }
        let end = self.first(start, |block| !self.inside[block]).unwrap_or(text.len());
        match text.as_bytes().get(end..).unwrap_or_default() {
            [b'\'' | 0x80.., ..] | [b'.' | b',', b'0'..=b'9', ..] => next_word(text, start),
            _ => Some((start, end.min(text.len()), WordKind::Plain)),
        }
    }

    /// The first place at or after `from` whose bit is set.
    #[inline]
    fn first(&self, from: usize, bits: impl Fn(usize) -> u64) -> Option<usize> {
        let mut block = from / BLOCK;
        let mut found = bits(block) & (!0 << (from % BLOCK));
        while found == 0 {
            block += 1;
            if block == self.inside.len() {
                return None;
            }
            found = bits(block);
        }
        Some(block * BLOCK + found.trailing_zeros() as usize)
    }
}

fn bit(bits: &[u64], at: usize) -> bool {
    bits[at / BLOCK] >> (at % BLOCK) & 1 == 1
}

/// The high bit of each byte.
const HIGH: u64 = 0x8080_8080_8080_8080;

const fn each(byte: u8) -> u64 {
    0x0101_0101_0101_0101 * byte as u64
}

/// High bits where the byte, taken without its own high bit, is `from` or more.
const fn at_least(bytes: u64, from: u8) -> u64 {
    ((bytes & !HIGH) + each(0x80 - from)) & HIGH
}

/// High bits where the byte is an ASCII letter or digit.
const fn alphanumeric(bytes: u64) -> u64 {
    let lower = bytes | each(0x20);
    let letters = at_least(lower, b'a') & !at_least(lower, b'z' + 1);
    let digits = at_least(bytes, b'0') & !at_least(bytes, b'9' + 1);
    (letters | digits) & !bytes
}

/// The high bits of the bytes as the low eight bits.
const fn gathered(bytes: u64) -> u64 {
    ((bytes & HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_what_it_is() {
        let bytes: Vec<u8> = (0..=255).collect();
        let runs = AsciiRuns::of(&bytes);
        for (at, byte) in bytes.iter().enumerate() {
            assert_eq!(bit(&runs.inside, at), byte.is_ascii_alphanumeric(), "{byte}");
            assert_eq!(bit(&runs.wide, at), !byte.is_ascii(), "{byte}");
        }
    }
}
