//! The order of jobs: the run as it is seen from the side that has no texts.

use std::ffi::OsStr;
use std::path::Path;

use unecho_disk::this_machine;
use unecho_model::{DocId, DocIndex, Summary};
use unecho_write::{Staging, Target};

use super::clean::{Gathered, Renamed};
use super::records::Records;
use super::{Spread, Workers};
use crate::documents::Documents;
use crate::ingest::{self, Corpus, Corroboration};
use crate::matching::{self, Matched};
use crate::observe::Underway;
use crate::{Attributes, Config, Error, Event, Run, Stage, output, summarize};

/// Reads `inputs`, cleans and deduplicates them with `workers`, and publishes the result at `out`: the records and
/// the summary that [`ingest`](crate::ingest()) makes of them, in other files. `out` is a folder that all machines
/// see under one path, and so is what lies beside it while the run goes on.
///
/// # Errors
/// See [`Error`]; on every error a folder `out` is as it was before. Not everything can be spread: see
/// [`Error::NotPortable`].
pub fn ingest_spread<S: AsRef<OsStr> + Sync>(
    inputs: &[S],
    out: &Path,
    config: &Config,
    run: &Run<'_>,
    workers: &dyn Workers,
) -> Result<Summary, Error> {
    crate::in_pool(config, || {
        if config.index.is_some() {
            return Err(Error::NotPortable("an index".to_owned()));
        }
        if config.attributes != Attributes::None {
            return Err(Error::NotPortable("writing attribute files".to_owned()));
        }
        let plan = ingest::plan(inputs, config, run)?;
        let config = &Config { keep: plan.policy(&config.keep), ..config.clone() };
        let folder = match Target::of(out, this_machine())? {
            Target::Folder(folder) => folder,
            Target::Objects(_) => return Err(Error::NotPortable(out.display().to_string())),
        };
        let mut staging = Staging::begin(&folder, this_machine())?;
        let work = staging.work_folder();
        let spread = Spread::new(workers, &work, config, run);
        spread.clear()?;
        let (corpus, heads, prints) = read(plan, &spread, run)?;
        let matched = matching::find_copies_elsewhere(&corpus.documents, prints, &spread, config, run)?;
        let summary = summarize::summarize(&corpus, &matched, config);
        let underway = Underway::begin(run.observer, Stage::Write, None);
        let records = Records { documents: &corpus.documents, heads: &heads, matched: &matched };
        spread.write(&mut staging, &records)?;
        write_rest(&mut staging, &corpus, &matched, &summary, config)?;
        run.ensure_wanted()?;
        let mut stated = config.to_json();
        stated["settings"] = serde_json::json!(config.settings);
        let manifest = unecho_write::Manifest::new(stated, corpus.inputs, summary.documents);
        staging.publish(manifest)?.remove_work();
        underway.finish();
        run.observer.event(&Event::Published(out, &summary));
        Ok(summary)
    })
}

/// Has everything read, cleaned and looked at.
fn read(
    plan: ingest::Plan,
    spread: &Spread<'_>,
    run: &Run<'_>,
) -> Result<(Corpus, Vec<super::look::Head>, matching::Prints), Error> {
    let underway = Underway::begin(run.observer, Stage::Read, None);
    let gathered = spread.clean(&plan.sources.sources)?;
    let Gathered { firsts, mut ids, mut rejected, inputs, records_skipped, learned } = gathered;
    let before: Vec<DocId> = ids.clone();
    let mut all_rejected = plan.sources.rejected;
    all_rejected.append(&mut rejected);
    let ids_renamed = ingest::settle_ids(&mut ids, &mut all_rejected);
    let renamed: Renamed = (0_u32..)
        .zip(ids.iter().zip(&before))
        .filter(|(_, (new, old))| new != old)
        .map(|(doc, (new, _))| (doc, new.clone()))
        .collect();
    underway.finish();
    for rejected in &all_rejected {
        run.observer.event(&Event::Rejected(rejected));
    }
    let underway = Underway::begin(run.observer, Stage::Fingerprint, Some(ids.len() as u64));
    let documents = Documents::elsewhere(ids)?;
    let (prints, heads) = spread.look(firsts, &documents, renamed, learned)?;
    underway.finish();
    let corpus = Corpus {
        documents,
        corroboration: Corroboration::none(plan.normalizer),
        rejected: all_rejected,
        marked: Vec::new(),
        inputs,
        ids_renamed,
        files_skipped: plan.sources.skipped.n_files as u64,
        records_skipped,
    };
    debug_assert!(corpus.documents.len() == prints.len(), "{}", DocIndex::of(prints.len()).0);
    Ok((corpus, heads, prints))
}

/// Writes what is made without texts.
fn write_rest(
    staging: &mut Staging,
    corpus: &Corpus,
    matched: &Matched,
    summary: &Summary,
    config: &Config,
) -> Result<(), Error> {
    output::write_rejected(staging, corpus, config.shards)?;
    output::write_links(staging, &corpus.documents, matched, config.shards)?;
    output::write_summary(staging, summary)
}
