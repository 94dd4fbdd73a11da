//! Labelled sets on disk.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Labels;

/// What is known about a set by its name.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetSpec {
    /// The labels were made on so many first words of each text.
    pub words: Option<usize>,
    /// How much the set counts when a calibration is fitted.
    #[serde(default)]
    pub tuning: TuningWeights,
    /// What is to be reached.
    #[serde(default)]
    pub targets: Bounds,
    /// What was reached and must not be lost.
    #[serde(default)]
    pub floors: Bounds,
}

/// How much the copies and the strangers of a set count, each together, whatever their number.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TuningWeights {
    /// All copies.
    pub copies: f64,
    /// All strangers.
    pub strangers: f64,
}

impl Default for TuningWeights {
    fn default() -> Self {
        Self { copies: 30.0, strangers: 30.0 }
    }
}

/// Bounds on the scores of a set; shares 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// Least share of copies that are linked.
    pub recall_min: Option<f64>,
    /// Least share of links that are copies.
    pub precision_min: Option<f64>,
    /// Least harmonic mean of the two.
    pub f1_min: Option<f64>,
    /// Least share of merged pairs that are copies.
    pub sure_precision_min: Option<f64>,
    /// Most strangers that are linked, as a share.
    pub false_links_max: Option<f64>,
}

/// The sets that are known by name.
///
/// # Panics
/// Never: the table is part of the program and read by a test.
#[must_use]
pub fn set_specs() -> BTreeMap<String, SetSpec> {
    toml::from_str(include_str!("../sets.toml")).expect("the embedded table is read by a test")
}

/// Which part of the path is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Everything a user gets, candidates included.
    #[default]
    WholePath,
    /// Verification of the labelled pairs, as if each had been proposed.
    VerifyOnly,
}

/// Documents and labelled pairs to score on.
#[derive(Debug, Clone, Default)]
pub struct PairsSpec {
    /// Name for the output.
    pub name: String,
    /// JSON lines `{id, text, source?, url?, date?}`, plain or gzip.
    pub docs: PathBuf,
    /// Columns `id_a`, `id_b`, label, with a header.
    pub pairs: PathBuf,
    /// Further documents of the collection.
    pub with: Vec<PathBuf>,
    /// What labels mean.
    pub labels: Labels,
    /// Only so many first words of each text of `docs` count.
    pub words: Option<usize>,
    /// What is scored.
    pub scope: Scope,
}

impl PairsSpec {
    /// The set in `folder`: docs.jsonl or docs.jsonl.gz, and pairs.tsv.
    #[must_use]
    pub fn of_folder(folder: &Path, spec: &SetSpec) -> Self {
        let plain = folder.join("docs.jsonl");
        Self {
            name: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            docs: if plain.exists() { plain } else { folder.join("docs.jsonl.gz") },
            pairs: folder.join("pairs.tsv"),
            words: spec.words,
            ..Self::default()
        }
    }
}

/// A labelled pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) a: String,
    pub(crate) b: String,
    pub(crate) label: String,
}

pub(crate) fn read_documents(path: &Path) -> Result<Vec<Map<String, Value>>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let reader: Box<dyn Read> = if path.extension().is_some_and(|extension| extension == "gz") {
        Box::new(MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let mut documents = Vec::new();
    for (at, line) in BufReader::new(reader).lines().enumerate() {
        let row = line
            .map_err(anyhow::Error::from)
            .and_then(|line| Ok(serde_json::from_str(&line)?))
            .with_context(|| format!("{}:{}", path.display(), at + 1))?;
        documents.push(row);
    }
    Ok(documents)
}

pub(crate) fn read_pairs(path: &Path) -> Result<Vec<Pair>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut pairs = Vec::new();
    for (at, line) in text.lines().enumerate().skip(1) {
        let mut columns = line.split('\t').map(str::to_owned);
        match (columns.next(), columns.next(), columns.next()) {
            (Some(a), Some(b), Some(label)) => pairs.push(Pair { a, b, label }),
            _ => bail!("{}:{}: expected three columns", path.display(), at + 1),
        }
    }
    Ok(pairs)
}

/// The document with only the first words of its text, its lines kept.
pub(crate) fn shortened(document: &Map<String, Value>, words_max: Option<usize>) -> Map<String, Value> {
    let mut document = document.clone();
    if let (Some(words_max), Some(Value::String(text))) = (words_max, document.get_mut("text")) {
        let mut words = 0;
        let mut in_word = false;
        let end = text.char_indices().find_map(|(at, c)| {
            if !c.is_whitespace() && !in_word {
                words += 1;
            }
            in_word = !c.is_whitespace();
            (words > words_max).then_some(at)
        });
        if let Some(end) = end {
            text.truncate(end);
        }
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_table_is_sound() {
        assert!(set_specs().len() >= 8);
    }

    #[test]
    fn the_first_words_stay_as_they_are() {
        let document = serde_json::from_str(r#"{"id":"a","text":"one  two\nthree four"}"#).unwrap();
        assert_eq!(shortened(&document, Some(3))["text"], "one  two\nthree ");
        assert_eq!(shortened(&document, Some(9))["text"], "one  two\nthree four");
        assert_eq!(shortened(&document, None), document);
    }
}
