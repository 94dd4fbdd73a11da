//! The engine of the fast mode: which blocks are the article, by where text gathers.
//!
//! After Arc90's Readability (2009) as kept by Mozilla, on the outline of a page instead of a document
//! tree: paragraphs give points to the elements around them, links take them away, the element with
//! most points is the article, together with siblings alike; what inside it looks like a menu, form or
//! list of links goes. When little is left, the same is done again with less suspicion.

use std::collections::HashMap;

mod points;
mod sums;

use super::names::{self, Names, Traits};
use super::outline::{Element, Outline};
use super::page::Block;
use sums::{Sums, chars_of, is, is_comma, is_prose, is_structure};

/// Shortest article that ends the search, in characters.
const ARTICLE_CHARS_MIN: usize = 500;
/// How suspicious a reading is. Each reading that finds too little is followed by the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Suspicion {
    /// Of lists of links, and of nothing else.
    Text,
    /// Of class names that speak against an element.
    Weights,
    /// Of elements that by their names can hardly hold the article.
    Names,
}

/// Whether each block of the page belongs to the article.
pub(super) fn read(outline: &Outline<'_>) -> Vec<bool> {
    let mut best = (0, vec![false; outline.blocks.len()]);
    for suspicion in [Suspicion::Names, Suspicion::Weights, Suspicion::Text] {
        let found = Reading::new(outline, suspicion).article();
        let chars = |(block, &is): (&Block, &bool)| if is { chars_of(&block.text) } else { 0 };
        let all: usize = outline.blocks.iter().zip(&found).map(chars).sum();
        if all > best.0 {
            best = (all, found);
        }
        if best.0 >= ARTICLE_CHARS_MIN {
            break;
        }
    }
    best.1
}

/// What is called foreign is so when it has less than this part of the article.
const FOREIGN_SHARE_MAX: usize = 4;

/// Paragraphs of the article of one form that make it a form of the article.
const ALIKE_MIN: usize = 2;

/// What tells paragraphs of one template.
type Form = (u128, u64, u128, u64);

/// One reading of a page.
struct Reading<'o> {
    elements: &'o [Element],
    blocks: &'o [Block],
    suspicion: Suspicion,
    /// What is taken out, with all that is in it.
    gone: Vec<bool>,
    /// What stands directly in each element, and then what stands in it at any depth.
    own: Vec<Sums>,
    sums: Vec<Sums>,
    /// Number of child elements that are not gone.
    children: Vec<u32>,
    /// Whether a block element is inside.
    holds_blocks: Vec<bool>,
    /// Points of the elements that got any.
    points: Vec<Option<f32>>,
}

impl<'o> Reading<'o> {
    fn new(outline: &'o Outline<'_>, suspicion: Suspicion) -> Self {
        let (elements, blocks) = (outline.elements.as_slice(), outline.blocks.as_slice());
        let mut reading = Self {
            elements,
            blocks,
            suspicion,
            gone: vec![false; elements.len()],
            own: vec![Sums::default(); elements.len()],
            sums: Vec::new(),
            children: vec![0; elements.len()],
            holds_blocks: vec![false; elements.len()],
            points: vec![None; elements.len()],
        };
        reading.take_out_unlikely();
        reading.sum_up();
        reading
    }

    fn parent(&self, at: usize) -> usize {
        self.elements[at].parent as usize
    }

    /// The elements around `at`, nearest first, body included.
    fn around(&self, at: usize) -> impl Iterator<Item = usize> {
        std::iter::successors((at > 0).then(|| self.parent(at)), |&at| (at > 0).then(|| self.parent(at)))
    }

    fn take_out_unlikely(&mut self) {
        let prose = self.prose();
        // The nearest article around each element, or the body.
        let mut whole = vec![0; self.elements.len()];
        for (at, element) in self.elements.iter().enumerate().skip(1) {
            let names = element.names;
            whole[at] = if is(element, b"article") { at } else { whole[self.parent(at)] };
            let is_list = names::traits_of(element.name).has(Traits::LIST | Traits::ITEM);
            let is_most = !is_list && prose[at] * 4 >= prose[whole[at]] * 3;
            let unlikely = self.suspicion == Suspicion::Names
                && (names.has(Names::UNLIKELY) && !names.has(Names::LIKELY) || names.has(Names::BESIDE))
                && !is_most;
            let concealed = self.suspicion > Suspicion::Text && names.has(Names::CONCEALED);
            self.gone[at] = self.gone[self.parent(at)] || concealed || unlikely;
        }
    }

