//! Fingerprints of all documents.

use rayon::prelude::*;
use unecho_fingerprint::{ShingleWidth, Signature, exact_digest, shingles};
use unecho_model::{Digest, Document};
use unecho_text::words_outside;

use crate::{Config, Error, Event, Run, Stage};

/// What is kept of one document's matching text.
#[derive(Debug)]
pub(super) struct Print {
    /// Equal for texts of the same words.
    pub(super) digest: Digest,
    /// Number of words.
    pub(super) words: u32,
    /// Day of publication, in days since 1970-01-01, where the date is understood.
    pub(super) day: Option<i32>,
    /// Sketch of the word 5-shingles; `None` for a text without words.
    pub(super) signature: Option<Signature>,
}

/// The fingerprint of every document, in order.
pub(super) fn of(documents: &[Document], config: &Config, run: &Run<'_>) -> Result<Vec<Print>, Error> {
    /// Documents between two looks at the progress.
    const CHUNK: usize = 1024;
    run.observer.event(&Event::Started(Stage::Fingerprint, Some(documents.len() as u64)));
    let mut prints = Vec::with_capacity(documents.len());
    for chunk in documents.chunks(CHUNK) {
        run.ensure_wanted()?;
        prints.par_extend(chunk.par_iter().map(|document| print(document, config)));
        run.observer.event(&Event::Advanced(Stage::Fingerprint, chunk.len() as u64));
    }
    run.observer.event(&Event::Finished(Stage::Fingerprint));
    Ok(prints)
}

fn print(document: &Document, config: &Config) -> Print {
    let words = words_outside(&document.article.text, &document.article.unmatched);
    let shingles = shingles(&words, ShingleWidth::FIVE);
    Print {
        digest: exact_digest(&words),
        words: u32::try_from(words.len()).unwrap_or(u32::MAX),
        day: document.article.date.as_deref().and_then(day_number),
        signature: config.matching.minhash.signature(shingles.in_order()),
    }
}

/// The day of a date that begins `YYYY-MM-DD`, in days since 1970-01-01 (Hinnant, `days_from_civil`).
fn day_number(date: &str) -> Option<i32> {
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
