//! What the labels of pairs mean.

/// Whether a labelled pair should be linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// One is a copy of the other, of whatever kind.
    Copy,
    /// They are not copies.
    Stranger,
    /// People were not sure, or the label says something else: not counted.
    Neither,
}

/// Labels of copies and labels that do not count; all others are strangers.
///
/// A label matches an entry when it is equal to it, or goes on with `_` (`rewrite_light` is a
/// `rewrite`). A label `x|y`, on which two readers differed, counts when both parts mean the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// Labels of copies.
    pub copies: Vec<String>,
    /// Labels that do not count.
    pub neither: Vec<String>,
}

impl Default for Labels {
    fn default() -> Self {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            copies: owned(&[
                "copy",
                "exact",
                "near",
                "contained",
                "rewrite",
                "same_chain",
                "cut",
                "light",
                "heavy",
                "adjacent_version",
            ]),
            neither: owned(&[
                "partial",
                "coders_disagree",
                "first_vs_last",
                "same_slug_same_day",
                "same_story_id",
            ]),
        }
    }
}

impl Labels {
    /// What a label means.
    #[must_use]
    pub fn meaning(&self, label: &str) -> Meaning {
        let mut parts = label.split('|').map(|part| self.meaning_of_part(part.trim()));
        let first = parts.next().unwrap_or(Meaning::Neither);
        if parts.all(|part| part == first) { first } else { Meaning::Neither }
    }

    fn meaning_of_part(&self, label: &str) -> Meaning {
        let matches = |entry: &String| {
            label.strip_prefix(entry.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        };
        // The lists of what does not count win: `same_story_id` is no `same_story`.
        if self.neither.iter().any(matches) {
            Meaning::Neither
        } else if self.copies.iter().any(matches) {
            Meaning::Copy
        } else {
            Meaning::Stranger
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meanings() {
        for (label, meaning) in [
            ("rewrite", Meaning::Copy),
            ("rewrite_GPT-4o", Meaning::Copy),
            ("contained|rewrite", Meaning::Copy),
            ("quotes|independent", Meaning::Stranger),
            ("rewrite|quotes", Meaning::Neither),
            ("partial", Meaning::Neither),
            ("other_same_domain", Meaning::Stranger),
            ("lightweight", Meaning::Stranger),
        ] {
            assert_eq!(Labels::default().meaning(label), meaning, "{label}");
        }
    }
}
