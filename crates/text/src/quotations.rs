//! Quotations of a paragraph: what stands between quotation marks.
//!
//! Knows curly, straight, low and angle marks of European languages and CJK brackets. A mark that is
//! never closed quotes the rest of its sentence, or the whole paragraph where a quotation of several
//! paragraphs is likely. Apostrophes are told from single marks by their neighbours. Who speaks is
//! left to others.

use unecho_model::Span;

use crate::sentences;

/// A paragraph that opens with a mark and never closes it is one quotation up to this many words.
const UNCLOSED_PARAGRAPH_WORDS_MAX: usize = 80;

/// How far the end of the sentence is looked for, in bytes.
const UNCLOSED_SENTENCE_BYTES_MAX: usize = 2000;

/// Single marks around fewer words are emphasis or a nickname, not a quotation.
const SINGLE_MARKS_WORDS_MIN: usize = 2;

/// The quotations of one paragraph, without their marks, ascending and disjoint. A quotation inside
/// a quotation belongs to the outer one.
#[must_use]
pub fn quotations(paragraph: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut unclosed = Vec::new();
    let mut before = None;
    let mut at = 0;
    while let Some(mark) = paragraph.as_bytes()[at..].iter().position(|&byte| may_open(byte)) {
        if mark > 0 {
            at += mark;
            before = paragraph[..at].chars().next_back();
        }
        let Some(c) = paragraph[at..].chars().next() else { break };
        let inside = at + c.len_utf8();
        let after = paragraph[inside..].chars().next();
        let mut next = inside;
        if let Some(mark) = Mark::opened_by(c, before, after) {
            let end = if unclosed.contains(&mark) { None } else { mark.close(paragraph, inside) };
            if end.is_none() && !unclosed.contains(&mark) {
                unclosed.push(mark);
            }
            let end = match (end, mark) {
                (Some(end), Mark::Single) if words(&paragraph[inside..end]) < SINGLE_MARKS_WORDS_MIN => None,
                (None, Mark::Single) => None,
                (None, _) => Some(end_of_unclosed(paragraph, at, inside)),
                (end, _) => end,
            };
            if let Some(end) = end {
                push_trimmed(paragraph, inside, end, &mut found);
                next = end + paragraph[end..].chars().next().map_or(0, char::len_utf8);
            }
        }
        before = paragraph[..next].chars().next_back();
        at = next;
    }
    found
}

/// Whether a quotation mark may begin with this byte: straight marks, and all beyond ASCII.
const fn may_open(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | 0xc0..)
}

/// The families of marks; a quotation ends with a mark of the family that opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Double,
    Angle,
    ReversedAngle,
    Corner,
    WhiteCorner,
    Single,
}

impl Mark {
    /// The family that `c` opens between these neighbours, if it does.
    fn opened_by(c: char, before: Option<char>, after: Option<char>) -> Option<Self> {
        let free_before = before.is_none_or(|b| b.is_whitespace() || "([—–-‘'".contains(b));
        let touches_after = after.is_some_and(|a| !a.is_whitespace());
        let word_after = after.is_some_and(char::is_alphanumeric);
        match c {
            '“' | '„' | '‟' => Some(Self::Double),
            '"' | '＂' | '”' if free_before && touches_after => Some(Self::Double),
            '«' => Some(Self::Angle),
            '»' if free_before && touches_after => Some(Self::ReversedAngle),
            '「' => Some(Self::Corner),
            '『' => Some(Self::WhiteCorner),
            '‘' | '\'' | '‚' | '‹' if word_after && !before.is_some_and(char::is_alphanumeric) => {
                Some(Self::Single)
            }
            _ => None,
        }
    }

    /// Where the quotation that begins at `from` is closed.
    fn close(self, paragraph: &str, from: usize) -> Option<usize> {
        paragraph[from..].char_indices().map(|(at, c)| (from + at, c)).find_map(|(at, c)| {
            let closes = match self {
                Self::Double => matches!(c, '"' | '”' | '“' | '＂'),
                Self::Angle => matches!(c, '»' | '"' | '”'),
                Self::ReversedAngle => c == '«',
                Self::Corner => c == '」',
                Self::WhiteCorner => c == '』',
                Self::Single => {
                    let after = paragraph[at + c.len_utf8()..].chars().next();
                    matches!(c, '’' | '\'' | '‘' | '›') && !after.is_some_and(char::is_alphanumeric)
                }
            };
            closes.then_some(at)
        })
    }
}

/// The end of a quotation that is opened at `mark` and never closed.
fn end_of_unclosed(paragraph: &str, mark: usize, inside: usize) -> usize {
    if paragraph[..mark].trim().is_empty() && words(paragraph) <= UNCLOSED_PARAGRAPH_WORDS_MAX {
        return paragraph.len();
    }
    let end = paragraph.floor_char_boundary(inside + UNCLOSED_SENTENCE_BYTES_MAX);
    sentences(&paragraph[inside..end]).first().map_or(end, |sentence| inside + sentence.end())
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn push_trimmed(paragraph: &str, start: usize, end: usize, found: &mut Vec<Span>) {
    let part = &paragraph[start..end];
    let trimmed = part.trim();
    if !trimmed.is_empty() {
        let lead = part.len() - part.trim_start().len();
        found.push(Span::of(start + lead, start + lead + trimmed.len()));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(paragraph: &str, expect: &[&str]) {
        let found: Vec<&str> =
            quotations(paragraph).iter().map(|span| span.slice(paragraph).unwrap()).collect();
        assert_eq!(found, expect, "{paragraph:?}");
    }

    #[test]
    fn double_marks() {
        check("“It rains,” she said. “A lot.”", &["It rains,", "A lot."]);
        check("\"It rains,\" she said, \"a lot.\"", &["It rains,", "a lot."]);
        check("A 12\" pipe and a 6\" pipe", &[]);
        check("no marks", &[]);
        check("“”", &[]);
    }

    #[test]
    fn single_marks_and_apostrophes() {
        check("He called it 'a good day' for the mayors' union.", &["a good day"]);
        check("It's the mayor's and the workers' town", &[]);
        check("the ‘boss’ of the town", &[]);
        check("a ‘boss of bosses’ here", &["boss of bosses"]);
    }

    #[test]
    fn marks_inside_marks() {
        check("“The ‘yes, but’ is not enough,” he said", &["The ‘yes, but’ is not enough,"]);
    }

    #[test]
    fn other_languages() {
        check("Er sagte: „Es regnet.“ Dann ging er.", &["Es regnet."]);
        check("Er rief »Es regnet« und ging.", &["Es regnet"]);
        check("Il a dit « il pleut » hier.", &["il pleut"]);
        check("彼は「雨だ」と言った", &["雨だ"]);
    }

    #[test]
    fn an_unclosed_mark_covers_its_sentence_or_its_paragraph() {
        check("He said “it rains a lot. Then he left.", &["it rains a lot."]);
        check("“It rains. It will rain on.", &["It rains. It will rain on."]);
    }

    proptest! {
        #[test]
        fn spans_ascend_and_fit(paragraph in "[a \"'“”‘’«».\\n]{0,60}") {
            let mut end = 0;
            for span in quotations(&paragraph) {
                prop_assert!(span.start() >= end && !span.is_empty());
                prop_assert!(span.slice(&paragraph).is_some());
                end = span.end();
            }
        }
    }
}
