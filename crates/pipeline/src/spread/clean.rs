//! Reading and cleaning sources, each as a whole, and what they prove together.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use unecho_fetch::{Fetched, PortableSource, Source};
use unecho_model::summary::Counts;
use unecho_model::{DocId, DocIds, Document, Rejected};
use unecho_normalize::{Knowledge, Normalizer, Reuse};
use unecho_write::InputEntry;

use super::task::{Plan, Sink};
use super::{CLEAN, Input, Row, Spread, TEXT, number, packed, shared, unpacked};
use crate::documents::{Stored, bytes_of};
use crate::{Config, Error};

/// Ids of documents of one source: `at` is the number of the first.
const IDS: i32 = 1;
/// What a source was found to be when it was read to its end.
const ENDED: i32 = 0;
/// Which documents tell one story, as far as one task knows.
const REUSE: i32 = 3;
/// Most ids in a row.
const IDS_MAX: usize = 4096;

/// What is known of a source that was read to its end.
#[derive(Debug, Serialize, Deserialize)]
struct Ended {
    input: InputEntry,
    skipped: Counts,
    rejected: Vec<Rejected>,
    documents: u32,
    may_be_corroborated: bool,
}

/// Everything that was read, as far as the driving side knows.
pub(super) struct Gathered {
    /// The number of the first document of each source.
    pub(super) firsts: Vec<u32>,
    pub(super) ids: DocIds,
    pub(super) rejected: Vec<Rejected>,
    pub(super) inputs: Vec<InputEntry>,
    pub(super) records_skipped: Counts,
    /// Where tasks find what all documents prove about each; absent when it cannot change any.
    pub(super) learned: Option<Learned>,
}

/// Where tasks find what all documents prove about each.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Learned {
    reuse: PathBuf,
    knowledge: PathBuf,
}

impl Learned {
    pub(super) fn knowledge(&self) -> Result<Knowledge, Error> {
        let knowledge: Knowledge = unpacked(&shared(&self.knowledge)?)?;
        Ok(knowledge.with_reuse(Arc::new(unpacked(&shared(&self.reuse)?)?)))
    }
}

impl Spread<'_> {
    /// Has all sources read and cleaned.
    pub(super) fn clean(&self, sources: &[Source]) -> Result<Gathered, Error> {
        let portable = |source: &Source| {
            let portable = PortableSource::of(source);
            portable.ok_or_else(|| Error::NotPortable(source.path().to_owned()))
        };
        let rows = sources.iter().enumerate().map(|(at, source)| {
            Ok(Row { key: number(at), body: packed(&portable(source)?)?, ..Row::default() })
        });
        let rows: Vec<Row> = rows.collect::<Result<_, Error>>()?;
        self.put("sources", rows.into_iter())?;
        self.do_job(Input::Spread("sources", 0), &Plan::Clean, CLEAN)?;
        let mut all = Gathered {
            firsts: Vec::with_capacity(sources.len()),
            ids: DocIds::default(),
            rejected: Vec::new(),
            inputs: Vec::new(),
            records_skipped: Counts::new(),
            learned: None,
        };
        let mut may_be_corroborated = false;
        let mut documents = 0_u32;
        for (at, row) in self.rows(CLEAN, ENDED)?.into_iter().enumerate() {
            let ended: Ended = unpacked(&row.body)?;
            if row.key != number(at) {
                return Err(Error::InputLost { number: at + 1, after: None });
            }
            all.firsts.push(documents);
            documents = documents
                .checked_add(ended.documents)
                .ok_or_else(|| Error::Elsewhere("a run is limited to 2^32 documents".to_owned()))?;
            all.rejected.extend(ended.rejected);
            all.inputs.push(ended.input);
            for (kind, count) in ended.skipped {
                *all.records_skipped.entry(kind).or_default() += count;
            }
            may_be_corroborated |= ended.may_be_corroborated;
        }
        for row in self.rows(CLEAN, IDS)? {
            all.ids.extend(unpacked::<Vec<DocId>>(&row.body)?);
        }
        if all.ids.len() != documents as usize || all.firsts.len() != sources.len() {
            return Err(Error::Elsewhere("clean documents were lost".to_owned()));
        }
        if may_be_corroborated {
            all.learned = Some(self.learn()?);
        }
        Ok(all)
    }

    /// Has everything taken in that all documents prove together.
    fn learn(&self) -> Result<Learned, Error> {
        let mut reuse = Reuse::default();
        for row in self.rows(CLEAN, REUSE)? {
            reuse.merge(unpacked(&row.body)?);
        }
        let reuse = self.share("reuse", &packed(&reuse)?)?;
        self.do_job(Input::Rows(CLEAN, TEXT), &Plan::Learn { reuse: reuse.clone() }, "learned")?;
        let mut knowledge = Knowledge::default();
        for row in self.rows("learned", 0)? {
            knowledge.merge(unpacked(&row.body)?);
        }
        let knowledge = self.share("knowledge", &packed(&knowledge)?)?;
        Ok(Learned { reuse, knowledge })
    }
}

