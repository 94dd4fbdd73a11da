//! All rules together, and the quick look that says which are worth trying on a line.

use super::file::{self, RuleEntry};
use super::triggers::Triggers;
use super::{Rule, Unit};
use crate::config::{Config, Error};
use crate::lines;

/// The embedded rule files.
const EMBEDDED: [(&str, &str); 9] = [
    ("credits.toml", include_str!("../../rules/credits.toml")),
    ("syndication.toml", include_str!("../../rules/syndication.toml")),
    ("agencies.toml", include_str!("../../rules/agencies.toml")),
    ("related.toml", include_str!("../../rules/related.toml")),
    ("prompts.toml", include_str!("../../rules/prompts.toml")),
    ("furniture.toml", include_str!("../../rules/furniture.toml")),
    ("boxes.toml", include_str!("../../rules/boxes.toml")),
    ("notes.toml", include_str!("../../rules/notes.toml")),
    ("corrections.toml", include_str!("../../rules/corrections.toml")),
];

/// Rules for whole lines that are no longer than this are not looked for on longer lines, in words.
const SHORT_WORDS_MAX: u32 = 34;

/// Rules without triggers are tried on lines of at most so many words.
const UNTRIGGERED_WORDS_MAX: u32 = 14;

/// Compiled rules, in the order in which they are tried.
#[derive(Debug)]
pub(crate) struct RuleSet {
    rules: Vec<Rule>,
    /// Triggers of all rules, for short lines.
    short: Triggers,
    /// Triggers of the rules that can match on a longer line.
    long: Triggers,
    untriggered: Vec<usize>,
}

/// The rules worth trying on one line, ascending.
#[derive(Debug, Default)]
pub(crate) struct Triggered {
    rules: Vec<usize>,
}

impl RuleSet {
    /// The embedded rules and those of `config`, less the disabled ones. `structural` are names of
    /// rules that are code, which may be disabled too.
    pub(crate) fn new(config: &Config, structural: &[&str]) -> Result<Self, Error> {
        let mut entries: Vec<Loaded> = Vec::new();
        for loaded in all_entries(config)? {
            match entries.iter_mut().find(|known| known.entry.name == loaded.entry.name) {
                Some(known) => *known = loaded,
                None => entries.push(loaded),
            }
        }
        check_disabled(&entries, structural, &config.disabled_rules)?;
        entries.retain(|loaded| !is_disabled(&loaded.entry.name, &config.disabled_rules));
        let rules: Vec<Rule> = entries.iter().map(|loaded| file::rule_of(&loaded.entry)).collect();
        let all = || entries.iter().map(|loaded| loaded.entry.triggers.as_slice()).enumerate();
        let set = Self {
            short: Triggers::new(all()).map_err(Error::TooManyTriggers)?,
            long: Triggers::new(all().filter(|&(at, _)| fits_long_lines(&rules[at])))
                .map_err(Error::TooManyTriggers)?,
            untriggered: (0..entries.len()).filter(|&at| entries[at].entry.triggers.is_empty()).collect(),
            rules,
        };
        for (at, loaded) in entries.iter().enumerate().filter(|(_, loaded)| loaded.from == Provenance::Given)
        {
            set.check(at, loaded)?;
        }
        Ok(set)
    }

    /// Whether the patterns of rule `at` are sound and match its examples and none of its
    /// counter-examples.
    fn check(&self, at: usize, loaded: &Loaded) -> Result<(), Error> {
        let bad = |problem: String| {
            let (origin, rule) = (loaded.origin.clone(), loaded.entry.name.clone());
            Error::BadRule { origin, rule, problem }
        };
        for pattern in self.rules[at].patterns.iter().chain(&self.rules[at].until) {
            pattern.check().map_err(bad)?;
        }
        let missed = loaded.entry.examples.iter().find(|example| !self.matches(at, example));
        let matched = loaded.entry.counter_examples.iter().find(|example| self.matches(at, example));
        match (missed, matched) {
            (Some(example), _) => Err(bad(format!("does not match its example {example:?}"))),
            (None, Some(example)) => Err(bad(format!("matches its counter-example {example:?}"))),
            (None, None) => Ok(()),
        }
    }

    /// Whether rule `at` matches `line` as its unit says, wherever it may match.
    fn matches(&self, at: usize, line: &str) -> bool {
        let rule = &self.rules[at];
        let words = lines::count_words(line);
        let mut triggered = Triggered::default();
        self.trigger(line, words, &mut triggered);
        if !triggered.rules.contains(&at) {
            return false;
        }
        let fits = |part: &str| {
            matches!(rule.unit, Unit::Prefix | Unit::Suffix) || lines::count_words(part) <= rule.words_max
        };
        let last = unecho_text::sentences(line).last().map_or("", |last| &line[last.start()..]);
        let parts = [Some(line), (rule.unit == Unit::Sentence).then_some(last)];
        parts.into_iter().flatten().any(|part| fits(part) && rule.captures(part).is_some())
    }

    /// Rule number `at`.
    pub(crate) fn rule(&self, at: usize) -> &Rule {
        &self.rules[at]
    }

