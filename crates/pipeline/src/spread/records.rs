//! Record files, each written whole by one task.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use unecho_model::record::{CopyRecord, DroppedRecord, KeptRecord, PossibleCopyRecord};
use unecho_model::{
    Decision, Digest, DocId, DocIndex, Document, Drop, Kind, Link, Passage, PossibleCopy, Scores,
};
use unecho_write::{FileEntry, RecordKind, Staging};

use super::clean::document_of;
use super::look::Head;
use super::task::{Plan, Sink};
use super::{GIVEN, Input, LOOKED, Row, Spread, TEXT, WANTED, packed, unpacked};
use crate::documents::Documents;
use crate::matching::{Matched, Sizes};
use crate::output::{cut_records, document_record};
use crate::{Config, Error};

/// Bytes of records in a file at most, about: one task holds its documents in memory.
const PART_BYTES_MAX: u64 = 32 << 20;
/// About what a record takes beside its text, in bytes.
const RECORD_BYTES: u64 = 500;

/// What is written of one document besides itself.
#[derive(Debug, Serialize, Deserialize)]
enum Told {
    Kept { copies: Vec<CopyRecord>, possible_copies: Vec<PossibleCopyRecord> },
    Dropped(Box<ToldDropped>),
    Cut,
}

#[derive(Debug, Serialize, Deserialize)]
struct ToldDropped {
    kept_id: DocId,
    kept_run: Option<String>,
    better_copy: Option<bool>,
    kind: Kind,
    scores: Scores,
    passages: Vec<Passage>,
    reason: String,
}

/// One file to write.
#[derive(Debug, Serialize, Deserialize)]
struct Part {
    /// Its place in [`RecordKind::ALL`].
    kind: usize,
    at: usize,
    count: usize,
    /// The documents in order, with digests.
    rows: Vec<(DocIndex, Digest, Told)>,
}

/// Everything that records are made of, besides texts.
pub(super) struct Records<'a> {
    pub(super) documents: &'a Documents,
    pub(super) heads: &'a [Head],
    pub(super) matched: &'a Matched,
}

