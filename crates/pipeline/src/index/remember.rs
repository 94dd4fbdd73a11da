//! What is written of a run for later ones.

use std::collections::BTreeMap;

use rayon::prelude::*;
use unecho_candidates::BitSketch;
use unecho_fingerprint::{ShingleWidth, shingles};
use unecho_model::{Decision, DocIndex, Document};
use unecho_store::{Entry, SegmentEntry, SegmentWriter, Serial, Writer};
use unecho_text::words_outside;
use unecho_verify::statistic_keys;

use super::recall::{content_keys, list_max};
use super::remembered::{Facts, Fate, Remembered};
use super::{digest_key, section, statistics_key};
use crate::ingest::Corpus;
use crate::matching::{Matched, Sought, day_number};
use crate::output::document_record;
use crate::{Config, Error};

/// Documents of a segment as it is first written: what bounds the memory of it.
const SEGMENT_DOCUMENTS_MAX: usize = 32 << 10;
/// Documents that are looked at together.
const CHUNK: usize = 1024;

/// Writes the segments of a run whose first document has the number `first`.
pub(super) fn segments(
    writer: &mut Writer,
    first: Serial,
    corpus: &Corpus,
    matched: &Matched,
    config: &Config,
) -> Result<Vec<SegmentEntry>, Error> {
    let own = corpus.documents.len() - matched.earlier.len();
    let before = Before::of(matched, own);
    let known = Known { corpus, matched, config, first, own, before };
    let mut segments = Vec::new();
    for start in (0..own).step_by(SEGMENT_DOCUMENTS_MAX) {
        let mut segment = writer.segment(Serial(first.0 + start as u64))?;
        known.write(start..own.min(start + SEGMENT_DOCUMENTS_MAX), &mut segment)?;
        segments.push(segment.finish()?);
    }
    Ok(segments)
}

/// For members of groups of near copies, the members that were counted before.
struct Before {
    members: BTreeMap<DocIndex, Vec<DocIndex>>,
}

impl Before {
    fn of(matched: &Matched, own: usize) -> Self {
        let mut members = BTreeMap::new();
        for group in &matched.groups {
            let (new, earlier): (Vec<DocIndex>, Vec<DocIndex>) = group.iter().partition(|doc| doc.at() < own);
            for (at, &doc) in new.iter().enumerate() {
                members.insert(doc, [&earlier[..], &new[..at]].concat());
            }
        }
        Self { members }
    }

    /// Which of `keys` members counted before have; ascending.
    fn keys(&self, doc: DocIndex, keys_of: impl Fn(DocIndex) -> Vec<u64>) -> Vec<u64> {
        let members = self.members.get(&doc).into_iter().flatten();
        let mut keys: Vec<u64> = members.flat_map(|&member| keys_of(member)).collect();
        keys.sort_unstable();
        keys
    }
}

struct Known<'a> {
    corpus: &'a Corpus,
    matched: &'a Matched,
    config: &'a Config,
    first: Serial,
    own: usize,
    before: Before,
}

/// What is written of one document.
struct Row {
    bytes: Vec<u8>,
    facts: Facts,
    digest: Option<u64>,
    bands: Vec<u64>,
    /// Keys, and whether another of its group counts for them.
    content: Vec<(u64, bool)>,
    statistics: Vec<u64>,
}

impl Known<'_> {
    fn write(&self, docs: std::ops::Range<usize>, segment: &mut SegmentWriter) -> Result<(), Error> {
        let mut digests: Vec<Entry> = Vec::new();
        let (mut bands, mut content) = (Vec::new(), Vec::new());
        let mut statistics: Vec<u64> = Vec::new();
        for start in docs.clone().step_by(CHUNK) {
            let chunk = start..docs.end.min(start + CHUNK);
            let rows: Vec<Row> = chunk.into_par_iter().map(|at| self.row(DocIndex::of(at))).collect();
            for row in rows {
                let place = segment.documents() as u32;
                let entry = |key: u64, marked: bool| Entry { key, value: place * 2 + u32::from(marked) };
                segment.push(&row.bytes, row.facts.to_column())?;
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

    fn document(&self, doc: DocIndex) -> &Document {
        &self.corpus.documents[doc.at()]
    }

    fn row(&self, doc: DocIndex) -> Row {
        let (document, matched, config) = (self.document(doc), self.matched, self.config);
        let sought = Sought::by(&config.on);
        let article = &document.article;
        let words = words_outside(&article.text, &article.unmatched);
        let is_copy = matched.digest_representatives.binary_search(&doc).is_err();
        let is_shown = !is_copy && !words.is_empty();
        let stands = matched.representatives.binary_search(&doc).is_ok();
        let mut signature = vec![0; config.matching.minhash.len()];
        if is_shown {
            config.matching.minhash.sign(shingles(&words, ShingleWidth::FIVE).in_order(), &mut signature);
        }
        let layout = config.matching.bands(config.verify.near);
        let remembered = Remembered {
            document: unecho_model::record::DocumentRecord {
                metadata: serde_json::Map::new(),
                ..document_record(document, matched.digests[doc.at()])
            },
            lines: article.lines.clone(),
            fate: self.fate(doc),
            stands,
            counts_alone: stands && sought >= Sought::Rewrites && !self.before.members.contains_key(&doc),
        };
        let remembered = if is_copy { remembered.without_text() } else { remembered };
        Row {
            bytes: remembered.to_bytes(),
            facts: Facts {
                weight: matched.weights.get(doc.at()).copied().unwrap_or(0),
                day: article.date.as_deref().and_then(day_number),
                bits: BitSketch::of(&signature).to_words(),
            },
            digest: is_shown.then(|| digest_key(&matched.digests[doc.at()])),
            bands: if is_shown { layout.keys(&signature).collect() } else { Vec::new() },
            content: if stands && sought > Sought::Near { self.content(doc) } else { Vec::new() },
            statistics: if stands && sought >= Sought::Rewrites { self.statistics(doc) } else { Vec::new() },
        }
    }

    fn fate(&self, doc: DocIndex) -> Fate {
        let Decision::Dropped(drop) = &self.matched.decisions[doc.at()] else { return Fate::Kept };
        let keeper = match drop.keeper.at().checked_sub(self.own) {
            Some(earlier) => self.matched.earlier[earlier].serial.0,
            None => self.first.0 + drop.keeper.at() as u64,
        };
        Fate::Dropped { keeper, kind: self.matched.links[drop.link].kind }
    }

    fn content(&self, doc: DocIndex) -> Vec<(u64, bool)> {
        let keys_of = |doc: DocIndex| content_keys(self.document(doc), self.config);
        let before = self.before.keys(doc, keys_of);
        keys_of(doc).into_iter().map(|key| (key, before.binary_search(&key).is_ok())).collect()
    }

    fn statistics(&self, doc: DocIndex) -> Vec<u64> {
        let keys_of = |doc: DocIndex| {
            let keys = statistic_keys(&self.document(doc).article);
            let mut keys: Vec<u64> = keys.into_iter().map(statistics_key).collect();
            keys.sort_unstable();
            keys.dedup();
            keys
        };
        let before = self.before.keys(doc, keys_of);
        keys_of(doc).into_iter().filter(|key| before.binary_search(key).is_err()).collect()
    }
}
