//! Parallel output: shards, ledger, manifest, atomic publish, and reading a finished output back.
//!
//! A run writes into a staging folder beside its target; the target appears by one rename, after
//! every file was synced and the manifest (the commit record) was written. Rows are given in their
//! final order and cut into blocks by count, so that the bytes do not depend on threads. Knows
//! nothing of how decisions were made.

mod error;
mod finished;
mod manifest;
mod rows;
mod staging;

pub use error::{Error, ErrorKind};
pub use finished::{Finished, Problem};
pub use manifest::{FileEntry, InputEntry, MANIFEST_NAME, Manifest, SUCCESS_NAME};
pub use rows::{RowSink, Rows, Shards};
pub use staging::Staging;
