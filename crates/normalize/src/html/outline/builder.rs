//! Building the outline tag by tag.

use std::ops::Range;

use super::super::names::{self, Names, Traits};
use super::super::page::{Lister, Place};
use super::super::tags::{self, Attributes};
use super::{Element, Outline, decoded};

/// Longest class and id that are looked at, together, in bytes.
const CLASS_BYTES_MAX: usize = 256;
/// Most tags of metadata and scripts of linked data that are kept.
const META_TAGS_MAX: usize = 1000;
const SCRIPTS_MAX: usize = 32;

/// An element that is open.
#[derive(Debug, Clone, Copy)]
struct Open {
    name: u128,
    traits: Traits,
    place: Place,
    /// Whether nobody sees what is in it.
    unseen: bool,
}

pub(super) struct Builder<'p> {
    page: &'p str,
    bytes: &'p [u8],
    outline: Outline<'p>,
    lister: Lister,
    open: Vec<Open>,
    in_head: bool,
}

impl<'p> Builder<'p> {
    /// A builder at the beginning of `page`.
    pub(super) fn new(page: &'p str) -> Self {
        let root = Element { name: names::pack(b"body"), ..Element::default() };
        Self {
            page,
            bytes: page.as_bytes(),
            outline: Outline { elements: vec![root], ..Outline::default() },
            lister: Lister::default(),
            open: Vec::new(),
            in_head: true,
        }
    }

