//! What many documents prove together: the titles there are, and the short lines that a host repeats
//! at the ends of different stories.
//!
//! What proves a line is the number of stories (see `reuse`), not of documents: a reprint under a second
//! address proves nothing. A line that is a whole sentence may be narration that recurs ("No one was hurt."), so a good
//! part of the host's documents must have it. The result does not depend on the order of observing and merging, even at the memory bound: when a
//! table is full the largest keys go, and a key that went never comes back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use unecho_model::{Article, Document, FlagKind};
use unecho_text::words;
use url::Url;

use crate::lines::{self, Ending, Line};
use crate::reuse::Reuse;

/// Entries of each table, at most; about 64 bytes each.
const ENTRIES_MAX: usize = 2_000_000;
/// So many different stories with the same line under one host prove that it is no part of them.
pub(crate) const STORIES_MIN: usize = 3;
/// A sentence must stand in at least this share of the host's documents, in percent.
const SENTENCE_DOCUMENTS_PERCENT_MIN: u64 = 10;
/// Lines of so many words may be boilerplate of a host.
const LINE_WORDS: std::ops::RangeInclusive<u32> = 1..=24;
/// Fewest words of a title that a bare line can be compared with.
const TITLE_WORDS_MIN: usize = 4;
/// Lines looked at from each end of a text, at most.
const END_LINES_MAX: usize = 12;

/// Titles and repeated lines of the documents observed. Bounded in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Knowledge {
    /// Which documents tell one story; known before anything is counted. It is stored apart.
    #[serde(skip)]
    reuse: Arc<Reuse>,
    /// Folded title to the stories that bear it.
    titles: BTreeMap<u64, Stories>,
    /// Host and folded line to the stories that have it.
    host_lines: BTreeMap<u64, Stories>,
    /// Host to the number of its documents.
    hosts: BTreeMap<u64, u32>,
}

/// The smallest keys of the stories seen, enough to tell three from two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Stories {
    keys: [u64; STORIES_MIN],
    count: u8,
    /// Documents, reprints included.
    documents: u32,
}

impl Stories {
    fn seen(&self) -> &[u64] {
        &self.keys[..usize::from(self.count)]
    }

    fn add(&mut self, story: u64) {
        let known = usize::from(self.count);
        let place = self.keys[..known].partition_point(|&key| key < story);
        if self.keys[..known].get(place) == Some(&story) || place == STORIES_MIN {
            return;
        }
        self.keys[place..].rotate_right(1);
        self.keys[place] = story;
        self.count = (self.count + 1).min(3);
    }
}

impl Knowledge {
    /// Nothing yet, to be counted over the stories of `reuse`.
    #[must_use]
    pub fn over(reuse: Arc<Reuse>) -> Self {
        Self { reuse, ..Self::default() }
    }

    /// The same, counted over the stories of `reuse`: for what was stored, which it left out.
    #[must_use]
    pub fn with_reuse(self, reuse: Arc<Reuse>) -> Self {
        Self { reuse, ..self }
    }

    /// Whether what other documents prove may change this one.
    #[must_use]
    pub fn may_concern(document: &Document) -> bool {
        let article = &document.article;
        host_of(article).is_some()
            || article.flags.iter().any(|flag| flag.kind == FlagKind::SuspectedHeadline)
    }

    /// Takes in what `document` proves.
    pub fn observe(&mut self, document: &Document) {
        let article = &document.article;
        let story = self.reuse.story_of(article);
        for key in article.title.iter().flat_map(|title| title_keys(title)) {
            add(&mut self.titles, key, story, 1);
        }
        if let Some(host) = host_of(article).map(|host| host_key(&host)) {
            let keys: BTreeSet<u64> = observable_lines(article).map(|line| line_key(host, line)).collect();
            for key in keys {
                add(&mut self.host_lines, key, story, 1);
            }
            count(&mut self.hosts, host, 1);
        }
    }