    /// Characters of running text in each element.
    fn prose(&self) -> Vec<usize> {
        let mut prose = vec![0; self.elements.len()];
        for block in self.blocks.iter().filter(|block| is_prose(block)) {
            prose[block.element] += chars_of(&block.text);
        }
        for at in (1..self.elements.len()).rev() {
            prose[self.parent(at)] += prose[at];
        }
        prose
    }

    fn sum_up(&mut self) {
        for block in self.blocks.iter().filter(|block| !self.gone[block.element]) {
            let traits = names::traits_of(self.elements[block.element].name);
            let own = &mut self.own[block.element];
            let chars = chars_of(&block.text);
            own.chars += chars;
            own.link_chars += chars * block.link_bytes / block.text.len().max(1);
            own.commas += block.text.chars().filter(|&c| is_comma(c)).count();
            if traits.has(Traits::HEADING) {
                own.heading_chars += chars;
            }
        }
        for (at, element) in self.elements.iter().enumerate().filter(|&(at, _)| !self.gone[at]) {
            let own = &mut self.own[at];
            own.paragraphs += usize::from(is(element, b"p"));
            own.items += usize::from(is(element, b"li"));
            own.images += usize::from(element.images);
            own.inputs += usize::from(element.inputs);
            own.embeds += usize::from(element.embeds);
            if at > 0 {
                let parent = element.parent as usize;
                self.children[parent] += 1;
                self.holds_blocks[parent] |= is_structure(element);
            }
        }
        self.sums.clone_from(&self.own);
        for at in (1..self.elements.len()).rev() {
            let parent = self.parent(at);
            self.holds_blocks[parent] |= self.holds_blocks[at] && !self.gone[at];
            if !self.gone[at] {
                let mut below = self.sums[at];
                if is(&self.elements[at], b"ul") || is(&self.elements[at], b"ol") {
                    below.list_chars = below.chars;
                }
                self.sums[parent].add(&below);
            }
        }
    }

    /// The blocks of the article.
    fn article(mut self) -> Vec<bool> {
        self.give_points();
        let candidates = self.candidates();
        let top = match candidates.first() {
            Some(&first) if first > 0 => self.widened(first, &candidates),
            _ => 0,
        };
        let roots = self.with_siblings(top);
        let inside = self.inside(&roots);
        let cleaned = self.cleaned(&inside);
        let mut found: Vec<bool> =
            self.blocks.iter().map(|block| inside[block.element] && !cleaned[block.element]).collect();
        self.add_alike(top, &inside, &mut found);
        found
    }

    /// Adds paragraphs of the same form elsewhere in the page's `<article>`: what is parted by advertisements
    /// or in sections of its own.
    fn add_alike(&self, top: usize, inside: &[bool], found: &mut [bool]) {
        let prose = self.prose();
        let is_whole = |at: &usize| {
            let element = &self.elements[*at];
            is(element, b"article") || is(element, b"main") || prose[*at] * 4 >= prose[0] * 3
        };
        let Some(whole) = std::iter::once(top).chain(self.around(top)).find(is_whole) else { return };
        let mut forms: HashMap<Form, usize> = HashMap::new();
        for (block, _) in self.blocks.iter().zip(found.iter()).filter(|&(block, &is)| is && is_prose(block)) {
            *forms.entry(self.form(block.element)).or_insert(0) += 1;
        }
        for (block, is) in self.blocks.iter().zip(found.iter_mut()) {
            let at = block.element;
            let known = || forms.get(&self.form(at)).is_some_and(|&count| count >= ALIKE_MIN);
            if !inside[at] && !self.gone[at] && is_prose(block) && known() {
                *is = self.around(at).any(|around| around == whole);
            }
        }
    }

    /// The form of a paragraph: its name and class, and those of what is around it.
    fn form(&self, at: usize) -> Form {
        let (own, around) = (&self.elements[at], &self.elements[self.parent(at)]);
        (own.name, own.class, around.name, around.class)
    }

    /// The element and those beside it that are like it, or paragraphs.
    fn with_siblings(&self, top: usize) -> Vec<usize> {
        if top == 0 {
            return vec![0];
        }
        let points = |at: usize| self.points[at].unwrap_or(0.0);
        let threshold = (points(top) * 0.2).max(10.0);
        let names = self.elements[top].names;
        let parent = self.parent(top);
        let is_alike = |at: usize| {
            let bonus = if names != Names::default() && self.elements[at].names == names {
                points(top) * 0.2
            } else {
                0.0
            };
            if points(at) > 0.0 {
                return points(at) + bonus >= threshold;
            }
            let sums = self.sums[at];
            is(&self.elements[at], b"p") && sums.chars > 80 && sums.link_density() < 0.25
        };
        (parent + 1..self.elements.len())
            .filter(|&at| self.parent(at) == parent && !self.gone[at] && (at == top || is_alike(at)))
            .collect()
    }

