//! The totals of a run.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use unecho_model::summary::{Counts, DocumentCounts, EarlierCounts, count};
use unecho_model::{Decision, Document, Fate, Summary, Tie};

use crate::Config;
use crate::ingest::Corpus;
use crate::matching::Matched;

/// Counts everything.
pub(crate) fn summarize(corpus: &Corpus, matched: &Matched, config: &Config) -> Summary {
    let mut summary = Summary {
        mismatches_by_kind: matched.mismatches.clone(),
        candidates: matched.candidates,
        knowledge: matched.knowledge,
        ids_renamed: corpus.ids_renamed,
        files_skipped: corpus.files_skipped,
        earlier: config.index.is_some().then(|| count_earlier(corpus, matched)),
        records_skipped: corpus.records_skipped.clone(),
        digest_mismatches: matched.totals.digest_mismatches,
        stripped_by_rule: matched.totals.stripped_by_rule.clone(),
        attributions: matched.totals.attributions.clone(),
        ..Summary::default()
    };
    count_fates(corpus, matched, &mut summary);
    for rejected in &corpus.rejected {
        count(&mut summary.rejected_by_reason, rejected.reason.name());
    }
    for link in &matched.findings.links {
        count(&mut summary.links_by_kind, link.kind.name());
    }
    summary
}

/// What was cut and credited in documents of this run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Totals {
    stripped_by_rule: Counts,
    attributions: Counts,
    digest_mismatches: u64,
}

impl Totals {
    /// Counts one document.
    pub(crate) fn add(&mut self, document: &Document) {
        for cut in &document.article.stripped {
            count(&mut self.stripped_by_rule, &cut.rule);
        }
        for credit in &document.article.attributions {
            count(&mut self.attributions, &format!("{}: {}", credit.kind, credit.name));
        }
        let is_marked = |warc: &Value| warc.get("digest_mismatch").is_some();
        self.digest_mismatches += u64::from(document.metadata.get("warc").is_some_and(is_marked));
    }

    /// Adds what was counted in others.
    pub(crate) fn merge(&mut self, other: Self) {
        for (all, new) in [
            (&mut self.stripped_by_rule, other.stripped_by_rule),
            (&mut self.attributions, other.attributions),
        ] {
            for (name, n) in new {
                *all.entry(name).or_default() += n;
            }
        }
        self.digest_mismatches += other.digest_mismatches;
    }
}

fn count_earlier(corpus: &Corpus, matched: &Matched) -> EarlierCounts {
    let own = corpus.documents.own();
    let is_earlier = |link: &&Tie| link.pair.high().at() >= own;
    let drops = matched.decisions.fates().iter().filter_map(|fate| match fate {
        Fate::Dropped(drop) if drop.keeper.at() >= own => Some(drop),
        _ => None,
    });
    EarlierCounts {
        compared: matched.earlier.len() as u64,
        links: matched.findings.links.iter().filter(is_earlier).count() as u64,
        dropped: drops.clone().count() as u64,
        better_copies: drops.filter(|drop| drop.is_better).count() as u64,
        replaced: matched.decisions.fates()[own..]
            .iter()
            .filter(|fate| matches!(fate, Fate::Dropped(_)))
            .count() as u64,
    }
}

fn count_fates(corpus: &Corpus, matched: &Matched, summary: &mut Summary) {
    let mut by_kind = Counts::new();
    let mut documents =
        DocumentCounts { rejected: corpus.rejected.len() as u64, ..DocumentCounts::default() };
    for decision in matched.decisions.iter().take(matched.decisions.len() - matched.earlier.len()) {
        match decision {
            Decision::Kept { possible_copies, .. } => {
                documents.kept += 1;
                summary.documents_with_possible_copies += u64::from(!possible_copies.is_empty());
            }
            Decision::Dropped(drop) => {
                documents.dropped += 1;
                count(&mut by_kind, matched.findings.links[drop.link.at()].kind.name());
            }
            Decision::Settled { .. } => {}
        }
    }
    documents.read = documents.kept + documents.dropped + documents.rejected;
    summary.documents = documents;
    summary.dropped_by_kind = by_kind;
}