    /// Takes in what another part of the documents proved.
    pub fn merge(&mut self, other: Self) {
        merge_table(&mut self.titles, other.titles);
        merge_table(&mut self.host_lines, other.host_lines);
        for (host, documents) in other.hosts {
            count(&mut self.hosts, host, documents);
        }
    }

    /// What is known beyond the document of `article`.
    pub(crate) fn seen_from(&self, article: &Article) -> Viewpoint<'_> {
        Viewpoint {
            knowledge: self,
            story: self.reuse.story_of(article),
            titles: article.title.iter().flat_map(|title| title_keys(title)).collect(),
            host: host_of(article),
        }
    }
}

/// The knowledge as it concerns one document.
pub(crate) struct Viewpoint<'k> {
    knowledge: &'k Knowledge,
    story: u64,
    titles: Vec<u64>,
    host: Option<String>,
}

impl Viewpoint<'_> {
    /// Whether `line` is the title of another story.
    pub(crate) fn is_title_of_another(&self, line: &str) -> bool {
        title_keys(line).filter(|key| !self.titles.contains(key)).any(|key| {
            let stories = self.knowledge.titles.get(&key);
            stories.is_some_and(|stories| stories.seen().iter().any(|&story| story != self.story))
        })
    }

    /// The proof that `line` is its host's and no part of the story: the host has it in several stories.
    pub(crate) fn proof_of_host(&self, line: &str) -> Option<String> {
        let host = self.host.as_deref()?;
        let key = host_key(host);
        let stories = self.knowledge.host_lines.get(&line_key(key, line))?;
        if stories.seen().len() < STORIES_MIN {
            return None;
        }
        let (with, all) = (u64::from(stories.documents), self.knowledge.hosts.get(&key).copied());
        let is_common = with * 100 >= u64::from(all.unwrap_or(0)) * SENTENCE_DOCUMENTS_PERCENT_MIN;
        if lines::ending(line) == Ending::Sentence && !is_common {
            return None;
        }
        Some(format!("repeated in {STORIES_MIN} stories or more ({with} documents) of {host}"))
    }
}

fn count(table: &mut BTreeMap<u64, u32>, key: u64, documents: u32) {
    if let Some(known) = slot(table, key, ENTRIES_MAX, 0) {
        *known = known.saturating_add(documents);
    }
}

fn add(table: &mut BTreeMap<u64, Stories>, key: u64, story: u64, documents: u32) {
    if let Some(stories) = slot(table, key, ENTRIES_MAX, Stories::default()) {
        stories.add(story);
        stories.documents = stories.documents.saturating_add(documents);
    }
}

/// The entry of `key`, `new` when there was none; `None` when the table is full of smaller keys.
pub(crate) fn slot<V>(table: &mut BTreeMap<u64, V>, key: u64, entries_max: usize, new: V) -> Option<&mut V> {
    if table.len() >= entries_max && !table.contains_key(&key) {
        if table.last_key_value().is_some_and(|(&last, _)| last < key) {
            return None;
        }
        table.pop_last();
    }
    Some(table.entry(key).or_insert(new))
}

fn merge_table(table: &mut BTreeMap<u64, Stories>, other: BTreeMap<u64, Stories>) {
    for (key, stories) in other {
        if let Some(known) = slot(table, key, ENTRIES_MAX, Stories::default()) {
            for &story in stories.seen() {
                known.add(story);
            }
            known.documents = known.documents.saturating_add(stories.documents);
        }
    }
}

/// What tells one paragraph from another.
pub(crate) fn prose_hash(line: &str) -> u64 {
    fold_hash(line, Digits::Kept, 0)
}

/// Whether the article has lines that may be its host's.
pub(crate) fn may_teach(article: &Article) -> bool {
    host_of(article).is_some() && observable_lines(article).next().is_some()
}

