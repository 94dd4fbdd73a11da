//! What every comparison of an article needs, made once.

use std::ops::Range;
use std::sync::OnceLock;

use unecho_model::{Article, Publisher, Span};
use unecho_text::{fold, sentences, words_outside};

use crate::dates::Day;
use crate::evidence::weight;
use crate::exact::are_same_words;
use crate::keys;
use crate::labels::labels;
use crate::lead::Lead;
use crate::statistics::{Groups, Statistics};
use crate::stems::stem_hash;
use crate::voice::{Voice, told_words, voices};

/// Words of a shingle (Broder 1997), for Jaccard similarity and containment.
pub(crate) const SHINGLE_WORDS: usize = 5;

/// Words of the shortest run that tiling finds.
pub(crate) const GRAM_WORDS: usize = 3;

/// Content words of one sentence at most this far apart make a skip-pair.
const SKIP_WORDS_MAX: usize = 4;

/// A half-open range of words of one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenRange {
    start: u32,
    end: u32,
}

impl TokenRange {
    pub(crate) fn of(start: usize, end: usize) -> Self {
        let cut = |at: usize| u32::try_from(at).expect("a text has fewer words than bytes, under 4 GiB");
        Self { start: cut(start), end: cut(end) }
    }

    pub(crate) const fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub(crate) const fn len(self) -> usize {
        (self.end - self.start) as usize
    }
}

/// A 3-gram and the word it starts at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Gram {
    pub(crate) key: u64,
    pub(crate) at: u32,
}

/// An article ready for comparison: some 40 bytes a word, 100 once all of it was asked for. Words of spans that
/// take no part in matching are left out.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The article, without its cuts.
    article: Article,
    /// Where each word stands in the article's text.
    pub(crate) spans: Vec<Span>,
    /// Hash of each folded word.
    pub(crate) words: Vec<u64>,
    /// Keys of the word 5-shingles, sorted, distinct.
    pub(crate) shingles: Vec<u64>,
    /// Whose story the text claims to be, sorted, distinct.
    pub(crate) origins: Vec<Publisher>,
    /// The article's publisher.
    pub(crate) source: Option<Publisher>,
    /// The first part of the article's language, "en" of "en-GB".
    pub(crate) language: Option<String>,
    /// The article's date.
    pub(crate) day: Option<Day>,
    /// How common what the article has is elsewhere.
    counts: Counts,
    /// What many comparisons can do without, made when it is first asked for.
    on_demand: OnDemand,
}

/// How many groups of the corpus have what an article has, its own included; empty where nothing is known.
#[derive(Debug, Clone, Default)]
struct Counts {
    /// Of each skip-pair.
    skip_pairs: Vec<u8>,
    /// Of each claimed origin.
    origins: Vec<u8>,
    /// Of the publisher.
    source: u8,
}

#[derive(Debug, Clone, Default)]
struct OnDemand {
    told: OnceLock<Told>,
    grams: OnceLock<Vec<Gram>>,
    skip_pairs: OnceLock<Vec<u64>>,
    skip_pairs_weight: OnceLock<f64>,
    vocabulary: OnceLock<Vec<u64>>,
    lead: OnceLock<Lead>,
}

/// What the words of an article say, and who says it.
#[derive(Debug, Clone)]
struct Told {
    /// Hash of each word's stem, 0 for stop words.
    stems: Vec<u64>,
    /// Who speaks each word.
    voices: Vec<Voice>,
    /// Words that are no labels.
    told_words: usize,
    /// Words of narration.
    narration_words: usize,
    /// Sentences that have words, in order.
    sentences: Vec<TokenRange>,
    /// Quotations that have words, in order.
    quotes: Vec<TokenRange>,
    /// Hashes of the words with digits, sorted, distinct.
    numbers: Vec<u64>,
    /// Stems of capitalised words within sentences, sorted, distinct.
    names: Vec<u64>,
}

/// Prepares an article.
#[must_use]
pub fn prepare(article: Article) -> Prepared {
    let tokens = words_outside(&article.text, &article.unmatched);
    Prepared {
        shingles: keys::distinct(tokens.hashes.windows(SHINGLE_WORDS).map(keys::sequence).collect()),
        spans: tokens.spans,
        words: tokens.hashes,
        origins: claimed_origins(&article),
        source: publisher(&article),
        language: article.lang.as_deref().and_then(main_language),
        day: article.date.as_deref().and_then(Day::parse),
        article: Article { stripped: Vec::new(), repaired: Vec::new(), ..article },
        counts: Counts::default(),
        on_demand: OnDemand::default(),
    }
}

fn main_language(tag: &str) -> Option<String> {
    let main = tag.split(['-', '_']).next().filter(|main| !main.is_empty())?;
    Some(main.to_ascii_lowercase())
}

