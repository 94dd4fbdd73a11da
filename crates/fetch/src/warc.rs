//! WARC and WET: one document a record that holds a page or text, whatever is wrong with the others.
//! Records are found and cut here, in sequence and bounded; what they hold is made a document by
//! `warc::document`, on any thread. After damage the next record that begins on a line of its own
//! is looked for.

mod digest;
mod document;
mod header;
mod http;
mod write;

pub(crate) use document::document_of;
pub(crate) use header::{RecordHead, RecordKind, parse_head};
pub(crate) use http::{Answer, decode_body, media_to_skip};
pub(crate) use write::{RecordWriter, WrittenRecord, sha1_of};

use std::ops::ControlFlow;

use memchr::memmem;
use unecho_model::{RejectReason, Rejected};

use crate::content::Piece;
use crate::label::Refusal;
use crate::out::Out;
use crate::stream::{Stream, StreamEnd};
use crate::{Batch, Limits};

/// What every record begins with.
const MARK: &[u8] = b"WARC/";

/// A record that may be a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    /// 1-based, counting all records of the file; `None` for a record that is a source by itself.
    pub(crate) number: Option<u64>,
    pub(crate) head: RecordHead,
    pub(crate) block: Vec<u8>,
}

/// What was read at one place of the file.
enum Found {
    Record(Box<RecordHead>, Block),
    /// Bytes that are no record, with the beginning of them.
    Junk(Refusal, Vec<u8>, u64),
    End,
}

enum Block {
    Here(Vec<u8>),
    /// Passed over because of its kind.
    Skipped(String),
    /// Not taken in.
    Refused(Refusal, Vec<u8>, u64),
}

/// Reads every record.
pub(crate) fn read(stream: &mut Stream<'_>, piece: &Piece<'_>, out: &mut Out<'_>) -> ControlFlow<()> {
    let since = out.mark();
    let mut pending = Vec::new();
    let mut pending_bytes = 0;
    let mut number = 0;
    loop {
        let found = next(stream, out.limits());
        number += 1;
        match found {
            Found::Record(head, Block::Here(block)) => {
                pending_bytes += block.len();
                pending.push(Record { number: Some(number), head: *head, block });
            }
            Found::Record(_, Block::Skipped(kind)) => out.skip(kind),
            Found::Record(_, Block::Refused(refusal, content, bytes))
            | Found::Junk(refusal, content, bytes) => {
                send(&mut pending, &mut pending_bytes, piece, out)?;
                out.refuse_at(piece.label, Some(number), refusal, &content, bytes)?;
            }
            Found::End => break,
        }
        if pending_bytes >= out.limits().batch_bytes || pending.len() >= out.limits().batch_lines_max {
            send(&mut pending, &mut pending_bytes, piece, out)?;
        }
    }
    send(&mut pending, &mut pending_bytes, piece, out)?;
    if let StreamEnd::Broken(refusal) = stream.end() {
        let refusal = refusal.clone();
        return out.refuse_at(piece.label, Some(number), refusal, &[], 0);
    }
    match out.only_skipped_since(since) {
        None => ControlFlow::Continue(()),
        Some(n_skipped) => {
            let detail = format!("no record with a page or text ({n_skipped} others)");
            out.refuse(piece.label, Refusal::new(RejectReason::Empty, detail), &[], 0)
        }
    }
}

fn send(
    pending: &mut Vec<Record>,
    pending_bytes: &mut usize,
    piece: &Piece<'_>,
    out: &mut Out<'_>,
) -> ControlFlow<()> {
    *pending_bytes = 0;
    if pending.is_empty() {
        return ControlFlow::Continue(());
    }
    out.send(Batch::records(piece.label, std::mem::take(pending)))
}

/// The next record, or what stands in its place.
fn next(stream: &mut Stream<'_>, limits: &Limits) -> Found {
    skip_blank_lines(stream);
    if stream.pending().is_empty() {
        return Found::End;
    }
    if !stream.pending().starts_with(MARK) {
        return junk(stream, limits, "no WARC record");
    }
    let head = match header::read(stream, limits.record_header_bytes_max) {
        Ok(head) => head,
        Err(detail) => return junk(stream, limits, &detail),
    };
    let Some(length) = head.content_bytes else {
        return junk(stream, limits, "a WARC record without a length");
    };
    let block = read_block(stream, &head, length, limits);
    Found::Record(Box::new(head), block)
}

