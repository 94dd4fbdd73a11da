//! A page without what no reader sees: scripts, styles, comments, drawings, attributes without meaning.
//!
//! On news pages that is most of the bytes, which every parser would read for nothing. One linear scan.
//! Linked data goes too: it was read before, and so do menus (`nav`), which are a quarter of the elements and which no engine keeps.
//! Whatever engines look for stays in place: a drawing or a menu is emptied, not taken out, and a long attribute is cut short.

use std::ops::Range;

use super::tags::{self, Attributes};

/// Longest value of an attribute, in bytes; of class, id, links and metadata. The rest is cut off.
const VALUE_BYTES_MAX: usize = 200;
const TELLING_VALUE_BYTES_MAX: usize = 4096;

/// `page` without invisible content.
pub(super) fn slim(page: &str) -> String {
    let mut slimmer = Slimmer {
        page,
        bytes: page.as_bytes(),
        out: String::with_capacity(page.len() / 3),
        copied: 0,
        drawn: 0,
        navigated: 0,
    };
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'<', &slimmer.bytes[at..]) {
        at = slimmer.tag(at + found);
    }
    slimmer.keep_until(page.len());
    slimmer.out
}

struct Slimmer<'p> {
    page: &'p str,
    bytes: &'p [u8],
    out: String,
    /// Up to here the page is copied or left out.
    copied: usize,
    /// Drawings that begin before this offset are not elements of their own.
    drawn: usize,
    /// Up to here the page was searched for the end of a menu in vain.
    navigated: usize,
}

impl Slimmer<'_> {
    /// Looks at the `<` at `tag`; returns where to go on.
    fn tag(&mut self, tag: usize) -> usize {
        match self.bytes.get(tag + 1) {
            Some(b'!') if self.bytes[tag..].starts_with(b"<!--") => {
                self.leave_out(tag, tags::end_of_comment(self.bytes, tag))
            }
            Some(b'!' | b'?' | b'/') => tags::end_of(self.bytes, tag + 2, b">"),
            Some(letter) if letter.is_ascii_alphabetic() => self.start_tag(tag),
            _ => tag + 1,
        }
    }

    fn start_tag(&mut self, tag: usize) -> usize {
        let name_end = tags::name_end(self.bytes, tag + 1);
        let name = &self.bytes[tag + 1..name_end];
        let mut attributes = Attributes::new(self.bytes, name_end);
        if tags::is_raw_text(name) {
            attributes.by_ref().for_each(drop);
            let end = tags::end_of_raw_text(self.bytes, attributes.end, name);
            return if tags::is_one_of(name, &["script", "style"]) { self.leave_out(tag, end) } else { end };
        }
        if tags::is_one_of(name, &["svg"]) && tag >= self.drawn {
            match DRAWING.content(self.bytes, tag) {
                Ok(content) => return self.leave_out(content.start, content.end),
                Err(looked_until) => self.drawn = looked_until,
            }
        }
        if tags::is_one_of(name, &["nav"]) && tag >= self.navigated {
            match MENU.content(self.bytes, tag) {
                Ok(content) => return self.leave_out(content.start, content.end),
                Err(looked_until) => self.navigated = looked_until,
            }
        }
        for attribute in attributes.by_ref() {
            let value_bytes_max = value_bytes_max(&self.bytes[attribute.name.clone()]);
            if value_bytes_max == 0 {
                self.leave_out(attribute.name.start, attribute.end);
            } else if attribute.value.len() > value_bytes_max {
                let end = self.page.floor_char_boundary(attribute.value.start + value_bytes_max);
                self.leave_out(end, attribute.value.end);
            }
        }
        attributes.end
    }

    fn keep_until(&mut self, end: usize) {
        if end > self.copied {
            self.out.push_str(&self.page[self.copied..end]);
        }
        self.copied = self.copied.max(end);
    }

    /// Leaves `start..end` out; returns `end`.
    fn leave_out(&mut self, start: usize, end: usize) -> usize {
        self.keep_until(start);
        self.copied = end;
        end
    }
}

/// How much of the value of the attribute `name` stays, in bytes; 0 for those that no engine looks at.
fn value_bytes_max(name: &[u8]) -> usize {
    const TELLING: &[&str] = &["class", "id", "href", "content"];
    const KNOWN: &[&str] = &[
        "name",
        "property",
        "itemprop",
        "type",
        "rel",
        "lang",
        "role",
        "style",
        "hidden",
        "aria-hidden",
        "aria-modal",
        "datetime",
        "pubdate",
        "http-equiv",
        "hreflang",
        "dir",
        "data-component",
        "data-testid",
        "data-lp-replacement-content",
        "colspan",
        "summary",
        "src",
        "charset",
    ];
    match () {
        () if tags::is_one_of(name, TELLING) => TELLING_VALUE_BYTES_MAX,
        () if tags::is_one_of(name, KNOWN) => VALUE_BYTES_MAX,
        () => 0,
    }
}

/// An element that is emptied.
struct Emptied {
    name: &'static str,
    /// Whether tags may close themselves and nothing is raw text, as in XML.
    is_xml: bool,
    /// Whether another element may stand within.
    holds: fn(&[u8]) -> bool,
}

/// HTML ends a drawing early in a way of its own.
const DRAWING: Emptied =
    Emptied { name: "svg", is_xml: true, holds: |name| tags::is_one_of(name, DRAWING_ELEMENTS) };
/// What holds what an article is made of is no menu.
const MENU: Emptied =
    Emptied { name: "nav", is_xml: false, holds: |name| !tags::is_one_of(name, ARTICLE_ELEMENTS) };

