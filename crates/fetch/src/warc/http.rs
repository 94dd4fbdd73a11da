//! HTTP answers as WARC keeps them: status, the fields that say how to read the body, and the body
//! without transfer and content coding.

use std::borrow::Cow;

use unecho_model::RejectReason;

use super::header::{RecordHead, RecordKind, named_fields};
use crate::decode::{Compression, decoded};
use crate::label::Refusal;

/// Codings one inside another; more is no honest page.
const CODINGS_MAX: usize = 3;
/// How far an HTTP header is looked for.
const HEADER_BYTES_MAX: usize = 64 * 1024;

/// The header of an HTTP answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// As written.
    pub(crate) content_type: Option<String>,
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
    pub(crate) location: Option<String>,
    /// Content codings, outermost last.
    codings: Vec<String>,
    transfer: Transfer,
    /// Where the body begins.
    pub(crate) body_at: usize,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Transfer {
    #[default]
    Whole,
    Chunked,
}

impl Answer {
    /// The answer that `block` begins with; `None` when it does not look like one.
    pub(crate) fn parse(block: &[u8]) -> Option<Self> {
        let head = &block[..block.len().min(HEADER_BYTES_MAX)];
        let (end, body_at) = end_of_header(head)?;
        let text: Cow<'_, str> = match str::from_utf8(&head[..end]) {
            Ok(text) => text.into(),
            // Header fields are Latin-1 where they are not ASCII.
            Err(_) => head[..end].iter().map(|&byte| char::from(byte)).collect::<String>().into(),
        };
        let mut lines = text.lines();
        let status_line = lines.next()?;
        let status = status_line.strip_prefix("HTTP/")?.split_ascii_whitespace().nth(1)?.parse().ok()?;
        let mut answer = Self { status, body_at, ..Self::default() };
        for (name, value) in named_fields(lines) {
            answer.note(&name, value);
        }
        Some(answer)
    }

    /// Takes note of one header field.
    fn note(&mut self, name: &str, value: String) {
        match name.to_ascii_lowercase().as_str() {
            "content-type" => self.content_type = Some(value),
            "etag" => self.etag = Some(value),
            "location" => self.location = Some(value),
            "last-modified" => self.last_modified = Some(value),
            "content-encoding" => self.codings.extend(list_of(&value)),
            "transfer-encoding" if list_of(&value).any(|coding| coding == "chunked") => {
                self.transfer = Transfer::Chunked;
            }
            _ => {}
        }
    }

    /// The media type without parameters, in lower case.
    pub(crate) fn media_type(&self) -> String {
        media_type(self.content_type.as_deref().unwrap_or_default())
    }

    /// The character set that the server names.
    pub(crate) fn charset(&self) -> Option<String> {
        charset(self.content_type.as_deref()?)
    }
}

/// End of the header and beginning of the body.
fn end_of_header(head: &[u8]) -> Option<(usize, usize)> {
    let mut line_start = 0;
    for newline in memchr::memchr_iter(b'\n', head) {
        let line = &head[line_start..newline];
        if line.is_empty() || line == b"\r" {
            return Some((line_start, newline + 1));
        }
        line_start = newline + 1;
    }
    None
}

fn list_of(value: &str) -> impl Iterator<Item = String> {
    value.split(',').map(|part| part.trim().to_ascii_lowercase()).filter(|part| !part.is_empty())
}

pub(super) fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn charset(content_type: &str) -> Option<String> {
    let parameters = content_type.split(';').skip(1);
    let value = parameters.filter_map(|parameter| parameter.split_once('=')).find_map(|(name, value)| {
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_owned())
    })?;
    (!value.is_empty()).then_some(value)
}

/// Whether a media type is a page; `None` when it says nothing, `Some(false)` for plain text.
pub(crate) fn is_page(media_type: &str) -> Option<bool> {
    match media_type {
        "text/html" | "application/xhtml+xml" => Some(true),
        "text/plain" => Some(false),
        _ => None,
    }
}

/// What to count a response or resource as that is no document: by status, or by type.
pub(super) fn kind_to_skip(head: &RecordHead, block: &[u8]) -> Option<String> {
    if head.url.as_ref().is_some_and(|url| url.ends_with("/robots.txt")) {
        return Some("robots.txt".to_owned());
    }
    let media = match head.kind {
        RecordKind::Response if head.media_type() == "text/dns" => return Some("type text/dns".to_owned()),
        RecordKind::Response => match Answer::parse(block) {
            Some(answer) if !is_success(answer.status) => return Some(format!("http {}", answer.status)),
            Some(answer) => answer.media_type(),
            // What it is instead is told when it is parsed.
            None => return None,
        },
        RecordKind::Resource | RecordKind::Conversion => head.media_type(),
        RecordKind::Other => return None,
    };
    media_to_skip(&media)
}

