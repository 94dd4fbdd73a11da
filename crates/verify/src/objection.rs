//! What speaks against a rewrite whatever the evidence: rules where a regression only weighs.
//!
//! One publisher tells a running story again every day, with the background of the day before and the
//! form of the week before. Dates tell these apart from copies, where there are dates; where there
//! are none, numbers, and the place of what is shared.

use unecho_model::{Mismatch, Publisher};

use crate::config::Config;
use crate::evidence::Evidence;
use crate::mismatch::{is_background, is_decided_by, is_one_block, is_template, number_conflicts};
use crate::prepared::Prepared;
use crate::tiling::Tiling;

/// A reason not to call a pair a rewrite, or not surely.
pub(crate) enum Objection {
    /// It is none.
    NoRewrite {
        /// What it is instead, where the objection knows.
        instead: Option<Mismatch>,
        /// Why.
        reason: String,
    },
    /// It is at most likely, and why.
    NeverSure(String),
}

/// The strongest objection to a pair; `a` is the shorter text and the first of the tiling.
pub(crate) fn objection(
    a: &Prepared,
    b: &Prepared,
    tiling: &Tiling,
    evidence: &Evidence,
    config: &Config,
) -> Option<Objection> {
    too_little(evidence, config)
        .or_else(|| follow_up(a, b, tiling, evidence, config))
        .or_else(|| one_block(a, b, tiling, evidence, config))
        .or_else(|| filled_form(a, b, tiling, evidence))
        .or_else(|| never_sure(a, b, tiling, evidence, config).map(Objection::NeverSure))
}

/// Too little is told to tell a story.
fn too_little(evidence: &Evidence, config: &Config) -> Option<Objection> {
    let (words, words_min) = (evidence.shorter_words, config.rewrite_words_min);
    (words < words_min as usize).then(|| Objection::NoRewrite {
        instead: None,
        reason: format!("the shorter text tells {words} words, below {words_min}"),
    })
}

/// A later story with the background of the first, or the same report of another week.
fn follow_up(
    a: &Prepared,
    b: &Prepared,
    tiling: &Tiling,
    evidence: &Evidence,
    config: &Config,
) -> Option<Objection> {
    let days = evidence.gap_days.filter(|&days| days > config.follow_up_days_max)?;
    if let Some(publisher) = same_publisher(a, b) {
        let kind = if is_template(a, b, tiling) { Mismatch::Template } else { Mismatch::Background };
        let reason = format!("both from {publisher}, {days} days apart: a follow-up or a periodic report");
        return Some(Objection::NoRewrite { instead: Some(kind), reason });
    }
    let (coverage, least) = (evidence.scores.coverage, config.follow_up_coverage_min);
    (coverage < least).then(|| Objection::NoRewrite {
        instead: Some(Mismatch::Background),
        reason: format!(
            "{days} days apart, and coverage {coverage:.2} is below {least:.2}: a follow-up with background"
        ),
    })
}

/// One shared block below different news.
fn one_block(
    a: &Prepared,
    b: &Prepared,
    tiling: &Tiling,
    evidence: &Evidence,
    config: &Config,
) -> Option<Objection> {
    let coverage = evidence.scores.coverage;
    let (least, least_beside) = (config.follow_up_coverage_min, config.background_coverage_min);
    let (what, least) = if coverage < least && is_one_block(a, b, tiling) {
        ("they share one block and nothing else", least)
    } else if coverage < least_beside && is_background(a, b, tiling) {
        ("most of what they share is one block", least_beside)
    } else {
        return None;
    };
    Some(Objection::NoRewrite {
        instead: Some(Mismatch::Background),
        reason: format!("{what}, and coverage {coverage:.2} is below {least:.2}"),
    })
}

/// One form, filled with other numbers in the same places: an edit or a rewrite keeps them.
fn filled_form(a: &Prepared, b: &Prepared, tiling: &Tiling, evidence: &Evidence) -> Option<Objection> {
    let is_form = is_template(a, b, tiling) && !evidence.is_same_origin();
    let conflicts = if is_form { number_conflicts(a, b, tiling) } else { 0 };
    is_decided_by(conflicts, a, b).then(|| Objection::NoRewrite {
        instead: Some(Mismatch::Template),
        reason: format!("the same form with {conflicts} other numbers in the same places"),
    })
}

fn never_sure(
    a: &Prepared,
    b: &Prepared,
    tiling: &Tiling,
    evidence: &Evidence,
    config: &Config,
) -> Option<String> {
    let (coverage, days) = (evidence.scores.coverage, evidence.gap_days.unwrap_or(0));
    let (behind, behind_max) = (evidence.scores.lead_behind, config.lead_behind_max);
    if days > config.follow_up_days_max {
        return Some(format!("{days} days apart"));
    }
    if is_one_block(a, b, tiling) {
        return Some("they share one block and nothing else".to_owned());
    }
    if coverage < config.follow_up_coverage_min && is_background(a, b, tiling) {
        let least = config.follow_up_coverage_min;
        return Some(format!(
            "most of what they share is one block, and coverage {coverage:.2} is below {least:.2}"
        ));
    }
    if is_template(a, b, tiling) && !evidence.is_same_origin() {
        return Some("the same form with other numbers".to_owned());
    }
    if behind > behind_max {
        return Some(format!(
            "the lead is shared {behind:.2} less than the whole text, above {behind_max:.2}"
        ));
    }
    let least = config.same_publisher_coverage_min;
    if evidence.scores.weekdays_differ > 0.0 && coverage < least {
        return Some(format!(
            "the leads name different days of the week, and coverage {coverage:.2} is below {least:.2}"
        ));
    }
    let publisher = same_publisher(a, b).filter(|_| days > 0 && coverage < least)?;
    Some(format!("both from {publisher}, {days} days apart, and coverage {coverage:.2} is below {least:.2}"))
}

fn same_publisher<'t>(a: &'t Prepared, b: &Prepared) -> Option<&'t str> {
    a.source.as_ref().filter(|_| a.source == b.source).map(Publisher::name)
}
