//! What was reached in cleaning and must not be lost, by the name of the file.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{LinesScore, PagesScore, StrippingScore};

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
    /// Greatest share of article lines that are cut.
    pub article_lines_cut_max: Option<f64>,
    /// Least rise of the mean Jaccard index of copies by stripping.
    pub copies_rise_min: Option<f64>,
    /// Most pairs of others that stripping may move together.
    pub risen_others_max: Option<u64>,
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
        let found = [
            below(&score.name, "precision", score.precision, self.precision_min),
            below(&score.name, "recall", score.recall, self.recall_min),
            above(
                &score.name,
                "share of article words cut",
                score.article_words_cut,
                self.article_words_cut_max,
            ),
            above(
                &score.name,
                "share of article lines cut",
                score.article_lines_cut,
                self.article_lines_cut_max,
            ),
        ];
        found.into_iter().flatten().collect()
    }

    /// What `score` falls short of, a sentence each.
    #[must_use]
    pub fn losses_of_stripping(&self, score: &StrippingScore) -> Vec<String> {
        let rise = score.copies.after - score.copies.before;
        let risen = self.risen_others_max.filter(|&max| score.others.risen > max);
        let found = [
            below(&score.name, "rise of copies by stripping", rise, self.copies_rise_min),
            risen.map(|max| {
                format!(
                    "{}: stripping moves {} others together, at most {max}",
                    score.name, score.others.risen
                )
            }),
        ];
        found.into_iter().flatten().collect()
    }
}

fn below(name: &str, what: &str, found: f64, min: Option<f64>) -> Option<String> {
    min.filter(|&min| found < min).map(|min| format!("{name}: {what} {found:.4}, at least {min}"))
}

fn above(name: &str, what: &str, found: f64, max: Option<f64>) -> Option<String> {
    max.filter(|&max| found > max).map(|max| format!("{name}: {what} {found:.5}, at most {max}"))
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

    #[test]
    fn copies_rise_and_others_do_not() {
        let floor = CleaningFloor {
            copies_rise_min: Some(0.1),
            risen_others_max: Some(0),
            ..CleaningFloor::default()
        };
        let mut score = StrippingScore { name: "x".to_owned(), ..StrippingScore::default() };
        (score.copies.before, score.copies.after) = (0.4, 0.6);
        assert!(floor.losses_of_stripping(&score).is_empty());
        (score.copies.after, score.others.risen) = (0.45, 1);
        assert_eq!(floor.losses_of_stripping(&score).len(), 2);
    }
}
