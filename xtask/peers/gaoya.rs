//! gaoya as its users would use it: parallel signatures, then one document after the other against the
//! index; word 5-grams, 14 x 8 bands. Built in a folder of its own, never part of the workspace.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};

use gaoya::minhash::{MinHashIndex, MinHasher, MinHasher32};
use rayon::prelude::*;

#[derive(serde::Deserialize)]
struct Row {
    text: String,
}

fn main() {
    let mut args = std::env::args().skip(1);
    let (source, target) = (args.next().expect("IN.jsonl"), args.next().expect("OUT.jsonl"));
    let lines: Vec<String> =
        BufReader::new(File::open(source).expect("input")).lines().map(|line| line.expect("a line")).collect();
    let hasher = MinHasher32::new(14 * 8);
    let signatures: Vec<Vec<u32>> = lines
        .par_iter()
        .map(|line| {
            let row: Row = serde_json::from_str(line).expect("a row");
            let text = row.text.to_lowercase();
            let words: Vec<&str> = text.split_whitespace().collect();
            let grams: HashSet<String> = words.windows(5.min(words.len().max(1))).map(|gram| gram.join(" ")).collect();
            hasher.create_signature(grams.iter())
        })
        .collect();
    let mut index = MinHashIndex::new(14, 8, 0.7);
    let mut out = BufWriter::new(File::create(target).expect("output"));
    for (number, (line, signature)) in lines.iter().zip(signatures).enumerate() {
        if index.query(&signature).is_empty() {
            index.insert(number, signature);
            writeln!(out, "{line}").expect("written");
        }
    }
    out.flush().expect("written");
}
