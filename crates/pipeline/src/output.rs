//! The last part of a run: decisions and evidence as records in files.

use std::collections::BTreeSet;

use unecho_cluster::Settled;
use unecho_model::record::{
    CopyRecord, DocumentRecord, DroppedRecord, EarlierRecord, KeptRecord, LinkRecord, PossibleCopyRecord,
    RejectedRecord, StrippedRecord,
};
use unecho_model::{
    CandidatePair, Decision, Digest, DocIndex, Document, Drop, Link, Passage, PossibleCopy, Rejected,
    Rejection, Summary,
};
use unecho_report::{Limits, Pace, Report, StoryHead};
use unecho_write::{Finished, RecordKind, RowSink, Rows, Staging};

use crate::ingest::Corpus;
use crate::matching::Matched;
use crate::{Config, Error, STORIES_MAX};

/// About what a record takes beside its text, in bytes; only where files are cut depends on it.
const RECORD_BYTES: usize = 500;
/// About what a passage takes.
const PASSAGE_BYTES: usize = 45;

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
    let text_bytes = |doc: DocIndex| RECORD_BYTES + corpus.documents[doc.at()].article.text.len();

    let sizes = kept.iter().map(|&doc| text_bytes(doc));
    let rows = Rows::new(sizes, shards, |at, sink: &mut RowSink<'_>| sink.push(&records.kept(kept[at])));
    staging.write_rows(RecordKind::Kept, &rows, shards)?;

    let sizes = dropped.iter().map(|&(doc, _)| text_bytes(doc));
    let rows = Rows::new(sizes, shards, |at, sink: &mut RowSink<'_>| {
        sink.push(&records.dropped(dropped[at].0, dropped[at].1));
    });
    staging.write_rows(RecordKind::Dropped, &rows, shards)?;

    if config.index.is_some() {
        let earlier = records.earlier_of(&dropped);
        let sizes = earlier.iter().map(|&doc| text_bytes(doc));
        let rows =
            Rows::new(sizes, shards, |at, sink: &mut RowSink<'_>| sink.push(&records.earlier(earlier[at])));
        staging.write_rows(RecordKind::Earlier, &rows, shards)?;
    }

    let sizes = corpus.rejected.iter().map(|rejected| RECORD_BYTES + rejected.excerpt.len());
    let rows = Rows::new(sizes, shards, |at, sink: &mut RowSink<'_>| {
        sink.push(&rejected_record(&corpus.rejected[at]));
    });
    staging.write_rows(RecordKind::Rejected, &rows, shards)?;

    let pairs = ledger_pairs(matched);
    let sizes = pairs.iter().map(|pair| RECORD_BYTES + PASSAGE_BYTES * pair.passages());
    let rows = Rows::new(sizes, shards, |at, sink: &mut RowSink<'_>| sink.push(&records.pair(pairs[at])));
    staging.write_rows(RecordKind::Links, &rows, shards)?;

    let cut_bytes =
        |document: &Document| document.article.stripped.iter().map(|cut| 100 + cut.text.len()).sum();
    let own = &corpus.documents[..records.own()];
    let rows = Rows::new(own.iter().map(cut_bytes), shards, |at, sink: &mut RowSink<'_>| {
        push_cuts(&own[at], sink);
    });
    staging.write_rows(RecordKind::Stripped, &rows, shards)?;

    let mut json = serde_json::to_vec_pretty(summary).expect("a summary is always JSON");
    json.push(b'\n');
    staging.write_file("summary.json", &json)?;
    let mut report = report(&records, corpus, &kept, &dropped, summary, config);
    let stories = report.largest(STORIES_MAX);
    staging.write_file("report.html", report.render().as_bytes())?;
    Ok(stories)
}

/// The public record of a clean document.
pub(crate) fn document_record(document: &Document, digest: Digest) -> DocumentRecord {
    let article = &document.article;
    DocumentRecord {
        id: document.id.clone(),
        text: article.text.clone(),
        title: article.title.clone(),
        url: article.url.clone(),
        source: article.source.clone(),
        date: article.date.clone(),
        lang: article.lang.clone(),
        script: article.script.clone(),
        charset: article.charset.clone(),
        extraction_confidence: article.extraction_confidence,
        attributions: article.attributions.clone(),
        flags: article.flags.clone(),
        unmatched: article.unmatched.clone(),
        digest,
        path: document.origin.path.clone(),
        line: document.origin.line,
        metadata: document.metadata.clone(),
    }
}

