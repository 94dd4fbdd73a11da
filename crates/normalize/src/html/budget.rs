//! What a page would cost to parse, estimated by one linear scan before any tree is built.
//!
//! The scan follows what makes HTML parsers explode: nesting, attributes, and formatting elements
//! left open, which the parser opens again in every block (HTML standard, 13.2.4.3). It need not be
//! exact; it must not be below by more than a small factor.

use std::fmt;

use super::tags::{self, Attributes, end_of, end_of_raw_text, is_one_of, is_raw_text, name_end};
use crate::config::Limits;

/// Which limit a page is beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    Depth(usize),
    Attributes(usize),
    Nodes(usize),
    DepthSum(usize),
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Depth(limit) => write!(f, "elements are nested deeper than {limit}"),
            Self::Attributes(limit) => write!(f, "a tag has more than {limit} attributes"),
            Self::Nodes(limit) => write!(f, "the page grows into more than {limit} nodes"),
            Self::DepthSum(limit) => write!(f, "the depths of all nodes add up to more than {limit}"),
        }
    }
}

/// An element that is open. Names are lower-case hashes.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Open {
    name: u64,
    /// Digest of the whole tag; `Some` for formatting elements.
    formatting: Option<u64>,
    /// Whether content is SVG or MathML, where `/>` closes.
    foreign: bool,
}

struct Scan<'l> {
    limits: &'l Limits,
    nodes: usize,
    depth_sum: usize,
    open: Vec<Open>,
    /// Formatting elements that were closed by force and will be opened again.
    orphans: Vec<Open>,
}

/// Checks `page` against `limits`.
pub(super) fn check(page: &str, limits: &Limits) -> Result<(), Excess> {
    let bytes = page.as_bytes();
    let mut scan = Scan { limits, nodes: 0, depth_sum: 0, open: Vec::new(), orphans: Vec::new() };
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'<', &bytes[at..]) {
        let tag = at + found;
        if bytes[at..tag].iter().any(|b| !b.is_ascii_whitespace()) {
            scan.content()?;
        }
        at = match bytes.get(tag + 1) {
            Some(b'!') if bytes[tag..].starts_with(b"<!--") => tags::end_of_comment(bytes, tag),
            Some(b'!' | b'?') => end_of(bytes, tag + 2, b">"),
            Some(b'/') => scan.end_tag(bytes, tag),
            Some(letter) if letter.is_ascii_alphabetic() => scan.start_tag(bytes, tag)?,
            _ => tag + 1,
        };
    }
    Ok(())
}

impl Scan<'_> {
    /// Text or an inline element: what was closed by force opens again.
    fn content(&mut self) -> Result<(), Excess> {
        self.grow(1 + self.orphans.len())?;
        let orphans = std::mem::take(&mut self.orphans);
        self.open.extend(orphans);
        self.deep()
    }

    fn grow(&mut self, nodes: usize) -> Result<(), Excess> {
        self.nodes += nodes;
        self.depth_sum += nodes * self.open.len();
        let Limits { html_nodes_max, html_depth_sum_max, .. } = *self.limits;
        if self.nodes > html_nodes_max {
            return Err(Excess::Nodes(html_nodes_max));
        }
        if self.depth_sum > html_depth_sum_max { Err(Excess::DepthSum(html_depth_sum_max)) } else { Ok(()) }
    }

    fn deep(&self) -> Result<(), Excess> {
        let limit = self.limits.html_depth_max;
        if self.open.len() > limit { Err(Excess::Depth(limit)) } else { Ok(()) }
    }

    /// Takes in the start tag at `tag`; returns where the scan goes on.
    fn start_tag(&mut self, bytes: &[u8], tag: usize) -> Result<usize, Excess> {
        let name_end = name_end(bytes, tag + 1);
        let name = &bytes[tag + 1..name_end];
        let mut attributes = Attributes::new(bytes, name_end);
        let count = attributes.by_ref().count();
        let (end, self_closing) = (attributes.end, attributes.self_closing);
        if count > self.limits.html_attributes_max {
            return Err(Excess::Attributes(self.limits.html_attributes_max));
        }
        let key = tags::digest(name);
        let mut foreign = self.open.last().is_some_and(|open| open.foreign);
        if foreign && is_html_only(name) {
            while self.open.last().is_some_and(|open| open.foreign) {
                self.open.pop();
            }
            foreign = false;
        }
        if is_raw_text(name) && !foreign {
            self.grow(2)?;
            return Ok(end_of_raw_text(bytes, end, name));
        }
        self.grow(1)?;
        if has_optional_end(name) && !foreign {
            self.close_inline();
        }
        if is_void(name) || foreign && self_closing || has_optional_end(name) {
            return Ok(end);
        }
        let formatting = is_formatting(name).then(|| tags::digest(&bytes[tag..end]));
        if formatting.is_some() {
            self.content()?;
            if name.eq_ignore_ascii_case(b"a") {
                self.open.retain(|open| open.name != key);
            }
        }
        let inside = match name.to_ascii_lowercase().as_slice() {
            b"svg" | b"math" => !self_closing,
            b"foreignobject" | b"desc" | b"annotation-xml" => false,
            _ => foreign,
        };
        self.open.push(Open { name: key, formatting, foreign: inside });
        self.deep()?;
        Ok(end)
    }

    /// Takes in the end tag at `tag`; returns where the scan goes on.
    fn end_tag(&mut self, bytes: &[u8], tag: usize) -> usize {
        let name_end = name_end(bytes, tag + 2);
        let key = tags::digest(&bytes[tag + 2..name_end]);
        if has_optional_end(&bytes[tag + 2..name_end]) {
            self.close_inline();
        } else if let Some(at) = self.open.iter().rposition(|open| open.name == key) {
            if self.open[at].formatting.is_some() {
                self.open.remove(at);
            } else {
                let closed = self.open.split_off(at);
                self.orphan(&closed[1..]);
            }
        } else if let Some(at) = self.orphans.iter().rposition(|open| open.name == key) {
            self.orphans.remove(at);
        }
        end_of(bytes, name_end, b">")
    }

    /// A paragraph, item or cell begins or ends: formatting elements open in the one before close by
    /// force. (The parser may leave some open; it never opens more again than are counted here.)
    fn close_inline(&mut self) {
        let inline = self.open.iter().rev().take_while(|open| open.formatting.is_some()).count();
        let closed = self.open.split_off(self.open.len() - inline);
        self.orphan(&closed);
    }

    /// Remembers formatting elements closed by force; of equal ones the parser keeps three.
    fn orphan(&mut self, closed: &[Open]) {
        for &open in closed.iter().filter(|open| open.formatting.is_some()) {
            if self.orphans.iter().filter(|&&other| other == open).count() < 3 {
                self.orphans.push(open);
            }
        }
    }
}

