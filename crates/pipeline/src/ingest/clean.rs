//! Cleaning batches: parsed, normalized and written to disk, unless an interrupted run did it before.

use std::sync::{Mutex, PoisonError};

use serde_json::json;
use unecho_fetch::Fetched;
use unecho_model::{Digest, DocIds, Document, Rejected};
use unecho_normalize::{Normalizer, Reuse};
use unecho_store::{Batch, Packer, Spool};

use super::ahead::Place;
use crate::documents::{Stored, pack};
use crate::{Config, Error, Run};

/// Tables that are filled side by side.
const TABLES: usize = 8;

/// Most bytes of rejections that are kept with a batch.
const NOTE_BYTES_MAX: usize = 64 << 20;

/// Cleans batches, on any thread.
pub(super) struct Cleaner<'a> {
    normalizer: &'a Normalizer,
    spool: &'a Spool,
    config: &'a Config,
    run: &'a Run<'a>,
    /// Stands for everything that a clean batch follows from besides its content; absent where nobody will ask.
    settings: Option<Digest>,
    reuse: Vec<Mutex<Reuse>>,
}

/// One batch after cleaning.
#[derive(Debug)]
pub(super) struct Cleaned {
    pub(super) place: Place,
    /// Its documents, on disk.
    pub(super) batch: Batch,
    pub(super) ids: DocIds,
    pub(super) rejected: Vec<Rejected>,
    /// Whether knowledge of the other documents may change one of these.
    pub(super) may_be_corroborated: bool,
    /// Whether an interrupted run cleaned it.
    pub(super) is_resumed: bool,
}

impl Cleaned {
    fn of(place: Place) -> Self {
        Self {
            place,
            batch: Batch::default(),
            ids: DocIds::default(),
            rejected: Vec::new(),
            may_be_corroborated: false,
            is_resumed: false,
        }
    }

    fn look_at(&mut self, document: &Document, normalizer: &Normalizer, reuse: &mut Reuse) {
        self.ids.push(&document.id);
        self.may_be_corroborated |= normalizer.observe(document, reuse);
    }
}

impl<'a> Cleaner<'a> {
    pub(super) fn new(
        normalizer: &'a Normalizer,
        spool: &'a Spool,
        config: &'a Config,
        run: &'a Run<'a>,
    ) -> Self {
        let reuse = std::iter::repeat_with(Mutex::default).take(TABLES).collect();
        let settings = (!spool.is_temporary()).then(|| settings(config));
        Self { normalizer, spool, config, run, settings, reuse }
    }

    /// Which documents tell one story, as far as it is known of all that were cleaned.
    pub(super) fn into_reuse(self) -> Reuse {
        let mut all = Reuse::default();
        for table in self.reuse {
            all.merge(table.into_inner().unwrap_or_else(PoisonError::into_inner));
        }
        all
    }

    /// Cleans the batch at this place.
    pub(super) fn clean(&self, place: Place, batch: unecho_fetch::Batch) -> Result<Cleaned, Error> {
        if self.run.is_cancelled() {
            return Ok(Cleaned::of(place));
        }
        let key = self.settings.and_then(|settings| {
            let content = batch.digest()?;
            Some(Digest::of(&[*settings.as_bytes(), *content.as_bytes()].concat()))
        });
        let mut reuse = Reuse::default();
        let known = key.as_ref().and_then(|key| self.spool.find(key));
        let resumed = known.and_then(|known| self.resume(place, known, &mut reuse));
        let cleaned = match resumed {
            Some(cleaned) => cleaned,
            None => {
                reuse = Reuse::default();
                self.clean_new(place, batch, key.as_ref(), &mut reuse)?
            }
        };
        let table = rayon::current_thread_index().unwrap_or(0) % TABLES;
        self.reuse[table].lock().unwrap_or_else(PoisonError::into_inner).merge(reuse);
        Ok(cleaned)
    }

    /// The batch as an interrupted run left it; `None` when it cannot be read.
    fn resume(&self, place: Place, batch: Batch, reuse: &mut Reuse) -> Option<Cleaned> {
        let mut cleaned = Cleaned { is_resumed: true, ..Cleaned::of(place) };
        cleaned.rejected = rmp_serde::from_slice(&batch.note).ok()?;
        for block in &batch.blocks {
            for bytes in self.spool.read(block).ok()?.iter() {
                let stored = Stored::of_bytes(bytes)?;
                let id = stored.id().clone();
                cleaned.look_at(&stored.into_document(id), self.normalizer, reuse);
            }
        }
        cleaned.batch = batch;
        Some(cleaned)
    }

    fn clean_new(
        &self,
        place: Place,
        batch: unecho_fetch::Batch,
        key: Option<&Digest>,
        reuse: &mut Reuse,
    ) -> Result<Cleaned, Error> {
        let mut cleaned = Cleaned::of(place);
        let mut packer = Packer::default();
        let path = batch.path().to_owned();
        for fetched in batch.parse(&self.config.fetch) {
            if self.run.is_cancelled() {
                return Ok(Cleaned::of(place));
            }
            match fetched {
                Fetched::Document(raw) => match self.normalizer.normalize(raw) {
                    Ok(document) => {
                        cleaned.look_at(&document, self.normalizer, reuse);
                        pack(&document, &mut packer)?;
                    }
                    Err(rejected) => cleaned.rejected.push(rejected),
                },
                Fetched::Rejected(rejected) => cleaned.rejected.push(rejected),
            }
        }
        if key.is_some() || !cleaned.ids.is_empty() {
            let packing = |source| Error::Packing { what: path.clone(), source };
            let note = rmp_serde::to_vec_named(&cleaned.rejected).map_err(std::io::Error::other);
            let note = note.map_err(packing)?;
            // Rejections beyond that are made again.
            let (key, note) = if note.len() > NOTE_BYTES_MAX { (None, Vec::new()) } else { (key, note) };
            let packed = packer.finish(note).map_err(packing)?;
            cleaned.batch = self.spool.add(key, packed).map_err(Error::Work)?;
        }
        Ok(cleaned)
    }
}

/// A digest of the settings, and of the program: another one may clean in another way.
fn settings(config: &Config) -> Digest {
    let program = config.program.clone().map_or_else(std::env::current_exe, Ok);
    let program = program.and_then(std::fs::metadata).ok();
    let made = program.as_ref().and_then(|program| program.modified().ok());
    let settings = json!({
        "config": config.cleaning_json(),
        "program": [program.as_ref().map(std::fs::Metadata::len), made],
        "version": env!("CARGO_PKG_VERSION"),
    });
    Digest::of(settings.to_string().as_bytes())
}
