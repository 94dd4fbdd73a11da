//! Characters that carry no text: control and format characters go, exotic spaces become spaces,
//! the rest is composed (NFC). The result is what all spans into *raw* refer to.
//!
//! Text that is already clean is left byte for byte as it is, and is recognised without copying.
//! Line repair and trimming are left to later stages.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The raw text, which spans of cuts and credits refer to, of decoded plain text.
#[must_use]
pub fn raw_text(text: &str) -> Cow<'_, str> {
    clean(Cow::Borrowed(text))
}

/// `text` without control, zero-width and bidi characters, with plain spaces and line feeds, in NFC.
/// Carriage returns before line feeds stay, as white space; alone they become line feeds.
pub(crate) fn clean(text: Cow<'_, str>) -> Cow<'_, str> {
    let dirty = if text.is_ascii() { has_ascii_control(text.as_bytes()) } else { has_unclean(&text) };
    if dirty { Cow::Owned(cleaned(&text)) } else { text }
}

/// What becomes of a character.
enum Fate {
    Kept,
    Dropped,
    Became(char),
}

/// Whether ASCII text holds what is not clean. Looks at every byte, without branches, so that the
/// compiler can do many at once.
fn has_ascii_control(bytes: &[u8]) -> bool {
    let (mut control, mut returns) = (false, false);
    for &byte in bytes {
        control |= (byte < 0x20 && byte != b'\n' && byte != b'\t' && byte != b'\r') || byte == 0x7f;
        returns |= byte == b'\r';
    }
    control || returns && has_lone_return(bytes)
}

fn has_lone_return(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1) != Some(&b'\n'))
}

fn has_unclean(text: &str) -> bool {
    has_lone_return(text.as_bytes())
        || text.chars().any(|c| !matches!(fate(c), Fate::Kept))
        || is_nfc_quick(text.chars()) != IsNormalized::Yes
}

fn cleaned(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match fate(c) {
            Fate::Dropped => {}
            Fate::Became(other) => kept.push(other),
            Fate::Kept if c == '\r' && chars.peek() != Some(&'\n') => kept.push('\n'),
            Fate::Kept => kept.push(c),
        }
    }
    if is_nfc_quick(kept.chars()) == IsNormalized::Yes { kept } else { kept.nfc().collect() }
}

/// Whether a character is left out.
pub(crate) fn is_dropped(c: char) -> bool {
    matches!(fate(c), Fate::Dropped)
}

fn fate(c: char) -> Fate {
    match c {
        '\n' | '\r' | '\t' | ' '..='~' => Fate::Kept,
        // Line and paragraph separators of all kinds.
        '\u{0b}' | '\u{0c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Fate::Became('\n'),
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Fate::Dropped,
        // No-break, typographic and ideographic spaces.
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            Fate::Became(' ')
        }
        // Soft hyphen, zero-width space, word joiner and kin, byte order mark; bidi controls; tags.
        // The zero-width (non-)joiner stays: scripts and emoji are spelt with it.
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0001}' => Fate::Dropped,
        _ => Fate::Kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(clean(Cow::Borrowed(text)), expect, "{text:?}");
    }

    #[test]
    fn clean_text_is_borrowed_as_it_is() {
        for text in ["", "plain\r\ntext\n\twith tabs ", "déjà vu “quoted” – بالعربية"] {
            assert!(matches!(clean(Cow::Borrowed(text)), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn what_carries_no_text_goes() {
        check("a\u{a0}b\u{202f}c", "a b c");
        check("zero\u{200b}width\u{feff}", "zerowidth");
        check("\u{202e}bidi\u{202c} \u{7}bell", "bidi bell");
        check("mac\rlines\u{2028}here", "mac\nlines\nhere");
        check("e\u{301}te\u{301}", "été");
        check("می\u{200c}خواهم", "می\u{200c}خواهم");
    }
}
