//! What a piece of a source holds: told by its first bytes where a format has a mark of its own, by
//! its name otherwise. A piece is a source, or a member of an archive.

use std::io::Read;
use std::ops::ControlFlow;
use std::sync::Arc;

use unecho_model::RejectReason;

use crate::archive::{tar, zip};
use crate::decode::{Compression, Decoder};
use crate::format::Format;
use crate::input::Input;
use crate::json_file::Shape;
use crate::label::{Label, Refusal};
use crate::out::Out;
use crate::reader::{Lines, begins_with_object, json_shape, read_whole};
use crate::seekable::Seekable;
use crate::stream::Stream;
use crate::table::{arrow, csv, parquet};
use crate::{Batch, sniff, warc};

/// One thing to be read.
pub(crate) struct Piece<'p> {
    pub(crate) label: &'p Arc<Label>,
    /// What its name says.
    pub(crate) format: Format,
    /// How many archives are around it.
    pub(crate) depth: usize,
    /// Its size before decompression, where that is known.
    pub(crate) size_bytes: Option<u64>,
    /// The file that holds exactly this piece, if there is one.
    pub(crate) file: Option<Seekable>,
}

/// Reads a member of an archive, which may be compressed itself.
pub(crate) fn read_member(
    content: &mut dyn Read,
    label: &Arc<Label>,
    (format, compression): (Format, Compression),
    (size_bytes, depth): (u64, usize),
    out: &mut Out<'_>,
) -> ControlFlow<()> {
    let input = Input::new(Box::new(content), Some(size_bytes));
    let decoder = match Decoder::new(input, compression, out.budget().clone()) {
        Ok(decoder) => decoder,
        Err(refusal) => return out.refuse(label, refusal, &[], 0),
    };
    let size_bytes = Some(size_bytes);
    let piece = Piece { label, format, depth, size_bytes, file: None };
    read(&mut Stream::new(decoder), &piece, out)
}

/// Reads a piece.
pub(crate) fn read(stream: &mut Stream<'_>, piece: &Piece<'_>, out: &mut Out<'_>) -> ControlFlow<()> {
    stream.fill_to(sniff::HEAD_BYTES);
    let format = sniff::container(stream.pending()).unwrap_or(piece.format);
    match format {
        Format::PlainText | Format::Html | Format::Feed => read_whole(stream, piece, format, out),
        Format::JsonLines => read_lines(stream, piece, out),
        Format::Json => match json_shape(stream, out.limits()) {
            Shape::Lines => read_lines(stream, piece, out),
            Shape::Whole => read_whole(stream, piece, Format::Json, out),
        },
        Format::Told if begins_with_object(stream, out.limits()) => read_lines(stream, piece, out),
        Format::Told => read_whole(stream, piece, Format::PlainText, out),
        Format::Csv => csv::read(stream, piece, out),
        Format::Warc => warc::read(stream, piece, out),
        Format::Tar | Format::Zip if piece.depth >= out.limits().archive_depth_max => {
            let depth_max = out.limits().archive_depth_max;
            let detail = format!("archives inside archives, more than {depth_max} deep (archive_depth_max)");
            let refusal = Refusal::new(RejectReason::TooLarge, detail);
            out.refuse(piece.label, refusal, &[], stream.pending().len() as u64)
        }
        Format::Tar => tar::read(stream, piece, out),
        Format::Zip => with_file(stream, piece, out, zip::read),
        Format::Parquet => with_file(stream, piece, out, parquet::read),
        Format::Arrow => arrow::read(stream, piece, out),
    }
}

/// A piece that is JSON lines.
fn read_lines(stream: &mut Stream<'_>, piece: &Piece<'_>, out: &mut Out<'_>) -> ControlFlow<()> {
    stream.skip_bom();
    stream.fill_to(sniff::HEAD_BYTES);
    let head = &stream.pending()[..stream.pending().len().min(sniff::HEAD_BYTES)];
    if let Some(refusal) = sniff::refuse_lines(head) {
        return out.refuse(piece.label, refusal, head, head.len() as u64);
    }
    let mut lines = Lines::new(stream);
    while let Some(batch) = lines.next_batch(piece.label, out.limits()) {
        out.send(batch)?;
    }
    ControlFlow::Continue(())
}

/// Reads a piece whose format needs a file.
pub(crate) fn with_file(
    stream: &mut Stream<'_>,
    piece: &Piece<'_>,
    out: &mut Out<'_>,
    read: impl FnOnce(&Seekable, &Piece<'_>, &mut Out<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let file = match &piece.file {
        Some(file) => Ok(file.clone()),
        None => Seekable::spool(stream, out.limits().spool_bytes_max),
    };
    match file {
        Ok(file) => read(&file.starting_at(0), piece, out),
        Err(refusal) => {
            let bytes = stream.pending().len() as u64;
            let rejected = piece.label.reject(None, refusal, &[], bytes);
            out.send(Batch::rejected(piece.label, rejected))
        }
    }
}
