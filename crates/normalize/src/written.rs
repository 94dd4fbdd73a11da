//! From raw back to the text as it was written: places in characters, for whoever has the input and not
//! what became of it.
//!
//! Raw is the input without characters that carry no text, in NFC, and with lines put right whose
//! characters were encoded twice. The way back goes by pieces of the input that become a piece of raw
//! whatever stands beside them: mostly single characters, else a letter with its marks, or a whole line.

use std::borrow::Cow;
use std::ops::Range;

use unecho_model::{Span, Stripped};
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, is_nfc_quick};

use crate::cleanup::{clean, is_dropped};

/// Where `spans` of raw stand in `text`, of which raw was made, in characters of `text`; `repaired` are the
/// lines that were put right ([`unecho_model::Article::repaired`]). What begins or ends inside a piece that
/// changed as a whole, covers all of it.
#[must_use]
pub fn as_written(text: &str, repaired: &[Stripped], spans: &[Span]) -> Vec<Range<usize>> {
    let pieces = if repaired.is_empty() {
        match clean(Cow::Borrowed(text)) {
            Cow::Borrowed(_) => Pieces::of_characters(text),
            Cow::Owned(_) => Pieces::of_text(text),
        }
    } else {
        Pieces::of_lines(text, repaired)
    };
    spans.iter().map(|span| pieces.begin(span.start())..pieces.end(span.end())).collect()
}

/// Where each piece begins: its byte in raw, its character in the input. The last is the end of both.
struct Pieces(Vec<(usize, usize)>);

impl Pieces {
    /// Of text that is raw already.
    fn of_characters(text: &str) -> Self {
        let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        Self(starts.zip(0..).collect())
    }

    fn of_text(text: &str) -> Self {
        let mut pieces = Self(vec![(0, 0)]);
        pieces.push_text(text);
        pieces
    }

    /// Of text in which these lines of raw were put right.
    fn of_lines(text: &str, repaired: &[Stripped]) -> Self {
        let mut pieces = Self(vec![(0, 0)]);
        let mut repaired = repaired.iter().peekable();
        for line in text.split_inclusive('\n') {
            let content = line.trim_end_matches(['\r', '\n']);
            let here = |change: &&Stripped| change.span.start() == pieces.raw_end() && change.text == content;
            match repaired.next_if(here) {
                Some(change) => pieces.push(change.span.len(), content.chars().count()),
                None => pieces.push_text(content),
            }
            let rest = &line[content.len()..];
            pieces.push(usize::from(rest.ends_with('\n')), rest.len());
        }
        pieces
    }

    fn raw_end(&self) -> usize {
        self.0.last().map_or(0, |(raw, _)| *raw)
    }

    fn push(&mut self, raw_bytes: usize, input_chars: usize) {
        let (raw, input) = self.0.last().copied().unwrap_or_default();
        self.0.push((raw + raw_bytes, input + input_chars));
    }

    fn push_text(&mut self, text: &str) {
        let mut start = 0;
        let begins = |c: char| !is_dropped(c) && stands_alone(c);
        let boundaries = text.char_indices().skip(1).filter(|&(_, c)| begins(c)).map(|(at, _)| at);
        for end in boundaries.chain((!text.is_empty()).then_some(text.len())) {
            let piece = &text[start..end];
            self.push(clean(Cow::Borrowed(piece)).len(), piece.chars().count());
            start = end;
        }
    }

    /// The character at which the piece begins that holds the byte `raw`.
    fn begin(&self, raw: usize) -> usize {
        // Pieces that became nothing stand before those at the same byte.
        let after = self.0.partition_point(|(start, _)| *start <= raw);
        self.0[after.saturating_sub(1)].1
    }

    /// The character at which the piece ends that holds the byte before `raw`.
    fn end(&self, raw: usize) -> usize {
        let from = self.0.partition_point(|(start, _)| *start < raw).min(self.0.len() - 1);
        self.0[from].1
    }
}

/// Whether a character never becomes one with what stands before it (a boundary of NFC, UAX #15).
fn stands_alone(c: char) -> bool {
    c.is_ascii() || canonical_combining_class(c) == 0 && is_nfc_quick(std::iter::once(c)) == IsNormalized::Yes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mojibake;

    /// What stands in `text` where `part` stands in its raw text.
    fn found(text: &str, part: &str) -> String {
        let (raw, repaired) =
            mojibake::repaired(text).unwrap_or((clean(text.into()).into_owned(), Vec::new()));
        let at = raw.find(part).unwrap();
        let place = as_written(text, &repaired, &[Span::of(at, at + part.len())]).remove(0);
        text.chars().skip(place.start).take(place.len()).collect()
    }

    fn check(text: &str, part: &str, expect: &str) {
        assert_eq!(found(text, part), expect, "{part} of {text:?}");
    }

    #[test]
    fn places_are_found_again() {
        check("Überall Regen. Share this!", "Share this!", "Share this!");
        check("e\u{301}te\u{301}\nRead also: more", "Read also: more", "Read also: more");
        check("e\u{301}te\u{301} x", "été", "e\u{301}te\u{301}");
        check("zero\u{200b}width \u{feff}Follow us", "Follow us", "Follow us");
        check("a\u{a0}b\r\nc\rlast", "last", "last");
        check("cafÃ© fermÃ©\r\nShare this!", "Share this!", "Share this!");
        check("cafÃ© fermÃ©\r\nShare this!", "café fermé", "cafÃ© fermÃ©");
        check("각\u{11a8}나 end", "end", "end");
    }

    proptest! {
        #[test]
        fn all_of_raw_is_all_of_the_text(text in "[a-z é\u{301}\u{200b}\u{327}가\u{11a8}\r\n\u{2028}]{0,30}") {
            let raw = clean(Cow::Borrowed(&text));
            let pieces = Pieces::of_text(&text);
            prop_assert_eq!(pieces.0.last(), Some(&(raw.len(), text.chars().count())));
            let all = as_written(&text, &[], &[Span::of(0, raw.len())]).remove(0);
            let rest: String = text.chars().skip(all.end).collect();
            prop_assert!(clean(Cow::Owned(rest)).is_empty(), "only what became nothing is left out");
        }

        #[test]
        fn every_part_becomes_that_part(
            text in "[a-z é\u{301}\u{200b}\u{a0}\u{feff}\n]{1,30}", cut in any::<prop::sample::Index>()
        ) {
            let raw = clean(Cow::Borrowed(&text)).into_owned();
            let boundary = raw.char_indices().map(|(at, _)| at).chain([raw.len()]).collect::<Vec<_>>();
            let at = boundary[cut.index(boundary.len())];
            let places = as_written(&text, &[], &[Span::of(0, at), Span::of(at, raw.len())]);
            let part = |place: &Range<usize>| {
                let part: String = text.chars().skip(place.start).take(place.len()).collect();
                clean(Cow::Owned(part)).into_owned()
            };
            prop_assert!(part(&places[0]).starts_with(&raw[..at]));
            prop_assert!(part(&places[1]).ends_with(&raw[at..]));
        }
    }
}
