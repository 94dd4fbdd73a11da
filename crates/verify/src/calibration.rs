//! How features become a probability: the weights of a logistic regression and where they come from.
//!
//! They are data. The built-in ones are `calibration.toml`, which `unecho eval tune` writes; a user
//! who fits others on labelled pairs of their own names their file instead.

use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::features::Features;

/// Weights and thresholds, and what they were fitted on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Smallest probability of a rewrite.
    pub likely: f64,
    /// Smallest probability of a rewrite that is sure.
    pub sure: f64,
    /// Languages of the texts that they were fitted on, as ISO 639-1 codes; in others more is asked of a rewrite.
    #[serde(default = "english")]
    pub languages: Vec<String>,
    /// The log odds of a pair whose features are all 0.
    pub intercept: f64,
    /// What one more of each feature adds to the log odds.
    pub weights: Features,
    /// What they were fitted on, and how well that went, for people; nothing is computed from it.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub origin: toml::Table,
}

fn english() -> Vec<String> {
    vec!["en".to_owned()]
}

/// Why a text is no [`Calibration`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidCalibration(String);

impl fmt::Display for InvalidCalibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl std::error::Error for InvalidCalibration {}

static BUILT_IN: LazyLock<Calibration> = LazyLock::new(|| {
    Calibration::from_toml(include_str!("../calibration.toml")).expect("the built-in file is read by a test")
});

impl Default for Calibration {
    /// The built-in one.
    fn default() -> Self {
        BUILT_IN.clone()
    }
}

impl Calibration {
    /// Reads what [`Self::to_toml`] writes.
    ///
    /// # Errors
    /// When the text is no TOML, lacks a number, has an unknown one, one that is not finite, or
    /// thresholds that are not `0 <= likely <= sure <= 1`.
    pub fn from_toml(text: &str) -> Result<Self, InvalidCalibration> {
        let read: Self =
            toml::from_str(text).map_err(|error| InvalidCalibration(error.message().to_owned()))?;
        let numbers = read.weights.to_array().into_iter().chain([read.intercept]);
        if !numbers.into_iter().all(f64::is_finite) {
            return Err(InvalidCalibration("a weight is not finite".to_owned()));
        }
        if !(0.0 <= read.likely && read.likely <= read.sure && read.sure <= 1.0) {
            return Err(InvalidCalibration(format!(
                "likely {} and sure {} are not 0 <= likely <= sure <= 1",
                read.likely, read.sure
            )));
        }
        Ok(read)
    }

    /// The file.
    ///
    /// # Panics
    /// Never: numbers and tables can be written.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("numbers and tables can be written")
    }

    /// The log odds of a rewrite.
    #[must_use]
    pub fn log_odds(&self, features: &Features) -> f64 {
        self.intercept + features.dot(&self.weights)
    }

    /// The probability that one text is a rewrite of the other or both of a third.
    #[must_use]
    pub fn probability(&self, features: &Features) -> f64 {
        1.0 / (1.0 + (-self.log_odds(features)).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_one_is_sound_and_can_be_written() {
        let built_in = Calibration::default();
        assert_eq!(Calibration::from_toml(&built_in.to_toml()), Ok(built_in));
    }

    fn check_refused(change: impl Fn(&mut Calibration), expect: &str) {
        let mut calibration = Calibration::default();
        change(&mut calibration);
        let refused = Calibration::from_toml(&calibration.to_toml()).unwrap_err().to_string();
        assert!(refused.contains(expect), "{refused}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        check_refused(|calibration| calibration.sure = calibration.likely / 2.0, "likely <= sure");
        check_refused(|calibration| calibration.weights.narration = f64::NAN, "not finite");
        let unknown = Calibration::default().to_toml().replace("narration", "narrations");
        assert!(Calibration::from_toml(&unknown).is_err());
        assert!(Calibration::from_toml("").unwrap_err().to_string().contains("missing"));
    }
}
