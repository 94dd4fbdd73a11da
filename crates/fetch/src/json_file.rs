//! A `.json` file that is not JSON lines: one object, which is one document, or an array, of which
//! every element is one.

use memchr::memchr;
use serde_json::value::RawValue;
use unecho_model::RejectReason;

use crate::batch::{Fetched, parse_lines};
use crate::label::{Label, Refusal};
use crate::{Config, feed, row};

/// What the beginning of a `.json` file says about the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One JSON value over several lines.
    Whole,
    /// JSON lines.
    Lines,
}

/// How much of a file is at hand to tell its shape by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtHand {
    /// All of it.
    Everything,
    /// The beginning, and more can be had.
    Beginning,
    /// As much as there may be of one line.
    LongestLine,
}

/// Told by the first line that is not blank: an object that ends there, with something behind it,
/// begins JSON lines. `None` when more is needed to tell.
pub(crate) fn shape_of(content: &[u8], at_hand: AtHand) -> Option<Shape> {
    let content = content.trim_ascii_start();
    let shape_without_more = |shape| match at_hand {
        AtHand::Everything => Some(shape),
        AtHand::Beginning => None,
        AtHand::LongestLine => Some(Shape::Lines),
    };
    match content.first() {
        None => return shape_without_more(Shape::Lines),
        Some(b'[') => return Some(Shape::Whole),
        Some(b'{') => {}
        Some(_) => return Some(Shape::Lines),
    }
    let Some(line_end) = memchr(b'\n', content) else {
        return shape_without_more(Shape::Whole);
    };
    let (first_line, rest) = content.split_at(line_end);
    if rest.trim_ascii_start().is_empty() {
        return shape_without_more(Shape::Whole);
    }
    let first_value = serde_json::from_slice::<&RawValue>(first_line);
    Some(if first_value.is_err_and(|error| error.is_eof()) { Shape::Whole } else { Shape::Lines })
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
    if is_json_feed(json) {
        return feed::parse(label, bytes, config);
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

/// Whether an object says that it is a JSON Feed.
fn is_json_feed(json: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Version {
        version: String,
    }
    json.contains("jsonfeed.org/version/")
        && serde_json::from_str::<Version>(json)
            .is_ok_and(|object| object.version.contains("jsonfeed.org/version/"))
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

    fn check(content: &str, expect: Shape) {
        assert_eq!(shape_of(content.as_bytes(), AtHand::Everything), Some(expect), "{content}");
    }

    #[test]
    fn one_value_is_whole_and_several_are_lines() {
        check("{\"text\":\"a\"}\n{\"text\":\"b\"}", Shape::Lines);
        check("\n {\"text\":\"a\"}\n\n", Shape::Whole);
        check(" {\"text\":\n\"a\"}", Shape::Whole);
        check("[{}]\n[{}]", Shape::Whole);
        check("nonsense", Shape::Lines);
        check("{nonsense}\n{}", Shape::Lines);
        check("", Shape::Lines);
    }

    #[test]
    fn more_is_asked_for_only_when_it_can_matter() {
        for open in ["", " \n", "{\"te", "{}\n", "{}\n \n"] {
            assert_eq!(shape_of(open.as_bytes(), AtHand::Beginning), None, "{open}");
            assert_eq!(shape_of(open.as_bytes(), AtHand::LongestLine), Some(Shape::Lines), "{open}");
        }
        for told in ["[", "x", "{\n\"", "{}\n{"] {
            assert_ne!(shape_of(told.as_bytes(), AtHand::Beginning), None, "{told}");
        }
    }
}
