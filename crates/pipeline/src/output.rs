//! The last part of a run: decisions and evidence as records in files.

mod copies;

use std::collections::BTreeSet;

use serde::Serialize;
use unecho_cluster::Settled;
use unecho_model::record::{
    CopyRecord, DocumentRecord, DroppedRecord, EarlierRecord, KeptRecord, LinkRecord, PossibleCopyRecord,
    RejectedRecord, StrippedRecord,
};
use unecho_model::{
    Article, Decision, Digest, DocId, DocIndex, Document, Drop, Fields, Link, PossibleCopy, Rejected,
    Rejection, Summary, Tie, Verdict,
};
use unecho_report::{Limits, Pace, Report, StoryHead};
use unecho_write::{Finished, RecordKind, RowSink, Rows, Shards, Staging};

use crate::documents::Documents;
use crate::ingest::Corpus;
use crate::matching::{Matched, Miss};
use crate::{Config, Error, STORIES_MAX};
use copies::CopyRecords;

/// About what a record takes beside its text, in bytes; only where files are cut depends on it.
const RECORD_BYTES: usize = 500;
/// About what a passage takes.
const PASSAGE_BYTES: usize = 45;

/// Documents whose records are made together.
const CHUNK: usize = 1024;
/// Copies that are read with the documents kept for them; those of the others are read when they are wanted.
const READ_TOGETHER: usize = if cfg!(test) { 4 } else { 16 * CHUNK };

/// Writes every file of the output but the manifest. Returns the stories with most copies.
pub(crate) fn write(
    staging: &mut Staging,
    corpus: &Corpus,
    matched: &Matched,
    summary: &Summary,
    config: &Config,
) -> Result<Vec<StoryHead>, Error> {
    let shards = config.shards;
    let (kept, dropped) = by_fate(matched);
    let records = RecordsOf { documents: &corpus.documents, matched };
    let text_bytes = |doc: DocIndex| records.bytes_of(doc);

    let sizes = kept.iter().map(|&doc| text_bytes(doc));
    let rows = Rows::new(sizes, shards, |range, sink| {
        records.kept(&kept[range])?.iter().try_for_each(|kept| push_kept(sink, kept))
    });
    staging.write_rows(RecordKind::Kept, &rows, shards)?;

    let sizes = dropped.iter().map(|&(doc, _)| text_bytes(doc));
    let rows = Rows::new(sizes, shards, |range, sink| push_all(sink, records.dropped(&dropped[range])?));
    staging.write_rows(RecordKind::Dropped, &rows, shards)?;

    let earlier = records.earlier_of(&dropped);
    if config.index.is_some() {
        write_earlier(staging, &records, &earlier, shards)?;
    }

    write_rejected(staging, corpus, shards)?;
    write_links(staging, &corpus.documents, matched, shards)?;

    let cut = records.cut();
    let sizes = cut.iter().map(|doc| matched.sizes[doc.at()].cut_bytes as usize);
    let rows = Rows::new(sizes, shards, |range, sink| {
        push_all(sink, records.cuts(&cut[range])?.into_iter().flatten())
    });
    staging.write_rows(RecordKind::Stripped, &rows, shards)?;

    write_summary(staging, summary)?;
    let mut report = report(
        &records,
        corpus,
        &Parts { kept: &kept, dropped: &dropped, earlier: &earlier },
        summary,
        config,
    )?;
    let stories = report.largest(STORIES_MAX);
    staging.write_file("report.html", report.render().as_bytes())?;
    Ok(stories)
}

/// Writes the records of documents of earlier runs that other records name.
pub(crate) fn write_named_earlier(
    staging: &mut Staging,
    documents: &Documents,
    matched: &Matched,
    shards: Shards,
) -> Result<(), Error> {
    let records = RecordsOf { documents, matched };
    let (_, dropped) = by_fate(matched);
    write_earlier(staging, &records, &records.earlier_of(&dropped), shards)
}

fn write_earlier(
    staging: &mut Staging,
    records: &RecordsOf<'_>,
    earlier: &[DocIndex],
    shards: Shards,
) -> Result<(), Error> {
    let sizes = earlier.iter().map(|&doc| records.bytes_of(doc));
    let rows = Rows::new(sizes, shards, |range, sink| push_all(sink, records.earlier(&earlier[range])?));
    staging.write_rows(RecordKind::Earlier, &rows, shards)
}

