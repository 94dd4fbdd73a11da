//! The evidence for a rewrite: what the narration of two texts shares, and how rare that is.
//!
//! Independent reports of one event share its names, quotations and stock phrases; a rewrite shares
//! the narration (METER, Clough et al. 2002). Paraphrase breaks long runs but keeps content words
//! together, so pairs of content words close to each other carry most of the evidence (skip-bigrams,
//! Lin 2004), each weighted by how many other stories of the corpus have it too.

use unecho_model::{Publisher, RewriteScores};

use crate::keys;
use crate::lead;
use crate::prepared::{Prepared, TokenRange};
use crate::statistics::Groups;
use crate::tiling::{Run, Tiling};
use crate::voice::Voice;

/// A pair of words that this many other stories have counts half.
const OTHERS_HALF: f64 = 6.0;

/// A pair of words that no more other stories have is rare.
const OTHERS_RARE_MAX: u8 = 3;

/// An origin that more other stories claim than count half is an agency, not a trace.
const ORIGIN_RARITY_MIN: f64 = 0.5;

/// Denominators are at least this, so that three lucky words in a short text are no proof.
const SKIP_PAIRS_MIN: f64 = 60.0;
const SKIP_PAIRS_BOTH_MIN: f64 = 90.0;
const NARRATION_WORDS_MIN: usize = 30;
const SENTENCES_MIN: usize = 3;
const QUOTES_MIN: usize = 3;
const NAMES_MIN: usize = 6;

/// How much faster the missing share of names falls than that of words (regression on the labelled
/// pairs that have names; none is missing where 23 % of the words are).
const WORDS_TO_NAMES: f64 = 1.3;

/// Sentences with fewer words of narration are not counted.
const SENTENCE_WORDS_MIN: usize = 6;

/// A quotation is shared when this share of it is.
const QUOTE_SHARE_MIN: f64 = 0.6;

/// The measured features of a pair.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Evidence {
    /// The shares that go to the records.
    pub(crate) scores: RewriteScores,
    /// Words of the longer text.
    pub(crate) longer_words: usize,
    /// Words of the shorter text.
    pub(crate) shorter_words: usize,
    /// Days between the two, where both have a date.
    pub(crate) gap_days: Option<u32>,
    /// How rare the origin is that both claim, 0 to 1; 0 where they claim none.
    pub(crate) origin_rarity: f64,
    /// Runs with a rare pair of words in narration.
    pub(crate) rare_runs: Vec<Run>,
}

/// The features of a pair; `a` is the shorter text and the first of the tiling.
pub(crate) fn evidence(a: &Prepared, b: &Prepared, tiling: &Tiling, groups: Groups) -> Evidence {
    let pairs = SkipPairs::of(a, b, groups);
    let rarity = Rarity::of(a, tiling, groups);
    let covered = told_by_both(a, b, tiling) as f64;
    let (shorter, longer) = (a.told_words().min(b.told_words()), a.told_words().max(b.told_words()));
    let scores = RewriteScores {
        skip_pairs: pairs.containment(),
        skip_pairs_jaccard: pairs.jaccard(),
        sentences: touched_sentences(a, &rarity.runs),
        quotes: shared_quotes(a, b, tiling),
        coverage: covered / shorter.max(1) as f64,
        coverage_longer: covered / longer.max(1) as f64,
        names_missing: names_missing(a, b).min(names_missing(b, a)),
        narration: narration(a, b, tiling, &rarity.weights),
        numbers_missing: numbers_missing(a, b).min(numbers_missing(b, a)) as f64,
        lead_behind: lead_behind(a, b, tiling),
        weekdays_differ: f64::from(u8::from(lead::weekdays_differ(a, b))),
    };
    let gap_days = a.day.zip(b.day).map(|(a, b)| a.gap_days(b));
    let origin_rarity = shared_origin(a, b).map_or(0.0, |name| weight(a.others_with_origin(name, groups)));
    Evidence {
        scores,
        longer_words: longer,
        shorter_words: shorter,
        gap_days,
        origin_rarity,
        rare_runs: rarity.runs,
    }
}

