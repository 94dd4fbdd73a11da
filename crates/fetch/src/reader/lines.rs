//! Cuts a stream into batches of whole lines, in memory bounded by the longest line allowed. A
//! longer one is skipped, counted and rejected by its number; the lines after it are read.

use std::sync::Arc;

use memchr::{memchr, memchr_iter};
use unecho_model::{RejectReason, Rejected};

use crate::batch::line_too_long;
use crate::label::{Label, Refusal};
use crate::stream::{Stream, StreamEnd};
use crate::{Batch, Limits};

/// A stream of lines, in the middle of being read.
pub(crate) struct Lines<'s, 'a> {
    stream: &'s mut Stream<'a>,
    /// 1-based number of the first line that is pending.
    next_line: u64,
    /// What was seen so far.
    seen: Seen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// Blank lines only.
    Nothing,
    /// A line that is not blank.
    Content,
    /// The end, and it was told.
    End,
}

/// Where pending lines are cut.
struct Cut {
    bytes: usize,
    n_lines: u64,
}

impl<'s, 'a> Lines<'s, 'a> {
    pub(crate) fn new(stream: &'s mut Stream<'a>) -> Self {
        Self { stream, next_line: 1, seen: Seen::Nothing }
    }

    pub(crate) fn next_batch(&mut self, label: &Arc<Label>, limits: &Limits) -> Option<Batch> {
        loop {
            if *self.stream.end() == StreamEnd::Open {
                self.stream.reserve(limits.batch_bytes);
                self.stream.fill_to(limits.batch_bytes.max(1));
            }
            if let Some(cut) = self.cut(limits) {
                let bytes = self.take(cut.bytes);
                let first_line = self.next_line;
                self.next_line += cut.n_lines;
                return Some(Batch::lines(label, bytes, first_line));
            }
            match self.stream.end() {
                StreamEnd::Open => {
                    if let Some(rejected) = self.lengthen(label, limits) {
                        return Some(Batch::rejected(label, rejected));
                    }
                }
                StreamEnd::Complete => return self.last(label),
                StreamEnd::Broken(refusal) => {
                    let refusal = refusal.clone();
                    return self.broken(label, refusal);
                }
            }
        }
    }

    /// The end of the pending lines that go into one batch; `None` without a whole line.
    fn cut(&self, limits: &Limits) -> Option<Cut> {
        let pending = self.stream.pending();
        let mut cut = Cut { bytes: 0, n_lines: 0 };
        for newline in memchr_iter(b'\n', pending).take(limits.batch_lines_max.max(1)) {
            cut.bytes = newline + 1;
            cut.n_lines += 1;
        }
        (cut.n_lines > 0).then_some(cut)
    }

    fn take(&mut self, n_bytes: usize) -> Vec<u8> {
        let bytes = self.stream.take_front(n_bytes);
        if self.seen == Seen::Nothing && !bytes.trim_ascii_start().is_empty() {
            self.seen = Seen::Content;
        }
        bytes
    }

    /// Reads on until the pending line has its end, or is found too long and skipped.
    fn lengthen(&mut self, label: &Label, limits: &Limits) -> Option<Rejected> {
        let step = limits.batch_bytes.max(1);
        while *self.stream.end() == StreamEnd::Open {
            let known = self.stream.pending().len();
            if known > limits.line_bytes_max {
                return Some(self.skip_line(label, limits));
            }
            self.stream.fill_to(known.saturating_add(step));
            if memchr(b'\n', &self.stream.pending()[known..]).is_some() {
                break;
            }
        }
        None
    }

    /// Skips the rest of a line whose pending beginning is already too long.
    fn skip_line(&mut self, label: &Label, limits: &Limits) -> Rejected {
        let pending = self.stream.pending();
        let excerpt = pending[..pending.len().min(Rejected::EXCERPT_BYTES_MAX)].to_vec();
        let mut line_bytes = 0;
        loop {
            let pending = self.stream.pending();
            if let Some(newline) = memchr(b'\n', pending) {
                line_bytes += newline as u64;
                self.stream.skip(newline + 1);
                break;
            }
            line_bytes += pending.len() as u64;
            self.stream.skip(pending.len());
            self.stream.fill_to(limits.batch_bytes.max(1));
            if self.stream.pending().is_empty() {
                break;
            }
        }
        let line = self.next_line;
        self.next_line += 1;
        self.seen = Seen::Content;
        label.reject(Some(line), line_too_long(line_bytes, limits.line_bytes_max), &excerpt, line_bytes)
    }

    /// The last line, which has no newline, or the rejection of a source without any content.
    fn last(&mut self, label: &Arc<Label>) -> Option<Batch> {
        let bytes = self.take(self.stream.pending().len());
        if !bytes.is_empty() {
            return Some(Batch::lines(label, bytes, self.next_line));
        }
        let seen = std::mem::replace(&mut self.seen, Seen::End);
        (seen == Seen::Nothing).then(|| {
            let refusal = Refusal::new(RejectReason::Empty, "the file has no line with content");
            Batch::rejected(label, label.reject(None, refusal, &[], 0))
        })
    }

    /// The rejection of what lies behind the place where reading broke off.
    fn broken(&mut self, label: &Arc<Label>, mut refusal: Refusal) -> Option<Batch> {
        if std::mem::replace(&mut self.seen, Seen::End) == Seen::End {
            return None;
        }
        match self.next_line - 1 {
            0 => refusal.detail.push_str(", before the end of line 1"),
            line => refusal.detail.push_str(&format!(", after line {line} was read")),
        }
        let torn = self.stream.take_all();
        let rejected = label.reject(Some(self.next_line), refusal, &torn, torn.len() as u64);
        Some(Batch::rejected(label, rejected))
    }
}