/// Writes the records of what was not taken in.
pub(crate) fn write_rejected(staging: &mut Staging, corpus: &Corpus, shards: Shards) -> Result<(), Error> {
    let sizes = corpus.rejected.iter().map(|rejected| RECORD_BYTES + rejected.excerpt.len());
    let rows = Rows::new(sizes, shards, |range, sink| {
        push_all(sink, corpus.rejected[range].iter().map(rejected_record))
    });
    staging.write_rows(RecordKind::Rejected, &rows, shards)
}

/// Writes the records of pairs.
pub(crate) fn write_links(
    staging: &mut Staging,
    documents: &Documents,
    matched: &Matched,
    shards: Shards,
) -> Result<(), Error> {
    let records = RecordsOf { documents, matched };
    let pairs = ledger_pairs(matched);
    let sizes =
        pairs.iter().map(|pair| RECORD_BYTES + PASSAGE_BYTES * matched.findings.passages(pair.evidence));
    let rows = Rows::new(sizes, shards, |range, sink| push_all(sink, records.pairs(&pairs[range])?));
    staging.write_rows(RecordKind::Links, &rows, shards)
}

/// Writes the totals.
pub(crate) fn write_summary(staging: &mut Staging, summary: &Summary) -> Result<(), Error> {
    let mut json = serde_json::to_vec_pretty(summary).expect("a summary is always JSON");
    json.push(b'\n');
    Ok(staging.write_file("summary.json", &json)?)
}

fn push_all<T: Serialize>(sink: &mut RowSink<'_>, records: impl IntoIterator<Item = T>) -> Result<(), Error> {
    records.into_iter().for_each(|record| sink.push(&record));
    Ok(())
}

/// The public record of a clean document.
pub(crate) fn document_record(document: Document, digest: Digest) -> DocumentRecord {
    let Document { id, origin, article, metadata } = document;
    DocumentRecord {
        id,
        text: article.text,
        title: article.title,
        url: article.url,
        source: article.source,
        date: article.date,
        lang: article.lang,
        script: article.script,
        charset: article.charset,
        extraction_confidence: article.extraction_confidence,
        attributions: article.attributions,
        flags: article.flags,
        unmatched: article.unmatched,
        digest: Some(digest),
        path: origin.path,
        line: origin.line,
        metadata,
    }
}

/// The public records of what was cut from a document, and of what was repaired.
pub(crate) fn cut_records(document: Document) -> impl Iterator<Item = StrippedRecord> {
    let Article { stripped, repaired, .. } = document.article;
    let record = move |cut| StrippedRecord { id: document.id.clone(), cut };
    stripped.into_iter().chain(repaired).map(record)
}

/// The public record of what was not taken in: that of a document, as far as it is known.
fn rejected_record(rejected: &Rejected) -> RejectedRecord {
    let Rejected { id, origin, reason, detail, bytes, excerpt, fields } = rejected.clone();
    let Fields { title, url, source, date, lang, charset: _, metadata } = fields;
    let document = DocumentRecord {
        id,
        text: excerpt,
        title,
        url,
        source,
        date,
        lang,
        script: None,
        charset: None,
        extraction_confidence: None,
        attributions: Vec::new(),
        flags: Vec::new(),
        unmatched: Vec::new(),
        digest: None,
        path: origin.path,
        line: origin.line,
        metadata,
    };
    RejectedRecord { document, reason, detail, bytes }
}

fn by_fate(matched: &Matched) -> (Vec<DocIndex>, Vec<(DocIndex, Drop)>) {
    let mut kept = Vec::new();
    let mut dropped = Vec::new();
    let own = matched.decisions.len() - matched.earlier.len();
    for (at, decision) in matched.decisions.iter().take(own).enumerate() {
        match decision {
            Decision::Kept { .. } => kept.push(DocIndex::of(at)),
            Decision::Dropped(drop) => dropped.push((DocIndex::of(at), drop)),
            Decision::Settled { .. } => {}
        }
    }
    (kept, dropped)
}

/// All verified pairs that the ledger tells of, by pair.
fn ledger_pairs(matched: &Matched) -> Vec<Miss> {
    let of_link = |link: &Tie| Miss { pair: link.pair, evidence: link.evidence };
    let links = matched.findings.links.iter().map(of_link);
    let mut pairs: Vec<Miss> = links.chain(matched.findings.misses.iter().copied()).collect();
    pairs.sort_unstable_by_key(|told| told.pair);
    pairs
}

