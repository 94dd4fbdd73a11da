//! Decoded bytes that were read and not yet handed out: what `reader` looks ahead in.

use crate::decode::Decoder;
use crate::input::Input;
use crate::label::Refusal;

/// UTF-8 byte order mark.
pub(crate) const UTF8_BOM: &[u8] = b"\xef\xbb\xbf";

/// A decoder with look-ahead.
pub(crate) struct Stream {
    decoder: Decoder,
    pending: Vec<u8>,
    end: StreamEnd,
}

/// Whether there is more to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StreamEnd {
    /// Not known to end.
    Open,
    /// Everything was read.
    Complete,
    /// Nothing more can be read.
    Broken(Refusal),
}

impl Stream {
    pub(crate) fn new(decoder: Decoder) -> Self {
        Self { decoder, pending: Vec::new(), end: StreamEnd::Open }
    }

    pub(crate) fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    pub(crate) fn into_input(self) -> Input {
        self.decoder.into_input()
    }

    /// What was read and not taken.
    pub(crate) fn pending(&self) -> &[u8] {
        &self.pending
    }

    pub(crate) fn end(&self) -> &StreamEnd {
        &self.end
    }

    /// Reads until `n_bytes` are pending, or the end.
    pub(crate) fn fill_to(&mut self, n_bytes: usize) {
        while self.pending.len() < n_bytes && self.end == StreamEnd::Open {
            let missing_bytes = n_bytes - self.pending.len();
            match self.decoder.read_onto(&mut self.pending, missing_bytes) {
                Ok(0) => self.end = StreamEnd::Complete,
                Ok(_) => {}
                Err(refusal) => self.end = StreamEnd::Broken(refusal),
            }
        }
    }

    /// Makes room for `n_bytes` pending bytes at once, where so many are to be expected.
    pub(crate) fn reserve(&mut self, n_bytes: usize) {
        self.pending.reserve_exact(n_bytes.saturating_sub(self.pending.len()));
    }

    /// Takes the first `n_bytes` pending bytes.
    pub(crate) fn take_front(&mut self, n_bytes: usize) -> Vec<u8> {
        let rest = self.pending.split_off(n_bytes);
        std::mem::replace(&mut self.pending, rest)
    }

    /// Takes all pending bytes.
    pub(crate) fn take_all(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.pending)
    }

    /// Forgets the first `n_bytes` pending bytes.
    pub(crate) fn skip(&mut self, n_bytes: usize) {
        self.pending.drain(..n_bytes);
    }

    /// Forgets a byte order mark at the beginning.
    pub(crate) fn skip_bom(&mut self) {
        self.fill_to(UTF8_BOM.len());
        if self.pending.starts_with(UTF8_BOM) {
            self.skip(UTF8_BOM.len());
        }
    }
}
