//! What the messages of Arrow data say about their size, before the library makes room for them: a
//! message of a hundred bytes may claim a body, a number of rows, or a buffer after decompression, of any
//! size, and a program that asks the system for that much is ended.

use std::io::{self, Read};

use arrow_ipc::{CompressionType, Message, RecordBatch, root_as_footer, root_as_message};
use unecho_model::RejectReason;

use crate::label::Refusal;
use crate::out::Out;
use crate::seekable::Seekable;

/// What a file begins and ends with.
pub(super) const FILE_MARK: &[u8] = b"ARROW1";
/// The length of the footer, and the mark.
const TAIL_BYTES: u64 = 4 + FILE_MARK.len() as u64;
/// What stands in front of a message's length, but in old data.
const CONTINUED: [u8; 4] = [0xff; 4];

/// Looks at all messages of the file format, as its footer lists them.
pub(super) fn check_file(file: &Seekable, out: &Out<'_>) -> Result<(), Refusal> {
    let size_bytes = file.size_bytes();
    let tail_at = size_bytes.checked_sub(TAIL_BYTES).ok_or_else(|| damaged("ends early"))?;
    let tail = read(file, tail_at, TAIL_BYTES)?;
    let (length, mark) = tail.split_at(4);
    if mark != FILE_MARK {
        return Err(damaged("has no end mark"));
    }
    let length = u64::try_from(number(length)).map_err(|_| damaged("has a footer of no size"))?;
    let footer_at = tail_at.checked_sub(length).ok_or_else(|| damaged("is shorter than its footer"))?;
    let footer = read_small(file, footer_at, length, out)?;
    let footer = root_as_footer(&footer).map_err(|error| damaged(&format!("has a bad footer: {error}")))?;
    let blocks = [footer.dictionaries(), footer.recordBatches()];
    for block in blocks.into_iter().flatten().flat_map(|blocks| blocks.iter()) {
        let place = [block.offset(), i64::from(block.metaDataLength()), block.bodyLength()];
        let [at, head, body] = place.map(|part| u64::try_from(part).unwrap_or(u64::MAX));
        let end = at.checked_add(head).and_then(|end| end.checked_add(body));
        if end.is_none_or(|end| end > size_bytes) {
            return Err(damaged("lists a message that is not in it"));
        }
        check_message(file, at, out)?;
    }
    Ok(())
}

/// Looks at all messages of the stream format, one after another.
pub(super) fn check_stream(file: &Seekable, out: &Out<'_>) -> Result<(), Refusal> {
    let mut at = 0;
    while let Some(next) = check_message(file, at, out)? {
        at = next;
    }
    Ok(())
}

/// Looks at the message at `at`; returns where the next begins, `None` at the end.
fn check_message(file: &Seekable, at: u64, out: &Out<'_>) -> Result<Option<u64>, Refusal> {
    if at >= file.size_bytes() {
        return Ok(None);
    }
    let mut head_at = at + 4;
    let mut length = read(file, at, 4)?;
    if length == CONTINUED {
        length = read(file, head_at, 4)?;
        head_at += 4;
    }
    let length = u64::try_from(number(&length)).map_err(|_| damaged("has a message of no size"))?;
    if length == 0 {
        return Ok(None);
    }
    let head = read_small(file, head_at, length, out)?;
    let message = root_as_message(&head).map_err(|error| damaged(&format!("has a bad message: {error}")))?;
    let body_at = head_at + length;
    let body = u64::try_from(message.bodyLength()).map_err(|_| damaged("has a body of no size"))?;
    if body > file.size_bytes().saturating_sub(body_at) {
        return Err(damaged(&format!("ends within a message of {body} bytes")));
    }
    out.advance(length + body);
    if let Some(batch) = batch_of(&message) {
        check_batch(file, body_at, body, &batch, out)?;
    }
    Ok(Some(body_at + body))
}

fn batch_of<'m>(message: &Message<'m>) -> Option<RecordBatch<'m>> {
    message
        .header_as_record_batch()
        .or_else(|| message.header_as_dictionary_batch().and_then(|dictionary| dictionary.data()))
}

fn check_batch(
    file: &Seekable,
    body_at: u64,
    body: u64,
    batch: &RecordBatch<'_>,
    out: &Out<'_>,
) -> Result<(), Refusal> {
    // A row that takes no space is work all the same.
    let mut sum = u64::try_from(batch.length()).map_err(|_| damaged("has a negative number of rows"))?;
    let is_compressed = batch.compression().is_some_and(|compression| {
        [CompressionType::LZ4_FRAME, CompressionType::ZSTD].contains(&compression.codec())
    });
    for buffer in batch.buffers().into_iter().flatten().filter(|_| is_compressed) {
        let place = (u64::try_from(buffer.offset()), u64::try_from(buffer.length()));
        let (Ok(at), Ok(length)) = place else { return Err(damaged("has a buffer of no size")) };
        if at.checked_add(length).is_none_or(|end| end > body) {
            return Err(damaged("has a buffer that is not in its message"));
        }
        if length < 8 {
            continue;
        }
        let claim = read(file, body_at + at, 8)?;
        let claim = i64::from_le_bytes(claim.try_into().unwrap_or_default());
        let limit = out.limits().page_bytes_max;
        // -1 says that the buffer is not compressed.
        let claimed_bytes = u64::try_from(claim).unwrap_or(0);
        if claimed_bytes > limit {
            let detail = format!(
                "a buffer of {claimed_bytes} bytes after decompression, limit {limit} (page_bytes_max)"
            );
            return Err(Refusal::new(RejectReason::DecompressionLimit, detail));
        }
        sum = sum.saturating_add(claimed_bytes);
    }
    out.budget().spend(sum)
}

/// Reads `length` bytes that have to be there.
fn read(file: &Seekable, at: u64, length: u64) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    file.starting_at(at)
        .take(length)
        .read_to_end(&mut bytes)
        .map_err(|error: io::Error| Refusal::of_io(&error))?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(damaged("ends early")) }
}

/// Reads a description, which must not be longer than a document.
fn read_small(file: &Seekable, at: u64, length: u64, out: &Out<'_>) -> Result<Vec<u8>, Refusal> {
    let limit = out.limits().document_bytes_max;
    if length > limit as u64 {
        let detail = format!("a description of {length} bytes, limit {limit} (document_bytes_max)");
        return Err(Refusal::new(RejectReason::TooLarge, detail));
    }
    read(file, at, length)
}

fn number(bytes: &[u8]) -> i32 {
    i32::from_le_bytes(bytes.try_into().unwrap_or_default())
}

fn damaged(what: &str) -> Refusal {
    Refusal::new(RejectReason::Damaged, format!("the Arrow data {what}"))
}
