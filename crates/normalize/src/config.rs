//! What a caller may set: rule files, rules to switch off, limits. And the errors of a wrong setting.
//!
//! A wrong setting stops the start; a bad document never does (see `Rejected` of the model).

use std::path::{Path, PathBuf};

/// Settings of a [`Normalizer`](crate::Normalizer). The default has all embedded rules.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Further rules. A rule with the name of an embedded one replaces it.
    pub rules: Vec<RulesText>,
    /// Names of rules that are switched off, structural ones (`nav.blob`, `line.hard-wrap`, …)
    /// included. `related.*` switches off all that begin so.
    pub disabled_rules: Vec<String>,
    /// Engines that look for the main text of a page.
    pub engines: Engines,
    /// What goes from a text.
    pub strip: Strip,
    /// Bounds on what a document may cost.
    pub limits: Limits,
}

/// Further rules: TOML of the same form as the embedded files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesText {
    /// Where they are from, for messages.
    pub origin: String,
    /// The rules.
    pub toml: String,
}

impl RulesText {
    /// The rules in a file, as it is now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let unreadable = |source| Error::Unreadable { path: path.to_owned(), source };
        let toml = std::fs::read_to_string(path).map_err(unreadable)?;
        Ok(Self { origin: path.display().to_string(), toml })
    }
}

/// Engines that look for the main text of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engines {
    /// Two engines, and a third where they differ: the better is followed, and how far two agree is kept
    /// with the document as a confidence.
    #[default]
    Both,
    /// The own engine alone, without a document tree; no confidence.
    Fast,
}

/// What goes from a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strip {
    /// What rules and the other documents show to be no part of the article; broken lines are joined.
    #[default]
    Boilerplate,
    /// Nothing: texts are taken as they are, but in NFC, without characters that are no text (control, zero width,
    /// direction) and without white space around lines, and nothing is read from them but their language. A page is
    /// still reduced to its main text.
    Nothing,
}

/// Bounds on what one document may cost. Beyond a bound it is rejected with a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest plain text, in bytes as read.
    pub text_bytes_max: usize,
    /// Largest HTML page, in bytes as read.
    pub html_bytes_max: usize,
    /// Deepest nesting of elements in a page.
    pub html_depth_max: usize,
    /// Most attributes of one tag.
    pub html_attributes_max: usize,
    /// Most nodes a page may grow into, formatting elements that the parser re-opens included.
    pub html_nodes_max: usize,
    /// Greatest sum of the depths of all nodes: what building and walking the tree costs. A limit on
    /// work instead of time, so that the same page has the same fate on every machine.
    pub html_depth_sum_max: usize,
    /// Most lines of a text that rules look at; the rest of the text is taken as it is.
    pub lines_max: usize,
    /// Most attributions kept of one document.
    pub attributions_max: usize,
    /// Most flags kept of one document.
    pub flags_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text_bytes_max: 16 << 20,
            html_bytes_max: 8 << 20,
            html_depth_max: 512,
            html_attributes_max: 256,
            html_nodes_max: 250_000,
            html_depth_sum_max: 2_000_000,
            lines_max: 100_000,
            attributions_max: 64,
            flags_max: 256,
        }
    }
}

/// Why a [`Normalizer`](crate::Normalizer) could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule file could not be read.
    #[error("cannot read the rule file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A rule file is no TOML of the expected form.
    #[error("{origin}: not a file of rules")]
    Malformed {
        /// The file, or the number of the text.
        origin: String,
        /// What the parser said, with line and column.
        source: Box<toml::de::Error>,
    },
    /// A rule is not usable.
    #[error("{origin}: rule {rule}: {problem}")]
    BadRule {
        /// The file, or the number of the text.
        origin: String,
        /// Name of the rule.
        rule: String,
        /// What is wrong with it, on one line.
        problem: String,
    },
    /// The triggers of all rules are too many for one automaton.
    #[error("the triggers of all rules are too many")]
    TooManyTriggers(#[source] aho_corasick::BuildError),
    /// A rule that is to be switched off does not exist.
    #[error("no rule is called {name}")]
    UnknownRule {
        /// The name as given.
        name: String,
    },
}
