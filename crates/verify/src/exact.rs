//! Exact copies without the rest: for these two texts need no preparation beyond their words.

use unecho_model::{Article, CandidatePair, Kind, Level, Link, Passage, Scores, Span};
use unecho_text::{Words, fold, words_outside};

use crate::evidence::{Claims, origin_of_both};
use crate::prepared::{SHINGLE_WORDS, claimed_origins, publisher};

/// Decides `exact` from the two articles: the link that [`verify`](crate::verify) would give, at a small
/// part of the cost of preparing both. `None` when a word differs, and for texts without words.
#[must_use]
pub fn verify_exact(pair: CandidatePair, low: &Article, high: &Article) -> Option<Link> {
    let words = words_outside(&low.text, &low.unmatched);
    let same_bytes = low.text == high.text && low.unmatched == high.unmatched;
    let others = if same_bytes { None } else { Some(words_outside(&high.text, &high.unmatched)) };
    let others = others.as_ref().unwrap_or(&words);
    if words.is_empty()
        || words.hashes != others.hashes
        || !(same_bytes || are_same_words((&words.spans, &low.text), (&others.spans, &high.text)))
    {
        return None;
    }
    let share = if words.len() < SHINGLE_WORDS { 0.0 } else { 1.0 };
    let count = u32::try_from(words.len()).expect("a text has fewer words than bytes, under 4 GiB");
    Some(Link {
        pair,
        kind: Kind::Exact,
        level: Level::Sure,
        scores: Scores {
            probability: 1.0,
            jaccard: share,
            containment: share,
            longest_run_words: count,
            same_origin: has_shared_origin(low, high),
            rewrite: None,
        },
        passages: vec![Passage { a: whole(&words), b: whole(others), words: count }],
        reason: format!("all {count} words are the same"),
    })
}

/// Whether words of equal hashes, at these spans of the two texts, are the same.
pub(crate) fn are_same_words(low: (&[Span], &str), high: (&[Span], &str)) -> bool {
    low.0.iter().zip(high.0).all(|(word, other)| {
        let (word, other) = (word.slice(low.1), other.slice(high.1));
        word == other || word.map(fold) == other.map(fold)
    })
}

fn has_shared_origin(low: &Article, high: &Article) -> bool {
    let (low_origins, high_origins) = (claimed_origins(low), claimed_origins(high));
    let (low_source, high_source) = (publisher(low), publisher(high));
    let low = Claims { origins: &low_origins, source: low_source.as_ref() };
    let high = Claims { origins: &high_origins, source: high_source.as_ref() };
    origin_of_both(low, high).is_some()
}

fn whole(words: &Words) -> Span {
    match (words.spans.first(), words.spans.last()) {
        (Some(first), Some(last)) => Span::of(first.start(), last.end()),
        _ => Span::new(0, 0),
    }
}

#[cfg(test)]
mod tests {
    use unecho_model::{DocIndex, Verdict};

    use super::*;
    use crate::{Config, Groups, prepare, verify};

    fn article(text: &str, source: Option<&str>) -> Article {
        Article { text: text.to_owned(), source: source.map(str::to_owned), ..Article::default() }
    }

    fn check(low: &Article, high: &Article, expect_exact: bool) {
        let pair = CandidatePair::new(DocIndex(0), DocIndex(1)).unwrap();
        let (a, b) = (prepare(low.clone()), prepare(high.clone()));
        let verdict = verify(pair, &a, &b, Groups::Unknown, &Config::default());
        let link = verify_exact(pair, low, high);
        assert_eq!(link.is_some(), expect_exact);
        if let Some(link) = link {
            assert_eq!(Verdict::Linked(link), verdict);
        }
    }

    #[test]
    fn the_link_is_that_of_full_verification() {
        let text = "The mayor’s car stopped at the old bridge, and nobody knew why.";
        check(&article(text, None), &article(text, Some("Post")), true);
        check(
            &article(text, None),
            &article("THE MAYOR'S car stopped\nat the old bridge and nobody knew why", None),
            true,
        );
        check(
            &article(text, None),
            &article("The mayor’s car stopped at the new bridge, and nobody knew why.", None),
            false,
        );
        check(&article("One two", None), &article("one, two", None), true);
        check(&article("...", None), &article("...", None), false);
        let unmatched = Article { unmatched: vec![Span::new(0, 12)], ..article(text, None) };
        check(&unmatched, &article("car stopped at the old bridge, and nobody knew why", None), true);
    }
}
