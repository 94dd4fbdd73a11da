//! Parallel output: shards, ledger, manifest, atomic publish, and reading a finished output back.
//!
//! A run writes into a staging folder beside its target; the target appears by one rename, after
//! every file was synced and the manifest (the commit record) was written. In an object store, which
//! has no rename, the manifest and the marker of success are uploaded last. Rows are given in their
//! final order and cut into blocks by count, so that the bytes do not depend on threads. Knows
//! nothing of how decisions were made.

mod card;
mod columns;
mod croissant;
mod error;
mod finished;
mod format;
mod lines_file;
mod lock;
mod manifest;
mod part;
mod reader;
mod record_kind;
mod rows;
mod shard;
mod staging;
mod table;
mod target;
mod upload;

pub use error::{Error, ErrorKind};
pub use finished::{Depth, Finished, Problem};
pub use format::{Compression, Format, UnknownFormat};
pub use lines_file::LinesFile;
pub use manifest::{FieldEntry, FileEntry, InputEntry, MANIFEST_NAME, Manifest, SUCCESS_NAME};
pub use part::write_part;
pub use record_kind::{ATTRIBUTES_FOLDER, RecordKind};
pub use rows::{RowSink, Rows, Shards};
pub use staging::{Published, Staging};
pub use table::{ColumnType, Table, TableRows};
pub use target::Target;
pub use upload::Upload;
