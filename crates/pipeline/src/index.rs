//! What earlier runs saw: looked up before copies are searched for, added to when a result is published.
//!
//! A run with an index searches its own documents and those of earlier runs that are proposed to them.
//! What earlier runs decided stays decided. The order at the end is: files of the result, segments of
//! the index, the result in its place, the pointer of the index. Killed anywhere, the same command
//! ends as it would have ended: either the index does not know the run yet, or it knows it as the
//! last one, and then looks at what it knew before.

mod exported;
mod kept;
mod recall;
mod remember;
mod remembered;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use unecho_candidates::{BANDS_SCHEME, BITS_SCHEME};
use unecho_disk::this_machine;
use unecho_fingerprint::{CONTENT_PAIRS_SCHEME, EXACT_SCHEME, MINHASH_SCHEME, SHINGLES_SCHEME};
use unecho_model::{Digest, Drop};
use unecho_store::{Prepared, RunEntry, Schemes, Serial, Store, Writer};
use unecho_text::{STOP_WORDS_SCHEME, WORDS_SCHEME};
use unecho_verify::STATISTICS_SCHEME;
use unecho_write::InputEntry;

use crate::ingest::Corpus;
use crate::matching::{Matched, Sought};
use crate::spread::Spread;
use crate::{Config, Error};
use exported::WorkingCopy;

pub(crate) use recall::{Recalled, content_keys, stored_keys};
pub(crate) use remember::{SEGMENT_DOCUMENTS_MAX, Taken, Told, take};

pub use exported::{export_index, import_index};
pub use kept::{CopiesToo, Forget, Forgotten, Index, IndexStats, Known, SectionStats, compact_index, forget};
pub use remembered::{Fate, Remembered};

/// Names of the lists and counts in segments.
mod section {
    /// Digests to the documents that stand for them.
    pub(super) const DIGESTS: &str = "digests";
    /// Bands of signatures to documents.
    pub(super) const BANDS: &str = "bands";
    /// Pairs of content words to documents that stood after near copies were dropped.
    pub(super) const CONTENT: &str = "content";
    /// In how many groups of near copies skip-pairs and names occur.
    pub(super) const STATISTICS: &str = "statistics";
}

/// The index of a run, held for writing from its beginning to its end.
pub(crate) struct Memory {
    writer: Writer,
    /// What the index is made of, where that is an export.
    export: Option<WorkingCopy>,
}

/// What is to be known of a run, written and not yet in force.
#[derive(Debug)]
#[must_use = "the index is as it was until this is committed"]
pub(crate) struct Lesson {
    prepared: Prepared,
    export: Option<WorkingCopy>,
}

impl Lesson {
    /// Puts it in force: the index knows the run from here on, and so does the export that it is made of.
    pub(crate) fn commit(self) -> Result<(), Error> {
        self.prepared.commit()?;
        self.export.as_ref().map_or(Ok(()), WorkingCopy::write_back)
    }
}

/// What a run has to do with the runs that the index knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The index does not know it.
    New,
    /// It is the last one: it takes its own place.
    Last,
    /// Others came after it: it is looked at as it was then, and the index stays as it is.
    Past,
}

/// The place of a run in the index.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    place: Place,
    run: String,
    /// The number of the run's first document: it looks at those before.
    first: Serial,
    runs_before: usize,
}

/// The index as a run may look at it: without itself and whatever came after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    store: &'a Store,
    end: Serial,
}

impl Memory {
    /// Opens the index in `folder`, or that of an export there, or begins one, for a run whose result is to stand at
    /// `out`. Many segments of earlier runs are made few beside this one.
    pub(crate) fn open(folder: &Path, out: &Path, config: &Config) -> Result<Self, Error> {
        if let (Ok(index), Ok(out)) = (std::path::absolute(folder), std::path::absolute(out))
            && index.starts_with(out)
        {
            return Err(Error::IndexInOutput(folder.to_owned()));
        }
        let schemes = schemes(config);
        let export = exported::is_export(folder).then(|| WorkingCopy::of(folder, &schemes)).transpose()?;
        let index = export.as_ref().map_or(folder, WorkingCopy::index);
        let mut writer = Writer::open(index, &schemes, this_machine())?;
        writer.begin_merging();
        Ok(Self { writer, export })
    }

