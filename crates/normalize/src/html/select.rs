//! Which blocks of a page are the article, by the word of several witnesses.
//!
//! Witnesses are the two extraction engines, the article body that many pages carry as JSON-LD, and
//! the page's description of itself. Where the engines agree they are nearly always right; the rules
//! here decide where they do not, and put back the standfirst, which both tend to lose.

use std::collections::{HashMap, HashSet};

use unecho_text::words;

use super::agreement::{self, WIDTH};
use super::page::{Block, Hint, Mark};
use crate::lines::{self, Ending};

/// What is known of a page beside its blocks.
pub(super) struct Evidence<'a> {
    /// Text of the first engine, a block a line.
    pub(super) first: &'a str,
    /// Text of the second engine.
    pub(super) second: &'a str,
    /// The article body in the page's JSON-LD.
    pub(super) body: Option<&'a str>,
    /// Descriptions that the page gives of itself.
    pub(super) descriptions: &'a [String],
    /// The headline.
    pub(super) title: Option<&'a str>,
}

/// A block of so many words is held by a witness when this share of its shingles is, in percent.
const HELD_PERCENT: usize = 60;
/// Fewest words of prose.
const PROSE_WORDS_MIN: u32 = 12;
/// Fewest words of a JSON-LD body that is a witness.
const BODY_WORDS_MIN: usize = 60;
/// A block in links by more than this share, in percent, is a link.
const LINK_PERCENT: usize = 80;
/// Blocks without a sentence are dropped up to this length when only one engine or no prose holds
/// them, in words.
const LOOSE_WORDS_MAX: u32 = 40;
/// How far before the first paragraph a standfirst may stand, in blocks.
const STANDFIRST_BLOCKS_MAX: usize = 40;
/// Fewest words that a holder of the article's prose has.
const HOLDER_WORDS_MIN: usize = 30;

/// The blocks that are the article, in order; `None` when the page's blocks do not carry what the
/// engines found.
pub(super) fn select<'b>(blocks: &'b [Block], evidence: &Evidence<'_>) -> Option<Vec<&'b Block>> {
    let mut choice = Choice::new(blocks, evidence);
    if choice.is_unlike(evidence) {
        return None;
    }
    choice.follow_body(evidence);
    choice.add_prose_of_second();
    choice.drop_loose();
    choice.drop_copies();
    choice.add_standfirst(evidence);
    choice.drop_headline(evidence);
    let selected: Vec<&Block> = blocks
        .iter()
        .zip(&choice.selected)
        .filter(|&(_, &selected)| selected)
        .map(|(block, _)| block)
        .collect();
    (!selected.is_empty()).then_some(selected)
}

/// A text that says which blocks belong to the article.
struct Witness {
    lines: HashMap<u64, u32>,
    shingles: HashSet<u64>,
    words: usize,
}

impl Witness {
    fn new(text: &str) -> Self {
        let mut lines = HashMap::new();
        let mut all = Vec::new();
        for line in text.lines() {
            let hashes = words(line).hashes;
            if !hashes.is_empty() {
                *lines.entry(agreement::key(&hashes)).or_insert(0) += 1;
                all.extend(hashes);
            }
        }
        let shingles = all.windows(WIDTH).map(agreement::key).collect();
        Self { lines, shingles, words: all.len() }
    }

    /// Whether the witness has the words of a block.
    fn holds(&self, words: &[u64]) -> bool {
        if words.is_empty() || self.lines.contains_key(&agreement::key(words)) {
            return !words.is_empty();
        }
        let shingles = words.len().saturating_sub(WIDTH - 1);
        let held = words.windows(WIDTH).filter(|shingle| self.shingles.contains(&agreement::key(shingle)));
        shingles > 0 && held.count() * 100 >= shingles * HELD_PERCENT
    }
}

/// What is told of one block.
struct Seen<'b> {
    block: &'b Block,
    words: Vec<u64>,
    count: u32,
    prose: bool,
    ends: bool,
    first: bool,
    second: bool,
}

struct Choice<'b> {
    seen: Vec<Seen<'b>>,
    selected: Vec<bool>,
    /// Lines of the engine that is followed, with their number.
    lines: HashMap<u64, u32>,
    /// Whether the second engine is followed.
    swapped: bool,
    /// Words of the article's prose below each holder.
    holders: HashMap<usize, usize>,
}

impl<'b> Choice<'b> {
    fn new(blocks: &'b [Block], evidence: &Evidence<'_>) -> Self {
        let (first, second) = (Witness::new(evidence.first), Witness::new(evidence.second));
        let seen: Vec<Seen<'b>> = blocks.iter().map(|block| see(block, &first, &second)).collect();
        let prose = |wanted: fn(&Seen<'_>) -> bool| -> usize {
            seen.iter().filter(|seen| seen.prose && wanted(seen)).map(|seen| seen.words.len()).sum()
        };
        let both = prose(|seen| seen.first && seen.second);
        let only_first = prose(|seen| seen.first && !seen.second);
        let only_second = prose(|seen| !seen.first && seen.second);
        // The first engine missed most of what the second found around it.
        let swapped = only_second > 0 && only_second >= both + only_first && both >= only_first;
        let selected = seen.iter().map(|seen| if swapped { seen.second } else { seen.first }).collect();
        let lines = if swapped { second.lines } else { first.lines };
        let mut choice = Self { seen, selected, lines, swapped, holders: HashMap::new() };
        choice.weigh_holders();
        choice
    }

