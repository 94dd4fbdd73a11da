//! Plans and runs: the only crate that knows the order of the stages.
//!
//! ```text
//! read + normalize ─► fingerprint ─► exact, near ─► candidates ─► verify ─► cluster ─► write
//! ```
//! Knows nothing of flags and terminals: progress goes to an [`Observer`], errors to the caller.

mod alone;
mod attributes;
mod config;
mod documents;
mod error;
mod index;
mod ingest;
mod matching;
mod memory;
mod observe;
mod output;
mod preview;
mod spread;
mod summarize;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::field::Empty;
use unecho_model::record::NormalizedRecord;
use unecho_model::{Article, CandidatePair, DocIndex, Document, Rejected, Summary, Verdict};
use unecho_store::Spool;

use ingest::Corpus;
use observe::Underway;

pub use alone::{CleanRow, RowNormalizer, RowRecord};
pub use config::{Attributes, Config, Ledger, OnBetterCopy, Stated};
pub use error::Error;
pub use index::{
    CopiesToo, Fate, Forget, Forgotten, Index, IndexStats, Known, Remembered, SectionStats, compact_index,
    export_index, forget, import_index,
};
pub use matching::{Matching, Measured, compare};
pub use memory::machine_bytes;
pub use observe::{Event, Observer, SPANS_TARGET, STORIES_MAX, Stage, Unobserved};
pub use preview::{Preview, PreviewInput, preview};
pub use spread::{GIVEN, Input, Job, Row, TEXT, Task, WANTED, Workers, ingest_spread};
pub use unecho_cluster::{Actions, Criterion, OnLink, Policy};
pub use unecho_disk::this_machine;
pub use unecho_fetch::{Fetch, Follow, Layout, Networks, WebError};
pub use unecho_normalize::{Engines, Error as RulesError, RulesText, Strip, raw_text};
pub use unecho_report::{Pace, StagePace, StoryHead};
pub use unecho_store::{
    Error as IndexError, ErrorKind as IndexErrorKind, Manifest as IndexManifest, Problem as IndexProblem,
};
pub use unecho_verify::{
    Calibration, Config as VerifyConfig, Features, InvalidCalibration, Measure, Thresholds,
};
pub use unecho_write::{
    ColumnType, Depth, Error as OutputError, ErrorKind as OutputErrorKind, Finished, Format, Problem, Shards,
    Table,
};

/// What a run needs besides its config.
pub struct Run<'a> {
    /// Who looks on.
    pub observer: &'a dyn Observer,
    /// Set from outside (a signal handler) to end the run at the next convenient point.
    pub cancelled: &'a AtomicBool,
}

impl Run<'_> {
    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    fn ensure_wanted(&self) -> Result<(), Error> {
        if self.is_cancelled() { Err(Error::Interrupted) } else { Ok(()) }
    }
}

