//! Documents of earlier runs in a run whose texts are elsewhere: what is looked up of its own documents, and how
//! texts of the index reach those who compare.

use std::sync::atomic::Ordering;

use rayon::prelude::*;
use unecho_model::{DocIndex, Document};
use unecho_verify::statistic_keys;

use super::clean::document_of;
use super::task::{Plan, Sink};
use super::{Input, LOOKED, Row, Spread, TEXT, WANTED, number, packed, unpacked};
use crate::Error;
use crate::documents::{Documents, Numbered, bytes_of};
use crate::index::stored_keys;

/// Table of documents of earlier runs.
const EARLIER: &str = "earlier";
/// What is put aside of each document, for messages.
const WHAT: &str = "the keys of a document";
/// Documents whose keys one task gathers.
const DOCUMENTS_AT_ONCE: usize = 256;
/// Most keys in a row.
const KEYS_MAX: usize = 1 << 16;

/// The keys of pairs of content words of all documents, as an index has them.
#[derive(Debug, Default)]
pub(super) struct ContentKeys(Numbered);

impl ContentKeys {
    /// Adds those of the next document.
    pub(super) fn push(&mut self, pairs: &[u64], documents: &Documents) -> Result<(), Error> {
        self.0.push(WHAT, documents, |bytes| {
            stored_keys(pairs.to_vec()).iter().for_each(|key| bytes.extend(key.to_le_bytes()));
            Ok(())
        })
    }

    /// Nothing is added from here on.
    pub(super) fn seal(mut self, documents: &Documents) -> Result<Self, Error> {
        self.0.write_pending(WHAT, documents)?;
        Ok(self)
    }
}

impl Spread<'_> {
    /// The tables that hold the texts of documents.
    pub(super) fn texts(&self) -> &'static [&'static str] {
        if self.has_earlier.load(Ordering::Relaxed) { &[LOOKED, EARLIER] } else { &[LOOKED] }
    }

    /// The keys of pairs of content words of some documents, which were kept when these were looked at.
    pub(crate) fn content_keys(
        &self,
        docs: &[DocIndex],
        documents: &Documents,
    ) -> Result<Vec<Vec<u64>>, Error> {
        let lost = || Error::Elsewhere("no keys were kept to be looked up".to_owned());
        let ContentKeys(keys) = self.content.get().ok_or_else(lost)?;
        let numbers: Vec<u32> = docs.iter().map(|doc| doc.0).collect();
        let parse = |bytes: &[u8]| {
            let (keys, rest) = bytes.as_chunks();
            rest.is_empty().then(|| keys.iter().map(|key| u64::from_le_bytes(*key)).collect())
        };
        keys.read(&numbers, documents, parse)
    }

    /// Puts documents of earlier runs, which stand behind `own` others, where texts are.
    pub(crate) fn put_earlier(&self, own: usize, documents: &[Document]) -> Result<(), Error> {
        if documents.is_empty() {
            return Ok(());
        }
        let row = |(document, at): (&Document, usize)| {
            Ok(vec![Row { kind: TEXT, key: number(at), at: 0, body: bytes_of(document)? }])
        };
        self.put_portions(EARLIER, documents.iter().zip(own..).map(row))?;
        self.has_earlier.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// The keys of phrases of these documents, ascending, each once.
    pub(crate) fn statistic_keys(&self, docs: &[DocIndex]) -> Result<Vec<u64>, Error> {
        if docs.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = docs.iter().enumerate().map(|(at, doc)| Row {
            kind: WANTED,
            key: number(at / DOCUMENTS_AT_ONCE),
            at: i64::from(doc.0),
            body: Vec::new(),
        });
        self.put("known", wanted)?;
        self.do_job(Input::Joined("known", self.texts()), &Plan::Keys, "known-keys")?;
        let mut keys: Vec<u64> = Vec::new();
        self.each_row("known-keys", 0, |row| {
            keys.extend(unpacked::<Vec<u64>>(&row.body)?);
            Ok(())
        })?;
        keys.par_sort_unstable();
        keys.dedup();
        Ok(keys)
    }
}

/// The keys of phrases of some documents: rows of one key.
pub(super) fn keys(rows: &[Row], out: &mut Sink<'_>) -> Result<(), Error> {
    let Some(first) = rows.first() else { return Ok(()) };
    let mut keys = Vec::new();
    for row in rows.iter().filter(|row| row.kind == TEXT) {
        keys.extend(statistic_keys(&document_of(row, None)?.article));
    }
    keys.sort_unstable();
    keys.dedup();
    for (at, some) in keys.chunks(KEYS_MAX).enumerate() {
        out(Row { kind: 0, key: first.key, at: number(at), body: packed(&some)? })?;
    }
    Ok(())
}
