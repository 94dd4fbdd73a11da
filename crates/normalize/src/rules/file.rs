//! Rules as people write them, in TOML, and their compilation.

use std::collections::BTreeSet;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use unecho_model::AttributionKind;

use super::{Case, Certainty, Class, Rule, Treatment, Unit, Zone};
use crate::config::Error;

/// Largest compiled form of one pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 2 << 20;
/// Names of captures that have a meaning.
const CAPTURES: [&str; 4] = ["source", "agency", "author", "date"];

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
        if entry.lang.iter().any(|lang| !(2..=8).contains(&lang.len())) {
            return bad("`lang` lists language tags such as `en`");
        }
    }
    Ok(file.rule)
}

/// Compiles a rule; `origin` names its file in errors.
pub(super) fn compile(origin: &str, entry: &RuleEntry) -> Result<Rule, Error> {
    let patterns: Result<Vec<Regex>, String> =
        entry.patterns.iter().map(|pattern| compile_pattern(pattern, entry.unit, entry.case)).collect();
    let patterns = patterns.map_err(|problem| Error::BadRule {
        origin: origin.to_owned(),
        rule: entry.name.clone(),
        problem,
    })?;
    Ok(Rule {
        name: entry.name.clone(),
        zone: entry.zone,
        unit: entry.unit,
        words_max: entry.words_max,
        treatment: entry.action,
        certainty: entry.certainty,
        yields: entry.yields,
        truncates: entry.truncates,
        furniture: entry.class.is_furniture(),
        patterns,
    })
}

fn compile_pattern(pattern: &str, unit: Unit, case: Case) -> Result<Regex, String> {
    let anchored = match unit {
        Unit::Line | Unit::Sentence | Unit::Opener | Unit::Section => {
            format!(r"^[\s\p{{P}}\p{{S}}]*(?:{pattern})[\s\p{{P}}\p{{S}}]*$")
        }
        Unit::Prefix => format!(r"^\s*(?:{pattern})"),
        Unit::Suffix => format!(r"(?:{pattern})\s*$"),
    };
    let regex = RegexBuilder::new(&anchored)
        .case_insensitive(case == Case::Ignore)
        .size_limit(PATTERN_BYTES_MAX)
        .build()
        .map_err(|error| error.to_string().lines().last().unwrap_or_default().trim().to_owned())?;
    match regex.capture_names().flatten().find(|name| !CAPTURES.contains(name)) {
        Some(name) => Err(format!("a capture is named {name}; known are {}", CAPTURES.join(", "))),
        None => Ok(regex),
    }
}
