//! What two texts have in common when neither is a copy.

use unecho_model::Mismatch;

use crate::keys;
use crate::prepared::Prepared;
use crate::tiling::Tiling;
use crate::voice::Voice;

/// Shared runs with fewer words in all, and texts with a smaller share of names in common, have
/// hardly anything in common.
const SHARED_WORDS_MIN: usize = 12;
const SHARED_NAMES_MIN: f64 = 0.3;

/// From this share of the shared words on, inside quotations, what is shared is speech.
const QUOTED_SHARE_MIN: f64 = 0.5;

/// A block of at least this many shared words, with at least this share of all, broken by no more
/// words in between, is background that was carried over.
const BLOCK_WORDS_MIN: usize = 12;
const BLOCK_GAP_WORDS_MAX: usize = 3;
const BLOCK_SHARE_MIN: f64 = 0.6;
/// A rewrite shares more than one block.
const ONE_BLOCK_SHARE_MIN: f64 = 0.9;

/// The first words of a text, at most a third of it, say what it reports.
const LEAD_WORDS: usize = 25;
const LEAD_SHARE_MAX: f64 = 0.3;

/// A form is shared when this share of the words is in runs, and other facts fill it when no more
/// than this share of the numbers is common.
const FORM_SHARE_MIN: f64 = 0.15;
const FORM_RUNS_MIN: usize = 4;
const FORM_NUMBERS_SHARE_MAX: f64 = 0.34;
const FORM_NUMBERS_MIN: usize = 4;

/// What stands between two shared words in both texts is one place of a form when it has no more words.
const PLACE_WORDS_MAX: usize = 8;
/// A form is told when this share of the numbers is other ones in the same places.
const CONFLICTS_SHARE_MIN: f64 = 0.5;

/// A short form has at least so many numbers,
const FILLED_NUMBERS_MIN: usize = 2;
/// or so many names.
const FILLED_NAMES_MIN: usize = 3;

/// What a pair that is no copy has in common; `a` is the shorter text and the first of the tiling.
pub(crate) fn mismatch(a: &Prepared, b: &Prepared, tiling: &Tiling) -> Mismatch {
    let covered = tiling.covered_words();
    let names = a.names().len().min(b.names().len());
    let shared_names = keys::shared(a.names(), b.names()) as f64;
    if covered < SHARED_WORDS_MIN && shared_names < SHARED_NAMES_MIN * names.max(3) as f64 {
        Mismatch::Unrelated
    } else if quoted_words(a, tiling) as f64 >= QUOTED_SHARE_MIN * covered.max(SHARED_WORDS_MIN) as f64 {
        Mismatch::SharedQuotes
    } else if is_template(a, b, tiling) {
        Mismatch::Template
    } else if is_background(a, b, tiling) {
        Mismatch::Background
    } else {
        Mismatch::SameEvent
    }
}

fn quoted_words(a: &Prepared, tiling: &Tiling) -> usize {
    let quoted = |at: usize| tiling.partner[at].is_some() && a.voices()[at] == Voice::Quotation;
    (0..a.words()).filter(|&at| quoted(at)).count()
}

/// Whether many short runs are shared, and the numbers between them are others: one form, filled twice.
pub(crate) fn is_template(a: &Prepared, b: &Prepared, tiling: &Tiling) -> bool {
    let numbers = a.numbers().len().min(b.numbers().len());
    let common = keys::shared(a.numbers(), b.numbers()) as f64;
    numbers >= FORM_NUMBERS_MIN
        && common <= FORM_NUMBERS_SHARE_MAX * numbers as f64
        && tiling.runs.len() >= FORM_RUNS_MIN
        && tiling.covered_words() as f64 >= FORM_SHARE_MIN * a.words() as f64
}

