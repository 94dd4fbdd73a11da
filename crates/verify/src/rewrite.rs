//! Judging a pair that is no plain copy: a rewrite, or what else the two have in common.

use unecho_model::{Level, Mismatch, RewriteScores};

use crate::config::Config;
use crate::evidence::{Evidence, evidence, shared_origin};
use crate::mismatch::mismatch;
use crate::passages::PASSAGE_WORDS_MIN;
use crate::prepared::Prepared;
use crate::probability::probability;
use crate::statistics::{Groups, Statistics};
use crate::tiling::{Run, Tiling};

/// What was made of a pair.
pub(crate) struct Judgement {
    /// A rewrite, how certain, or what it is instead.
    pub(crate) outcome: Result<Level, Mismatch>,
    /// Probability of a rewrite.
    pub(crate) probability: f64,
    /// The evidence, where it was computed.
    pub(crate) scores: Option<RewriteScores>,
    /// The runs that show it, longest first.
    pub(crate) runs: Vec<Run>,
    /// The rule that decided.
    pub(crate) reason: String,
}

impl Judgement {
    /// Too few words to be evidence of anything.
    pub(crate) fn too_short(words: usize, config: &Config) -> Self {
        let least = config.evidence_words_min;
        Self {
            outcome: Err(Mismatch::Unrelated),
            probability: 0.0,
            scores: None,
            runs: Vec::new(),
            reason: format!("the shorter text has {words} words, below {least}, and is no exact copy"),
        }
    }
}

/// Judges a pair; `a` is the shorter text and the first of the tiling.
pub(crate) fn judge(
    a: &Prepared,
    b: &Prepared,
    tiling: &Tiling,
    groups: Groups,
    statistics: &Statistics,
    config: &Config,
) -> Judgement {
    let evidence = evidence(a, b, tiling, groups, statistics);
    let origin = shared_origin(a, b);
    let probability = probability(&evidence);
    let follow_up = follow_up_days(&evidence, config);
    let outcome = match (probability, follow_up) {
        (p, _) if p < config.likely => Err(mismatch(a, b, tiling)),
        (_, Some(_)) => Err(Mismatch::Background),
        (p, None) if p >= config.sure => Ok(Level::Sure),
        _ => Ok(Level::Likely),
    };
    let mut reason = compare(probability, config);
    if let Some(origin) = origin {
        reason.push_str(&format!("; both claim {origin}"));
    }
    if let (Some(days), true) = (follow_up, probability >= config.likely) {
        let least = config.follow_up_coverage_min;
        let coverage = evidence.scores.coverage;
        reason = format!(
            "{days} days apart, and coverage {coverage:.2} is below {least:.2}: a follow-up with background"
        );
    }
    if let Err(kind) = outcome
        && probability < config.likely
    {
        reason.push_str(&format!("; {}", in_common(kind)));
    }
    let shown = |run: &&Run| run.words >= PASSAGE_WORDS_MIN || evidence.rare_runs.contains(run);
    let runs = tiling.runs.iter().filter(shown).copied().collect();
    Judgement { outcome, probability, scores: Some(evidence.scores), runs, reason }
}

/// The days between a story and its likely follow-up.
fn follow_up_days(evidence: &Evidence, config: &Config) -> Option<u32> {
    let reworded = evidence.scores.coverage < config.follow_up_coverage_min;
    evidence.gap_days.filter(|&days| days > config.follow_up_days_max && reworded)
}

fn compare(probability: f64, config: &Config) -> String {
    let (likely, sure) = (config.likely, config.sure);
    if probability < likely {
        format!("evidence {probability:.2} is below likely {likely:.2}")
    } else if probability < sure {
        format!("evidence {probability:.2} reaches likely {likely:.2}")
    } else {
        format!("evidence {probability:.2} reaches sure {sure:.2}")
    }
}

const fn in_common(kind: Mismatch) -> &'static str {
    match kind {
        Mismatch::SharedQuotes => "most of what they share is quoted",
        Mismatch::SameEvent => "the same event",
        Mismatch::Template => "the same form with other numbers",
        Mismatch::Background => "what they share is one block of background",
        Mismatch::Unrelated => "hardly anything in common",
    }
}
