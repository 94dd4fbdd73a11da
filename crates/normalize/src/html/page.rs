//! The blocks of a whole page in document order: what each says and what it stands in.
//!
//! A block is a run of inline text between block-level tags. Which blocks are the article is decided
//! in `select`; `outline` walks the page and lists every one, what is hidden from readers aside.

use super::names::{self, Names, Traits};

/// What a block is marked up as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Paragraph,
    /// The first-level heading, mostly the headline.
    Headline,
    Heading,
    Item,
    Row,
    Caption,
    /// Text of a block without meaning of its own.
    Plain,
}

/// A run of text between block-level tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// The text on one line, white space collapsed.
    pub(super) text: String,
    /// What it is marked up as.
    pub(super) mark: Mark,
    /// Bytes of the text that stand in links.
    pub(super) link_bytes: usize,
    /// Number of the element that holds the block; blocks side by side share it.
    pub(super) holder: usize,
    /// Index of the nearest element of the outline.
    pub(super) element: usize,
    /// What the class names around it tell.
    pub(super) hint: Hint,
}

/// What class names and elements around a block tell of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Hint {
    /// Nothing.
    #[default]
    None,
    /// It is a standfirst: "lead", "intro", "summary".
    Lead,
    /// It captions a picture.
    Caption,
    /// It is a post of a social network shown in the page.
    Embedded,
    /// It is a menu, a form, a footer.
    Aside,
}

/// Where a piece of text stands: what the elements around it hand down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The nearest meaning around it.
    pub(super) mark: Mark,
    /// What names around it tell.
    pub(super) hint: Hint,
    /// The nearest element of the outline, cells included.
    pub(super) element: u32,
    /// The nearest block element, and the one around that.
    pub(super) block: u32,
    pub(super) holder: u32,
    /// Whether it is in a link.
    pub(super) in_link: bool,
}

impl Default for Place {
    fn default() -> Self {
        Self { mark: Mark::Plain, hint: Hint::None, element: 0, block: 0, holder: 0, in_link: false }
    }
}

impl Place {
    /// The place inside an element called `name` here; the numbers of elements stay.
    pub(super) fn inside(self, name: u128, traits: Traits, names: Names) -> Self {
        let hint = match self.hint {
            _ if traits.has(Traits::ASIDE) => Hint::Aside,
            _ if traits.has(Traits::FIGURE) => Hint::Caption,
            around => around,
        };
        let hint = match hint {
            _ if names.has(Names::EMBEDDED) => Hint::Embedded,
            _ if names.has(Names::CAPTION) => Hint::Caption,
            Hint::None if names.has(Names::LEAD) => Hint::Lead,
            hint => hint,
        };
        let in_link = self.in_link || name == names::pack(b"a");
        Self { mark: mark_of(name, traits).unwrap_or(self.mark), hint, in_link, ..self }
    }
}

fn mark_of(name: u128, traits: Traits) -> Option<Mark> {
    const PARAGRAPH: u128 = names::pack(b"p");
    const HEADLINE: u128 = names::pack(b"h1");
    const ROW: u128 = names::pack(b"tr");
    const CAPTION: u128 = names::pack(b"caption");
    match name {
        PARAGRAPH => Some(Mark::Paragraph),
        HEADLINE => Some(Mark::Headline),
        ROW => Some(Mark::Row),
        CAPTION => Some(Mark::Caption),
        _ if traits.has(Traits::HEADING) => Some(Mark::Heading),
        _ if traits.has(Traits::ITEM) => Some(Mark::Item),
        _ if traits.has(Traits::FIGURE) => Some(Mark::Caption),
        _ => None,
    }
}

/// Collects pieces of text into blocks.
#[derive(Debug, Default)]
pub(super) struct Lister {
    blocks: Vec<Block>,
    open: Option<Block>,
}

impl Lister {
    /// Adds a piece of text to the open block, or opens one.
    pub(super) fn push(&mut self, part: &str, place: Place) {
        if self.open.is_none() && part.trim().is_empty() {
            return;
        }
        let block = self.open.get_or_insert_with(|| Block {
            text: String::with_capacity(part.len()),
            mark: place.mark,
            link_bytes: 0,
            holder: place.holder as usize,
            element: place.element as usize,
            hint: place.hint,
        });
        let before = block.text.len();
        for piece in part.split_inclusive(char::is_whitespace) {
            let word = piece.trim_end();
            block.text.push_str(word);
            if word.len() < piece.len() && !block.text.is_empty() && !block.text.ends_with(' ') {
                block.text.push(' ');
            }
        }
        if place.in_link {
            block.link_bytes += block.text.len() - before;
        }
    }

    /// Parts a cell from the one before on the same line.
    pub(super) fn cell(&mut self, place: Place) {
        if self.open.is_some() {
            self.push(" | ", place);
        }
    }

    /// Ends the open block.
    pub(super) fn close(&mut self) {
        if let Some(mut block) = self.open.take() {
            block.text.truncate(block.text.trim_end().len());
            block.link_bytes = block.link_bytes.min(block.text.len());
            if !block.text.is_empty() {
                self.blocks.push(block);
            }
        }
    }

    /// All blocks.
    pub(super) fn finish(mut self) -> Vec<Block> {
        self.close();
        self.blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::outline::outline;

    fn check(html: &str, expect: &[(&str, Mark, Hint)]) {
        let blocks = outline(html).blocks;
        let found: Vec<(&str, Mark, Hint)> =
            blocks.iter().map(|block| (block.text.as_str(), block.mark, block.hint)).collect();
        assert_eq!(found, expect, "{html}");
    }

    #[test]
    fn blocks_are_what_stands_between_block_tags() {
        check(
            "<h1>Ferry</h1><div>loose <b>text</b><p>One.<br>Two.</p>more</div><ul><li>item</li></ul>",
            &[
                ("Ferry", Mark::Headline, Hint::None),
                ("loose text", Mark::Plain, Hint::None),
                ("One.", Mark::Paragraph, Hint::None),
                ("Two.", Mark::Paragraph, Hint::None),
                ("more", Mark::Plain, Hint::None),
                ("item", Mark::Item, Hint::None),
            ],
        );
        check("<table><tr><td>a</td><td>b</td></tr></table>", &[("a | b", Mark::Row, Hint::None)]);
        check("<script>x</script><p class=sr-only>y</p>", &[]);
    }

    #[test]
    fn hints_come_from_class_names_and_elements() {
        check(
            "<p class='article-Lead'>A.</p><figure>B<figcaption>C</figcaption></figure><footer>D</footer>\
             <blockquote class=twitter-tweet><p>E</p></blockquote>",
            &[
                ("A.", Mark::Paragraph, Hint::Lead),
                ("B", Mark::Caption, Hint::Caption),
                ("C", Mark::Caption, Hint::Caption),
                ("D", Mark::Plain, Hint::Aside),
                ("E", Mark::Paragraph, Hint::Embedded),
            ],
        );
    }

    #[test]
    fn links_are_measured() {
        let blocks = outline("<p>see <a href=x>this story</a></p><p><a>all</a></p>").blocks;
        let links: Vec<usize> = blocks.iter().map(|block| block.link_bytes).collect();
        assert_eq!(links, ["this story".len(), 3]);
    }
}
