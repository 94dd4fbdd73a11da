//! Repairing lines that were broken inside a sentence.
//!
//! Two signs, each enough: the text as a whole is evidently wrapped at a width and the next word
//! would not have fitted; or a line of some length ends without an end mark and the next goes on in
//! lower case. Blank lines, indents, bullets and table columns always part paragraphs.

use std::cell::OnceCell;
use std::collections::HashSet;

use unecho_model::Span;

use crate::assemble::{Becomes, Edit, HARD_WRAP, HYPHEN, UNSPACED};
use crate::lines::{self, Ending};

/// A line break that is to be taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Join {
    pub(crate) edit: Edit,
    pub(crate) rule: &'static str,
}

/// Narrowest and widest column that counts as wrapped, in characters.
const COLUMN_CHARS: std::ops::RangeInclusive<usize> = 30..=132;
/// Fewest breaks inside sentences that make a text evidently wrapped.
const OPEN_BREAKS_MIN: usize = 4;
/// Fewest words of a line that goes on in lower case.
const WORDS_MIN: usize = 6;

/// A line as written.
struct RawLine {
    start: usize,
    end: usize,
    indent: usize,
    blank_before: bool,
    /// Width in characters.
    chars: usize,
    /// Width of what follows the last two spaces. Agency texts lose line feeds between paragraphs
    /// and keep two spaces there; a line then holds the end of one and the beginning of the next.
    tail_chars: Option<usize>,
}

/// The breaks of `raw` that stand inside sentences.
pub(crate) fn joins(raw: &str, lines_max: usize) -> Vec<Join> {
    let lines = raw_lines(raw, lines_max);
    let column = wrap_column(raw, &lines);
    let mut joins: Vec<Join> = Vec::new();
    let known_words = OnceCell::new();
    for pair in lines.windows(2) {
        let [before, after] = pair else { continue };
        if !parts_paragraphs(raw, before, after)
            && (column.is_some_and(|column| is_wrapped(raw, before, after, column))
                || goes_on_in_lower_case(raw, before, after))
        {
            let is_known = |word: &str| known_words.get_or_init(|| words_of(raw)).contains(word);
            joins.push(join(raw, before, after, is_known));
        }
    }
    joins
}

fn raw_lines(raw: &str, lines_max: usize) -> Vec<RawLine> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut blank_before = false;
    for feed in memchr::memchr_iter(b'\n', raw.as_bytes()).chain([raw.len()]) {
        let line = &raw[start..feed];
        let trimmed = line.trim();
        if trimmed.is_empty() {
            blank_before = true;
        } else {
            let indent = line.len() - line.trim_start().len();
            lines.push(RawLine {
                start: start + indent,
                end: start + indent + trimmed.len(),
                indent,
                blank_before,
                chars: indent + count_chars(trimmed),
                tail_chars: memchr::memmem::rfind(trimmed.as_bytes(), b"  ")
                    .map(|gap| count_chars(trimmed[gap..].trim_start())),
            });
            blank_before = false;
        }
        if lines.len() > lines_max {
            break;
        }
        start = feed + 1;
    }
    lines
}

fn count_chars(line: &str) -> usize {
    if line.is_ascii() { line.len() } else { line.chars().count() }
}

/// The width at which the text is evidently wrapped, in characters.
fn wrap_column(raw: &str, lines: &[RawLine]) -> Option<usize> {
    if lines.len() <= OPEN_BREAKS_MIN {
        return None;
    }
    let mut widths: Vec<usize> = lines.iter().map(|line| line.tail_chars.unwrap_or(line.chars)).collect();
    widths.sort_unstable();
    let column = widths[(widths.len() - 1) * 19 / 20];
    if !COLUMN_CHARS.contains(&column) {
        return None;
    }
    let (mut open, mut open_full) = (0, 0);
    for pair in lines.windows(2) {
        let [before, after] = pair else { continue };
        if !after.blank_before
            && lines::ending(&raw[before.start..before.end]) == Ending::Open
            && lines::has_words(&raw[before.start..before.end], 3)
        {
            open += 1;
            open_full += usize::from(is_full(raw, before, after, column));
        }
    }
    (open_full >= OPEN_BREAKS_MIN && open_full * 10 >= open * 7).then_some(column)
}

/// Whether the first word of `after` would not have fitted on `before`.
fn is_full(raw: &str, before: &RawLine, after: &RawLine, column: usize) -> bool {
    let next = &raw[after.start..after.end];
    let word = next.split_whitespace().next().unwrap_or("");
    let word_chars = if next.starts_with(lines::is_unspaced) { 1 } else { word.chars().count() };
    let is_full = |chars: usize| chars <= column + 8 && chars + 1 + word_chars + 1 > column;
    is_full(before.chars) || before.tail_chars.is_some_and(is_full)
}

/// Whether the break between the two lines of a wrapped text is no end of a paragraph: the next word
/// would not have fitted, or the line breaks off without an end mark beyond half of the column.
fn is_wrapped(raw: &str, before: &RawLine, after: &RawLine, column: usize) -> bool {
    let breaks_off = before.chars * 10 > column * 6;
    is_full(raw, before, after, column)
        || breaks_off && lines::ending(&raw[before.start..before.end]) == Ending::Open
}

/// Whether something between the two lines says that a paragraph ends.
fn parts_paragraphs(raw: &str, before: &RawLine, after: &RawLine) -> bool {
    let line = &raw[before.start..before.end];
    let next = &raw[after.start..after.end];
    after.blank_before
        || after.indent >= before.indent + 2
        || lines::bullet_bytes(next) > 0
        || has_columns(line)
        || has_columns(next)
        || is_byline(next)
}