/// Adds a kept document.
fn push_kept(sink: &mut RowSink<'_>, kept: &KeptRecord<CopyRecords<'_>>) -> Result<(), Error> {
    sink.try_push(kept).map_err(|_| {
        kept.copies.failure().expect("records of model are always JSON: only reading copies fails")
    })
}

/// Makes records of what is known.
struct RecordsOf<'a> {
    documents: &'a Documents,
    matched: &'a Matched,
}

impl RecordsOf<'_> {
    /// How many documents are of this run; the others follow.
    const fn own(&self) -> usize {
        self.documents.own()
    }

    /// About how long its record is.
    fn bytes_of(&self, doc: DocIndex) -> usize {
        RECORD_BYTES + self.matched.sizes[doc.at()].text_bytes as usize
    }

    fn id(&self, doc: DocIndex) -> DocId {
        self.documents.id(doc)
    }

    /// The records of these documents, which are ascending.
    fn of(&self, docs: &[DocIndex]) -> Result<Vec<DocumentRecord>, Error> {
        self.documents.map(docs, |doc, document| document_record(document, self.matched.digest_of(doc)))
    }

    /// The earlier run that a document came with, if any.
    fn run(&self, doc: DocIndex) -> Option<String> {
        let at = doc.at().checked_sub(self.own())?;
        Some(self.matched.earlier[at].run.clone())
    }

    /// The documents of earlier runs that records name, ascending.
    fn earlier_of(&self, dropped: &[(DocIndex, Drop)]) -> Vec<DocIndex> {
        let keepers = dropped.iter().map(|(_, drop)| drop.keeper);
        let of_pairs =
            ledger_pairs(self.matched).into_iter().flat_map(|told| [told.pair.low(), told.pair.high()]);
        let named: BTreeSet<DocIndex> =
            keepers.chain(of_pairs).filter(|doc| doc.at() >= self.own()).collect();
        named.into_iter().collect()
    }

    fn earlier(&self, docs: &[DocIndex]) -> Result<Vec<EarlierRecord>, Error> {
        let record = |(document, &doc): (DocumentRecord, &DocIndex)| {
            let earlier = &self.matched.earlier[doc.at() - self.own()];
            let keeper = match (self.matched.decisions.of(doc), earlier.settled) {
                (Decision::Dropped(drop), _) => Some(drop.keeper),
                (_, Settled::DroppedFor(keeper)) => Some(keeper),
                (_, Settled::Kept | Settled::Replaceable | Settled::Dropped) => None,
            };
            let kept_id = keeper.map(|keeper| self.id(keeper));
            EarlierRecord { document, run: earlier.run.clone(), kept_id }
        };
        Ok(self.of(docs)?.into_iter().zip(docs).map(record).collect())
    }

    fn copies_of(&self, doc: DocIndex) -> &[DocIndex] {
        match self.matched.decisions.of(doc) {
            Decision::Kept { copies, .. } => copies,
            Decision::Dropped(_) | Decision::Settled { .. } => &[],
        }
    }

    fn kept(&self, docs: &[DocIndex]) -> Result<Vec<KeptRecord<CopyRecords<'_>>>, Error> {
        let mut reading = 0;
        let mut is_read = |copies: &[DocIndex]| {
            let is_read = reading + copies.len() <= READ_TOGETHER;
            reading += if is_read { copies.len() } else { 0 };
            is_read
        };
        let now: Vec<bool> = docs.iter().map(|&doc| is_read(self.copies_of(doc))).collect();
        let of_now = docs.iter().zip(&now).filter(|(_, is_read)| **is_read);
        let copies = of_now.flat_map(|(&doc, _)| self.copies_of(doc)).copied();
        let mut copies = self.documents.by_doc(copies, |doc, document| self.copy(doc, document))?;
        let mut record = |((document, &doc), is_read): ((DocumentRecord, &DocIndex), bool)| {
            let possible_copies = match self.matched.decisions.of(doc) {
                Decision::Kept { possible_copies, .. } => possible_copies,
                Decision::Dropped(_) | Decision::Settled { .. } => &[],
            };
            let docs = self.copies_of(doc);
            let copies = if is_read {
                CopyRecords::Read(docs.iter().filter_map(|&copy| copies.take(copy)).collect())
            } else {
                CopyRecords::later(self, docs)
            };
            KeptRecord {
                document,
                copies,
                possible_copies: possible_copies
                    .iter()
                    .map(|&possible| self.possible_copy(possible))
                    .collect(),
            }
        };
        Ok(self.of(docs)?.into_iter().zip(docs).zip(now).map(&mut record).collect())
    }

    fn copy(&self, doc: DocIndex, document: Document) -> Option<CopyRecord> {
        let Decision::Dropped(drop) = self.matched.decisions.of(doc) else { return None };
        Some(CopyRecord {
            id: document.id,
            kind: self.matched.findings.links[drop.link.at()].kind,
            url: document.article.url,
            source: document.article.source,
            date: document.article.date,
            path: document.origin.path,
            line: document.origin.line,
            run: self.run(doc),
        })
    }

    fn possible_copy(&self, possible: PossibleCopy) -> PossibleCopyRecord {
        let link = &self.matched.findings.links[possible.link.at()];
        PossibleCopyRecord {
            id: self.id(possible.other),
            kept_id: match self.matched.decisions.of(possible.other) {
                Decision::Dropped(drop) => Some(self.id(drop.keeper)),
                Decision::Kept { .. } | Decision::Settled { .. } => None,
            },
            run: self.run(possible.other),
            kind: link.kind,
            probability: link.probability,
        }
    }

    fn dropped(&self, docs: &[(DocIndex, Drop)]) -> Result<Vec<DroppedRecord>, Error> {
        let which: Vec<DocIndex> = docs.iter().map(|(doc, _)| *doc).collect();
        let evidence: Vec<u32> =
            docs.iter().map(|(_, drop)| self.matched.findings.links[drop.link.at()].evidence).collect();
        let links = self.matched.findings.links(&evidence, self.documents)?;
        let record = |((document, &(doc, drop)), link): ((DocumentRecord, &(DocIndex, Drop)), Link)| {
            let is_low = link.pair.low() == doc;
            let passages = link.passages.into_iter();
            let passages = passages.map(|passage| if is_low { passage } else { passage.flipped() }).collect();
            DroppedRecord {
                document,
                kept_id: self.id(drop.keeper),
                kept_run: self.run(drop.keeper),
                better_copy: drop.is_better.then_some(true),
                kind: link.kind,
                scores: link.scores,
                passages,
                reason: link.reason,
            }
        };
        Ok(self.of(&which)?.into_iter().zip(docs).zip(links).map(record).collect())
    }

    /// The documents of this run that something was cut from.
    fn cut(&self) -> Vec<DocIndex> {
        let own = (0..self.own()).filter(|&at| self.matched.sizes[at].cuts > 0);
        own.map(DocIndex::of).collect()
    }

    /// What was cut from each of these documents, and what was repaired.
    fn cuts(&self, docs: &[DocIndex]) -> Result<Vec<Vec<StrippedRecord>>, Error> {
        self.documents.map(docs, |_, document| cut_records(document).collect())
    }

    fn pairs(&self, pairs: &[Miss]) -> Result<Vec<LinkRecord>, Error> {
        let evidence: Vec<u32> = pairs.iter().map(|told| told.evidence).collect();
        let verdicts = self.matched.findings.verdicts(&evidence, self.documents)?;
        Ok(verdicts.into_iter().map(|verdict| self.pair(verdict)).collect())
    }

    fn pair(&self, verdict: Verdict) -> LinkRecord {
        let (ids, kind, level, scores, mut passages, reason) = match verdict {
            Verdict::Linked(Link { pair, kind, level, scores, passages, reason }) => {
                (pair, kind.name(), Some(level), scores, passages, reason)
            }
            Verdict::Rejected(Rejection { pair, kind, scores, passages, reason }) => {
                (pair, kind.name(), None, scores, passages, reason)
            }
        };
        // Documents of earlier runs stand behind those of this one, and came before.
        let (a, b) = match self.run(ids.high()) {
            Some(_) => (ids.high(), ids.low()),
            None => (ids.low(), ids.high()),
        };
        if self.run(a).is_some() {
            passages.iter_mut().for_each(|passage| *passage = passage.flipped());
        }
        LinkRecord {
            a: self.id(a),
            a_run: self.run(a),
            b: self.id(b),
            kind: kind.to_owned(),
            accepted: level.is_some(),
            level,
            scores,
            passages,
            reason,
        }
    }
}