impl Records<'_> {
    /// The earlier run that a document came with, if any.
    fn run(&self, doc: DocIndex) -> Option<String> {
        let at = doc.at().checked_sub(self.documents.own())?;
        Some(self.matched.earlier[at].run.clone())
    }

    fn kept(&self, doc: DocIndex) -> Told {
        let (copies, possible_copies) = match self.matched.decisions.of(doc) {
            Decision::Kept { copies, possible_copies } => (copies, possible_copies),
            Decision::Dropped(_) | Decision::Settled { .. } => (&[][..], &[][..]),
        };
        Told::Kept {
            copies: copies.iter().filter_map(|&copy| self.copy(copy)).collect(),
            possible_copies: possible_copies.iter().map(|&possible| self.possible_copy(possible)).collect(),
        }
    }

    fn copy(&self, doc: DocIndex) -> Option<CopyRecord> {
        let Decision::Dropped(drop) = self.matched.decisions.of(doc) else { return None };
        let Head { url, source, date, origin } = self.heads[doc.at()].clone();
        Some(CopyRecord {
            id: self.documents.id(doc),
            kind: self.matched.findings.links[drop.link.at()].kind,
            url,
            source,
            date,
            path: origin.path,
            line: origin.line,
            run: self.run(doc),
        })
    }

    fn possible_copy(&self, possible: PossibleCopy) -> PossibleCopyRecord {
        let link = &self.matched.findings.links[possible.link.at()];
        let kept_id = match self.matched.decisions.of(possible.other) {
            Decision::Dropped(drop) => Some(self.documents.id(drop.keeper)),
            Decision::Kept { .. } | Decision::Settled { .. } => None,
        };
        PossibleCopyRecord {
            id: self.documents.id(possible.other),
            kept_id,
            run: self.run(possible.other),
            kind: link.kind,
            probability: link.probability,
        }
    }

    fn dropped(&self, doc: DocIndex, drop: Drop, link: Link) -> Told {
        let is_low = link.pair.low() == doc;
        let passages = link.passages.into_iter();
        let passages = passages.map(|passage| if is_low { passage } else { passage.flipped() }).collect();
        Told::Dropped(Box::new(ToldDropped {
            kept_id: self.documents.id(drop.keeper),
            kept_run: self.run(drop.keeper),
            better_copy: drop.is_better.then_some(true),
            kind: link.kind,
            scores: link.scores,
            passages,
            reason: link.reason,
        }))
    }

    /// The documents that have records of each kind.
    fn docs(&self) -> [(RecordKind, Vec<DocIndex>); 3] {
        let (mut kept, mut dropped, mut cut) = (Vec::new(), Vec::new(), Vec::new());
        for doc in (0..self.documents.own()).map(DocIndex::of) {
            match self.matched.decisions.of(doc) {
                Decision::Kept { .. } => kept.push(doc),
                Decision::Dropped(_) => dropped.push(doc),
                Decision::Settled { .. } => {}
            }
            if self.matched.sizes[doc.at()].cuts > 0 {
                cut.push(doc);
            }
        }
        [(RecordKind::Kept, kept), (RecordKind::Dropped, dropped), (RecordKind::Stripped, cut)]
    }

    /// What is to be written of some documents.
    fn told(&self, kind: RecordKind, docs: &[DocIndex]) -> Result<Vec<Told>, Error> {
        Ok(match kind {
            RecordKind::Kept => docs.iter().map(|&doc| self.kept(doc)).collect(),
            RecordKind::Dropped => {
                let findings = &self.matched.findings;
                let drop_of = |&doc: &DocIndex| match self.matched.decisions.of(doc) {
                    Decision::Dropped(drop) => Some((doc, drop)),
                    Decision::Kept { .. } | Decision::Settled { .. } => None,
                };
                let drops: Vec<(DocIndex, Drop)> = docs.iter().filter_map(drop_of).collect();
                let evidence: Vec<u32> =
                    drops.iter().map(|(_, drop)| findings.links[drop.link.at()].evidence).collect();
                let links = findings.links(&evidence, self.documents)?;
                drops
                    .into_iter()
                    .zip(links)
                    .map(|((doc, drop), link)| self.dropped(doc, drop, link))
                    .collect()
            }
            _ => docs.iter().map(|_| Told::Cut).collect(),
        })
    }

    /// The rows of a file to be written, with this key.
    fn rows(&self, file: &ToWrite, key: i64) -> Result<Vec<Row>, Error> {
        let ToWrite { kind, at, count, docs } = file;
        let wanted = |doc: &DocIndex| Row { kind: WANTED, key, at: i64::from(doc.0), body: Vec::new() };
        let mut rows: Vec<Row> = docs.iter().map(wanted).collect();
        let told = docs.iter().zip(self.told(*kind, docs)?);
        let told = told.map(|(&doc, told)| (doc, self.matched.digest_of(doc), told)).collect();
        let place = RecordKind::ALL.iter().position(|known| known == kind);
        let kind = place.expect("all kinds are among all");
        let body = packed(&Part { kind, at: *at, count: *count, rows: told })?;
        rows.push(Row { kind: GIVEN, key, at: 0, body });
        Ok(rows)
    }
}

/// A file of records to be written.
struct ToWrite {
    kind: RecordKind,
    at: usize,
    count: usize,
    docs: Vec<DocIndex>,
}

impl Spread<'_> {
    /// Has the records of documents written below the folder of `staging`.
    pub(super) fn write(&self, staging: &mut Staging, records: &Records<'_>) -> Result<(), Error> {
        let bytes_max = self.config.shards.bytes_min.clamp(1, PART_BYTES_MAX);
        let mut files: Vec<ToWrite> = Vec::new();
        for (kind, docs) in records.docs() {
            let parts = in_parts(docs, bytes_max, |doc| bytes_of_row(kind, records.matched.sizes[doc.at()]));
            let count = parts.len();
            files.extend(parts.into_iter().enumerate().map(|(at, docs)| ToWrite { kind, at, count, docs }));
        }
        self.put_portions("parts", files.iter().zip(0..).map(|(file, key)| records.rows(file, key)))?;
        let plan = Plan::Write { folder: staging.folder().to_owned(), attempts: staging.attempts_folder() };
        self.do_job(Input::Joined("parts", &[LOOKED]), &plan, "written")?;
        let written = self.rows("written", 0)?;
        if written.len() != files.len() {
            return Err(Error::Elsewhere("record files were lost".to_owned()));
        }
        let entries = written.iter().map(|row| unpacked(&row.body));
        let entries = entries.collect::<Result<Vec<FileEntry>, Error>>()?;
        entries.iter().try_for_each(|entry| ensure_seen(staging.folder(), entry))?;
        staging.adopt(entries);
        Ok(())
    }
}

