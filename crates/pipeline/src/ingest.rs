//! The first part of a run: every input read, cleaned and put into canonical order.

mod ahead;
mod clean;
mod corroborate;
mod ids;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use unecho_cluster::Policy;
use unecho_fetch::{Fetch, Source, Sources};
use unecho_model::summary::Counts;
use unecho_model::{DocId, DocIds, DocIndex, Rejected};
use unecho_normalize::Normalizer;
use unecho_store::{Batch, Spool};
use unecho_write::InputEntry;

use crate::attributes::{self, Marked};
use crate::documents::Documents;
use crate::observe::Underway;
use crate::{Attributes, Config, Error, Event, Run, Stage};
use ahead::{Batches, Ended, read_ahead};
use clean::{Cleaned, Cleaner};

pub(crate) use corroborate::Corroboration;

/// Everything that was read.
pub(crate) struct Corpus {
    /// The articles, in canonical order, as they are before [`Corpus::corroboration`].
    pub(crate) documents: Documents,
    /// What remains to be done with each of them, when it is looked at first.
    pub(crate) corroboration: Corroboration,
    /// What was not taken in, in canonical order.
    pub(crate) rejected: Vec<Rejected>,
    /// Every input file, in canonical order.
    pub(crate) inputs: Vec<InputEntry>,
    /// Inputs that have an attribute file, in canonical order.
    pub(crate) marked: Vec<Marked>,
    /// Documents that got another id because theirs was taken.
    pub(crate) ids_renamed: u64,
    /// Files in folders that were left alone.
    pub(crate) files_skipped: u64,
    /// Records and members of containers that are no documents, by kind.
    pub(crate) records_skipped: Counts,
}

#[cfg(test)]
impl Corpus {
    /// These documents, of which nothing proves anything about the others.
    pub(crate) fn holding(documents: &[unecho_model::Document]) -> Self {
        let spool = Spool::temporary(unecho_disk::this_machine()).unwrap();
        let mut packer = unecho_store::Packer::default();
        documents.iter().for_each(|document| crate::documents::pack(document, &mut packer).unwrap());
        let batch = spool.add(None, packer.finish(Vec::new()).unwrap()).unwrap();
        let ids = documents.iter().map(|document| document.id.clone()).collect();
        Self {
            documents: Documents::of(spool, &[batch], ids),
            corroboration: Corroboration::none(),
            rejected: Vec::new(),
            inputs: Vec::new(),
            marked: Vec::new(),
            ids_renamed: 0,
            files_skipped: 0,
            records_skipped: Counts::new(),
        }
    }
}

/// What is to be read, and what cleans it.
pub(crate) struct Plan {
    pub(crate) sources: Sources,
    marked: Vec<Marked>,
    pub(crate) normalizer: Normalizer,
}

impl Plan {
    /// The policy with the names that documents will have.
    pub(crate) fn policy(&self, policy: &Policy) -> Policy {
        policy.clone().with_names(|written| self.normalizer.publisher(written))
    }
}

/// Finds the inputs and reads the rules, before anything is written.
///
/// Addresses of the web are fetched first: what they lead to is then read like any other input.
pub(crate) fn plan<S: AsRef<OsStr>>(inputs: &[S], config: &Config, run: &Run<'_>) -> Result<Plan, Error> {
    let normalizer = Normalizer::new(&config.normalize)?;
    let mut sources = unecho_fetch::resolve(inputs, &config.fetch)?;
    if !sources.web.is_empty() {
        let pages = config.pages.as_deref().ok_or(Error::NoPages)?;
        let fetch = fetch_web(&sources.web, pages, config, run)?;
        sources.sources.extend(fetch.pages);
        sources.rejected.extend(fetch.rejected);
        sources.sources.sort_by(|a, b| a.path().cmp(b.path()));
    }
    tracing::info!(inputs = sources.sources.len(), skipped = sources.skipped.n_files, "planned");
    if sources.sources.is_empty() {
        return Err(Error::NoInput(sources.rejected));
    }
    let marked = match config.attributes {
        Attributes::None => Vec::new(),
        Attributes::Dolma => attributes::marked(&sources.sources)?,
    };
    Ok(Plan { sources, marked, normalizer })
}

