//! Measured pairs of labelled sets, and of dated collections whose distant texts are no copies.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use serde_json::{Map, Value};
use unecho_model::{Level, Mismatch};
use unecho_pipeline::{Config, Features, Ledger, Measure, Run, Unobserved, ingest, measure_pairs, normalize};

use crate::judgements::Judgements;
use crate::labels::{Labels, Meaning};
use crate::set::{self, PairsSpec};

/// Texts published more days apart are different news, whatever they share.
pub(crate) const DISTANT_DAYS: u32 = 7;

/// One pair, measured once.
#[derive(Debug, Clone)]
pub(crate) struct MeasuredPair {
    /// Whether it is a copy.
    pub(crate) is_copy: bool,
    /// The same pair with more and with less known of it and of other stories.
    pub(crate) conditions: Vec<Measure>,
}

impl MeasuredPair {
    /// The most that a link can be, in the first condition: all that is known.
    pub(crate) fn may_be_sure(&self) -> bool {
        self.conditions.first().is_some_and(|measure| measure.level_max == Some(Level::Sure))
    }
}

/// The pairs of a labelled set that are not decided by their texts alone. Each is measured with
/// statistics of the whole collection, of the labelled documents only, and of none, and once more
/// as if it had no dates: a calibration is to hold in large and small collections alike.
pub(crate) fn of_set(spec: &PairsSpec, config: &Config) -> Result<Vec<MeasuredPair>> {
    let pairs = set::read_pairs(&spec.pairs)?;
    let labels = Labels::default();
    let counted = pairs.iter().filter_map(|pair| match labels.meaning(&pair.label) {
        Meaning::Copy => Some((pair, true)),
        Meaning::Stranger => Some((pair, false)),
        Meaning::Neither => None,
    });
    let counted: Vec<(&set::Pair, bool)> = counted.collect();
    let ids: Vec<(String, String)> =
        counted.iter().map(|(pair, _)| (pair.a.clone(), pair.b.clone())).collect();
    let documents: Vec<Map<String, Value>> = set::read_documents(&spec.docs)?
        .iter()
        .map(|document| set::shortened(document, spec.words))
        .collect();
    let named: BTreeSet<&str> = ids.iter().flat_map(|(a, b)| [a.as_str(), b.as_str()]).collect();
    let few: Vec<&Map<String, Value>> =
        documents.iter().filter(|document| id_of(document).is_some_and(|id| named.contains(id))).collect();
    let in_all = measured(&documents.iter().collect::<Vec<_>>(), &ids, config)?;
    let in_few = measured(&few, &ids, config)?;
    let mut found = Vec::new();
    for (((_, is_copy), all), few) in counted.into_iter().zip(in_all).zip(in_few) {
        let mut conditions: Vec<Measure> = [all.0, few.0, all.1].into_iter().flatten().collect();
        let dated = conditions.iter().filter(|measure| measure.features.follow_up != 0.0);
        let undated: Vec<Measure> = dated.map(undated).collect();
        conditions.extend(undated);
        found.push(MeasuredPair { is_copy, conditions });
    }
    found.retain(|pair| !pair.conditions.is_empty());
    Ok(found)
}

fn undated(measure: &Measure) -> Measure {
    Measure { features: Features { follow_up: 0.0, ..measure.features }, ..*measure }
}

/// Pairs of the collection in `path` that the pipeline compares when dates are withheld, that have
/// something in common, and that were published more than [`DISTANT_DAYS`] apart: follow-ups, rolling
/// reports, forms filled again. None of them is a copy.
pub(crate) fn of_dated(path: &Path, config: &Config) -> Result<Vec<MeasuredPair>> {
    let dated = with_run(|run| Ok(normalize(&[text_of(path)?], config, run)?))?;
    let days: BTreeMap<String, i64> = dated
        .records
        .into_iter()
        .filter_map(|record| Some((record.document.id.to_string(), day_of(&record.document.date?)?)))
        .collect();
    let mut documents = set::read_documents(path)?;
    for document in &mut documents {
        document.remove("date");
    }
    let home = tempfile::tempdir().context("cannot make a temporary folder")?;
    let docs = home.path().join("docs.jsonl");
    write(&documents.iter().collect::<Vec<_>>(), &docs)?;
    let out = home.path().join("out");
    let config = Config { ledger: Ledger::All, ..config.clone() };
    with_run(|run| Ok(ingest(&[text_of(&docs)?], &out, &config, run).map(|_| ())?))?;
    let is_distant = |a: &str, b: &str| {
        days.get(a).zip(days.get(b)).is_some_and(|(a, b)| a.abs_diff(*b) > u64::from(DISTANT_DAYS))
    };
    let judged = Judgements::read(&out)?;
    let alike = judged.pairs.iter().filter(|(_, link)| link.kind != Mismatch::Unrelated.name());
    let ids: Vec<(String, String)> =
        alike.map(|(ids, _)| ids.clone()).filter(|(a, b)| is_distant(a, b)).collect();
    let inputs = [text_of(&docs)?];
    let measured = with_run(|run| Ok(measure_pairs(&inputs, &ids, &config, run)?))?;
    let pairs = measured.into_iter().flatten().filter_map(|measured| measured.in_corpus);
    Ok(pairs.map(|measure| MeasuredPair { is_copy: false, conditions: vec![measure] }).collect())
}

/// Each pair with what is known of these documents, and alone.
fn measured(
    documents: &[&Map<String, Value>],
    ids: &[(String, String)],
    config: &Config,
) -> Result<Vec<(Option<Measure>, Option<Measure>)>> {
    let home = tempfile::tempdir().context("cannot make a temporary folder")?;
    let docs = home.path().join("docs.jsonl");
    write(documents, &docs)?;
    let inputs = [text_of(&docs)?];
    let measured = with_run(|run| Ok(measure_pairs(&inputs, ids, config, run)?))?;
    Ok(measured
        .into_iter()
        .map(|pair| pair.map_or((None, None), |pair| (pair.in_corpus, pair.alone)))
        .collect())
}

fn with_run<T>(work: impl FnOnce(&Run<'_>) -> Result<T>) -> Result<T> {
    let cancelled = AtomicBool::new(false);
    work(&Run { observer: &Unobserved, cancelled: &cancelled })
}

fn write(documents: &[&Map<String, Value>], path: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for document in documents {
        serde_json::to_writer(&mut file, document)?;
        file.write_all(b"\n")?;
    }
    file.flush().context("cannot write the documents")
}

fn text_of(path: &Path) -> Result<String> {
    Ok(path.to_str().context("a path is not UTF-8")?.to_owned())
}

fn id_of(document: &Map<String, Value>) -> Option<&str> {
    document.get("id").and_then(Value::as_str)
}

/// The day of a date that begins `YYYY-MM-DD`, counted so that later days are larger by about as much.
fn day_of(date: &str) -> Option<i64> {
    let mut parts = date.get(..10)?.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    // Months of 31 days: two days of neighbouring months come out up to three days too far apart.
    Some((year * 12 + month) * 31 + day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_go_on_over_months_and_years() {
        let apart = |a: &str, b: &str| day_of(b).unwrap() - day_of(a).unwrap();
        assert_eq!(apart("2024-01-30", "2024-01-31T10:00:00Z"), 1);
        assert!((1..5).contains(&apart("2024-02-28", "2024-03-01")));
        assert_eq!(apart("2023-12-31", "2024-01-01"), 1);
        assert_eq!(day_of("30 January 2024"), None);
    }
}
