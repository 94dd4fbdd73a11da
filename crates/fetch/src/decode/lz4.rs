//! LZ4 frames one after another. The library stops after each frame, and takes an input that ends
//! within one for its end; here the first is gone on from and the second is an error.

use std::io::{self, Read};

use lz4_flex::frame::FrameDecoder;

use crate::input::Input;

/// Decodes all frames of an input.
pub(super) struct Lz4Decoder<'a> {
    frames: FrameDecoder<Watched<'a>>,
}

/// An input that knows whether somebody asked for more than there was.
struct Watched<'a> {
    input: Input<'a>,
    end: InputEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InputEnd {
    NotSeen,
    /// A read found nothing left.
    Hit,
}

impl<'a> Lz4Decoder<'a> {
    pub(super) fn new(input: Input<'a>) -> Self {
        Self { frames: FrameDecoder::new(Watched { input, end: InputEnd::NotSeen }) }
    }

    pub(super) fn input(&self) -> &Input<'a> {
        &self.frames.get_ref().input
    }

    pub(super) fn into_input(self) -> Input<'a> {
        self.frames.into_inner().input
    }
}

impl Read for Lz4Decoder<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        loop {
            let n_bytes = self.frames.read(target)?;
            if n_bytes > 0 || target.is_empty() {
                return Ok(n_bytes);
            }
            // A frame ended: properly, or because the input did.
            let watched = self.frames.get_mut();
            if watched.end == InputEnd::Hit {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if watched.input.peek(1)?.is_empty() {
                return Ok(0);
            }
        }
    }
}

impl Read for Watched<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.input.read(target)?;
        if n_bytes == 0 && !target.is_empty() {
            self.end = InputEnd::Hit;
        }
        Ok(n_bytes)
    }
}
