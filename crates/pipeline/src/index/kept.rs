//! An index by itself: what it holds, whether it is whole, and what is to be forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;
use unecho_store::{Manifest, Problem, Serial, Store, Writer};
use unecho_verify::statistic_keys;

use super::remembered::Remembered;
use super::{section, statistics_key};
use crate::Error;

/// An index, open for reading.
#[derive(Debug)]
pub struct Index {
    store: Store,
}

/// What an index holds, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IndexStats {
    /// Documents, forgotten ones included.
    pub documents: u64,
    /// Documents that runs kept.
    pub kept: u64,
    /// Runs.
    pub runs: u64,
    /// Segment files.
    pub segments: u64,
    /// Bytes of segment files.
    pub bytes: u64,
    /// Sections by name, of all segments together.
    pub sections: BTreeMap<String, SectionStats>,
}

/// What the sections of one name hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SectionStats {
    /// Documents, numbers or entries.
    pub entries: u64,
    /// Bytes of blocks.
    pub bytes: u64,
}

/// A document of an index.
#[derive(Debug, Clone, PartialEq)]
pub struct Known<'a> {
    /// Its number.
    pub number: u64,
    /// The run that it came with.
    pub run: &'a str,
    /// What is kept of it.
    pub remembered: Remembered,
}

/// What to forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forget {
    /// Documents with these ids, whichever run they came with.
    Ids(BTreeSet<String>),
    /// All documents of this run; it may then be run again as if it had never been.
    Run(String),
}

/// Whether to forget documents that were dropped for forgotten ones too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopiesToo {
    /// They stay. Nobody stands for them any more: the next copy of the story is kept.
    No,
    /// They are forgotten as well.
    Yes,
}

/// What was forgotten.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Documents.
    pub documents: u64,
    /// Ids that no document has.
    pub unknown: Vec<String>,
    /// Ids of documents that stay, though the document that was kept for them is forgotten.
    pub copies_left: Vec<String>,
}