/// Reads `inputs`, cleans and deduplicates them, and publishes the result at `out`. With an index, copies of
/// what earlier runs saw are dropped too, and what this run saw is added to it.
///
/// # Errors
/// See [`Error`]; on every error but [`Error::IndexBehind`] a folder `out` and the index are as they were
/// before. In an object store `out` has no marker of success from the first file that is replaced to the last
/// that is uploaded.
pub fn ingest<S: AsRef<OsStr> + Sync>(
    inputs: &[S],
    out: &Path,
    config: &Config,
    run: &Run<'_>,
) -> Result<Summary, Error> {
    in_pool(config, || {
        let whole = tracing::info_span!(
            target: SPANS_TARGET, "ingest", read = Empty, kept = Empty, dropped = Empty, rejected = Empty
        );
        let _in_it = whole.enter();
        let plan = ingest::plan(inputs, config, run)?;
        let config = &Config { keep: plan.policy(&config.keep), ..config.clone() };
        let target = unecho_write::Target::of(out, this_machine())?;
        let mut staging = unecho_write::Staging::begin(target.folder(), this_machine())?;
        let open = |index: &PathBuf| index::Memory::open(index, out, config);
        let mut memory = config.index.as_ref().map(open).transpose()?;
        let spool = Spool::open(&staging.work_folder(), this_machine()).map_err(Error::Work)?;
        let mut corpus = ingest::read(plan, spool, config, run)?;
        memory.as_mut().map_or(Ok(()), index::Memory::ensure_well)?;
        // A run that does not fit what the index knows is refused for good: nobody goes on from its work.
        let placed = memory.map(|memory| Ok((memory.slot(&corpus.inputs, config)?, memory))).transpose();
        let memory = placed.inspect_err(|_: &Error| staging.remove_work())?;
        let view = memory.as_ref().map(|(slot, memory)| memory.view(slot));
        let matched = matching::find_copies(&mut corpus, view.as_ref(), config, run)?;
        let summary = summarize::summarize(&corpus, &matched, config);
        let counts = summary.documents;
        whole.record("read", counts.read).record("kept", counts.kept);
        whole.record("dropped", counts.dropped).record("rejected", counts.rejected);
        let underway = Underway::begin(run.observer, Stage::Write, None);
        let stories = output::write(&mut staging, &corpus, &matched, &summary, config)?;
        attributes::write(&mut staging, &corpus, &matched, config, run)?;
        run.ensure_wanted()?;
        run.observer.event(&Event::Advanced(Stage::Write, staging.files_len() as u64));
        let mut stated = config.to_json();
        stated["settings"] = serde_json::json!(config.settings);
        let mut remembered = None;
        if let Some((slot, memory)) = memory {
            stated["index"] = memory.state(&slot);
            remembered = memory.remember(&slot, &corpus, &matched, config, None)?;
        }
        run.ensure_wanted()?;
        let published =
            staging.publish(unecho_write::Manifest::new(stated, corpus.inputs, summary.documents))?;
        target.finish(&|| !run.is_cancelled())?;
        if let Some(remembered) = remembered {
            remembered.commit().map_err(|error| Error::IndexBehind(Box::new(error)))?;
        }
        drop(corpus.documents);
        published.remove_work();
        underway.finish();
        tracing::info!(out = %out.display(), kept = summary.documents.kept, "published");
        run.observer.event(&Event::Stories(&stories));
        run.observer.event(&Event::Published(out, &summary));
        Ok(summary)
    })
}

/// Fetches addresses of the web, given as inputs or in `@LIST` files, and what they lead to into the
/// WARC file `pages`.
///
/// # Errors
/// When an input is no address of the web, or the file cannot be used, or the run is interrupted.
pub fn fetch<S: AsRef<OsStr> + Sync>(
    inputs: &[S],
    pages: &Path,
    config: &Config,
    run: &Run<'_>,
) -> Result<Fetch, Error> {
    let sources = unecho_fetch::resolve(inputs, &config.fetch)?;
    if sources.web.is_empty() {
        return Err(Error::NoInput(sources.rejected));
    }
    let mut fetch = ingest::fetch_web(&sources.web, pages, config, run)?;
    for rejected in &fetch.rejected {
        run.observer.event(&Event::Rejected(rejected));
    }
    fetch.rejected.extend(sources.rejected);
    Ok(fetch)
}

/// The page about a finished output, as HTML; with `pace`, it also shows how long the run took. Without,
/// it is the page that the run itself made.
///
/// # Errors
/// When the records of the output cannot be read.
pub fn report(finished: &Finished, pace: Option<Pace>) -> Result<String, OutputError> {
    output::report_of(finished, pace)
}

/// What [`normalize`] made of its inputs.
#[derive(Debug)]
pub struct Normalized {
    /// The clean documents, in canonical order.
    pub records: Vec<NormalizedRecord>,
    /// What was not taken in, in canonical order.
    pub rejected: Vec<Rejected>,
}

