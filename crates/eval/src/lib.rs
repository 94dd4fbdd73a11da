//! Scores unecho against labelled sets: it runs the whole pipeline with default config, and compares
//! what a user would get with the labels.
//!
//! Two documents count as linked when they, or the documents kept for them, have an accepted link,
//! or when one document is kept for both. They count as merged when only one voice of both is left.

mod oracle;
mod score;
mod set;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, ensure};
use unecho_model::record::{DroppedRecord, LinkRecord};
use unecho_pipeline::{Config, Finished, Ledger, Run, Unobserved};

pub use oracle::{Found, OracleScore, score_against_brute_force};
pub use score::{LabelScore, Misjudged, SetScore, Shortfall};
pub use set::{Labelled, SetSpec, Targets, set_specs};

/// Runs the pipeline on the set in `folder` and scores it.
///
/// # Errors
/// When the set cannot be read or the run fails.
pub fn score_set(folder: &Path, spec: &SetSpec, config: &Config) -> Result<SetScore> {
    let labelled = Labelled::read(folder)?;
    let home = tempfile::tempdir().context("cannot make a temporary folder")?;
    let input = home.path().join("docs.jsonl");
    write_documents(&labelled, spec, &input)?;
    let out = home.path().join("out");
    let config = Config { ledger: Ledger::All, ..config.clone() };
    let cancelled = AtomicBool::new(false);
    let run = Run { observer: &Unobserved, cancelled: &cancelled };
    let input = input.to_str().context("the temporary folder has no UTF-8 name")?.to_owned();
    let summary = unecho_pipeline::ingest(&[input], &out, &config, &run)?;
    ensure!(
        summary.documents.rejected == 0,
        "{} documents of {} were rejected: {:?}",
        summary.documents.rejected,
        folder.display(),
        summary.rejected_by_reason
    );
    let result = Judgements::read(&out)?;
    Ok(score::score(&labelled, spec, &result))
}

fn write_documents(labelled: &Labelled, spec: &SetSpec, path: &Path) -> Result<()> {
    let mut file = BufWriter::new(fs::File::create(path)?);
    for document in &labelled.documents {
        let document = set::shortened(document, spec.words_max);
        serde_json::to_writer(&mut file, &document)?;
        file.write_all(b"\n")?;
    }
    file.flush().context("cannot write the documents")
}

/// What the pipeline decided, by public ids.
#[derive(Debug, Default)]
pub(crate) struct Judgements {
    /// Document kept for each dropped one.
    keeper: BTreeMap<String, String>,
    /// Verified pairs, ids in order.
    pairs: BTreeMap<(String, String), LinkRecord>,
}

impl Judgements {
    fn read(out: &Path) -> Result<Self> {
        let finished = Finished::open(out)?;
        let mut judgements = Self::default();
        for dropped in finished.records::<DroppedRecord>("dropped/") {
            let dropped = dropped?;
            judgements.keeper.insert(dropped.document.id.into(), dropped.kept_id.into());
        }
        for link in finished.records::<LinkRecord>("ledger/links-") {
            let link = link?;
            let (a, b) = (link.a.as_str().to_owned(), link.b.as_str().to_owned());
            judgements.pairs.insert(if a < b { (a, b) } else { (b, a) }, link);
        }
        Ok(judgements)
    }

    /// The document that speaks for `id`.
    fn voice<'a>(&'a self, id: &'a str) -> &'a str {
        self.keeper.get(id).map_or(id, String::as_str)
    }

    fn pair(&self, a: &str, b: &str) -> Option<&LinkRecord> {
        let key = if a < b { (a.to_owned(), b.to_owned()) } else { (b.to_owned(), a.to_owned()) };
        self.pairs.get(&key)
    }

    /// Whether only one voice of both is left.
    fn is_merged(&self, a: &str, b: &str) -> bool {
        self.voice(a) == self.voice(b)
    }

    fn is_linked(&self, a: &str, b: &str) -> bool {
        let accepted = |a: &str, b: &str| self.pair(a, b).is_some_and(|link| link.accepted);
        let (x, y) = (self.voice(a), self.voice(b));
        x == y || accepted(a, b) || accepted(x, y) || accepted(a, y) || accepted(x, b)
    }
}
