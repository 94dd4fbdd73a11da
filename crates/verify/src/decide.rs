//! The order of decisions: exact, near, contained, rewrite, else what the two have in common.

use unecho_model::{
    CandidatePair, Kind, Level, Link, Mismatch, Passage, Rejection, RewriteScores, Scores, Verdict,
};

use crate::config::Config;
use crate::evidence::shared_origin;
use crate::features::Features;
use crate::mismatch::facts_differ;
use crate::passages::{PASSAGE_WORDS_MIN, passages};
use crate::prepared::Prepared;
use crate::resemblance::Resemblance;
use crate::rewrite::{self, Judgement};
use crate::statistics::Groups;
use crate::tiling::{Run, Tiling, tile};

/// Decides a pair. `low` and `high` are the articles of `pair`, with what is known of how common their phrases are
/// elsewhere ([`Prepared::counted`]); `groups` says whether near copies were already found to bind them.
#[must_use]
pub fn verify(
    pair: CandidatePair,
    low: &Prepared,
    high: &Prepared,
    groups: Groups,
    config: &Config,
) -> Verdict {
    let compared = Compared::of(low, high);
    compared.decide_text_only(pair, config).unwrap_or_else(|| compared.decide_rewrite(pair, groups, config))
}

/// Decides `exact`, `near` and `contained`, which depend on the two texts alone, and rejects one form with
/// other facts in it; `None` when it is none of these.
#[must_use]
pub fn verify_text_only(
    pair: CandidatePair,
    low: &Prepared,
    high: &Prepared,
    config: &Config,
) -> Option<Verdict> {
    Compared::of(low, high).decide_text_only(pair, config)
}

/// Whether two texts that resemble each other are one form with other facts in it: what [`verify_text_only`]
/// and [`verify`] reject as [`Mismatch::Template`] before they look at anything else, at a part of the cost.
#[must_use]
pub fn is_filled_form(low: &Prepared, high: &Prepared, config: &Config) -> bool {
    Compared::of(low, high).is_filled_form(config)
}

/// What a calibration is fitted on: the features of a pair, and what no probability can change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// What the probability of a rewrite is computed from.
    pub features: Features,
    /// The most that a link of the pair can be; `None` when it can be none.
    pub level_max: Option<Level>,
}

/// Measures a pair; `None` when the texts alone decide it or are too short to be judged.
#[must_use]
pub fn measure(low: &Prepared, high: &Prepared, groups: Groups, config: &Config) -> Option<Measure> {
    let compared = Compared::of(low, high);
    let is_decided = compared.is_too_short(config)
        || compared.text_only(config).is_some()
        || compared.is_filled_form(config);
    (!is_decided).then(|| rewrite::measure(compared.a, compared.b, compared.tiling(), groups, config))
}

/// Which of the pair is the shorter text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shorter {
    Low,
    High,
}

/// What the two texts alone show.
struct TextOnly {
    kind: Kind,
    level: Level,
    probability: f64,
    /// The evidence, where it was looked at.
    scores: Option<RewriteScores>,
    /// The rule that decided.
    reason: String,
}

impl TextOnly {
    const fn sure(kind: Kind, reason: String) -> Self {
        Self { kind, level: Level::Sure, probability: 1.0, scores: None, reason }
    }
}

/// Two texts side by side, the shorter first.
struct Compared<'t> {
    a: &'t Prepared,
    b: &'t Prepared,
    shorter: Shorter,
    resemblance: Resemblance,
    tiling: std::cell::OnceCell<Tiling>,
}

impl<'t> Compared<'t> {
    fn of(low: &'t Prepared, high: &'t Prepared) -> Self {
        let (a, b, shorter) =
            if low.words() <= high.words() { (low, high, Shorter::Low) } else { (high, low, Shorter::High) };
        let resemblance = Resemblance::of(a, b);
        Self { a, b, shorter, resemblance, tiling: std::cell::OnceCell::new() }
    }

    fn tiling(&self) -> &Tiling {
        self.tiling.get_or_init(|| tile(self.a, self.b))
    }