/// Reads and cleans sources.
pub(super) struct Cleaning {
    normalizer: Normalizer,
    reuse: Reuse,
}

impl Cleaning {
    pub(super) fn new(config: &Config) -> Result<Self, Error> {
        Ok(Self { normalizer: Normalizer::new(&config.normalize)?, reuse: Reuse::default() })
    }

    /// One source, read to its end.
    pub(super) fn clean(&mut self, row: &Row, config: &Config, out: &mut Sink<'_>) -> Result<(), Error> {
        let source: PortableSource = unpacked(&row.body)?;
        let path = source.path().to_owned();
        let source = source.into_source().map_err(|error| Error::Elsewhere(error.to_string()))?;
        let mut part = Part { key: row.key, ids: Vec::new(), rejected: Vec::new(), documents: 0, may: false };
        let mut failed = None;
        let end = source.open(&config.fetch).read(&mut |batch, _| {
            for fetched in batch.parse(&config.fetch) {
                let taken = match fetched {
                    Fetched::Document(raw) => match self.normalizer.normalize(raw) {
                        Ok(document) => {
                            part.may |= self.normalizer.observe(&document, &mut self.reuse);
                            part.document(&document, out)
                        }
                        Err(rejected) => part.reject(rejected),
                    },
                    Fetched::Rejected(rejected) => part.reject(rejected),
                };
                if let Err(error) = taken {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
        if let Some(error) = failed {
            return Err(error);
        }
        part.tell_ids(out)?;
        let ended = Ended {
            input: InputEntry { path, bytes: end.bytes, digest: end.digest },
            skipped: end.skipped,
            rejected: part.rejected,
            documents: part.documents,
            may_be_corroborated: part.may,
        };
        out(Row { kind: ENDED, key: row.key, at: 0, body: packed(&ended)? })
    }

    /// What was seen in all sources that came this way.
    pub(super) fn finish(self, out: &mut Sink<'_>) -> Result<(), Error> {
        out(Row { kind: REUSE, key: 0, at: 0, body: packed(&self.reuse)? })
    }
}

/// One source, as far as it was read.
struct Part {
    key: i64,
    /// Of the documents since the last row of ids.
    ids: Vec<DocId>,
    rejected: Vec<Rejected>,
    documents: u32,
    may: bool,
}

impl Part {
    fn document(&mut self, document: &Document, out: &mut Sink<'_>) -> Result<(), Error> {
        let body = bytes_of(document)?;
        out(Row { kind: TEXT, key: self.key, at: i64::from(self.documents), body })?;
        self.documents += 1;
        self.ids.push(document.id.clone());
        if self.ids.len() < IDS_MAX { Ok(()) } else { self.tell_ids(out) }
    }

    fn reject(&mut self, rejected: Rejected) -> Result<(), Error> {
        self.rejected.push(rejected);
        Ok(())
    }

    fn tell_ids(&mut self, out: &mut Sink<'_>) -> Result<(), Error> {
        let first = i64::from(self.documents) - number(self.ids.len());
        let body = packed(&std::mem::take(&mut self.ids))?;
        out(Row { kind: IDS, key: self.key, at: first, body })
    }
}

/// Takes in what documents prove together.
pub(super) struct Learning(Knowledge);

impl Learning {
    pub(super) fn new(reuse: &Path) -> Result<Self, Error> {
        Ok(Self(Knowledge::over(Arc::new(unpacked(&shared(reuse)?)?))))
    }

    pub(super) fn learn(&mut self, row: &Row) -> Result<(), Error> {
        self.0.observe(&document_of(row, None)?);
        Ok(())
    }

    pub(super) fn finish(self, out: &mut Sink<'_>) -> Result<(), Error> {
        out(Row { body: packed(&self.0)?, ..Row::default() })
    }
}

/// The document in a row of kind [`TEXT`], under another id where one was given.
pub(super) fn document_of(row: &Row, renamed: Option<&DocId>) -> Result<Document, Error> {
    let damaged = || Error::Elsewhere("a row is no document".to_owned());
    let stored = Stored::of_bytes(&row.body).ok_or_else(damaged)?;
    let id = renamed.unwrap_or_else(|| stored.id()).clone();
    Ok(stored.into_document(id))
}

/// Documents whose id was taken, by their number.
pub(super) type Renamed = BTreeMap<u32, DocId>;
