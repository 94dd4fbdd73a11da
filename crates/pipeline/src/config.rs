//! Everything that a result depends on besides its input.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Value, json};
use unecho_candidates::{BandConfig, RareConfig};
use unecho_cluster::{Actions, OnLink, Policy};
use unecho_fingerprint::{CONTENT_PAIRS_SCHEME, EXACT_SCHEME, MINHASH_SCHEME, SHINGLES_SCHEME};
use unecho_model::Digest;
use unecho_text::{STOP_WORDS_SCHEME, WORDS_SCHEME};

use unecho_write::Shards;

use crate::Matching;

/// How a run goes.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Reading.
    pub fetch: unecho_fetch::Config,
    /// Where what is fetched from the web is kept: a WARC file.
    pub pages: Option<PathBuf>,
    /// What is made of addresses of the web.
    pub follow: unecho_fetch::Follow,
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
    /// Whether something is said of the lines of the inputs, beside the records.
    pub attributes: Attributes,
    /// Folder with what earlier runs saw, if any is kept. What it holds is no part of the config; the
    /// manifest of a result names it.
    pub index: Option<PathBuf>,
    /// What becomes of a document that is preferred to one which an earlier run kept.
    pub on_better_copy: OnBetterCopy,
    /// Worker threads; all cores when `None`. The result does not depend on it.
    pub threads: Option<NonZeroUsize>,
    /// Memory that the run may take, in bytes, about; half of the machine's when `None`. What is more lies on disk;
    /// the result does not depend on it.
    pub memory_bytes: Option<u64>,
    /// The file that the program is, when it is not that of the process: what an interrupted run left is of use to
    /// the same program alone.
    pub program: Option<PathBuf>,
    /// Which settings differ from what they are by default, and who said so, by name. Only the manifest of the
    /// result tells it: nothing is decided by it.
    pub settings: BTreeMap<String, Stated>,
}

/// A setting as it was stated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stated {
    /// Its values, as on a command line.
    pub values: Vec<String>,
    /// Where it was stated: `command line`, a variable of the environment, or a file.
    pub origin: String,
}

/// What is said of the lines of the inputs, beside the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Attributes {
    /// Nothing.
    #[default]
    None,
    /// Attribute files as the toolkit dolma reads them, one for each input that is a file of JSON lines.
    Dolma,
}

/// What becomes of a document that is preferred to one which an earlier run kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnBetterCopy {
    /// It is dropped like any other copy, and named as the better one.
    #[default]
    Tag,
    /// It is kept, and the earlier one counts as dropped for it from now on.
    Replace,
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
        json!({
            "fetch": self.fetch,
            "normalize": normalize_json(&self.normalize),
            "matching": matching_json(&self.matching, self.verify.near),
            "verify": verify_json(&self.verify),
            "keep": self.keep.to_string(),
            "on_better_copy": match self.on_better_copy {
                OnBetterCopy::Tag => "tag",
                OnBetterCopy::Replace => "replace",
            },
            "on": {
                "exact": action_name(self.on.exact),
                "near": action_name(self.on.near),
                "contained": action_name(self.on.contained),
                "rewrite": action_name(self.on.rewrite),
            },
            "ledger": match self.ledger {
                Ledger::AcceptedOnly => "accepted",
                Ledger::NearMisses => "near-misses",
                Ledger::All => "all",
            },
            "attributes": match self.attributes {
                Attributes::None => "none",
                Attributes::Dolma => "dolma",
            },
            "shards": {
                "format": self.shards.format.name(),
                "bytes_min": self.shards.bytes_min,
                "zstd_level": self.shards.zstd_level,
            },
        })
    }
}

impl Config {
    /// What a clean document follows from besides its input.
    pub(crate) fn cleaning_json(&self) -> Value {
        json!({ "fetch": self.fetch, "normalize": normalize_json(&self.normalize) })
    }
}

const fn action_name(action: OnLink) -> &'static str {
    match action {
        OnLink::Drop => "drop",
        OnLink::Tag => "tag",
        OnLink::Ignore => "ignore",
    }
}

fn normalize_json(config: &unecho_normalize::Config) -> Value {
    let limits = &config.limits;
    json!({
        // What counts is what they say, not where they are from.
        "rules": config.rules.iter().map(|rules| Digest::of(rules.toml.as_bytes())).collect::<Vec<_>>(),
        "disabled_rules": config.disabled_rules,
        "extract": match config.engines {
            unecho_normalize::Engines::Both => "both",
            unecho_normalize::Engines::Fast => "fast",
        },
        "strip": match config.strip {
            unecho_normalize::Strip::Boilerplate => "boilerplate",
            unecho_normalize::Strip::Nothing => "nothing",
        },
        "limits": {
            "text_bytes_max": limits.text_bytes_max,
            "html_bytes_max": limits.html_bytes_max,
            "html_depth_max": limits.html_depth_max,
            "html_depth_sum_max": limits.html_depth_sum_max,
            "html_attributes_max": limits.html_attributes_max,
            "html_nodes_max": limits.html_nodes_max,
            "lines_max": limits.lines_max,
            "attributions_max": limits.attributions_max,
            "flags_max": limits.flags_max,
        },
    })
}