fn skip_blank_lines(stream: &mut Stream<'_>) {
    loop {
        stream.fill_to(MARK.len());
        match stream.pending().iter().position(|byte| !b"\r\n".contains(byte)) {
            Some(at) => {
                stream.skip(at);
                stream.fill_to(MARK.len());
                return;
            }
            None if stream.pending().is_empty() => return,
            None => stream.skip(stream.pending().len()),
        }
    }
}

/// Passes over everything up to a line that begins like a record, at least one byte.
fn junk(stream: &mut Stream<'_>, limits: &Limits, what: &str) -> Found {
    let excerpt = stream.pending()[..stream.pending().len().min(Rejected::EXCERPT_BYTES_MAX)].to_vec();
    let mut n_bytes = 0_u64;
    let finder = memmem::Finder::new(b"\nWARC/");
    loop {
        stream.fill_to(limits.batch_bytes.max(MARK.len() + 2));
        let pending = stream.pending();
        if let Some(at) = finder.find(pending) {
            n_bytes += at as u64 + 1;
            stream.skip(at + 1);
            break;
        }
        // The mark may lie across the end of what is pending.
        let keep = if *stream.end() == StreamEnd::Open { MARK.len() } else { 0 };
        let passed = pending.len().saturating_sub(keep);
        n_bytes += passed as u64;
        stream.skip(passed);
        if *stream.end() != StreamEnd::Open {
            break;
        }
    }
    let detail = format!("{what}: {n_bytes} bytes passed over");
    Found::Junk(Refusal::new(RejectReason::Damaged, detail), excerpt, n_bytes)
}

fn read_block(stream: &mut Stream<'_>, head: &RecordHead, length: u64, limits: &Limits) -> Block {
    if let Some(kind) = head.kind_to_skip() {
        pass_over(stream, length, limits);
        return Block::Skipped(kind);
    }
    let wanted = usize::try_from(length).unwrap_or(usize::MAX);
    if wanted > limits.document_bytes_max {
        stream.fill_to(Rejected::EXCERPT_BYTES_MAX);
        let excerpt = stream.pending()[..stream.pending().len().min(Rejected::EXCERPT_BYTES_MAX)].to_vec();
        pass_over(stream, length, limits);
        let detail = format!(
            "the record has {length} bytes, limit {} (document_bytes_max)",
            limits.document_bytes_max
        );
        return Block::Refused(Refusal::new(RejectReason::TooLarge, detail), excerpt, length);
    }
    // Two bytes more tell whether the length is true.
    stream.fill_to(wanted.saturating_add(2));
    let pending = stream.pending();
    if pending.len() < wanted {
        // The stream's own trouble is told once, by the caller.
        let bytes = pending.len() as u64;
        let excerpt = stream.take_all();
        let detail = format!("the record ends after {bytes} of {length} bytes");
        return Block::Refused(Refusal::new(RejectReason::Damaged, detail), excerpt, bytes);
    }
    let behind = &pending[wanted..];
    let ends_well = behind.is_empty() || behind.starts_with(b"\r\n") || behind.starts_with(b"\n");
    if !ends_well && let Some(at) = memmem::find(&pending[..wanted], b"\r\n\r\nWARC/") {
        let detail = format!("the record says {length} bytes, and the next one begins after {at}");
        let excerpt = stream.take_front(at);
        return Block::Refused(Refusal::new(RejectReason::Damaged, detail), excerpt, at as u64);
    }
    let block = stream.take_front(wanted);
    match http::kind_to_skip(head, &block) {
        Some(kind) => Block::Skipped(kind),
        None => Block::Here(block),
    }
}

fn pass_over(stream: &mut Stream<'_>, mut left_bytes: u64, limits: &Limits) {
    while left_bytes > 0 {
        stream.fill_to(limits.batch_bytes.max(1));
        let pending = stream.pending().len();
        if pending == 0 {
            return;
        }
        let passed = usize::try_from(left_bytes).unwrap_or(usize::MAX).min(pending);
        stream.skip(passed);
        left_bytes -= passed as u64;
    }
}
