//! Lines that tell nothing: headlines, menus, link lists, picture captions.
//!
//! They stay in the article for people, and count for plain copies. As evidence for a rewrite they
//! mislead: the picture of an event and its caption go to every report of it.

use unecho_model::{Article, AttributionKind, Span};

/// A line without a sentence's end is a heading when it has fewer words,
const LABEL_WORDS: usize = 10;

/// or when this share of its words begins with a capital or a digit.
const CAPITAL_SHARE: f64 = 0.5;

/// A line of fewer words is a heading even with a sentence's end.
const SENTENCE_WORDS_MIN: usize = 4;

/// A longer line is a paragraph that happens to hold a credit, not a caption.
const CAPTION_WORDS_MAX: usize = 120;

/// Words that give away the credit in a caption's brackets.
const CREDIT_WORDS: [&str; 11] =
    ["photo", "photos", "foto", "fotos", "photograph", "pool", "getty", "image", "images", "epa", "file"];

/// Lines of an article's text, as ascending byte spans.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Labels {
    /// Lines that are no sentences: headlines, menus, links.
    pub(crate) headings: Vec<Span>,
    /// Captions of pictures.
    pub(crate) captions: Vec<Span>,
}

/// The lines of the article's text that are labels.
pub(crate) fn labels(article: &Article) -> Labels {
    let mut start = 0;
    let mut found = Labels::default();
    for (number, line) in article.text.split('\n').enumerate() {
        let span = Span::of(start, start + line.len());
        if is_caption(article, number, line) {
            found.captions.push(span);
        } else if is_heading(line) {
            found.headings.push(span);
        }
        start += line.len() + 1;
    }
    found
}

fn is_heading(line: &str) -> bool {
    let is_word = |word: &&str| word.contains(char::is_alphanumeric);
    if ends_a_sentence(line) {
        return line.split_whitespace().filter(is_word).nth(SENTENCE_WORDS_MIN - 1).is_none();
    }
    let (mut words, mut capitals) = (0, 0);
    for first in line.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric())) {
        words += 1;
        capitals += usize::from(first.is_uppercase() || first.is_numeric());
    }
    words < LABEL_WORDS || capitals as f64 >= CAPITAL_SHARE * words as f64
}

fn ends_a_sentence(line: &str) -> bool {
    let closing = |c: char| c.is_whitespace() || "\"'”’“»)]」』".contains(c);
    let last = line.trim_end_matches(closing).chars().next_back();
    last.is_some_and(|c| ".!?…:;。！？؟۔।：；".contains(c))
}

fn is_caption(article: &Article, number: usize, line: &str) -> bool {
    (line.starts_with("FILE ") || has_bracketed_credit(line) || is_credited_picture(article, number))
        && line.split_whitespace().nth(CAPTION_WORDS_MAX).is_none()
}

/// Whether brackets in the line hold a picture credit, "(AP Photo/Jane Doe)".
fn has_bracketed_credit(line: &str) -> bool {
    let brackets = line.match_indices('(').filter_map(|(at, _)| {
        let inside = &line[at + 1..];
        inside.find(')').map(|end| &inside[..end])
    });
    brackets.map(|inside| inside.split(|c: char| !c.is_alphanumeric())).any(|words| {
        let mut before = "";
        words.filter(|word| !word.is_empty()).any(|word| {
            let capital = word.starts_with(char::is_uppercase);
            let credit = CREDIT_WORDS.contains(&word.to_lowercase().as_str());
            let found = capital && (credit || before == "via");
            before = word;
            found
        })
    })
}

/// Whether a picture credit was found on the line.
fn is_credited_picture(article: &Article, number: usize) -> bool {
    let Some(&line) = article.lines.get(number) else {
        return false;
    };
    let around = Span::of(line.start().saturating_sub(2), line.end() + 2);
    article
        .attributions
        .iter()
        .any(|credit| credit.kind == AttributionKind::PhotoCredit && credit.span.overlaps(around))
}

#[cfg(test)]
mod tests {
    use unecho_model::Attribution;

    use super::*;

    fn check(text: &str, headings: &[&str], captions: &[&str]) {
        let article = Article { text: text.to_owned(), ..Article::default() };
        let found = labels(&article);
        let lines = |spans: &[Span]| spans.iter().filter_map(|span| span.slice(text)).collect::<Vec<_>>();
        assert_eq!((lines(&found.headings), lines(&found.captions)), (headings.to_vec(), captions.to_vec()));
    }

    #[test]
    fn headlines_and_menus_are_labels_and_sentences_are_not() {
        check("Storm Fells Old Crane\nThe crane fell at dawn.", &["Storm Fells Old Crane"], &[]);
        check("Home\nNews\nSport\nIt rained on the town.", &["Home", "News", "Sport"], &[]);
        check("Read more.\n“It rained and rained,” she said.", &["Read more."], &[]);
        check("a long line that was cut off before the end of its one sentence by", &[], &[]);
    }

    #[test]
    fn captions_are_labels() {
        check(
            "Workers look at the crane in the harbour. (News Photo/Ann Oak)\nHe left (in a hurry).",
            &[],
            &["Workers look at the crane in the harbour. (News Photo/Ann Oak)"],
        );
        check("LINDMOUTH (Agency) - The crane fell at dawn.", &[], &[]);
    }

    #[test]
    fn a_line_with_a_picture_credit_is_a_caption() {
        let credit = Attribution {
            kind: AttributionKind::PhotoCredit,
            name: "Ann Oak".to_owned(),
            written: "Ann Oak".to_owned(),
            rule: "credit.photo".to_owned(),
            span: Span::new(25, 34),
        };
        let article = Article {
            text: "Workers look at a crane.\nThe crane fell at dawn.".to_owned(),
            lines: vec![Span::new(0, 24), Span::new(40, 63)],
            attributions: vec![credit],
            ..Article::default()
        };
        assert_eq!(labels(&article).captions, [Span::new(0, 24)]);
    }
}
