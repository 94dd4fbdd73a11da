//! Sentence spans by punctuation, for any script; no model, no language needed.
//!
//! A sentence ends at a newline, or at `. ! ? …` (and their full-width, Arabic, Devanagari kin),
//! closing quotes included, before white space and something that is not a lower-case letter.
//! Initials, titles and abbreviations ("U.S.", "Mr.", "Jan.") do not end one.

use unecho_model::Span;

/// Abbreviations after which a capital does not open a sentence.
const ABBREVIATIONS: [&str; 43] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "sen", "rep", "gov", "gen", "col", "lt", "sgt", "capt", "maj",
    "rev", "hon", "jr", "sr", "inc", "ltd", "co", "corp", "vs", "jan", "feb", "mar", "apr", "jun", "jul",
    "aug", "sep", "sept", "oct", "nov", "dec", "fig", "vol", "approx", "bzw", "mme", "sra", "dept",
];

/// The sentences of `text`, ascending and disjoint, without surrounding white space.
#[must_use]
pub fn sentences(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while let Some(skipped) = text.as_bytes()[at..].iter().position(|&byte| may_end(byte)) {
        at += skipped;
        let Some(c) = text[at..].chars().next() else { break };
        let mut end = at + c.len_utf8();
        if c == '\n' {
            push_trimmed(text, start, at, &mut spans);
            start = end;
        } else if is_terminal(c) {
            let closing = |c: char| is_terminal(c) || is_closing(c);
            end += text[end..].chars().take_while(|&c| closing(c)).map(char::len_utf8).sum::<usize>();
            if is_full_width(c)
                || opens_after(&text[end..]) && !(c == '.' && is_abbreviated(&text[start..at]))
            {
                push_trimmed(text, start, end, &mut spans);
                start = end;
            }
        }
        at = end;
    }
    push_trimmed(text, start, text.len(), &mut spans);
    spans
}

/// Whether what ends a sentence may begin with this byte.
const fn may_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'.' | b'!' | b'?' | 0xc0..)
}

fn push_trimmed(text: &str, start: usize, end: usize, spans: &mut Vec<Span>) {
    let part = &text[start..end];
    let trimmed = part.trim();
    if !trimmed.is_empty() {
        let lead = part.len() - part.trim_start().len();
        spans.push(Span::of(start + lead, start + lead + trimmed.len()));
    }
}

fn is_terminal(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '؟' | '۔' | '।') || is_full_width(c)
}

fn is_full_width(c: char) -> bool {
    matches!(c, '。' | '！' | '？')
}

fn is_closing(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | '“' | '»' | ')' | ']' | '」' | '』')
}

/// Whether what follows a full stop looks like a new sentence: white space, then no lower case.
fn opens_after(rest: &str) -> bool {
    let trimmed = rest.trim_start();
    if trimmed.len() == rest.len() && !rest.is_empty() {
        return false;
    }
    trimmed
        .chars()
        .find(|&c| !matches!(c, '"' | '\'' | '“' | '‘' | '„' | '«' | '(' | '[' | '-' | '–' | '—' | ' '))
        .is_none_or(|c| !c.is_lowercase())
}

/// Whether the word before a full stop is an initial or a known abbreviation.
fn is_abbreviated(before: &str) -> bool {
    let word =
        before.rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '"' | '“')).next().unwrap_or("");
    let last = word.rsplit('.').next().unwrap_or("");
    let mut letters = last.chars();
    match (letters.next(), letters.next()) {
        (Some(initial), None) => initial.is_uppercase(),
        _ => ABBREVIATIONS.contains(&last.to_lowercase().as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let found: Vec<&str> = sentences(text).iter().map(|span| span.slice(text).unwrap()).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn splits_at_full_stops_and_lines() {
        check("One ended. Two ended!  Three?\nFour", &["One ended.", "Two ended!", "Three?", "Four"]);
        check("", &[]);
    }

    #[test]
    fn closing_quotes_stay_with_their_sentence() {
        check("“It is late.” He left. “Go.”", &["“It is late.”", "He left.", "“Go.”"]);
    }

    #[test]
    fn abbreviations_initials_and_numbers_do_not_split() {
        check(
            "Mr. Smith met J. F. Kennedy in the U.S. Senate on Jan. 5. It cost 3.5 dollars.",
            &["Mr. Smith met J. F. Kennedy in the U.S. Senate on Jan. 5.", "It cost 3.5 dollars."],
        );
        check("He spoke... and left.", &["He spoke... and left."]);
    }

    #[test]
    fn other_scripts() {
        check("彼は言った。彼女も。", &["彼は言った。", "彼女も。"]);
        check("هل وصل؟ نعم.", &["هل وصل؟", "نعم."]);
    }
}
