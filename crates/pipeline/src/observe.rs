//! What a run tells while it runs. Observers look on; nothing they do changes the result.

use std::path::Path;

use unecho_model::{Rejected, Summary};
use unecho_report::StoryHead;

/// A stage of a run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Fetching from the web; counted in addresses.
    Fetch,
    /// Reading, decoding and cleaning; counted in bytes of input.
    Read,
    /// Fingerprints; counted in documents.
    Fingerprint,
    /// What earlier runs saw; counted in documents.
    Recall,
    /// Exact and near copies; counted in pairs.
    Near,
    /// Candidates for contained and rewritten copies; counted in documents.
    Candidates,
    /// Candidates on the texts alone; counted in pairs.
    Contained,
    /// Document frequencies of phrases; counted in documents.
    Frequencies,
    /// Contained and rewritten copies; counted in pairs.
    Verify,
    /// Near copies of documents that have much in common; counted in pairs.
    Siblings,
    /// Copies of dropped documents against their keepers; counted in pairs.
    Keepers,
    /// Shards, ledger, report; counted in files.
    Write,
}

impl Stage {
    /// What the stage does, in a word or two.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Read => "read",
            Self::Fingerprint => "fingerprint",
            Self::Recall => "recall",
            Self::Near => "near",
            Self::Candidates => "candidates",
            Self::Contained => "contained",
            Self::Frequencies => "frequencies",
            Self::Verify => "verify",
            Self::Siblings => "siblings",
            Self::Keepers => "keepers",
            Self::Write => "write",
        }
    }

    /// What the stage counts.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Fetch => "addresses",
            Self::Read => "bytes",
            Self::Fingerprint | Self::Recall | Self::Candidates | Self::Frequencies => "documents",
            Self::Near | Self::Contained | Self::Verify | Self::Siblings | Self::Keepers => "pairs",
            Self::Write => "files",
        }
    }
}

/// A stage that goes on: the observer is told when it begins and ends, and it is a span of `tracing` (target
/// [`SPANS_TARGET`], name `stage`). One that is dropped ended early.
pub(crate) struct Underway<'a> {
    observer: &'a dyn Observer,
    stage: Stage,
    _span: tracing::span::EnteredSpan,
}

/// The target of spans: of the run as a whole and of its stages.
pub const SPANS_TARGET: &str = "spans";

impl<'a> Underway<'a> {
    /// Begins a stage, in which there is so much to do, where that is known.
    pub(crate) fn begin(observer: &'a dyn Observer, stage: Stage, total: Option<u64>) -> Self {
        observer.event(&Event::Started(stage, total));
        let (name, unit) = (stage.name(), stage.unit());
        let span = tracing::info_span!(target: SPANS_TARGET, "stage", otel.name = name, unit, total);
        Self { observer, stage, _span: span.entered() }
    }

    /// It came to its end.
    pub(crate) fn finish(self) {
        self.observer.event(&Event::Finished(self.stage));
    }
}

/// Most stories in an [`Event::Stories`].
pub const STORIES_MAX: usize = 5;

/// Something that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// A stage begins; `total` in its unit, where known.
    Started(Stage, Option<u64>),
    /// So much more of the stage is done, in its unit.
    Advanced(Stage, u64),
    /// A stage ended.
    Finished(Stage),
    /// An interrupted run left clean documents: so many of its batches are of use, with so many documents. The
    /// others follow from other inputs, settings or programs, and are made again.
    Resumed {
        /// Documents that need not be cleaned again.
        documents: u64,
        /// Batches of them.
        batches: u64,
        /// Batches that the interrupted run left.
        batches_left: u64,
    },
    /// Something was not taken in. Comes in canonical order, after the read stage.
    Rejected(&'a Rejected),
    /// The stories with most copies, most first, at most [`STORIES_MAX`]; just before the output is in place.
    Stories(&'a [StoryHead]),
    /// The output is in place.
    Published(&'a Path, &'a Summary),
}

/// Looks on while a run goes.
pub trait Observer: Sync {
    /// Called from any thread, often; must be quick.
    fn event(&self, event: &Event<'_>);
}

/// Looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn event(&self, _: &Event<'_>) {}
}
