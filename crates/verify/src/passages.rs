//! Shared runs as passages: byte spans in both articles' texts.

use unecho_model::{Passage, Span};

use crate::prepared::{Prepared, TokenRange};
use crate::tiling::Run;

/// Shorter runs are shown only where they are evidence.
pub(crate) const PASSAGE_WORDS_MIN: usize = 5;

/// The runs as passages, longest first, at most `count_max`.
pub(crate) fn passages<'r>(
    a: &Prepared,
    b: &Prepared,
    runs: impl IntoIterator<Item = &'r Run>,
    count_max: usize,
) -> Vec<Passage> {
    let passage = |run: &Run| Passage {
        a: span_of(a, TokenRange::of(run.a, run.a + run.words)),
        b: span_of(b, TokenRange::of(run.b, run.b + run.words)),
        words: u32::try_from(run.words).expect("a text has fewer words than bytes, under 4 GiB"),
    };
    let mut passages: Vec<Passage> = runs.into_iter().take(count_max).map(passage).collect();
    // There is one list for each link of a run.
    passages.shrink_to_fit();
    passages
}

fn span_of(text: &Prepared, words: TokenRange) -> Span {
    let spans = &text.spans[words.range()];
    match (spans.first(), spans.last()) {
        (Some(first), Some(last)) => Span::of(first.start(), last.end()),
        _ => Span::new(0, 0),
    }
}
