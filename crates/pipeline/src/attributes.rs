//! What was found out about the inputs, said of their own lines: attribute files as the toolkit dolma reads
//! them. The inputs are read once more for it, since only they have the texts as they were written.

mod place;

use std::collections::{BTreeMap, VecDeque};
use std::ops::{ControlFlow, Range};

use rayon::prelude::*;
use unecho_fetch::{Batch, Line};
use unecho_model::record::{DolmaAttributes, DolmaRecord, Scored};
use unecho_model::{Action, Decision, Digest, DocIndex, Document, Kind, LinkIndex, Span, Stripped};
use unecho_normalize::as_written;
use unecho_write::{LinesFile, Staging};

use crate::ingest::Corpus;
use crate::matching::Matched;
use crate::{Config, Error, Run};

pub(crate) use place::{Marked, marked};

/// Documents that are looked at together.
const CHUNK: usize = 1024;
/// Batches for each thread that are looked at together.
const WAVE_BATCHES: usize = 4;

/// Writes the attribute files of the inputs that have them.
pub(crate) fn write(
    staging: &mut Staging,
    corpus: &Corpus,
    matched: &Matched,
    config: &Config,
    run: &Run<'_>,
) -> Result<(), Error> {
    let digests: BTreeMap<&str, Option<Digest>> =
        corpus.inputs.iter().map(|input| (input.path.as_str(), input.digest)).collect();
    let mut known = Known::of(corpus, matched);
    for Marked { source, name } in &corpus.marked {
        let mut file = staging.lines_file(name)?;
        let (mut waiting, mut failed) = (Vec::new(), None);
        let wave_len = WAVE_BATCHES * rayon::current_num_threads();
        let end = source.open(&config.fetch).read(&mut |batch, _| {
            waiting.push(batch);
            if waiting.len() == wave_len {
                run.ensure_wanted()
                    .and_then(|()| {
                        known.write(source.path(), std::mem::take(&mut waiting), config, &mut file)
                    })
                    .map_or_else(|error| failed = Some(error), |()| {});
            }
            if failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        known.write(source.path(), waiting, config, &mut file)?;
        if digests.get(source.path()) != Some(&end.digest) {
            return Err(Error::InputChanged(source.path().to_owned()));
        }
        staging.end_lines_file(file)?;
    }
    Ok(())
}

/// What is known of the documents, handed over in their order.
struct Known<'a> {
    corpus: &'a Corpus,
    matched: &'a Matched,
    /// The inputs that have attribute files, and the place of each among them.
    inputs: BTreeMap<&'a str, usize>,
    /// Documents that were looked at.
    seen: usize,
    ready: VecDeque<Marks>,
}

/// What is known of one document.
struct Marks {
    path: String,
    line: Option<u64>,
    cuts: Vec<Span>,
    repaired: Vec<Stripped>,
    dropped: Option<(Kind, f64)>,
    possible: Option<f64>,
    copies: usize,
}

impl<'a> Known<'a> {
    fn of(corpus: &'a Corpus, matched: &'a Matched) -> Self {
        let paths = corpus.marked.iter().map(|marked| marked.source.path());
        Self { corpus, matched, inputs: paths.zip(0..).collect(), seen: 0, ready: VecDeque::new() }
    }

    /// Writes what is to be said of the lines of these batches of the input at `path`.
    fn write(
        &mut self,
        path: &str,
        batches: Vec<Batch>,
        config: &Config,
        file: &mut LinesFile,
    ) -> Result<(), Error> {
        let lines: Vec<Vec<Line>> =
            batches.into_par_iter().map(|batch| batch.lines_as_written(&config.fetch)).collect();
        let mut known = Vec::new();
        for line in lines.into_iter().flatten() {
            let marks = self.of_line(path, line.number)?;
            known.push((line, marks));
        }
        let records: Vec<DolmaRecord> =
            known.into_par_iter().map(|(line, marks)| record(&line, marks)).collect();
        records.iter().try_for_each(|record| file.push(record)).map_err(Error::from)
    }

    /// What is known of the document on this line; `None` when there is none.
    fn of_line(&mut self, path: &str, line: u64) -> Result<Option<Marks>, Error> {
        loop {
            // Documents of an earlier input that stood on no line: an array, an object over several lines.
            while self.ready.front().is_some_and(|marks| self.inputs[marks.path.as_str()] < self.inputs[path])
            {
                self.ready.pop_front();
            }
            if !self.ready.is_empty() || self.seen == self.corpus.documents.own() {
                break;
            }
            let end = self.corpus.documents.own().min(self.seen + CHUNK);
            let docs: Vec<DocIndex> = (self.seen..end).map(DocIndex::of).collect();
            let marks = self.corpus.documents.map(&docs, |doc, document| self.marks(doc, document))?;
            self.ready
                .extend(marks.into_iter().filter(|marks| self.inputs.contains_key(marks.path.as_str())));
            self.seen = end;
        }
        // The one object of a file has no number.
        let is_it = self
            .ready
            .front()
            .is_some_and(|marks| marks.path == path && marks.line.is_none_or(|own| own == line));
        Ok(if is_it { self.ready.pop_front() } else { None })
    }

    fn marks(&self, doc: DocIndex, document: Document) -> Marks {
        let article = document.article;
        let removed = article.stripped.iter().filter(|cut| cut.action == Action::Removed);
        let probability = |link: LinkIndex| self.matched.findings.links[link.at()].probability;
        let (mut dropped, mut possible, mut copies) = (None, None, 0);
        match self.matched.decisions.of(doc) {
            Decision::Dropped(drop) => {
                dropped = Some((self.matched.findings.links[drop.link.at()].kind, probability(drop.link)));
            }
            Decision::Kept { copies: own, possible_copies } => {
                possible = possible_copies.iter().map(|other| probability(other.link)).max_by(f64::total_cmp);
                copies = own.len();
            }
            Decision::Settled { .. } => {}
        }
        Marks {
            path: document.origin.path,
            line: document.origin.line,
            cuts: removed.map(|cut| cut.span).collect(),
            repaired: article.repaired,
            dropped,
            possible,
            copies,
        }
    }
}

fn record(line: &Line, marks: Option<Marks>) -> DolmaRecord {
    let id = serde_json::from_str(&line.id).unwrap_or_default();
    let text = line.text.as_deref().unwrap_or_default();
    let all = |score: f64| -> Vec<Scored> { vec![(0, text.chars().count() as u64, score)] };
    let Some(marks) = marks else {
        let attributes = DolmaAttributes { rejected: all(1.0), ..DolmaAttributes::default() };
        return DolmaRecord { id, attributes };
    };
    let mut attributes = DolmaAttributes::default();
    if let Some((kind, probability)) = marks.dropped {
        attributes.duplicate = all(probability);
        let of_kind = match kind {
            Kind::Exact => &mut attributes.exact,
            Kind::Near => &mut attributes.near,
            Kind::Contained => &mut attributes.contained,
            Kind::Rewrite => &mut attributes.rewrite,
        };
        *of_kind = all(probability);
    }
    attributes.possible_duplicate = marks.possible.map(all).unwrap_or_default();
    if marks.copies > 0 {
        attributes.copies = all(marks.copies as f64);
    }
    if !marks.cuts.is_empty() {
        let places = as_written(text, &marks.repaired, &marks.cuts);
        let place = |place: Range<usize>| (place.start as u64, place.end as u64, 1.0);
        attributes.boilerplate = places.into_iter().map(place).collect();
    }
    DolmaRecord { id, attributes }
}