/// The origin that both texts claim, or that one claims and the other is. Two texts of one publisher
/// have none: a site credits the same agency on every second page.
pub(crate) fn shared_origin<'t>(a: &'t Prepared, b: &'t Prepared) -> Option<&'t Publisher> {
    let claims = |text: &'t Prepared| Claims { origins: &text.origins, source: text.source.as_ref() };
    origin_of_both(claims(a), claims(b))
}

/// Whose story a text claims to be, and who published it.
#[derive(Clone, Copy)]
pub(crate) struct Claims<'t> {
    pub(crate) origins: &'t [Publisher],
    pub(crate) source: Option<&'t Publisher>,
}

/// The same as [`shared_origin`], from the claims alone.
pub(crate) fn origin_of_both<'t>(a: Claims<'t>, b: Claims<'t>) -> Option<&'t Publisher> {
    if a.source.is_some() && a.source == b.source {
        return None;
    }
    let both = a.origins.iter().find(|origin| b.origins.contains(origin));
    let is_source =
        |text: Claims<'t>, of: Claims<'t>| text.source.filter(|source| of.origins.contains(source));
    both.or_else(|| is_source(a, b)).or_else(|| is_source(b, a))
}

/// Shared words that are labels in neither text.
fn told_by_both(a: &Prepared, b: &Prepared, tiling: &Tiling) -> usize {
    let told = |text: &Prepared, at: usize| text.voices()[at] != Voice::Label;
    let shared =
        tiling.partner.iter().enumerate().filter_map(|(at, partner)| Some((at, (*partner)? as usize)));
    shared.filter(|&(at, partner)| told(a, at) && told(b, partner)).count()
}

impl Evidence {
    /// Whether both claim an origin that few others claim.
    pub(crate) fn is_same_origin(&self) -> bool {
        self.origin_rarity >= ORIGIN_RARITY_MIN
    }
}

/// How much a pair of words or a claim counts that so many other stories have.
pub(crate) const fn weight(others: u8) -> f64 {
    WEIGHTS[others as usize]
}

const WEIGHTS: [f64; 256] = {
    let mut weights = [0.0; 256];
    let mut others = 0;
    while others < weights.len() {
        weights[others] = 1.0 / (1.0 + others as f64 / OTHERS_HALF);
        others += 1;
    }
    weights
};

/// Weight of the skip-pairs that both texts have, and of all of each.
struct SkipPairs {
    shared: f64,
    a: f64,
    b: f64,
}

impl SkipPairs {
    fn of(a: &Prepared, b: &Prepared, groups: Groups) -> Self {
        let own = if groups == Groups::Unknown { Groups::Unknown } else { Groups::Same };
        let (mut shared, mut shared_alone) = (0.0, 0.0);
        let (mut i, mut j) = (0, 0);
        while let (Some(x), Some(y)) = (a.skip_pairs().get(i), b.skip_pairs().get(j)) {
            if x == y {
                shared += weight(a.others_with_pair(i, groups));
                shared_alone += weight(a.others_with_pair(i, own));
            }
            i += usize::from(x <= y);
            j += usize::from(y <= x);
        }
        let all = |text: &Prepared| match groups {
            Groups::Unknown => text.skip_pairs().len() as f64,
            Groups::Same | Groups::Different => text.skip_pairs_weight(),
        };
        let sum = |text: &Prepared| all(text) - shared_alone + shared;
        Self { shared, a: sum(a), b: sum(b) }
    }

    fn containment(&self) -> f64 {
        self.shared / self.a.min(self.b).max(SKIP_PAIRS_MIN)
    }

    fn jaccard(&self) -> f64 {
        self.shared / (self.a + self.b - self.shared).max(SKIP_PAIRS_BOTH_MIN)
    }
}

/// How rare the shared runs are: each word of the first text has the weight of the rarest pair of
/// neighbouring content words around it, both in one run and in narration; 0 outside of such.
struct Rarity {
    weights: Vec<f64>,
    runs: Vec<Run>,
}

impl Rarity {
    fn of(a: &Prepared, tiling: &Tiling, groups: Groups) -> Self {
        let mut weights = vec![0.0_f64; a.words()];
        let mut runs = Vec::new();
        for run in &tiling.runs {
            let content = (run.a..run.a + run.words).filter(|&at| a.stems()[at] != 0 && a.is_narration(at));
            let mut is_rare = false;
            let mut before = None;
            for at in content {
                if let Some(before) = before.replace(at)
                    && let Some(pair) = neighbours(a, before, at)
                {
                    let others = a.others_with_pair(pair, groups);
                    is_rare |= others <= OTHERS_RARE_MAX;
                    for word in &mut weights[before..=at] {
                        *word = word.max(weight(others));
                    }
                }
            }
            if is_rare {
                runs.push(*run);
            }
        }
        Self { weights, runs }
    }
}

