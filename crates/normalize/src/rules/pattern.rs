//! One pattern of a rule, compiled when it is first tried: most runs need few of them.

use std::sync::OnceLock;

use regex::{Captures, Regex, RegexBuilder};

use super::{Case, Unit};

/// Largest compiled form of one pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 2 << 20;
/// Names of captures that have a meaning.
const CAPTURES: [&str; 4] = ["source", "agency", "author", "date"];

/// What may stand around a line or sentence: white space, punctuation, symbols. Ranges instead of the
/// classes of Unicode, hundreds of ranges that every pattern would compile twice.
const MARKS: &str = r"[\s!-/:-@\[-`{-~\xa1-\xa9\xab-\xb1\xb4\xb6-\xb8\xbb\xbf\u{60c}\u{61b}\u{61f}\u{6d4}\u{964}\u{2010}-\u{2064}\u{20a0}-\u{20bf}\u{2116}\u{2122}\u{2190}-\u{2bff}\u{3001}-\u{3003}\u{3008}-\u{3020}\u{30fb}\u{fe0e}\u{fe0f}\u{ff01}-\u{ff0f}\u{ff1a}-\u{ff20}\u{ff3b}-\u{ff40}\u{ff5b}-\u{ff65}\u{1f000}-\u{1faff}]*";

/// A pattern, anchored as the unit of its rule asks.
#[derive(Debug)]
pub(crate) struct Pattern {
    anchored: String,
    case: Case,
    regex: OnceLock<Regex>,
}

impl Pattern {
    /// The pattern `written` in a rule for `unit`. Nothing is checked yet.
    pub(super) fn new(written: &str, unit: Unit, case: Case) -> Self {
        let anchored = match unit {
            Unit::Line | Unit::Sentence | Unit::Opener | Unit::Section => {
                format!("^{MARKS}(?:{written}){MARKS}$")
            }
            Unit::Prefix => format!(r"^\s*(?:{written})"),
            Unit::Suffix => format!(r"(?:{written})\s*$"),
        };
        Self { anchored, case, regex: OnceLock::new() }
    }

    /// Compiles the pattern now.
    ///
    /// # Errors
    /// What is wrong with it, on one line.
    pub(super) fn check(&self) -> Result<(), String> {
        let regex = self.compile()?;
        match regex.capture_names().flatten().find(|name| !CAPTURES.contains(name)) {
            Some(name) => Err(format!("a capture is named {name}; known are {}", CAPTURES.join(", "))),
            None => {
                self.regex.get_or_init(|| regex);
                Ok(())
            }
        }
    }

    /// The captures of a match in `part`.
    pub(super) fn captures<'t>(&self, part: &'t str) -> Option<Captures<'t>> {
        let regex = self.regex.get_or_init(|| {
            self.compile().expect("patterns of given rules are checked on loading, embedded ones by a test")
        });
        regex.is_match(part).then(|| regex.captures(part)).flatten()
    }

    fn compile(&self) -> Result<Regex, String> {
        RegexBuilder::new(&self.anchored)
            .case_insensitive(self.case == Case::Ignore)
            .size_limit(PATTERN_BYTES_MAX)
            .build()
            .map_err(|error| error.to_string().lines().last().unwrap_or_default().trim().to_owned())
    }
}
