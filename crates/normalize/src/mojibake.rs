//! Characters encoded twice: UTF-8 that was read as windows-1252 and written as UTF-8 again ("Ã©" for
//! "é", "â€™" for "’").
//!
//! A text is put right only when it evidently was damaged as a whole: several such sequences, and hardly
//! any other character beyond ASCII. A single "Ã©" may be talked about. What was there before is kept, a
//! line each.

use std::borrow::Cow;
use std::str;

use unecho_model::{Action, Span, Stripped};

use crate::cleanup;

/// Name of the structural rule.
pub(crate) const MOJIBAKE: &str = "text.mojibake";

/// Fewest sequences of a damaged text.
const SEQUENCES_MIN: usize = 2;
/// Least share of sequences among what is not ASCII, in percent.
const SEQUENCES_PERCENT_MIN: usize = 80;

/// The clean text of `text`, with characters encoded twice put right, and the lines that changed.
pub(crate) fn repaired(text: &str) -> Option<(String, Vec<Stripped>)> {
    if !is_damaged(text) {
        return None;
    }
    let mut raw = String::with_capacity(text.len());
    let mut changes = Vec::new();
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\r', '\n']);
        let right = rewritten(content);
        let start = raw.len();
        raw.push_str(&cleanup::clean(Cow::Borrowed(&right)));
        if right != content && raw.len() > start {
            changes.push(Stripped {
                span: Span::of(start, raw.len()),
                rule: MOJIBAKE.to_owned(),
                action: Action::Repaired,
                text: content.to_owned(),
                evidence: None,
                attribution: None,
            });
        }
        if line.ends_with('\n') {
            raw.push('\n');
        }
    }
    Some((raw, changes))
}

fn is_damaged(text: &str) -> bool {
    // Every sequence begins with a letter from Â to ô, which is C3 and a byte from 82 to B4 in UTF-8, and goes
    // on with a character that windows-1252 has from 80 to BF, whose first byte in UTF-8 is one of five.
    let may_begin = |at: &usize| {
        matches!(text.as_bytes().get(at + 1..), Some([0x82..=0xb4, 0xc2 | 0xc5 | 0xc6 | 0xcb | 0xe2, ..]))
    };
    let begins = memchr::memchr_iter(0xc3, text.as_bytes()).filter(may_begin);
    if begins.take(SEQUENCES_MIN).count() < SEQUENCES_MIN {
        return false;
    }
    let (mut sequences, mut others) = (0, 0);
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        match sequence(&text[at..]) {
            Some((_, bytes)) => {
                sequences += 1;
                at += bytes;
            }
            None => {
                let is_visible = c.is_alphanumeric() || matches!(c, '‐'..='›');
                others += usize::from(!c.is_ascii() && is_visible);
                at += c.len_utf8();
            }
        }
    }
    sequences >= SEQUENCES_MIN && sequences * 100 >= (sequences + others) * SEQUENCES_PERCENT_MIN
}

fn rewritten(line: &str) -> String {
    let mut right = String::with_capacity(line.len());
    let mut at = 0;
    while let Some(c) = line[at..].chars().next() {
        let (found, bytes) = sequence(&line[at..]).unwrap_or((c, c.len_utf8()));
        right.push(found);
        at += bytes;
    }
    right
}

/// The character that `text` begins with, when it is encoded twice, and its bytes in `text`.
fn sequence(text: &str) -> Option<(char, usize)> {
    // Of a closing quotation mark the third character is a control character, which gets lost.
    whole_sequence(text).or_else(|| text.starts_with("â€").then_some(('”', "â€".len())))
}

fn whole_sequence(text: &str) -> Option<(char, usize)> {
    let mut chars = text.chars();
    let mut bytes = [0_u8; 4];
    bytes[0] = windows_1252(chars.next()?)?;
    let length = match bytes[0] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    for byte in &mut bytes[1..length] {
        *byte = windows_1252(chars.next()?).filter(|byte| (0x80..=0xbf).contains(byte))?;
    }
    let found = str::from_utf8(&bytes[..length]).ok()?.chars().next()?;
    (!found.is_control()).then(|| (found, text.len() - chars.as_str().len()))
}

/// The byte of `c` in windows-1252, when it is not ASCII. The five bytes without a character stand for
/// the control characters of ISO 8859-1, as browsers read them.
fn windows_1252(c: char) -> Option<u8> {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    let code = u32::from(c);
    if (0x80..=0xff).contains(&code) {
        return u8::try_from(code).ok();
    }
    let at = HIGH.iter().position(|&high| high == c)?;
    u8::try_from(at + 0x80).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(repaired(text).map(|(raw, _)| raw).as_deref(), Some(expect), "{text}");
    }

    #[test]
    fn characters_encoded_twice_are_put_right() {
        check("Le cafÃ© est fermÃ©.", "Le café est fermé.");
        check("â€œWe sail,â€\u{9d} she said. â€œNow.â€", "“We sail,” she said. “Now.”");
        check("The master didnâ€™t â€” he couldnâ€™t.", "The master didn’t — he couldn’t.");
        check("ÐŸÐ°Ñ€Ð¾Ð¼ Ð¸Ð´Ñ‘Ñ‚", "Паром идёт");
        check("Ã\u{a0} bientÃ´t", "à bientôt");
    }

    #[test]
    fn what_is_not_damaged_stays() {
        for text in ["", "plain", "déjà vu, été, çà et là", "O NÃO do “SÃO João”", "He typed Ã© for é.", "Ã©"]
        {
            assert_eq!(repaired(text), None, "{text}");
        }
    }

    #[test]
    fn changes_tell_what_was_there() {
        let (raw, changes) = repaired("plain line\r\ncafÃ©\u{200b} fermÃ©\nend").unwrap();
        assert_eq!(raw, "plain line\ncafé fermé\nend");
        let [change] = changes.as_slice() else { panic!("one line changed: {changes:?}") };
        assert_eq!(change.span.slice(&raw), Some("café fermé"));
        assert_eq!(change.text, "cafÃ©\u{200b} fermÃ©");
    }

    proptest! {
        #[test]
        fn any_text_that_was_damaged_comes_back(words in prop::collection::vec("[a-zéèüñçà’]{1,8}", 2..20)) {
            let text = words.join(" ");
            let damaged = encoding_rs::WINDOWS_1252.decode_without_bom_handling(text.as_bytes()).0;
            if text.chars().filter(|c| !c.is_ascii()).count() >= SEQUENCES_MIN {
                prop_assert_eq!(repaired(&damaged).map(|(raw, _)| raw), Some(text));
            }
        }
    }
}
