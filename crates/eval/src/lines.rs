//! Boilerplate lines in extracted text against labelled lines, as a user of `unecho normalize` gets it.
//!
//! A line counts as cut when most of its words are gone. Lines labelled neither article nor boilerplate
//! (titles, mixed ones, …) count for nothing. A document without labels is clean copy: all of it is
//! article, but for the sign-offs of agencies, which are parted from it and not lost.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use unecho_model::record::NormalizedRecord;
use unecho_model::{Action, Span};
use unecho_pipeline::{Config, Run, Unobserved};

use crate::{pages, set};

/// How well boilerplate lines of one file were told from article lines.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LinesScore {
    /// The file.
    pub name: String,
    /// Number of documents.
    pub documents: u64,
    /// Share of cut lines that are boilerplate; 1 when none is cut.
    pub precision: f64,
    /// Share of boilerplate lines that are cut; 1 without any.
    pub recall: f64,
    /// Share of the words of article lines that are cut, partly cut lines included.
    pub article_words_cut: f64,
    /// Share of the article lines that are cut.
    pub article_lines_cut: f64,
    /// Boilerplate lines, and how many of them are cut.
    pub boilerplate: Tally,
    /// Article lines, and how many of them are cut.
    pub article: Tally,
    /// By rule: lines that it cut.
    pub rules: BTreeMap<String, RuleScore>,
    /// Article lines that lost words.
    pub wrong: Vec<LineCut>,
    /// Boilerplate lines that stayed.
    pub missed: Vec<LineCut>,
}

/// Lines with one label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Lines.
    pub lines: u64,
    /// Lines that are cut.
    pub cut: u64,
    /// Words of all lines.
    pub words: u64,
    /// Words that are cut.
    pub words_cut: u64,
}

/// Lines that one rule cut.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RuleScore {
    /// Boilerplate lines.
    pub boilerplate: u64,
    /// Article lines.
    pub article: u64,
    /// Lines with other labels.
    pub other: u64,
}

/// A line that was treated against its label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineCut {
    /// The document.
    pub id: String,
    /// The rule that cut from the line; `None` when it stayed.
    pub rule: Option<String>,
    /// The line.
    pub text: String,
}

#[derive(Debug, Clone, Deserialize)]
struct LabelledLine {
    text: String,
    label: String,
}

/// What the rules for the sign-offs of agencies, by the beginning of their names, count for.
const SIGN_OFF_RULES: &str = "agency.";

/// Whether the sign-offs of agencies count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SignOffs {
    /// As the labels say.
    AsLabelled,
    /// They do not.
    Aside,
}

/// What a label means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Article,
    Boilerplate,
    Neither,
}

/// A document whose lines are labelled, and where each line stands in its raw text.
struct LabelledText {
    id: String,
    raw: String,
    lines: Vec<(Span, Part)>,
    sign_offs: SignOffs,
}

impl LabelledLine {
    /// The lines of clean copy.
    fn all_article(text: &str) -> Vec<Self> {
        text.lines().map(|line| Self { text: line.to_owned(), label: "article".to_owned() }).collect()
    }
}