/// The keys of a title: as a set of words, with and without " | Site" and " - Site" at its end.
fn title_keys(title: &str) -> impl Iterator<Item = u64> {
    let bare = [" | ", " - ", " – ", " — ", " :: "]
        .iter()
        .filter_map(|separator| title.rfind(separator))
        .max()
        .map(|at| &title[..at]);
    let key = |part: &str| {
        let mut hashes = words(part).hashes;
        hashes.sort_unstable();
        hashes.dedup();
        (hashes.len() >= TITLE_WORDS_MIN).then(|| mix(&hashes, 0))
    };
    let keys = [key(title), bare.and_then(key)];
    keys.into_iter().flatten()
}

/// The host that an article stands on: of its address, else its source.
fn host_of(article: &Article) -> Option<String> {
    let host = article.url.as_deref().and_then(|url| {
        let host = Url::parse(url).ok()?.host_str()?.to_owned();
        Some(host.strip_prefix("www.").unwrap_or(&host).to_owned())
    });
    host.or_else(|| article.source.clone())
}

fn host_key(host: &str) -> u64 {
    fold_hash(host, Digits::Kept, 1)
}

/// The short lines of the article that may be its host's: those near the ends, and suspected
/// headlines.
fn observable_lines(article: &Article) -> impl Iterator<Item = &str> {
    let flagged = article.flags.iter().filter(|flag| flag.kind == FlagKind::SuspectedHeadline);
    end_lines(&article.text)
        .into_iter()
        .map(|(_, line)| line.text(&article.text))
        .chain(flagged.map(|flag| flag.text.as_str()))
}

/// The short lines before the first and after the last line of prose, with their numbers.
pub(crate) fn end_lines(text: &str) -> Vec<(usize, Line)> {
    let lines = lines::lines_of(text);
    let first = lines.iter().position(|line| line.is_prose(text)).unwrap_or(0);
    let last = lines.iter().rposition(|line| line.is_prose(text)).unwrap_or(lines.len());
    let is_end = |at: usize| at < first.min(END_LINES_MAX) || at > last && at + END_LINES_MAX >= lines.len();
    let numbered = lines.iter().copied().enumerate();
    numbered.filter(|&(at, line)| is_end(at) && is_observable(text, line)).collect()
}

/// Whether a line is short, no quotation, and no remnant of the narration: a number, the end of a
/// sentence, words that introduce something.
fn is_observable(text: &str, line: Line) -> bool {
    let part = line.text(text);
    let is_number = part.contains(|c: char| c.is_ascii_digit()) && !part.contains(char::is_alphabetic);
    let is_remnant = match line.ending {
        Ending::Sentence => line.words < 3,
        Ending::Colon => line.words >= 6,
        Ending::Open => false,
    };
    LINE_WORDS.contains(&line.words)
        && !part.starts_with(['"', '“', '„', '«', '‘', '「'])
        && !is_number
        && !is_remnant
        && !line.is_prose(text)
}

fn line_key(host: u64, line: &str) -> u64 {
    fold_hash(line, Digits::AsZero, host)
}

/// Whether digits count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Digits {
    Kept,
    AsZero,
}

/// A hash of the folded words of `line`; lines without words are told apart by their characters.
fn fold_hash(line: &str, digits: Digits, seed: u64) -> u64 {
    let zeroed: String;
    let line = if digits == Digits::AsZero && line.bytes().any(|b| b.is_ascii_digit()) {
        zeroed = line.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        &zeroed
    } else {
        line
    };
    let hashes = words(line).hashes;
    if hashes.is_empty() {
        let characters: Vec<u64> = line.chars().map(|c| u64::from(u32::from(c))).collect();
        return mix(&characters, seed);
    }
    mix(&hashes, seed)
}

