//! The article of a page that a script draws: the longest running text among the strings of its scripts.
//!
//! Such pages come with their state as JSON, in which the article stands as HTML. What it is called there
//! differs from site to site; that it has paragraphs does not. Asked only when a page shows no article.

use super::plain;
use super::tags::{self, Attributes};
use crate::config::Limits;
use crate::lines;

/// Shortest string that is looked at, in bytes.
const STRING_BYTES_MIN: usize = 400;
/// Most strings that are looked at.
const STRINGS_MAX: usize = 64;
/// How often strings stand in strings.
const DEPTH_MAX: usize = 2;
/// Fewest words of running text that are an article.
const PROSE_WORDS_MIN: u32 = 60;
/// How a paragraph begins: as it is, or with its `<` escaped.
const PARAGRAPHS: [&str; 4] = ["<p>", "<p ", "\\u003cp", "\\u003Cp"];

/// The article in the scripts of `page`, a block a line.
pub(super) fn article(page: &str, limits: &Limits) -> Option<String> {
    let mut search = Search { limits, best: (PROSE_WORDS_MIN - 1, String::new()), left: STRINGS_MAX };
    let bytes = page.as_bytes();
    let mut at = 0;
    while let Some(found) = memchr::memmem::find(&bytes[at..], b"<script") {
        let name_end = at + found + "<script".len();
        let mut attributes = Attributes::new(bytes, name_end);
        attributes.by_ref().for_each(drop);
        at = tags::end_of_raw_text(bytes, attributes.end, b"script");
        search.strings(&page[attributes.end..at], 0);
    }
    (!search.best.1.is_empty()).then_some(search.best.1)
}

struct Search<'l> {
    limits: &'l Limits,
    /// Words of running text, and the text that has them.
    best: (u32, String),
    /// Strings that may still be looked at.
    left: usize,
}

impl Search<'_> {
    /// Looks at the strings of `script` in which paragraphs begin.
    fn strings(&mut self, script: &str, depth: usize) {
        let mut at = 0;
        while let Some(found) = PARAGRAPHS.iter().filter_map(|mark| script[at..].find(mark)).min() {
            let mark = at + found;
            let start = quotes(&script[at..mark]).last().map_or(at, |quote| at + quote);
            let end = quotes(&script[mark..]).next().map_or(script.len(), |quote| mark + quote + 1);
            at = end;
            if end - start < STRING_BYTES_MIN || self.left == 0 {
                continue;
            }
            self.left -= 1;
            if let Ok(string) = serde_json::from_str::<String>(&script[start..end]) {
                self.weigh(&string, depth);
            }
        }
    }

    fn weigh(&mut self, string: &str, depth: usize) {
        if depth < DEPTH_MAX && PARAGRAPHS[2..].iter().any(|escaped| string.contains(escaped)) {
            self.strings(string, depth + 1);
        } else if let Some(text) = plain(string, self.limits) {
            let prose = lines::lines_of(&text).into_iter().filter(|line| line.is_prose(&text));
            let words = prose.map(|line| line.words).sum();
            if words > self.best.0 {
                self.best = (words, text);
            }
        }
    }
}

/// Where quotation marks stand that no backslash escapes.
fn quotes(text: &str) -> impl Iterator<Item = usize> + '_ {
    memchr::memchr_iter(b'"', text.as_bytes()).filter(|&at| {
        let before = &text.as_bytes()[..at];
        before.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> String {
        let prose = |n: usize| {
            format!(
                "<p class=\"t\">The harbour master said on day {n} that the ferry would not sail before the \
                 storm had passed over the islands in the north.</p>"
            )
        };
        (1..=5).map(prose).collect()
    }

    fn check(script: &str, lines: usize) {
        let page = format!("<html><head><script>{script}</script></head><body><div id=root></div></body>");
        let found = article(&page, &Limits::default()).unwrap_or_default();
        assert_eq!(found.lines().count(), lines, "{found}");
    }

    #[test]
    fn an_article_may_stand_in_the_state_of_a_script() {
        let string = serde_json::json!({"title": "x", "contentHtml": body(), "n": [1]}).to_string();
        check(&format!("window.STATE = {string};"), 5);
        check(&format!("window.STATE = {};", string.replace('<', "\\u003c")), 5);
        let nested = serde_json::to_string(&string.replace('<', "\\u003c")).unwrap();
        check(&format!("self.push([1, {nested}])"), 5);
    }

    #[test]
    fn short_strings_and_code_are_no_article() {
        check("var a = \"<p>\"; var b = '<p>' + \"x\\\"\";", 0);
        check(&format!("var a = {};", serde_json::json!("<p>word ".repeat(200))), 0);
        check(&"\"<p>".repeat(1000), 0);
    }
}
