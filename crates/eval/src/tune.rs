//! Fits the calibration of rewrites on labelled sets, and says how it would do on a set that it has
//! not seen: each set in turn is left out, the rest is fitted, and the set is scored with that.

mod regression;
mod samples;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::Serialize;
use unecho_pipeline::{Calibration, Config, Features};

use crate::score::SetScore;
use crate::set::{PairsSpec, TuningWeights};
use regression::{Fit, Sample, fit};
use samples::{DISTANT_DAYS, MeasuredPair, of_dated, of_set};

/// The labelled pairs claim no origin, so this weight is judged: a claim that few others make, and
/// nothing else, makes a copy four to five times as likely.
const HELD: [(&str, f64); 1] = [("same_origin", 1.5)];

/// Probability from which a pair is linked: more likely than not.
const LIKELY: f64 = 0.5;

/// How much all distant pairs of the dated collections count together: less than a labelled set. They
/// are many, and all of one kind; weighing more, they cost true rewrites within one event.
const DATED_WEIGHT: f64 = 20.0;

/// Largest share of the distant pairs of dated collections that may be surely linked.
const SURE_DISTANT_SHARE: f64 = 0.002;

/// Least precision, by the weights of the fit, of links that are sure.
const SURE_PRECISION: f64 = 0.99;

/// Least probability of links that are sure, however well the sets are told apart.
const SURE_MIN: f64 = 0.9;

/// What to fit on.
#[derive(Debug, Clone, Default)]
pub struct TuneSpec {
    /// Labelled sets, and how much each counts.
    pub sets: Vec<(PairsSpec, TuningWeights)>,
    /// Collections whose documents have dates; texts far apart in time are no copies, whatever they
    /// share.
    pub dated: Vec<PathBuf>,
}

/// A fitted calibration and how good it is.
#[derive(Debug, Clone, Serialize)]
pub struct Tuned {
    /// Fitted on everything.
    pub calibration: Calibration,
    /// Each set scored, whole path, with what the others gave.
    pub held_out: Vec<SetScore>,
    /// Each dated collection: its pairs far apart, judged with what the labelled sets alone gave, and
    /// with the calibration.
    pub dated: Vec<DatedScore>,
}

/// Links between texts of a dated collection that are far apart in time.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DatedScore {
    /// File name.
    pub name: String,
    /// Pairs that were compared and have something in common.
    pub pairs: u64,
    /// Linked, by a calibration that has seen no such pair.
    pub held_out_likely: u64,
    /// Surely linked, by the same.
    pub held_out_sure: u64,
    /// Linked by the calibration.
    pub likely: u64,
    /// Surely linked by it.
    pub sure: u64,
}

/// Pairs of one source, and how much its copies and strangers count together.
struct Source {
    name: String,
    pairs: Vec<MeasuredPair>,
    weights: TuningWeights,
    kind: SourceKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SourceKind {
    Labelled,
    Dated,
}

/// Fits on everything, and on everything but each set.
///
/// # Errors
/// When a set cannot be read, or has no pair to learn from.
pub fn tune(spec: &TuneSpec, config: &Config) -> Result<Tuned> {
    let mut sources = Vec::new();
    for (set, weights) in &spec.sets {
        sources.push(Source {
            name: set.name.clone(),
            pairs: of_set(set, config)?,
            weights: *weights,
            kind: SourceKind::Labelled,
        });
    }
    for path in &spec.dated {
        let weights = TuningWeights { copies: 0.0, strangers: DATED_WEIGHT / spec.dated.len() as f64 };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        sources.push(Source { name, pairs: of_dated(path, config)?, weights, kind: SourceKind::Dated });
    }
    let has = |is_copy| sources.iter().flat_map(|source| &source.pairs).any(|pair| pair.is_copy == is_copy);
    ensure!(has(true) && has(false), "the sets need both copies and strangers that texts alone do not tell");
    let mut calibration = fitted(&sources.iter().collect::<Vec<_>>());
    let mut held_out = Vec::new();
    for (at, (set, _)) in spec.sets.iter().enumerate() {
        let others: Vec<&Source> =
            sources.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| other).collect();
        held_out.push(crate::score_pairs(set, &with(config, fitted(&others)))?);
    }
    let labelled: Vec<&Source> = sources[..spec.sets.len()].iter().collect();
    let unseen = fitted(&labelled);
    let dated = sources[spec.sets.len()..]
        .iter()
        .map(|source| dated_score(source, &unseen, &calibration))
        .collect::<Vec<_>>();
    calibration.origin = origin(&sources, &held_out, &dated);
    Ok(Tuned { calibration, held_out, dated })
}

/// `config` with another calibration and its thresholds.
pub(crate) fn with(config: &Config, calibration: Calibration) -> Config {
    let mut config = config.clone();
    (config.verify.rewrite.likely, config.verify.rewrite.sure) = (calibration.likely, calibration.sure);
    config.verify.calibration = calibration;
    config
}

fn fitted(sources: &[&Source]) -> Calibration {
    let fit = fit(&samples(sources), &HELD);
    Calibration {
        likely: LIKELY,
        sure: sure(sources, &fit),
        languages: Calibration::default().languages,
        intercept: rounded(fit.intercept),
        weights: Features::from_array(fit.weights.to_array().map(rounded)),
        origin: toml::Table::new(),
    }
}