    /// Ends a run whose index cannot be written before more work is done.
    pub(crate) fn ensure_well(&mut self) -> Result<(), Error> {
        Ok(self.writer.ensure_merging()?)
    }

    /// The place of a run on these inputs.
    pub(crate) fn slot(&self, inputs: &[InputEntry], config: &Config) -> Result<Slot, Error> {
        let (store, run) = (self.writer.store(), run_id(inputs));
        let runs = &store.manifest().runs;
        let at = runs.iter().position(|known| known.id == run);
        let place = match at {
            None => Place::New,
            Some(at) if at + 1 == runs.len() => Place::Last,
            Some(at) if runs[at].config != config_digest(config) => {
                return Err(Error::RunChanged { folder: store.folder().to_owned(), run });
            }
            Some(at) if !store.can_be_seen_before(Serial(runs[at].first)) => {
                return Err(Error::RunMixed { folder: store.folder().to_owned(), run });
            }
            Some(_) => Place::Past,
        };
        let first = Serial(at.map_or(store.manifest().end(), |at| runs[at].first));
        tracing::info!(documents = first.0, ?place, run, "index");
        Ok(Slot { place, run, first, runs_before: at.unwrap_or(runs.len()) })
    }

    /// The index as the run may look at it.
    pub(crate) const fn view(&self, slot: &Slot) -> View<'_> {
        View { store: self.writer.store(), end: slot.first }
    }

    /// What the run builds on, for the manifest of its result.
    pub(crate) fn state(&self, slot: &Slot) -> Value {
        let runs = &self.writer.store().manifest().runs[..slot.runs_before];
        let ids: Vec<&str> = runs.iter().map(|run| run.id.as_str()).collect();
        json!({
            "documents": slot.first.0,
            "runs": runs.len(),
            "runs_digest": Digest::of(ids.join("\n").as_bytes()),
            "run": slot.run,
        })
    }

    /// Writes what is to be known of the run; nothing is known before it is committed. `None` when the
    /// index stays as it is. Texts that are elsewhere are looked at by `spread`.
    pub(crate) fn remember(
        mut self,
        slot: &Slot,
        corpus: &Corpus,
        matched: &Matched,
        config: &Config,
        spread: Option<&Spread<'_>>,
    ) -> Result<Option<Lesson>, Error> {
        if slot.place == Place::Past {
            return Ok(None);
        }
        let is_kept = |fate: &&unecho_model::Fate| matches!(fate, unecho_model::Fate::Kept);
        let entry = RunEntry {
            id: slot.run.clone(),
            first: slot.first.0,
            documents: corpus.documents.own() as u64,
            kept: matched.decisions.fates().iter().filter(is_kept).count() as u64,
            config: config_digest(config),
            changed: Vec::new(),
        };
        let changed = self.changed(slot, matched)?;
        let entry = RunEntry { changed: replaced(matched).map(|(serial, _)| serial.0).collect(), ..entry };
        let segments = remember::segments(&mut self.writer, slot.first, corpus, matched, config, spread)?;
        let prepared = self.writer.prepare(entry, segments, changed)?;
        Ok(Some(Lesson { prepared, export: self.export }))
    }
}

impl Memory {
    /// Documents of earlier runs that are to be other than they are: replaced by this run, or replaced by it
    /// when it was run before, and not now.
    fn changed(&self, slot: &Slot, matched: &Matched) -> Result<BTreeMap<Serial, Vec<u8>>, Error> {
        let store = self.writer.store();
        let before = store.manifest().runs.get(slot.runs_before);
        let mut fates: BTreeMap<Serial, Fate> = BTreeMap::new();
        fates.extend(before.into_iter().flat_map(|run| &run.changed).map(|&at| (Serial(at), Fate::Kept)));
        for (serial, drop) in replaced(matched) {
            let kind = matched.findings.links[drop.link.at()].kind;
            fates.insert(serial, Fate::Dropped { keeper: slot.first.0 + drop.keeper.at() as u64, kind });
        }
        let serials: Vec<Serial> = fates.keys().copied().collect();
        let mut changed = BTreeMap::new();
        for (bytes, (serial, fate)) in store.documents(&serials)?.iter().zip(fates) {
            let Some(remembered) = Remembered::of_bytes(bytes) else { continue };
            let damaged = |_| Error::IndexDamaged(store.folder().to_owned());
            let remembered = Remembered { fate, ..remembered.map_err(damaged)? };
            changed.insert(serial, remembered.to_bytes());
        }
        Ok(changed)
    }
}

