//! Pieces that are read as a whole, and what tells JSON lines from one JSON value.

use std::ops::ControlFlow;

use unecho_model::RejectReason;

use crate::content::Piece;
use crate::format::Format;
use crate::json_file::{self, AtHand, Shape};
use crate::label::Refusal;
use crate::out::Out;
use crate::sniff;
use crate::stream::{Stream, StreamEnd, UTF8_BOM};
use crate::{Batch, Limits};

/// A piece that is one file to be parsed at once.
pub(crate) fn read_whole(
    stream: &mut Stream<'_>,
    piece: &Piece<'_>,
    format: Format,
    out: &mut Out<'_>,
) -> ControlFlow<()> {
    let bytes_max = out.limits().document_bytes_max;
    stream.fill_to(bytes_max.saturating_add(1));
    let n_bytes = stream.pending().len();
    let refusal = match stream.end() {
        StreamEnd::Broken(refusal) => Some(refusal.clone()),
        StreamEnd::Open | StreamEnd::Complete if n_bytes > bytes_max => {
            Some(too_large(stream, piece, bytes_max))
        }
        StreamEnd::Open | StreamEnd::Complete => None,
    };
    match refusal {
        Some(refusal) => out.refuse(piece.label, refusal, stream.pending(), n_bytes as u64),
        None => out.send(Batch::file(piece.label, stream.take_all(), format)),
    }
}

fn too_large(stream: &Stream<'_>, piece: &Piece<'_>, bytes_max: usize) -> Refusal {
    match (stream.decoder().compression(), piece.size_bytes) {
        (Some(name), _) => {
            let detail =
                format!("the {name} file decompresses to more than {bytes_max} bytes (document_bytes_max)");
            Refusal::new(RejectReason::DecompressionLimit, detail)
        }
        (None, Some(bytes)) => {
            let detail = format!("the file has {bytes} bytes, limit {bytes_max} (document_bytes_max)");
            Refusal::new(RejectReason::TooLarge, detail)
        }
        (None, None) => {
            Refusal::new(RejectReason::TooLarge, format!("more than {bytes_max} bytes (document_bytes_max)"))
        }
    }
}

/// Reads as much of a `.json` file as it takes to tell its shape.
pub(crate) fn json_shape(stream: &mut Stream<'_>, limits: &Limits) -> Shape {
    stream.skip_bom();
    let mut wanted = sniff::HEAD_BYTES;
    loop {
        stream.fill_to(wanted);
        let at_hand = match stream.end() {
            StreamEnd::Complete | StreamEnd::Broken(_) => AtHand::Everything,
            StreamEnd::Open if stream.pending().len() > limits.line_bytes_max => AtHand::LongestLine,
            StreamEnd::Open => AtHand::Beginning,
        };
        match json_file::shape_of(stream.pending(), at_hand) {
            Some(shape) => return shape,
            None => wanted = wanted.saturating_mul(2),
        }
    }
}

/// Whether the first character that is not white space is `{`.
pub(crate) fn begins_with_object(stream: &mut Stream<'_>, limits: &Limits) -> bool {
    let mut wanted = sniff::HEAD_BYTES;
    loop {
        stream.fill_to(wanted);
        let content = stream.pending();
        let content = content.strip_prefix(UTF8_BOM).unwrap_or(content);
        match content.trim_ascii_start().first() {
            Some(&first) => return first == b'{',
            None if *stream.end() != StreamEnd::Open => return false,
            None if wanted > limits.document_bytes_max => return false,
            None => wanted = wanted.saturating_mul(2),
        }
    }
}