/// Whose story the text claims to be, sorted, distinct.
pub(crate) fn claimed_origins(article: &Article) -> Vec<Publisher> {
    let claims = article.attributions.iter().filter(|attribution| attribution.kind.claims_origin());
    let mut origins: Vec<Publisher> = claims.map(|attribution| Publisher::new(&attribution.name)).collect();
    origins.sort_unstable();
    origins.dedup();
    origins
}

/// Who published the text.
pub(crate) fn publisher(article: &Article) -> Option<Publisher> {
    article.source.as_deref().map(Publisher::new)
}

/// The keys of an article to be counted over the corpus (see [`Statistics`]), ascending,
/// each once: the skip-pairs of the narration, one or two for each word, the publisher and the claimed
/// origins. Costs a fraction of [`prepare`].
#[must_use]
pub fn statistic_keys(article: &Article) -> Vec<u64> {
    let text = article.text.as_str();
    let tokens = words_outside(text, &article.unmatched);
    let words = tokens.spans.iter().zip(&tokens.hashes);
    let stems: Vec<u64> =
        words.map(|(span, &hash)| stem_hash(&text[span.start()..span.end()], hash)).collect();
    let sentences = sentence_ranges(text, &tokens.spans);
    let (voices, _) = voices(text, &tokens.spans, &tokens.hashes, &sentences, &labels(article));
    let mut keys = skip_pairs(&stems, &voices, &sentences);
    let origins = claimed_origins(article);
    let source = publisher(article).filter(|source| !origins.contains(source));
    for key in origins.iter().chain(&source).map(keys::publisher) {
        if let Err(at) = keys.binary_search(&key) {
            keys.insert(at, key);
        }
    }
    keys
}

impl Told {
    fn of(article: &Article, spans: &[Span], words: &[u64]) -> Self {
        let text = article.text.as_str();
        let mut facts = Facts::default();
        for (&span, &hash) in spans.iter().zip(words) {
            facts.add(&text[span.start()..span.end()], hash);
        }
        let sentences = sentence_ranges(text, spans);
        let (voices, quotes) = voices(text, spans, words, &sentences, &labels(article));
        Self {
            names: facts.names(&sentences, &voices),
            numbers: keys::distinct(facts.numbers),
            told_words: told_words(&voices),
            narration_words: voices.iter().filter(|&&voice| voice == Voice::Narration).count(),
            stems: facts.stems,
            voices,
            sentences,
            quotes,
        }
    }
}

impl Prepared {
    /// Number of words that take part in matching.
    #[must_use]
    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// The same article with what `statistics` know of it, looked up once for all comparisons. Both of a pair are to
    /// be counted by the same statistics, or neither.
    #[must_use]
    pub fn counted(self, statistics: &Statistics) -> Self {
        let publishers: Vec<u64> = self.origins.iter().chain(&self.source).map(keys::publisher).collect();
        let mut origins = statistics.counts(&publishers);
        let source = origins.split_off(self.origins.len()).first().copied().unwrap_or(0);
        let counts = Counts { skip_pairs: statistics.counts(self.skip_pairs()), origins, source };
        let on_demand = OnDemand { skip_pairs_weight: OnceLock::new(), ..self.on_demand };
        Self { counts, on_demand, ..self }
    }

    fn told(&self) -> &Told {
        self.on_demand.told.get_or_init(|| Told::of(&self.article, &self.spans, &self.words))
    }

    /// Hash of each word's stem, 0 for stop words.
    pub(crate) fn stems(&self) -> &[u64] {
        &self.told().stems
    }

    /// Who speaks each word.
    pub(crate) fn voices(&self) -> &[Voice] {
        &self.told().voices
    }

    /// Words that are no labels.
    pub(crate) fn told_words(&self) -> usize {
        self.told().told_words
    }

    /// Words of narration.
    pub(crate) fn narration_words(&self) -> usize {
        self.told().narration_words
    }

    /// Sentences that have words, in order.
    pub(crate) fn sentences(&self) -> &[TokenRange] {
        &self.told().sentences
    }

    /// Quotations that have words, in order.
    pub(crate) fn quotes(&self) -> &[TokenRange] {
        &self.told().quotes
    }

    /// Hashes of the words with digits, sorted, distinct.
    pub(crate) fn numbers(&self) -> &[u64] {
        &self.told().numbers
    }

    /// Stems of capitalised words within sentences, sorted, distinct.
    pub(crate) fn names(&self) -> &[u64] {
        &self.told().names
    }

    /// Whether the words are those of `other`, and not only their hashes.
    pub(crate) fn has_words_of(&self, other: &Self) -> bool {
        self.words == other.words
            && are_same_words((&self.spans, &self.article.text), (&other.spans, &other.article.text))
    }

    /// The 3-grams by key, then place.
    pub(crate) fn grams(&self) -> &[Gram] {
        self.on_demand.grams.get_or_init(|| grams(&self.words))
    }