    /// What the two texts alone show; `None` when they show no copy.
    fn text_only(&self, config: &Config) -> Option<TextOnly> {
        if self.is_exact() {
            return Some(TextOnly::sure(Kind::Exact, format!("all {} words are the same", self.a.words())));
        }
        if self.is_too_short(config) {
            return None;
        }
        let Resemblance { jaccard, containment } = self.resemblance;
        let (near, contained) = (config.near, config.contained);
        if jaccard >= near.sure {
            return Some(TextOnly::sure(Kind::Near, reaches("resemblance", jaccard, near.sure)));
        }
        // Before containment: of two fillings as long as each other, a resemblance of .67 is a containment of .8.
        if self.is_filled_form(config) {
            return None;
        }
        let is_near = jaccard >= near.likely;
        let likely_near = is_near
            .then(|| self.in_part(Kind::Near, &reaches("resemblance", jaccard, near.likely), config))
            .flatten();
        if likely_near.as_ref().is_some_and(|copy| copy.level == Level::Sure) {
            return likely_near;
        }
        if containment >= contained.sure && self.has_witness(config) {
            return Some(TextOnly::sure(Kind::Contained, self.contained_reason(contained.sure)));
        }
        if is_near {
            return likely_near;
        }
        if containment >= contained.likely && self.has_witness(config) {
            return self.in_part(Kind::Contained, &self.contained_reason(contained.likely), config);
        }
        let is_half = containment >= config.contained_share_min() && self.has_block(config);
        let half = is_half.then(|| self.contained_reason(config.half_contained_min))?;
        let copy = self.in_part(Kind::Contained, &half, config)?;
        let covered = self.tiling().covered_words() as f64;
        // With so much of its own, none can stand for the other.
        let is_half_own = covered < config.contained_coverage_min * self.a.words() as f64;
        Some(if is_half_own { TextOnly { level: Level::Likely, ..copy } } else { copy })
    }

    /// A copy of so large a part that it is one, unless something speaks against it; sure when the evidence of
    /// the two texts alone makes it sure.
    fn in_part(&self, kind: Kind, reached: &str, config: &Config) -> Option<TextOnly> {
        let gap_days = self.a.day.zip(self.b.day).map(|(a, b)| a.gap_days(b));
        if gap_days.is_some_and(|days| days > config.follow_up_days_max) {
            return None;
        }
        let judged = rewrite::judge(self.a, self.b, self.tiling(), Groups::Unknown, config);
        let level = match judged.outcome {
            Ok(level) => level,
            Err(_) if self.has_block(config) => Level::Likely,
            Err(_) => return None,
        };
        let reason = format!("{reached}; {}", judged.reason);
        Some(TextOnly { kind, level, probability: judged.probability, scores: judged.scores, reason })
    }

    fn contained_reason(&self, least: f64) -> String {
        let run = self.tiling().longest_words();
        let reaches = reaches("containment", self.resemblance.containment, least);
        format!("{reaches}, with a shared run of {run} words")
    }

    fn decide_text_only(&self, pair: CandidatePair, config: &Config) -> Option<Verdict> {
        let Some(copy) = self.text_only(config) else {
            return self.is_filled_form(config).then(|| Verdict::Rejected(self.filled_form(pair, config)));
        };
        let TextOnly { kind, level, probability, scores, reason } = copy;
        let scores =
            Scores { probability: rounded(probability), rewrite: scores.map(all_rounded), ..self.scores() };
        let runs = self.tiling().runs.iter().filter(|run| run.words >= PASSAGE_WORDS_MIN);
        let passages = match kind {
            Kind::Exact => self.passages([&self.whole()], config),
            _ => self.passages(runs, config),
        };
        Some(Verdict::Linked(Link { pair, kind, level, scores, passages, reason }))
    }

    /// Whether two texts that resemble each other say different things in the same form: no copies, however
    /// much of the form they share.
    fn is_filled_form(&self, config: &Config) -> bool {
        let Resemblance { jaccard, .. } = self.resemblance;
        !self.is_too_short(config)
            && (config.near.likely..config.near.sure).contains(&jaccard)
            && facts_differ(self.a, self.b)
    }

