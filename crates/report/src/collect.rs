//! What a page shows of a run, collected from its records with bounds on everything.
//!
//! Records come in passes: kept documents with copies, then dropped and rejected ones, then the ledger,
//! then the texts of near misses. What a bound leaves out is counted, and the page says so.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use unecho_model::record::{
    CopyRecord, DocumentRecord, DroppedRecord, EarlierRecord, LinkRecord, RejectedRecord, StrippedRecord,
};
use unecho_model::{Action, DocId, Summary};

use crate::copies::Copies;
use crate::pace::Pace;

/// Bounds on what a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Stories with their texts.
    pub stories_max: usize,
    /// Copies of one story with their texts.
    pub copies_max: usize,
    /// Rows in the list of all dropped documents.
    pub drops_max: usize,
    /// Near misses, the most probable first.
    pub near_misses_max: usize,
    /// Rows in the list of what was rejected.
    pub rejected_max: usize,
    /// Samples of what one rule cut.
    pub samples_max: usize,
    /// Sources in the table of who copies whom.
    pub sources_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            stories_max: 100,
            copies_max: 5,
            drops_max: 100_000,
            near_misses_max: 100,
            rejected_max: 1000,
            samples_max: 12,
            sources_max: 14,
        }
    }
}

/// A kept document with copies of it.
#[derive(Debug, Clone)]
pub struct Story {
    pub(crate) kept: DocumentRecord,
    /// All of its copies, by what is told of each.
    pub(crate) copies: Copies,
    /// The copies whose texts are shown.
    pub(crate) shown: Vec<DroppedRecord>,
}

/// What a story is called, and how often it was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryHead {
    /// The kept document.
    pub id: DocId,
    /// Its title, or the beginning of its text, at most 90 characters.
    pub title: String,
    /// Its publisher.
    pub source: Option<String>,
    /// Number of documents dropped for it.
    pub copies: usize,
}

/// A dropped document in the list of all.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DropRow {
    pub(crate) id: DocId,
    pub(crate) kept_id: DocId,
    pub(crate) kind: &'static str,
    pub(crate) probability: f64,
    pub(crate) source: Option<String>,
    pub(crate) title: String,
    /// Where its text is on the page: the story and the copy of it.
    pub(crate) shown_at: Option<(usize, usize)>,
}

/// What a rule cut from one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) id: DocId,
    pub(crate) text: String,
}

/// How the judged pairs are spread over the probabilities.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Histogram {
    /// Linked pairs, in bins of equal width from 0 to 1.
    pub(crate) linked: [u64; Histogram::BINS],
    /// Near misses, likewise.
    pub(crate) missed: [u64; Histogram::BINS],
}

impl Histogram {
    pub(crate) const BINS: usize = 25;

    fn bin(probability: f64) -> usize {
        // In range by the clamp; the cast drops the fraction, which is what a bin is.
        ((probability.clamp(0.0, 1.0) * Self::BINS as f64) as usize).min(Self::BINS - 1)
    }
}

/// Everything that a page shows.
#[derive(Debug, Clone)]
pub struct Report {
    pub(crate) summary: Summary,
    pub(crate) limits: Limits,
    /// Probabilities from which documents are linked, from which they are dropped.
    pub(crate) thresholds: (f64, f64),
    pub(crate) stories: Vec<Story>,
    pub(crate) drops: Vec<DropRow>,
    pub(crate) near_misses: Vec<LinkRecord>,
    /// What near misses are about, by id and the earlier run (empty for this one).
    texts: BTreeMap<DocId, BTreeMap<String, Option<DocumentRecord>>>,
    pub(crate) rejected: Vec<RejectedRecord>,
    pub(crate) samples: BTreeMap<String, Vec<Sample>>,
    /// How long the run took, where that is known.
    pub(crate) pace: Option<Pace>,
    /// Number of documents of the first source that were dropped for one of the second.
    pub(crate) echoes: BTreeMap<(String, String), u64>,
    pub(crate) histogram: Histogram,
    /// Sources of kept documents with copies.
    sources: BTreeMap<DocId, String>,
    /// Sources of documents of earlier runs, by run and id.
    earlier_sources: BTreeMap<(String, DocId), String>,
    places: BTreeMap<DocId, usize>,
}

/// What a document without a source is listed under.
pub(crate) const NO_SOURCE: &str = "(no source)";

