//! Main text of pages against gold texts, as a user of `unecho normalize` gets it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use serde_json::{Map, Value};
use unecho_pipeline::{Config, Run, Unobserved};

use crate::set;
use crate::shingles::Agreement;

/// How well the main text of the pages of one file was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PagesScore {
    /// The file.
    pub name: String,
    /// Means over all pages.
    pub all: Agreement,
    /// Means over the pages with an English gold text.
    pub english: Agreement,
    /// Number of pages with an English gold text.
    pub english_pages: u64,
    /// Each page, in the order of the file.
    pub pages: Vec<PageScore>,
}

/// How well the main text of one page was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PageScore {
    /// The page's id.
    pub id: String,
    /// Language of the gold text, where it can be told.
    pub lang: Option<String>,
    /// Agreement with the gold text.
    #[serde(flatten)]
    pub agreement: Agreement,
    /// Words of the gold text.
    pub gold_words: u64,
    /// Words of the text that was found.
    pub words: u64,
    /// Agreement of both engines, when both were asked.
    pub confidence: Option<f32>,
    /// Why there is no text.
    pub rejected: Option<String>,
}

/// What was got from a page.
#[derive(Default)]
struct Extracted {
    text: String,
    confidence: Option<f32>,
    rejected: Option<String>,
}

/// Extracts the pages of `gold`, rows `{id, html, text}`, and compares them with their gold texts.
///
/// # Errors
/// When the file cannot be read, a row lacks a field, or the run fails.
pub fn score_pages(gold: &Path, config: &Config) -> Result<PagesScore> {
    let rows = set::read_documents(gold)?;
    let home = tempfile::tempdir().context("cannot make a temporary folder")?;
    for (at, row) in rows.iter().enumerate() {
        fs::write(home.path().join(file_name(at)), field(row, "html", gold, at)?)?;
    }
    let inputs = [home.path().to_str().context("the temporary folder is not UTF-8")?.to_owned()];
    let cancelled = AtomicBool::new(false);
    let normalized =
        unecho_pipeline::normalize(&inputs, config, &Run { observer: &Unobserved, cancelled: &cancelled })?;
    let mut found: BTreeMap<String, Extracted> = BTreeMap::new();
    for record in normalized.records {
        let document = record.document;
        let confidence = document.extraction_confidence;
        found
            .insert(base_name(&document.path), Extracted { text: document.text, confidence, rejected: None });
    }
    for rejected in normalized.rejected {
        let why = format!("{}: {}", rejected.reason, rejected.detail);
        found.insert(
            base_name(&rejected.origin.path),
            Extracted { rejected: Some(why), ..Extracted::default() },
        );
    }
    ensure!(found.len() == rows.len(), "{} pages gave {} results", rows.len(), found.len());
    score(gold, &rows, |at, _| found.remove(&file_name(at)).unwrap_or_default())
}

/// Compares texts that another program extracted, rows `{id, text}`, with the gold texts of `gold`.
///
/// # Errors
/// When a file cannot be read or a row lacks a field.
pub fn score_texts(gold: &Path, texts: &Path) -> Result<PagesScore> {
    let rows = set::read_documents(gold)?;
    let mut found = BTreeMap::new();
    for (at, row) in set::read_documents(texts)?.iter().enumerate() {
        found.insert(id_of(row, at), field(row, "text", texts, at)?.to_owned());
    }
    score(gold, &rows, |_, id| match found.remove(id) {
        Some(text) => Extracted { text, ..Extracted::default() },
        None => Extracted { rejected: Some("no text".to_owned()), ..Extracted::default() },
    })
}

fn score(
    gold: &Path,
    rows: &[Map<String, Value>],
    mut extracted: impl FnMut(usize, &str) -> Extracted,
) -> Result<PagesScore> {
    let mut pages = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        let id = id_of(row, at);
        let text = field(row, "text", gold, at)?;
        let found = extracted(at, &id);
        pages.push(PageScore {
            lang: unecho_text::language(text).tag.map(str::to_owned),
            agreement: Agreement::of(&found.text, text),
            gold_words: unecho_text::words(text).len() as u64,
            words: unecho_text::words(&found.text).len() as u64,
            confidence: found.confidence,
            rejected: found.rejected,
            id,
        });
    }
    let is_english = |page: &&PageScore| page.lang.as_deref() == Some("en");
    let name = gold.file_name().unwrap_or_default().to_string_lossy();
    Ok(PagesScore {
        name: name.trim_end_matches(".gz").trim_end_matches(".jsonl").to_owned(),
        all: Agreement::mean(pages.iter().map(|page| page.agreement)),
        english: Agreement::mean(pages.iter().filter(is_english).map(|page| page.agreement)),
        english_pages: pages.iter().filter(is_english).count() as u64,
        pages,
    })
}

fn file_name(at: usize) -> String {
    format!("{at:06}.html")
}

fn base_name(path: &str) -> String {
    Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

pub(crate) fn id_of(row: &Map<String, Value>, at: usize) -> String {
    match row.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(other) if !other.is_null() => other.to_string(),
        _ => (at + 1).to_string(),
    }
}

fn field<'r>(row: &'r Map<String, Value>, name: &str, file: &Path, at: usize) -> Result<&'r str> {
    let value = row.get(name).and_then(Value::as_str);
    value.with_context(|| format!("{}:{}: there is no text in field `{name}`", file.display(), at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLD: &str = "The harbour master said on Monday that the ferry would not sail before the storm \
                        had passed over the islands.";

    #[test]
    fn pages_and_texts_are_scored_alike() {
        let home = tempfile::tempdir().unwrap();
        let prose =
            format!("<p>{GOLD}</p><p>{GOLD} Crews worked through the night to make the pier safe.</p>");
        let html = format!(
            "<html><head><title>Ferry</title></head><body><nav><a href=x>Home</a></nav><article>{prose}\
             </article></body></html>"
        );
        let gold_text = format!("{GOLD}\n{GOLD} Crews worked through the night to make the pier safe.");
        let gold = home.path().join("set.jsonl");
        let row = serde_json::json!({"id": "a", "html": html, "text": gold_text});
        let empty = serde_json::json!({"id": "b", "html": "<html></html>", "text": GOLD});
        fs::write(&gold, format!("{row}\n{empty}\n")).unwrap();
        let pages = score_pages(&gold, &Config::default()).unwrap();
        assert_eq!((pages.name.as_str(), pages.english_pages), ("set", 2));
        assert_eq!(pages.pages[0].agreement.f1, 1.0);
        assert!(pages.pages[1].rejected.is_some());
        assert_eq!(pages.all.f1, 0.5);

        let texts = home.path().join("texts.jsonl");
        fs::write(&texts, format!("{}\n", serde_json::json!({"id": "a", "text": gold_text}))).unwrap();
        assert_eq!(score_texts(&gold, &texts).unwrap().all, pages.all);
    }
}
