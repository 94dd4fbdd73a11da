//! Takes compression off an input, told by its first bytes, and keeps the limits against bombs.

use std::io::{BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use unecho_model::RejectReason;

use crate::Limits;
use crate::input::Input;
use crate::label::Refusal;

/// Largest zstd window, as a power of two: 128 MiB, what the zstd program takes without `--long`.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;
/// What libzstd says of a larger window.
const ZSTD_WINDOW_TOO_LARGE: &str = "Frame requires too much memory for decoding";
/// Decompressed bytes asked for at a time.
const STEP_BYTES: usize = 128 * 1024;

/// An input without its compression.
pub(crate) struct Decoder {
    codec: Codec,
    decoded_bytes: u64,
    limits: Limits,
}

enum Codec {
    Plain(Input),
    Gzip(Box<MultiGzDecoder<Input>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, Input>>),
}

impl Decoder {
    /// Looks at the first bytes; nothing is decoded yet.
    pub(crate) fn new(mut input: Input, limits: Limits) -> Result<Self, Refusal> {
        let magic = input.peek(4).map_err(|error| Refusal::of_io(&error))?;
        let codec = if is_gzip(magic) {
            Codec::Gzip(Box::new(MultiGzDecoder::new(input)))
        } else if is_zstd(magic) {
            let zstd = zstd::stream::read::Decoder::with_buffer(input).and_then(|mut decoder| {
                decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
                Ok(decoder)
            });
            Codec::Zstd(Box::new(zstd.map_err(|error| Refusal::of_io(&error))?))
        } else {
            Codec::Plain(input)
        };
        Ok(Self { codec, decoded_bytes: 0, limits })
    }

    /// Name of the compression, `None` for none.
    pub(crate) fn compression(&self) -> Option<&'static str> {
        match self.codec {
            Codec::Plain(_) => None,
            Codec::Gzip(_) => Some("gzip"),
            Codec::Zstd(_) => Some("zstd"),
        }
    }

    pub(crate) fn input(&self) -> &Input {
        match &self.codec {
            Codec::Plain(input) => input,
            Codec::Gzip(decoder) => decoder.get_ref(),
            Codec::Zstd(decoder) => decoder.get_ref(),
        }
    }

    pub(crate) fn into_input(self) -> Input {
        match self.codec {
            Codec::Plain(input) => input,
            Codec::Gzip(decoder) => decoder.into_inner(),
            Codec::Zstd(decoder) => decoder.finish(),
        }
    }

    /// Appends between 1 and `n_bytes_max` decoded bytes to `target`; returns 0 at the end.
    pub(crate) fn read_onto(&mut self, target: &mut Vec<u8>, n_bytes_max: usize) -> Result<usize, Refusal> {
        let before = target.len();
        let read = match &mut self.codec {
            Codec::Plain(input) => input.fill_buf().map(|available| {
                let n_bytes = available.len().min(n_bytes_max);
                target.extend_from_slice(&available[..n_bytes]);
                n_bytes
            }),
            Codec::Gzip(decoder) => read_step(decoder, target, n_bytes_max),
            Codec::Zstd(decoder) => read_step(decoder, target, n_bytes_max),
        };
        let n_bytes = read.map_err(|error| self.refusal(&error))?;
        match &mut self.codec {
            Codec::Plain(input) => input.consume(n_bytes),
            Codec::Gzip(_) | Codec::Zstd(_) => {
                self.decoded_bytes += n_bytes as u64;
                self.check_limits().inspect_err(|_| target.truncate(before))?;
            }
        }
        Ok(n_bytes)
    }

    fn check_limits(&self) -> Result<(), Refusal> {
        let Limits { decompressed_bytes_max, decompression_ratio_max, ratio_free_bytes, .. } = self.limits;
        let consumed_bytes = self.input().bytes_consumed().max(1);
        let ratio_bytes_max = consumed_bytes.saturating_mul(u64::from(decompression_ratio_max));
        let detail = if self.decoded_bytes > decompressed_bytes_max {
            format!("decompresses to more than {decompressed_bytes_max} bytes (decompressed_bytes_max)")
        } else if self.decoded_bytes > ratio_free_bytes && self.decoded_bytes > ratio_bytes_max {
            format!(
                "{consumed_bytes} bytes decompress to more than {decompression_ratio_max} times as much \
                 (decompression_ratio_max)"
            )
        } else {
            return Ok(());
        };
        Err(Refusal::new(RejectReason::DecompressionLimit, detail))
    }

    fn refusal(&self, error: &std::io::Error) -> Refusal {
        if self.input().has_failed() {
            return Refusal::of_io(error);
        }
        let name = self.compression().unwrap_or("plain");
        if error.to_string().contains(ZSTD_WINDOW_TOO_LARGE) {
            let mib_max = (1_u64 << ZSTD_WINDOW_LOG_MAX) / (1024 * 1024);
            let detail = format!("the zstd stream needs a window of more than {mib_max} MiB");
            Refusal::new(RejectReason::DecompressionLimit, detail)
        } else if error.kind() == std::io::ErrorKind::UnexpectedEof {
            Refusal::new(RejectReason::Damaged, format!("the {name} stream ends early"))
        } else {
            Refusal::new(RejectReason::Damaged, format!("the {name} stream is damaged: {error}"))
        }
    }
}

fn read_step(
    decoder: &mut impl Read,
    target: &mut Vec<u8>,
    n_bytes_max: usize,
) -> Result<usize, std::io::Error> {
    let before = target.len();
    target.resize(before + n_bytes_max.min(STEP_BYTES), 0);
    let read = decoder.read(&mut target[before..]);
    target.truncate(before + read.as_ref().copied().unwrap_or(0));
    read
}

/// RFC 1952: two magic bytes, then the method, which is always deflate.
pub(crate) fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&[0x1f, 0x8b]) && head.get(2).is_none_or(|&method| method == 8)
}

/// RFC 8878: a frame, or a skippable frame, which parallel compressors put in front.
pub(crate) fn is_zstd(head: &[u8]) -> bool {
    matches!(head, [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}
