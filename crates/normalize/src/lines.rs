//! The lines of a text and what can be told of each at a glance: words, end marks, bullets, prose.
//!
//! Deciding anything from that is left to the rules and to `layout`.

use unecho_model::Span;

/// A line of a text, trimmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    /// Where.
    pub(crate) span: Span,
    /// Number of words; scripts without spaces count a word for two characters.
    pub(crate) words: u32,
    /// How it ends.
    pub(crate) ending: Ending,
}

/// How a line ends, closing quotes and brackets aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With a full stop, exclamation mark, question mark or ellipsis.
    Sentence,
    /// With a colon.
    Colon,
    /// With anything else.
    Open,
}

/// Fewest words of a line of prose.
const PROSE_WORDS_MIN: u32 = 12;

impl Line {
    /// The line at `span` of `text`.
    pub(crate) fn of(text: &str, span: Span) -> Self {
        let part = &text[span.start()..span.end()];
        Self { span, words: count_words(part), ending: ending(part) }
    }

    /// The text of the line.
    pub(crate) fn text(self, text: &str) -> &str {
        &text[self.span.start()..self.span.end()]
    }

    /// Whether the line is narration: a dozen words or more, and a sentence that ends.
    pub(crate) fn is_prose(self, text: &str) -> bool {
        self.words >= PROSE_WORDS_MIN
            && (self.ending == Ending::Sentence
                || self.words >= 25 && has_inner_sentence_end(self.text(text)))
    }

    /// Whether the line may be a headline: a few words and no end mark (a question mark may be).
    pub(crate) fn is_headline_like(self, text: &str) -> bool {
        let line = self.text(text);
        (3..=25).contains(&self.words)
            && (self.ending == Ending::Open || line.ends_with('?') || line.ends_with("?\u{2019}"))
            && !line.ends_with([',', ';', '-', '–', '—'])
            && bullet_bytes(line) == 0
    }
}

/// The lines of an assembled text: trimmed, none empty.
pub(crate) fn lines_of(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]) {
        if end > start {
            lines.push(Line::of(text, Span::of(start, end)));
        }
        start = end + 1;
    }
    lines
}

/// Number of words, by white space; characters of scripts without spaces count half a word.
pub(crate) fn count_words(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let spaced = word_starts(bytes);
    // Only characters of three bytes and more, English quotation marks aside, can be of a script
    // without spaces.
    if text.is_ascii() || !bytes.iter().any(|&byte| byte >= 0xe0 && byte != 0xe2) {
        return spaced;
    }
    let unspaced = text.chars().filter(|&c| is_unspaced(c)).count();
    let unspaced = u32::try_from(unspaced).unwrap_or(u32::MAX);
    spaced.max(unspaced.div_ceil(2))
}

/// Number of words by white space. Counts in bytes, a chunk at a time, so that the compiler can do
/// many at once.
fn word_starts(bytes: &[u8]) -> u32 {
    let Some((&first, rest)) = bytes.split_first() else { return 0 };
    let mut starts = u32::from(first > b' ');
    let before = &bytes[..rest.len()];
    for (before, here) in before.chunks(128).zip(rest.chunks(128)) {
        let pairs = before.iter().zip(here);
        let in_chunk: u8 =
            pairs.map(|(before, here)| u8::from(*before <= b' ') & u8::from(*here > b' ')).sum();
        starts += u32::from(in_chunk);
    }
    starts
}

/// Whether `text` has `words` words or more.
pub(crate) fn has_words(text: &str, words: usize) -> bool {
    let enough = text.split_ascii_whitespace().nth(words - 1);
    enough.is_some() || text.contains(is_unspaced) && count_words(text) as usize >= words
}

/// Whether `c` belongs to a script without spaces between words.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c), 0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3040..=0x30ff
        | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

/// Whether `c` ends a sentence.
pub(crate) fn is_end_mark(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '؟' | '۔' | '।' | '。' | '！' | '？')
}

/// Whether `c` closes a quotation or bracket.
fn is_closing(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | '“' | '»' | '«' | ')' | ']' | '」' | '』' | '›' | '‹')
}

/// How `line` ends.
pub(crate) fn ending(line: &str) -> Ending {
    match line.trim_end().chars().rev().find(|&c| !is_closing(c)) {
        Some(c) if is_end_mark(c) => Ending::Sentence,
        Some(':' | '：') => Ending::Colon,
        _ => Ending::Open,
    }
}

/// Whether a sentence ends inside `line`: an end mark, white space, and no lower-case letter.
pub(crate) fn has_inner_sentence_end(line: &str) -> bool {
    let mut chars = line.chars().peekable();
    let mut letters = 0;
    while let Some(c) = chars.next() {
        if matches!(c, '。' | '！' | '？') {
            return true;
        }
        if is_end_mark(c) && letters >= 3 {
            let rest = chars.clone().skip_while(|&c| is_closing(c));
            let mut rest = rest.peekable();
            if rest.next_if(|c| c.is_whitespace()).is_some() && rest.next().is_some_and(|c| !c.is_lowercase())
            {
                return true;
            }
        }
        letters = if c.is_alphanumeric() { letters + 1 } else { 0 };
    }
    false
}

/// Length in bytes of the bullet that `line` begins with and the space after it; 0 without one.
pub(crate) fn bullet_bytes(line: &str) -> usize {
    let mut chars = line.chars();
    match (chars.next(), chars.next()) {
        (Some(mark @ ('-' | '–' | '—' | '*' | '+')), Some(space)) if space.is_whitespace() => {
            mark.len_utf8() + space.len_utf8()
        }
        (Some(mark @ ('•' | '·' | '▪' | '■' | '►' | '▶' | '‣' | '◦' | '●' | '➤' | '→' | '»')), Some(_)) => {
            mark.len_utf8()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_words_of_all_scripts() {
        for (text, words) in
            [("", 0), ("one two  three", 3), ("une – deux", 3), ("首相会见记者", 3), ("“é” c", 2)]
        {
            assert_eq!(count_words(text), words, "{text}");
        }
    }

    #[test]
    fn endings_look_behind_quotes() {
        for (text, expect) in [
            ("He left.", Ending::Sentence),
            ("“He left.”", Ending::Sentence),
            ("Read also:", Ending::Colon),
            ("No end (really)", Ending::Open),
            ("هل وصل؟", Ending::Sentence),
        ] {
            assert_eq!(ending(text), expect, "{text}");
        }
    }

    #[test]
    fn inner_ends_are_not_abbreviations() {
        assert!(has_inner_sentence_end("It rained. Then it stopped"));
        assert!(has_inner_sentence_end("“It rained.” Then it stopped"));
        assert!(!has_inner_sentence_end("The U.S. Senate met on 3.5 issues"));
    }

    #[test]
    fn bullets() {
        for (text, bytes) in [("- item", 2), ("• item", 3), ("-5 degrees", 0), ("— dash", 4), ("word", 0)]
        {
            assert_eq!(bullet_bytes(text), bytes, "{text}");
        }
    }
}
