//! Two documents of a finished output side by side, for those who ask why.

use unecho_model::record::DocumentRecord;
use unecho_model::{Article, CandidatePair, DocIndex, Verdict};
use unecho_verify::{Groups, prepare, verify};

use crate::Config;

/// Compares two documents of a finished output on their texts alone: what nobody else writes is
/// not known, so shared stock phrases weigh as much as rare ones.
#[must_use]
pub fn compare(a: &DocumentRecord, b: &DocumentRecord, config: &Config) -> Verdict {
    let article = |record: &DocumentRecord| Article {
        text: record.text.clone(),
        source: record.source.clone(),
        date: record.date.clone(),
        lang: record.lang.clone(),
        attributions: record.attributions.clone(),
        flags: record.flags.clone(),
        unmatched: record.unmatched.clone(),
        ..Article::default()
    };
    let (low, high) = (prepare(article(a)), prepare(article(b)));
    let pair = CandidatePair::new(DocIndex(0), DocIndex(1)).expect("0 and 1 differ");
    verify(pair, &low, &high, Groups::Unknown, &config.verify)
}
