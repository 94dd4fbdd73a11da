//! Shingle hashing: exact digest, MinHash signature and hashed shingles in named, versioned schemes.
//!
//! Everything is a pure function of the hashed words of a text ([`unecho_text::Words`]); there is no
//! randomness, and every scheme has a name and golden values in its tests. A scheme's name must be
//! kept beside whatever is persisted of it: values of different schemes do not compare. Pairs of
//! documents and disks are other crates' concern.

mod content;
mod exact;
mod min_hash;
mod mix;
mod shingles;

pub use content::{CONTENT_PAIRS_SCHEME, PairReach, content_pairs, content_words};
pub use exact::{EXACT_SCHEME, exact_digest};
pub use min_hash::{InvalidSignatureLength, MINHASH_SCHEME, MinHashScheme, Signature};
pub use shingles::{InvalidShingleWidth, SHINGLES_SCHEME, ShingleSet, ShingleWidth, Shingles, shingles};
