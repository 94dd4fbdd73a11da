//! Writes WARC 1.1, one gzip member a record, so that each can be read by itself.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha1::{Digest as _, Sha1};

/// A record to be written.
pub(crate) struct WrittenRecord<'r> {
    /// `WARC-Type`.
    pub(crate) kind: &'r str,
    /// Further named fields, which hold no line ends.
    pub(crate) fields: Vec<(&'r str, String)>,
    pub(crate) block: &'r [u8],
}

/// Appends records to an archive.
pub(crate) struct RecordWriter<W> {
    target: W,
}

impl<W: Write> RecordWriter<W> {
    pub(crate) fn new(target: W) -> Self {
        Self { target }
    }

    pub(crate) fn get_mut(&mut self) -> &mut W {
        &mut self.target
    }

    /// Writes one record as one gzip member; returns its size in bytes.
    pub(crate) fn write(&mut self, record: &WrittenRecord<'_>) -> io::Result<u64> {
        let mut member = GzEncoder::new(Vec::new(), Compression::default());
        member.write_all(head_of(record).as_bytes())?;
        member.write_all(record.block)?;
        member.write_all(b"\r\n\r\n")?;
        let member = member.finish()?;
        self.target.write_all(&member)?;
        Ok(member.len() as u64)
    }
}

fn head_of(record: &WrittenRecord<'_>) -> String {
    let mut head = format!("WARC/1.1\r\nWARC-Type: {}\r\n", record.kind);
    for (name, value) in &record.fields {
        // A line end in a value would begin a field of somebody else's making.
        let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("WARC-Block-Digest: {}\r\n", sha1_of(record.block)));
    head.push_str(&format!("Content-Length: {}\r\n\r\n", record.block.len()));
    head
}

/// SHA-1 in Base32, as the tools of the field write and compare it.
pub(crate) fn sha1_of(bytes: &[u8]) -> String {
    format!("sha1:{}", base32(&Sha1::digest(bytes)))
}

/// Base32 (RFC 4648) of bytes whose number is a multiple of five.
pub(super) fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut text, mut bits, mut n_bits) = (String::new(), 0_u32, 0);
    for &byte in bytes {
        bits = bits << 8 | u32::from(byte);
        n_bits += 8;
        while n_bits >= 5 {
            n_bits -= 5;
            text.push(char::from(ALPHABET[(bits >> n_bits & 31) as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_field() {
        assert_eq!(sha1_of(b""), "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ");
    }

    #[test]
    fn a_value_cannot_begin_a_field() {
        let fields = vec![("WARC-Target-URI", "http://a/\r\nWARC-Type: x".to_owned())];
        let head = head_of(&WrittenRecord { kind: "response", fields, block: b"" });
        assert_eq!(head.matches("WARC-Type").count(), 2);
        assert_eq!(head.lines().filter(|line| line.starts_with("WARC-Type")).count(), 1);
    }
}
