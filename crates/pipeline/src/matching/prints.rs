//! Fingerprints of all documents, from one look at each text.

use rayon::prelude::*;
use unecho_candidates::{Postings, PostingsWriter, Signed};
use unecho_fingerprint::{ShingleWidth, content_pairs, content_words, exact_digest, shingles};
use unecho_model::{Digest, DocIndex, Document};
use unecho_text::words_outside;

use super::config::Sought;
use crate::{Config, Error, Event, Run, Stage};

/// What is kept of one document's matching text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Print {
    /// Equal for texts of the same words.
    pub(super) digest: Digest,
    /// Number of words.
    pub(super) words: u32,
    /// Day of publication, in days since 1970-01-01, where the date is understood.
    pub(super) day: Option<i32>,
}

/// The fingerprints of all documents, column by column.
pub(crate) struct Prints {
    pub(super) prints: Vec<Print>,
    pub(super) signatures: Signatures,
    /// The content pairs, where contained or rewritten copies are looked for.
    pub(super) content: Option<Postings>,
}

/// Sketches of the word 5-shingles of all documents.
pub(super) struct Signatures {
    values: Vec<u32>,
    len: usize,
}

impl Signatures {
    /// The signature of a document that has words.
    pub(super) fn of(&self, doc: DocIndex) -> Signed<'_> {
        Signed { doc, values: &self.values[doc.at() * self.len..][..self.len] }
    }
}

/// Documents that one task takes.
const CHUNK: usize = 256;

impl Prints {
    /// The fingerprint of every document, in order.
    pub(super) fn of(documents: &[Document], config: &Config, run: &Run<'_>) -> Result<Self, Error> {
        run.observer.event(&Event::Started(Stage::Fingerprint, Some(documents.len() as u64)));
        let len = config.matching.minhash.len();
        let mut prints = vec![Print::NONE; documents.len()];
        let mut signatures = Signatures { values: vec![0; len * documents.len()], len };
        let content = (Sought::by(&config.on) > Sought::Near).then(|| Postings::new(config.matching.content));
        let columns = prints.par_chunks_mut(CHUNK).zip(signatures.values.par_chunks_mut(len * CHUNK));
        documents.par_chunks(CHUNK).zip(columns).enumerate().for_each(|(at, (documents, columns))| {
            if run.is_cancelled() {
                return;
            }
            let mut writer = content.as_ref().map(Postings::writer);
            let (prints, signatures) = columns;
            let rows = documents.iter().zip(prints).zip(signatures.chunks_exact_mut(len));
            for (doc, ((document, print), signature)) in (at * CHUNK..).map(DocIndex::of).zip(rows) {
                *print = Print::of(document, doc, signature, writer.as_mut(), config);
            }
            run.observer.event(&Event::Advanced(Stage::Fingerprint, documents.len() as u64));
        });
        run.ensure_wanted()?;
        run.observer.event(&Event::Finished(Stage::Fingerprint));
        Ok(Self { prints, signatures, content })
    }

    /// Adds documents of earlier runs, and what they share with those of this run.
    pub(super) fn append(&mut self, documents: &[Document], content: &[Vec<u64>], config: &Config) {
        let (own, len) = (self.prints.len(), self.signatures.len);
        self.prints.resize(own + documents.len(), Print::NONE);
        self.signatures.values.resize(len * (own + documents.len()), 0);
        let signatures = self.signatures.values[len * own..].par_chunks_exact_mut(len);
        self.prints[own..].par_iter_mut().zip(signatures).zip(documents).enumerate().for_each(
            |(at, ((print, signature), document))| {
                *print = Print::of(document, DocIndex::of(own + at), signature, None, config);
            },
        );
        if let Some(postings) = &self.content {
            let mut writer = postings.writer();
            for (doc, keys) in (own..).map(DocIndex::of).zip(content) {
                writer.add_all(doc, keys);
            }
        }
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

    pub(crate) fn signature_of(&self, doc: DocIndex) -> &[u32] {
        self.signatures.of(doc).values
    }
}

impl Print {
    /// Stands in a place that is to be filled.
    const NONE: Self = Self { digest: Digest::from_bytes([0; 32]), words: 0, day: None };

    fn of(
        document: &Document,
        doc: DocIndex,
        signature: &mut [u32],
        content: Option<&mut PostingsWriter<'_>>,
        config: &Config,
    ) -> Self {
        let words = words_outside(&document.article.text, &document.article.unmatched);
        let matching = &config.matching;
        matching.minhash.sign(shingles(&words, ShingleWidth::FIVE).in_order(), signature);
        if let Some(content) = content {
            content.add_all(doc, &content_pairs(&content_words(&words), matching.content_reach));
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