/// Reads and cleans `inputs`, without looking for copies.
///
/// # Errors
/// When inputs or rules cannot be understood, or the run is interrupted.
pub fn normalize<S: AsRef<OsStr> + Sync>(
    inputs: &[S],
    config: &Config,
    run: &Run<'_>,
) -> Result<Normalized, Error> {
    in_pool(config, || {
        let spool = Spool::temporary(this_machine()).map_err(Error::Work)?;
        let corpus = ingest::read(ingest::plan(inputs, config, run)?, spool, config, run)?;
        let Corpus { mut documents, corroboration, rejected, .. } = corpus;
        let mut records = Vec::with_capacity(documents.len());
        let look = |records: &mut Vec<NormalizedRecord>, _, document: &mut Document| {
            corroboration.apply(document);
            records.push(normalized(document.clone()));
            documents::Edit::None
        };
        documents.edit_each(run, Vec::new, look, |some| {
            records.extend(some);
            Ok(())
        })?;
        Ok(Normalized { records, rejected })
    })
}

fn normalized(mut document: Document) -> NormalizedRecord {
    let words = unecho_text::words_outside(&document.article.text, &document.article.unmatched);
    let digest = unecho_fingerprint::exact_digest(&words);
    let Article { stripped, repaired, lines, .. } = &mut document.article;
    let mut cuts = std::mem::take(stripped);
    cuts.append(repaired);
    let lines = std::mem::take(lines);
    NormalizedRecord { document: output::document_record(document, digest), stripped: cuts, lines }
}

/// Judges pairs of documents, given by their public ids, as if each had been proposed; how common
/// phrases are comes from all of `inputs`. Pairs that name an unknown document have no verdict.
///
/// # Errors
/// When inputs or rules cannot be understood, or the run is interrupted.
pub fn verify_pairs(
    inputs: &[String],
    pairs: &[(String, String)],
    config: &Config,
    run: &Run<'_>,
) -> Result<Vec<Option<Verdict>>, Error> {
    given_pairs(inputs, pairs, config, run, matching::judge_given)
}

/// Measures pairs of documents, given by their public ids; how common phrases are comes from all of
/// `inputs`. Pairs that name an unknown document are not measured.
///
/// # Errors
/// When inputs or rules cannot be understood, or the run is interrupted.
pub fn measure_pairs(
    inputs: &[String],
    pairs: &[(String, String)],
    config: &Config,
    run: &Run<'_>,
) -> Result<Vec<Option<Measured>>, Error> {
    given_pairs(inputs, pairs, config, run, matching::measure_given)
}

fn given_pairs<T: Send>(
    inputs: &[String],
    pairs: &[(String, String)],
    config: &Config,
    run: &Run<'_>,
    look: impl FnOnce(&mut Corpus, &[CandidatePair], &Config, &Run<'_>) -> Result<Vec<T>, Error> + Send,
) -> Result<Vec<Option<T>>, Error> {
    in_pool(config, || {
        let spool = Spool::temporary(this_machine()).map_err(Error::Work)?;
        let mut corpus = ingest::read(ingest::plan(inputs, config, run)?, spool, config, run)?;
        let docs = (0..corpus.documents.len()).map(DocIndex::of);
        let places: BTreeMap<String, DocIndex> =
            docs.map(|doc| (corpus.documents.id(doc).to_string(), doc)).collect();
        let place = |id: &String| places.get(id).copied();
        let known: Vec<Option<CandidatePair>> =
            pairs.iter().map(|(a, b)| CandidatePair::new(place(a)?, place(b)?)).collect();
        let given: Vec<CandidatePair> = known.iter().flatten().copied().collect();
        let mut found = look(&mut corpus, &given, config, run)?.into_iter();
        Ok(known.into_iter().map(|pair| pair.and_then(|_| found.next())).collect())
    })
}

fn in_pool<T: Send>(config: &Config, work: impl FnOnce() -> Result<T, Error> + Send) -> Result<T, Error> {
    match config.threads {
        None => work(),
        Some(threads) => rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build()?.install(work),
    }
}
