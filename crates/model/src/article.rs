//! What `normalize` makes of a raw document: the article, and a record of everything that was cut,
//! credited or doubted on the way.

use std::fmt;

use serde::{Deserialize, Serialize};

use serde_json::{Map, Value};

use crate::{DocId, Origin, Span};

/// A document after cleaning.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Public id.
    pub id: DocId,
    /// Where it was read.
    pub origin: Origin,
    /// What `normalize` made of it.
    pub article: Article,
    /// Fields of the input that unecho gives no meaning.
    pub metadata: Map<String, Value>,
}

/// The article of one document.
///
/// Three texts matter and their spans must not be mixed:
/// *raw* is the decoded text as read (for HTML: the rendered main text of the page); spans of
/// [`Stripped`] and [`Attribution`] point into it. `text` is what people read: raw less what was
/// stripped, lines repaired. The *matching* text is `text` less the spans of [`Article::unmatched`];
/// fingerprints and links are made from it, with spans in `text`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Article {
    /// The article, paragraphs separated by one newline.
    pub text: String,
    /// Where each line of `text` stands in raw, in the order of the lines: with
    /// [`stripped`](Self::stripped), the way from an offset in `text` back to raw.
    pub lines: Vec<Span>,
    /// Headline, from the input's fields or the page.
    pub title: Option<String>,
    /// Address, from the input's fields or the page's canonical link.
    pub url: Option<String>,
    /// Publisher: canonical name where one is known, else as written.
    pub source: Option<String>,
    /// Publication date: `YYYY-MM-DD` or RFC 3339 where it could be understood, else as written.
    pub date: Option<String>,
    /// Language as a BCP 47 tag, given or detected.
    pub lang: Option<String>,
    /// Script of most letters, as an ISO 15924 code such as `Latn`.
    pub script: Option<String>,
    /// Character set that the bytes were decoded from, by its name in the Encoding standard, such as
    /// `windows-1251`; `None` for UTF-8.
    pub charset: Option<String>,
    /// Who the text credits, in order of appearance.
    pub attributions: Vec<Attribution>,
    /// Everything that was cut from raw, by ascending span, never overlapping.
    pub stripped: Vec<Stripped>,
    /// Lines of raw that are not as the input had them, because characters encoded twice were put
    /// right: the span in raw, and what the input had there. By ascending span; they may lie in cuts.
    pub repaired: Vec<Stripped>,
    /// Places in `text` that stay but are doubted.
    pub flags: Vec<Flag>,
    /// Spans of `text` that stay for people but take no part in matching; ascending, disjoint.
    pub unmatched: Vec<Span>,
    /// Agreement of two extractors on an HTML page, 0 to 1; `None` for text, and where one engine
    /// alone was asked.
    pub extraction_confidence: Option<f32>,
}

/// What was done with a span of the raw text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// The span is not in the article.
    #[default]
    Removed,
    /// The span was a line break inside a sentence (with or without hyphen) and became a space or nothing.
    Joined,
    /// The span is in raw as it is in the article; the input had other characters there, encoded twice.
    Repaired,
}

/// One cut: a span of the raw text, the rule that cut it, and the very text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stripped {
    /// Where, in raw.
    pub span: Span,
    /// Name of the rule, such as `credit.source`.
    pub rule: String,
    /// What was done.
    #[serde(default)]
    pub action: Action,
    /// The text of the span; of a repaired one, what the input had there.
    pub text: String,
    /// What proves the cut beside the rule, such as "repeated in 3 stories or more (57 documents) of
    /// gazette.example".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// The credit that the span yielded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<Attribution>,
}

/// In what role a text names somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttributionKind {
    /// "This content originally appeared on X.": the text itself is claimed to be X's.
    SyndicatedFrom,
    /// "Credited from: X", "Source: X": the text draws on X.
    CreditedFrom,
    /// "image source from: X": the page's picture is X's, which a rewriter often took with the story.
    ImageCredit,
    /// A caption's photographer or picture agency, "(AP Photo/Jane Doe)".
    PhotoCredit,
    /// A news agency in a dateline, slug or sign-off.
    Agency,
    /// A byline or sign-off: writers and editors.
    Author,
}

impl AttributionKind {
    /// Whether naming X in this role claims that the story came from X. Agreement of two documents
    /// on such a claim is evidence of copying.
    #[must_use]
    pub const fn claims_origin(self) -> bool {
        matches!(self, Self::SyndicatedFrom | Self::CreditedFrom | Self::ImageCredit)
    }

    /// The public name, such as `syndicated-from`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SyndicatedFrom => "syndicated-from",
            Self::CreditedFrom => "credited-from",
            Self::ImageCredit => "image-credit",
            Self::PhotoCredit => "photo-credit",
            Self::Agency => "agency",
            Self::Author => "author",
        }
    }
}

impl fmt::Display for AttributionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A credit found in the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribution {
    /// The role.
    pub kind: AttributionKind,
    /// Canonical name where the alias table knows it, else as written.
    pub name: String,
    /// The name as the text has it.
    pub written: String,
    /// The rule that found it.
    pub rule: String,
    /// Where, in raw.
    pub span: Span,
}

/// Why a place in the article is doubted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlagKind {
    /// A bare headline between paragraphs, perhaps of a related story; left out of matching.
    SuspectedHeadline,
    /// So much would have been stripped that nothing was.
    SuspiciousStrip,
    /// A correction or withdrawal notice; always kept.
    Correction,
    /// The text breaks off at a paywall.
    Truncated,
}

impl FlagKind {
    /// The public name, such as `suspected-headline`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SuspectedHeadline => "suspected-headline",
            Self::SuspiciousStrip => "suspicious-strip",
            Self::Correction => "correction",
            Self::Truncated => "truncated",
        }
    }
}

/// A doubted place in the article's `text`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// Why.
    pub kind: FlagKind,
    /// Where, in the article's `text`.
    pub span: Span,
    /// The text of the span.
    pub text: String,
}
