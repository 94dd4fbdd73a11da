//! Fingerprints of all documents, and whatever else is known of each, from one look at each text.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use unecho_candidates::{OverflowFailed, Postings, PostingsWriter};
use unecho_cluster::Standing;
use unecho_fingerprint::{ShingleWidth, content_pairs, content_words, exact_digest, shingles};
use unecho_model::{Digest, DocIndex, Document, Stripped};
use unecho_text::words_outside;

use super::config::Sought;
use super::publishers::Publishers;
use super::signatures::Signatures;
use crate::documents::Documents;
use crate::ingest::{Corpus, Corroboration};
use crate::memory::Shares;
use crate::observe::Underway;
use crate::summarize::Totals;
use crate::{Config, Error, Event, Run, Stage};

/// What is kept of one document's matching text.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Print {
    /// Equal for texts of the same words.
    pub(super) digest: Digest,
    /// Number of words.
    pub(super) words: u32,
    /// Day of publication, in days since 1970-01-01, where the date is understood.
    pub(super) day: Option<i32>,
}

/// About how much there is to write of a document.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Sizes {
    /// Bytes of the article.
    pub(crate) text_bytes: u32,
    /// About how many bytes its cuts take.
    pub(crate) cut_bytes: u32,
    /// How many cuts and repairs there are.
    pub(crate) cuts: u32,
}

/// What stays in memory of all documents, column by column.
pub(crate) struct Prints {
    pub(super) prints: Vec<Print>,
    pub(super) standings: Vec<Standing>,
    pub(super) sizes: Vec<Sizes>,
    pub(super) totals: Totals,
    pub(super) signatures: Kept<Signatures>,
    /// The content pairs, where contained or rewritten copies are looked for.
    pub(super) content: Option<Kept<Postings>>,
}

/// What pairs are found by, of all documents.
pub(super) enum Kept<T> {
    Here(T),
    /// Where the texts are.
    Elsewhere,
}

/// Where that is kept of documents whose texts are elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeptAt {
    /// Here, for they are looked up here.
    Here,
    /// Where the texts are.
    Elsewhere,
}

/// What one look at some neighbouring documents gives.
struct Look<'a> {
    prints: Vec<Print>,
    standings: Vec<Standing>,
    sizes: Vec<Sizes>,
    signatures: Vec<u16>,
    totals: Totals,
    writer: Option<PostingsWriter<'a>>,
}

/// The fingerprint of one document, and whatever else a run keeps of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Looked {
    pub(crate) print: Print,
    sizes: Sizes,
    totals: Totals,
    signature: Vec<u16>,
    /// The content pairs, where contained or rewritten copies are looked for.
    pub(crate) content: Vec<u64>,
}

impl Looked {
    /// One look at a document.
    pub(crate) fn at(document: &Document, config: &Config) -> Self {
        let mut signature = vec![0; config.matching.minhash.len()];
        let mut content = Vec::new();
        let is_wanted = Sought::by(&config.on) > Sought::Near;
        let mut take = |keys: Vec<u64>| content = keys;
        let take: Option<&mut dyn FnMut(Vec<u64>)> = if is_wanted { Some(&mut take) } else { None };
        let print = Print::of(document, &mut signature, take, config);
        let mut totals = Totals::default();
        totals.add(document);
        Self { print, sizes: Sizes::of(document), totals, signature, content }
    }
}

impl Looked {
    /// Takes away what pairs are found by: the signature, and the content pairs.
    pub(crate) fn take_keys(&mut self) -> (Vec<u16>, Vec<u64>) {
        (std::mem::take(&mut self.signature), std::mem::take(&mut self.content))
    }
}

impl Prints {
    /// No fingerprint yet.
    fn empty(documents: &Documents, config: &Config) -> Self {
        let (count, shares) = (documents.len(), Shares::of(config, documents));
        let content = || Kept::Here(Postings::new(config.matching.content, shares.postings(documents)));
        Self {
            prints: Vec::with_capacity(count),
            standings: Vec::with_capacity(count),
            sizes: Vec::with_capacity(count),
            signatures: Kept::Here(Signatures::new(
                config.matching.minhash.len(),
                shares.signatures(documents),
            )),
            totals: Totals::default(),
            content: (Sought::by(&config.on) > Sought::Near).then(content),
        }
    }

