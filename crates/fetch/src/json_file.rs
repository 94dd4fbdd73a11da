//! A `.json` file that is not JSON lines: one object, which is one document, or an array, of which
//! every element is one.

use serde_json::value::RawValue;
use unecho_model::RejectReason;

use crate::batch::{Fetched, parse_lines};
use crate::label::{Label, Refusal};
use crate::{Config, row};

/// What the beginning of a `.json` file says about the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One JSON value over several lines.
    Whole,
    /// JSON lines.
    Lines,
}

/// Told by the first line that is not blank: an object that ends there begins JSON lines.
pub(crate) fn shape_of(first_line: &[u8]) -> Shape {
    let first_line = first_line.trim_ascii();
    if first_line.starts_with(b"[") {
        return Shape::Whole;
    }
    match serde_json::from_slice::<&RawValue>(first_line) {
        Err(error) if error.is_eof() && first_line.starts_with(b"{") => Shape::Whole,
        Ok(_) | Err(_) => Shape::Lines,
    }
}

/// The documents of a file read as a whole. Elements of an array are numbered from 1.
pub(crate) fn parse(label: &Label, bytes: &[u8], config: &Config) -> Vec<Fetched> {
    let refuse = |refusal| vec![Fetched::Rejected(label.reject(None, refusal, bytes, bytes.len() as u64))];
    let json = match str::from_utf8(bytes) {
        Ok(json) => json,
        Err(error) => {
            let detail = format!("no UTF-8 at byte {}", error.valid_up_to() + 1);
            return refuse(Refusal::new(RejectReason::InvalidEncoding, detail));
        }
    };
    if json.trim_ascii_start().starts_with('[') {
        return match serde_json::from_str::<Vec<&RawValue>>(json) {
            Ok(elements) if elements.is_empty() => {
                refuse(Refusal::new(RejectReason::Empty, "the array is empty"))
            }
            Ok(elements) => parse_elements(label, &elements, config),
            Err(error) => refuse(Refusal::new(RejectReason::MalformedJson, row::detail_of(&error))),
        };
    }
    match row::document_of(json, label, None, config) {
        Ok(document) => vec![Fetched::Document(document)],
        Err(refusal) if refusal.reason == RejectReason::MalformedJson => {
            // Perhaps JSON lines with a torn first line.
            let lines = parse_lines(label, bytes, 1, config);
            let any_good = lines.iter().any(|line| matches!(line, Fetched::Document(_)));
            if any_good { lines } else { refuse(refusal) }
        }
        Err(refusal) => refuse(refusal),
    }
}

fn parse_elements(label: &Label, elements: &[&RawValue], config: &Config) -> Vec<Fetched> {
    let parse_element = |(element, number): (&&RawValue, u64)| {
        let json = element.get();
        row::document_of(json, label, Some(number), config).map_or_else(
            |refusal| {
                let rejected = label.reject(Some(number), refusal, json.as_bytes(), json.len() as u64);
                Fetched::Rejected(rejected)
            },
            Fetched::Document,
        )
    };
    elements.iter().zip(1..).map(parse_element).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_tells_the_shape() {
        assert_eq!(shape_of(br#"{"text":"a"}"#), Shape::Lines);
        assert_eq!(shape_of(br#" {"text":"#), Shape::Whole);
        assert_eq!(shape_of(b"["), Shape::Whole);
        assert_eq!(shape_of(b"[{}]"), Shape::Whole);
        assert_eq!(shape_of(b"nonsense"), Shape::Lines);
        assert_eq!(shape_of(b""), Shape::Lines);
    }
}