fn matching_json(matching: &Matching, near: unecho_verify::Thresholds) -> Value {
    let bands = matching.bands(near);
    let limits = &matching.near_limits;
    json!({
        "schemes": [
            WORDS_SCHEME, STOP_WORDS_SCHEME, EXACT_SCHEME, SHINGLES_SCHEME, MINHASH_SCHEME, CONTENT_PAIRS_SCHEME,
        ],
        "signature_values": matching.minhash.len(),
        "near_recall": matching.near_recall,
        "near_likely_recall": matching.near_likely_recall,
        "bands": bands.bands,
        "rows": bands.rows,
        "jaccard_min_permille": bands.jaccard_min_permille,
        "proposed_by_jaccard": proposed_by_jaccard(bands),
        "bucket_members_max": limits.bucket_members_max,
        "crowd_part_members": limits.crowd_part_members,
        "partners_max": limits.partners_max,
        "crowd_partners_max": limits.crowd_partners_max,
        "crowd_rounds_max": matching.crowd_rounds_max,
        "content": rare_json(&matching.content),
        "sibling_probability_min": matching.sibling_probability_min,
        "siblings_max": matching.siblings_max,
        "siblings_of_document_max": matching.siblings_of_document_max,
        "near_misses_max": matching.near_misses_max,
        "keeper_rounds_max": matching.keeper_rounds_max,
        "keepers_of_round_max": matching.keepers_of_round_max,
        "keepers_of_document_max": matching.keepers_of_document_max,
    })
}

/// How likely bands are to propose a pair, in thousandths, by Jaccard similarity in tenths.
fn proposed_by_jaccard(bands: BandConfig) -> Value {
    let curve = (3..10).map(|tenths| {
        let jaccard = f64::from(tenths) / 10.0;
        (format!("{jaccard:.1}"), Value::from((1000.0 * bands.probability(jaccard)).round() as u64))
    });
    Value::Object(curve.collect())
}

fn rare_json(config: &RareConfig) -> Value {
    json!({
        "frequency_max": config.frequency_max,
        "half_weight_groups": config.half_weight_groups,
        "group_members_max": config.group_members_max,
        "weight_min": config.gate.weight_min,
        "share_min_permille": config.gate.share_min_permille,
        "partners_max": config.partners_max,
        "window_days_max": config.window.map(|window| window.days_max),
    })
}

fn verify_json(config: &unecho_verify::Config) -> Value {
    json!({
        "near": config.near,
        "contained": config.contained,
        "rewrite": config.rewrite,
        "half_contained_min": config.half_contained_min,
        "block_words_min": config.block_words_min,
        "block_share_min": config.block_share_min,
        "contained_coverage_min": config.contained_coverage_min,
        "witness_words_min": config.witness_words_min,
        "witness_share_min": config.witness_share_min,
        "evidence_words_min": config.evidence_words_min,
        "rewrite_words_min": config.rewrite_words_min,
        "follow_up_days_max": config.follow_up_days_max,
        "follow_up_coverage_min": config.follow_up_coverage_min,
        "background_coverage_min": config.background_coverage_min,
        "same_publisher_coverage_min": config.same_publisher_coverage_min,
        "lead_behind_max": config.lead_behind_max,
        "unfitted_coverage_min": config.unfitted_coverage_min,
        "passages_max": config.passages_max,
        "calibration": {
            "intercept": config.calibration.intercept,
            "weights": config.calibration.weights,
        },
    })
}

#[cfg(test)]
mod tests {
    use unecho_verify::Thresholds as VerifyThresholds;

    use super::*;

    #[test]
    fn threads_are_no_part_of_a_result() {
        let config =
            Config { threads: NonZeroUsize::new(7), memory_bytes: Some(1 << 30), ..Config::default() };
        assert_eq!(config.to_json(), Config::default().to_json());
    }

    #[test]
    fn bands_follow_from_threshold_and_recall() {
        let json = Config::default().to_json();
        let (bands, rows) = (json["matching"]["bands"].as_u64(), json["matching"]["rows"].as_u64());
        assert!(bands > Some(1) && rows > Some(1), "{json:#}");
        let mut strict = Config::default();
        strict.verify.near = VerifyThresholds::both(0.95);
        assert!(strict.to_json()["matching"]["rows"].as_u64() > rows, "the threshold reaches the bands");
    }
}
