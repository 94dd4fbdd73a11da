//! What is written of a run for later ones.

mod counted;

use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use unecho_candidates::BitSketch;
use unecho_fingerprint::{ShingleWidth, shingles};
use unecho_model::{Decision, Digest, DocIndex, Document};
use unecho_store::{Entry, SegmentEntry, SegmentWriter, Serial, Writer};
use unecho_text::words_outside;
use unecho_verify::statistic_keys;

use super::recall::{content_keys, list_max};
use super::remembered::{Facts, Fate, Remembered};
use super::{digest_key, section, statistics_key};
use crate::ingest::Corpus;
use crate::matching::{Matched, Sought, day_number};
use crate::output::document_record;
use crate::spread::{Remembering, Spread};
use crate::{Config, Error};
use counted::{Before, Counted};

/// Documents of a segment as it is first written: what bounds the memory of it. Tests of this crate write several.
pub(crate) const SEGMENT_DOCUMENTS_MAX: usize = if cfg!(test) { 16 } else { 32 << 10 };
/// Documents that are looked at together.
const CHUNK: usize = 1024;

/// Writes the segments of a run whose first document has the number `first`. Where texts are elsewhere, `spread` has
/// them looked at.
pub(super) fn segments(
    writer: &mut Writer,
    first: Serial,
    corpus: &Corpus,
    matched: &Matched,
    config: &Config,
    spread: Option<&Spread<'_>>,
) -> Result<Vec<SegmentEntry>, Error> {
    let own = corpus.documents.own();
    let mut counted = match spread {
        Some(_) => Counted::keeping_all(matched, own),
        None => Counted::of(matched, own),
    };
    let known = Known { corpus, matched, config, first, own };
    let told = |doc| known.told(doc, &counted);
    let mut elsewhere = spread.map(|spread| spread.remember(own, &matched.sizes, told)).transpose()?;
    let mut segments = Vec::new();
    for start in (0..own).step_by(SEGMENT_DOCUMENTS_MAX) {
        let mut segment = writer.segment(Serial(first.0 + start as u64))?;
        let docs = start..own.min(start + SEGMENT_DOCUMENTS_MAX);
        known.write(docs, &mut counted, elsewhere.as_mut(), &mut segment)?;
        segments.push(segment.finish()?);
    }
    Ok(segments)
}

impl Row {
    /// What is written of a document, with what others of its group count for it.
    fn of(taken: Taken, doc: DocIndex, before: &Before) -> Self {
        let Taken { json, facts, digest, bands, keys } = taken;
        let mut row = Self { json, facts, digest, bands, ..Self::default() };
        row.count(keys, doc, before);
        row
    }

    /// Takes in the keys of the document, less what others of its group count.
    fn count(&mut self, keys: Keys, doc: DocIndex, before: &Before) {
        let of_others = before.of(doc, |keys| &keys.content);
        let content = keys.content.into_iter();
        self.content = content.map(|key| (key, of_others.binary_search(&key).is_ok())).collect();
        let of_others = before.of(doc, |keys| &keys.statistics);
        let is_new = |key: &u64| of_others.binary_search(key).is_err();
        self.statistics = keys.statistics.into_iter().filter(is_new).collect();
    }
}

struct Known<'a> {
    corpus: &'a Corpus,
    matched: &'a Matched,
    config: &'a Config,
    first: Serial,
    own: usize,
}

/// What is known of a document besides itself when it is written.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Told {
    digest: Digest,
    /// What all its pairs of content words weigh.
    weight: u32,
    fate: Fate,
    is_copy: bool,
    stands: bool,
    counts_alone: bool,
}

/// What one look at a document gives to be written of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Taken {
    json: String,
    facts: Facts,
    digest: Option<u64>,
    bands: Vec<u64>,
    keys: Keys,
}

/// Keys of one document, ascending, each once.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Keys {
    content: Vec<u64>,
    statistics: Vec<u64>,
}

impl Keys {
    fn len(&self) -> usize {
        self.content.len() + self.statistics.len()
    }

    /// Adds those that are not there.
    fn add(&mut self, others: &Self) {
        for (own, others) in
            [(&mut self.content, &others.content), (&mut self.statistics, &others.statistics)]
        {
            let new: Vec<u64> =
                others.iter().copied().filter(|key| own.binary_search(key).is_err()).collect();
            own.extend(new);
            own.sort();
        }
    }
}

/// What is written of one document.
#[derive(Default)]
struct Row {
    json: String,
    facts: Facts,
    digest: Option<u64>,
    bands: Vec<u64>,
    /// Keys, and whether another of its group counts for them.
    content: Vec<(u64, bool)>,
    statistics: Vec<u64>,
}

