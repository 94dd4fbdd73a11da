//! `cargo xtask bench peers`: other tools on the same corpus, in one go, from JSON lines to JSON lines.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use super::measure::{Cost, cost_of};
use crate::corpus;
use crate::tool::{Tool, cargo, check, root, say};

/// Versions from PyPI and crates.io.
const PYTHON_PACKAGES: [(&str, &str); 4] =
    [("daft", "0.7.26"), ("rensa", "0.5.0"), ("datasketch", "2.0.0"), ("datatrove", "0.10.0")];
/// What the package of datatrove needs for this and does not ask for; with xxhash 4 it fails.
const DATATROVE_NEEDS: [&str; 7] = ["ftfy", "nltk", "orjson", "regex", "spacy", "tokenizers", "xxhash<4"];
const GAOYA: &str = "0.2.0";
const PEERS_PY: &str = include_str!("../../peers/peers.py");
const GAOYA_RS: &str = include_str!("../../peers/gaoya.rs");

/// Similarities by which recall is told apart.
const JACCARD_FROM: [f64; 3] = [0.7, 0.6, 0.5];

/// Flags of `cargo xtask bench peers`.
#[derive(Debug, clap::Args)]
pub(crate) struct PeersArgs {
    /// Documents of the planted corpus.
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    docs: u64,
    /// Tools to run, of gaoya, gaoya-native, daft, rensa, datasketch, datatrove; may be given again
    /// [default: all, of which datatrove takes most of the time].
    #[arg(long = "only", value_name = "TOOL")]
    only: Vec<String>,
    /// Threads of each tool that has any.
    #[arg(long, value_name = "N", default_value_t = 2)]
    threads: usize,
    /// Where the table goes.
    #[arg(long, value_name = "FILE", default_value = "docs/benchmarks.md")]
    table: PathBuf,
}

/// One line of the table.
struct Line {
    name: String,
    cost: Cost,
    found: Found,
}

pub(crate) fn run(args: &PeersArgs) -> Result<ExitCode> {
    let work = root().join("target/peers");
    fs::create_dir_all(&work).with_context(|| work.display().to_string())?;
    let corpus = root().join(format!("target/corpora/planted-{}.jsonl", args.docs));
    if !corpus.exists() {
        corpus::planted(args.docs, &corpus)?;
    }
    let truth = Truth::read(&corpus::pairs_path(&corpus))?;
    let default = ["gaoya", "gaoya-native", "daft", "rensa", "datasketch", "datatrove"].map(str::to_owned);
    let tools = if args.only.is_empty() { &default[..] } else { &args.only };
    let mut lines = Vec::new();
    for tool in tools {
        let out = work.join(format!("{tool}.jsonl"));
        let mut command = peer(tool, &work)?;
        command.arg(&corpus).arg(&out);
        command.env("RAYON_NUM_THREADS", args.threads.to_string());
        lines.push(measured(tool, &command, &truth, || ids_of(&out))?);
    }
    let binary = Tool::build()?;
    for (name, flags) in [
        (
            "unecho, exact and near, texts as they are",
            &["--strip", "nothing", "--on", "contained=ignore", "--on", "rewrite=ignore"][..],
        ),
        ("unecho, exact and near", &["--on", "contained=ignore", "--on", "rewrite=ignore"][..]),
        ("unecho, everything", &[][..]),
    ] {
        let out = work.join("unecho");
        let mut command = binary.command();
        command
            .args(["ingest", "--quiet", "--format", "jsonl", "--threads", &args.threads.to_string()])
            .args(flags);
        command.arg(&corpus).arg("--out").arg(&out);
        lines.push(measured(name, &command, &truth, || kept_by_unecho(&out))?);
    }
    let table = table(&lines, &corpus, args)?;
    say(&table);
    fs::write(root().join(&args.table), page(&table, args)).context("cannot write the table")?;
    Ok(ExitCode::SUCCESS)
}

fn measured(
    name: &str,
    command: &Command,
    truth: &Truth,
    kept: impl Fn() -> Result<HashSet<String>>,
) -> Result<Line> {
    say(&format!("bench: {name}"));
    let cost = cost_of(command)?;
    Ok(Line { name: name.to_owned(), cost, found: truth.compare(&kept()?) })
}

/// A command that wants the corpus and the output, installed if it is not yet.
fn peer(tool: &str, work: &Path) -> Result<Command> {
    if let Some(flags) = match tool {
        "gaoya" => Some(""),
        "gaoya-native" => Some("-C target-cpu=native"),
        _ => None,
    } {
        return gaoya(tool, flags, work);
    }
    let Some((package, version)) = PYTHON_PACKAGES.iter().find(|(package, _)| *package == tool) else {
        bail!("unknown tool '{tool}'");
    };
    let python = work.join("venv/bin/python");
    if !python.exists() {
        check(Command::new("python3").args(["-m", "venv"]).arg(work.join("venv")))?;
    }
    let wanted = format!("{package}=={version}");
    let needs = if tool == "datatrove" { &DATATROVE_NEEDS[..] } else { &[] };
    let install = ["-m", "pip", "install", "--quiet", &wanted, "numpy", "pyarrow"];
    check(Command::new(&python).args(install).args(needs))?;
    let script = work.join("peers.py");
    fs::write(&script, PEERS_PY).with_context(|| script.display().to_string())?;
    let mut command = Command::new(python);
    command.arg(script).arg(tool);
    Ok(command)
}