/// Whether the line is a byline by itself: `By` and some capitalised words, nothing more.
fn is_byline(line: &str) -> bool {
    /// Most words of such a line.
    const WORDS_MAX: usize = 6;
    let mut words = line.split_whitespace();
    let begins = matches!(words.next(), Some("By" | "BY"));
    let names: Vec<&str> = words.collect();
    let all_names = names.iter().all(|name| name.starts_with(char::is_uppercase) || *name == "and");
    begins && (2..WORDS_MAX).contains(&names.len()) && all_names && lines::ending(line) != Ending::Sentence
}

/// Whether the line is a row of a table: tabs, a wide gap, or two gaps of three spaces.
fn has_columns(line: &str) -> bool {
    let gap = line.find("   ");
    gap.is_some_and(|gap| line[gap..].starts_with("     ") || line[gap..].trim_start().contains("   "))
        || line.contains('\t')
}

/// Whether `before` breaks off and `after` goes on in lower case.
fn goes_on_in_lower_case(raw: &str, before: &RawLine, after: &RawLine) -> bool {
    let line = &raw[before.start..before.end];
    let next = &raw[after.start..after.end];
    next.starts_with(char::is_lowercase)
        && lines::ending(line) == Ending::Open
        && lines::has_words(line, WORDS_MIN)
        && (lines::has_words(next, 3) || lines::ending(next) == Ending::Sentence)
        && !begins_page_furniture(next)
        && !line.contains("://")
}

/// Lines in lower case that are no continuation: bylines, addresses, sharing prompts.
fn begins_page_furniture(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or("");
    first.contains('/')
        || first.starts_with("www.")
        || first.contains('@')
        || matches!(
            first,
            "by" | "via" | "share" | "tweet" | "follow" | "photo" | "von" | "par" | "por" | "image"
        )
        || first.ends_with(':')
}

/// The edit that joins the two lines. A hyphen at the break stays unless the text writes the whole
/// word elsewhere.
fn join(raw: &str, before: &RawLine, after: &RawLine, is_known: impl FnOnce(&str) -> bool) -> Join {
    let line = &raw[before.start..before.end];
    let next = &raw[after.start..after.end];
    let gap = Span::of(before.end, after.start);
    let nothing = |span, rule| Join { edit: Edit { span, becomes: Becomes::Nothing }, rule };
    let hyphen = line.strip_suffix('-').filter(|stem| stem.ends_with(char::is_alphabetic));
    if let Some(stem) = hyphen.filter(|_| next.starts_with(char::is_alphanumeric)) {
        let first = stem.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or("");
        let second = next.split(|c: char| !c.is_alphabetic()).next().unwrap_or("");
        if is_known(&format!("{first}{second}").to_lowercase()) {
            return nothing(Span::of(before.end - 1, after.start), HYPHEN);
        }
        return nothing(gap, HYPHEN);
    }
    if line.ends_with(lines::is_unspaced) && next.starts_with(lines::is_unspaced) {
        return nothing(gap, UNSPACED);
    }
    Join { edit: Edit { span: gap, becomes: Becomes::Space }, rule: HARD_WRAP }
}

fn words_of(raw: &str) -> HashSet<String> {
    raw.split(|c: char| !c.is_alphabetic()).filter(|word| word.len() > 3).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble::assemble;

    fn check(raw: &str, expect: &str) {
        let edits: Vec<Edit> = joins(raw, 1000).iter().map(|join| join.edit).collect();
        assert_eq!(assemble(raw, &edits).text, expect);
    }

    #[test]
    fn a_sentence_goes_on_in_lower_case() {
        check(
            "The council said the two sides had agreed on the\nsecond part of the plan.",
            "The council said the two sides had agreed on the second part of the plan.",
        );
        check("Harbour opens after storm\nby Ann Porter", "Harbour opens after storm\nby Ann Porter");
        check("The mayor said this at length.\nthen he left", "The mayor said this at length.\nthen he left");
        check(
            "one two three four five six seven\n\nand so on",
            "one two three four five six seven\nand so on",
        );
    }

    #[test]
    fn evidently_wrapped_text_is_joined_whatever_follows() {
        check(
            "HARBOURTOWN (Newswire) - The ferry company said on Monday\n\
             Captain Reyes would lead the first crossing since the flood\n\
             of 1998, when the old pier was lost and with it nearly all\n\
             Boats of the fleet were moved to the northern docks before\n\
             the storm.\n\n\
             Tickets go on sale on Friday, the company said, with prices\n\
             20 percent above those of last year.\n",
            "HARBOURTOWN (Newswire) - The ferry company said on Monday Captain Reyes would lead the first \
             crossing since the flood of 1998, when the old pier was lost and with it nearly all Boats of \
             the fleet were moved to the northern docks before the storm.\n\
             Tickets go on sale on Friday, the company said, with prices 20 percent above those of last year.",
        );
    }

    #[test]
    fn hyphens_stay_unless_the_word_is_known() {
        check(
            "They spoke of the negotiations at length, and the negoti-\nations went on.",
            "They spoke of the negotiations at length, and the negotiations went on.",
        );
        check(
            "It was said to be the work of a small Geneva-\nbased company.",
            "It was said to be the work of a small Geneva-based company.",
        );
    }

    #[test]
    fn lists_and_tables_stay() {
        let list = "The team for Sunday as named by the coach today\n- alder\n- birch";
        check(list, list);
    }
}
