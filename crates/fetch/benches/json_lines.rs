//! How fast rows of JSON become documents, beside `serde_json` alone on the same rows into the same
//! fields: `cargo bench -p unecho-fetch --bench json_lines [-- FILE]`. What is measured is
//! processor work on one thread; rounds alternate, so that a noisy machine is noisy to both.

#![expect(clippy::print_stdout, reason = "a bench prints what it found")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Instant;

use serde::Deserialize;
use serde_json::Value;
use unecho_fetch::{Batch, Config, resolve};

/// Rounds of which the median counts.
const ROUNDS: usize = 15;
/// Size of the rows that are made up when no file is named, in bytes.
const BYTES: usize = 48 << 20;

/// The fields of a document, read by the library alone.
#[derive(Deserialize)]
struct Alone {
    id: Option<String>,
    text: String,
    url: Option<String>,
    title: Option<String>,
    source: Option<String>,
    date: Option<String>,
    lang: Option<String>,
    metadata: Option<Value>,
}

fn main() {
    let file = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let (name, rows) = match &file {
        Some(file) => (file.as_str(), std::fs::read(file).expect("the file that was named can be read")),
        None => ("rows made up", made_up()),
    };
    // Read as often as there are rounds, never copied.
    let rows: &'static [u8] = Vec::leak(rows);
    let mut batches = Vec::new();
    read(rows, |batch| batches.push(batch));
    let n_rows = alone(rows);
    let mut seconds: [Vec<f64>; 3] = Default::default();
    for _ in 0..ROUNDS {
        seconds[0].push(time(|| assert_eq!(alone(rows), n_rows, "every row is read")));
        let given = batches.clone();
        seconds[1].push(time(|| {
            let n_documents: usize = given.into_iter().map(documents).sum();
            assert_eq!(n_documents, n_rows, "every row becomes a document");
        }));
        seconds[2].push(time(|| {
            let mut n_documents = 0;
            read(rows, |batch| n_documents += documents(batch));
            assert_eq!(n_documents, n_rows, "the same, from bytes");
        }));
    }
    let [alone, parsed, read] = seconds.map(median);
    let megabytes = rows.len() as f64 / 1e6;
    println!("{name}: {n_rows} rows, {megabytes:.0} MB, median of {ROUNDS} rounds");
    for (what, took) in
        [("serde_json alone", alone), ("to documents", parsed), ("hashed, split, to documents", read)]
    {
        println!("{what:<28} {:>7.0} MB/s {:>5.2} of serde_json", megabytes / took, alone / took);
    }
}

fn time(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Rows as they are parsed and let go, one after another.
fn alone(rows: &[u8]) -> usize {
    let lines = rows.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let row: Alone = serde_json::from_slice(line).expect("every row is good");
            black_box((&row.id, &row.text, &row.url, &row.title, &row.source, &row.date, &row.lang));
            black_box(&row.metadata);
        })
        .count()
}

fn documents(batch: Batch) -> usize {
    black_box(batch.parse(&Config::default())).len()
}

/// Hashes the rows, and cuts them into batches.
fn read(rows: &'static [u8], mut sink: impl FnMut(Batch)) {
    let config = Config::default();
    let sources = resolve(&["-"], &config).expect("standard input is an input").sources;
    sources[0].open_with(Box::new(rows), &config).read(&mut |batch, _| {
        sink(batch);
        ControlFlow::Continue(())
    });
}

/// Rows like those of news: some paragraphs with quotation marks, dashes and accents, and fields beside
/// them.
fn made_up() -> Vec<u8> {
    const WORDS: [&str; 16] = [
        "harbour",
        "minister",
        "said",
        "the",
        "of",
        "über",
        "in",
        "strike",
        "café",
        "\"no\"",
        "—",
        "and",
        "1,250",
        "ferry",
        "to",
        "announced",
    ];
    let mut rows = Vec::with_capacity(BYTES + 8192);
    let mut state = 1_u64;
    for number in 0.. {
        let mut text = String::new();
        for at in 0..500 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(WORDS[(state >> 60) as usize]);
            text.push_str(if at % 90 == 89 { "\n\n" } else { " " });
        }
        let mut title = String::new();
        write!(title, "Story {number}").expect("a string takes everything");
        let row = serde_json::json!({
            "id": format!("doc-{number:08}"),
            "url": format!("https://news.example/2026/11/{number}"),
            "title": title,
            "date": "2026-11-01T10:00:00Z",
            "text": text,
            "metadata": { "section": "world", "words": 500, "authors": ["A. Person", "B. Person"] },
        });
        serde_json::to_writer(&mut rows, &row).expect("a value is JSON");
        rows.push(b'\n');
        if rows.len() >= BYTES {
            return rows;
        }
    }
    rows
}
