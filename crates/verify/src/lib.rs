//! Two articles to a typed link with evidence, or a rejection with its reason.
//!
//! [`prepare`] makes of an article what every comparison needs, once. [`verify_text_only`] decides
//! `exact`, `near` and `contained`, which depend on the two texts alone. [`verify`] decides every
//! pair: those three first, then `rewrite` by the evidence for it, else what the two have in common
//! instead. How common a phrase is elsewhere comes from [`Statistics`], by [`Prepared::counted`].
//!
//! Knows nothing of how pairs were proposed, of clusters, or of disk.

mod calibration;
mod config;
mod dates;
mod decide;
mod evidence;
mod exact;
mod features;
mod keys;
mod labels;
mod lead;
mod mismatch;
mod objection;
mod passages;
mod prepared;
mod resemblance;
mod rewrite;
mod statistics;
mod stems;
mod tiling;
mod unfitted;
mod voice;

pub use calibration::{Calibration, InvalidCalibration};
pub use config::{Config, Thresholds};
pub use decide::{Measure, is_filled_form, measure, verify, verify_text_only};
pub use exact::verify_exact;
pub use features::Features;
pub use keys::STATISTICS_SCHEME;
pub use prepared::{Prepared, prepare, statistic_keys};
pub use statistics::{Groups, Statistics, StatisticsBuilder};
