//! The header of a WARC record (ISO 28500): a version line, named fields, a blank line. Read
//! leniently: bare line feeds, folded lines and stray spaces occur in archives in use.

use crate::stream::{Stream, StreamEnd};

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordKind {
    /// An answer of a server, with its HTTP header.
    Response,
    /// A file without HTTP header.
    Resource,
    /// Another form of a record, such as a page's text in WET.
    Conversion,
    /// Something else: `warcinfo`, `request`, `metadata`, `revisit`, `continuation`, ….
    Other,
}

/// The fields of a header that mean something here.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecordHead {
    pub(crate) kind: RecordKind,
    /// `WARC-Type` as written, in lower case.
    pub(crate) kind_name: String,
    pub(crate) content_bytes: Option<u64>,
    pub(crate) content_type: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) date: Option<String>,
    pub(crate) record_id: Option<String>,
    pub(crate) payload_digest: Option<String>,
    pub(crate) block_digest: Option<String>,
    /// `WARC-Refers-To-Date`, of a revisit.
    pub(crate) refers_to_date: Option<String>,
    /// `WARC-Truncated`.
    pub(crate) truncated: Option<String>,
    /// `WARC-Identified-Content-Language` (Common Crawl).
    pub(crate) languages: Option<String>,
}

/// Reads a header, which must begin here. On an error its first bytes are still there.
pub(super) fn read(stream: &mut Stream<'_>, header_bytes_max: usize) -> Result<RecordHead, String> {
    /// Most headers are shorter.
    const STEP_BYTES: usize = 2048;
    let mut wanted = STEP_BYTES;
    let end = loop {
        stream.fill_to(wanted.min(header_bytes_max));
        if let Some(end) = end_of(stream.pending()) {
            break end;
        }
        if *stream.end() != StreamEnd::Open {
            return Err("a WARC header without end".to_owned());
        }
        if wanted >= header_bytes_max {
            return Err(format!(
                "a WARC header of more than {header_bytes_max} bytes (record_header_bytes_max)"
            ));
        }
        wanted *= 2;
    };
    let text = String::from_utf8_lossy(&stream.pending()[..end]).into_owned();
    let head = parse(&text);
    if head.kind_name.is_empty() && head.content_bytes.is_none() {
        return Err("a WARC header without type and length".to_owned());
    }
    stream.skip(end);
    Ok(head)
}

/// The header that `bytes` begin with, and where its block begins.
pub(crate) fn parse_head(bytes: &[u8]) -> Option<(RecordHead, usize)> {
    let end = end_of(bytes).filter(|_| bytes.starts_with(super::MARK))?;
    Some((parse(&String::from_utf8_lossy(&bytes[..end])), end))
}

/// Where the header ends: behind the first blank line.
fn end_of(bytes: &[u8]) -> Option<usize> {
    let mut line_start = 0;
    for newline in memchr::memchr_iter(b'\n', bytes) {
        let line = bytes[line_start..newline].strip_suffix(b"\r").unwrap_or(&bytes[line_start..newline]);
        if line.is_empty() && line_start > 0 {
            return Some(newline + 1);
        }
        line_start = newline + 1;
    }
    None
}

fn parse(text: &str) -> RecordHead {
    let mut head = RecordHead {
        kind: RecordKind::Other,
        kind_name: String::new(),
        content_bytes: None,
        content_type: None,
        url: None,
        date: None,
        record_id: None,
        payload_digest: None,
        block_digest: None,
        refers_to_date: None,
        truncated: None,
        languages: None,
    };
    for (name, value) in named_fields(text.lines().skip(1)) {
        let said = || Some(value.clone()).filter(|value| !value.is_empty());
        match name.to_ascii_lowercase().as_str() {
            "warc-type" => head.kind_name = value.to_ascii_lowercase(),
            "content-length" => head.content_bytes = value.parse().ok(),
            "content-type" => head.content_type = said(),
            // Old versions of wget wrote the address in angle brackets.
            "warc-target-uri" => {
                head.url = Some(value.trim_matches(['<', '>', ' ']).to_owned()).filter(|url| !url.is_empty());
            }
            "warc-date" => head.date = said(),
            "warc-record-id" => head.record_id = said(),
            "warc-payload-digest" => head.payload_digest = said(),
            "warc-block-digest" => head.block_digest = said(),
            "warc-refers-to-date" => head.refers_to_date = said(),
            "warc-truncated" => head.truncated = said(),
            "warc-identified-content-language" => head.languages = said(),
            _ => {}
        }
    }
    head.kind = match head.kind_name.as_str() {
        "response" => RecordKind::Response,
        "resource" => RecordKind::Resource,
        "conversion" => RecordKind::Conversion,
        _ => RecordKind::Other,
    };
    head
}

/// `Name: value` lines; a line that begins with white space goes on with the one before.
pub(super) fn named_fields<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in lines {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    fields
}

impl RecordHead {
    /// What to count the record as when its kind alone says that it is no document.
    pub(super) fn kind_to_skip(&self) -> Option<String> {
        /// Longest name of a kind that is shown.
        const NAME_BYTES_MAX: usize = 24;
        match self.kind {
            RecordKind::Response | RecordKind::Resource | RecordKind::Conversion => None,
            RecordKind::Other => {
                let plain = self.kind_name.len() <= NAME_BYTES_MAX
                    && self.kind_name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                Some(if plain {
                    format!("warc {}", self.kind_name)
                } else {
                    "warc of another kind".to_owned()
                })
            }
        }
    }

    /// The media type without parameters, in lower case.
    pub(super) fn media_type(&self) -> String {
        super::http::media_type(self.content_type.as_deref().unwrap_or_default())
    }
}
