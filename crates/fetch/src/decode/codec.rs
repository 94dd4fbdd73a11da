//! The decompressors under one roof: which one a file needs, how it reads, how it fails. Memory of
//! each is bounded by what its format may ask for; how much comes out is `decode`'s to watch.

use std::io::{self, Read};

use brotli_decompressor::Decompressor;
use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use flate2::bufread::{DeflateDecoder, ZlibDecoder};
use liblzma::bufread::XzDecoder;
use liblzma::stream::{CONCATENATED, Stream};
use serde::{Deserialize, Serialize};

use super::lz4::Lz4Decoder;
use crate::input::Input;

/// Largest zstd window, as a power of two: 128 MiB, what the zstd program takes without `--long`.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;
/// What libzstd says of a larger window.
const ZSTD_WINDOW_TOO_LARGE: &str = "Frame requires too much memory for decoding";
/// Most memory for decoding xz: `xz -9` asks for 65 MiB.
const XZ_MEMORY_BYTES_MAX: u64 = 128 << 20;
/// Buffer between a Brotli stream and its decoder.
const BROTLI_BUFFER_BYTES: usize = 16 * 1024;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Compression {
    None,
    /// RFC 1952, one member or several.
    Gzip,
    /// RFC 8878, one frame or several.
    Zstd,
    Bzip2,
    Xz,
    /// LZ4 frames, one or several.
    Lz4,
    /// RFC 7932; has no mark, only a name says it.
    Brotli,
    /// RFC 1950, in HTTP only.
    Zlib,
    /// RFC 1951, in HTTP only.
    Deflate,
}

impl Compression {
    /// How many first bytes tell a compression.
    pub(super) const MAGIC_BYTES: usize = 6;

    /// The compression of what begins with `head`; `named` where nothing is told by content.
    pub(super) fn told_by(head: &[u8], named: Self) -> Self {
        match head {
            // Two magic bytes, then the method, which is always deflate.
            [0x1f, 0x8b] | [0x1f, 0x8b, 8, ..] => Self::Gzip,
            // A frame, or a skippable frame, which parallel compressors put in front.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31 | 0x17, 0x41 | 0x72, ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [0x04, 0x22, 0x4d, 0x18, ..] => Self::Lz4,
            _ if named == Self::Brotli => Self::Brotli,
            _ => Self::None,
        }
    }

    /// What to call it, `None` for none.
    pub(crate) const fn name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
            Self::Bzip2 => Some("bzip2"),
            Self::Xz => Some("xz"),
            Self::Lz4 => Some("lz4"),
            Self::Brotli => Some("brotli"),
            Self::Zlib | Self::Deflate => Some("deflate"),
        }
    }
}

/// What a decoder's error means.
pub(super) enum Decoded {
    NeedsMemory(String),
    EndsEarly,
    IsDamaged,
}

/// A decompressor over its input.
pub(super) enum Codec<'a> {
    Plain(Input<'a>),
    Gzip(Box<MultiGzDecoder<Input<'a>>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, Input<'a>>>),
    Bzip2(Box<MultiBzDecoder<Input<'a>>>),
    Xz(Box<XzDecoder<Input<'a>>>),
    Lz4(Box<Lz4Decoder<'a>>),
    Brotli(Box<Decompressor<Input<'a>>>),
    Zlib(Box<ZlibDecoder<Input<'a>>>),
    Deflate(Box<DeflateDecoder<Input<'a>>>),
}

impl<'a> Codec<'a> {
    pub(super) fn new(input: Input<'a>, compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Self::Plain(input),
            Compression::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(input))),
            Compression::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
                Self::Zstd(Box::new(decoder))
            }
            Compression::Bzip2 => Self::Bzip2(Box::new(MultiBzDecoder::new(input))),
            Compression::Xz => {
                let stream = Stream::new_stream_decoder(XZ_MEMORY_BYTES_MAX, CONCATENATED)?;
                Self::Xz(Box::new(XzDecoder::new_stream(input, stream)))
            }
            Compression::Lz4 => Self::Lz4(Box::new(Lz4Decoder::new(input))),
            Compression::Brotli => Self::Brotli(Box::new(Decompressor::new(input, BROTLI_BUFFER_BYTES))),
            Compression::Zlib => Self::Zlib(Box::new(ZlibDecoder::new(input))),
            Compression::Deflate => Self::Deflate(Box::new(DeflateDecoder::new(input))),
        })
    }

    pub(super) fn input(&self) -> &Input<'a> {
        match self {
            Self::Plain(input) => input,
            Self::Gzip(decoder) => decoder.get_ref(),
            Self::Zstd(decoder) => decoder.get_ref(),
            Self::Bzip2(decoder) => decoder.get_ref(),
            Self::Xz(decoder) => decoder.get_ref(),
            Self::Lz4(decoder) => decoder.input(),
            Self::Brotli(decoder) => decoder.get_ref(),
            Self::Zlib(decoder) => decoder.get_ref(),
            Self::Deflate(decoder) => decoder.get_ref(),
        }
    }

    pub(super) fn into_input(self) -> Input<'a> {
        match self {
            Self::Plain(input) => input,
            Self::Gzip(decoder) => decoder.into_inner(),
            Self::Zstd(decoder) => decoder.finish(),
            Self::Bzip2(decoder) => decoder.into_inner(),
            Self::Xz(decoder) => decoder.into_inner(),
            Self::Lz4(decoder) => decoder.into_input(),
            Self::Brotli(decoder) => decoder.into_inner(),
            Self::Zlib(decoder) => decoder.into_inner(),
            Self::Deflate(decoder) => decoder.into_inner(),
        }
    }

    /// What an error of this decoder, not of its input, means.
    pub(super) fn failure(&self, error: &io::Error) -> Decoded {
        let text = error.to_string();
        // Brotli's decoder has one error for everything, and no checksum that could be wrong at the end.
        let is_cut = matches!(self, Self::Brotli(_)) && self.input().is_exhausted();
        if text.contains(ZSTD_WINDOW_TOO_LARGE) {
            let mib_max = (1_u64 << ZSTD_WINDOW_LOG_MAX) >> 20;
            Decoded::NeedsMemory(format!("the zstd stream needs a window of more than {mib_max} MiB"))
        } else if matches!(self, Self::Xz(_)) && text.contains("memory") {
            let mib_max = XZ_MEMORY_BYTES_MAX >> 20;
            Decoded::NeedsMemory(format!("the xz stream needs more than {mib_max} MiB of memory"))
        } else if is_cut || error.kind() == io::ErrorKind::UnexpectedEof {
            Decoded::EndsEarly
        } else {
            Decoded::IsDamaged
        }
    }
}

impl Read for Codec<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(input) => input.read(target),
            Self::Gzip(decoder) => decoder.read(target),
            Self::Zstd(decoder) => decoder.read(target),
            Self::Bzip2(decoder) => decoder.read(target),
            Self::Xz(decoder) => decoder.read(target),
            Self::Lz4(decoder) => decoder.read(target),
            Self::Brotli(decoder) => decoder.read(target),
            Self::Zlib(decoder) => decoder.read(target),
            Self::Deflate(decoder) => decoder.read(target),
        }
    }
}
