//! Judging a pair that is no plain copy: a rewrite, or what else the two have in common.

use unecho_model::{Level, Mismatch, RewriteScores};

use crate::config::Config;
use crate::decide::Measure;
use crate::evidence::{evidence, shared_origin};
use crate::features::Features;
use crate::mismatch::mismatch;
use crate::objection::{Objection, objection};
use crate::passages::PASSAGE_WORDS_MIN;
use crate::prepared::Prepared;
use crate::statistics::Groups;
use crate::tiling::{Run, Tiling};
use crate::unfitted::{stricter, unfitted_language};

/// What was made of a pair.
pub(crate) struct Judgement {
    /// A rewrite, how certain, or what it is instead.
    pub(crate) outcome: Result<Level, Mismatch>,
    /// Probability of a rewrite.
    pub(crate) probability: f64,
    /// The evidence, where it was computed.
    pub(crate) scores: Option<RewriteScores>,
    /// Whether both claim an origin that few others claim.
    pub(crate) same_origin: bool,
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
            same_origin: false,
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
    config: &Config,
) -> Judgement {
    let evidence = evidence(a, b, tiling, groups);
    let probability = config.calibration.probability(&Features::of(&evidence));
    let (likely, sure) = (config.rewrite.likely, config.rewrite.sure);
    let origin = shared_origin(a, b).filter(|_| evidence.is_same_origin());
    let claim = origin.map(|origin| format!("; both claim {}", origin.name())).unwrap_or_default();
    let mut objection = objection(a, b, tiling, &evidence, config);
    if let Some(language) = unfitted_language(a, b, &config.calibration) {
        let longest = tiling.longest_words();
        objection = stricter(objection, language, (a, b), &evidence, longest, probability, config);
    }
    let (outcome, reason) = match objection {
        _ if probability < likely => {
            let kind = mismatch(a, b, tiling);
            (Err(kind), format!("evidence {probability:.2} is below likely {likely:.2}: {}", in_common(kind)))
        }
        Some(Objection::NoRewrite { instead, reason }) => {
            (Err(instead.unwrap_or_else(|| mismatch(a, b, tiling))), reason)
        }
        Some(Objection::NeverSure(why)) => (Ok(Level::Likely), format!("not sure: {why}")),
        None if probability < sure => {
            (Ok(Level::Likely), format!("evidence {probability:.2} reaches likely {likely:.2}{claim}"))
        }
        None => (Ok(Level::Sure), format!("evidence {probability:.2} reaches sure {sure:.2}{claim}")),
    };
    let shown = |run: &&Run| run.words >= PASSAGE_WORDS_MIN || evidence.rare_runs.contains(run);
    let runs = tiling.runs.iter().filter(shown).copied().collect();
    let same_origin = evidence.is_same_origin();
    Judgement { outcome, probability, scores: Some(evidence.scores), same_origin, runs, reason }
}

/// Measures a pair; `a` is the shorter text and the first of the tiling.
pub(crate) fn measure(
    a: &Prepared,
    b: &Prepared,
    tiling: &Tiling,
    groups: Groups,
    config: &Config,
) -> Measure {
    let evidence = evidence(a, b, tiling, groups);
    let level_max = match objection(a, b, tiling, &evidence, config) {
        None => Some(Level::Sure),
        Some(Objection::NeverSure(_)) => Some(Level::Likely),
        Some(Objection::NoRewrite { .. }) => None,
    };
    Measure { features: Features::of(&evidence), level_max }
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
