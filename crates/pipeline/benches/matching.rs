//! What the steps of matching cost, each alone: `cargo bench -p unecho-pipeline --bench matching [-- NAME]`.
//!
//! Texts are drawn from a made-up vocabulary with the frequencies of words that real text has (Zipf), so that
//! figures compare with each other and from one version to the next. What a run costs on real text is said by
//! `cargo xtask bench`.

use std::hint::black_box;

use divan::Bencher;
use divan::counter::BytesCount;
use unecho_candidates::{
    Corpus, NearLimits, OverflowFailed, Postings, RareConfig, Room, Signatures, near_pairs,
};
use unecho_fingerprint::{MinHashScheme, ShingleWidth, content_pairs, content_words, exact_digest, shingles};
use unecho_model::{Article, CandidatePair, DocIndex};
use unecho_pipeline::Matching;
use unecho_text::{Words, words};
use unecho_verify::{Groups, Thresholds, prepare, verify};

/// Words of a text, about those of a news story.
const WORDS: usize = 500;
/// Words of a sentence, and sentences of a paragraph.
const SENTENCE: usize = 20;
const PARAGRAPH: usize = 3;
/// Words that texts are made of.
const VOCABULARY: u64 = 30_000;
/// Documents of a join; every fourth is a near copy of the one before.
const DOCUMENTS: usize = 4_000;

fn main() {
    divan::main();
}

/// A sequence of well mixed numbers (splitmix64, Steele, Lea, Flood 2014).
struct Draws(u64);

impl Draws {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A rank whose frequency falls as one over it.
    fn rank(&mut self) -> u64 {
        let share = self.next() as f64 / u64::MAX as f64;
        (VOCABULARY as f64).powf(share) as u64
    }
}

/// The word of a rank: the rarer, the longer.
fn word(rank: u64) -> String {
    let mut draws = Draws(rank);
    let letters = 2 + rank.ilog2() as usize / 2;
    (0..letters).map(|_| char::from(b'a' + (draws.next() % 26) as u8)).collect()
}

fn text(seed: u64) -> String {
    let mut draws = Draws(seed << 32);
    let mut text = String::new();
    for at in 0..WORDS {
        let mut word = word(draws.rank());
        if at % SENTENCE == 0 {
            word[..1].make_ascii_uppercase();
        }
        text += &word;
        text += match (at + 1) % (SENTENCE * PARAGRAPH) {
            0 => ".\n",
            rest if rest.is_multiple_of(SENTENCE) => ". ",
            _ => " ",
        };
    }
    text
}

/// A text and one in which every twelfth word is another.
fn near_copies(seed: u64) -> [String; 2] {
    let (one, other) = (text(seed), text(seed ^ 0xffff));
    let edited: Vec<&str> = one
        .split(' ')
        .zip(other.split(' '))
        .enumerate()
        .map(|(at, (own, foreign))| if at % 12 == 0 { foreign } else { own })
        .collect();
    let edited = edited.join(" ");
    [one, edited]
}

fn article(text: String) -> Article {
    Article { text, lang: Some("en".to_owned()), ..Article::default() }
}

/// The words of the documents of a join.
fn documents() -> Vec<Words> {
    let text_of = |at: usize| {
        let [one, edited] = near_copies(at as u64 / 4);
        match at % 4 {
            0 => one,
            1 => edited,
            _ => text(1_000_000 + at as u64),
        }
    };
    (0..DOCUMENTS).map(|at| words(&text_of(at))).collect()
}

#[divan::bench]
fn tokenizing(bencher: Bencher<'_, '_>) {
    let text = text(1);
    bencher.counter(BytesCount::new(text.len())).bench(|| words(black_box(&text)));
}

#[divan::bench]
fn shingling(bencher: Bencher<'_, '_>) {
    let words = words(&text(1));
    bencher.bench(|| shingles(black_box(&words), ShingleWidth::FIVE));
}

#[divan::bench]
fn digest(bencher: Bencher<'_, '_>) {
    let words = words(&text(1));
    bencher.bench(|| exact_digest(black_box(&words)));
}

#[divan::bench]
fn min_hash(bencher: Bencher<'_, '_>) {
    let shingles = shingles(&words(&text(1)), ShingleWidth::FIVE);
    let scheme = MinHashScheme::default();
    let mut signature = vec![0; scheme.len()];
    bencher.bench_local(|| scheme.sign(black_box(shingles.in_order()), &mut signature));
}

#[divan::bench]
fn content_keys(bencher: Bencher<'_, '_>) {
    let (words, reach) = (words(&text(1)), Matching::default().content_reach);
    bencher.bench(|| content_pairs(&content_words(black_box(&words)), reach));
}

#[divan::bench(sample_count = 20)]
fn join_by_bands(bencher: Bencher<'_, '_>) {
    let scheme = MinHashScheme::default();
    let shingled = documents().iter().map(|words| shingles(words, ShingleWidth::FIVE)).collect::<Vec<_>>();
    let signatures: Vec<_> = shingled
        .iter()
        .map(|shingles| scheme.signature(shingles.in_order()).expect("no text is empty"))
        .collect();
    let docs: Vec<DocIndex> = (0..signatures.len()).map(DocIndex::of).collect();
    let signed = InMemory(signatures);
    let bands = Matching::default().bands(thresholds());
    let limits = NearLimits::default();
    bencher.bench(|| near_pairs(&docs, black_box(&signed), &bands, &limits, usize::MAX));
}

struct InMemory(Vec<unecho_fingerprint::Signature>);

impl Signatures for InMemory {
    fn read(&self, docs: &[DocIndex], values: &mut Vec<u16>) -> Result<(), OverflowFailed> {
        docs.iter().for_each(|doc| values.extend(self.0[doc.at()].values()));
        Ok(())
    }
}

#[divan::bench(sample_count = 20)]
fn join_by_rare_keys(bencher: Bencher<'_, '_>) {
    let reach = Matching::default().content_reach;
    let keys: Vec<Vec<u64>> =
        documents().iter().map(|words| content_pairs(&content_words(words), reach)).collect();
    let corpus = Corpus { documents: keys.len(), groups: None, days: None, earlier: None };
    bencher.bench(|| {
        let postings = Postings::new(RareConfig::default(), Room::boundless());
        let mut writer = postings.writer();
        keys.iter().enumerate().for_each(|(at, keys)| writer.add_all(DocIndex::of(at), keys));
        drop(writer);
        postings.pairs(&corpus).expect("all is in memory")
    });
}

#[divan::bench]
fn preparing(bencher: Bencher<'_, '_>) {
    let article = article(text(1));
    bencher.with_inputs(|| article.clone()).bench_values(prepare);
}

#[divan::bench(args = ["near", "stranger"])]
fn verifying(bencher: Bencher<'_, '_>, other: &str) {
    let [one, edited] = near_copies(1).map(article);
    let other = if other == "near" { edited } else { article(text(2)) };
    let (low, high) = (prepare(one), prepare(other));
    let pair = CandidatePair::new(DocIndex(0), DocIndex(1)).expect("0 and 1 differ");
    let config = unecho_verify::Config::default();
    bencher.bench(|| verify(black_box(pair), black_box(&low), black_box(&high), Groups::Unknown, &config));
}

fn thresholds() -> Thresholds {
    unecho_verify::Config::default().near
}
