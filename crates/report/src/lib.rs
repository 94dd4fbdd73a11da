//! A finished run as one self-contained HTML page: where the documents went, the stories with most
//! copies, each copy beside its keeper with the shared passages marked, near misses with their
//! reasons, scores, sources, what was rejected and what was cut.
//!
//! No network; readable without script, which adds searching, filters, sorting, paging and keys.
//! Everything that comes from documents is escaped by the template engine; control and bidirectional
//! characters are shown as escapes.

mod charts;
mod collect;
mod copies;
mod lists;
mod pace;
mod page;
mod stories;
mod texts;
mod time_line;

pub use collect::{Limits, Report, Story, StoryHead};
pub use pace::{Pace, StagePace};

#[cfg(test)]
mod tests;
