//! Everything that a result depends on besides its input.

use std::num::NonZeroUsize;

use serde_json::{Value, json};
use unecho_cluster::{Actions, OnLink, Policy};
use unecho_model::Kind;

use unecho_write::Shards;

use crate::Matching;

/// How a run goes.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Reading.
    pub fetch: unecho_fetch::Config,
    /// Cleaning.
    pub normalize: unecho_normalize::Config,
    /// Finding pairs.
    pub matching: Matching,
    /// Judging pairs.
    pub verify: unecho_verify::Config,
    /// Who is kept.
    pub keep: Policy,
    /// What links lead to.
    pub on: Actions,
    /// What the ledger holds of pairs that are no copies.
    pub ledger: Ledger,
    /// How record files are cut.
    pub shards: Shards,
    /// Worker threads; all cores when `None`. The result does not depend on it.
    pub threads: Option<NonZeroUsize>,
}

/// What the ledger holds of pairs that were verified and are no copies.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Ledger {
    /// Nothing.
    AcceptedOnly,
    /// Pairs that have something in common (quotations, an event, a template, background).
    #[default]
    NearMisses,
    /// Every pair that was verified.
    All,
}

impl Config {
    /// The config as the manifest holds it: everything that the result depends on, nothing else.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let action = |action: OnLink| match action {
            OnLink::Drop => "drop",
            OnLink::Tag => "tag",
            OnLink::Ignore => "ignore",
        };
        let on: serde_json::Map<String, Value> = [
            (Kind::Exact, self.on.exact),
            (Kind::Near, self.on.near),
            (Kind::Contained, self.on.contained),
            (Kind::Rewrite, self.on.rewrite),
        ]
        .map(|(kind, on)| (kind.name().to_owned(), Value::from(action(on))))
        .into_iter()
        .collect();
        json!({
            "text_field": self.fetch.text_field,
            "fetch_limits": format!("{:?}", self.fetch.limits),
            "normalize": format!("{:?}", self.normalize),
            "matching": format!("{:?}", self.matching),
            "verify": format!("{:?}", self.verify),
            "keep": self.keep.to_string(),
            "on": on,
            "ledger": format!("{:?}", self.ledger),
            "shard_bytes": self.shards.bytes_min,
            "zstd_level": self.shards.zstd_level,
        })
    }
}