    /// Names of all rules, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.name.as_str())
    }

    /// Finds the rules worth trying on `line` of `words` words.
    pub(crate) fn trigger(&self, line: &str, words: u32, found: &mut Triggered) {
        found.rules.clear();
        let triggers = if words <= SHORT_WORDS_MAX { &self.short } else { &self.long };
        triggers.wake(line, &mut found.rules);
        if words <= UNTRIGGERED_WORDS_MAX {
            found.rules.extend_from_slice(&self.untriggered);
        }
        found.settle();
    }

    /// Finds the rules worth trying on a long line that begins with `start` and ends with `end`.
    pub(crate) fn trigger_both(&self, start: &str, end: &str, found: &mut Triggered) {
        found.rules.clear();
        self.long.wake(start, &mut found.rules);
        self.long.wake(end, &mut found.rules);
        found.settle();
    }
}

/// Whether a rule can match on a line of more words than short ones have.
fn fits_long_lines(rule: &Rule) -> bool {
    match rule.unit {
        Unit::Sentence | Unit::Prefix | Unit::Suffix => true,
        Unit::Line | Unit::Opener | Unit::Section | Unit::Heading | Unit::Box | Unit::Closer => {
            rule.words_max > SHORT_WORDS_MAX
        }
    }
}

impl Triggered {
    /// The rules, in the order of the set.
    pub(crate) fn rules<'s>(&'s self, set: &'s RuleSet) -> impl Iterator<Item = &'s Rule> {
        self.rules.iter().map(|&at| set.rule(at))
    }

    fn settle(&mut self) {
        self.rules.sort_unstable();
        self.rules.dedup();
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// Whether `name` is switched off by one of `disabled` (`a.b`, or `a.*` for all below `a.`).
pub(crate) fn is_disabled(name: &str, disabled: &[String]) -> bool {
    disabled.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    })
}

/// A rule as read, and where it was read.
struct Loaded {
    origin: String,
    from: Provenance,
    entry: RuleEntry,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Provenance {
    Embedded,
    Given,
}

fn all_entries(config: &Config) -> Result<Vec<Loaded>, Error> {
    let mut entries = Vec::new();
    let mut load = |origin: String, from: Provenance, toml: &str| -> Result<(), Error> {
        let parsed = file::parse(&origin, toml)?;
        entries.extend(parsed.into_iter().map(|entry| Loaded { origin: origin.clone(), from, entry }));
        Ok(())
    };
    for (name, toml) in EMBEDDED {
        load(name.to_owned(), Provenance::Embedded, toml)?;
    }
    for given in &config.rules {
        load(given.origin.clone(), Provenance::Given, &given.toml)?;
    }
    Ok(entries)
}

/// Every name to be switched off must stand for a rule.
fn check_disabled(entries: &[Loaded], structural: &[&str], disabled: &[String]) -> Result<(), Error> {
    let names = || entries.iter().map(|loaded| loaded.entry.name.as_str()).chain(structural.iter().copied());
    let is_known = |pattern: &String| names().any(|name| is_disabled(name, std::slice::from_ref(pattern)));
    match disabled.iter().find(|pattern| !is_known(pattern)) {
        Some(unknown) => Err(Error::UnknownRule { name: unknown.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RulesText;

    fn given(toml: &str) -> RulesText {
        RulesText { origin: "own.toml".to_owned(), toml: toml.to_owned() }
    }

    fn new(config: &Config) -> Result<RuleSet, Error> {
        RuleSet::new(config, &["line.code"])
    }

    #[test]
    fn every_rule_matches_its_examples_and_no_counter_example() {
        let entries = all_entries(&Config::default()).unwrap();
        let set = new(&Config::default()).unwrap();
        let mut wrong = Vec::new();
        for (at, loaded) in entries.iter().enumerate() {
            wrong.extend(set.check(at, loaded).err().map(|error| error.to_string()));
            if loaded.entry.examples.len() < 2 || loaded.entry.counter_examples.len() < 2 {
                wrong.push(format!("{} has fewer than two examples or counter-examples", loaded.entry.name));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn own_rules_replace_and_add() {
        let own = r#"
            [[rule]]
            name = "nav.own"
            class = "navigation"
            triggers = ["weiter"]
            patterns = ["weiter zum artikel"]
        "#;
        let config = Config { rules: vec![given(own)], ..Config::default() };
        let set = new(&config).unwrap();
        assert!(set.names().any(|name| name == "nav.own"));
        let config = Config { disabled_rules: vec!["nav.*".to_owned()], ..config };
        assert!(new(&config).unwrap().names().all(|name| !name.starts_with("nav.")));
    }

    #[test]
    fn wrong_rules_are_named() {
        for (toml, expect) in [
            ("[[rule]]\nname='a'", "own.toml: not a file of rules"),
            (
                "[[rule]]\nname='a.b'\nclass='social'\npatterns=['(']",
                "own.toml: rule a.b: error: unclosed group",
            ),
            (
                "[[rule]]\nname='a.b'\nclass='social'\npatterns=['(?P<who>x)']",
                "own.toml: rule a.b: a capture is named who; known are source, agency, author, date",
            ),
            (
                "[[rule]]\nname='a.b'\nclass='correction'\npatterns=['x']",
                "own.toml: rule a.b: a correction is never cut",
            ),
            (
                "[[rule]]\nname='a.b'\nclass='social'\npatterns=['x']\nexamples=['y']",
                "own.toml: rule a.b: does not match its example \"y\"",
            ),
            (
                "[[rule]]\nname='a.b'\nclass='social'\npatterns=['(?:.{1,900}){1,9}']",
                "own.toml: rule a.b: its compiled form is larger than 2097152 bytes",
            ),
            ("[[rule]]\nname='ab'\nclass='social'\npatterns=['x']", "letters, digits, points and hyphens"),
        ] {
            let config = Config { rules: vec![given(toml)], ..Config::default() };
            let error = new(&config).unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        }
    }
}
