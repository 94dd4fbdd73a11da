//! Decoded bytes that were read and not yet handed out: what `reader` looks ahead in.

use std::io::{self, Read};

use crate::decode::Decoder;
use crate::input::Input;
use crate::label::Refusal;

/// UTF-8 byte order mark.
pub(crate) const UTF8_BOM: &[u8] = b"\xef\xbb\xbf";

/// A decoder with look-ahead.
pub(crate) struct Stream<'a> {
    decoder: Decoder<'a>,
    buffer: Vec<u8>,
    /// First byte of the buffer that was not taken.
    start: usize,
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

impl<'a> Stream<'a> {
    pub(crate) fn new(decoder: Decoder<'a>) -> Self {
        Self { decoder, buffer: Vec::new(), start: 0, end: StreamEnd::Open }
    }

    pub(crate) fn decoder(&self) -> &Decoder<'a> {
        &self.decoder
    }

    pub(crate) fn into_input(self) -> Input<'a> {
        self.decoder.into_input()
    }

    /// What was read and not taken.
    pub(crate) fn pending(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    pub(crate) fn end(&self) -> &StreamEnd {
        &self.end
    }

    /// Reads until `n_bytes` are pending, or the end.
    pub(crate) fn fill_to(&mut self, n_bytes: usize) {
        if self.pending().len() < n_bytes && self.end == StreamEnd::Open {
            self.close_gap();
        }
        while self.buffer.len() - self.start < n_bytes && self.end == StreamEnd::Open {
            let missing_bytes = n_bytes - self.pending().len();
            match self.decoder.read_onto(&mut self.buffer, missing_bytes) {
                Ok(0) => self.end = StreamEnd::Complete,
                Ok(_) => {}
                Err(refusal) => self.end = StreamEnd::Broken(refusal),
            }
        }
    }

    /// Makes room for `n_bytes` pending bytes at once, where so many are to be expected.
    pub(crate) fn reserve(&mut self, n_bytes: usize) {
        self.close_gap();
        self.buffer.reserve_exact(n_bytes.saturating_sub(self.buffer.len()));
    }

    /// Takes the first `n_bytes` pending bytes.
    pub(crate) fn take_front(&mut self, n_bytes: usize) -> Vec<u8> {
        self.close_gap();
        let rest = self.buffer.split_off(n_bytes);
        std::mem::replace(&mut self.buffer, rest)
    }

    /// Takes all pending bytes.
    pub(crate) fn take_all(&mut self) -> Vec<u8> {
        self.close_gap();
        std::mem::take(&mut self.buffer)
    }

    /// Forgets the first `n_bytes` pending bytes.
    pub(crate) fn skip(&mut self, n_bytes: usize) {
        self.start += n_bytes;
        debug_assert!(self.start <= self.buffer.len(), "only what is pending can be skipped");
    }

    /// Moves what is pending to the front of the buffer.
    fn close_gap(&mut self) {
        self.buffer.drain(..self.start);
        self.start = 0;
    }

    /// Forgets a byte order mark at the beginning.
    pub(crate) fn skip_bom(&mut self) {
        self.fill_to(UTF8_BOM.len());
        if self.pending().starts_with(UTF8_BOM) {
            self.skip(UTF8_BOM.len());
        }
    }
}

/// For readers of other formats. A stream that breaks off gives an error; why is in [`Stream::end`].
impl Read for Stream<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        /// Looked ahead at a time.
        const STEP_BYTES: usize = 64 * 1024;
        if self.pending().is_empty() {
            self.fill_to(STEP_BYTES);
        }
        if self.pending().is_empty() {
            return match &self.end {
                StreamEnd::Open | StreamEnd::Complete => Ok(0),
                StreamEnd::Broken(refusal) => Err(refusal.clone().into()),
            };
        }
        let n_bytes = self.pending().len().min(target.len());
        target[..n_bytes].copy_from_slice(&self.pending()[..n_bytes]);
        self.skip(n_bytes);
        Ok(n_bytes)
    }
}
