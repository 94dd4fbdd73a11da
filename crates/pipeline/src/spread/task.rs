//! What workers do: rows in, rows out.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use unecho_verify::Statistics;

use super::clean::{Cleaning, Learned, Learning, Renamed};
use super::look::{LookedUp, Looking};
use super::near::{self, Banding, Meeting};
use super::phrases::{self, Counting};
use super::rare::{self, Choosing, Posting, Weighing};
use super::{Row, earlier, judge, records, remember, unpacked};
use crate::{Config, Error};

/// Takes the rows that a task makes.
pub(super) type Sink<'a> = dyn FnMut(Row) -> Result<(), Error> + 'a;

/// What a task is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Plan {
    /// Sources to documents.
    Clean,
    /// Documents to what they prove together.
    Learn { reuse: PathBuf },
    /// Documents to numbered documents, and what is seen at one look at each: `of_kind` neighbours in rows of one kind.
    Look { firsts: Vec<u32>, renamed: Renamed, learned: Option<Learned>, of_kind: usize, looked_up: LookedUp },
    /// Signatures to entries of bands, in parts that the band and `part_bits` of a key name.
    Band { meets: PathBuf, part_bits: u32 },
    /// Entries of bands to what documents have in common.
    Meet,
    /// What documents have in common to partners.
    Rank,
    /// Partners and their signatures to pairs.
    Resemble,
    /// Keys of documents to entries of keys, in parts that `part_bits` of a key name.
    Post { stories: PathBuf, part_bits: u32 },
    /// Entries of keys to what each key adds to documents.
    Weigh,
    /// What was added to documents to sums.
    Tally,
    /// What documents have in common to pairs.
    Choose { facts: PathBuf },
    /// Batches of pairs to answers: those to `of_kind` neighbours in rows of one kind.
    Judge { statistics: Option<PathBuf>, of_kind: usize },
    /// Documents that are a group by themselves to counts of phrases.
    CountAlone { alone: PathBuf, expected_keys: usize },
    /// Groups to counts of phrases; documents from `own` on are of earlier runs.
    CountGroups { expected_keys: usize, own: usize },
    /// Documents to the keys of their phrases.
    Keys,
    /// Counts of phrases to their sum.
    Sum,
    /// Documents and what is told of each to record files.
    Write { folder: PathBuf, attempts: PathBuf },
    /// Documents and what is told of each to what later runs know of them.
    Remember,
}

/// One task of a job: it is fed with portions of its rows, and finished when there are no more.
pub struct Task {
    work: Work,
    config: Config,
}

enum Work {
    Clean(Box<Cleaning>),
    Learn(Box<Learning>),
    Look(Box<Looking>),
    Band(Banding),
    Meet(Meeting),
    Rank,
    Resemble,
    Post(Posting),
    Weigh(Weighing),
    Tally,
    Choose(Choosing),
    Judge(Option<Arc<Statistics>>, usize),
    CountAlone(Counting),
    CountGroups(Counting, usize),
    Keys,
    Sum,
    Write { folder: PathBuf, attempts: PathBuf },
    Remember,
}

impl Task {
    /// The task of a job with these settings, which are those of the run.
    ///
    /// # Errors
    /// When the task is none, or what all tasks share cannot be read.
    pub fn new(task: &[u8], config: Config) -> Result<Self, Error> {
        let work = match unpacked(task)? {
            Plan::Clean => Work::Clean(Box::new(Cleaning::new(&config)?)),
            Plan::Learn { reuse } => Work::Learn(Box::new(Learning::new(&reuse)?)),
            Plan::Look { firsts, renamed, learned, of_kind, looked_up } => {
                let learned = learned.as_ref();
                Work::Look(Box::new(Looking::new(firsts, renamed, learned, (of_kind, looked_up), &config)?))
            }
            Plan::Band { meets, part_bits } => Work::Band(Banding::new(&meets, part_bits, &config)?),
            Plan::Meet => Work::Meet(Meeting::default()),
            Plan::Rank => Work::Rank,
            Plan::Resemble => Work::Resemble,
            Plan::Post { stories, part_bits } => Work::Post(Posting::new(&stories, part_bits)?),
            Plan::Weigh => Work::Weigh(Weighing::default()),
            Plan::Tally => Work::Tally,
            Plan::Choose { facts } => Work::Choose(Choosing::new(&facts)?),
            Plan::Judge { statistics, of_kind } => {
                Work::Judge(statistics.as_deref().map(phrases::statistics_in).transpose()?, of_kind)
            }
            Plan::CountAlone { alone, expected_keys } => {
                Work::CountAlone(Counting::new(expected_keys, Some(&alone))?)
            }
            Plan::CountGroups { expected_keys, own } => {
                Work::CountGroups(Counting::new(expected_keys, None)?, own)
            }
            Plan::Keys => Work::Keys,
            Plan::Sum => Work::Sum,
            Plan::Write { folder, attempts } => Work::Write { folder, attempts },
            Plan::Remember => Work::Remember,
        };
        Ok(Self { work, config })
    }

