//! A finished run as one self-contained HTML page: where the documents went, the stories with most
//! copies, each copy beside its keeper with the shared passages marked, near misses with their
//! reasons, scores, sources, and what was cut.
//!
//! No network; readable without script. Everything that comes from documents is escaped by the
//! template engine; control and bidirectional characters are shown as escapes.

mod charts;
mod collect;
mod page;

pub use collect::{Limits, Report, Story};

#[cfg(test)]
mod tests;
