//! Rows cleaned each by itself: what only many documents prove together stays in.

use std::io::Cursor;
use std::ops::ControlFlow;

use unecho_fetch::{Fetched, Source};
use unecho_model::Rejected;
use unecho_model::record::NormalizedRecord;
use unecho_normalize::Normalizer;

use crate::{Config, Error, normalized};

/// What became of a row.
pub type CleanRow = Result<NormalizedRecord, Box<Rejected>>;

/// Cleans rows without looking at other rows, so that any portion of a table can be cleaned anywhere.
pub struct RowNormalizer {
    config: Config,
    normalizer: Normalizer,
    source: Source,
}

impl RowNormalizer {
    /// One with these settings.
    ///
    /// # Errors
    /// When the rules cannot be understood.
    pub fn new(config: Config) -> Result<Self, Error> {
        let normalizer = Normalizer::new(&config.normalize)?;
        let found = unecho_fetch::resolve(&["-"], &config.fetch)?;
        let source = found.sources.into_iter().next().ok_or(Error::NoInput(found.rejected))?;
        Ok(Self { config, normalizer, source })
    }

    /// The rows in `lines`, JSON objects one a line, in their order; none is blank.
    #[must_use]
    pub fn clean(&self, lines: Vec<u8>) -> Vec<CleanRow> {
        let mut rows = Vec::new();
        let reader = self.source.open_with(Box::new(Cursor::new(lines)), &self.config.fetch);
        reader.read(&mut |batch, _| {
            rows.extend(batch.parse(&self.config.fetch).into_iter().map(|fetched| match fetched {
                Fetched::Document(raw) => self.normalizer.normalize(raw).map(normalized).map_err(Box::new),
                Fetched::Rejected(rejected) => Err(Box::new(rejected)),
            }));
            ControlFlow::Continue(())
        });
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_cleaned_in_its_place() {
        let lines = concat!(
            "{\"id\":\"a\",\"text\":\"The quay was closed on Monday.\\n\\nimage source from:examplepost\"}\n",
            "{\"id\":\"b\",\"text\":7}\n",
            "{\"id\":\"c\",\"text\":\"It opened again on Friday.\"}\n",
        );
        let rows = RowNormalizer::new(Config::default()).unwrap().clean(lines.into());
        let texts: Vec<Result<&str, &str>> = rows
            .iter()
            .map(|row| match row {
                Ok(record) => Ok(record.document.text.as_str()),
                Err(rejected) => Err(rejected.reason.name()),
            })
            .collect();
        let expect =
            [Ok("The quay was closed on Monday."), Err("bad-field"), Ok("It opened again on Friday.")];
        assert_eq!(texts, expect);
        assert_eq!(rows[0].as_ref().map(|record| record.stripped.len()), Ok(1));
    }
}