    /// The fingerprints that others took, with the standing of each document, in the order of the documents.
    pub(crate) fn gathered(
        documents: &Documents,
        looked: impl Iterator<Item = Result<(Looked, Standing), Error>>,
        at: KeptAt,
        config: &Config,
    ) -> Result<Self, Error> {
        let mut all = Self::empty(documents, config);
        let mut content = all.content.take();
        if at == KeptAt::Elsewhere {
            all.signatures = Kept::Elsewhere;
            content = content.map(|_| Kept::Elsewhere);
        }
        let mut writer = content.as_ref().and_then(Kept::writer);
        for (doc, looked) in (0..).map(DocIndex).zip(looked) {
            let (Looked { print, sizes, totals, signature, content }, standing) = looked?;
            all.prints.push(print);
            all.standings.push(standing);
            all.sizes.push(sizes);
            all.totals.merge(totals);
            all.signatures.push(&signature)?;
            if let Some(writer) = &mut writer {
                writer.add_all(doc, &content);
            }
        }
        drop(writer);
        all.content = content;
        Ok(all)
    }

    /// The fingerprint of every document, in order, after what the others prove about it was cut.
    pub(super) fn of(corpus: &mut Corpus, config: &Config, run: &Run<'_>) -> Result<Self, Error> {
        let Corpus { documents, corroboration, .. } = corpus;
        let underway = Underway::begin(run.observer, Stage::Fingerprint, Some(documents.len() as u64));
        let mut all = Self::empty(documents, config);
        let content = all.content.take();
        let mut publishers = Publishers::default();
        let begin = || Look {
            prints: Vec::new(),
            standings: Vec::new(),
            sizes: Vec::new(),
            signatures: Vec::new(),
            totals: Totals::default(),
            writer: content.as_ref().and_then(Kept::writer),
        };
        let look = |look: &mut Look<'_>, doc: DocIndex, document: &mut Document| {
            let edit = corroboration.apply(document);
            look.at(doc, document, config);
            edit
        };
        documents.edit_each(run, begin, look, |look| {
            run.observer.event(&Event::Advanced(Stage::Fingerprint, look.prints.len() as u64));
            all.prints.extend(look.prints);
            all.standings.extend(look.standings.into_iter().map(|mut standing| {
                standing.publishers_mut().for_each(|publisher| publishers.share(publisher));
                standing
            }));
            all.sizes.extend(look.sizes);
            all.signatures.push(&look.signatures)?;
            all.totals.merge(look.totals);
            Ok(())
        })?;
        underway.finish();
        all.content = content;
        // Nothing is cut any more, and the rules take more memory than hundreds of thousands of documents.
        *corroboration = Corroboration::none();
        Ok(all)
    }

    /// Adds documents of earlier runs, and what they share with those of this run.
    pub(super) fn append(
        &mut self,
        documents: &[Document],
        content: &[Vec<u64>],
        config: &Config,
    ) -> Result<(), OverflowFailed> {
        let (own, len) = (self.prints.len(), config.matching.minhash.len());
        let mut signatures = vec![0; len * documents.len()];
        let looked: Vec<(Print, Standing)> = signatures
            .par_chunks_exact_mut(len)
            .zip(documents)
            .map(|(signature, document)| {
                let print = Print::of(document, signature, None, config);
                (print, Standing::of(&document.article, print.words))
            })
            .collect();
        self.signatures.push(&signatures)?;
        self.sizes.extend(documents.iter().map(Sizes::of));
        for (print, standing) in looked {
            self.prints.push(print);
            self.standings.push(standing);
        }
        if let Some(mut writer) = self.content.as_ref().and_then(Kept::writer) {
            for (doc, keys) in (own..).map(DocIndex::of).zip(content) {
                writer.add_all(doc, keys);
            }
        }
        Ok(())
    }

    pub(crate) const fn len(&self) -> usize {
        self.prints.len()
    }

    pub(crate) fn digest_of(&self, doc: DocIndex) -> Digest {
        self.prints[doc.at()].digest
    }

    pub(crate) fn words_of(&self, doc: DocIndex) -> u32 {
        self.prints[doc.at()].words
    }

    pub(crate) fn day_of(&self, doc: DocIndex) -> Option<i32> {
        self.prints[doc.at()].day
    }

    pub(crate) fn signature_of(&self, doc: DocIndex) -> Result<Vec<u16>, OverflowFailed> {
        match &self.signatures {
            Kept::Here(signatures) => signatures.of(doc),
            Kept::Elsewhere => Err(OverflowFailed("signatures are elsewhere".into())),
        }
    }
}

