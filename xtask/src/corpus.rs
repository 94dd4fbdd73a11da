//! `cargo xtask corpus`: corpora of any size with planted copies, and the truth about them.
//!
//! Made of real texts that the caller names. Of a hundred documents 10 are exact copies, 10 near ones
//! (2 to 10 % of the words edited, boilerplate lines added), 5 have half of another document inside
//! other text, 2 are rewritten by rule; the rest are new. When the texts run out they come again in
//! another vocabulary ([`vocabulary`]), so that new documents are no copies of earlier ones. Each
//! document is a pure function of its number: the same corpus every time, a longer one begins with a
//! shorter one, and nothing is kept in memory but the texts.

mod copies;
mod floods;
mod resemblance;
mod roles;
mod source;
mod vocabulary;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use rayon::prelude::*;

use crate::tool::{root, say};
use copies::Planted;
use floods::Flood;
use roles::BLOCK;
use source::Texts;

/// Texts that are used when none are named, beside the checkout.
const DEFAULT_TEXTS: &str = "../shared/data/corpora/wire-20k.jsonl.gz";

/// Blocks of documents that are made side by side before they are written.
const BLOCKS_AHEAD: usize = 64;

/// Flags of `cargo xtask corpus`.
#[derive(Debug, clap::Args)]
pub(crate) struct CorpusArgs {
    /// Number of documents.
    #[arg(long, value_name = "N")]
    docs: u64,
    /// Texts to make documents of: JSON lines with a field `text`, plain or gzip; may be given again
    /// [default: the news texts beside the checkout].
    #[arg(long = "from", value_name = "FILE")]
    from: Vec<PathBuf>,
    /// Where the documents go; the pairs go beside, `.pairs.tsv` [default: target/corpora/planted-N.jsonl].
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What is drawn differs with it.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Documents that crowd one bucket or posting list instead of planted copies.
    #[arg(long, value_enum)]
    flood: Option<Flood>,
}

/// One document with what is known about it.
struct Made {
    id: String,
    text: String,
    planted: Vec<Planted>,
}

pub(crate) fn run(args: &CorpusArgs) -> Result<ExitCode> {
    let out = args.out.clone().unwrap_or_else(|| {
        let kind = args.flood.map_or("planted", Flood::name);
        root().join(format!("target/corpora/{kind}-{}.jsonl", args.docs))
    });
    make(args, &out)?;
    say(&format!("corpus  {}\ntruth   {}", out.display(), pairs_path(&out).display()));
    Ok(ExitCode::SUCCESS)
}

/// A corpus of the default texts at `out`, as without flags.
pub(crate) fn planted(docs: u64, out: &Path) -> Result<()> {
    make(&CorpusArgs { docs, from: Vec::new(), out: None, seed: 1, flood: None }, out)
}

/// Where the truth about a corpus stands.
pub(crate) fn pairs_path(corpus: &Path) -> PathBuf {
    corpus.with_extension("pairs.tsv")
}

fn make(args: &CorpusArgs, out: &Path) -> Result<()> {
    let default = [root().join(DEFAULT_TEXTS)];
    let from = if args.from.is_empty() { &default[..] } else { &args.from };
    let texts = Texts::read(from)?;
    say(&format!("{} texts, {} that are much like an earlier one left out", texts.len(), texts.left_out));
    let mut corpus = create(out)?;
    let mut pairs = create(&pairs_path(out))?;
    writeln!(pairs, "id_a\tid_b\tlabel\tjaccard\tcontainment")?;
    let blocks: Vec<u64> = (0..args.docs.div_ceil(BLOCK)).collect();
    for ahead in blocks.chunks(BLOCKS_AHEAD) {
        let made: Vec<Vec<Made>> = ahead.par_iter().map(|&block| documents_of(block, args, &texts)).collect();
        for document in made.into_iter().flatten() {
            serde_json::to_writer(
                &mut corpus,
                &serde_json::json!({ "id": document.id, "text": document.text }),
            )?;
            corpus.write_all(b"\n")?;
            for copy in document.planted {
                let Planted { of, label, resemblance } = copy;
                let (jaccard, containment) = (resemblance.jaccard, resemblance.containment);
                writeln!(pairs, "{}\t{}\t{label}\t{jaccard:.4}\t{containment:.4}", id(of), document.id)?;
            }
        }
    }
    for mut file in [corpus, pairs] {
        file.flush().with_context(|| format!("cannot write {}", out.display()))?;
    }
    Ok(())
}

fn create(path: &Path) -> Result<BufWriter<File>> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    Ok(BufWriter::with_capacity(1 << 20, file))
}

/// The id of the document with this number; it says nothing about what the document is.
fn id(number: u64) -> String {
    format!("doc-{number:08}")
}

fn documents_of(block: u64, args: &CorpusArgs, texts: &Texts) -> Vec<Made> {
    (block * BLOCK..args.docs.min((block + 1) * BLOCK))
        .map(|number| {
            let (text, planted) = match args.flood {
                Some(flood) => (flood.text(number, args.seed, texts), Vec::new()),
                None => copies::document(number, args.seed, texts),
            };
            Made { id: id(number), text, planted }
        })
        .collect()
}
