//! Takes compression off an input, told by its first bytes, and keeps the limits against bombs.

mod codec;
mod lz4;

use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;

use unecho_model::RejectReason;

use crate::Limits;
use crate::input::Input;
use crate::label::Refusal;
pub(crate) use codec::Compression;
use codec::{Codec, Decoded};

/// Decompressed bytes asked for at a time.
const STEP_BYTES: usize = 128 * 1024;

/// What one source may decompress to, over all decoders in it: compressed members of compressed
/// archives count on every level.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    limits: Limits,
    decoded_bytes: Rc<Cell<u64>>,
    /// Bytes of the source that were read.
    source_bytes: Rc<Cell<u64>>,
}

impl Budget {
    /// A budget that grows with `source_bytes`.
    pub(crate) fn new(limits: Limits, source_bytes: Rc<Cell<u64>>) -> Self {
        Self { limits, decoded_bytes: Rc::default(), source_bytes }
    }

    /// Counts decompressed bytes against the limits.
    pub(crate) fn spend(&self, n_bytes: u64) -> Result<(), Refusal> {
        let Limits { decompressed_bytes_max, decompression_ratio_max, ratio_free_bytes, .. } = self.limits;
        let decoded_bytes = self.decoded_bytes.get().saturating_add(n_bytes);
        self.decoded_bytes.set(decoded_bytes);
        let source_bytes = self.source_bytes.get().max(1);
        let ratio_bytes_max = source_bytes.saturating_mul(u64::from(decompression_ratio_max));
        let detail = if decoded_bytes > decompressed_bytes_max {
            format!("decompresses to more than {decompressed_bytes_max} bytes (decompressed_bytes_max)")
        } else if decoded_bytes > ratio_free_bytes && decoded_bytes > ratio_bytes_max {
            format!(
                "{source_bytes} bytes decompress to more than {decompression_ratio_max} times as much \
                 (decompression_ratio_max)"
            )
        } else {
            return Ok(());
        };
        Err(Refusal::new(RejectReason::DecompressionLimit, detail))
    }
}

/// An input without its compression.
pub(crate) struct Decoder<'a> {
    codec: Codec<'a>,
    compression: Compression,
    budget: Budget,
}

impl<'a> Decoder<'a> {
    /// Looks at the first bytes; nothing is decoded yet. `named` is what the name says of
    /// compression: it counts for Brotli, which has no mark of its own.
    pub(crate) fn new(mut input: Input<'a>, named: Compression, budget: Budget) -> Result<Self, Refusal> {
        let magic = input.peek(Compression::MAGIC_BYTES).map_err(|error| Refusal::of_io(&error))?;
        let compression = Compression::told_by(magic, named);
        let codec = Codec::new(input, compression).map_err(|error| Refusal::of_io(&error))?;
        Ok(Self { codec, compression, budget })
    }

    /// Name of the compression, `None` for none.
    pub(crate) fn compression(&self) -> Option<&'static str> {
        self.compression.name()
    }

    pub(crate) fn input(&self) -> &Input<'a> {
        self.codec.input()
    }

    pub(crate) fn into_input(self) -> Input<'a> {
        self.codec.into_input()
    }

    /// Appends between 1 and `n_bytes_max` decoded bytes to `target`; returns 0 at the end.
    pub(crate) fn read_onto(&mut self, target: &mut Vec<u8>, n_bytes_max: usize) -> Result<usize, Refusal> {
        let before = target.len();
        target.resize(before + n_bytes_max.min(STEP_BYTES), 0);
        let read = self.codec.read(&mut target[before..]);
        target.truncate(before + read.as_ref().copied().unwrap_or(0));
        let n_bytes = read.map_err(|error| self.refusal(&error))?;
        if self.compression != Compression::None {
            self.budget.spend(n_bytes as u64).inspect_err(|_| target.truncate(before))?;
        }
        Ok(n_bytes)
    }

    fn refusal(&self, error: &std::io::Error) -> Refusal {
        if self.input().has_failed() {
            return Refusal::of_io(error);
        }
        let name = self.compression().unwrap_or("plain");
        match self.codec.failure(error) {
            Decoded::NeedsMemory(detail) => Refusal::new(RejectReason::DecompressionLimit, detail),
            Decoded::EndsEarly => {
                Refusal::new(RejectReason::Damaged, format!("the {name} stream ends early"))
            }
            Decoded::IsDamaged => {
                Refusal::new(RejectReason::Damaged, format!("the {name} stream is damaged: {error}"))
            }
        }
    }
}

/// Whether these first bytes are of a compressed file.
pub(crate) fn is_compressed(head: &[u8]) -> Option<&'static str> {
    Compression::told_by(head, Compression::None).name()
}

/// `content` without gzip around it, which files such as `sitemap.xml.gz` have beside what HTTP did.
pub(crate) fn unzipped(content: Vec<u8>, n_bytes_max: usize) -> Result<Vec<u8>, Refusal> {
    match Compression::told_by(&content, Compression::None) {
        Compression::Gzip => decoded(&content, Compression::Gzip, n_bytes_max),
        _ => Ok(content),
    }
}

/// `bytes` without a compression of this kind, at most `n_bytes_max` of them.
pub(crate) fn decoded(
    bytes: &[u8],
    compression: Compression,
    n_bytes_max: usize,
) -> Result<Vec<u8>, Refusal> {
    let input = Input::new(Box::new(bytes), Some(bytes.len() as u64));
    let mut codec = Codec::new(input, compression).map_err(|error| Refusal::of_io(&error))?;
    let mut decoded = Vec::new();
    let limit = n_bytes_max as u64 + 1;
    (&mut codec).take(limit).read_to_end(&mut decoded).map_err(|error| {
        let name = compression.name().unwrap_or("plain");
        Refusal::new(RejectReason::Damaged, format!("the {name} content is damaged: {error}"))
    })?;
    if decoded.len() > n_bytes_max {
        let detail =
            format!("the content decompresses to more than {n_bytes_max} bytes (document_bytes_max)");
        return Err(Refusal::new(RejectReason::DecompressionLimit, detail));
    }
    Ok(decoded)
}