    fn weigh_holders(&mut self) {
        self.holders.clear();
        for (seen, _) in
            self.seen.iter().zip(&self.selected).filter(|(seen, selected)| seen.prose && **selected)
        {
            *self.holders.entry(seen.block.holder).or_insert(0) += seen.words.len();
        }
    }

    /// Whether the blocks hold less than half of what the engines found.
    fn is_unlike(&self, evidence: &Evidence<'_>) -> bool {
        let found = words(if self.swapped { evidence.second } else { evidence.first }).len();
        let held: usize = self
            .seen
            .iter()
            .zip(&self.selected)
            .filter(|&(_, &is)| is)
            .map(|(seen, _)| seen.words.len())
            .sum();
        held * 2 < found
    }

    /// First and last selected prose.
    fn bounds(&self) -> Option<(usize, usize)> {
        let is_body = |&at: &usize| self.selected[at] && self.seen[at].prose;
        let first = (0..self.seen.len()).find(is_body)?;
        Some((first, (0..self.seen.len()).rev().find(is_body).unwrap_or(first)))
    }

    /// Where the page carries its article as data, prose is of the article when it is there.
    fn follow_body(&mut self, evidence: &Evidence<'_>) {
        let Some(body) = evidence.body.map(Witness::new) else { return };
        let prose: usize = self
            .seen
            .iter()
            .zip(&self.selected)
            .filter(|(seen, is)| **is && seen.prose)
            .map(|(seen, _)| seen.words.len())
            .sum();
        if body.words < BODY_WORDS_MIN || body.words * 10 < prose * 6 || !self.page_has(&body) {
            return;
        }
        let start = self.bounds().map_or(0, |(first, _)| first);
        for (at, seen) in self.seen.iter().enumerate().filter(|(_, seen)| seen.prose) {
            self.selected[at] = body.holds(&seen.words) || self.selected[at] && at <= start;
        }
        self.weigh_holders();
    }

    /// Whether four fifths of the body stand in the blocks of the page.
    fn page_has(&self, body: &Witness) -> bool {
        let mut missing = body.shingles.clone();
        let all: Vec<u64> = self.seen.iter().flat_map(|seen| seen.words.iter().copied()).collect();
        for shingle in all.windows(WIDTH) {
            missing.remove(&agreement::key(shingle));
        }
        missing.len() * 5 <= body.shingles.len()
    }

    /// Prose that only the other engine found, beside prose of the article.
    fn add_prose_of_second(&mut self) {
        let Some((start, end)) = self.bounds() else { return };
        for at in start..end {
            let seen = &self.seen[at];
            let other = if self.swapped { seen.first } else { seen.second };
            let beside = self.holders.get(&seen.block.holder).is_some_and(|&words| words >= HOLDER_WORDS_MIN);
            if other && seen.prose && beside && seen.block.hint != Hint::Aside {
                self.selected[at] = true;
            }
        }
    }

    /// Drops links, captions, embedded posts, and loose lines that one engine alone found.
    fn drop_loose(&mut self) {
        for (seen, selected) in self.seen.iter().zip(&mut self.selected).filter(|(_, selected)| **selected) {
            let other = if self.swapped { seen.first } else { seen.second };
            let short = seen.count < LOOSE_WORDS_MAX;
            let heading = matches!(seen.block.mark, Mark::Heading | Mark::Headline);
            let link = seen.block.link_bytes * 100 > seen.block.text.len() * LINK_PERCENT;
            let loose = !seen.prose && short && (!other && !heading || link && !seen.ends);
            let foreign =
                matches!(seen.block.hint, Hint::Caption | Hint::Embedded) || seen.block.mark == Mark::Caption;
            *selected = !loose && !foreign;
        }
    }

    /// Of blocks with the same words keeps as many as the engine has, those beside the article's
    /// prose first.
    fn drop_copies(&mut self) {
        let mut groups: HashMap<u64, Vec<usize>> = HashMap::new();
        for (at, seen) in self.seen.iter().enumerate().filter(|&(at, _)| self.selected[at]) {
            groups.entry(agreement::key(&seen.words)).or_default().push(at);
        }
        #[expect(clippy::iter_over_hash_type, reason = "each group is settled for itself")]
        for (key, mut group) in groups {
            let kept = self.lines.get(&key).map_or(1, |&count| count as usize);
            let rank = |&at: &usize| {
                let seen = &self.seen[at];
                let own = if seen.prose { seen.words.len() } else { 0 };
                let beside =
                    self.holders.get(&seen.block.holder).map_or(0, |words| words.saturating_sub(own));
                (std::cmp::Reverse(beside), at)
            };
            group.sort_by_key(rank);
            for &at in group.iter().skip(kept) {
                self.selected[at] = false;
            }
        }
    }

