//! Object stores (S3 and what speaks like it, Google Cloud Storage, Azure Blob Storage) through one
//! blocking door: list, read, write, remove.
//!
//! The protocols, signatures and credentials are the crate `object_store`'s, with its standard
//! environment variables (`AWS_…`, `GOOGLE_…`, `AZURE_…`); requests go through the same HTTP client as
//! pages of the web. What objects hold, and which of them belong together, is left to the callers.

mod error;
mod http;
mod location;
mod store;

pub use error::{Error, ErrorKind};
pub use location::Location;
pub use store::{Object, ObjectReader, Store};
