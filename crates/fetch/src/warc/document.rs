//! One record to one document.

use serde_json::{Map, Value, json};
use unecho_model::{Fields, Payload, RawDocument, RejectReason};

use super::digest::mismatch;
use super::http::{Answer, decode_body, is_page};
use super::{Record, RecordHead, RecordKind};
use crate::Config;
use crate::label::{Label, Refusal};
use crate::sniff;

/// How far into content its kind is looked for.
const HEAD_BYTES: usize = 1024;

/// The document in a record; the refusal comes with the content that it is about.
pub(crate) fn document_of(
    record: Record,
    label: &Label,
    config: &Config,
) -> Result<RawDocument, (Refusal, Vec<u8>)> {
    let Record { number, head, block } = record;
    let Content { bytes, media_type, charset, mismatch } = content_of(&head, block, config)?;
    if let Some(refusal) = sniff::refuse_document(&bytes) {
        return Err((refusal, bytes));
    }
    let is_page = is_page(&media_type)
        .unwrap_or_else(|| head.kind != RecordKind::Conversion && looks_like_page(&bytes));
    let payload = if is_page { Payload::HtmlBytes(bytes) } else { Payload::PlainBytes(bytes) };
    Ok(RawDocument {
        id: label.doc_id(number),
        origin: label.origin(number),
        payload,
        fields: Fields {
            url: head.url.clone(),
            charset,
            metadata: metadata_of(&head, &media_type, mismatch),
            ..Fields::default()
        },
    })
}

struct Content {
    bytes: Vec<u8>,
    media_type: String,
    charset: Option<String>,
    /// Which digest it does not fit.
    mismatch: Option<&'static str>,
}

fn content_of(head: &RecordHead, block: Vec<u8>, config: &Config) -> Result<Content, (Refusal, Vec<u8>)> {
    if head.kind != RecordKind::Response {
        let mismatch = mismatch(head, &block, None, &block);
        return Ok(Content { bytes: block, media_type: head.media_type(), charset: None, mismatch });
    }
    let Some(answer) = Answer::parse(&block) else {
        let refusal = Refusal::new(RejectReason::Damaged, "a response without an HTTP header");
        return Err((refusal, block));
    };
    match decode_body(&answer, &block[answer.body_at..], config.limits.document_bytes_max) {
        Ok(body) => Ok(Content {
            mismatch: mismatch(head, &block, Some(&answer), &body),
            bytes: body.into_owned(),
            media_type: answer.media_type(),
            charset: answer.charset(),
        }),
        Err(refusal) => Err((refusal, block)),
    }
}

/// What a record says about itself beside its address. The date is that of fetching: when the text
/// was published it does not say.
fn metadata_of(head: &RecordHead, media_type: &str, mismatch: Option<&str>) -> Map<String, Value> {
    let mut warc = Map::new();
    warc.insert("type".to_owned(), json!(head.kind_name));
    let named = [
        ("date", &head.date),
        ("record_id", &head.record_id),
        ("payload_digest", &head.payload_digest),
        ("block_digest", &head.block_digest),
        ("truncated", &head.truncated),
        ("languages", &head.languages),
    ];
    for (name, value) in named {
        if let Some(value) = value {
            warc.insert(name.to_owned(), json!(value));
        }
    }
    if let Some(which) = mismatch {
        warc.insert("digest_mismatch".to_owned(), json!(which));
    }
    if !media_type.is_empty() {
        warc.insert("content_type".to_owned(), json!(media_type));
    }
    Map::from_iter([("warc".to_owned(), Value::Object(warc))])
}

/// Whether content of an unnamed type is a page.
fn looks_like_page(bytes: &[u8]) -> bool {
    let head = bytes[..bytes.len().min(HEAD_BYTES)].to_ascii_lowercase();
    let begins = head.trim_ascii_start().starts_with(b"<");
    let marks: [&[u8]; 4] = [b"<!doctype html", b"<html", b"<head", b"<body"];
    begins && marks.iter().any(|mark| memchr::memmem::find(&head, mark).is_some())
}