    /// Reads the page.
    pub(super) fn outline(mut self) -> Outline<'p> {
        let mut at = 0;
        while let Some(found) = memchr::memchr(b'<', &self.bytes[at..]) {
            self.text(at..at + found);
            at = self.tag(at + found);
        }
        self.text(at..self.page.len());
        self.outline.blocks = self.lister.finish();
        self.outline
    }

    fn place(&self) -> Place {
        self.open.last().map_or_else(Place::default, |open| open.place)
    }

    fn is_unseen(&self) -> bool {
        self.open.last().is_some_and(|open| open.unseen)
    }

    fn text(&mut self, range: Range<usize>) {
        if range.is_empty() || self.is_unseen() {
            return;
        }
        let text = &self.page[range];
        if self.in_head {
            if text.bytes().all(|byte| byte.is_ascii_whitespace()) {
                return;
            }
            self.in_head = false;
        }
        self.lister.push(&decoded(text), self.place());
    }

    /// Looks at the `<` at `tag`; returns where to go on.
    fn tag(&mut self, tag: usize) -> usize {
        match self.bytes.get(tag + 1) {
            Some(b'!') if self.bytes[tag..].starts_with(b"<!--") => tags::end_of_comment(self.bytes, tag),
            Some(b'!' | b'?') => tags::end_of(self.bytes, tag + 2, b">"),
            Some(b'/') => {
                let name_end = tags::name_end(self.bytes, tag + 2);
                self.end_tag(names::pack(&self.bytes[tag + 2..name_end]));
                tags::end_of(self.bytes, name_end, b">")
            }
            Some(letter) if letter.is_ascii_alphabetic() => self.start_tag(tag),
            _ => {
                self.text(tag..tag + 1);
                tag + 1
            }
        }
    }

    fn start_tag(&mut self, tag: usize) -> usize {
        let name_end = tags::name_end(self.bytes, tag + 1);
        let raw_name = &self.bytes[tag + 1..name_end];
        let name = names::pack(raw_name);
        let traits = names::traits_of(name);
        let mut attributes = Attributes::new(self.bytes, name_end);
        if traits.has(Traits::RAW_TEXT) {
            let is_data = attributes.by_ref().any(|found| {
                self.bytes[found.name].eq_ignore_ascii_case(b"type")
                    && self.bytes[found.value].trim_ascii().eq_ignore_ascii_case(b"application/ld+json")
            });
            attributes.by_ref().for_each(drop);
            let start = attributes.end;
            let end = tags::end_of_raw_text(self.bytes, start, raw_name);
            self.raw_text(name, is_data, start, end);
            return end;
        }
        if traits.has(Traits::HEAD) {
            self.head_tag(name, &mut attributes);
            return attributes.end;
        }
        let mut said = Said::default();
        for found in attributes.by_ref() {
            said.take(&self.bytes[found.name], &self.page[found.value]);
        }
        let (end, self_closing) = (attributes.end, attributes.self_closing);
        if name == names::pack(b"html") {
            let lang = said.lang.map(decoded);
            self.outline.head.lang = self.outline.head.lang.take().or(lang);
        } else if name == names::pack(b"body") {
            self.in_head = false;
            self.outline.elements[0].names = said.names();
        } else if name != names::pack(b"head") {
            self.in_head = false;
            self.element(name, traits, &said, self_closing);
        }
        end
    }

    /// Keeps the text of `<title>` and of linked data.
    fn raw_text(&mut self, name: u128, is_data: bool, start: usize, end: usize) {
        let text = &self.page[start..end];
        let text = text.rfind("</").map_or(text, |close| &text[..close]);
        let head = &mut self.outline.head;
        if name == names::pack(b"title") && head.title.is_none() && !self.open.iter().any(|open| open.unseen)
        {
            head.title = Some(decoded(text));
        } else if is_data && head.scripts.len() < SCRIPTS_MAX {
            head.scripts.push(text);
        }
        if name == names::pack(b"iframe") {
            self.count(|element| &mut element.embeds);
        }
    }

    /// `<meta>` and `<link>`.
    fn head_tag(&mut self, name: u128, attributes: &mut Attributes<'p>) {
        let (mut key, mut content, mut canonical, mut href) = ([None; 3], None, false, None);
        for found in attributes.by_ref() {
            let value = &self.page[found.value];
            match self.bytes[found.name].to_ascii_lowercase().as_slice() {
                b"property" => key[0] = Some(value),
                b"name" => key[1] = Some(value),
                b"itemprop" => key[2] = Some(value),
                b"content" => content = Some(value),
                b"rel" => canonical = value.trim().eq_ignore_ascii_case("canonical"),
                b"href" => href = Some(value),
                _ => {}
            }
        }
        let head = &mut self.outline.head;
        if name == names::pack(b"link") {
            if canonical && head.canonical.is_none() {
                head.canonical = href.map(decoded);
            }
        } else if let (Some(key), Some(content)) = (key.into_iter().flatten().next(), content)
            && head.meta.len() < META_TAGS_MAX
        {
            head.meta.push((key.to_ascii_lowercase(), decoded(content)));
        }
    }

    /// Takes in the start tag of an element of the body.
    fn element(&mut self, name: u128, traits: Traits, said: &Said<'_>, self_closing: bool) {
        self.close_implied(name, traits);
        let names = said.names();
        let unseen = self.is_unseen() || traits.has(Traits::UNSEEN) || names.has(Names::HIDDEN);
        if traits.has(Traits::VOID) {
            if !unseen {
                self.void(name, traits);
            }
            return;
        }
        if self_closing && traits.has(Traits::UNSEEN) {
            return;
        }
        let around = self.place();
        let mut place = around.inside(name, traits, names);
        if !unseen {
            if traits.has(Traits::CELL) {
                self.lister.cell(around);
            }
            if traits.has(Traits::BLOCK) {
                self.lister.close();
            }
            if traits.has(Traits::BLOCK) || traits.has(Traits::CELL) {
                let index = u32::try_from(self.outline.elements.len()).unwrap_or(u32::MAX);
                let class = if said.class.is_empty() { 0 } else { tags::digest(said.class.as_bytes()) };
                let element = Element { parent: around.element, name, names, class, ..Element::default() };
                self.outline.elements.push(element);
                place.element = index;
                if traits.has(Traits::BLOCK) {
                    (place.holder, place.block) = (around.block, index);
                }
            }
        }
        self.open.push(Open { name, traits, place, unseen });
    }

    /// Takes in an element without content.
    fn void(&mut self, name: u128, traits: Traits) {
        match () {
            () if traits.has(Traits::BREAK) => self.lister.close(),
            () if name == names::pack(b"img") => self.count(|element| &mut element.images),
            () if name == names::pack(b"input") => self.count(|element| &mut element.inputs),
            () => {}
        }
    }

    /// Counts something in the innermost element.
    fn count(&mut self, counter: impl Fn(&mut Element) -> &mut u16) {
        if !self.is_unseen() {
            let element = self.place().element as usize;
            let count = counter(&mut self.outline.elements[element]);
            *count = count.saturating_add(1);
        }
    }

    /// Closes what the start tag of `name` closes without an end tag.
    fn close_implied(&mut self, name: u128, traits: Traits) {
        let paragraph = names::pack(b"p");
        if traits.has(Traits::CLOSES_P) {
            self.close_within(|open| open.name == paragraph, Traits::P_SCOPE);
        }
        if traits.has(Traits::HEADING)
            && self.open.last().is_some_and(|open| open.traits.has(Traits::HEADING))
        {
            self.pop();
        }
        if traits.has(Traits::ITEM) {
            let list = Traits::LIST | Traits::SCOPE;
            self.close_within(|open| open.traits.has(Traits::ITEM) && are_kin(open.name, name), list);
        } else if traits.has(Traits::CELL) {
            self.close_within(|open| open.traits.has(Traits::CELL), Traits::TABLE);
        } else if traits.has(Traits::ROW) {
            self.close_within(
                |open| open.traits.has(Traits::ROW) || open.traits.has(Traits::CELL),
                Traits::TABLE,
            );
        } else if name == names::pack(b"a")
            && let Some(at) = self.open.iter().rposition(|open| open.name == name)
            && self.open[at..].iter().all(|open| !open.traits.has(Traits::BLOCK))
        {
            self.pop_to(at);
        }
    }

    /// Closes the innermost element that `is_wanted`, unless one with a trait of `boundary` is inside.
    /// Of several in a row (cell in row) closes the outermost.
    fn close_within(&mut self, is_wanted: impl Fn(&Open) -> bool, boundary: Traits) {
        let mut found = None;
        for (at, open) in self.open.iter().enumerate().rev() {
            if is_wanted(open) {
                found = Some(at);
            } else if found.is_some() || open.traits.has(boundary) {
                break;
            }
        }
        if let Some(at) = found {
            self.pop_to(at);
        }
    }

    fn end_tag(&mut self, name: u128) {
        let traits = names::traits_of(name);
        if traits.has(Traits::BREAK) && !self.is_unseen() {
            self.lister.close();
        }
        let heading = traits.has(Traits::HEADING);
        let inline = !traits.has(Traits::BLOCK) && !traits.has(Traits::CELL) && !traits.has(Traits::UNSEEN);
        let boundary = if traits.has(Traits::TABLE) {
            Traits::NONE
        } else if traits.has(Traits::ROW) || traits.has(Traits::CELL) {
            Traits::TABLE
        } else {
            Traits::SCOPE
        };
        for (at, open) in self.open.iter().enumerate().rev() {
            if open.name == name || heading && open.traits.has(Traits::HEADING) {
                return self.pop_to(at);
            }
            if open.traits.has(boundary) {
                break;
            }
            if inline && open.traits.has(Traits::BLOCK) {
                break;
            }
        }
        if name == names::pack(b"p") && !self.is_unseen() {
            // It stands for an empty paragraph.
            self.lister.close();
        } else if name == names::pack(b"a") {
            // A link that ends inside a block that began in it.
            for open in self.open.iter_mut().rev() {
                open.place.in_link = false;
            }
        }
    }

    fn pop_to(&mut self, at: usize) {
        while self.open.len() > at {
            self.pop();
        }
    }

    fn pop(&mut self) {
        if let Some(open) = self.open.pop()
            && open.traits.has(Traits::BLOCK)
            && !open.unseen
        {
            self.lister.close();
        }
    }
}

