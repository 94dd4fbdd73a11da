//! The vocabulary of unecho: ids, spans, documents, links, decisions and the public record formats.
//!
//! Every stage speaks in these types and no stage knows another. There is no I/O here and no
//! algorithm: a type keeps its invariant, nothing more.

pub mod article;
pub mod decision;
pub mod id;
pub mod link;
pub mod publisher;
pub mod raw;
pub mod record;
pub mod reject;
pub mod span;
pub mod summary;

pub use article::{Action, Article, Attribution, AttributionKind, Document, Flag, FlagKind, Stripped};
pub use decision::{Decision, Decisions, Drop, Fate, PossibleCopy};
pub use id::{Digest, DocId, DocIds, DocIndex, InvalidDocId, LinkIndex};
pub use link::{
    CandidatePair, Kind, Level, Link, Mismatch, Passage, Rejection, RewriteScores, Scores, Tie, Verdict,
};
pub use publisher::Publisher;
pub use raw::{Fields, Origin, Payload, RawDocument};
pub use reject::{RejectReason, Rejected};
pub use span::Span;
pub use summary::Summary;