/// What to count content of this media type as when it is neither a page nor text.
pub(crate) fn media_to_skip(media: &str) -> Option<String> {
    if media.is_empty() || is_page(media).is_some() {
        return None;
    }
    let plain =
        media.len() <= 60 && media.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-+._".contains(&b));
    Some(if plain { format!("type {media}") } else { "type of another kind".to_owned() })
}

/// 200, and 203 from a proxy that changed something; 206 is a part.
fn is_success(status: u16) -> bool {
    matches!(status, 200 | 203)
}

/// The body of an answer without its chunks; as it is where they cannot be joined.
pub(super) fn without_transfer<'b>(answer: &Answer, body: &'b [u8]) -> Cow<'b, [u8]> {
    match answer.transfer {
        Transfer::Whole => Cow::Borrowed(body),
        Transfer::Chunked => without_chunks(body).unwrap_or(Cow::Borrowed(body)),
    }
}

/// The body of an answer as it was meant, at most `bytes_max`.
pub(crate) fn decode_body<'b>(
    answer: &Answer,
    body: &'b [u8],
    bytes_max: usize,
) -> Result<Cow<'b, [u8]>, Refusal> {
    let mut body = match answer.transfer {
        Transfer::Whole => Cow::Borrowed(body),
        Transfer::Chunked => without_chunks(body)?,
    };
    if answer.codings.len() > CODINGS_MAX {
        let detail = format!("{} content codings, limit {CODINGS_MAX}", answer.codings.len());
        return Err(Refusal::new(RejectReason::DecompressionLimit, detail));
    }
    for coding in answer.codings.iter().rev() {
        body = without_coding(body, coding, bytes_max)?;
    }
    Ok(body)
}

/// Archives often keep the field `Content-Encoding` and not the coding: then the body is taken as it
/// is.
fn without_coding<'b>(body: Cow<'b, [u8]>, coding: &str, bytes_max: usize) -> Result<Cow<'b, [u8]>, Refusal> {
    let compression = match (coding, body.as_ref()) {
        ("gzip" | "x-gzip", [0x1f, 0x8b, ..]) => Compression::Gzip,
        ("zstd", [0x28, 0xb5, 0x2f, 0xfd, ..]) => Compression::Zstd,
        ("deflate", [0x78 | 0x58 | 0x68, ..]) => Compression::Zlib,
        ("deflate", _) => Compression::Deflate,
        ("br", _) => Compression::Brotli,
        _ => return Ok(body),
    };
    match decoded(&body, compression, bytes_max) {
        Ok(plain) => Ok(Cow::Owned(plain)),
        Err(refusal) if refusal.reason == RejectReason::DecompressionLimit => Err(refusal),
        // Neither has a mark of its own: text is what was never compressed.
        Err(_) if compression != Compression::Gzip && looks_like_text(&body) => Ok(body),
        Err(refusal) => Err(refusal),
    }
}

fn looks_like_text(body: &[u8]) -> bool {
    let head = &body[..body.len().min(1024)];
    !head.is_empty() && head.iter().all(|&byte| byte >= 0x20 || b"\t\r\n\x0c".contains(&byte))
}

/// Joins chunks (RFC 9112, 7.1). A body whose beginning is no chunk was joined before it was stored.
fn without_chunks(body: &[u8]) -> Result<Cow<'_, [u8]>, Refusal> {
    let mut joined = Vec::new();
    let mut rest = body;
    loop {
        let Some((size, after)) = chunk_size(rest) else {
            if joined.is_empty() {
                return Ok(Cow::Borrowed(body));
            }
            let at = body.len() - rest.len();
            return Err(Refusal::new(RejectReason::Damaged, format!("no chunk at byte {at} of the body")));
        };
        if size == 0 {
            return Ok(Cow::Owned(joined));
        }
        let Some(chunk) = after.get(..size) else {
            if joined.is_empty() && body.len() == rest.len() && !after.is_empty() && size > body.len() {
                return Ok(Cow::Borrowed(body));
            }
            return Err(Refusal::new(RejectReason::Damaged, "the body ends within a chunk"));
        };
        joined.extend_from_slice(chunk);
        rest = &after[size..];
        rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest);
        if rest.is_empty() {
            // Without the last chunk: cut, but on a border.
            return Ok(Cow::Owned(joined));
        }
    }
}

/// Size of the chunk that begins here, and what follows its line.
fn chunk_size(rest: &[u8]) -> Option<(usize, &[u8])> {
    /// A size, white space and extensions.
    const LINE_BYTES_MAX: usize = 1024;
    let newline = memchr::memchr(b'\n', &rest[..rest.len().min(LINE_BYTES_MAX)])?;
    let line = str::from_utf8(&rest[..newline]).ok()?;
    let digits = line.split(';').next()?.trim();
    let size = usize::from_str_radix(digits, 16).ok()?;
    Some((size, &rest[newline + 1..]))
}
