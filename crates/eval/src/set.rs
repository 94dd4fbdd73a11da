//! Labelled sets on disk.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context, Result, bail};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What the labels of a set mean.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetSpec {
    /// Labels of pairs that are copies.
    pub copies: Vec<String>,
    /// Labels of pairs that are not.
    pub strangers: Vec<String>,
    /// The labels were made on so many first words of each text.
    pub words_max: Option<usize>,
    /// What is to be reached.
    #[serde(default)]
    pub targets: Targets,
    /// What was reached and must not be lost.
    #[serde(default)]
    pub floors: Targets,
}

/// Bounds on the scores of a set; shares 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Targets {
    /// Least share of copies that are linked.
    pub recall_min: Option<f64>,
    /// Least share of links that are copies.
    pub precision_min: Option<f64>,
    /// Least harmonic mean of the two.
    pub f1_min: Option<f64>,
    /// Least share of merged pairs that are copies.
    pub drop_precision_min: Option<f64>,
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

/// Documents and labelled pairs.
#[derive(Debug, Default)]
pub struct Labelled {
    /// Name of the set's folder.
    pub name: String,
    /// The rows of docs.jsonl.
    pub documents: Vec<Map<String, Value>>,
    /// Ids and label of each pair.
    pub pairs: Vec<(String, String, String)>,
}

impl Labelled {
    /// Reads the set in `folder`.
    ///
    /// # Errors
    /// When a file is absent or a row cannot be understood; names file and row.
    pub fn read(folder: &Path) -> Result<Self> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut set = Self { name, ..Self::default() };
        let (path, reader) = open_documents(folder)?;
        for (at, line) in BufReader::new(reader).lines().enumerate() {
            let row = line
                .map_err(anyhow::Error::from)
                .and_then(|line| Ok(serde_json::from_str(&line)?))
                .with_context(|| format!("{path}:{}", at + 1))?;
            set.documents.push(row);
        }
        let path = folder.join("pairs.tsv");
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        for (at, line) in text.lines().enumerate().skip(1) {
            let mut columns = line.split('\t').map(str::to_owned);
            match (columns.next(), columns.next(), columns.next()) {
                (Some(a), Some(b), Some(label)) => set.pairs.push((a, b, label)),
                _ => bail!("{}:{}: expected three columns", path.display(), at + 1),
            }
        }
        Ok(set)
    }
}

fn open_documents(folder: &Path) -> Result<(String, Box<dyn Read>)> {
    let plain = folder.join("docs.jsonl");
    if plain.exists() {
        return Ok((plain.display().to_string(), Box::new(File::open(plain)?)));
    }
    let packed = folder.join("docs.jsonl.gz");
    let file = File::open(&packed)
        .with_context(|| format!("no docs.jsonl or docs.jsonl.gz in {}", folder.display()))?;
    Ok((packed.display().to_string(), Box::new(MultiGzDecoder::new(file))))
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
        let specs = set_specs();
        assert!(specs.len() >= 8);
        for (name, spec) in specs {
            assert!(spec.copies.iter().all(|label| !spec.strangers.contains(label)), "{name}");
        }
    }

    #[test]
    fn the_first_words_stay_as_they_are() {
        let document = serde_json::from_str(r#"{"id":"a","text":"one  two\nthree four"}"#).unwrap();
        assert_eq!(shortened(&document, Some(3))["text"], "one  two\nthree ");
        assert_eq!(shortened(&document, Some(9))["text"], "one  two\nthree four");
        assert_eq!(shortened(&document, None), document);
    }
}