fn rejected_record(rejected: &Rejected) -> RejectedRecord {
    RejectedRecord {
        id: rejected.id.clone(),
        text: rejected.excerpt.clone(),
        path: rejected.origin.path.clone(),
        line: rejected.origin.line,
        reason: rejected.reason,
        detail: rejected.detail.clone(),
        bytes: rejected.bytes,
    }
}

fn by_fate(matched: &Matched) -> (Vec<DocIndex>, Vec<(DocIndex, Drop)>) {
    let mut kept = Vec::new();
    let mut dropped = Vec::new();
    let own = matched.decisions.len() - matched.earlier.len();
    for (at, decision) in matched.decisions[..own].iter().enumerate() {
        match decision {
            Decision::Kept { .. } => kept.push(DocIndex::of(at)),
            Decision::Dropped(drop) => dropped.push((DocIndex::of(at), *drop)),
            Decision::Settled { .. } => {}
        }
    }
    (kept, dropped)
}

fn push_cuts(document: &Document, sink: &mut RowSink<'_>) {
    for cut in document.article.stripped.iter().chain(&document.article.repaired) {
        sink.push(&StrippedRecord { id: document.id.clone(), cut: cut.clone() });
    }
}

/// A verified pair for the ledger.
#[derive(Clone, Copy)]
enum LedgerPair<'a> {
    Linked(&'a Link),
    Rejected(&'a Rejection),
}

impl LedgerPair<'_> {
    const fn pair(self) -> CandidatePair {
        match self {
            Self::Linked(link) => link.pair,
            Self::Rejected(rejection) => rejection.pair,
        }
    }

    fn passages(self) -> usize {
        match self {
            Self::Linked(link) => link.passages.len(),
            Self::Rejected(rejection) => rejection.passages.len(),
        }
    }
}

fn ledger_pairs(matched: &Matched) -> Vec<LedgerPair<'_>> {
    let links = matched.links.iter().map(LedgerPair::Linked);
    let mut pairs: Vec<LedgerPair<'_>> =
        links.chain(matched.rejections.iter().map(LedgerPair::Rejected)).collect();
    pairs.sort_by_key(|pair| pair.pair());
    pairs
}

/// Makes records of what is known.
struct RecordsOf<'a> {
    documents: &'a [Document],
    matched: &'a Matched,
}