fn gaoya(tool: &str, flags: &str, work: &Path) -> Result<Command> {
    let folder = work.join(tool);
    fs::create_dir_all(folder.join("src")).with_context(|| folder.display().to_string())?;
    let manifest = format!(
        "[package]\nname = \"driver\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n[dependencies]\n\
         gaoya = \"={GAOYA}\"\nrayon = \"1\"\nserde = {{ version = \"1\", features = [\"derive\"] }}\nserde_json = \"1\"\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::write(folder.join("src/main.rs"), GAOYA_RS)?;
    let mut build = cargo();
    build.current_dir(&folder).args(["build", "--release", "--quiet"]).env("RUSTFLAGS", flags);
    check(&mut build)?;
    Ok(Command::new(folder.join("target/release/driver")))
}

/// Ids of the documents that a tool kept.
fn ids_of(out: &Path) -> Result<HashSet<String>> {
    let file = fs::File::open(out).with_context(|| out.display().to_string())?;
    ids_in(BufReader::new(file))
}

fn ids_in(lines: impl BufRead) -> Result<HashSet<String>> {
    lines
        .lines()
        .map(|line| {
            let row: serde_json::Value = serde_json::from_str(&line?)?;
            row["id"].as_str().map(str::to_owned).context("a row without an id")
        })
        .collect()
}

fn kept_by_unecho(out: &Path) -> Result<HashSet<String>> {
    let mut kept = HashSet::new();
    for entry in fs::read_dir(out.join("data"))? {
        kept.extend(ids_of(&entry?.path())?);
    }
    Ok(kept)
}

/// The planted pairs.
struct Truth {
    pairs: Vec<(String, String, String, f64)>,
    documents_with_pair: HashSet<String>,
}

/// How many planted copies were found.
#[derive(Default)]
struct Found {
    exact: Share,
    /// By similarity, as in [`JACCARD_FROM`].
    near: [Share; 3],
    contained: Share,
    rewrite: Share,
}

#[derive(Default, Clone, Copy)]
struct Share {
    found: u64,
    all: u64,
}

impl Share {
    fn count(&mut self, is_found: bool) {
        self.all += 1;
        self.found += u64::from(is_found);
    }

    fn shown(self) -> String {
        if self.all == 0 { "-".to_owned() } else { format!("{:.3}", self.found as f64 / self.all as f64) }
    }
}

impl Truth {
    fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let mut truth = Self { pairs: Vec::new(), documents_with_pair: HashSet::new() };
        for line in text.lines().skip(1) {
            let [a, b, label, jaccard, _] = line.split('\t').collect::<Vec<_>>()[..] else {
                bail!("{}: '{line}' has not five columns", path.display());
            };
            truth.documents_with_pair.extend([a.to_owned(), b.to_owned()]);
            truth.pairs.push((a.to_owned(), b.to_owned(), label.to_owned(), jaccard.parse()?));
        }
        Ok(truth)
    }

    /// A copy is found when not both of the pair are kept: most tools name no partner.
    fn compare(&self, kept: &HashSet<String>) -> Found {
        let mut found = Found::default();
        for (a, b, label, jaccard) in &self.pairs {
            let share = match label.as_str() {
                "exact" => &mut found.exact,
                "near" => match JACCARD_FROM.iter().position(|from| jaccard >= from) {
                    Some(at) => &mut found.near[at],
                    None => continue,
                },
                "contained" => &mut found.contained,
                _ => &mut found.rewrite,
            };
            share.count(!(kept.contains(a) && kept.contains(b)));
        }
        found
    }
}

fn table(lines: &[Line], corpus: &Path, args: &PeersArgs) -> Result<String> {
    let bytes = fs::metadata(corpus)?.len();
    let mut table = format!(
        "{} documents, {} MB of JSON lines, {} threads\n\n| tool | wall s | CPU s | peak MB | exact | near, J >= .7 | \
         .6-.7 | .5-.6 | half contained | rewritten |\n|---|---|---|---|---|---|---|---|---|---|\n",
        args.docs,
        bytes / 1_000_000,
        args.threads
    );
    for Line { name, cost, found } in lines {
        let [high, middle, low] = found.near.map(Share::shown);
        writeln!(
            table,
            "| {name} | {:.1} | {:.1} | {:.0} | {} | {high} | {middle} | {low} | {} | {} |",
            cost.wall_s,
            cost.cpu_s,
            cost.peak_mb,
            found.exact.shown(),
            found.contained.shown(),
            found.rewrite.shown(),
        )?;
    }
    Ok(table)
}

fn page(table: &str, args: &PeersArgs) -> String {
    let packages: Vec<String> =
        PYTHON_PACKAGES.iter().map(|(name, version)| format!("{name} {version}")).collect();
    format!(
        "# Benchmarks\n\nWritten by `cargo xtask bench peers --docs {}`. Read ratios, not seconds: machines differ, \
         and so does what else they do.\n\nThe corpus is made by `cargo xtask corpus`: 10 % exact copies, 10 % near ones \
         (2 to 10 % of the words edited, boilerplate lines added), 5 % with half of another document inside other text, \
         2 % rewritten by rule. Every tool goes from JSON lines to deduplicated JSON lines, reading and writing \
         included, with word 5-grams and 14 x 8 bands; a copy counts as found when it or its original is gone (that half \
         of an article stands in other text is linked by unecho and drops nobody: docs/quality.md counts links). unecho \
         also cleans every text, compares every proposed pair on the texts, and writes a record of each decision. Peak memory \
         is that of the largest process; datatrove has one for each thread, and one more.\n\n{table}\n\
         Versions: gaoya {GAOYA} (crate, driver in xtask/peers/gaoya.rs), {} (PyPI, script in xtask/peers/peers.py).\n",
        args.docs,
        packages.join(", "),
    )
}