impl Report {
    /// Begins a report of a run with this summary and these thresholds, `likely` and `sure`.
    #[must_use]
    pub fn new(summary: Summary, likely: f64, sure: f64, limits: Limits) -> Self {
        Self {
            summary,
            limits,
            thresholds: (likely, sure),
            stories: Vec::new(),
            drops: Vec::new(),
            near_misses: Vec::new(),
            texts: BTreeMap::new(),
            rejected: Vec::new(),
            samples: BTreeMap::new(),
            pace: None,
            echoes: BTreeMap::new(),
            histogram: Histogram::default(),
            sources: BTreeMap::new(),
            earlier_sources: BTreeMap::new(),
            places: BTreeMap::new(),
        }
    }

    /// First pass: a kept document with its copies, in canonical order. Only those with copies matter.
    ///
    /// # Errors
    /// The first of `copies`.
    pub fn kept<E>(
        &mut self,
        document: DocumentRecord,
        copies: impl IntoIterator<Item = Result<CopyRecord, E>>,
    ) -> Result<(), E> {
        let copies = copies.into_iter().collect::<Result<Copies, E>>()?;
        if copies.count() == 0 {
            return Ok(());
        }
        self.sources.insert(document.id.clone(), source(&document));
        self.stories.push(Story { kept: document, copies, shown: Vec::new() });
        if self.stories.len() >= 2 * self.limits.stories_max.max(1) {
            self.keep_largest();
        }
        Ok(())
    }

    fn keep_largest(&mut self) {
        // Sorting is stable: of equals the earlier stays.
        self.stories.sort_by_key(|story| Reverse(story.copies.count()));
        self.stories.truncate(self.limits.stories_max);
    }

    /// Ends the first pass.
    fn settle(&mut self) {
        self.keep_largest();
        let ids = self.stories.iter().map(|story| story.kept.id.clone());
        self.places = ids.zip(0..).collect();
    }

    /// First pass: a document of an earlier run.
    pub fn earlier(&mut self, record: &EarlierRecord) {
        let document = &record.document;
        self.earlier_sources.insert((record.run.clone(), document.id.clone()), source(document));
    }

    /// Second pass: a dropped document, in canonical order.
    pub fn dropped(&mut self, record: DroppedRecord) {
        if self.places.is_empty() {
            self.settle();
        }
        let keeper = match &record.kept_run {
            None => self.sources.get(&record.kept_id),
            Some(run) => self.earlier_sources.get(&(run.clone(), record.kept_id.clone())),
        };
        let keeper = keeper.cloned().unwrap_or_else(|| NO_SOURCE.to_owned());
        *self.echoes.entry((source(&record.document), keeper)).or_default() += 1;
        let own = self.places.get(&record.kept_id).filter(|_| record.kept_run.is_none());
        let shown_at = own.map(|&story| (story, self.stories[story].shown.len()));
        let shown_at = shown_at.filter(|&(_, copy)| copy < self.limits.copies_max);
        if self.drops.len() < self.limits.drops_max {
            self.drops.push(DropRow {
                id: record.document.id.clone(),
                kept_id: record.kept_id.clone(),
                kind: record.kind.name(),
                probability: record.scores.probability,
                source: record.document.source.clone(),
                title: heading(&record.document),
                shown_at,
            });
        }
        if let Some((story, _)) = shown_at {
            self.stories[story].shown.push(record);
        }
    }

    /// Second pass: something that was not taken in.
    pub fn rejected(&mut self, record: RejectedRecord) {
        if self.rejected.len() < self.limits.rejected_max {
            self.rejected.push(record);
        }
    }

    /// Third pass: a linked pair, by its probability.
    pub fn linked(&mut self, probability: f64) {
        self.histogram.linked[Histogram::bin(probability)] += 1;
    }

    /// Third pass: a near miss.
    pub fn missed(&mut self, record: LinkRecord) {
        self.histogram.missed[Histogram::bin(record.scores.probability)] += 1;
        self.near_misses.push(record);
        if self.near_misses.len() >= 2 * self.limits.near_misses_max.max(1) {
            self.keep_nearest();
        }
    }

    fn keep_nearest(&mut self) {
        self.near_misses.sort_by(|a, b| b.scores.probability.total_cmp(&a.scores.probability));
        self.near_misses.truncate(self.limits.near_misses_max);
    }

