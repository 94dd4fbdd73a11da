//! One automaton over the triggers of many rules: which rules a text may wake.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError};

/// Triggers and the rules that each wakes.
#[derive(Debug)]
pub(super) struct Triggers {
    automaton: AhoCorasick,
    woken: Vec<Vec<usize>>,
}

impl Triggers {
    /// The automaton over pairs of a rule's number and its triggers. ASCII letters match in any
    /// case, others in lower, upper and title case.
    pub(super) fn new<'r>(rules: impl Iterator<Item = (usize, &'r [String])>) -> Result<Self, BuildError> {
        let mut woken: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, triggers) in rules {
            for form in triggers.iter().flat_map(|trigger| case_forms(trigger)) {
                woken.entry(form).or_default().push(at);
            }
        }
        let (patterns, woken): (Vec<String>, Vec<Vec<usize>>) = woken.into_iter().unzip();
        let mut builder = AhoCorasick::builder();
        let automaton =
            builder.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(&patterns)?;
        Ok(Self { automaton, woken })
    }

    /// Adds the rules that `text` wakes to `found`, some of them repeatedly.
    pub(super) fn wake(&self, text: &str, found: &mut Vec<usize>) {
        for hit in self.automaton.find_overlapping_iter(text) {
            found.extend_from_slice(&self.woken[hit.pattern().as_usize()]);
        }
    }
}

fn case_forms(trigger: &str) -> Vec<String> {
    let lower = trigger.to_lowercase();
    if trigger.is_ascii() {
        return vec![lower];
    }
    let mut letters = lower.chars();
    let title: String =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    let mut forms = vec![lower.to_uppercase(), title, lower];
    forms.sort_unstable();
    forms.dedup();
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triggers_wake_in_any_case() {
        let rules = [vec!["read".to_owned(), "читайте".to_owned()], vec!["ad".to_owned()]];
        let triggers = Triggers::new(rules.iter().map(Vec::as_slice).enumerate()).unwrap();
        for (text, expect) in
            [("READ on", vec![0, 1]), ("ЧИТАЙТЕ", vec![0]), ("Читайте", vec![0]), ("none", vec![])]
        {
            let mut found = Vec::new();
            triggers.wake(text, &mut found);
            found.sort_unstable();
            assert_eq!(found, expect, "{text}");
        }
    }
}