impl Kept<Signatures> {
    fn push(&mut self, values: &[u16]) -> Result<(), OverflowFailed> {
        match self {
            Self::Here(signatures) => signatures.push(values),
            Self::Elsewhere => Ok(()),
        }
    }
}

impl Kept<Postings> {
    fn writer(&self) -> Option<PostingsWriter<'_>> {
        match self {
            Self::Here(postings) => Some(postings.writer()),
            Self::Elsewhere => None,
        }
    }
}

impl Look<'_> {
    fn at(&mut self, doc: DocIndex, document: &Document, config: &Config) {
        let len = config.matching.minhash.len();
        let start = self.signatures.len();
        self.signatures.resize(start + len, 0);
        let signature = &mut self.signatures[start..];
        let mut writer = self.writer.as_mut().map(|writer| |keys: Vec<u64>| writer.add_all(doc, &keys));
        let content = writer.as_mut().map(|take| take as &mut dyn FnMut(Vec<u64>));
        let print = Print::of(document, signature, content, config);
        self.prints.push(print);
        self.standings.push(Standing::of(&document.article, print.words));
        self.sizes.push(Sizes::of(document));
        self.totals.add(document);
    }
}

impl Sizes {
    fn of(document: &Document) -> Self {
        let article = &document.article;
        let cut = |cut: &Stripped| 100 + cut.text.len();
        let cut_bytes: usize = article.stripped.iter().map(cut).sum();
        let small = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        let cuts = article.stripped.len() + article.repaired.len();
        Self { text_bytes: small(article.text.len()), cut_bytes: small(cut_bytes), cuts: small(cuts) }
    }
}

impl Print {
    /// Number of words.
    pub(crate) const fn words(&self) -> u32 {
        self.words
    }

    /// Day of publication, in days since 1970-01-01.
    pub(crate) const fn day(&self) -> Option<i32> {
        self.day
    }

    fn of(
        document: &Document,
        signature: &mut [u16],
        content: Option<&mut dyn FnMut(Vec<u64>)>,
        config: &Config,
    ) -> Self {
        let words = words_outside(&document.article.text, &document.article.unmatched);
        let matching = &config.matching;
        matching.minhash.sign(shingles(&words, ShingleWidth::FIVE).in_order(), signature);
        if let Some(content) = content {
            content(content_pairs(&content_words(&words), matching.content_reach));
        }
        Self {
            digest: exact_digest(&words),
            words: u32::try_from(words.len()).unwrap_or(u32::MAX),
            day: document.article.date.as_deref().and_then(day_number),
        }
    }
}

/// The day of a date that begins `YYYY-MM-DD`, in days since 1970-01-01 (Hinnant, `days_from_civil`).
pub(crate) fn day_number(date: &str) -> Option<i32> {
    let field = |from: usize, to: usize| date.get(from..to)?.parse::<i32>().ok();
    let is_dashed = date.get(4..5) == Some("-") && date.get(7..8) == Some("-");
    let (year, month, day) = (field(0, 4)?, field(5, 7)?, field(8, 10)?);
    if !is_dashed || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_since_the_epoch() {
        let cases = [
            ("1970-01-01", Some(0)),
            ("1969-12-31", Some(-1)),
            ("2000-03-01T10:00:00Z", Some(11_017)),
            ("2024-02-29", Some(19_782)),
            ("2024-13-01", None),
            ("1 May 2024", None),
            ("", None),
        ];
        for (date, day) in cases {
            assert_eq!(day_number(date), day, "{date}");
        }
    }
}