    /// Takes a portion of rows in, and hands out what can be told by now. Rows that belong together are in one
    /// portion.
    ///
    /// # Errors
    /// When a row is not what the task works on, or the work fails, or `out` does.
    pub fn feed(
        &mut self,
        rows: Vec<Row>,
        out: &mut dyn FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let config = &self.config;
        match &mut self.work {
            Work::Clean(cleaning) => rows.iter().try_for_each(|row| cleaning.clean(row, config, out)),
            Work::Learn(learning) => rows.iter().try_for_each(|row| learning.learn(row)),
            Work::Look(looking) => rows.iter().try_for_each(|row| looking.look(row, config, out)),
            Work::Band(banding) => rows.iter().try_for_each(|row| banding.band(row, out)),
            Work::Meet(meeting) => by_key(rows, |rows| meeting.meet(&rows, config, out)),
            Work::Rank => by_key(rows, |rows| near::rank(&rows, config, out)),
            Work::Resemble => by_key(rows, |rows| near::resemble(&rows, config, out)),
            Work::Post(posting) => rows.iter().try_for_each(|row| posting.post(row, config, out)),
            Work::Weigh(weighing) => by_key(rows, |rows| weighing.weigh(&rows, config, out)),
            Work::Tally => by_key(rows, |rows| rare::tally(&rows, config, out)),
            Work::Choose(choosing) => rows.iter().try_for_each(|row| choosing.choose(row, config, out)),
            Work::CountAlone(counting) => rows.iter().try_for_each(|row| counting.count_alone(row)),
            Work::Judge(statistics, of_kind) => {
                by_key(rows, |rows| judge::answer(&rows, (statistics.as_ref(), *of_kind), config, out))
            }
            Work::CountGroups(counting, own) => by_key(rows, |rows| counting.count_groups(&rows, *own)),
            Work::Keys => by_key(rows, |rows| earlier::keys(&rows, out)),
            Work::Sum => by_key(rows, |rows| phrases::sum(&rows, out)),
            Work::Write { folder, attempts } => {
                by_key(rows, |rows| records::write(rows, (folder, attempts), config, out))
            }
            Work::Remember => by_key(rows, |rows| remember::remember(&rows, config, out)),
        }
    }

    /// Hands out what can be told only now.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn finish(self, out: &mut dyn FnMut(Row) -> Result<(), Error>) -> Result<(), Error> {
        match self.work {
            Work::Clean(cleaning) => cleaning.finish(out),
            Work::Learn(learning) => learning.finish(out),
            Work::CountAlone(counting) | Work::CountGroups(counting, _) => counting.finish(out),
            Work::Band(banding) => banding.finish(out),
            Work::Meet(meeting) => meeting.finish(out),
            Work::Post(posting) => posting.finish(&self.config, out),
            Work::Weigh(weighing) => weighing.finish(out),
            Work::Look(_)
            | Work::Rank
            | Work::Resemble
            | Work::Tally
            | Work::Choose(_)
            | Work::Judge(..)
            | Work::Keys
            | Work::Sum
            | Work::Write { .. }
            | Work::Remember => Ok(()),
        }
    }
}

/// The rows of each key together, by kind and place.
fn by_key(mut rows: Vec<Row>, mut work: impl FnMut(Vec<Row>) -> Result<(), Error>) -> Result<(), Error> {
    rows.sort_unstable_by_key(|row| (row.key, row.kind, row.at));
    let mut rows = rows.into_iter().peekable();
    while let Some(first) = rows.next() {
        let key = first.key;
        let mut some = vec![first];
        while let Some(row) = rows.next_if(|row| row.key == key) {
            some.push(row);
        }
        work(some)?;
    }
    Ok(())
}
