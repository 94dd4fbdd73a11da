//! Boilerplate rules as data: what they match, where, and what becomes of it.
//!
//! `file` reads rules from TOML, `set` compiles them and finds those worth trying on a line. When
//! and in which order they are tried, and what guards prose, is in `cutting`.

mod file;
mod pattern;
mod set;
mod triggers;

use regex_automata::util::captures::Captures;
use serde::Deserialize;
use unecho_model::AttributionKind;

use pattern::Pattern;
pub(crate) use set::{RuleSet, Triggered, is_disabled};

/// What kind of boilerplate a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Class {
    /// Credits of sources.
    Attribution,
    /// Where the text first appeared.
    Syndication,
    /// Agency slugs and sign-offs.
    Agency,
    /// Captions' credits.
    ImageCredit,
    /// Who wrote it.
    Byline,
    /// Place, date and agency before the first sentence.
    Dateline,
    /// Rights.
    Copyright,
    /// Links to other stories.
    Related,
    /// Lists of bare references.
    References,
    /// Newsletter and app prompts.
    Newsletter,
    /// Sharing and following.
    Social,
    /// Comment forms and counters.
    Comments,
    /// Cookie and privacy notices.
    Cookie,
    /// Prompts to pay or log in.
    Paywall,
    /// Marks of advertising.
    Advertisement,
    /// Menus and bread crumbs.
    Navigation,
    /// Dates and times of publication.
    Timestamp,
    /// Marks of live coverage.
    LiveUpdate,
    /// Residue of scripts and players.
    Technical,
    /// Boxes beside the text.
    Aside,
    /// Corrections and withdrawals, which are always kept.
    Correction,
}

impl Class {
    /// Whether what is of this class stands in page furniture rather than in texts.
    fn is_furniture(self) -> bool {
        match self {
            Self::Related
            | Self::Newsletter
            | Self::Social
            | Self::Comments
            | Self::Cookie
            | Self::Paywall
            | Self::Advertisement
            | Self::Navigation
            | Self::Technical
            | Self::Copyright => true,
            Self::Attribution
            | Self::Syndication
            | Self::Agency
            | Self::ImageCredit
            | Self::Byline
            | Self::Dateline
            | Self::References
            | Self::Timestamp
            | Self::LiveUpdate
            | Self::Aside
            | Self::Correction => false,
        }
    }
}

/// Where in a text a rule may match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Zone {
    /// Before the third line of prose.
    Head,
    /// After the third last line of prose.
    Tail,
    /// At head or tail.
    Ends,
    /// Anywhere.
    #[default]
    Anywhere,
}

/// What a rule matches as a whole, surrounding punctuation aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Unit {
    /// A line.
    #[default]
    Line,
    /// A line, or a sentence at the end of one.
    Sentence,
    /// The beginning of a line.
    Prefix,
    /// The end of a line, whatever the sentences are.
    Suffix,
    /// A line and the list of links that follows it.
    Opener,
    /// A line and everything after it, when no prose follows.
    Section,
    /// A line and the paragraph that it heads.
    Heading,
    /// A line and what follows, up to a line that ends a box and with it.
    Box,
    /// A line that ends a box, and what stands above it up to the heading of the box.
    Closer,
}

/// What becomes of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Treatment {
    /// It is cut.
    #[default]
    Cut,
    /// It stays in the text and takes no part in matching.
    Unmatch,
    /// It stays, whatever other rules say, and is flagged as a correction.
    Correction,
    /// It is cut only with a run of short lines of which several are such signs.
    Sign,
}

/// Whether letter case matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Case {
    /// Upper and lower case are the same.
    #[default]
    Ignore,
    /// They are not.
    Exact,
}

/// How sure a rule is of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Certainty {
    /// Cuts unless too much of the text would go, and no line of long prose.
    #[default]
    Usual,
    /// Cuts even when other rules would cut too much.
    Sure,
    /// As sure, and specific enough to cut lines of long prose.
    Prose,
}

/// A rule, ready to be tried.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) zone: Zone,
    pub(crate) unit: Unit,
    pub(crate) words_max: u32,
    pub(crate) treatment: Treatment,
    pub(crate) certainty: Certainty,
    /// The role of the name that a pattern captures as `source`.
    pub(crate) yields: Option<AttributionKind>,
    /// Whether a match means that the text breaks off there.
    pub(crate) truncates: bool,
    /// Whether a match shows that page furniture stands around it.
    pub(crate) furniture: bool,
    patterns: Vec<Pattern>,
    /// What ends a box.
    until: Vec<Pattern>,
}

impl Rule {
    /// The captures of the first pattern that matches `part`.
    pub(crate) fn captures(&self, part: &str) -> Option<Captures> {
        self.patterns.iter().find_map(|pattern| pattern.captures(part))
    }

    /// Whether `line` ends a box of this rule.
    pub(crate) fn ends_box(&self, line: &str) -> bool {
        self.until.iter().any(|pattern| pattern.captures(line).is_some())
    }
}