    /// Third pass: what a rule cut. Repaired lines are no cuts.
    pub fn cut(&mut self, record: &StrippedRecord) {
        let (rule, text) = (&record.cut.rule, record.cut.text.trim());
        if record.cut.action != Action::Removed || text.is_empty() {
            return;
        }
        if !self.samples.contains_key(rule) {
            self.samples.insert(rule.clone(), Vec::new());
        }
        let Some(samples) = self.samples.get_mut(rule) else { return };
        if samples.len() < self.limits.samples_max {
            let text = shortened(text, SAMPLE_CHARS_MAX);
            if samples.iter().all(|sample| sample.text != text) {
                samples.push(Sample { id: record.id.clone(), text });
            }
        }
    }

    /// Ends the third pass: from now on it is known which texts are wanted.
    pub fn choose_texts(&mut self) {
        self.keep_nearest();
        for miss in &self.near_misses {
            self.texts
                .entry(miss.a.clone())
                .or_default()
                .insert(miss.a_run.clone().unwrap_or_default(), None);
            self.texts.entry(miss.b.clone()).or_default().insert(String::new(), None);
        }
    }

    /// Whether a document (of this run, or of an earlier one) is wanted in the fourth pass.
    #[must_use]
    pub fn wants(&self, run: Option<&str>, id: &DocId) -> bool {
        self.texts.get(id).is_some_and(|runs| runs.contains_key(run.unwrap_or_default()))
    }

    /// The text of a document that a near miss is about, where it was found.
    pub(crate) fn text_of(&self, run: Option<&str>, id: &DocId) -> Option<&DocumentRecord> {
        self.texts.get(id)?.get(run.unwrap_or_default())?.as_ref()
    }

    /// Fourth pass: a document that is wanted; any other is left aside.
    pub fn text(&mut self, run: Option<&str>, document: DocumentRecord) {
        let slot = self.texts.get_mut(&document.id).and_then(|runs| runs.get_mut(run.unwrap_or_default()));
        if let Some(slot) = slot {
            *slot = Some(document);
        }
    }

    /// How long the run took and what memory it had. A page about it is not the same for two runs.
    #[must_use]
    pub fn with_pace(mut self, pace: Pace) -> Self {
        self.pace = Some(pace);
        self
    }

    /// The stories with most copies, at most `count_max`, most first. For after the first pass.
    #[must_use]
    pub fn largest(&mut self, count_max: usize) -> Vec<StoryHead> {
        self.keep_largest();
        let head = |story: &Story| StoryHead {
            id: story.kept.id.clone(),
            title: heading(&story.kept),
            source: story.kept.source.clone(),
            copies: story.copies.count(),
        };
        self.stories.iter().take(count_max).map(head).collect()
    }

    /// Ends the passes and makes the page.
    #[must_use]
    pub fn render(mut self) -> String {
        self.keep_largest();
        self.keep_nearest();
        crate::page::render(&self)
    }

    /// The sources that copy or are copied most: those who copy, those who are copied, most first.
    pub(crate) fn busiest<'a>(&'a self) -> (Vec<&'a str>, Vec<&'a str>) {
        let (mut copying, mut copied) = (BTreeMap::new(), BTreeMap::new());
        for ((from, to), count) in self.echoes.iter().filter(|((from, to), _)| from != to) {
            *copying.entry(from.as_str()).or_default() += count;
            *copied.entry(to.as_str()).or_default() += count;
        }
        let top = |counts: BTreeMap<&'a str, u64>| -> Vec<&'a str> {
            let mut names: Vec<(&str, u64)> = counts.into_iter().collect();
            names.sort_by_key(|&(name, count)| (Reverse(count), name));
            names.truncate(self.limits.sources_max);
            names.into_iter().map(|(name, _)| name).collect()
        };
        (top(copying), top(copied))
    }
}

/// Longest sample of a cut, in characters.
const SAMPLE_CHARS_MAX: usize = 240;
/// Longest heading, in characters.
const HEADING_CHARS_MAX: usize = 90;

fn source(document: &DocumentRecord) -> String {
    document.source.clone().unwrap_or_else(|| NO_SOURCE.to_owned())
}

/// What a document is called: its title or the beginning of its text.
pub(crate) fn heading(document: &DocumentRecord) -> String {
    let line = document.title.as_deref().or_else(|| document.text.lines().next()).unwrap_or_default();
    shortened(line, HEADING_CHARS_MAX)
}

fn shortened(text: &str, chars_max: usize) -> String {
    let mut short: String = text.chars().take(chars_max).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