/// The documents of earlier runs that gave way to documents of this one.
fn replaced(matched: &Matched) -> impl Iterator<Item = (Serial, Drop)> {
    let own = matched.decisions.len() - matched.earlier.len();
    let fates = matched.decisions.fates()[own..].iter().zip(&matched.earlier);
    fates.filter_map(|(fate, earlier)| match fate {
        unecho_model::Fate::Dropped(drop) => Some((earlier.serial, *drop)),
        unecho_model::Fate::Kept | unecho_model::Fate::Settled => None,
    })
}

impl View<'_> {
    /// Whether there is nothing to look at.
    pub(crate) const fn is_empty(&self) -> bool {
        self.end.0 == 0
    }

    /// How many documents there are.
    pub(crate) const fn documents(&self) -> u64 {
        self.end.0
    }

    /// The run that a document came with.
    fn run_of(&self, document: Serial) -> &str {
        let runs = &self.store.manifest().runs;
        let at = runs.partition_point(|run| run.end() <= document.0);
        runs.get(at).map_or("", |run| run.id.as_str())
    }

    /// In how many groups of near copies each of these keys was counted; keys ascend.
    pub(crate) fn counts(&self, keys: &[u64]) -> Result<Vec<u32>, Error> {
        let mut short: Vec<u64> = keys.iter().map(|&key| statistics_key(key)).collect();
        short.dedup();
        let counts = self.store.counts(section::STATISTICS, &short, self.end)?;
        let count = |key: &u64| short.binary_search(&statistics_key(*key)).map_or(0, |at| counts[at]);
        Ok(keys.iter().map(count).collect())
    }
}

/// A key of the statistics, as the index has it: of a billion keys one in five is taken for another.
const fn statistics_key(key: u64) -> u64 {
    key >> 32
}

/// A digest, as the index has it; the texts are compared anyway.
fn digest_key(digest: &Digest) -> u64 {
    let first = digest.as_bytes().first_chunk().expect("a digest has 32 bytes");
    u64::from_be_bytes(*first) >> (u64::BITS - unecho_store::Entry::KEY_BITS)
}

/// The name of a run: it is what it read.
fn run_id(inputs: &[InputEntry]) -> String {
    let mut lines = String::new();
    for input in inputs {
        lines.push_str(&input.digest.map_or_else(|| input.path.clone(), |digest| digest.to_string()));
        lines.push('\n');
    }
    Digest::of(lines.as_bytes()).to_string()[..16].to_owned()
}

fn config_digest(config: &Config) -> Digest {
    Digest::of(config.to_json().to_string().as_bytes())
}

/// What everything that is kept in an index depends on.
fn schemes(config: &Config) -> Schemes {
    let matching = &config.matching;
    let bands = matching.bands(config.verify.near);
    let sought = Sought::by(&config.on);
    let if_sought = |least: Sought, scheme: &str| if sought >= least { scheme } else { "none" }.to_owned();
    let schemes = [
        ("words", format!("{WORDS_SCHEME} {STOP_WORDS_SCHEME}")),
        ("digests", EXACT_SCHEME.to_owned()),
        ("signatures", format!("{SHINGLES_SCHEME} {MINHASH_SCHEME} {}", matching.minhash.len())),
        ("bands", format!("{BANDS_SCHEME} {}x{} {BITS_SCHEME}", bands.bands, bands.rows)),
        ("content", if_sought(Sought::Contained, CONTENT_PAIRS_SCHEME)),
        ("statistics", if_sought(Sought::Rewrites, STATISTICS_SCHEME)),
        ("documents", Remembered::SCHEME.to_owned()),
    ];
    schemes.into_iter().map(|(name, scheme)| (name.to_owned(), scheme)).collect()
}
