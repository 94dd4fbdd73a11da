//! Cleaned HTML to text, a block a line: paragraphs, headings, quotations, list items, table rows.

use trafilatura::dom::{Document as Tree, NodeId};

/// Deeper elements are not rendered.
const DEPTH_MAX: usize = 512;

/// The text of `html`, a block a line, white space inside lines collapsed.
pub(super) fn blocks(html: &str) -> String {
    let tree = Tree::parse(html);
    let mut writer =
        Writer { text: String::with_capacity(html.len()), pending: Pending::Nothing, bullet: false };
    let root = tree.body().unwrap_or_else(|| tree.root());
    writer.children(&tree, root, 0);
    writer.text
}

/// What separates the next text from the last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pending {
    Nothing,
    Space,
    Line,
}

struct Writer {
    text: String,
    pending: Pending,
    /// Whether the next text begins a list item.
    bullet: bool,
}

impl Writer {
    fn children(&mut self, tree: &Tree, node: NodeId, depth: usize) {
        if depth < DEPTH_MAX {
            for child in tree.child_nodes(node) {
                self.node(tree, child, depth + 1);
            }
        }
    }

    fn node(&mut self, tree: &Tree, node: NodeId, depth: usize) {
        if tree.is_text(node) {
            self.push(&tree.text_content(node));
            return;
        }
        match tree.tag_name(node) {
            "script" | "style" | "noscript" | "template" | "head" | "" => {}
            "br" | "lb" => self.separate(Pending::Line),
            "hr" => self.separate(Pending::Line),
            "li" | "item" | "dt" | "dd" => {
                self.separate(Pending::Line);
                self.bullet = true;
                self.children(tree, node, depth);
                self.bullet = false;
                self.separate(Pending::Line);
            }
            "td" | "th" | "cell" => {
                if self.pending < Pending::Line && !self.text.is_empty() {
                    self.push(" | ");
                }
                self.inline_children(tree, node);
            }
            name if is_block(name) => {
                self.separate(Pending::Line);
                self.children(tree, node, depth);
                self.separate(Pending::Line);
            }
            _ => self.children(tree, node, depth),
        }
    }

    /// All text below `node` on the line that is open.
    fn inline_children(&mut self, tree: &Tree, node: NodeId) {
        let content: Vec<String> = tree.iter_text(node, " ").split_whitespace().map(str::to_owned).collect();
        self.push(&content.join(" "));
    }

    fn separate(&mut self, by: Pending) {
        self.pending = self.pending.max(by);
    }

    fn push(&mut self, part: &str) {
        for piece in part.split_inclusive(char::is_whitespace) {
            let word = piece.trim_end();
            if !word.is_empty() {
                match self.pending {
                    Pending::Space if !self.text.is_empty() => self.text.push(' '),
                    Pending::Line if !self.text.is_empty() => self.text.push('\n'),
                    Pending::Nothing | Pending::Space | Pending::Line => {}
                }
                self.pending = Pending::Nothing;
                if std::mem::take(&mut self.bullet) {
                    self.text.push_str("- ");
                }
                self.text.push_str(word);
            }
            if word.len() < piece.len() {
                self.pending = self.pending.max(Pending::Space);
            }
        }
    }
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
            | "head"
            | "blockquote"
            | "quote"
            | "q-block"
            | "pre"
            | "code-block"
            | "ul"
            | "ol"
            | "dl"
            | "list"
            | "table"
            | "thead"
            | "tbody"
            | "tfoot"
            | "tr"
            | "row"
            | "section"
            | "article"
            | "main"
            | "figure"
            | "figcaption"
            | "aside"
            | "header"
            | "footer"
            | "body"
            | "details"
            | "summary"
            | "caption"
            | "address"
            | "form"
            | "fieldset"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, expect: &str) {
        assert_eq!(blocks(html), expect, "{html}");
    }

    #[test]
    fn blocks_are_lines() {
        check(
            "<h2>Head</h2><p>One <b>bold</b>\n word.</p><p>Two<br>lines</p>",
            "Head\nOne bold word.\nTwo\nlines",
        );
        check("<ul><li>first</li><li><p>second</p></li><li></li></ul><p>x</p>", "- first\n- second\nx");
        check("<table><tr><td>a</td><td>b <i>c</i></td></tr><tr><td>d</td></tr></table>", "a | b c\nd");
        check("<blockquote><p>“Said.”</p></blockquote>after", "“Said.”\nafter");
        check("<p>no<span>space</span></p>", "nospace");
    }
}
