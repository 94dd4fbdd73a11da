//! What was reached in cleaning and must not be lost, by the name of the file.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{LinesScore, PagesScore};

/// Bounds on the scores of one file; shares 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CleaningFloor {
    /// Least mean F1 of main texts.
    pub f1_min: Option<f64>,
    /// Least mean F1 of main texts of English pages.
    pub english_f1_min: Option<f64>,
    /// Least share of cut lines that are boilerplate.
    pub precision_min: Option<f64>,
    /// Least share of boilerplate lines that are cut.
    pub recall_min: Option<f64>,
    /// Greatest share of article words that are cut.
    pub article_words_cut_max: Option<f64>,
}

/// The files that are known by name.
///
/// # Panics
/// Never: the table is part of the program and read by a test.
#[must_use]
pub fn cleaning_floors() -> BTreeMap<String, CleaningFloor> {
    toml::from_str(include_str!("../cleaning.toml")).expect("the embedded table is read by a test")
}

impl CleaningFloor {
    /// What `score` falls short of, a sentence each.
    #[must_use]
    pub fn losses_of_pages(&self, score: &PagesScore) -> Vec<String> {
        let found = [
            below(&score.name, "F1", score.all.f1, self.f1_min),
            below(&score.name, "F1 of English pages", score.english.f1, self.english_f1_min),
        ];
        found.into_iter().flatten().collect()
    }

    /// What `score` falls short of, a sentence each.
    #[must_use]
    pub fn losses_of_lines(&self, score: &LinesScore) -> Vec<String> {
        let (cut, cut_max) = (score.article_words_cut, self.article_words_cut_max);
        let found = [
            below(&score.name, "precision", score.precision, self.precision_min),
            below(&score.name, "recall", score.recall, self.recall_min),
            cut_max
                .filter(|&max| cut > max)
                .map(|max| format!("{}: {cut:.4} of article words cut, at most {max}", score.name)),
        ];
        found.into_iter().flatten().collect()
    }
}

fn below(name: &str, what: &str, found: f64, min: Option<f64>) -> Option<String> {
    min.filter(|&min| found < min).map(|min| format!("{name}: {what} {found:.4}, at least {min}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_table_is_sound() {
        assert!(cleaning_floors().len() >= 3);
    }

    #[test]
    fn losses_are_named() {
        let floor = CleaningFloor { f1_min: Some(0.9), ..CleaningFloor::default() };
        let score = PagesScore { name: "x".to_owned(), ..PagesScore::default() };
        assert_eq!(floor.losses_of_pages(&score), ["x: F1 0.0000, at least 0.9"]);
        let floor = CleaningFloor { article_words_cut_max: Some(0.1), ..CleaningFloor::default() };
        let mut score = LinesScore { article_words_cut: 0.1, ..LinesScore::default() };
        assert!(floor.losses_of_lines(&score).is_empty());
        score.article_words_cut = 0.2;
        assert_eq!(floor.losses_of_lines(&score).len(), 1);
    }
}
