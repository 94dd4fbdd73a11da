//! Rules as people write them, in TOML.

use std::collections::BTreeSet;

use serde::Deserialize;
use unecho_model::AttributionKind;

use super::{Case, Certainty, Class, Pattern, Rule, Treatment, Unit, Zone};
use crate::config::Error;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    #[serde(default)]
    rule: Vec<RuleEntry>,
}

/// A rule as written. `rules/README.md` describes the fields for people.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleEntry {
    pub(super) name: String,
    class: Class,
    /// Languages the patterns are written for; all rules are tried on all texts.
    #[serde(default)]
    lang: Vec<String>,
    #[serde(default)]
    zone: Zone,
    #[serde(default)]
    unit: Unit,
    #[serde(default = "default_words_max")]
    words_max: u32,
    #[serde(default)]
    case: Case,
    #[serde(default)]
    action: Treatment,
    #[serde(default)]
    certainty: Certainty,
    #[serde(default)]
    yields: Option<AttributionKind>,
    #[serde(default)]
    truncates: bool,
    /// A line is tried only when it holds one of these; none: every short line is tried.
    #[serde(default)]
    pub(super) triggers: Vec<String>,
    patterns: Vec<String>,
    /// What a line must match that ends a box.
    #[serde(default)]
    until: Vec<String>,
    #[serde(default)]
    pub(super) examples: Vec<String>,
    #[serde(default)]
    pub(super) counter_examples: Vec<String>,
}

fn default_words_max() -> u32 {
    20
}

/// The rules of one file; `origin` names it in errors.
pub(super) fn parse(origin: &str, toml: &str) -> Result<Vec<RuleEntry>, Error> {
    let file: RuleFile = toml::from_str(toml)
        .map_err(|source| Error::Malformed { origin: origin.to_owned(), source: Box::new(source) })?;
    let mut names = BTreeSet::new();
    for entry in &file.rule {
        let bad = |problem: &str| {
            let (origin, rule) = (origin.to_owned(), entry.name.clone());
            Err(Error::BadRule { origin, rule, problem: problem.to_owned() })
        };
        if !names.insert(entry.name.as_str()) {
            return bad("the name occurs twice");
        }
        if !entry.name.contains('.')
            || entry.name.chars().any(|c| !(c.is_ascii_alphanumeric() || ".-".contains(c)))
        {
            return bad("a name is `class.what`, letters, digits, points and hyphens");
        }
        if entry.patterns.is_empty() {
            return bad("there is no pattern");
        }
        if (entry.class == Class::Correction) != (entry.action == Treatment::Correction) {
            return bad("a correction is never cut, and nothing else is kept as one");
        }
        if (entry.unit == Unit::Box) == entry.until.is_empty() {
            return bad("`until` says what ends a box, and goes with the unit `box`");
        }
        if entry.lang.iter().any(|lang| !(2..=8).contains(&lang.len())) {
            return bad("`lang` lists language tags such as `en`");
        }
    }
    Ok(file.rule)
}

/// The rule of an entry.
pub(super) fn rule_of(entry: &RuleEntry) -> Rule {
    let pattern = |written: &String| Pattern::new(written, entry.unit, entry.case);
    Rule {
        name: entry.name.clone(),
        zone: entry.zone,
        unit: entry.unit,
        words_max: entry.words_max,
        treatment: entry.action,
        certainty: entry.certainty,
        yields: entry.yields,
        truncates: entry.truncates,
        furniture: entry.class.is_furniture(),
        patterns: entry.patterns.iter().map(pattern).collect(),
        until: entry.until.iter().map(pattern).collect(),
    }
}