/// Fetches addresses of the web, and what they lead to, into the file `pages`.
pub(crate) fn fetch_web(
    addresses: &[String],
    pages: &Path,
    config: &Config,
    run: &Run<'_>,
) -> Result<Fetch, Error> {
    let underway = Underway::begin(run.observer, Stage::Fetch, None);
    let progress = |count| run.observer.event(&Event::Advanced(Stage::Fetch, count));
    let fetch =
        unecho_fetch::fetch(addresses, config.follow, pages, &config.fetch, run.cancelled, &progress)?;
    underway.finish();
    let counts = fetch.counts;
    tracing::info!(
        requests = counts.requests,
        unchanged = counts.unchanged,
        pages = fetch.pages.len(),
        "fetched"
    );
    Ok(fetch)
}

/// Reads and cleans all inputs. What an interrupted run left in `spool` is not cleaned again.
pub(crate) fn read(plan: Plan, mut spool: Spool, config: &Config, run: &Run<'_>) -> Result<Corpus, Error> {
    let Plan { sources, marked, normalizer } = plan;
    let bytes = sources.sources.iter().map(Source::size_bytes).sum::<Option<u64>>();
    let underway = Underway::begin(run.observer, Stage::Read, bytes);
    let ended = Mutex::new(Ended::default());
    let cleaner = Cleaner::new(&normalizer, &spool, config, run);
    let (failed, n_sources) = (AtomicBool::new(false), sources.sources.len());
    let reads = read_ahead(sources.sources, &config.fetch);
    let batches = Batches { reads, run, ended: &ended, failed: &failed };
    let clean =
        |(place, batch)| cleaner.clean(place, batch).inspect_err(|_| failed.store(true, Ordering::Relaxed));
    let mut cleaned: Vec<Cleaned> = batches.par_bridge().map(clean).collect::<Result<_, Error>>()?;
    run.ensure_wanted()?;
    cleaned.sort_unstable_by_key(|cleaned| cleaned.place);
    tell_resumed(&cleaned, &spool, run);
    let (reuse, may_be_corroborated) =
        (cleaner.into_reuse(), cleaned.iter().any(|part| part.may_be_corroborated));
    spool.remove_unused(cleaned.iter().map(|part| &part.batch)).map_err(Error::Work)?;
    let mut rejected = sources.rejected;
    let (mut batches, mut ids): (Vec<Batch>, DocIds) = (Vec::new(), DocIds::default());
    for part in cleaned {
        batches.push(part.batch);
        ids.append(&part.ids);
        rejected.extend(part.rejected);
    }
    let (_, ids_renamed) = settle_ids(&mut ids, &mut rejected);
    let ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(lost) = (0..n_sources).find(|at| !ended.inputs.contains_key(at)) {
        let before = lost.checked_sub(1).and_then(|at| ended.inputs.get(&at));
        return Err(Error::InputLost { number: lost + 1, after: before.map(|input| input.path.clone()) });
    }
    let mut documents = Documents::of(spool, &batches, ids);
    let corroboration = match may_be_corroborated {
        true => Corroboration::of(&mut documents, normalizer, reuse, run)?,
        false => Corroboration::none(),
    };
    tracing::info!(documents = documents.len(), rejected = rejected.len(), "read");
    underway.finish();
    for rejected in &rejected {
        run.observer.event(&Event::Rejected(rejected));
    }
    Ok(Corpus {
        documents,
        corroboration,
        rejected,
        inputs: ended.inputs.into_values().collect(),
        marked,
        ids_renamed,
        files_skipped: sources.skipped.n_files as u64,
        records_skipped: ended.records_skipped,
    })
}

/// Puts rejections into canonical order, and gives each document and rejection an id of its own. Returns the
/// documents that got another one, and how many documents and rejections did.
pub(crate) fn settle_ids(ids: &mut DocIds, rejected: &mut [Rejected]) -> (BTreeMap<DocIndex, DocId>, u64) {
    rejected.sort_by(|a, b| (&a.origin, &a.id).cmp(&(&b.origin, &b.id)));
    let mut of_rejected: Vec<&mut DocId> = rejected.iter_mut().map(|rejected| &mut rejected.id).collect();
    ids::make_unique(ids, &mut of_rejected)
}

/// Tells how much of an interrupted run is of use.
fn tell_resumed(cleaned: &[Cleaned], spool: &Spool, run: &Run<'_>) {
    let batches_left = spool.earlier_len() as u64;
    if batches_left > 0 {
        let resumed = || cleaned.iter().filter(|part| part.is_resumed);
        let documents = resumed().map(|part| part.ids.len() as u64).sum();
        let batches = resumed().count() as u64;
        run.observer.event(&Event::Resumed { documents, batches, batches_left });
    }
}
