//! Scores unecho against labelled sets: it runs the whole pipeline with a user's config, and compares
//! what a user would get with the labels; and against brute force. Sets are pairs of documents, pages
//! with their gold texts, and lines labelled article or boilerplate.

mod floors;
mod judgements;
mod labels;
mod lines;
mod oracle;
mod pages;
mod score;
mod set;
mod shingles;
mod stripping;
mod tune;

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, ensure};
use unecho_model::Verdict;
use unecho_pipeline::{Config, Ledger, Run, Unobserved};

pub use floors::{CleaningFloor, cleaning_floors};
use judgements::Judgements;
pub use labels::{Labels, Meaning};
pub use lines::{LineCut, LinesScore, RuleScore, Tally, score_lines};
pub use oracle::{Found, OracleScore, score_against_brute_force};
pub use pages::{PageScore, PagesScore, score_pages, score_texts};
pub use score::{Judged, LabelScore, Misjudged, SetScore, Shortfall};
pub use set::{Bounds, PairsSpec, Scope, SetSpec, TuningWeights, set_specs};
pub use shingles::Agreement;
pub use stripping::{Shift, ShiftedPair, StrippingScore, score_stripping};
pub use tune::{DatedScore, TuneSpec, Tuned, tune};

/// Runs the pipeline on the documents of `spec` and scores it on the labelled pairs.
///
/// # Errors
/// When a file cannot be read, a document is rejected, a pair names no document, or the run fails.
pub fn score_pairs(spec: &PairsSpec, config: &Config) -> Result<SetScore> {
    let pairs = set::read_pairs(&spec.pairs)?;
    let home = tempfile::tempdir().context("cannot make a temporary folder")?;
    let docs = home.path().join("docs.jsonl");
    write_documents(spec, &docs)?;
    let inputs: Vec<String> = std::iter::once(&docs)
        .chain(&spec.with)
        .map(|path| Ok(path.to_str().context("a path is not UTF-8")?.to_owned()))
        .collect::<Result<_>>()?;
    let config = Config { ledger: Ledger::All, ..config.clone() };
    let cancelled = AtomicBool::new(false);
    let run = Run { observer: &Unobserved, cancelled: &cancelled };
    let judged = match spec.scope {
        Scope::WholePath => {
            let out = home.path().join("out");
            let summary = unecho_pipeline::ingest(&inputs, &out, &config, &run)?;
            let rejected = summary.documents.rejected;
            ensure!(rejected == 0, "{rejected} documents were rejected: {:?}", summary.rejected_by_reason);
            let judgements = Judgements::read(&out)?;
            pairs.iter().map(|pair| judgements.judged(&pair.a, &pair.b)).collect::<Result<Vec<_>>>()?
        }
        Scope::VerifyOnly => {
            let ids: Vec<(String, String)> =
                pairs.iter().map(|pair| (pair.a.clone(), pair.b.clone())).collect();
            let verdicts = unecho_pipeline::verify_pairs(&inputs, &ids, &config, &run)?;
            let judged = |(verdict, pair): (Option<Verdict>, &set::Pair)| {
                let verdict =
                    verdict.with_context(|| format!("no documents '{}' and '{}'", pair.a, pair.b))?;
                Ok(judged_alone(&verdict, &config))
            };
            verdicts.into_iter().zip(&pairs).map(judged).collect::<Result<Vec<_>>>()?
        }
    };
    Ok(score::score(&spec.name, &spec.labels, &pairs, &judged))
}

/// A verdict by itself: it would merge the two when its link drops.
fn judged_alone(verdict: &Verdict, config: &Config) -> Judged {
    let probability = verdict.scores().probability;
    match verdict {
        Verdict::Linked(link) => Judged {
            linked: true,
            merged: config.on.on(&link.tie(0)) == unecho_pipeline::OnLink::Drop,
            probability,
            reason: Some(format!("{}: {}", link.kind, link.reason)),
        },
        Verdict::Rejected(rejection) => Judged {
            linked: false,
            merged: false,
            probability,
            reason: Some(format!("{}: {}", rejection.kind, rejection.reason)),
        },
    }
}

fn write_documents(spec: &PairsSpec, path: &Path) -> Result<()> {
    let mut file = BufWriter::new(fs::File::create(path)?);
    for document in set::read_documents(&spec.docs)? {
        serde_json::to_writer(&mut file, &set::shortened(&document, spec.words))?;
        file.write_all(b"\n")?;
    }
    file.flush().context("cannot write the documents")
}