    /// Keys of the skip-pairs of the narration, sorted, distinct.
    pub(crate) fn skip_pairs(&self) -> &[u64] {
        self.on_demand.skip_pairs.get_or_init(|| skip_pairs(self.stems(), self.voices(), self.sentences()))
    }

    /// How many other groups have the skip-pair at this place; 0 when it is not known.
    pub(crate) fn others_with_pair(&self, at: usize, groups: Groups) -> u8 {
        groups.others(self.counts.skip_pairs.get(at).copied().unwrap_or(0))
    }

    /// What all skip-pairs weigh together, by the other groups that have them.
    pub(crate) fn skip_pairs_weight(&self) -> f64 {
        let weight = |at| weight(self.others_with_pair(at, Groups::Same));
        *self.on_demand.skip_pairs_weight.get_or_init(|| (0..self.skip_pairs().len()).map(weight).sum())
    }

    /// How many other groups claim this origin or publisher of the article; 0 when it is not known.
    pub(crate) fn others_with_origin(&self, name: &Publisher, groups: Groups) -> u8 {
        let counted = match self.origins.binary_search(name) {
            Ok(at) => self.counts.origins.get(at).copied().unwrap_or(0),
            Err(_) => self.counts.source,
        };
        groups.others(counted)
    }

    /// Stems of all words but stop words, sorted, distinct.
    pub(crate) fn vocabulary(&self) -> &[u64] {
        let content = || self.stems().iter().copied().filter(|&stem| stem != 0).collect();
        self.on_demand.vocabulary.get_or_init(|| keys::distinct(content()))
    }

    /// The first sentences.
    pub(crate) fn lead(&self) -> &Lead {
        let lead = || Lead::of(&self.words, self.stems(), self.voices(), self.sentences());
        self.on_demand.lead.get_or_init(lead)
    }

    pub(crate) fn is_narration(&self, at: usize) -> bool {
        self.voices()[at] == Voice::Narration
    }
}

/// What is read from the letters of each word.
#[derive(Default)]
struct Facts {
    stems: Vec<u64>,
    numbers: Vec<u64>,
    capitalised: Vec<bool>,
}

impl Facts {
    fn add(&mut self, word: &str, hash: u64) {
        let stem = stem_hash(word, hash);
        self.stems.push(stem);
        self.capitalised.push(stem != 0 && word.starts_with(char::is_uppercase));
        if has_digit(word) {
            self.numbers.push(hash);
        }
    }

    fn names(&self, sentences: &[TokenRange], voices: &[Voice]) -> Vec<u64> {
        let inside = sentences.iter().flat_map(|sentence| sentence.range().skip(1));
        let is_name = |&at: &usize| self.capitalised[at] && voices[at] != Voice::Label;
        keys::distinct(inside.filter(is_name).map(|at| self.stems[at]).collect())
    }
}

/// Whether there is an ASCII digit in the folded word.
fn has_digit(word: &str) -> bool {
    let has_digit = |word: &str| word.bytes().any(|byte| byte.is_ascii_digit());
    if word.is_ascii() { has_digit(word) } else { has_digit(&fold(word)) }
}

fn sentence_ranges(text: &str, spans: &[Span]) -> Vec<TokenRange> {
    let mut ranges = Vec::new();
    let mut token = 0;
    for sentence in sentences(text) {
        let first = token;
        while spans.get(token).is_some_and(|span| span.start() < sentence.end()) {
            token += 1;
        }
        if token > first {
            ranges.push(TokenRange::of(first, token));
        }
    }
    ranges
}

fn grams(words: &[u64]) -> Vec<Gram> {
    let keys = words.windows(GRAM_WORDS).map(keys::sequence);
    let mut grams: Vec<Gram> = (0..).zip(keys).map(|(at, key)| Gram { key, at }).collect();
    grams.sort_unstable();
    grams
}

/// Unordered pairs of different stems of one sentence's narration, close together (after the
/// skip-bigrams of ROUGE-S, Lin 2004).
fn skip_pairs(stems: &[u64], voices: &[Voice], sentences: &[TokenRange]) -> Vec<u64> {
    let mut pairs = Vec::new();
    let mut content = Vec::new();
    for sentence in sentences {
        content.clear();
        let range = sentence.range();
        content.extend(range.filter(|&at| voices[at] == Voice::Narration).map(|at| stems[at]));
        content.retain(|&stem| stem != 0);
        for (at, &a) in content.iter().enumerate() {
            let near = &content[at + 1..content.len().min(at + 1 + SKIP_WORDS_MAX)];
            pairs.extend(near.iter().filter(|&&b| a != b).map(|&b| keys::unordered_pair(a, b)));
        }
    }
    keys::distinct(pairs)
}
