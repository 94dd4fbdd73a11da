//! Where tags, attributes, comments and raw text of a page begin and end, without building anything.
//!
//! Follows the tokenizer of the HTML standard (13.2.5) closely enough for a linear scan; the escapes
//! inside scripts (`<!--<script>`) are not followed.

use std::ops::Range;

/// An attribute as it stands in the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    /// The name.
    pub(super) name: Range<usize>,
    /// The value without its quotes; empty without a value.
    pub(super) value: Range<usize>,
    /// Where the attribute ends, closing quote included.
    pub(super) end: usize,
}

/// Walks the attributes of one tag.
pub(super) struct Attributes<'b> {
    bytes: &'b [u8],
    at: usize,
    /// After the last attribute: where the tag ends.
    pub(super) end: usize,
    /// After the last attribute: whether the tag ends with `/>`.
    pub(super) self_closing: bool,
}

impl<'b> Attributes<'b> {
    /// The attributes of a tag of `bytes` whose name ends at `at`.
    pub(super) fn new(bytes: &'b [u8], at: usize) -> Self {
        Self { bytes, at, end: bytes.len(), self_closing: false }
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        while self.bytes.get(self.at).is_some_and(|&byte| skipped(byte)) {
            self.at += 1;
        }
    }

    /// The value after an equals sign, and where it ends with its quote.
    fn value(&mut self) -> Range<usize> {
        self.skip(|byte| byte.is_ascii_whitespace());
        let start = self.at;
        match self.bytes.get(start) {
            Some(&quote @ (b'"' | b'\'')) => {
                let found = memchr::memchr(quote, &self.bytes[start + 1..]);
                let end = found.map_or(self.bytes.len(), |found| start + 1 + found);
                self.at = (end + 1).min(self.bytes.len());
                start + 1..end
            }
            _ => {
                self.skip(|byte| !byte.is_ascii_whitespace() && byte != b'>');
                start..self.at
            }
        }
    }
}

impl Iterator for Attributes<'_> {
    type Item = Attribute;

    fn next(&mut self) -> Option<Attribute> {
        self.skip(|byte| byte.is_ascii_whitespace() || byte == b'/');
        let start = self.at;
        match self.bytes.get(start) {
            None => return None,
            Some(b'>') => {
                self.end = start + 1;
                self.self_closing = self.bytes[start - 1] == b'/';
                return None;
            }
            Some(_) => self.at += 1,
        }
        self.skip(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'=' | b'>' | b'/'));
        let name = start..self.at;
        let after_name = self.at;
        self.skip(|byte| byte.is_ascii_whitespace());
        if self.bytes.get(self.at) != Some(&b'=') {
            self.at = after_name;
            return Some(Attribute { name, value: after_name..after_name, end: after_name });
        }
        self.at += 1;
        let value = self.value();
        Some(Attribute { name, value, end: self.at })
    }
}

/// The offset behind the next `mark` at or after `from`; the end of the page without one.
pub(super) fn end_of(bytes: &[u8], from: usize, mark: &[u8]) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    memchr::memmem::find(rest, mark).map_or(bytes.len(), |at| from + at + mark.len())
}

/// Where the comment ends that begins with `<!--` at `start`.
pub(super) fn end_of_comment(bytes: &[u8], start: usize) -> usize {
    let text = start + 4;
    match bytes.get(text..).unwrap_or_default() {
        [b'>', ..] => return text + 1,
        [b'-', b'>', ..] => return text + 2,
        _ => {}
    }
    let mut at = text;
    loop {
        at = end_of(bytes, at, b"--");
        match bytes.get(at..).unwrap_or_default() {
            [] => return bytes.len(),
            [b'>', ..] => return at + 1,
            [b'!', b'>', ..] => return at + 2,
            // Of three dashes the last two may end the comment.
            _ => at -= 1,
        }
    }
}

/// Where the name of a tag ends that begins at `from`.
pub(super) fn name_end(bytes: &[u8], from: usize) -> usize {
    let is_end = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'>' | b'/');
    bytes[from..].iter().position(is_end).map_or(bytes.len(), |at| from + at)
}

/// Where the end tag of the raw text element `name` ends, whose text begins at `from`.
pub(super) fn end_of_raw_text(bytes: &[u8], from: usize, name: &[u8]) -> usize {
    let mut at = from;
    while let Some(found) = memchr::memmem::find(&bytes[at..], b"</") {
        let close = at + found;
        let rest = &bytes[close + 2..];
        let ends = rest.len() >= name.len() && rest[..name.len()].eq_ignore_ascii_case(name);
        if ends && rest.get(name.len()).is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/')) {
            return end_of(bytes, close + 2, b">");
        }
        at = close + 2;
    }
    bytes.len()
}

/// Whether `name` is one of `names`, in any case.
pub(super) fn is_one_of(name: &[u8], names: &[&str]) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

/// FNV-1a of the lower-cased bytes.
pub(super) fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Elements whose content is text whatever it looks like.
pub(super) fn is_raw_text(name: &[u8]) -> bool {
    is_one_of(
        name,
        &["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_attributes(tag: &str, expect: &[(&str, &str)], rest: &str) {
        let mut attributes = Attributes::new(tag.as_bytes(), 2);
        let found: Vec<(&str, &str)> =
            attributes.by_ref().map(|found| (&tag[found.name], &tag[found.value])).collect();
        assert_eq!((found.as_slice(), &tag[attributes.end..]), (expect, rest), "{tag}");
    }

    #[test]
    fn attributes_end_where_they_should() {
        check_attributes("<a>x", &[], "x");
        check_attributes(
            "<a href=x class = 'y z' hidden>x",
            &[("href", "x"), ("class", "y z"), ("hidden", "")],
            "x",
        );
        check_attributes("<a b='x>y'/>z", &[("b", "x>y")], "z");
        check_attributes("<a =b c", &[("=b", ""), ("c", "")], "");
        check_attributes("<a b=\"open >", &[("b", "open >")], "");
        check_attributes("<a b=c/d>e", &[("b", "c/d")], "e");
    }

    #[test]
    fn comments_end_as_in_browsers() {
        for (page, rest) in [
            ("<!-- a -->x", "x"),
            ("<!-->x", "x"),
            ("<!--->x", "x"),
            ("<!-- a --!>x", "x"),
            ("<!-- a --->x", "x"),
            ("<!-- a -- b -->x", "x"),
            ("<!-- a", ""),
            ("<!--", ""),
        ] {
            assert_eq!(&page[end_of_comment(page.as_bytes(), 0)..], rest, "{page}");
        }
    }

    #[test]
    fn raw_text_ends_at_its_own_tag() {
        let page = "if (a</b) '</scripty>' </SCRIPT >x";
        assert_eq!(&page[end_of_raw_text(page.as_bytes(), 0, b"script")..], "x");
    }
}
