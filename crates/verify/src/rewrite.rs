//! Judging a pair that is no plain copy: a rewrite, or what else the two have in common.

use unecho_model::{Level, Mismatch, RewriteScores};

use crate::config::Config;
use crate::evidence::{Evidence, evidence, shared_origin};
use crate::mismatch::{is_background, is_template, mismatch};
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
    statistics: &Statistics,
    config: &Config,
) -> Judgement {
    let evidence = evidence(a, b, tiling, groups, statistics);
    let probability = probability(&evidence);
    let origin = shared_origin(a, b).filter(|_| evidence.is_same_origin());
    let claim = origin.map(|origin| format!("; both claim {origin}")).unwrap_or_default();
    let (outcome, reason) = match objection(a, b, tiling, &evidence, config) {
        _ if probability < config.likely => {
            let kind = mismatch(a, b, tiling);
            let likely = config.likely;
            (Err(kind), format!("evidence {probability:.2} is below likely {likely:.2}: {}", in_common(kind)))
        }
        Some(Objection::FewWords(reason)) => (Err(mismatch(a, b, tiling)), reason),
        Some(Objection::FollowUp(reason)) => (Err(Mismatch::Background), reason),
        Some(
            Objection::Block(reason) | Objection::SamePublisher(reason) | Objection::OtherNumbers(reason),
        ) => (Ok(Level::Likely), reason),
        None if probability < config.sure => (
            Ok(Level::Likely),
            format!("evidence {probability:.2} reaches likely {:.2}{claim}", config.likely),
        ),
        None => {
            (Ok(Level::Sure), format!("evidence {probability:.2} reaches sure {:.2}{claim}", config.sure))
        }
    };
    let shown = |run: &&Run| run.words >= PASSAGE_WORDS_MIN || evidence.rare_runs.contains(run);
    let runs = tiling.runs.iter().filter(shown).copied().collect();
    let same_origin = evidence.is_same_origin();
    Judgement { outcome, probability, scores: Some(evidence.scores), same_origin, runs, reason }
}

/// What speaks against a rewrite whatever the evidence, and why.
enum Objection {
    /// Too little is told to tell a story.
    FewWords(String),
    /// A later story with the background of the first.
    FollowUp(String),
    /// The same form with other numbers, as in periodic reports: never sure.
    OtherNumbers(String),
    /// One block in another story: never sure.
    Block(String),
    /// Publishers repeat their own background: never sure.
    SamePublisher(String),
}

fn objection(
    a: &Prepared,
    b: &Prepared,
    tiling: &Tiling,
    evidence: &Evidence,
    config: &Config,
) -> Option<Objection> {
    let (words, words_min) = (evidence.shorter_words, config.rewrite_words_min);
    if words < words_min as usize {
        return Some(Objection::FewWords(format!("the shorter text tells {words} words, below {words_min}")));
    }
    let form = (is_template(a, b, tiling) && !evidence.is_same_origin())
        .then(|| Objection::OtherNumbers("not sure: the same form with other numbers".to_owned()));
    let (coverage, least) = (evidence.scores.coverage, config.follow_up_coverage_min);
    if coverage >= least {
        return form;
    }
    let days = evidence.gap_days.unwrap_or(0);
    if days > config.follow_up_days_max {
        return Some(Objection::FollowUp(format!(
            "{days} days apart, and coverage {coverage:.2} is below {least:.2}: a follow-up with background"
        )));
    }
    if is_background(a, b, tiling) {
        return Some(Objection::Block(format!(
            "not sure: most of what they share is one block, and coverage {coverage:.2} is below {least:.2}"
        )));
    }
    if form.is_some() {
        return form;
    }
    let publisher = a.source.as_ref().filter(|_| days > 0 && a.source == b.source)?;
    Some(Objection::SamePublisher(format!(
        "not sure: both from {publisher}, {days} days apart, and coverage {coverage:.2} is below {least:.2}"
    )))
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
