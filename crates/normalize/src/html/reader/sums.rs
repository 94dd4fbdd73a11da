//! What stands in the elements of a page, in numbers, and what the numbers say.

use super::super::names::{self, Traits};
use super::super::outline::Element;
use super::super::page::Block;

/// Shortest running text, in characters.
const PROSE_CHARS_MIN: usize = 80;

/// Sums over what is in an element, elements in it included.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) chars: usize,
    pub(super) link_chars: usize,
    pub(super) heading_chars: usize,
    pub(super) list_chars: usize,
    pub(super) commas: usize,
    pub(super) paragraphs: usize,
    pub(super) items: usize,
    pub(super) images: usize,
    pub(super) inputs: usize,
    pub(super) embeds: usize,
}

impl Sums {
    /// Adds what `other` counts.
    pub(super) fn add(&mut self, other: &Self) {
        self.chars += other.chars;
        self.link_chars += other.link_chars;
        self.heading_chars += other.heading_chars;
        self.list_chars += other.list_chars;
        self.commas += other.commas;
        self.paragraphs += other.paragraphs;
        self.items += other.items;
        self.images += other.images;
        self.inputs += other.inputs;
        self.embeds += other.embeds;
    }

    /// Whether `element`, in which this is left, is a menu, a form or a list of links. `weight` is for its
    /// names.
    pub(super) fn are_furniture(&self, element: &Element, weight: f32) -> bool {
        let is_one_of = |names: &[&[u8]]| names.iter().any(|name| is(element, name));
        if is_one_of(&[b"footer", b"aside", b"button"]) {
            return true;
        }
        if is_one_of(&[b"h1", b"h2"]) {
            return weight < 0.0;
        }
        if !is_one_of(&[b"form", b"fieldset", b"table", b"ul", b"div"]) {
            return false;
        }
        if weight < 0.0 {
            return true;
        }
        if self.commas >= 10 {
            return false;
        }
        let list = is_one_of(&[b"ul", b"ol"]) || self.list_chars * 10 > self.chars * 9;
        let density = self.link_density();
        self.images > 1 && self.paragraphs * 2 < self.images
            || !list && self.items > self.paragraphs + 100
            || self.inputs > self.paragraphs / 3
            || !list && self.chars < 25 && density > 0.0 && self.heading_chars * 10 < self.chars * 9
            || !list && weight < 25.0 && density > 0.2
            || weight >= 25.0 && density > 0.5
            || self.embeds == 1 && self.chars < 75
            || self.embeds > 1
    }
    /// Share of the text that stands in links.
    pub(super) fn link_density(&self) -> f32 {
        share(self.link_chars, self.chars)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a ratio of counts far below 2^24")]
fn share(part: usize, of: usize) -> f32 {
    if of == 0 { 0.0 } else { part as f32 / of as f32 }
}

/// Whether a block is running text.
pub(super) fn is_prose(block: &Block) -> bool {
    block.link_bytes * 2 < block.text.len() && chars_of(&block.text) >= PROSE_CHARS_MIN
}

pub(super) fn chars_of(text: &str) -> usize {
    text.bytes().filter(|byte| byte & 0xc0 != 0x80).count()
}

pub(super) fn is(element: &Element, name: &[u8]) -> bool {
    element.name == names::pack(name)
}

/// Elements whose whole text is a paragraph.
pub(super) fn is_scored(element: &Element) -> bool {
    let traits = names::traits_of(element.name);
    traits.has(Traits::HEADING) && !is(element, b"h1")
        || [&b"p"[..], b"td", b"pre", b"section"].iter().any(|name| is(element, name))
}

/// Elements that make a `<div>` around them more than a paragraph.
pub(super) fn is_structure(element: &Element) -> bool {
    [&b"blockquote"[..], b"dl", b"div", b"ol", b"p", b"pre", b"table", b"ul"]
        .iter()
        .any(|name| is(element, name))
}

pub(super) fn is_comma(c: char) -> bool {
    matches!(c, ',' | '\u{60c}' | '、' | '，')
}