impl Known<'_> {
    fn write(
        &self,
        docs: Range<usize>,
        counted: &mut Counted<'_>,
        mut elsewhere: Option<&mut Remembering<'_>>,
        segment: &mut SegmentWriter,
    ) -> Result<(), Error> {
        let mut digests: Vec<Entry> = Vec::new();
        let (mut bands, mut content) = (Vec::new(), Vec::new());
        let mut statistics: Vec<u64> = Vec::new();
        for start in docs.clone().step_by(CHUNK) {
            let chunk: Vec<DocIndex> = (start..docs.end.min(start + CHUNK)).map(DocIndex::of).collect();
            let documents = &self.corpus.documents;
            let keys_of = |document: &Document| Keys::of(document, self.config);
            let before = counted.before(&chunk, documents, keys_of)?;
            let taken: Vec<Taken> = match &mut elsewhere {
                Some(elsewhere) => elsewhere.next(chunk.len())?,
                None => {
                    let look = |doc, document| take(document, &self.told(doc, counted), self.config);
                    documents.map(&chunk, look)?
                }
            };
            let rows = taken.into_par_iter().zip(&chunk).map(|(taken, &doc)| Row::of(taken, doc, &before));
            let rows: Vec<Row> = rows.collect();
            for (mut row, &doc) in rows.into_iter().zip(&chunk) {
                counted.next(doc, &mut row);
                let place = segment.documents() as u32;
                let entry = |key: u64, marked: bool| Entry { key, value: place * 2 + u32::from(marked) };
                segment.push(row.json.as_bytes(), row.facts.to_column())?;
                digests.extend(row.digest.map(|key| entry(key, false)));
                bands.extend(row.bands.iter().map(|&key| entry(key, false)));
                content.extend(row.content.iter().map(|&(key, marked)| entry(key, marked)));
                statistics.extend(row.statistics);
            }
        }
        segment.lists(section::DIGESTS, digests, 0)?;
        segment.lists(section::BANDS, bands, self.config.matching.near_limits.bucket_members_max)?;
        segment.lists(section::CONTENT, content, list_max(&self.config.matching.content))?;
        segment.counts(section::STATISTICS, statistics)?;
        Ok(())
    }

    fn told(&self, doc: DocIndex, counted: &Counted<'_>) -> Told {
        let matched = self.matched;
        let stands = matched.representatives.binary_search(&doc).is_ok();
        Told {
            digest: matched.digest_of(doc),
            weight: matched.weights.get(doc.at()).copied().unwrap_or(0),
            fate: self.fate(doc),
            is_copy: matched.digest_representatives.binary_search(&doc).is_err(),
            stands,
            counts_alone: stands
                && Sought::by(&self.config.on) >= Sought::Rewrites
                && !counted.is_member(doc),
        }
    }

    fn fate(&self, doc: DocIndex) -> Fate {
        let Decision::Dropped(drop) = self.matched.decisions.of(doc) else { return Fate::Kept };
        let keeper = match drop.keeper.at().checked_sub(self.own) {
            Some(earlier) => self.matched.earlier[earlier].serial.0,
            None => self.first.0 + drop.keeper.at() as u64,
        };
        Fate::Dropped { keeper, kind: self.matched.findings.links[drop.link.at()].kind }
    }
}

impl Keys {
    fn of(document: &Document, config: &Config) -> Self {
        let statistics = statistic_keys(&document.article);
        let mut statistics: Vec<u64> = statistics.into_iter().map(statistics_key).collect();
        statistics.sort_unstable();
        statistics.dedup();
        Self { content: content_keys(document, config), statistics }
    }
}

/// Takes what is written of a document for later runs: a pure function of it and of what is told of it.
pub(crate) fn take(mut document: Document, told: &Told, config: &Config) -> Taken {
    let sought = Sought::by(&config.on);
    let article = &document.article;
    let words = words_outside(&article.text, &article.unmatched);
    let is_shown = !told.is_copy && !words.is_empty();
    let mut signature = vec![0; config.matching.minhash.len()];
    if is_shown {
        config.matching.minhash.sign(shingles(&words, ShingleWidth::FIVE).in_order(), &mut signature);
    }
    let layout = config.matching.bands(config.verify.near);
    let day = article.date.as_deref().and_then(day_number);
    let mut keys =
        if told.stands && sought > Sought::Near { Keys::of(&document, config) } else { Keys::default() };
    if sought < Sought::Rewrites {
        keys.statistics.clear();
    }
    let lines = std::mem::take(&mut document.article.lines);
    document.metadata.clear();
    let Told { digest, weight, fate, is_copy, stands, counts_alone } = *told;
    let remembered =
        Remembered { document: document_record(document, digest), lines, fate, stands, counts_alone };
    let remembered = if is_copy { remembered.without_text() } else { remembered };
    Taken {
        json: remembered.to_json(),
        facts: Facts { weight, day, bits: BitSketch::of(&signature).to_words() },
        digest: is_shown.then(|| digest_key(&digest)),
        bands: if is_shown { layout.keys(&signature).collect() } else { Vec::new() },
        keys,
    }
}
