//! Where reading puts what it finds: the caller's sink, the limits, and the count of what is passed
//! over.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use crate::decode::Budget;
use crate::label::{Label, Refusal};
use crate::{Batch, Config, Limits};

/// Takes what is found in one source.
pub(crate) struct Out<'o> {
    sink: &'o mut dyn FnMut(Batch, u64) -> ControlFlow<()>,
    /// Bytes of the source consumed so far.
    consumed: Rc<Cell<u64>>,
    budget: Budget,
    config: &'o Config,
    n_sent: u64,
    n_skipped: u64,
    skipped: BTreeMap<String, u64>,
}

impl<'o> Out<'o> {
    pub(crate) fn new(
        sink: &'o mut dyn FnMut(Batch, u64) -> ControlFlow<()>,
        consumed: Rc<Cell<u64>>,
        budget: Budget,
        config: &'o Config,
    ) -> Self {
        Self { sink, consumed, budget, config, n_sent: 0, n_skipped: 0, skipped: BTreeMap::new() }
    }

    pub(crate) fn limits(&self) -> &'o Limits {
        &self.config.limits
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Counts bytes of a source that is not read in sequence.
    pub(crate) fn advance(&self, n_bytes: u64) {
        self.consumed.set(self.consumed.get().saturating_add(n_bytes));
    }

    pub(crate) fn send(&mut self, batch: Batch) -> ControlFlow<()> {
        self.n_sent += 1;
        (self.sink)(batch, self.consumed.get())
    }

    /// Sends the rejection of a whole piece.
    pub(crate) fn refuse(
        &mut self,
        label: &Arc<Label>,
        refusal: Refusal,
        content: &[u8],
        bytes: u64,
    ) -> ControlFlow<()> {
        self.refuse_at(label, None, refusal, content, bytes)
    }

    /// Sends the rejection of a row or record.
    pub(crate) fn refuse_at(
        &mut self,
        label: &Arc<Label>,
        line: Option<u64>,
        refusal: Refusal,
        content: &[u8],
        bytes: u64,
    ) -> ControlFlow<()> {
        self.send(Batch::rejected(label, label.reject(line, refusal, content, bytes)))
    }

    /// Counts something that is no document.
    pub(crate) fn skip(&mut self, kind: String) {
        self.n_skipped += 1;
        if self.skipped.len() < self.limits().skipped_kinds_max || self.skipped.contains_key(&kind) {
            *self.skipped.entry(kind).or_default() += 1;
        } else {
            *self.skipped.entry("other".to_owned()).or_default() += 1;
        }
    }

    /// How much was sent and skipped so far.
    pub(crate) fn mark(&self) -> Mark {
        Mark { n_sent: self.n_sent, n_skipped: self.n_skipped }
    }

    /// How many things were skipped since `mark`, if nothing was sent since.
    pub(crate) fn only_skipped_since(&self, mark: Mark) -> Option<u64> {
        (self.n_sent == mark.n_sent).then_some(self.n_skipped - mark.n_skipped)
    }

    pub(crate) fn into_skipped(self) -> BTreeMap<String, u64> {
        self.skipped
    }
}

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    n_sent: u64,
    n_skipped: u64,
}
