//! What a finished output says about a pair.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};
use unecho_model::record::{DroppedRecord, KeptRecord, LinkRecord};
use unecho_pipeline::Finished;

use crate::score::Judged;

/// What the pipeline decided, by public ids.
#[derive(Debug, Default)]
pub(crate) struct Judgements {
    /// The document that is kept for each document; itself when it is kept.
    voice: BTreeMap<String, String>,
    /// Compared pairs, ids in order.
    pub(crate) pairs: BTreeMap<(String, String), LinkRecord>,
}

impl Judgements {
    pub(crate) fn read(out: &Path) -> Result<Self> {
        let finished = Finished::open(out)?;
        let mut judgements = Self::default();
        for kept in finished.records::<KeptRecord>("data/") {
            let id: String = kept?.document.id.into();
            judgements.voice.insert(id.clone(), id);
        }
        for dropped in finished.records::<DroppedRecord>("dropped/") {
            let dropped = dropped?;
            judgements.voice.insert(dropped.document.id.into(), dropped.kept_id.into());
        }
        for link in finished.records::<LinkRecord>("ledger/links-") {
            let link = link?;
            let (a, b) = (link.a.as_str().to_owned(), link.b.as_str().to_owned());
            judgements.pairs.insert(if a < b { (a, b) } else { (b, a) }, link);
        }
        Ok(judgements)
    }

    /// The record of a pair that was compared.
    fn pair(&self, a: &str, b: &str) -> Option<&LinkRecord> {
        let key = if a < b { (a.to_owned(), b.to_owned()) } else { (b.to_owned(), a.to_owned()) };
        self.pairs.get(&key)
    }

    /// Whether only one voice of both is left.
    pub(crate) fn is_merged(&self, a: &str, b: &str) -> bool {
        let voices = (self.voice.get(a), self.voice.get(b));
        voices.0.is_some() && voices.0 == voices.1
    }

    /// Whether the pair has an accepted link, or one document is kept for both.
    pub(crate) fn is_linked(&self, a: &str, b: &str) -> bool {
        self.is_merged(a, b) || self.pair(a, b).is_some_and(|link| link.accepted)
    }

    /// What was decided about a pair.
    pub(crate) fn judged(&self, a: &str, b: &str) -> Result<Judged> {
        for id in [a, b] {
            ensure!(
                self.voice.contains_key(id),
                "a pair names '{id}', which is no document of the collection"
            );
        }
        let merged = self.is_merged(a, b);
        let found = self.pair(a, b);
        let probability = found.map_or(0.0, |link| link.scores.probability);
        Ok(Judged {
            linked: self.is_linked(a, b),
            merged,
            probability: if merged { 1.0 } else { probability },
            reason: found.map(|link| format!("{}: {}", link.kind, link.reason)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_one_document_are_merged() {
        let mut judgements = Judgements::default();
        for (id, voice) in [("a", "k"), ("b", "k"), ("k", "k"), ("c", "c")] {
            judgements.voice.insert(id.to_owned(), voice.to_owned());
        }
        let judged = judgements.judged("a", "b").unwrap();
        assert!(judged.linked && judged.merged && judged.reason.is_none());
        assert!(!judgements.judged("a", "c").unwrap().linked);
        assert!(judgements.judged("a", "unknown").is_err());
    }
}