    /// Which elements are in one of `roots`.
    fn inside(&self, roots: &[usize]) -> Vec<bool> {
        let mut inside = vec![false; self.elements.len()];
        for at in 0..self.elements.len() {
            let around = at > 0 && inside[self.parent(at)];
            inside[at] = !self.gone[at] && (around || roots.contains(&at));
        }
        inside
    }

    /// Which elements inside the article are menus, forms and lists of links, or stand in such.
    fn cleaned(&self, inside: &[bool]) -> Vec<bool> {
        let mut cleaned = vec![false; self.elements.len()];
        let mut sums = self.own.clone();
        let all: usize = (0..self.elements.len()).filter(|&at| inside[at]).map(|at| self.own[at].chars).sum();
        for at in (1..self.elements.len()).rev().filter(|&at| inside[at]) {
            let small = self.sums[at].chars * FOREIGN_SHARE_MAX < all;
            cleaned[at] = sums[at].are_furniture(&self.elements[at], self.weight(at))
                || small && self.elements[at].names.has(Names::FOREIGN);
            if !cleaned[at] {
                let below = sums[at];
                let list = is(&self.elements[at], b"ul") || is(&self.elements[at], b"ol");
                let parent = &mut sums[self.elements[at].parent as usize];
                parent.add(&below);
                parent.list_chars += if list { below.chars - below.list_chars } else { 0 };
            }
        }
        for at in 1..self.elements.len() {
            cleaned[at] |= cleaned[self.parent(at)];
        }
        cleaned
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::outline::outline;

    const ONE: &str = "The harbour master said on Monday that the ferry, long in dock, would not sail before the storm had passed.";
    const TWO: &str =
        "Crews worked through the night, in wind and rain, to make the long pier safe for the first boats.";
    const THREE: &str = "Traders in the old town said they had lost a week of business, or more, to the closure of the harbour.";

    fn check(page: &str, expect: &[&str]) {
        let outline = outline(page);
        let found = read(&outline);
        let texts: Vec<&str> = outline
            .blocks
            .iter()
            .zip(found)
            .filter_map(|(block, is)| is.then_some(block.text.as_str()))
            .collect();
        assert_eq!(texts, expect, "{page}");
    }

    #[test]
    fn the_article_is_where_text_gathers() {
        let menu = "<ul><li><a href=1>Ports and harbours of the coast</a><li><a href=2>Ferries and their timetables</a></ul>";
        check(
            &format!(
                "<div>{menu}</div><div id=story><p>{ONE}</p><p>{TWO}</p><p>{THREE}</p></div><footer><p>{ONE}</p></footer>"
            ),
            &[ONE, TWO, THREE],
        );
        check("", &[]);
        check("<p>Short.</p>", &["Short."]);
    }

    #[test]
    fn lists_of_links_and_forms_inside_go() {
        let teasers = "<div class=related-stories><p><a href=1>Who pays for the broken pier of the old harbour?</a></p></div>";
        let form = "<div class=newsletter-box><p>Every morning the news of the harbour, in your inbox, free of charge.</p><input></div>";
        check(
            &format!("<div><p>{ONE}</p>{teasers}<p>{TWO}</p>{form}<p>{THREE}</p></div>"),
            &[ONE, TWO, THREE],
        );
    }

    #[test]
    fn an_article_may_have_the_name_of_something_else() {
        check(
            &format!(
                "<article><div class=sidebar-grid><p>{ONE}</p><p>{TWO}</p><p>{THREE}</p></div></article>"
            ),
            &[ONE, TWO, THREE],
        );
        check(&format!("<div hidden><p>{ONE}</p><p>{TWO}</p><p>{THREE}</p></div>"), &[ONE, TWO, THREE]);
    }

    #[test]
    fn paragraphs_of_the_same_form_belong_together() {
        let part = |text: &str| format!("<div class=item><p class=t>{text}</p></div>");
        let page = format!(
            "<main><div><div>{}</div></div><div><section><div><div>{}</div></div></section></div></main>",
            [ONE, TWO, THREE, ONE, TWO, THREE].map(part).concat(),
            [THREE, ONE].map(part).concat(),
        );
        check(&page, &[ONE, TWO, THREE, ONE, TWO, THREE, THREE, ONE]);
    }
}
