//! Two articles to a typed link with evidence, or a rejection with its reason.
//!
//! [`prepare`] makes of an article what every comparison needs, once. [`verify_text_only`] decides
//! `exact`, `near` and `contained`, which depend on the two texts alone. [`verify`] decides every
//! pair: those three first, then `rewrite` by the evidence for it, else what the two have in common
//! instead. How common a phrase is elsewhere comes from [`Statistics`].
//!
//! Knows nothing of how pairs were proposed, of clusters, or of disk.

mod config;
mod dates;
mod decide;
mod evidence;
mod exact;
mod keys;
mod labels;
mod mismatch;
mod passages;
mod prepared;
mod probability;
mod resemblance;
mod rewrite;
mod statistics;
mod stems;
mod tiling;
mod voice;

pub use config::Config;
pub use decide::{verify, verify_text_only};
pub use exact::verify_exact;
pub use prepared::{Prepared, prepare, statistic_keys};
pub use statistics::{Groups, Statistics, StatisticsBuilder};