/// What is in the record files.
struct Parts<'a> {
    kept: &'a [DocIndex],
    dropped: &'a [(DocIndex, Drop)],
    earlier: &'a [DocIndex],
}

/// The page about the run, from the same records as the files.
fn report(
    records: &RecordsOf<'_>,
    corpus: &Corpus,
    parts: &Parts<'_>,
    summary: &Summary,
    config: &Config,
) -> Result<Report, Error> {
    let Parts { kept, dropped, earlier } = *parts;
    let unecho_verify::Thresholds { likely, sure } = config.verify.rewrite;
    let mut report = Report::new(summary.clone(), likely, sure, Limits::default());
    let with_copies: Vec<DocIndex> =
        kept.iter().copied().filter(|&doc| !records.copies_of(doc).is_empty()).collect();
    for docs in with_copies.chunks(CHUNK) {
        for KeptRecord { document, copies, .. } in records.kept(docs)? {
            report.kept(document, copies.each())?;
        }
    }
    for docs in earlier.chunks(CHUNK) {
        records.earlier(docs)?.iter().for_each(|earlier| report.earlier(earlier));
    }
    for docs in dropped.chunks(CHUNK) {
        records.dropped(docs)?.into_iter().for_each(|dropped| report.dropped(dropped));
    }
    for rejected in &corpus.rejected {
        report.rejected(rejected_record(rejected));
    }
    let findings = &records.matched.findings;
    findings.links.iter().for_each(|link| report.linked(link.probability));
    for misses in findings.misses.chunks(CHUNK) {
        records.pairs(misses)?.into_iter().for_each(|missed| report.missed(missed));
    }
    for docs in records.cut().chunks(CHUNK) {
        records.cuts(docs)?.iter().flatten().for_each(|cut| report.cut(cut));
    }
    report.choose_texts();
    let all = (0..records.documents.len()).map(DocIndex::of);
    let wanted: Vec<DocIndex> =
        all.filter(|&doc| report.wants(records.run(doc).as_deref(), &records.documents.id(doc))).collect();
    for docs in wanted.chunks(CHUNK) {
        for (document, &doc) in records.of(docs)?.into_iter().zip(docs) {
            report.text(records.run(doc).as_deref(), document);
        }
    }
    Ok(report)
}

