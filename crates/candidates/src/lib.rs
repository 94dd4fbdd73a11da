//! From fingerprints to pairs worth verifying: bands for near copies, rare keys for contained and
//! rewritten ones.
//!
//! Nothing here knows texts: a document is its [`DocIndex`](unecho_model::DocIndex), a signature or
//! a set of 64-bit keys, perhaps a day. A pair that comes out is a proposal, never a decision. All
//! results are the same for any number of threads, and no input makes the work quadratic: crowded
//! buckets and posting lists are cut, partners are limited, and [`Cut`] counts what that cost.
//! What does not fit into its [`Room`] in memory goes to an [`Overflow`].

mod apart;
mod bands;
mod earlier;
mod entries;
mod frequency_sketch;
mod lists;
mod meet;
mod near;
mod overflow;
mod postings;
mod proposal;
mod radix;
mod rare;
mod resemblance;
mod tally;

pub use apart::{Holder, Share, Weighed};
pub use bands::{BANDS_SCHEME, BandConfig, Wanted};
pub use earlier::{Earlier, Elsewhere, stored_key};
pub use frequency_sketch::FrequencySketch;
pub use meet::{Member, Place};
pub use near::{NearLimits, Signatures, near_pairs};
pub use overflow::{Overflow, OverflowFailed, Room};
pub use postings::{Postings, PostingsWriter};
pub use proposal::{Candidate, Candidates, Cut};
pub use rare::{Corpus, DateWindow, Gate, RareConfig, WEIGHT_ONE};
pub use resemblance::{BITS_SCHEME, BitSketch};