impl RecordsOf<'_> {
    fn document(&self, doc: DocIndex) -> DocumentRecord {
        document_record(&self.documents[doc.at()], self.matched.digests[doc.at()])
    }

    /// How many documents are of this run; the others follow.
    const fn own(&self) -> usize {
        self.documents.len() - self.matched.earlier.len()
    }

    /// The earlier run that a document came with, if any.
    fn run(&self, doc: DocIndex) -> Option<String> {
        let at = doc.at().checked_sub(self.own())?;
        Some(self.matched.earlier[at].run.clone())
    }

    /// The documents of earlier runs that records name, ascending.
    fn earlier_of(&self, dropped: &[(DocIndex, Drop)]) -> Vec<DocIndex> {
        let keepers = dropped.iter().map(|(_, drop)| drop.keeper);
        let pairs = ledger_pairs(self.matched).into_iter().map(LedgerPair::pair);
        let of_pairs = pairs.flat_map(|pair| [pair.low(), pair.high()]);
        let named: BTreeSet<DocIndex> =
            keepers.chain(of_pairs).filter(|doc| doc.at() >= self.own()).collect();
        named.into_iter().collect()
    }

    fn earlier(&self, doc: DocIndex) -> EarlierRecord {
        let earlier = &self.matched.earlier[doc.at() - self.own()];
        let keeper = match (&self.matched.decisions[doc.at()], earlier.settled) {
            (Decision::Dropped(drop), _) => Some(drop.keeper),
            (_, Settled::Dropped(keeper)) => keeper,
            (_, Settled::Kept | Settled::Replaceable) => None,
        };
        let kept_id = keeper.map(|keeper| self.documents[keeper.at()].id.clone());
        EarlierRecord { document: self.document(doc), run: earlier.run.clone(), kept_id }
    }

    fn kept(&self, doc: DocIndex) -> KeptRecord {
        let (copies, possible_copies) = match &self.matched.decisions[doc.at()] {
            Decision::Kept { copies, possible_copies } => (copies.as_slice(), possible_copies.as_slice()),
            Decision::Dropped(_) | Decision::Settled { .. } => (&[][..], &[][..]),
        };
        KeptRecord {
            document: self.document(doc),
            copies: copies.iter().filter_map(|&copy| self.copy(copy)).collect(),
            possible_copies: possible_copies.iter().map(|possible| self.possible_copy(*possible)).collect(),
        }
    }

    fn copy(&self, doc: DocIndex) -> Option<CopyRecord> {
        let Decision::Dropped(drop) = &self.matched.decisions[doc.at()] else { return None };
        let document = &self.documents[doc.at()];
        Some(CopyRecord {
            id: document.id.clone(),
            kind: self.matched.links[drop.link].kind,
            url: document.article.url.clone(),
            source: document.article.source.clone(),
            date: document.article.date.clone(),
            path: document.origin.path.clone(),
            line: document.origin.line,
            run: self.run(doc),
        })
    }

    fn possible_copy(&self, possible: PossibleCopy) -> PossibleCopyRecord {
        let link = &self.matched.links[possible.link];
        PossibleCopyRecord {
            id: self.documents[possible.other.at()].id.clone(),
            kept_id: match &self.matched.decisions[possible.other.at()] {
                Decision::Dropped(drop) => Some(self.documents[drop.keeper.at()].id.clone()),
                Decision::Kept { .. } | Decision::Settled { .. } => None,
            },
            run: self.run(possible.other),
            kind: link.kind,
            probability: link.scores.probability,
        }
    }

    fn dropped(&self, doc: DocIndex, drop: Drop) -> DroppedRecord {
        let link = &self.matched.links[drop.link];
        let passages = if link.pair.low() == doc {
            link.passages.clone()
        } else {
            link.passages.iter().map(|passage| passage.flipped()).collect::<Vec<Passage>>()
        };
        DroppedRecord {
            document: self.document(doc),
            kept_id: self.documents[drop.keeper.at()].id.clone(),
            kept_run: self.run(drop.keeper),
            better_copy: drop.is_better.then_some(true),
            kind: link.kind,
            scores: link.scores,
            passages,
            reason: link.reason.clone(),
        }
    }

    fn pair(&self, pair: LedgerPair<'_>) -> LinkRecord {
        let (ids, kind, level, scores, passages, reason) = match pair {
            LedgerPair::Linked(link) => {
                (link.pair, link.kind.name(), Some(link.level), link.scores, &link.passages, &link.reason)
            }
            LedgerPair::Rejected(rejection) => (
                rejection.pair,
                rejection.kind.name(),
                None,
                rejection.scores,
                &rejection.passages,
                &rejection.reason,
            ),
        };
        // Documents of earlier runs stand behind those of this one, and came before.
        let (a, b) = match self.run(ids.high()) {
            Some(_) => (ids.high(), ids.low()),
            None => (ids.low(), ids.high()),
        };
        let passages = match self.run(a) {
            Some(_) => passages.iter().map(|passage| passage.flipped()).collect(),
            None => passages.clone(),
        };
        LinkRecord {
            a: self.documents[a.at()].id.clone(),
            a_run: self.run(a),
            b: self.documents[b.at()].id.clone(),
            kind: kind.to_owned(),
            accepted: level.is_some(),
            level,
            scores,
            passages,
            reason: reason.clone(),
        }
    }
}

/// The page about the run, from the same records as the files.
fn report(
    records: &RecordsOf<'_>,
    corpus: &Corpus,
    kept: &[DocIndex],
    dropped: &[(DocIndex, Drop)],
    summary: &Summary,
    config: &Config,
) -> Report {
    let unecho_verify::Thresholds { likely, sure } = config.verify.rewrite;
    let mut report = Report::new(summary.clone(), likely, sure, Limits::default());
    let has_copies = |doc: &DocIndex| match &records.matched.decisions[doc.at()] {
        Decision::Kept { copies, .. } => !copies.is_empty(),
        Decision::Dropped(_) | Decision::Settled { .. } => false,
    };
    for doc in kept.iter().copied().filter(has_copies) {
        report.kept(records.kept(doc));
    }
    for doc in records.earlier_of(dropped) {
        report.earlier(&records.earlier(doc));
    }
    for &(doc, drop) in dropped {
        report.dropped(records.dropped(doc, drop));
    }
    for rejected in &corpus.rejected {
        report.rejected(rejected_record(rejected));
    }
    for link in &records.matched.links {
        report.linked(link.scores.probability);
    }
    for rejection in &records.matched.rejections {
        report.missed(records.pair(LedgerPair::Rejected(rejection)));
    }
    for document in &records.documents[..records.own()] {
        for cut in &document.article.stripped {
            report.cut(&StrippedRecord { id: document.id.clone(), cut: cut.clone() });
        }
    }
    report.choose_texts();
    for (at, document) in records.documents.iter().enumerate() {
        let run = records.run(DocIndex::of(at));
        if report.wants(run.as_deref(), &document.id) {
            report.text(run.as_deref(), records.document(DocIndex::of(at)));
        }
    }
    report
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
        report.kept(kept?);
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