/// The place of the skip-pair at these two words, when they are one: different and of one sentence.
fn neighbours(text: &Prepared, at: usize, next: usize) -> Option<usize> {
    let key = keys::unordered_pair(text.stems()[at], text.stems()[next]);
    text.skip_pairs().binary_search(&key).ok()
}

fn narration(a: &Prepared, b: &Prepared, tiling: &Tiling, weights: &[f64]) -> f64 {
    let narrated_by_both = |&(at, partner): &(usize, &Option<u32>)| {
        partner.is_some_and(|partner| a.is_narration(at) && b.is_narration(partner as usize))
    };
    let shared: f64 =
        tiling.partner.iter().enumerate().filter(narrated_by_both).map(|(at, _)| weights[at]).sum();
    shared / a.narration_words().min(b.narration_words()).max(NARRATION_WORDS_MIN) as f64
}

fn touched_sentences(a: &Prepared, rare_runs: &[Run]) -> f64 {
    let mut touched = vec![false; a.words()];
    for run in rare_runs {
        touched[run.a..run.a + run.words].fill(true);
    }
    let narrates = |sentence: &&TokenRange| {
        sentence.range().filter(|&at| a.is_narration(at)).count() >= SENTENCE_WORDS_MIN
    };
    let is_touched = |sentence: &&TokenRange| sentence.range().any(|at| touched[at] && a.is_narration(at));
    let all = a.sentences().iter().filter(narrates).count();
    let hit = a.sentences().iter().filter(narrates).filter(is_touched).count();
    hit as f64 / all.max(SENTENCES_MIN) as f64
}

/// Share of a text's names of which the other has no word; where no name can be told (a script
/// without capitals), what the missing share of all words lets expect.
fn names_missing(text: &Prepared, other: &Prepared) -> f64 {
    if text.names().is_empty() {
        let all = text.vocabulary().len();
        let missing = all - keys::shared(text.vocabulary(), other.vocabulary());
        return (WORDS_TO_NAMES * missing as f64 / all.max(1) as f64 + 1.0 - WORDS_TO_NAMES).max(0.0);
    }
    let found = keys::shared(text.names(), other.vocabulary());
    (text.names().len() - found) as f64 / text.names().len().max(NAMES_MIN) as f64
}

fn lead_behind(a: &Prepared, b: &Prepared, tiling: &Tiling) -> f64 {
    let mut used = vec![false; b.words()];
    for partner in tiling.partner.iter().flatten() {
        used[*partner as usize] = true;
    }
    lead::behind(a, |at| tiling.partner[at].is_some()).max(lead::behind(b, |at| used[at]))
}

/// How many numbers of a text the other lacks.
fn numbers_missing(text: &Prepared, other: &Prepared) -> usize {
    text.numbers().len() - keys::shared(text.numbers(), other.numbers())
}

/// Longest chain of shared quotations in the same order, of the text with fewer.
fn shared_quotes(a: &Prepared, b: &Prepared, tiling: &Tiling) -> f64 {
    let long = |quotes: &[TokenRange]| quotes.iter().filter(|quote| quote.len() >= 2).count();
    let mut places = Vec::new();
    for quote in a.quotes().iter().filter(|quote| quote.len() >= 2) {
        if quote.len() == 2 {
            places.extend(place_of_two(a, b, quote.range().start));
            continue;
        }
        let quoted = |at: usize| {
            tiling.partner[at].filter(|&partner| b.voices()[partner as usize] == Voice::Quotation)
        };
        let matched: Vec<u32> = quote.range().filter_map(quoted).collect();
        if matched.len() as f64 >= QUOTE_SHARE_MIN * quote.len() as f64 {
            places.push(matched[0]);
        }
    }
    let chain = longest_ascending(&places);
    (chain as f64 / long(a.quotes()).min(long(b.quotes())).max(QUOTES_MIN) as f64).min(1.0)
}

