//! The stage as a whole: what a raw document becomes, or why it is rejected.

use std::borrow::Cow;

use unecho_model::{Article, Document, Fields, Payload, RawDocument, RejectReason, Rejected};

use crate::article::{self, Workshop};
use crate::asides;
use crate::assemble::{HARD_WRAP, HYPHEN, UNSPACED};
use crate::chrome::PAGE_CHROME;
use crate::cleanup;
use crate::config::{Config, Error, Strip};
use crate::corroborate;
use crate::cutting::NAV_BLOB;
use crate::dates;
use crate::decode::{self, Undecodable};
use crate::ends;
use crate::headlines;
use crate::html;
use crate::knowledge::Knowledge;
use crate::mojibake::{self, MOJIBAKE};
use crate::openings;
use crate::publishers::Publishers;
use crate::reuse::Reuse;
use crate::rules::RuleSet;
use crate::second;

/// Rules that are code, not data.
const STRUCTURAL: [&str; 16] = [
    MOJIBAKE,
    HARD_WRAP,
    HYPHEN,
    UNSPACED,
    NAV_BLOB,
    PAGE_CHROME,
    ends::TAIL_LINES,
    ends::HEAD_LINES,
    headlines::HEADLINE_RUN,
    second::SECOND_STORY,
    openings::UNRELATED,
    asides::ABOVE_CREDIT,
    asides::QUOTED_NAME,
    asides::EMPTY_LABELS,
    corroborate::HEADLINE,
    corroborate::HOST_LINE,
];

/// Makes articles of raw documents. Holds no state between documents: one serves all threads.
#[derive(Debug)]
pub struct Normalizer {
    workshop: Workshop,
}

impl Normalizer {
    /// Reads and compiles the rules.
    ///
    /// # Errors
    /// When a rule file cannot be read, a rule is malformed, or a rule to be switched off does not
    /// exist.
    pub fn new(config: &Config) -> Result<Self, Error> {
        let rules = RuleSet::new(config, &STRUCTURAL)?;
        let publishers = Publishers::embedded().map_err(|source| Error::Malformed {
            origin: "publishers.toml".to_owned(),
            source: Box::new(source),
        })?;
        let disabled = config.disabled_rules.clone();
        Ok(Self {
            workshop: Workshop {
                rules,
                publishers,
                limits: config.limits,
                engines: config.engines,
                strip: config.strip,
                disabled,
            },
        })
    }

    /// The canonical name of a publisher; as written when it is not known.
    #[must_use]
    pub fn publisher(&self, written: &str) -> String {
        self.workshop.publishers.name_of(written)
    }

    /// Names of all rules in force, structural ones first.
    #[must_use]
    pub fn rule_names(&self) -> Vec<&str> {
        let structural = STRUCTURAL.into_iter().filter(|name| !self.workshop.is_off(name));
        structural.chain(self.workshop.rules.names()).collect()
    }

    /// Makes the article of one document. A function of its argument alone.
    ///
    /// # Errors
    /// The document with the reason why it is not taken in: no text, no known encoding, beyond the
    /// limits, or nothing left after stripping.
    #[expect(clippy::result_large_err, reason = "one document a call; rejects are rare and are kept whole")]
    pub fn normalize(&self, document: RawDocument) -> Result<Document, Rejected> {
        let RawDocument { id, origin, payload, mut fields } = document;
        match self.article(&payload, &mut fields) {
            Ok(article) => Ok(Document { id, origin, article, metadata: fields.metadata }),
            Err((reason, detail)) => {
                let excerpt = match &payload {
                    Payload::PlainBytes(bytes) | Payload::HtmlBytes(bytes) => Rejected::excerpt_of(bytes),
                    Payload::Text(text) => Rejected::excerpt_of(text.as_bytes()),
                };
                let bytes = u64::try_from(payload.len()).unwrap_or(u64::MAX);
                // As an article would have them.
                let Article { title, url, source, date, lang, .. } = self.known(&fields);
                let fields = Rejected::known(Fields { title, url, source, date, lang, ..fields });
                Err(Rejected { id, origin, reason, detail, bytes, excerpt, fields })
            }
        }
    }

    /// Takes in which story `document` tells. Returns whether what other documents prove may change this one; where
    /// nothing is to be stripped it may not, and nothing is taken in.
    pub fn observe(&self, document: &Document, reuse: &mut Reuse) -> bool {
        if self.workshop.strip == Strip::Nothing {
            return false;
        }
        reuse.observe(document);
        Knowledge::may_concern(document)
    }