/// Cleans the documents of `labelled`, rows `{id, url?, lines: [{text, label}]}` or, of clean copy,
/// `{id, url?, text}`, and compares what is cut with the labels.
///
/// # Errors
/// When the file cannot be read, a row lacks its lines, or the run fails.
pub fn score_lines(labelled: &Path, config: &Config) -> Result<LinesScore> {
    let home = tempfile::tempdir().context("cannot make a temporary folder")?;
    let input = home.path().join("lines.jsonl");
    let mut file = std::io::BufWriter::new(fs::File::create(&input)?);
    let mut texts = Vec::new();
    for (at, row) in set::read_documents(labelled)?.iter().enumerate() {
        let (lines, sign_offs) = match (row.get("lines"), row.get("text").and_then(Value::as_str)) {
            (Some(lines), _) => {
                let lines = serde_json::from_value(lines.clone());
                let read = lines.with_context(|| format!("{}:{}: field `lines`", labelled.display(), at + 1));
                (read?, SignOffs::AsLabelled)
            }
            (None, Some(text)) => (LabelledLine::all_article(text), SignOffs::Aside),
            (None, None) => bail!("{}:{}: neither `lines` nor `text`", labelled.display(), at + 1),
        };
        let text = LabelledText::new(pages::id_of(row, at), &lines, sign_offs);
        let document = serde_json::json!({
            "id": format!("{at}"), "text": text.raw, "url": row.get("url"), "source": row.get("source"),
        });
        writeln!(file, "{document}")?;
        texts.push(text);
    }
    file.into_inner().context("cannot write the documents")?;
    let inputs = [input.to_str().context("the temporary folder is not UTF-8")?.to_owned()];
    let cancelled = AtomicBool::new(false);
    let run = Run { observer: &Unobserved, cancelled: &cancelled };
    let normalized = unecho_pipeline::normalize(&inputs, config, &run)?;
    let total = normalized.records.len() + normalized.rejected.len();
    ensure!(total == texts.len(), "{} documents gave {total} results", texts.len());
    let records: BTreeMap<&str, &NormalizedRecord> =
        normalized.records.iter().map(|record| (record.document.id.as_str(), record)).collect();
    let name = labelled.file_name().unwrap_or_default().to_string_lossy();
    let name = name.trim_end_matches(".gz").trim_end_matches(".jsonl").to_owned();
    let mut score = LinesScore { name, documents: texts.len() as u64, ..LinesScore::default() };
    for (at, text) in texts.iter().enumerate() {
        score.add(text, records.get(at.to_string().as_str()).copied());
    }
    score.settle();
    Ok(score)
}

impl LabelledText {
    fn new(id: String, labelled: &[LabelledLine], sign_offs: SignOffs) -> Self {
        let (mut raw, mut lines) = (String::new(), Vec::new());
        for line in labelled {
            let start = raw.len();
            raw.push_str(&unecho_pipeline::raw_text(line.text.trim_matches(['\r', '\n'])));
            lines.push((Span::of(start, raw.len()), Part::of(&line.label)));
            raw.push('\n');
        }
        Self { id, raw, lines, sign_offs }
    }
}

impl Part {
    fn of(label: &str) -> Self {
        match label {
            "content" | "article" | "text" | "prose" => Self::Article,
            "boilerplate" => Self::Boilerplate,
            _ => Self::Neither,
        }
    }
}

impl LinesScore {
    /// Counts one document; without a record all of it is cut.
    fn add(&mut self, text: &LabelledText, record: Option<&NormalizedRecord>) {
        let cuts: Vec<(Span, &str)> = match record {
            None => vec![(Span::of(0, text.raw.len()), "(rejected)")],
            Some(record) => record
                .stripped
                .iter()
                .filter(|cut| cut.action == Action::Removed)
                .filter(|cut| text.sign_offs == SignOffs::AsLabelled || !cut.rule.starts_with(SIGN_OFF_RULES))
                .map(|cut| (cut.span, cut.rule.as_str()))
                .collect(),
        };
        let mut next = 0;
        for &(span, part) in &text.lines {
            while cuts.get(next).is_some_and(|(cut, _)| cut.end() <= span.start()) {
                next += 1;
            }
            let inside = || cuts[next..].iter().take_while(|(cut, _)| cut.start() < span.end());
            let line = &text.raw[span.start()..span.end()];
            let words = unecho_text::words(line);
            let is_cut = |word: &&Span| {
                let word = Span::of(word.start() + span.start(), word.end() + span.start());
                inside().any(|(cut, _)| cut.overlaps(word))
            };
            let gone = words.spans.iter().filter(is_cut).count();
            let rule = inside().next().filter(|_| gone > 0).map(|&(_, rule)| rule.to_owned());
            let all = words.len();
            self.count(part, all, gone, rule.as_deref());
            let kept = LineCut { id: text.id.clone(), rule, text: line.to_owned() };
            match part {
                Part::Article if gone > 0 => self.wrong.push(kept),
                Part::Boilerplate if all > 0 && gone * 2 <= all => self.missed.push(kept),
                Part::Article | Part::Boilerplate | Part::Neither => {}
            }
        }
    }

