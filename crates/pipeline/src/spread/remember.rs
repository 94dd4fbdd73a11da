//! What later runs are to know of the documents of a run whose texts are elsewhere.

use serde::{Deserialize, Serialize};
use unecho_model::DocIndex;

use super::clean::document_of;
use super::task::{Plan, Sink};
use super::{GIVEN, Input, Row, Spread, TEXT, WANTED, number, packed, unpacked};
use crate::index::{SEGMENT_DOCUMENTS_MAX, Taken, Told, take};
use crate::matching::Sizes;
use crate::{Config, Error};

/// Table of what is to be remembered; its kinds are numbers of segments.
const REMEMBERED: &str = "remembered";
/// Documents that one task takes together, and bytes of their texts, about.
const DOCUMENTS_AT_ONCE: usize = 512;
const BYTES_AT_ONCE: u64 = 4 << 20;

/// What is told of documents that are taken together.
#[derive(Debug, Serialize, Deserialize)]
struct Batch(Vec<(DocIndex, Told)>);

impl<'a> Spread<'a> {
    /// Has the `own` documents of the run looked at for the last time: what is to be written of each, in their order.
    pub(crate) fn remember(
        &'a self,
        own: usize,
        sizes: &[Sizes],
        told: impl Fn(DocIndex) -> Told,
    ) -> Result<Remembering<'a>, Error> {
        let mut docs = (0..own).map(DocIndex::of);
        let batches = std::iter::from_fn(|| {
            let (mut batch, mut bytes) = (Vec::new(), 0);
            while batch.len() < DOCUMENTS_AT_ONCE && bytes < BYTES_AT_ONCE {
                let Some(doc) = docs.next() else { break };
                bytes += u64::from(sizes[doc.at()].text_bytes);
                batch.push((doc, told(doc)));
            }
            (!batch.is_empty()).then_some(batch)
        });
        let rows_of = |(batch, key): (Vec<(DocIndex, Told)>, i64)| {
            let wanted = |(doc, _): &(DocIndex, Told)| Row {
                kind: WANTED,
                key,
                at: i64::from(doc.0),
                body: Vec::new(),
            };
            let mut rows: Vec<Row> = batch.iter().map(wanted).collect();
            rows.push(Row { kind: GIVEN, key, at: 0, body: packed(&Batch(batch))? });
            Ok(rows)
        };
        self.put_portions("remember", batches.zip(0..).map(rows_of))?;
        self.do_job(Input::Joined("remember", self.texts()), &Plan::Remember, REMEMBERED)?;
        Ok(Remembering { spread: self, own, next: 0, rows: Vec::new().into_iter() })
    }
}

/// What is to be written of the documents of a run, in their order. Those of a segment are in memory at a time.
pub(crate) struct Remembering<'a> {
    spread: &'a Spread<'a>,
    own: usize,
    next: usize,
    /// Those of the segment of the next document, from it on.
    rows: std::vec::IntoIter<Row>,
}

impl Remembering<'_> {
    /// That of the next `count` documents, which are of one segment.
    pub(crate) fn next(&mut self, count: usize) -> Result<Vec<Taken>, Error> {
        if self.rows.len() == 0 {
            let segment = self.next / SEGMENT_DOCUMENTS_MAX;
            let rows = self.spread.rows(REMEMBERED, kind_of(segment)?)?;
            let documents = (segment * SEGMENT_DOCUMENTS_MAX..self.own).take(SEGMENT_DOCUMENTS_MAX);
            let is_whole = rows.len() == documents.len()
                && rows.iter().zip(documents).all(|(row, doc)| row.key == number(doc));
            if !is_whole {
                return Err(Error::Elsewhere("documents to be remembered were lost".to_owned()));
            }
            self.rows = rows.into_iter();
        }
        self.next += count;
        self.rows.by_ref().take(count).map(|row| unpacked(&row.body)).collect()
    }
}

fn kind_of(segment: usize) -> Result<i32, Error> {
    i32::try_from(segment).map_err(|_| Error::Elsewhere("a run is limited to 2^32 documents".to_owned()))
}

/// Takes what is to be remembered of a batch: rows of one key, a document or what is told of all of them each.
pub(super) fn remember(rows: &[Row], config: &Config, out: &mut Sink<'_>) -> Result<(), Error> {
    let mut told = Vec::new();
    for row in rows.iter().filter(|row| row.kind == GIVEN) {
        told.extend(unpacked::<Batch>(&row.body)?.0);
    }
    // Rows of a key come by kind and place, and so do those of a batch.
    let texts = rows.iter().filter(|row| row.kind == TEXT);
    if texts.clone().count() != told.len() {
        return Err(Error::Elsewhere("a document was lost".to_owned()));
    }
    for (row, (doc, told)) in texts.zip(told) {
        if row.at != i64::from(doc.0) {
            return Err(Error::Elsewhere("a document was lost".to_owned()));
        }
        let taken = take(document_of(row, None)?, &told, config);
        let kind = kind_of(doc.at() / SEGMENT_DOCUMENTS_MAX)?;
        out(Row { kind, key: row.at, at: 0, body: packed(&taken)? })?;
    }
    Ok(())
}