/// One hash of many. Not persisted.
pub(crate) fn mix(hashes: &[u64], seed: u64) -> u64 {
    hashes.iter().fold(seed ^ 0x9e37_79b9_7f4a_7c15, |mixed, &hash| {
        let mixed = (mixed ^ hash).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed ^ (mixed >> 32)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unecho_model::Origin;

    fn document(title: &str, text: &str) -> Document {
        let article = Article {
            title: Some(title.to_owned()),
            text: text.to_owned(),
            url: Some("https://www.gazette.example/1".to_owned()),
            ..Article::default()
        };
        let origin = Origin { path: "x".to_owned(), line: None };
        Document { id: "x".parse().unwrap(), origin, article, metadata: serde_json::Map::new() }
    }

    fn prose(n: usize) -> String {
        format!(
            "The harbour master said on day {n} of the strike that no ferry would leave before the evening."
        )
    }

    fn knowledge(documents: &[Document]) -> Knowledge {
        let mut knowledge = Knowledge::default();
        for document in documents {
            knowledge.observe(document);
        }
        knowledge
    }

    #[test]
    fn three_stories_prove_a_line_two_do_not() {
        let line = "Gazette harbour desk";
        let story = |n: usize| document("", &format!("{}\n{line}", prose(n)));
        let two = knowledge(&[story(1), story(2), story(2)]);
        assert_eq!(two.seen_from(&story(1).article).proof_of_host(line), None);
        let three = knowledge(&[story(1), story(2), story(3)]);
        assert_eq!(
            three.seen_from(&story(1).article).proof_of_host(line).as_deref(),
            Some("repeated in 3 stories or more (3 documents) of gazette.example")
        );
        assert_eq!(three.seen_from(&story(1).article).proof_of_host("Another line"), None);
    }

    #[test]
    fn reprints_cut_short_prove_nothing() {
        let line = "Gazette harbour desk";
        let reprint = |paragraphs: usize| {
            let paragraphs: Vec<String> = (1..=paragraphs).map(prose).collect();
            document("", &format!("{}\n{line}", paragraphs.join("\n")))
        };
        let reprints = [5, 6, 7, 8].map(reprint);
        let mut reuse = Reuse::default();
        reprints.iter().for_each(|document| reuse.observe(document));
        let mut known = Knowledge::over(Arc::new(reuse));
        reprints.iter().for_each(|document| known.observe(document));
        assert_eq!(known.seen_from(&reprints[0].article).proof_of_host(line), None);
    }

    #[test]
    fn a_sentence_that_few_stories_have_may_be_narration() {
        let sentence = "No one was hurt.";
        let told = |n: usize| document("", &format!("{}\n{sentence}", prose(n)));
        let others = (10..50).map(|n| document("", &prose(n)));
        let all: Vec<Document> = (1..=3).map(told).chain(others).collect();
        assert_eq!(knowledge(&all).seen_from(&all[0].article).proof_of_host(sentence), None);
        assert!(knowledge(&all[..9]).seen_from(&all[0].article).proof_of_host(sentence).is_some());
    }

    #[test]
    fn titles_of_others_are_known_in_any_order_of_words() {
        let other = document("Storm closes northern port - The Gazette", &prose(1));
        let own = document("Ferry strike enters second week", &prose(2));
        let known = knowledge(&[other, own.clone()]);
        let known = known.seen_from(&own.article);
        assert!(known.is_title_of_another("Northern port: storm closes"));
        assert!(!known.is_title_of_another("Ferry strike enters second week"));
        assert!(!known.is_title_of_another("Storm closes"));
    }

    proptest! {
        #[test]
        fn order_and_partition_do_not_matter(numbers in prop::collection::vec(0_usize..6, 0..12), split in 0_usize..12) {
            let documents: Vec<Document> = numbers.iter().map(|&n| {
                document(&format!("Title of the story number {n}"), &format!("{}\nShared end {}", prose(n), n % 2))
            }).collect();
            let whole = knowledge(&documents);
            let mut reversed = documents.clone();
            reversed.reverse();
            prop_assert_eq!(&knowledge(&reversed), &whole);
            let (left, right) = documents.split_at(split.min(documents.len()));
            let mut merged = knowledge(right);
            merged.merge(knowledge(left));
            prop_assert_eq!(merged, whole);
        }
    }
}