/// Items of one kind of list: an item ends the one before, a term ends a description.
fn are_kin(one: u128, other: u128) -> bool {
    let item = names::pack(b"li");
    (one == item) == (other == item)
}

/// Attributes that say what an element is.
#[derive(Default)]
struct Said<'p> {
    class: &'p str,
    id: &'p str,
    role: &'p str,
    style: &'p str,
    lang: Option<&'p str>,
    hidden: bool,
}

impl<'p> Said<'p> {
    fn take(&mut self, name: &[u8], value: &'p str) {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        match name.len() {
            5 if is("class") => self.class = value,
            2 if is("id") => self.id = value,
            4 if is("role") => self.role = value,
            4 if is("lang") => self.lang = Some(value),
            5 if is("style") => self.style = value,
            6 if is("hidden") => self.hidden = true,
            11 if is("aria-hidden") => self.hidden |= value.eq_ignore_ascii_case("true"),
            _ => {}
        }
    }

    fn names(&self) -> Names {
        let cut = |text: &'p str, bytes: usize| &text[..text.floor_char_boundary(bytes)];
        let class = cut(self.class, CLASS_BYTES_MAX);
        let id = cut(self.id, CLASS_BYTES_MAX.saturating_sub(class.len() + 1));
        names::names_of(class, id).with(self.role, self.style, self.hidden)
    }
}
