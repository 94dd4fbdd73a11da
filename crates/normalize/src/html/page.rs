//! The blocks of a whole page in document order: what each says and what it stands in.
//!
//! A block is a run of inline text between block-level tags. Which blocks are the article is decided
//! in `select`; here every one is listed, script content and what is hidden from readers aside.

use trafilatura::dom::{Document as Tree, NodeId};

/// Deeper elements are not listed.
const DEPTH_MAX: usize = 512;
/// Longest class and id that is looked at, in bytes.
const CLASS_BYTES_MAX: usize = 256;

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

/// All blocks of the page.
pub(super) fn blocks(tree: &Tree) -> Vec<Block> {
    let mut lister = Lister { blocks: Vec::new(), open: None, elements: 0 };
    let root = tree.body().unwrap_or_else(|| tree.root());
    lister.children(tree, root, Context::default(), 0);
    lister.close();
    lister.blocks
}

/// What an element hands down to the text in it.
#[derive(Debug, Clone, Copy)]
struct Context {
    mark: Mark,
    hint: Hint,
    /// The nearest block element, and the one around it.
    element: usize,
    holder: usize,
    inside: Inside,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Link,
    Text,
}

impl Default for Context {
    fn default() -> Self {
        Self { mark: Mark::Plain, hint: Hint::None, element: 0, holder: 0, inside: Inside::Text }
    }
}

struct Lister {
    blocks: Vec<Block>,
    open: Option<Block>,
    elements: usize,
}

impl Lister {
    fn children(&mut self, tree: &Tree, node: NodeId, context: Context, depth: usize) {
        if depth < DEPTH_MAX {
            for child in tree.child_nodes(node) {
                self.node(tree, child, context, depth + 1);
            }
        }
    }

    fn node(&mut self, tree: &Tree, node: NodeId, context: Context, depth: usize) {
        if tree.is_text(node) {
            return self.push(&tree.text_content(node), context);
        }
        let name = tree.tag_name(node);
        let Some(hint) = hint_of(tree, node, context.hint).filter(|_| !is_skipped(name)) else { return };
        self.elements += 1;
        let mut inner = Context { hint, mark: mark_of(name).unwrap_or(context.mark), ..context };
        match name {
            "br" | "hr" => self.close(),
            "a" => self.children(tree, node, Context { inside: Inside::Link, ..inner }, depth),
            "td" | "th" => {
                if self.open.is_some() {
                    self.push(" | ", inner);
                }
                self.children(tree, node, inner, depth);
            }
            _ if is_block(name) => {
                (inner.holder, inner.element) = (context.element, self.elements);
                self.close();
                self.children(tree, node, inner, depth);
                self.close();
            }
            _ => self.children(tree, node, inner, depth),
        }
    }

    fn push(&mut self, part: &str, context: Context) {
        if self.open.is_none() && part.trim().is_empty() {
            return;
        }
        let block = self.open.get_or_insert_with(|| Block {
            text: String::new(),
            mark: context.mark,
            link_bytes: 0,
            holder: context.holder,
            hint: context.hint,
        });
        let before = block.text.len();
        for piece in part.split_inclusive(char::is_whitespace) {
            let word = piece.trim_end();
            block.text.push_str(word);
            if word.len() < piece.len() && !block.text.is_empty() && !block.text.ends_with(' ') {
                block.text.push(' ');
            }
        }
        if context.inside == Inside::Link {
            block.link_bytes += block.text.len() - before;
        }
    }

    fn close(&mut self) {
        if let Some(mut block) = self.open.take() {
            block.text.truncate(block.text.trim_end().len());
            block.link_bytes = block.link_bytes.min(block.text.len());
            if !block.text.is_empty() {
                self.blocks.push(block);
            }
        }
    }
}

/// What the element adds to what is known around it; `None` when nobody sees it.
fn hint_of(tree: &Tree, node: NodeId, around: Hint) -> Option<Hint> {
    let hint = match tree.tag_name(node) {
        "aside" | "nav" | "footer" | "form" | "button" | "menu" | "label" => Hint::Aside,
        "figcaption" | "figure" => Hint::Caption,
        _ => around,
    };
    let mut class = tree.class_name(node);
    class.push(' ');
    class.push_str(&tree.id_attr(node));
    class.truncate(class.floor_char_boundary(CLASS_BYTES_MAX));
    class.make_ascii_lowercase();
    let says = |names: &[&str]| names.iter().any(|name| class.contains(name));
    if says(&["visually-hidden", "visuallyhidden", "sr-only", "screen-reader", "screenreader"]) {
        return None;
    }
    Some(
        if says(&[
            "twitter-tweet",
            "instagram-media",
            "fb-post",
            "tiktok-embed",
            "bluesky-embed",
            "reddit-embed",
        ]) {
            Hint::Embedded
        } else if says(&[
            "caption",
            "bildunter",
            "legende",
            "img-desc",
            "image-desc",
            "photo-credit",
            "image-credit",
        ]) {
            Hint::Caption
        } else if hint == Hint::None && says(LEAD_NAMES) && !says(&["leaderboard", "loading"]) {
            Hint::Lead
        } else {
            hint
        },
    )
}

/// How pages call a standfirst.
const LEAD_NAMES: &[&str] = &[
    "lead",
    "intro",
    "standfirst",
    "summary",
    "dek",
    "subtitle",
    "abstract",
    "chapo",
    "vorspann",
    "anriss",
    "sommaire",
    "entradilla",
    "excerpt",
    "strap",
];

fn is_skipped(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "noscript"
            | "template"
            | "svg"
            | "math"
            | "iframe"
            | "object"
            | "head"
            | "title"
            | "textarea"
            | "select"
            | "option"
            | "video"
            | "audio"
            | "canvas"
            | "img"
            | ""
    )
}

fn mark_of(name: &str) -> Option<Mark> {
    Some(match name {
        "p" => Mark::Paragraph,
        "h1" => Mark::Headline,
        "h2" | "h3" | "h4" | "h5" | "h6" => Mark::Heading,
        "li" | "dt" | "dd" => Mark::Item,
        "tr" => Mark::Row,
        "figcaption" | "caption" | "figure" => Mark::Caption,
        _ => return None,
    })
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "blockquote"
            | "pre"
            | "ul"
            | "ol"
            | "dl"
            | "li"
            | "dt"
            | "dd"
            | "table"
            | "thead"
            | "tbody"
            | "tfoot"
            | "tr"
            | "section"
            | "article"
            | "main"
            | "figure"
            | "figcaption"
            | "aside"
            | "header"
            | "footer"
            | "nav"
            | "body"
            | "details"
            | "summary"
            | "caption"
            | "address"
            | "form"
            | "fieldset"
            | "center"
            | "button"
            | "label"
            | "hgroup"
            | "menu"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, expect: &[(&str, Mark, Hint)]) {
        let blocks = blocks(&Tree::parse(html));
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
        let tree = Tree::parse("<p>see <a href=x>this story</a></p><p><a>all</a></p>");
        let links: Vec<usize> = blocks(&tree).iter().map(|block| block.link_bytes).collect();
        assert_eq!(links, ["this story".len(), 3]);
    }
}