fn is_void(name: &[u8]) -> bool {
    is_one_of(
        name,
        &[
            "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
            "track", "wbr", "frame", "keygen", "basefont", "bgsound",
        ],
    )
}

/// Elements whose end tag may be missing; they nest only inside others, which are counted.
fn has_optional_end(name: &[u8]) -> bool {
    is_one_of(
        name,
        &[
            "html", "head", "body", "p", "li", "dt", "dd", "td", "th", "tr", "tbody", "thead", "tfoot",
            "option", "optgroup", "colgroup", "rp", "rt",
        ],
    )
}

fn is_formatting(name: &[u8]) -> bool {
    is_one_of(
        name,
        &["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"],
    )
}

/// Elements that end SVG or MathML content.
fn is_html_only(name: &[u8]) -> bool {
    is_one_of(
        name,
        &[
            "b",
            "big",
            "blockquote",
            "body",
            "br",
            "center",
            "code",
            "dd",
            "div",
            "dl",
            "dt",
            "em",
            "embed",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "head",
            "hr",
            "i",
            "img",
            "li",
            "listing",
            "menu",
            "meta",
            "nobr",
            "ol",
            "p",
            "pre",
            "ruby",
            "s",
            "small",
            "span",
            "strong",
            "strike",
            "sub",
            "sup",
            "table",
            "tt",
            "u",
            "ul",
            "var",
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_page(page: &str, expect: Result<(), Excess>) {
        let limits = Limits {
            html_depth_max: 20,
            html_attributes_max: 5,
            html_nodes_max: 2000,
            html_depth_sum_max: 20_000,
            ..Limits::default()
        };
        assert_eq!(check(page, &limits), expect, "{}", &page[..page.len().min(80)]);
    }

    #[test]
    fn ordinary_pages_pass() {
        check_page("", Ok(()));
        check_page("<html><body><div><p>one<p>two<p>three</div></body></html>", Ok(()));
        check_page(&"<p>unclosed <b>bold</b> paragraph".repeat(100), Ok(()));
        check_page(&"<p>never <b>closed".repeat(50), Ok(()));
        check_page(&"<a href=x>never closed".repeat(50), Ok(()));
        check_page(&"<li>item<li>item".repeat(50), Ok(()));
        check_page(&format!("<svg>{}</svg>", "<path d='M0 0'/>".repeat(100)), Ok(()));
        check_page("<script>if (a<b) { '<div><div>' }</script><a href='x>y' b=1 c>t</a>", Ok(()));
        check_page("text < 5 and <", Ok(()));
    }

    #[test]
    fn explosions_are_seen() {
        check_page(&"<div>".repeat(100), Err(Excess::Depth(20)));
        check_page(&"<span/>".repeat(100), Err(Excess::Depth(20)));
        check_page(&format!("<svg><div>{}", "<path/>".repeat(100)), Err(Excess::Depth(20)));
        check_page("<a b c d e f g>", Err(Excess::Attributes(5)));
        let open: String = (0..15).map(|n| format!("<font size={n}>")).collect();
        check_page(&format!("<div>{open}</div>{}", "<div>x</div>".repeat(200)), Err(Excess::Nodes(2000)));
        check_page(&"<br>".repeat(3000), Err(Excess::Nodes(2000)));
        check_page(&format!("{}{}", "<div>".repeat(19), "<hr>".repeat(1900)), Err(Excess::DepthSum(20_000)));
    }
}
