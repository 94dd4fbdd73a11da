//! Lines of a batch as whoever wrote them sees them: with the id that stands there, and the text before
//! anything was done to it. For whoever says something about an input, line by line.

use memchr::memchr;
use serde::Deserialize;
use serde_json::value::RawValue;
use unecho_model::Payload;

use super::{Batch, Content, Fetched, parse_line};
use crate::Config;
use crate::format::Format;

/// A line that is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: u64,
    /// Its `id` as JSON; `null` where there is none.
    pub id: String,
    /// Its text; `None` when it is no document.
    pub text: Option<String>,
}

/// What a line says of itself; the rest is passed over.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

impl Batch {
    /// The lines of a batch of JSON lines, blank ones left out; also that of a file that is one object on one
    /// line. None for other batches. Pass the configuration that the source was opened with.
    #[must_use]
    pub fn lines_as_written(&self, config: &Config) -> Vec<Line> {
        let (bytes, first_line) = match &self.content {
            Content::Lines { bytes, first_line } => (bytes, first_line),
            Content::File { bytes, format: Format::Json } if is_one_line(bytes) => (bytes, &1),
            _ => return Vec::new(),
        };
        let mut lines = Vec::new();
        let (mut rest, mut number) = (bytes.as_slice(), *first_line);
        while !rest.is_empty() {
            let end = memchr(b'\n', rest).unwrap_or(rest.len());
            let (line, after) = rest.split_at(end);
            let fetched = parse_line(&self.label, line, number, config);
            lines.extend(fetched.map(|fetched| Line { number, id: id_of(line), text: text_of(fetched) }));
            rest = after.get(1..).unwrap_or_default();
            number += 1;
        }
        lines
    }
}

/// Whether a JSON file is an object on one line, and not an array.
fn is_one_line(bytes: &[u8]) -> bool {
    let content = bytes.trim_ascii();
    content.starts_with(b"{") && memchr(b'\n', content).is_none()
}

fn id_of(line: &[u8]) -> String {
    let named: Option<Named<'_>> = serde_json::from_slice(line).ok();
    named.and_then(|named| named.id).map_or("null", RawValue::get).to_owned()
}

fn text_of(fetched: Fetched) -> Option<String> {
    match fetched {
        Fetched::Document(document) => match document.payload {
            Payload::Text(text) => Some(text),
            Payload::PlainBytes(_) | Payload::HtmlBytes(_) => None,
        },
        Fetched::Rejected(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::label::Label;

    fn check(bytes: &str, expect: &[(u64, &str, Option<&str>)]) {
        let label = Arc::new(Label::new("a.jsonl".to_owned(), "a"));
        let batch = Batch::lines(&label, bytes.as_bytes().to_vec(), 5);
        let lines = batch.lines_as_written(&Config::default());
        let lines: Vec<(u64, &str, Option<&str>)> =
            lines.iter().map(|line| (line.number, line.id.as_str(), line.text.as_deref())).collect();
        assert_eq!(lines, expect, "{bytes}");
    }

    #[test]
    fn ids_and_texts_are_as_they_stand() {
        check("", &[]);
        check(
            "{\"id\": \"a\\u00e9\", \"text\": \" Rain. \"}\n\n{\"text\": \"Wind.\", \"id\":7}",
            &[(5, "\"a\\u00e9\"", Some(" Rain. ")), (7, "7", Some("Wind."))],
        );
        check(
            "{\"id\": \"empty\", \"text\": \" \"}\nno json\n{\"text\": \"Fog.\"}\n",
            &[(5, "\"empty\"", None), (6, "null", None), (7, "null", Some("Fog."))],
        );
    }
}