/// Where the other text quotes the two words at `at` of the first.
fn place_of_two(a: &Prepared, b: &Prepared, at: usize) -> Option<u32> {
    let two = &a.words[at..at + 2];
    let place = b.quotes().iter().find_map(|quote| {
        let range = quote.range();
        b.words[range.clone()].windows(2).position(|words| words == two).map(|place| range.start + place)
    })?;
    u32::try_from(place).ok()
}

/// Length of the longest non-descending subsequence (Schensted 1961, by patience sorting).
fn longest_ascending(places: &[u32]) -> usize {
    let mut ends: Vec<u32> = Vec::new();
    for &place in places {
        let at = ends.partition_point(|&end| end <= place);
        match ends.get_mut(at) {
            Some(end) => *end = place,
            None => ends.push(place),
        }
    }
    ends.len()
}

#[cfg(test)]
mod tests {
    use unecho_model::Article;

    use super::*;
    use crate::{Statistics, prepare, statistic_keys};

    #[test]
    fn chains_are_the_longest_in_order() {
        assert_eq!(longest_ascending(&[]), 0);
        assert_eq!(longest_ascending(&[3, 1, 2, 9, 4, 5]), 4);
    }

    /// The weight of shared skip-pairs and that of all of both texts, by definition: each by the other stories that have it.
    fn weighed(a: &Prepared, b: &Prepared, others: impl Fn(u64, bool) -> u8) -> (f64, f64) {
        let of = |text: &Prepared, other: &Prepared| {
            text.skip_pairs().iter().fold((0.0, 0.0), |(shared, all), &key| {
                let is_shared = other.skip_pairs().contains(&key);
                let weight = weight(others(key, is_shared));
                (if is_shared { shared + weight } else { shared }, all + weight)
            })
        };
        let ((shared, all_a), (_, all_b)) = (of(a, b), of(b, a));
        (shared, all_a + all_b)
    }

    #[test]
    fn pairs_of_words_and_claims_weigh_by_the_stories_that_have_them() {
        let article = |text: &str, source: &str| {
            let (text, source) = (text.to_owned(), Some(source.to_owned()));
            Article { text, source, ..Article::default() }
        };
        let articles = [
            article("Divers search the harbour wreck. Storm winds delay every ferry.", "Herald"),
            article("Police say divers search the harbour wreck. Boats wait at anchor.", "Tribune"),
        ];
        let mut builder = Statistics::builder(1000);
        articles.iter().for_each(|article| builder.observe_group(&statistic_keys(article)));
        let [a, b] = articles.map(prepare);
        (0..12).for_each(|_| builder.observe_group(&a.skip_pairs()[..a.skip_pairs().len() / 2]));
        let statistics = builder.finish();
        let [known_a, known_b] = [a, b].map(|text| text.counted(&statistics));
        let count = |key: u64| statistics.counts(&[key])[0];
        for groups in [Groups::Different, Groups::Same, Groups::Unknown] {
            let own = if groups == Groups::Unknown { groups } else { Groups::Same };
            let others = |key, is_shared| if is_shared { groups } else { own }.others(count(key));
            let (shared, both) = weighed(&known_a, &known_b, others);
            let sums = SkipPairs::of(&known_a, &known_b, groups);
            assert!((sums.shared - shared).abs() < 1e-9, "{groups:?}");
            assert!((sums.a + sums.b - both).abs() < 1e-9, "{groups:?}");
            assert!(shared > 0.0 && sums.a > shared);
        }
        let shared = |groups| SkipPairs::of(&known_a, &known_b, groups).shared;
        assert!(shared(Groups::Different) < shared(Groups::Unknown));
        let herald = Publisher::new("Herald");
        assert_eq!(known_a.others_with_origin(&herald, Groups::Different), 0);
        let many = (0..9).fold(Statistics::builder(100), |mut builder, _| {
            builder.observe_group(&[keys::publisher(&herald)]);
            builder
        });
        assert_eq!(known_a.counted(&many.finish()).others_with_origin(&herald, Groups::Different), 7);
    }

    #[test]
    fn what_many_stories_have_counts_little() {
        assert_eq!(weight(0), 1.0);
        assert_eq!(weight(6), 0.5);
        assert!(weight(u8::MAX) < 0.03);
    }
}