impl Index {
    /// Opens the index in `folder`.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        Ok(Self { store: Store::open(folder)? })
    }

    /// What the index says of itself.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        self.store.manifest()
    }

    /// What it holds, in numbers.
    #[must_use]
    pub fn stats(&self) -> IndexStats {
        let manifest = self.store.manifest();
        let mut sections: BTreeMap<String, SectionStats> = BTreeMap::new();
        for info in self.store.sections() {
            let stats = sections.entry(info.name.clone()).or_default();
            stats.entries += info.entries;
            stats.bytes += info.bytes;
        }
        IndexStats {
            documents: manifest.end(),
            kept: manifest.runs.iter().map(|run| run.kept).sum(),
            runs: manifest.runs.len() as u64,
            segments: manifest.segments.len() as u64,
            bytes: manifest.segments.iter().map(|segment| segment.bytes).sum(),
            sections,
        }
    }

    /// Reads every byte and follows every pointer; empty when all is well.
    ///
    /// # Errors
    /// When blocks of documents cannot be read at all.
    pub fn verify(&self) -> Result<Vec<Problem>, Error> {
        let mut problems = self.store.verify();
        if problems.is_empty() {
            problems = self.verify_keepers()?;
        }
        Ok(problems)
    }

    /// Documents whose keeper is not there. A forgotten keeper is.
    fn verify_keepers(&self) -> Result<Vec<Problem>, Error> {
        let end = self.store.manifest().end();
        let mut problems = Vec::new();
        self.each(|known| {
            if known.remembered.keeper().is_some_and(|keeper| keeper.0 >= end || keeper.0 == known.number) {
                let what = format!("document {} was dropped for one that is not there", known.number);
                problems.push(Problem { file: unecho_store::MANIFEST_NAME.to_owned(), what });
            }
            Ok(())
        })?;
        Ok(problems)
    }

    /// Hands over every document that is not forgotten, in order.
    ///
    /// # Errors
    /// When a block is damaged, or `hand` fails.
    pub fn each(&self, mut hand: impl FnMut(Known<'_>) -> Result<(), Error>) -> Result<(), Error> {
        let runs = &self.store.manifest().runs;
        self.store.each_document(|serial, bytes| {
            let Some(remembered) = Remembered::of_bytes(&bytes) else { return Ok(()) };
            let damaged = |_| Error::IndexDamaged(self.store.folder().to_owned());
            let at = runs.partition_point(|run| run.end() <= serial.0);
            let run = runs.get(at).map_or("", |run| run.id.as_str());
            hand(Known { number: serial.0, run, remembered: remembered.map_err(damaged)? })
        })
    }

    /// The documents to forget, with the keys that they count, and what is told of it.
    fn to_forget(&self, forget: &Forget, copies: CopiesToo) -> Result<(Vec<ToForget>, Forgotten), Error> {
        let is_named = |known: &Known<'_>| match forget {
            Forget::Ids(ids) => ids.contains(known.remembered.document.id.as_str()),
            Forget::Run(run) => known.run == run,
        };
        let mut named: BTreeSet<Serial> = BTreeSet::new();
        let mut found: BTreeSet<String> = BTreeSet::new();
        self.each(|known| {
            if is_named(&known) {
                named.insert(Serial(known.number));
                found.insert(known.remembered.document.id.into());
            }
            Ok(())
        })?;
        let mut forgotten = Forgotten::default();
        if let Forget::Ids(ids) = forget {
            forgotten.unknown = ids.difference(&found).cloned().collect();
        }
        let mut to_forget = Vec::new();
        self.each(|known| {
            let serial = Serial(known.number);
            let is_copy = known.remembered.keeper().is_some_and(|keeper| named.contains(&keeper));
            if named.contains(&serial) || is_copy && copies == CopiesToo::Yes {
                to_forget.push(ToForget { serial, counted: counted_keys(known.remembered) });
            } else if is_copy {
                forgotten.copies_left.push(known.remembered.document.id.into());
            }
            Ok(())
        })?;
        forgotten.documents = to_forget.len() as u64;
        Ok((to_forget, forgotten))
    }
}

struct ToForget {
    serial: Serial,
    counted: Vec<u64>,
}

/// The keys that a document counts. Those of members of a group, which count each key once together, stay
/// counted.
fn counted_keys(remembered: Remembered) -> Vec<u64> {
    if !remembered.counts_alone {
        return Vec::new();
    }
    let keys = statistic_keys(&remembered.into_document().article);
    let keys: BTreeSet<u64> = keys.into_iter().map(statistics_key).collect();
    keys.into_iter().collect()
}

/// Makes one segment of the index in `folder`, and one of its last run.
///
/// # Errors
/// When there is no index, another run writes to it, or it cannot be read or written; it is then as it
/// was.
pub fn compact_index(folder: &Path) -> Result<(), Error> {
    Ok(Writer::open_existing(folder, unecho_disk::this_machine())?.compact()?.commit()?)
}

/// Forgets documents of the index in `folder`, with every entry that leads to them.
///
/// # Errors
/// When there is no index, another run writes to it, or it cannot be read or written; it is then as it
/// was.
pub fn forget(folder: &Path, forget: &Forget, copies: CopiesToo) -> Result<Forgotten, Error> {
    let writer = Writer::open_existing(folder, unecho_disk::this_machine())?;
    let (to_forget, forgotten) = Index::open(folder)?.to_forget(forget, copies)?;
    let documents = to_forget.iter().map(|one| (one.serial, None)).collect();
    let counted = to_forget.into_iter().map(|one| (one.serial, one.counted)).collect();
    let uncounted = BTreeMap::from([(section::STATISTICS.to_owned(), counted)]);
    let run = match forget {
        Forget::Run(run) => Some(run.as_str()),
        Forget::Ids(_) => None,
    };
    writer.change(documents, &uncounted, run)?.commit()?;
    Ok(forgotten)
}