/// Every pair in every condition; the conditions share the pair's weight.
fn samples(sources: &[&Source]) -> Vec<Sample> {
    let mut samples = Vec::new();
    for (pair, weight) in sources.iter().flat_map(|source| source.weighted()) {
        let weight = weight / pair.conditions.len() as f64;
        samples.extend(pair.conditions.iter().map(|measure| Sample {
            is_copy: pair.is_copy,
            weight,
            features: measure.features,
        }));
    }
    samples
}

/// The smallest threshold from which on enough of the sure links are copies, by the labels, and few
/// enough of the distant pairs are linked.
fn sure(sources: &[&Source], fit: &Fit) -> f64 {
    let (labelled, dated): (Vec<&Source>, Vec<&Source>) =
        sources.iter().partition(|source| source.kind == SourceKind::Labelled);
    let least = sure_by_labels(&labelled, fit).max(sure_by_dates(&dated, fit)).max(SURE_MIN);
    // Rounded up, so that what was counted out stays out.
    (least * 1e3).ceil() / 1e3
}

fn sure_by_dates(dated: &[&Source], fit: &Fit) -> f64 {
    let pairs = || dated.iter().flat_map(|source| &source.pairs);
    let mut probabilities: Vec<f64> = pairs()
        .filter(|pair| pair.may_be_sure())
        .filter_map(|pair| Some(fit.probability(&pair.conditions.first()?.features)))
        .collect();
    probabilities.sort_by(|a, b| b.total_cmp(a));
    let allowed = (SURE_DISTANT_SHARE * pairs().count() as f64) as usize;
    probabilities.get(allowed).copied().unwrap_or(0.0)
}

fn sure_by_labels(sources: &[&Source], fit: &Fit) -> f64 {
    let mut ranked: Vec<(f64, f64, f64)> = Vec::new();
    for (pair, weight) in sources.iter().flat_map(|source| source.weighted()) {
        if let Some(first) = pair.conditions.first().filter(|_| pair.may_be_sure()) {
            let (copy, stranger) = if pair.is_copy { (weight, 0.0) } else { (0.0, weight) };
            ranked.push((fit.probability(&first.features), copy, stranger));
        }
    }
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut copies, mut strangers, mut least) = (0.0, 0.0, 1.0);
    for (probability, copy, stranger) in ranked {
        copies += copy;
        strangers += stranger;
        if copies >= SURE_PRECISION * (copies + strangers) {
            least = probability;
        }
    }
    least
}

fn dated_score(source: &Source, unseen: &Calibration, calibration: &Calibration) -> DatedScore {
    let count = |by: &Calibration, least: f64, must_be_sure: bool| {
        let reaches = |pair: &&MeasuredPair| {
            let likely = |first: &unecho_pipeline::Measure| {
                first.level_max.is_some() && by.probability(&first.features) >= least
            };
            pair.conditions.first().is_some_and(likely) && (!must_be_sure || pair.may_be_sure())
        };
        source.pairs.iter().filter(reaches).count() as u64
    };
    DatedScore {
        name: source.name.clone(),
        pairs: source.pairs.len() as u64,
        held_out_likely: count(unseen, unseen.likely, false),
        held_out_sure: count(unseen, unseen.sure, true),
        likely: count(calibration, calibration.likely, false),
        sure: count(calibration, calibration.sure, true),
    }
}

impl Source {
    /// Each pair with its share of the source's weight.
    fn weighted(&self) -> impl Iterator<Item = (&MeasuredPair, f64)> {
        let copies = self.pairs.iter().filter(|pair| pair.is_copy).count() as f64;
        let strangers = self.pairs.len() as f64 - copies;
        let (copy, stranger) = (self.weights.copies / copies, self.weights.strangers / strangers);
        self.pairs.iter().map(move |pair| (pair, if pair.is_copy { copy } else { stranger }))
    }
}

/// What the calibration file says about itself.
fn origin(sources: &[Source], held_out: &[SetScore], dated: &[DatedScore]) -> toml::Table {
    let mut origin = toml::Table::new();
    let mut note = |key: &str, value: toml::Value| origin.insert(key.to_owned(), value);
    note("written_by", "unecho eval tune".into());
    let figures =
        "of each set, whole path, fitted on the others: precision, recall, of drops: precision, recall";
    note("figures", figures.into());
    let mut sets = toml::Table::new();
    for (source, score) in sources.iter().zip(held_out) {
        let shares = [score.precision, score.recall, score.sure_precision, score.sure_recall];
        let shares: Vec<toml::Value> = shares.map(|share| rounded(share).into()).into();
        sets.insert(source.name.clone(), shares.into());
    }
    note("sets", sets.into());
    for score in dated {
        let text = format!(
            "{} pairs more than {DISTANT_DAYS} days apart, {} linked, {} surely; unseen {} and {}",
            score.pairs, score.likely, score.sure, score.held_out_likely, score.held_out_sure
        );
        note(&score.name, text.into());
    }
    origin
}

/// To 4 decimals, as the file has them.
fn rounded(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}