    /// Puts back the standfirst: what the page calls its lead or repeats as its description, shortly
    /// before the first paragraph.
    fn add_standfirst(&mut self, evidence: &Evidence<'_>) {
        let Some((first, _)) = self.bounds() else { return };
        let descriptions: Vec<Vec<u64>> = evidence
            .descriptions
            .iter()
            .map(|text| words(text).hashes)
            .filter(|words| words.len() >= 6)
            .collect();
        let selected: HashSet<u64> = (0..self.seen.len())
            .filter(|&at| self.selected[at])
            .map(|at| agreement::key(&self.seen[at].words))
            .collect();
        let headline = (0..first).rev().find(|&at| self.seen[at].block.mark == Mark::Headline);
        let is_standfirst = |&at: &usize| {
            let seen = &self.seen[at];
            let linked = seen.block.link_bytes * 2 > seen.block.text.len();
            let described = descriptions.iter().any(|words| {
                let start = words.len().min(10);
                seen.words.get(..start).is_some_and(|begin| begin == &words[..start])
            });
            let lead =
                seen.block.hint == Hint::Lead && seen.count >= 8 && headline.is_some_and(|line| at > line);
            seen.count >= 6
                && !linked
                && seen.block.mark != Mark::Headline
                && !selected.contains(&agreement::key(&seen.words))
                && (described || lead)
        };
        if let Some(at) = (first.saturating_sub(STANDFIRST_BLOCKS_MAX)..first).rev().find(is_standfirst) {
            self.selected[at] = true;
        }
    }

    /// Drops the headline before the article: it is the title.
    fn drop_headline(&mut self, evidence: &Evidence<'_>) {
        let Some((first, _)) = self.bounds() else { return };
        let title: HashSet<u64> = words(evidence.title.unwrap_or("")).hashes.into_iter().collect();
        for (seen, selected) in self.seen.iter().zip(&mut self.selected).take(first) {
            let in_title = seen.words.iter().filter(|word| title.contains(word)).count();
            if seen.block.mark == Mark::Headline && in_title * 10 >= seen.words.len() * 6 {
                *selected = false;
            }
        }
    }
}

fn see<'b>(block: &'b Block, first: &Witness, second: &Witness) -> Seen<'b> {
    let hashes = words(&block.text).hashes;
    let count = lines::count_words(&block.text);
    let ends = lines::ending(&block.text) != Ending::Open;
    let linked = block.link_bytes * 2 > block.text.len();
    Seen {
        block,
        count,
        ends,
        prose: count >= PROSE_WORDS_MIN && ends && !linked,
        first: first.holds(&hashes),
        second: second.holds(&hashes),
        words: hashes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::outline::outline;

    const ONE: &str =
        "The harbour master said on Monday that the ferry would not sail before the storm had passed.";
    const TWO: &str =
        "Crews worked through the night to make the long pier safe for the first boats of the morning.";
    const THREE: &str =
        "Traders in the old town said they had lost a week of business to the closure of the harbour.";

    fn check(html: &str, first: &[&str], second: &[&str], expect: Option<&[&str]>) {
        let blocks = outline(html).blocks;
        let (first, second) = (first.join("\n"), second.join("\n"));
        let evidence = Evidence {
            first: &first,
            second: &second,
            body: None,
            descriptions: &["Ferries stay in port as a storm closes the harbour for a week".to_owned()],
            title: Some("Storm closes harbour"),
        };
        let found = select(&blocks, &evidence);
        let found: Option<Vec<&str>> =
            found.map(|blocks| blocks.iter().map(|block| block.text.as_str()).collect());
        assert_eq!(found.as_deref(), expect);
    }

    #[test]
    fn headline_goes_and_standfirst_comes_back() {
        let html = format!(
            "<h1>Storm closes harbour</h1><h2>Ferries stay in port as a storm closes the harbour for a week, \
             says Ann Porter</h2><p>{ONE}</p><p>{TWO}</p>"
        );
        check(
            &html,
            &["Storm closes harbour", ONE, TWO],
            &[ONE, TWO],
            Some(&[
                "Ferries stay in port as a storm closes the harbour for a week, says Ann Porter",
                ONE,
                TWO,
            ]),
        );
    }

    #[test]
    fn links_and_copies_go() {
        let html = format!(
            "<div><p>{ONE}</p><p><a href=x>Who pays for the broken pier in the harbour</a></p><p>{TWO}</p></div>\
             <div><p>{ONE}</p></div>"
        );
        let found = [ONE, "Who pays for the broken pier in the harbour", TWO];
        check(&html, &found, &found, Some(&[ONE, TWO]));
    }

    #[test]
    fn an_engine_that_missed_most_is_not_followed() {
        let html = format!("<div><p>{ONE}</p><p>{TWO}</p><p>{THREE}</p></div>");
        check(&html, &[ONE], &[ONE, TWO, THREE], Some(&[ONE, TWO, THREE]));
        check(&html, &["What is not on the page at all is no article of it"], &[], None);
    }
}
