//! The real texts that a corpus is made of.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::read::MultiGzDecoder;

use super::resemblance::shingles;
use super::vocabulary::{Draws, Vocabulary, pieces};

/// Texts with fewer words are left out, and more are cut off at the end of a paragraph.
const WORDS_MIN: usize = 200;
const WORDS_MAX: usize = 800;

/// A text with a larger share of shingles that earlier texts have is left out.
const SEEN_SHARE_MAX: f64 = 0.2;

/// The texts, cut to a common range of lengths, no two much alike, and their vocabulary.
pub(crate) struct Texts {
    texts: Vec<String>,
    vocabulary: Vocabulary,
    /// Texts that were much like earlier ones.
    pub(crate) left_out: usize,
}

impl Texts {
    pub(crate) fn read(files: &[PathBuf]) -> Result<Self> {
        let mut texts = Vec::new();
        for file in files {
            read_into(&mut texts, file)?;
        }
        Self::of(texts)
    }

    pub(crate) fn of(all: Vec<String>) -> Result<Self> {
        let mut seen: HashSet<u64> = HashSet::new();
        let mut counts: HashMap<String, u64> = HashMap::new();
        let (mut texts, mut left_out) = (Vec::new(), 0);
        for text in all {
            let Some(text) = within_range(&text) else { continue };
            let own = shingles(text);
            let known = own.iter().filter(|shingle| seen.contains(shingle)).count();
            if known as f64 > SEEN_SHARE_MAX * own.len() as f64 {
                left_out += 1;
                continue;
            }
            seen.extend(own);
            for piece in pieces(text).filter(|piece| piece.is_word) {
                *counts.entry(piece.text.to_lowercase()).or_default() += 1;
            }
            texts.push(text.to_owned());
        }
        if texts.is_empty() {
            bail!("no text has {WORDS_MIN} words");
        }
        Ok(Self { texts, vocabulary: Vocabulary::of(counts), left_out })
    }

    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The n-th new text: one of the texts as it is, or, when all were used, in another vocabulary.
    pub(crate) fn new_text(&self, number: u64, seed: u64) -> String {
        let (round, at) = (number / self.len() as u64, number % self.len() as u64);
        let text = &self.texts[at as usize];
        if round == 0 {
            return text.clone();
        }
        self.vocabulary.renamed(text, Draws::new(&[seed, round, 3]).next())
    }
}

fn read_into(texts: &mut Vec<String>, path: &Path) -> Result<()> {
    let name = || path.display().to_string();
    let mut file = File::open(path).with_context(name)?;
    let mut magic = [0; 2];
    let is_gzip = file.read(&mut magic).with_context(name)? == 2 && magic == [0x1f, 0x8b];
    let file = File::open(path).with_context(name)?;
    let reader: Box<dyn Read> = if is_gzip { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    for (at, line) in BufReader::new(reader).lines().enumerate() {
        let line = line.with_context(name)?;
        let row: serde_json::Value =
            serde_json::from_str(&line).with_context(|| format!("{}:{}", name(), at + 1))?;
        texts.extend(row["text"].as_str().map(str::to_owned));
    }
    Ok(())
}

/// The text, cut behind a paragraph or else a word; `None` when it is too short.
fn within_range(text: &str) -> Option<&str> {
    let mut words = 0;
    let mut end_of_line = None;
    for piece in pieces(text) {
        words += usize::from(piece.is_word);
        if words >= WORDS_MIN && piece.text.contains('\n') {
            end_of_line = Some(piece.start);
        }
        if words > WORDS_MAX {
            return Some(text[..end_of_line.unwrap_or(piece.start)].trim_end());
        }
    }
    (words >= WORDS_MIN).then(|| text.trim_end())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::resemblance::Resemblance;
    use super::*;

    /// Texts of sentences over made-up words, each text over words of its own beside common ones.
    pub(crate) fn made_up(texts: u64, words: u64) -> Texts {
        let text = |number: u64| {
            let mut draws = Draws::new(&[number, 9]);
            let mut text = String::new();
            for at in 0..words {
                let word = match draws.below(3) {
                    0 if draws.happens(500) => ["the", "of", "and", "to"][draws.below(4) as usize].to_owned(),
                    0 | 1 => format!("common{}", letters(draws.below(300))),
                    _ => format!("word{}", letters(draws.below(20_000))),
                };
                text.push_str(&word);
                text.push_str(if at % 60 == 59 {
                    ".\n"
                } else if at % 12 == 11 {
                    ". "
                } else {
                    " "
                });
            }
            text
        };
        Texts::of((0..texts).map(text).collect()).unwrap()
    }

    fn letters(mut number: u64) -> String {
        let mut letters = String::new();
        while number > 0 {
            letters.push((b'a' + (number % 26) as u8) as char);
            number /= 26;
        }
        letters
    }

    #[test]
    fn new_texts_are_no_copies_when_the_texts_run_out() {
        let texts = made_up(5, 400);
        let made: Vec<String> = (0..25).map(|number| texts.new_text(number, 1)).collect();
        for (at, one) in made.iter().enumerate() {
            for other in &made[..at] {
                let found = Resemblance::of(one, other);
                assert!(found.containment < 0.05, "{found:?}");
            }
        }
        assert_eq!(made[7], texts.new_text(7, 1));
        assert_ne!(made[7], texts.new_text(7, 2));
    }

    #[test]
    fn texts_are_cut_behind_a_paragraph_and_short_ones_left_out() {
        assert_eq!(within_range(&"word ".repeat(199)), None);
        assert_eq!(within_range(&"word ".repeat(200)).map(str::len), Some(999));
        let long = format!("{}\n{}", "word ".repeat(300), "word ".repeat(600));
        assert_eq!(within_range(&long).map(str::len), Some(1499));
    }

    #[test]
    fn a_text_like_an_earlier_one_is_left_out() {
        let text: String = (0..300).map(|at| format!("w{at} ")).collect();
        let texts = Texts::of(vec![text.clone(), text]).unwrap();
        assert_eq!((texts.len(), texts.left_out), (1, 1));
    }
}