    fn filled_form(&self, pair: CandidatePair, config: &Config) -> Rejection {
        let runs = self.tiling().runs.iter().filter(|run| run.words >= PASSAGE_WORDS_MIN);
        let (passages, jaccard) = (self.passages(runs, config), self.resemblance.jaccard);
        let reason = format!(
            "resemblance {jaccard:.2} is below {:.2}, and the facts in the same form are others",
            config.near.sure
        );
        Rejection { pair, kind: Mismatch::Template, scores: self.scores(), passages, reason }
    }

    fn decide_rewrite(&self, pair: CandidatePair, groups: Groups, config: &Config) -> Verdict {
        let judged = if self.is_too_short(config) {
            Judgement::too_short(self.a.words(), config)
        } else {
            rewrite::judge(self.a, self.b, self.tiling(), groups, config)
        };
        let scores = Scores {
            probability: rounded(judged.probability),
            same_origin: judged.same_origin,
            rewrite: judged.scores.map(all_rounded),
            ..self.scores()
        };
        let passages = self.passages(&judged.runs, config);
        let reason = judged.reason;
        match judged.outcome {
            Ok(level) => Verdict::Linked(Link { pair, kind: Kind::Rewrite, level, scores, passages, reason }),
            Err(kind) => Verdict::Rejected(Rejection { pair, kind, scores, passages, reason }),
        }
    }

    fn is_exact(&self) -> bool {
        !self.a.words.is_empty() && self.a.has_words_of(self.b)
    }

    fn is_too_short(&self, config: &Config) -> bool {
        self.a.words() < config.evidence_words_min as usize
    }

    /// Whether the shared shingles stand together, and are not gathered from all over a long text.
    fn has_witness(&self, config: &Config) -> bool {
        let longest = self.tiling().longest_words();
        longest >= config.witness_words_min as usize
            && longest as f64 >= config.witness_share_min * self.a.words() as f64
    }

    /// Whether a good part of the shorter text is one shared block: half of an article in another.
    fn has_block(&self, config: &Config) -> bool {
        let longest = self.tiling().longest_words();
        longest >= config.block_words_min as usize
            && longest as f64 >= config.block_share_min * self.a.words() as f64
    }

    fn whole(&self) -> Run {
        Run { words: self.a.words(), a: 0, b: 0 }
    }

    fn scores(&self) -> Scores {
        let longest = if self.is_exact() { self.a.words() } else { self.tiling().longest_words() };
        Scores {
            probability: 0.0,
            jaccard: rounded(self.resemblance.jaccard),
            containment: rounded(self.resemblance.containment),
            longest_run_words: u32::try_from(longest).unwrap_or(u32::MAX),
            same_origin: shared_origin(self.a, self.b).is_some(),
            rewrite: None,
        }
    }

    fn passages<'r>(&self, runs: impl IntoIterator<Item = &'r Run>, config: &Config) -> Vec<Passage> {
        let mut passages = passages(self.a, self.b, runs, config.passages_max);
        if self.shorter == Shorter::High {
            for passage in &mut passages {
                *passage = passage.flipped();
            }
        }
        passages
    }
}

fn reaches(what: &str, value: f64, least: f64) -> String {
    format!("{what} {value:.2} reaches {least:.2}")
}

/// To 4 decimals, as records have them.
fn rounded(score: f64) -> f64 {
    (score * 1e4).round() / 1e4
}

fn all_rounded(scores: RewriteScores) -> RewriteScores {
    RewriteScores {
        skip_pairs: rounded(scores.skip_pairs),
        skip_pairs_jaccard: rounded(scores.skip_pairs_jaccard),
        sentences: rounded(scores.sentences),
        quotes: rounded(scores.quotes),
        coverage: rounded(scores.coverage),
        coverage_longer: rounded(scores.coverage_longer),
        names_missing: rounded(scores.names_missing),
        narration: rounded(scores.narration),
        numbers_missing: scores.numbers_missing,
        lead_behind: rounded(scores.lead_behind),
        weekdays_differ: scores.weekdays_differ,
    }
}

#[cfg(test)]
mod tests;
