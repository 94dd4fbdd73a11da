//! The outline of a page: its block elements as a tree, its blocks of text, and what its head says.
//!
//! One scan over the tags, without a document tree: elements are kept only where structure or class
//! names tell something, text is kept as blocks. Implied end tags follow the tree construction of the
//! HTML standard (13.2.6) as far as they decide which text stands in which block; formatting elements
//! that are opened again, and text moved out of tables, are not followed. The page must have passed
//! `budget`.

mod builder;

use std::borrow::Cow;

use super::names::Names;
use super::page::Block;
use builder::Builder;

/// A page, read once.
#[derive(Debug, Default)]
pub(super) struct Outline<'p> {
    /// The block elements, cells and body of the page; an element stands behind its parent.
    pub(super) elements: Vec<Element>,
    /// All blocks of text in document order.
    pub(super) blocks: Vec<Block>,
    /// What the page says about itself.
    pub(super) head: Head<'p>,
}

/// An element that structure is told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Element {
    /// Index of the element around it; the first element is its own.
    pub(super) parent: u32,
    /// The lower-cased name, packed.
    pub(super) name: u128,
    /// What its class, id and role say.
    pub(super) names: Names,
    /// Digest of its class; 0 without one.
    pub(super) class: u64,
    /// Pictures, fields of forms, and embedded objects directly in it.
    pub(super) images: u16,
    pub(super) inputs: u16,
    pub(super) embeds: u16,
}

/// What the tags say that are not shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Head<'p> {
    /// `<meta>`: the name in lower case, and the content.
    pub(super) meta: Vec<(String, Cow<'p, str>)>,
    /// `<link rel=canonical>`.
    pub(super) canonical: Option<Cow<'p, str>>,
    /// `<html lang>`.
    pub(super) lang: Option<Cow<'p, str>>,
    /// `<title>`.
    pub(super) title: Option<Cow<'p, str>>,
    /// Scripts of JSON-LD as they stand.
    pub(super) scripts: Vec<&'p str>,
}

/// Reads the outline of `page`.
pub(super) fn outline(page: &str) -> Outline<'_> {
    Builder::new(page).outline()
}

/// `text` with its character references resolved; numbers of the C1 range stand for windows-1252, as
/// browsers have it.
fn decoded(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'&', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let decoded = html_escape::decode_html_entities(text);
    if !decoded.chars().any(|c| ('\u{80}'..='\u{9f}').contains(&c)) {
        return decoded;
    }
    let known = |c: char| {
        let byte = u8::try_from(u32::from(c)).ok().filter(|byte| (0x80..=0x9f).contains(byte));
        byte.and_then(|byte| encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next())
    };
    Cow::Owned(decoded.chars().map(|c| known(c).unwrap_or(c)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use trafilatura::dom::Document as Tree;

    fn lines(page: &str) -> Vec<String> {
        outline(page).blocks.into_iter().map(|block| block.text).collect()
    }

    fn check(page: &str, expect: &[&str]) {
        assert_eq!(lines(page), expect, "{page}");
    }

    #[test]
    fn end_tags_may_be_missing() {
        check("<p>one<p>two<div>three</div>four", &["one", "two", "three", "four"]);
        check("<ul><li>one<ul><li>inner</ul><li>two</ul>", &["one", "inner", "two"]);
        check("<dl><dt>term<dd>text<dt>next</dl>", &["term", "text", "next"]);
        check("<table><tr><td>a<td>b<tr><td>c</table>d", &["a | b", "c", "d"]);
        check("<h2>head</h3>text", &["head", "text"]);
        check("<div><b>bold</div>plain</b> text", &["bold", "plain text"]);
        check("</div>a</p>b", &["a", "b"]);
        check("x<div", &["x"]);
    }

    #[test]
    fn what_is_not_shown_is_not_listed() {
        check("<head><title>T</title><noscript>a</noscript></head><body>b", &["b"]);
        check("a<script>'<p>no</p>'</script>b<!-- c -->d", &["abd"]);
        check(
            "a<svg><text>no</text></svg><template><p>no</p></template> <button>yes</button>",
            &["a", "yes"],
        );
        check("<span class='sr-only'>no</span><p hidden>perhaps</p>", &["perhaps"]);
    }

    #[test]
    fn characters_are_resolved() {
        check(
            "<p>a &lt; b &amp;amp; c&nbsp;d &#8217; &#146; &#x41; &unknown; & e",
            &["a < b &amp; c d \u{2019} \u{2019} A &unknown; & e"],
        );
    }

    #[test]
    fn the_head_is_kept() {
        let page = "<html lang=de><head><title>A &amp; B</title><meta name=Author content='Ann &amp; Bo'>\
                    <link rel=Canonical href='https://post.example/?a=1&amp;b=2'>\
                    <script type='application/ld+json'>{\"a\": 1}</script></head><body>x";
        let head = outline(page).head;
        assert_eq!(head.meta, [("author".to_owned(), Cow::Borrowed("Ann & Bo"))]);
        assert_eq!(head.canonical.as_deref(), Some("https://post.example/?a=1&b=2"));
        assert_eq!((head.lang.as_deref(), head.title.as_deref()), (Some("de"), Some("A & B")));
        assert_eq!(head.scripts, ["{\"a\": 1}"]);
    }

    #[test]
    fn links_end_with_their_tag() {
        let links =
            |page: &str| outline(page).blocks.iter().map(|block| block.link_bytes).collect::<Vec<_>>();
        assert_eq!(links("<a href=x>one<a href=y>two</a> three"), [6]);
        assert_eq!(links("<a><div>one</a></div>two"), [3, 0]);
    }

    proptest! {
        /// Whatever the tags, no word of the page is lost, added or moved.
        #[test]
        fn words_are_those_of_a_document_tree(parts in prop::collection::vec(prop::sample::select(vec![
            "<p>", "</p>", "word ", "<div class=\"a b\">", "</div>", "<script>x</script>", "<!-- c -->", "<li>",
            "<svg><path d='1'/></svg>", "<b>", "</b>", "<ul>", "</ul>", "<br/>", "&amp;", "é ", "<a href=x>", "</a>",
            "<h2>", "</h2>", "<section>", "</section>", "other ",
        ]), 0..60)) {
            let page = format!("<body>{}", parts.concat());
            let tree = Tree::parse(&page);
            let root = tree.body().unwrap();
            let squeezed = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(squeezed(&lines(&page).concat()), squeezed(&tree.text_content(root)).replace('x', ""));
        }

        #[test]
        fn elements_stand_behind_their_parents(parts in prop::collection::vec(prop::sample::select(vec![
            "<p>", "</p>", "word ", "<div>", "</div>", "<table>", "<tr>", "<td>", "</table>", "<li>", "</tr>", "<",
            "<object>", "</object>", "<h1>", "</", "<a ",
        ]), 0..60)) {
            let page = parts.concat();
            let outline = outline(&page);
            let n_elements = outline.elements.len();
            for (at, element) in outline.elements.iter().enumerate().skip(1) {
                prop_assert!((element.parent as usize) < at);
            }
            prop_assert!(outline.blocks.iter().all(|block| block.element < n_elements));
        }
    }
}