impl Emptied {
    /// The content of such an element that begins at `start`. When it is not closed, or holds what it cannot: how far
    /// was looked.
    fn content(&self, bytes: &[u8], start: usize) -> Result<Range<usize>, usize> {
        let (mut at, mut depth, mut content_start) = (start, 0_usize, start);
        while let Some(found) = memchr::memchr(b'<', &bytes[at..]) {
            let tag = at + found;
            at = match bytes.get(tag + 1) {
                Some(b'!') if bytes[tag..].starts_with(b"<!--") => tags::end_of_comment(bytes, tag),
                Some(b'/') => {
                    let name_end = tags::name_end(bytes, tag + 2);
                    if tags::is_one_of(&bytes[tag + 2..name_end], &[self.name]) {
                        depth = depth.saturating_sub(1);
                        if depth == 0 {
                            return Ok(content_start..tag);
                        }
                    }
                    tags::end_of(bytes, name_end, b">")
                }
                Some(letter) if letter.is_ascii_alphabetic() => {
                    let name_end = tags::name_end(bytes, tag + 1);
                    let name = &bytes[tag + 1..name_end];
                    let mut attributes = Attributes::new(bytes, name_end);
                    attributes.by_ref().for_each(drop);
                    let is_closed = self.is_xml && attributes.self_closing;
                    if tags::is_one_of(name, &[self.name]) {
                        depth += usize::from(!is_closed);
                        if tag == start {
                            content_start = attributes.end;
                        }
                        if depth == 0 {
                            return Ok(content_start..content_start);
                        }
                    } else if !is_closed && !(self.holds)(name) {
                        return Err(tag);
                    }
                    if !self.is_xml && tags::is_raw_text(name) {
                        tags::end_of_raw_text(bytes, attributes.end, name)
                    } else {
                        attributes.end
                    }
                }
                _ => tag + 1,
            };
        }
        Err(bytes.len())
    }
}

/// What is not in menus.
const ARTICLE_ELEMENTS: &[&str] = &["body", "main", "article", "h1", "blockquote"];

/// What drawings are made of.
const DRAWING_ELEMENTS: &[&str] = &[
    "path",
    "g",
    "circle",
    "rect",
    "line",
    "polygon",
    "polyline",
    "ellipse",
    "defs",
    "use",
    "symbol",
    "clippath",
    "mask",
    "lineargradient",
    "radialgradient",
    "stop",
    "text",
    "tspan",
    "title",
    "desc",
    "filter",
    "image",
    "pattern",
    "animate",
    "animatetransform",
    "marker",
    "metadata",
    "a",
    "style",
    "switch",
    "view",
    "femerge",
    "femergenode",
    "feblend",
    "feflood",
    "fecolormatrix",
    "fecomposite",
    "fegaussianblur",
    "feoffset",
    "textpath",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::outline::outline;
    use proptest::prelude::*;

    fn check(page: &str, expect: &str) {
        assert_eq!(slim(page), expect, "{page}");
    }

    #[test]
    fn what_nobody_sees_goes() {
        check("<p>a<script>if (a<b) '</p>'</script>b</p>", "<p>ab</p>");
        check("<style>p > a {}</style><!-- <p> --><p>x</p>", "<p>x</p>");
        check(
            "a <svg viewBox='0 0 1 1'><g><path d='M0'/><svg></svg></g></svg> b < c",
            "a <svg viewBox='0 0 1 1'></svg> b < c",
        );
        check(
            "<nav class=top><ul><li><a href='/'>Home</a><nav>More</nav><script>'</nav>'</script></ul></nav><p>x",
            "<nav class=top></nav><p>x",
        );
        check("<svg/>x<title><svg></title>", "<svg/>x<title><svg></title>");
        check("<script type='application/ld+json'>{\"a\": \"<p>\"}</script>x", "x");
        let long = "x".repeat(300);
        check(
            &format!("<img src='{long}' alt=\"y\"><a class={long} onclick=z>é</a>"),
            &format!("<img src='{}' ><a class={long} >é</a>", &long[..200]),
        );
    }

    #[test]
    fn what_is_not_closed_stays() {
        for page in [
            "<svg><path><p>words</p>",
            "<svg><p>words</svg>",
            "<nav><a>Home</a><p>words</p>",
            "<nav><main><p>words</p></main></nav>",
            "<svg><foreignObject><p>x</p></foreignObject></svg>",
            "<",
            "<a",
            "<a class='",
        ] {
            check(page, page);
        }
        check("<p>a</p><!-- open <p>b", "<p>a</p>");
        check("<p>a</p><script>open <p>b", "<p>a</p>");
    }

    #[test]
    fn many_open_drawings_cost_little() {
        assert_eq!(slim(&"<svg>".repeat(200_000)).len(), 1_000_000);
        assert_eq!(slim(&"<nav>".repeat(200_000)).len(), 1_000_000);
    }

    proptest! {
        #[test]
        fn no_words_change(parts in prop::collection::vec(prop::sample::select(vec![
            "<p>", "</p>", "word ", "<div class=\"a b\">", "</div>", "<script>x</script>", "<!-- c -->",
            "<svg><path d='1'/></svg>", "<b>", "</b>", "<style>s</style>", "<br/>", "<table><tr><td>", "&amp;", "é ",
        ]), 0..40)) {
            let page = parts.concat();
            let text = |page: &str| {
                outline(page).blocks.into_iter().map(|block| block.text).collect::<Vec<_>>()
            };
            prop_assert_eq!(text(&slim(&page)), text(&page));
        }
    }
}
