//! Turns locators (files, folders, globs, lists, standard input, addresses of the web and of object stores)
//! into raw documents.
//!
//! The work is cut so that a caller can spread it over threads and still get the same result in the
//! same order: [`resolve()`] finds the sources, sorted; [`Source::open`] and [`Reader::read`]
//! read, hash, decompress and split one source in sequence, which is cheap; [`Batch::parse`] does
//! the expensive part for about one megabyte at a time, on any thread. Addresses of the web go through
//! [`fetch()`] first, which keeps what they lead to.
//!
//! Nothing that is read stops a run: whatever cannot be taken in becomes a
//! [`Rejected`](unecho_model::Rejected) with its file, line and reason.
//!
//! What is read:
//! - plain text (`.txt`, `.md`) and pages (`.html`, `.htm`, `.xhtml`), one document a file, handed
//!   on as bytes: the character set is left to the next stage;
//! - JSON lines (`.jsonl`, `.ndjson`, `.json`), one document a line; a `.json` file may also hold one
//!   object, or one array of objects;
//! - tables (`.csv`, `.tsv`, `.parquet`, `.arrow`), one document a row;
//! - web archives (`.warc`, `.wet`), one document a record that holds a page or text;
//! - feeds (RSS, Atom, JSON Feed), one document an entry that carries text;
//! - archives (`.zip`, `.tar`) of all these, and of archives, to a bounded depth;
//! - each of them as it is, or compressed with gzip, zstd, xz, bzip2 or LZ4 (several members or frames),
//!   told by content, whatever the name, or with Brotli, which only a name (`.br`) tells.
//!
//! # Fields of a JSON object
//!
//! | field | type | |
//! |---|---|---|
//! | `text`, or [`Config::text_field`] | string | required; has to hold more than white space |
//! | `id` | string or integer | see below |
//! | `url`, `title`, `source`, `date`, `lang` | string | optional; empty is as absent |
//! | `metadata` | any | the entries of an object become metadata entries |
//! | any other | any | carried along as metadata, untouched |
//!
//! For the named fields `null` is as absent; another type is a
//! [`BadField`](unecho_model::RejectReason::BadField), and so is a key that occurs twice, at any
//! depth. Entries of `metadata` whose name a field beside it has too, or that are called `metadata`
//! themselves, stay together in an object `metadata`: nothing is overwritten.
//!
//! # Ids
//!
//! A document that brings no id is called by its path below the folder that was named (its file name
//! when the file itself was named, the path below the folder before the first wildcard of a pattern),
//! without the extensions that are known; a line adds `:` and its number, counted from 1, as does an
//! element of an array. Standard input is `stdin`.
//!
//! This crate knows nothing of cleaning and nothing of duplicates; ids that occur twice are left to
//! the caller.

mod archive;
mod batch;
mod config;
mod content;
mod decode;
mod error;
mod feed;
mod format;
mod input;
mod json_file;
mod label;
mod layout;
mod out;
mod reader;
mod resolve;
mod row;
mod seekable;
mod sniff;
mod source;
mod stream;
mod table;
mod warc;
mod web;

pub use batch::{Batch, Fetched, Line};
pub use config::{Config, Limits};
pub use error::{Error, ErrorKind};
pub use layout::Layout;
pub use reader::{ReadEnd, Reader};
pub use resolve::{Skipped, Sources, resolve};
pub use source::{PortableSource, Source};
pub use web::{Fetch, Follow, Networks, WebConfig, WebCounts, WebError, fetch};
