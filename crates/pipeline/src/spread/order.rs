//! The order of jobs: the run as it is seen from the side that has no texts.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use unecho_disk::this_machine;
use unecho_model::Summary;
use unecho_write::{Manifest, Staging, Target};

use super::clean::{Gathered, Learned, Renamed};
use super::look::{Head, LookedUp};
use super::records::Records;
use super::{Spread, Workers};
use crate::documents::Documents;
use crate::index::{Memory, View};
use crate::ingest::{self, Corpus, Corroboration};
use crate::matching::{self, Matched, Prints};
use crate::observe::Underway;
use crate::{Attributes, Config, Error, Event, Run, Stage, output, summarize};

/// Reads `inputs`, cleans and deduplicates them with `workers`, and publishes the result at `out`: the records and
/// the summary that [`ingest`](crate::ingest()) makes of them, in other files. `out` is a folder that all machines
/// see under one path, and so is what lies beside it while the run goes on; for one in an object store that is true of
/// the folder for temporary files, in which it is made. An index is read and written here, and nobody else needs to
/// see it.
///
/// # Errors
/// See [`Error`]; on every error but [`Error::IndexBehind`] a folder `out` and the index are as they were before. Not
/// everything can be spread: see [`Error::NotPortable`].
pub fn ingest_spread<S: AsRef<OsStr> + Sync>(
    inputs: &[S],
    out: &Path,
    config: &Config,
    run: &Run<'_>,
    workers: &dyn Workers,
) -> Result<Summary, Error> {
    crate::in_pool(config, || {
        if config.attributes != Attributes::None {
            return Err(Error::NotPortable("writing attribute files".to_owned()));
        }
        let plan = ingest::plan(inputs, config, run)?;
        let config = &Config { keep: plan.policy(&config.keep), ..config.clone() };
        let target = Target::of(out, this_machine())?;
        let mut staging = Staging::begin(target.folder(), this_machine())?;
        let open = |index: &PathBuf| Memory::open(index, out, config);
        let mut memory = config.index.as_ref().map(open).transpose()?;
        let work = staging.work_folder();
        let spread = Spread::new(workers, &work, config, run);
        spread.clear()?;
        let (mut corpus, gathered) = read(plan, &spread, run)?;
        memory.as_mut().map_or(Ok(()), Memory::ensure_well)?;
        let placed = memory.map(|memory| Ok((memory.slot(&corpus.inputs, config)?, memory))).transpose();
        let memory = placed.inspect_err(|_: &Error| staging.remove_work())?;
        let view = memory.as_ref().map(|(slot, memory)| memory.view(slot));
        let (prints, mut heads) = look(&spread, &corpus, gathered, view.as_ref(), run)?;
        let documents = &mut corpus.documents;
        let matched =
            matching::find_copies_elsewhere(documents, prints, view.as_ref(), &spread, config, run)?;
        heads.extend(Head::of_earlier(documents)?);
        let summary = summarize::summarize(&corpus, &matched, config);
        let underway = Underway::begin(run.observer, Stage::Write, None);
        let records = Records { documents: &corpus.documents, heads: &heads, matched: &matched };
        spread.write(&mut staging, &records)?;
        write_rest(&mut staging, &corpus, &matched, &summary, config)?;
        run.ensure_wanted()?;
        let mut stated = config.to_json();
        stated["settings"] = serde_json::json!(config.settings);
        let mut remembered = None;
        if let Some((slot, memory)) = memory {
            stated["index"] = memory.state(&slot);
            remembered = memory.remember(&slot, &corpus, &matched, config, Some(&spread))?;
        }
        run.ensure_wanted()?;
        let published = staging.publish(Manifest::new(stated, corpus.inputs, summary.documents))?;
        target.finish(&|| !run.is_cancelled())?;
        if let Some(remembered) = remembered {
            remembered.commit().map_err(|error| Error::IndexBehind(Box::new(error)))?;
        }
        published.remove_work();
        underway.finish();
        run.observer.event(&Event::Published(out, &summary));
        Ok(summary)
    })
}

/// What is still to be done with documents that were read.
struct Unseen {
    firsts: Vec<u32>,
    renamed: Renamed,
    learned: Option<Learned>,
}

/// Has everything read and cleaned.
fn read(plan: ingest::Plan, spread: &Spread<'_>, run: &Run<'_>) -> Result<(Corpus, Unseen), Error> {
    let underway = Underway::begin(run.observer, Stage::Read, None);
    let gathered = spread.clean(&plan.sources.sources)?;
    let Gathered { firsts, mut ids, mut rejected, inputs, records_skipped, learned } = gathered;
    let mut all_rejected = plan.sources.rejected;
    all_rejected.append(&mut rejected);
    let (renamed, ids_renamed) = ingest::settle_ids(&mut ids, &mut all_rejected);
    let renamed: Renamed = renamed.into_iter().map(|(doc, id)| (doc.0, id)).collect();
    underway.finish();
    for rejected in &all_rejected {
        run.observer.event(&Event::Rejected(rejected));
    }
    let corpus = Corpus {
        documents: Documents::elsewhere(ids)?,
        corroboration: Corroboration::none(),
        rejected: all_rejected,
        marked: Vec::new(),
        inputs,
        ids_renamed,
        files_skipped: plan.sources.skipped.n_files as u64,
        records_skipped,
    };
    Ok((corpus, Unseen { firsts, renamed, learned }))
}

/// Has everything looked at that was read.
fn look(
    spread: &Spread<'_>,
    corpus: &Corpus,
    unseen: Unseen,
    view: Option<&View<'_>>,
    run: &Run<'_>,
) -> Result<(Prints, Vec<Head>), Error> {
    let documents = &corpus.documents;
    let underway = Underway::begin(run.observer, Stage::Fingerprint, Some(documents.len() as u64));
    let Unseen { firsts, renamed, learned } = unseen;
    let looked_up = if view.is_some_and(|view| !view.is_empty()) { LookedUp::Later } else { LookedUp::Never };
    let seen = spread.look(firsts, documents, (renamed, learned), looked_up)?;
    underway.finish();
    Ok(seen)
}

/// Writes what is made without texts.
fn write_rest(
    staging: &mut Staging,
    corpus: &Corpus,
    matched: &Matched,
    summary: &Summary,
    config: &Config,
) -> Result<(), Error> {
    if config.index.is_some() {
        output::write_named_earlier(staging, &corpus.documents, matched, config.shards)?;
    }
    output::write_rejected(staging, corpus, config.shards)?;
    output::write_links(staging, &corpus.documents, matched, config.shards)?;
    output::write_summary(staging, summary)
}