    /// Counts a line of `all` words of which `gone` are cut.
    fn count(&mut self, part: Part, all: usize, gone: usize, rule: Option<&str>) {
        if all == 0 {
            return;
        }
        let cut = u64::from(gone * 2 > all);
        if let Some(rule) = rule.filter(|_| cut > 0) {
            let by_rule = self.rules.entry(rule.to_owned()).or_default();
            match part {
                Part::Article => by_rule.article += 1,
                Part::Boilerplate => by_rule.boilerplate += 1,
                Part::Neither => by_rule.other += 1,
            }
        }
        let tally = match part {
            Part::Article => &mut self.article,
            Part::Boilerplate => &mut self.boilerplate,
            Part::Neither => return,
        };
        tally.lines += 1;
        tally.cut += cut;
        tally.words += all as u64;
        tally.words_cut += gone as u64;
    }

    fn settle(&mut self) {
        let share = |part: u64, of: u64, none: f64| if of == 0 { none } else { part as f64 / of as f64 };
        self.precision = share(self.boilerplate.cut, self.boilerplate.cut + self.article.cut, 1.0);
        self.recall = share(self.boilerplate.cut, self.boilerplate.lines, 1.0);
        self.article_words_cut = share(self.article.words_cut, self.article.words, 0.0);
        self.article_lines_cut = share(self.article.cut, self.article.lines, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str = "The harbour master said on Monday that the ferry would not sail before the storm \
                         had passed over the islands.";

    #[test]
    fn cuts_are_compared_with_labels() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("l.jsonl");
        let line = |text: &str, label: &str| serde_json::json!({"text": text, "label": label});
        let row = serde_json::json!({"id": "a", "lines": [
            line("Ferry stays in port", "title"),
            line(PROSE, "content"),
            line("Advertisement", "boilerplate"),
            line(PROSE, "article"),
            line("A line of the menu that no rule has ever seen", "boilerplate"),
            line("Read also: Storm closes port", "content"),
            line("—", "boilerplate"),
            line(PROSE, "content"),
        ]});
        fs::write(&file, format!("{row}\n")).unwrap();
        let score = score_lines(&file, &Config::default()).unwrap();
        assert_eq!((score.boilerplate.lines, score.boilerplate.cut), (2, 1));
        assert_eq!((score.article.lines, score.article.cut), (4, 1));
        assert_eq!((score.precision, score.recall), (0.5, 0.5));
        assert_eq!(score.wrong.len(), 1);
        assert_eq!(score.missed[0].text, "A line of the menu that no rule has ever seen");
        assert_eq!(score.rules.values().map(|rule| rule.boilerplate).sum::<u64>(), 1);
    }

    #[test]
    fn clean_copy_is_all_article_but_for_sign_offs() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("clean.jsonl");
        let text =
            format!("{PROSE}\n{PROSE}\n{PROSE} (Reporting by Ann Porter; Editing by Li Wei)\nAdvertisement");
        fs::write(&file, serde_json::json!({"id": "a", "text": text}).to_string()).unwrap();
        let score = score_lines(&file, &Config::default()).unwrap();
        assert_eq!((score.article.lines, score.article.cut, score.article.words_cut), (4, 1, 1));
        assert_eq!((score.article_lines_cut, score.boilerplate.lines), (0.25, 0));
        fs::write(&file, "{}").unwrap();
        assert!(score_lines(&file, &Config::default()).is_err());
    }
}
