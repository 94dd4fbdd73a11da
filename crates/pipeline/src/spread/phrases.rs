//! In how many stories each phrase occurs: sketches of parts, which add up to the sketch of all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use unecho_model::{Digest, DocIndex};
use unecho_verify::{Statistics, StatisticsBuilder, statistic_keys};

use super::clean::document_of;
use super::task::{Plan, Sink};
use super::{GIVEN, Input, LOOKED, Row, Spread, TEXT, WANTED, number, packed, shared, unpacked};
use crate::Error;
use crate::matching::new_keys;

/// Counters that travel together.
const CHUNK: usize = 1 << 16;
/// Documents whose groups are counted in one piece; a larger group is one by itself.
const DOCUMENTS_AT_ONCE: usize = 512;

impl Spread<'_> {
    /// Has it counted in how many of these groups each phrase occurs, beside what earlier runs counted, which is
    /// `known`; whoever judges evidence later finds it. Documents from `own` on are of earlier runs.
    pub(crate) fn count_phrases(
        &self,
        groups: &[&[DocIndex]],
        own: usize,
        expected_keys: usize,
        known: &[(u64, u32)],
    ) -> Result<(), Error> {
        let mut alone = vec![0_u8; own.div_ceil(8)];
        let of_one = groups.iter().copied().filter(|group| group.len() == 1).flatten();
        for doc in of_one.filter(|doc| doc.at() < own) {
            alone[doc.at() / 8] |= 1 << (doc.at() % 8);
        }
        let alone = self.share("alone", &alone)?;
        self.do_job(Input::Rows(LOOKED, TEXT), &Plan::CountAlone { alone, expected_keys }, "counted-alone")?;
        let mut all = Statistics::builder(expected_keys);
        known.iter().for_each(|&(key, count)| all.add(key, count));
        self.add_up("counted-alone", &mut all)?;
        let mut rows = Vec::new();
        for (key, some) in portions(groups).enumerate() {
            let key = number(key);
            let wanted = |doc: &DocIndex| Row { kind: WANTED, key, at: i64::from(doc.0), body: Vec::new() };
            rows.extend(some.iter().copied().flatten().map(wanted));
            rows.push(Row { kind: GIVEN, key, at: 0, body: packed(&some)? });
        }
        if !rows.is_empty() {
            self.put("groups", rows.into_iter())?;
            let plan = Plan::CountGroups { expected_keys, own };
            self.do_job(Input::Joined("groups", self.texts()), &plan, "counted-groups")?;
            self.add_up("counted-groups", &mut all)?;
        }
        let counted = all.finish();
        // A process that serves several runs tells their counts apart by name.
        let name = format!("phrases-{}", Digest::of(counted.counters()));
        let path = self.share(&name, counted.counters())?;
        *self.statistics.lock().unwrap_or_else(PoisonError::into_inner) = Some(path);
        Ok(())
    }

    /// Adds up what tasks counted.
    fn add_up(&self, table: &str, all: &mut StatisticsBuilder) -> Result<(), Error> {
        let sums = format!("{table}-sum");
        self.do_job(Input::Grouped(table, 0), &Plan::Sum, &sums)?;
        self.each_row(&sums, 0, |row| {
            all.absorb(usize::try_from(row.key).unwrap_or(usize::MAX).saturating_mul(CHUNK), &row.body);
            Ok(())
        })
    }
}

/// Groups of more than one member, in portions.
fn portions<'a>(groups: &[&'a [DocIndex]]) -> impl Iterator<Item = Vec<&'a [DocIndex]>> {
    let mut groups = groups.iter().copied().filter(|group| group.len() > 1).peekable();
    std::iter::from_fn(move || {
        let mut some: Vec<&[DocIndex]> = vec![groups.next()?];
        let mut documents = some[0].len();
        while let Some(group) = groups.next_if(|group| documents + group.len() <= DOCUMENTS_AT_ONCE) {
            documents += group.len();
            some.push(group);
        }
        Some(some)
    })
}

/// Counts the phrases of groups.
pub(super) struct Counting {
    builder: StatisticsBuilder,
    /// One bit for each document: whether it is a group by itself.
    alone: Vec<u8>,
}

impl Counting {
    pub(super) fn new(expected_keys: usize, alone: Option<&Path>) -> Result<Self, Error> {
        let alone = alone.map(shared).transpose()?.unwrap_or_default();
        Ok(Self { builder: Statistics::builder(expected_keys), alone })
    }

    /// Counts one document, where it is a group by itself.
    pub(super) fn count_alone(&mut self, row: &Row) -> Result<(), Error> {
        let doc = usize::try_from(row.key).unwrap_or(usize::MAX);
        if self.alone.get(doc / 8).is_some_and(|bits| bits >> (doc % 8) & 1 == 1) {
            self.builder.observe_group(&statistic_keys(&document_of(row, None)?.article));
        }
        Ok(())
    }

    /// Counts groups: rows of one key, a document or a list of groups each. Documents from `own` on are of earlier
    /// runs.
    pub(super) fn count_groups(&mut self, rows: &[Row], own: usize) -> Result<(), Error> {
        let mut keys: BTreeMap<i64, Vec<u64>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.kind == TEXT) {
            keys.insert(row.at, statistic_keys(&document_of(row, None)?.article));
        }
        for row in rows.iter().filter(|row| row.kind == GIVEN) {
            for group in unpacked::<Vec<Vec<DocIndex>>>(&row.body)? {
                if !group.iter().all(|doc| keys.contains_key(&i64::from(doc.0))) {
                    return Err(Error::Elsewhere("a document was lost".to_owned()));
                }
                let keys_of = |doc: DocIndex| keys.get(&i64::from(doc.0)).map_or(&[][..], Vec::as_slice);
                self.builder.observe_group(&new_keys(&group, own, keys_of));
            }
        }
        Ok(())
    }

    pub(super) fn finish(self, out: &mut Sink<'_>) -> Result<(), Error> {
        let counted = self.builder.finish();
        for (at, chunk) in counted.counters().chunks(CHUNK).enumerate() {
            if chunk.iter().any(|&counter| counter > 0) {
                out(Row { kind: 0, key: number(at), at: 0, body: chunk.to_vec() })?;
            }
        }
        Ok(())
    }
}

/// Adds up counters of one chunk.
pub(super) fn sum(rows: &[Row], out: &mut Sink<'_>) -> Result<(), Error> {
    let Some(first) = rows.first() else { return Ok(()) };
    let mut counters = first.body.clone();
    for row in &rows[1..] {
        for (counter, &more) in counters.iter_mut().zip(&row.body) {
            *counter = counter.saturating_add(more);
        }
    }
    out(Row { kind: 0, key: first.key, at: 0, body: counters })
}

/// What the tasks of one process have in common: the counts that were read last.
static LAST: Mutex<Option<(PathBuf, Arc<Statistics>)>> = Mutex::new(None);

/// The counts of phrases in a file.
pub(super) fn statistics_in(path: &Path) -> Result<Arc<Statistics>, Error> {
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, statistics)) = &*last
        && known == path
    {
        return Ok(Arc::clone(statistics));
    }
    let damaged = || Error::Elsewhere(format!("{}: holds no counts of phrases", path.display()));
    let statistics = Arc::new(Statistics::of_counters(shared(path)?.into(), 0).ok_or_else(damaged)?);
    *last = Some((path.to_owned(), Arc::clone(&statistics)));
    Ok(statistics)
}