/// How many numbers of the two texts are others in the same place: between the same shared words.
pub(crate) fn number_conflicts(a: &Prepared, b: &Prepared, tiling: &Tiling) -> usize {
    let matched =
        tiling.partner.iter().enumerate().filter_map(|(at, partner)| Some((at, (*partner)? as usize)));
    let mut conflicts = 0;
    let mut last: Option<(usize, usize)> = None;
    for (at, partner) in matched {
        if let Some((before, partner_before)) = last.replace((at, partner))
            && partner > partner_before
        {
            let places = [&a.words[before + 1..at], &b.words[partner_before + 1..partner]];
            if places.iter().all(|place| place.len() <= PLACE_WORDS_MAX) {
                conflicts +=
                    other_numbers(a, places[0], places[1]).min(other_numbers(b, places[1], places[0]));
            }
        }
    }
    conflicts
}

/// The numbers among some words of a text that are not among the others.
fn other_numbers(text: &Prepared, words: &[u64], others: &[u64]) -> usize {
    let is_number = |word: &u64| text.numbers().binary_search(word).is_ok();
    words.iter().filter(|word| is_number(word) && !others.contains(word)).count()
}

/// Whether so many conflicting numbers tell a form filled twice.
pub(crate) fn is_decided_by(conflicts: usize, a: &Prepared, b: &Prepared) -> bool {
    let numbers = a.numbers().len().min(b.numbers().len());
    conflicts >= FORM_NUMBERS_MIN && conflicts as f64 >= CONFLICTS_SHARE_MIN * numbers as f64
}

/// Whether the numbers, or the names, of two texts that resemble each other are mostly others: what edits
/// leave alone, and another filling of the same form does not.
pub(crate) fn facts_differ(a: &Prepared, b: &Prepared) -> bool {
    let differ = |a: &[u64], b: &[u64], least: usize| {
        let fewer = a.len().min(b.len());
        fewer >= least && keys::shared(a, b) as f64 <= FORM_NUMBERS_SHARE_MAX * fewer as f64
    };
    differ(a.numbers(), b.numbers(), FILLED_NUMBERS_MIN) || differ(a.names(), b.names(), FILLED_NAMES_MIN)
}

/// Whether most of what they share is one block, and the texts begin differently.
pub(crate) fn is_background(a: &Prepared, b: &Prepared, tiling: &Tiling) -> bool {
    block_share(a, b, tiling) >= BLOCK_SHARE_MIN
}

/// Whether they share one block and next to nothing else, and begin differently: a paragraph of
/// background, a notice below every text.
pub(crate) fn is_one_block(a: &Prepared, b: &Prepared, tiling: &Tiling) -> bool {
    block_share(a, b, tiling) >= ONE_BLOCK_SHARE_MIN
}

/// Share of the shared words that the longest block holds; 0 where the texts begin alike, or the block
/// is short.
fn block_share(a: &Prepared, b: &Prepared, tiling: &Tiling) -> f64 {
    let mut used = vec![false; b.words()];
    for partner in tiling.partner.iter().flatten() {
        used[*partner as usize] = true;
    }
    let begins_alike = |words: usize, shared: &dyn Fn(usize) -> bool| {
        let lead = LEAD_WORDS.min(words / 3);
        (0..lead).filter(|&at| shared(at)).count() as f64 > LEAD_SHARE_MAX * lead as f64
    };
    let block = longest_block(tiling);
    if begins_alike(a.words(), &|at| tiling.partner[at].is_some())
        || begins_alike(b.words(), &|at| used[at])
        || block < BLOCK_WORDS_MIN
    {
        return 0.0;
    }
    block as f64 / tiling.covered_words() as f64
}

/// Most shared words of the first text that stand together.
fn longest_block(tiling: &Tiling) -> usize {
    let shared = (0..tiling.partner.len()).filter(|&at| tiling.partner[at].is_some());
    let (mut best, mut words, mut last) = (0, 0, None);
    for at in shared {
        let together = last.replace(at).is_some_and(|last| at - last <= BLOCK_GAP_WORDS_MAX + 1);
        words = if together { words + 1 } else { 1 };
        best = best.max(words);
    }
    best
}
