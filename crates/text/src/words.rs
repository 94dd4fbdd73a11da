//! Word tokens: spans in the text and 64-bit hashes of the folded words.
//!
//! A word is a run of letters, digits and combining marks; an apostrophe between letters and a
//! point or comma between digits belong to it. Runs of scripts written without spaces (Han, kana, Thai,
//! Lao, Khmer, Burmese) are cut into words as `unspaced` says. Folding, for matching only: NFKC, lower case,
//! no apostrophes, no English possessive `'s`, no soft hyphens, no thousands commas, no Arabic
//! vowel marks or tatweel.

use crate::ascii_runs::AsciiRuns;
use crate::unspaced::{is_unspaced, word_end};
use unecho_model::Span;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use xxhash_rust::xxh3::xxh3_64;

/// Name and version of the rules above and of the hash (xxh3-64, seed 0) over the folded UTF-8.
/// Whatever persists word hashes must keep this name beside them.
pub const WORDS_SCHEME: &str = "words-v2-xxh3";

/// The words of a text, column by column: `spans[i]` and `hashes[i]` belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Where each word stands, ascending.
    pub spans: Vec<Span>,
    /// xxh3-64 of each folded word.
    pub hashes: Vec<u64>,
}

impl Words {
    /// Number of words.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether there is no word.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }
}

/// All words of `text`.
#[must_use]
pub fn words(text: &str) -> Words {
    words_outside(text, &[])
}

/// The words of `text` less those that touch a span of `unmatched` (ascending, disjoint).
#[must_use]
pub fn words_outside(text: &str, unmatched: &[Span]) -> Words {
    let mut words =
        Words { spans: Vec::with_capacity(text.len() / 5), hashes: Vec::with_capacity(text.len() / 5) };
    // Lower case of the whole text at once is cheap, and most words are a piece of it as they are.
    let lower = text.to_ascii_lowercase();
    let runs = AsciiRuns::of(text.as_bytes());
    let mut folded = Vec::with_capacity(64);
    let mut holes = unmatched.iter().peekable();
    let mut at = 0;
    while let Some((start, end, kind)) = runs.next_word(text, at) {
        at = end;
        let span = Span::of(start, end);
        if !unmatched.is_empty() {
            while holes.peek().is_some_and(|hole| hole.end() <= start) {
                holes.next();
            }
            if holes.peek().is_some_and(|hole| hole.overlaps(span)) {
                continue;
            }
        }
        folded.clear();
        let hash = match kind {
            WordKind::Plain => xxh3_64(&lower.as_bytes()[start..end]),
            WordKind::Ascii => {
                folded.extend(folded_ascii(&text.as_bytes()[start..end]));
                xxh3_64(&folded)
            }
            WordKind::Unicode => {
                fold_unicode(&text[start..end], &mut folded);
                if folded.is_empty() {
                    continue;
                }
                xxh3_64(&folded)
            }
        };
        words.spans.push(span);
        words.hashes.push(hash);
    }
    words
}

/// What folding has to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WordKind {
    /// ASCII letters and digits only: lower case is all.
    Plain,
    /// ASCII with an apostrophe, point or comma.
    Ascii,
    /// Anything.
    Unicode,
}

/// The folded form of one word, as it is hashed.
#[must_use]
pub fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    fold_onto(word, &mut folded);
    folded
}

/// Appends the folded form of one word.
pub fn fold_onto(word: &str, folded: &mut String) {
    if word.is_ascii() {
        folded.extend(folded_ascii(word.as_bytes()).map(char::from));
    } else {
        let mut bytes = Vec::with_capacity(word.len());
        fold_unicode(word, &mut bytes);
        folded.push_str(std::str::from_utf8(&bytes).expect("folding maps characters to characters"));
    }
}

/// Start and end of the first word at or after `from`, and how to fold it, character by character.
pub(crate) fn next_word(text: &str, from: usize) -> Option<(usize, usize, WordKind)> {
    let bytes = text.as_bytes();
    let mut start = from;
    loop {
        let byte = *bytes.get(start)?;
        if byte < 0x80 {
            if byte.is_ascii_alphanumeric() {
                break;
            }
            start += 1;
        } else {
            let c = char_at(text, start);
            if is_unspaced(c) {
                return Some((start, word_end(text, start), WordKind::Unicode));
            }
            if c.is_alphanumeric() {
                break;
            }
            start += c.len_utf8();
        }
    }
    let (end, kind) = end_of_word(text, start);
    Some((start, end, kind))
}

