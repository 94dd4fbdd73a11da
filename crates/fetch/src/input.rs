//! The bytes of one input as they lie on disk: buffered, counted and hashed while they pass.
//! Knows nothing of compression.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use unecho_model::Digest;

/// Bytes asked of the system at a time: enough for blake3 to use wide vector instructions, small
/// enough to stay in the cache.
const BUFFER_BYTES: usize = 128 * 1024;
/// Smallest buffer, for tiny files.
const BUFFER_BYTES_MIN: usize = 512;

/// A buffered input that knows its position and its digest.
pub(crate) struct Input<'a> {
    inner: Box<dyn Read + 'a>,
    buffer: Vec<u8>,
    /// First byte of the buffer that was not consumed.
    start: usize,
    /// End of what is in the buffer.
    end: usize,
    bytes_read: u64,
    /// Bytes consumed so far, for whoever wants to know while the input is deep inside decoders.
    consumed: Rc<Cell<u64>>,
    /// Boxed for its size, two kilobytes.
    hasher: Box<blake3::Hasher>,
    state: InputState,
}

/// How far an input was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InputState {
    Open,
    AtEnd,
    Failed,
}

impl<'a> Input<'a> {
    /// `size_bytes`, where it is known, only saves memory for small files.
    pub(crate) fn new(inner: Box<dyn Read + 'a>, size_bytes: Option<u64>) -> Self {
        let wanted = size_bytes.and_then(|size| usize::try_from(size).ok()).unwrap_or(BUFFER_BYTES);
        Self {
            inner,
            // One more than the size, so that the end shows without growing anything.
            buffer: vec![0; wanted.saturating_add(1).clamp(BUFFER_BYTES_MIN, BUFFER_BYTES)],
            start: 0,
            end: 0,
            bytes_read: 0,
            consumed: Rc::default(),
            hasher: Box::new(blake3::Hasher::new()),
            state: InputState::Open,
        }
    }

    /// The count of bytes consumed, which goes on counting.
    pub(crate) fn consumed(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.consumed)
    }

    /// Whether everything was read and consumed.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.start == self.end && self.state == InputState::AtEnd
    }

    /// Whether the system failed to read, as opposed to a decoder not liking what was read.
    pub(crate) fn has_failed(&self) -> bool {
        self.state == InputState::Failed
    }

    /// The next bytes, at least `n_bytes` (up to 512) of them unless the input ends before; nothing
    /// is consumed.
    pub(crate) fn peek(&mut self, n_bytes: usize) -> io::Result<&[u8]> {
        debug_assert!(n_bytes <= BUFFER_BYTES_MIN, "a small buffer must hold it");
        if self.end - self.start < n_bytes {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        while self.end - self.start < n_bytes && self.state == InputState::Open {
            self.refill()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// The digest of the whole input, if it was read to its end, or is after reading at most
    /// `bytes_max` more.
    pub(crate) fn finish(mut self, bytes_max: u64) -> (u64, Option<Digest>) {
        let stop_bytes = self.bytes_read.saturating_add(bytes_max);
        while self.state == InputState::Open && self.bytes_read <= stop_bytes {
            self.start = 0;
            self.end = 0;
            if self.refill().is_err() {
                break;
            }
        }
        let digest =
            (self.state == InputState::AtEnd).then(|| Digest::from(*self.hasher.finalize().as_bytes()));
        (self.bytes_read, digest)
    }

    /// Reads once into the free end of the buffer.
    fn refill(&mut self) -> io::Result<()> {
        loop {
            match self.inner.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.state = InputState::AtEnd,
                Ok(n_bytes) => {
                    self.hasher.update(&self.buffer[self.end..self.end + n_bytes]);
                    self.end += n_bytes;
                    self.bytes_read += n_bytes as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.state = InputState::Failed;
                    return Err(error);
                }
            }
            return Ok(());
        }
    }
}

impl BufRead for Input<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end && self.state == InputState::Open {
            self.start = 0;
            self.end = 0;
            self.refill()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, n_bytes: usize) {
        let n_bytes = n_bytes.min(self.end - self.start);
        self.start += n_bytes;
        self.consumed.set(self.consumed.get() + n_bytes as u64);
    }
}

impl Read for Input<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let n_bytes = available.len().min(target.len());
        target[..n_bytes].copy_from_slice(&available[..n_bytes]);
        self.consume(n_bytes);
        Ok(n_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, as a slow pipe does.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
            let n_bytes = target.len().min(1);
            self.0.read(&mut target[..n_bytes])
        }
    }

    fn input(bytes: &[u8]) -> Input<'_> {
        Input::new(Box::new(Trickle(bytes)), None)
    }

    #[test]
    fn peek_waits_for_enough_and_consumes_nothing() {
        let mut input = input(b"abcdef");
        assert!(input.peek(4).unwrap().starts_with(b"abcd"));
        assert_eq!(input.consumed().get(), 0);
        let mut all = Vec::new();
        input.read_to_end(&mut all).unwrap();
        assert_eq!(all, b"abcdef");
        assert_eq!(input.finish(0), (6, Some(Digest::of(b"abcdef"))));
    }

    #[test]
    fn the_digest_covers_what_nobody_asked_for() {
        let mut unread = input(b"abcdef");
        unread.peek(2).unwrap();
        assert_eq!(unread.finish(1000), (6, Some(Digest::of(b"abcdef"))));
        assert_eq!(input(b"abcdef").finish(2).1, None);
    }
}