    /// The second pass: cuts from `document` what the knowledge about all documents proves to be
    /// foreign: suspected headlines that are titles of other stories, and lines that a host repeats
    /// at the ends of different stories. Returns the number of cuts; none where nothing is to be stripped.
    pub fn corroborate(&self, document: &mut Document, knowledge: &Knowledge) -> usize {
        if self.workshop.strip == Strip::Nothing {
            return 0;
        }
        corroborate::corroborate(document, knowledge, &self.workshop)
    }

    fn article(&self, payload: &Payload, fields: &mut Fields) -> Result<Article, Undecodable> {
        let known = self.known(fields);
        let article = match payload {
            Payload::HtmlBytes(bytes) => self.page(bytes, known, fields)?,
            Payload::PlainBytes(bytes) => {
                self.within(bytes.len(), self.workshop.limits.text_bytes_max)?;
                let decoded = decode::decode_plain(bytes, fields.charset.as_deref())?;
                let known = Article { charset: decoded.charset.map(str::to_owned), ..known };
                self.made(decoded.text, known)
            }
            Payload::Text(text) => {
                self.within(text.len(), self.workshop.limits.text_bytes_max)?;
                if let Some(at) = text.find('\0') {
                    return Err((RejectReason::NulBytes, format!("a NUL character at offset {at}")));
                }
                self.made(text.as_str().into(), known)
            }
        };
        if article.text.is_empty() {
            let reason =
                if article.stripped.is_empty() { RejectReason::Empty } else { RejectReason::NoArticle };
            let detail = match article.stripped.as_slice() {
                [] => "there is no text".to_owned(),
                [only] => format!("all of it was cut by {}", only.rule),
                [first, .., last] => format!("all of it was cut by {} to {}", first.rule, last.rule),
            };
            return Err((reason, detail));
        }
        Ok(article)
    }

    /// The article of a page. Its author, for whom an article has no field, goes to the metadata.
    fn page(&self, bytes: &[u8], mut known: Article, fields: &mut Fields) -> Result<Article, Undecodable> {
        self.within(bytes.len(), self.workshop.limits.html_bytes_max)?;
        if bytes.trim_ascii().is_empty() {
            return Err((RejectReason::Empty, "there is no text".to_owned()));
        }
        let page = decode::decode_html(bytes, fields.charset.as_deref())?;
        known.charset = page.charset.map(str::to_owned);
        let main = html::extract(&page.text, self.workshop.engines, &self.workshop.limits)?;
        main.metadata.fill(&mut known);
        if let Some(author) = main.metadata.author {
            fields.metadata.entry("author").or_insert(author.into());
        }
        if let Some(source) = &known.source {
            known.source = Some(self.workshop.publishers.name_of(source));
        }
        known.extraction_confidence = main.confidence;
        if main.text.trim().is_empty() {
            return Err((RejectReason::NoArticle, "no main text was found in the page".to_owned()));
        }
        Ok(self.made(main.text.into(), known))
    }

    /// The article of decoded text.
    fn made(&self, text: Cow<'_, str>, known: Article) -> Article {
        let is_left = self.workshop.strip == Strip::Nothing || self.workshop.is_off(MOJIBAKE);
        let repaired = if is_left { None } else { mojibake::repaired(&text) };
        match repaired {
            Some((raw, repaired)) => article::make(&raw, Article { repaired, ..known }, &self.workshop),
            None => article::make(&cleanup::clean(text), known, &self.workshop),
        }
    }

    /// What the fields say, in the forms of the article.
    fn known(&self, fields: &Fields) -> Article {
        let tidy = |field: &Option<String>| {
            field.as_deref().map(str::trim).filter(|field| !field.is_empty()).map(str::to_owned)
        };
        Article {
            title: tidy(&fields.title),
            url: tidy(&fields.url),
            source: tidy(&fields.source).map(|source| self.workshop.publishers.name_of(&source)),
            date: tidy(&fields.date).map(|date| dates::normalize_or_keep(&date)),
            lang: tidy(&fields.lang),
            ..Article::default()
        }
    }

    fn within(&self, bytes: usize, bytes_max: usize) -> Result<(), Undecodable> {
        if bytes <= bytes_max {
            return Ok(());
        }
        Err((RejectReason::TooLarge, format!("{bytes} bytes, the limit is {bytes_max}")))
    }
}
