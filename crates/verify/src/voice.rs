//! Who speaks: which words of a text are narration and which are somebody's speech.
//!
//! Independent reporters repeat the same speech; only narration tells a copy. Speech is what stands
//! between quotation marks, and sentences outside them in which somebody says "I" or "we" (press
//! statements, letters, transcripts).

use std::sync::LazyLock;

use unecho_model::Span;
use unecho_text::quotations;
use xxhash_rust::xxh3::xxh3_64;

use crate::labels::Labels;
use crate::prepared::TokenRange;

/// Who speaks a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    /// The reporter.
    Narration,
    /// Somebody, between quotation marks.
    Quotation,
    /// Somebody, without marks.
    Statement,
    /// Nobody: a headline, a menu, a caption.
    Label,
}

/// First-person words, folded. "us" is the country, "mine" a pit; "we're" and "I'll" fold to other
/// words.
const FIRST_PERSON: &str = "i me my myself we our ours ourselves im ive weve \
    ich mich mir mein meine wir unser unsere je nous notre nos yo nosotros nuestro nuestra \
    я мы меня нас наш наша أنا نحن";

static FIRST_PERSON_HASHES: LazyLock<Vec<u64>> = LazyLock::new(|| {
    crate::keys::distinct(FIRST_PERSON.split_whitespace().map(|word| xxh3_64(word.as_bytes())).collect())
});

/// With less told than this share, headings are taken for told: a list, a poem, a transcript.
const TOLD_SHARE_MIN: f64 = 0.25;

/// With less narration than this share the whole text is somebody's speech, and is compared as if it
/// were narration.
const NARRATION_SHARE_MIN: f64 = 0.25;

/// The voice of every word, and the quotations as ranges of words.
pub(crate) fn voices(
    text: &str,
    spans: &[Span],
    words: &[u64],
    sentences: &[TokenRange],
    labels: &Labels,
) -> (Vec<Voice>, Vec<TokenRange>) {
    let mut voices = vec![Voice::Narration; words.len()];
    let mut quotes = Vec::new();
    let mut token = 0;
    for (start, paragraph) in paragraphs(text) {
        for quote in quotations(paragraph) {
            let (from, to) = (start + quote.start(), start + quote.end());
            while spans.get(token).is_some_and(|span| span.start() < from) {
                token += 1;
            }
            let first = token;
            while spans.get(token).is_some_and(|span| span.start() < to) {
                voices[token] = Voice::Quotation;
                token += 1;
            }
            if token > first {
                quotes.push(TokenRange::of(first, token));
            }
        }
    }
    for sentence in sentences {
        let range = sentence.range();
        let says_i = range.clone().any(|at| {
            voices[at] == Voice::Narration && FIRST_PERSON_HASHES.binary_search(&words[at]).is_ok()
        });
        if says_i {
            for voice in &mut voices[range] {
                if *voice == Voice::Narration {
                    *voice = Voice::Statement;
                }
            }
        }
    }
    mark_labels(&mut voices, spans, labels);
    let narration = voices.iter().filter(|&&voice| voice == Voice::Narration).count();
    if (narration as f64) < NARRATION_SHARE_MIN * told_words(&voices) as f64 {
        voices.iter_mut().filter(|voice| **voice != Voice::Label).for_each(|voice| *voice = Voice::Narration);
    }
    (voices, quotes)
}

/// Words that are no labels.
pub(crate) fn told_words(voices: &[Voice]) -> usize {
    voices.iter().filter(|&&voice| voice != Voice::Label).count()
}

/// Marks the words of captions, and of headings where enough is left.
fn mark_labels(voices: &mut [Voice], spans: &[Span], labels: &Labels) {
    mark(voices, spans, &labels.captions);
    let told_before = told_words(voices);
    let mut marked = voices.to_vec();
    mark(&mut marked, spans, &labels.headings);
    if told_words(&marked) as f64 >= TOLD_SHARE_MIN * told_before as f64 {
        voices.copy_from_slice(&marked);
    }
}

fn mark(voices: &mut [Voice], spans: &[Span], lines: &[Span]) {
    let mut token = 0;
    for line in lines {
        while spans.get(token).is_some_and(|span| span.start() < line.start()) {
            token += 1;
        }
        while spans.get(token).is_some_and(|span| span.start() < line.end()) {
            voices[token] = Voice::Label;
            token += 1;
        }
    }
}

/// The lines of a text with their byte offsets.
fn paragraphs(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |next, line| {
        let start = *next;
        *next += line.len();
        Some((start, line))
    })
}