/// An error unless a file that was written elsewhere is here as well.
fn ensure_seen(folder: &Path, entry: &FileEntry) -> Result<(), Error> {
    let path = folder.join(&entry.path);
    match std::fs::metadata(&path) {
        Ok(found) if found.len() == entry.bytes => Ok(()),
        _ => Err(Error::Elsewhere(format!(
            "{}: was written, and is not seen here: the folder must be the same on all machines",
            path.display()
        ))),
    }
}

fn bytes_of_row(kind: RecordKind, sizes: Sizes) -> u64 {
    match kind {
        RecordKind::Stripped => u64::from(sizes.cut_bytes),
        _ => RECORD_BYTES + u64::from(sizes.text_bytes),
    }
}

/// Documents cut into parts of at least so many bytes; one part at least.
fn in_parts(docs: Vec<DocIndex>, bytes_min: u64, bytes_of: impl Fn(DocIndex) -> u64) -> Vec<Vec<DocIndex>> {
    let mut parts = Vec::new();
    let (mut part, mut bytes) = (Vec::new(), 0);
    for doc in docs {
        if bytes >= bytes_min {
            parts.push(std::mem::take(&mut part));
            bytes = 0;
        }
        bytes += bytes_of(doc);
        part.push(doc);
    }
    parts.push(part);
    parts
}

/// Writes one file: rows of one key, a document or what is told of all of them each.
pub(super) fn write(
    rows: Vec<Row>,
    (folder, attempts): (&Path, &PathBuf),
    config: &Config,
    out: &mut Sink<'_>,
) -> Result<(), Error> {
    let key = rows.first().map(|row| row.key).unwrap_or_default();
    let mut texts: BTreeMap<i64, Row> = BTreeMap::new();
    let mut part: Option<Part> = None;
    for row in rows {
        match row.kind {
            GIVEN => part = Some(unpacked(&row.body)?),
            TEXT => drop(texts.insert(row.at, row)),
            _ => {}
        }
    }
    let lost = || Error::Elsewhere(format!("part {key} is not whole"));
    let Part { kind, at, count, rows } = part.ok_or_else(lost)?;
    let kind = *RecordKind::ALL.get(kind).ok_or_else(lost)?;
    let mut rows = rows.into_iter().peekable();
    let mut failed = None;
    let disk = unecho_disk::this_machine();
    let entry = unecho_write::write_part(
        disk.as_ref(),
        (folder, attempts),
        kind,
        (at, count),
        config.shards,
        |sink| {
            let Some((doc, digest, told)) = rows.next() else { return false };
            let document = texts.remove(&i64::from(doc.0)).ok_or_else(lost);
            match document.and_then(|row| document_of(&row, None)) {
                Ok(document) => push(sink, document, digest, told),
                Err(error) => failed = Some(error),
            }
            failed.is_none() && rows.peek().is_some()
        },
    )?;
    match failed {
        Some(error) => Err(error),
        None => out(Row { kind: 0, key, at: 0, body: packed(&entry)? }),
    }
}

fn push(sink: &mut unecho_write::RowSink<'_>, document: Document, digest: Digest, told: Told) {
    match told {
        Told::Kept { copies, possible_copies } => {
            sink.push(&KeptRecord { document: document_record(document, digest), copies, possible_copies });
        }
        Told::Dropped(told) => {
            let ToldDropped { kept_id, kept_run, better_copy, kind, scores, passages, reason } = *told;
            let document = document_record(document, digest);
            sink.push(&DroppedRecord {
                document,
                kept_id,
                kept_run,
                better_copy,
                kind,
                scores,
                passages,
                reason,
            });
        }
        Told::Cut => cut_records(document).for_each(|cut| sink.push(&cut)),
    }
}