fn end_of_word(text: &str, start: usize) -> (usize, WordKind) {
    let bytes = text.as_bytes();
    let mut end = start;
    let mut kind = WordKind::Plain;
    while let Some(&byte) = bytes.get(end) {
        if byte.is_ascii_alphanumeric() {
            end += 1;
        } else if byte < 0x80 {
            let inside = match byte {
                b'\'' => joins_letters(text, end, end + 1),
                b'.' | b',' => joins_digits(bytes, end),
                _ => false,
            };
            if !inside {
                break;
            }
            if kind == WordKind::Plain {
                kind = WordKind::Ascii;
            }
            end += 1;
        } else {
            let c = char_at(text, end);
            let inside = match c {
                '\u{2019}' | '\u{02bc}' => joins_letters(text, end, end + c.len_utf8()),
                '\u{ad}' | '\u{200c}' | '\u{200d}' => true,
                _ => (c.is_alphanumeric() || is_combining_mark(c)) && !is_unspaced(c),
            };
            if !inside {
                break;
            }
            kind = WordKind::Unicode;
            end += c.len_utf8();
        }
    }
    (end, kind)
}

fn char_at(text: &str, at: usize) -> char {
    text[at..].chars().next().expect("the offset is a character boundary before the end")
}

/// Whether the apostrophe at `[start, end)` stands between two letters or digits.
fn joins_letters(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric)
}

fn joins_digits(bytes: &[u8], at: usize) -> bool {
    at > 0 && bytes[at - 1].is_ascii_digit() && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
}

fn folded_ascii(word: &[u8]) -> impl Iterator<Item = u8> {
    let word = match word {
        [stem @ .., b'\'', b's' | b'S'] if !stem.is_empty() => stem,
        _ => word,
    };
    word.iter().filter(|&&b| b != b'\'' && b != b',').map(u8::to_ascii_lowercase)
}

fn fold_unicode(word: &str, folded: &mut Vec<u8>) {
    let word = match word.strip_suffix(['s', 'S']) {
        Some(rest) => rest.strip_suffix(['\'', '\u{2019}', '\u{02bc}']).unwrap_or(word),
        None => word,
    };
    let mut utf8 = [0; 4];
    for c in word.nfkc().flat_map(char::to_lowercase) {
        let dropped = matches!(
            c,
            '\'' | '\u{2019}'
                | '\u{02bc}'
                | ','
                | '\u{ad}'
                | '\u{200c}'
                | '\u{200d}'
                | '\u{0640}'
                | '\u{064b}'..='\u{0655}' | '\u{0670}' | '\u{307}'
        );
        if !dropped {
            folded.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let found = words(text);
        let folded: Vec<String> =
            found.spans.iter().map(|span| fold(&text[span.start()..span.end()])).collect();
        assert_eq!(folded, expect, "{text:?}");
        let hashes: Vec<u64> = folded.iter().map(|word| xxh3_64(word.as_bytes())).collect();
        assert_eq!(found.hashes, hashes, "{text:?}");
    }

    #[test]
    fn folds_case_and_punctuation() {
        check("The CAT, the cat!", &["the", "cat", "the", "cat"]);
        check("U.S.-Russia talks", &["u", "s", "russia", "talks"]);
        check("", &[]);
        check(" \u{201c}\u{2014}!? ", &[]);
    }

    #[test]
    fn apostrophes_belong_to_the_word() {
        check("don't don\u{2019}t dont", &["dont", "dont", "dont"]);
        check("Putin's Putin\u{2019}s 'quoted'", &["putin", "putin", "quoted"]);
        check("l'été d\u{2019}Artagnan", &["lété", "dartagnan"]);
    }

    #[test]
    fn numbers_keep_their_point() {
        check("1,000.5 and 3.7% in 2024.", &["1000.5", "and", "3.7", "in", "2024"]);
    }

    #[test]
    fn composed_and_decomposed_are_one_word() {
        check("Ze\u{301}lensky Z\u{e9}lensky", &["zélensky", "zélensky"]);
        check("soft\u{ad}hyphen STRAßE", &["softhyphen", "straße"]);
    }

    #[test]
    fn scripts_without_spaces_and_with_vowel_marks() {
        check("東京で会談", &["東京", "で", "会談"]);
        check("كِتَاب كتاب", &["كتاب", "كتاب"]);
        check("हिन्दी में", &["हिन्दी", "में"]);
    }

    #[test]
    fn unmatched_spans_are_left_out() {
        let text = "one two three four";
        let found = words_outside(text, &[Span::new(4, 7), Span::new(14, 18)]);
        assert_eq!(found.spans, [Span::new(0, 3), Span::new(8, 13)]);
    }

    proptest::proptest! {
        #[test]
        fn the_short_way_finds_what_the_long_way_finds(text in "[aAzZ1@ .,'’é\u{301}東\u{ad}\n-]{0,200}") {
            let mut at = 0;
            loop {
                let found = AsciiRuns::of(text.as_bytes()).next_word(&text, at);
                proptest::prop_assert_eq!(found, next_word(&text, at));
                let Some((start, end, _)) = found else { break };
                let word = &text[start..end];
                let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric());
                proptest::prop_assert!(plain || found.is_some_and(|(_, _, kind)| kind != WordKind::Plain));
                at = end;
            }
        }
    }

    #[test]
    fn golden_hashes() {
        assert_eq!(words("Unecho ÉTÉ").hashes, [xxh3_64(b"unecho"), xxh3_64("été".as_bytes())]);
        assert_eq!(words("unecho").hashes, [0x137a_1654_1637_f7e4]);
    }
}
