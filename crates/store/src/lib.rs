//! The only owner of bytes between runs: what was seen stays known.
//!
//! A store is a folder: immutable segments, each with the documents of one run or more and sorted lists
//! that lead from keys to documents, and `index.json`, which says what segments there are. A run
//! writes new segments and moves that pointer last, with one rename: killed anywhere before, the
//! store is as it was. One writer at a time holds a lock that the kernel gives back when it dies;
//! readers need none.
//!
//! A [`Spool`] keeps what a run in progress has made, for itself and for the run that follows when it is killed.
//!
//! Every block has a checksum that is looked at when it is read, every file a digest. What keys mean and
//! what is in a document is for others to know.

mod bytes;
mod directory;
mod entry;
mod error;
mod lock;
mod lookup;
mod manifest;
mod merge;
mod merging;
mod segment;
mod spool;
mod store;
mod writer;

pub use entry::Entry;
pub use error::{Error, ErrorKind};
pub use lock::Lock;
pub use lookup::Found;
pub use manifest::{MANIFEST_NAME, Manifest, RunEntry, Schemes, SegmentEntry};
pub use segment::{Column, SectionInfo, SectionKind, SegmentWriter};
pub use spool::{Batch, Block, Packed, Packer, Records, Spool};
pub use store::{Problem, Serial, Store, file_digest};
pub use writer::{Prepared, Writer};