/// The page about a finished output.
///
/// # Errors
/// When its records cannot be read.
pub(crate) fn report_of(finished: &Finished, pace: Option<Pace>) -> Result<String, unecho_write::Error> {
    let rewrite = &finished.manifest().config["verify"]["rewrite"];
    let threshold = |name: &str| rewrite[name].as_f64().unwrap_or_default();
    let summary = finished.summary()?;
    let mut report = Report::new(summary, threshold("likely"), threshold("sure"), Limits::default());
    for kept in finished.records::<KeptRecord>("data/") {
        let KeptRecord { document, copies, .. } = kept?;
        report.kept(document, copies.into_iter().map(Ok))?;
    }
    for earlier in finished.records::<EarlierRecord>("earlier/") {
        report.earlier(&earlier?);
    }
    for dropped in finished.records::<DroppedRecord>("dropped/") {
        report.dropped(dropped?);
    }
    for rejected in finished.records::<RejectedRecord>("rejected/") {
        report.rejected(rejected?);
    }
    for pair in finished.records::<LinkRecord>("ledger/links-") {
        let pair = pair?;
        if pair.accepted {
            report.linked(pair.scores.probability);
        } else {
            report.missed(pair);
        }
    }
    for cut in finished.records::<StrippedRecord>("ledger/stripped-") {
        report.cut(&cut?);
    }
    report.choose_texts();
    // Only texts of the few documents that are wanted are kept.
    let documents = finished.records::<KeptRecord>("data/").map(|kept| Ok((None, kept?.document)));
    let dropped = finished.records::<DroppedRecord>("dropped/").map(|dropped| Ok((None, dropped?.document)));
    let earlier = finished.records::<EarlierRecord>("earlier/").map(|earlier| {
        let EarlierRecord { document, run, .. } = earlier?;
        Ok((Some(run), document))
    });
    for found in documents.chain(dropped).chain(earlier) {
        let (run, document): (Option<String>, DocumentRecord) = found?;
        if report.wants(run.as_deref(), &document.id) {
            report.text(run.as_deref(), document);
        }
    }
    Ok(match pace {
        Some(pace) => report.with_pace(pace).render(),
        None => report.render(),
    })
}
