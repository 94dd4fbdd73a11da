//! `cargo xtask eval` without a command: every labelled set, in one go, as the page docs/quality.md.

mod planted;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::corpus;
use crate::tool::{Tool, check, root, say, shown};

/// Where the labelled sets are, beside the checkout.
const LABELLED_DATA: &str = "../shared/data";
/// Sets whose texts have what publishers put around articles.
pub(crate) const STRIPPING_SETS: [&str; 2] = ["ai-rewrites", "wire-reprints"];
/// Documents of the planted corpus.
const PLANTED_DOCUMENTS: u64 = 20_000;

/// Scores all sets and writes the page.
pub(crate) fn run() -> Result<ExitCode> {
    let data = root().join(LABELLED_DATA);
    if !data.join("reuse").is_dir() {
        bail!("no labelled sets at {LABELLED_DATA}; `cargo xtask eval sets --data DIR` scores others");
    }
    let scores = Scores { tool: Tool::build()?, data };
    let page = format!(
        "# Quality\n\nWritten by `cargo xtask eval`: the whole path at default settings, on labelled sets of real texts. The \
         weights for rewrites were fitted on most of the sets of copies; what each set scores with weights that have not \
         seen it is on the right.\n\n{}\n{}\n{}\n{}\n{}\n{}",
        scores.copies()?,
        scores.planted()?,
        scores.oracle()?,
        scores.pages()?,
        scores.lines()?,
        scores.stripping()?,
    );
    fs::write(root().join("docs/quality.md"), &page).context("cannot write docs/quality.md")?;
    say(&page);
    Ok(ExitCode::SUCCESS)
}

struct Scores {
    tool: Tool,
    data: PathBuf,
}

impl Scores {
    /// What a command of `unecho eval` prints as JSON.
    fn json(&self, args: &[&str], files: &[PathBuf]) -> Result<Value> {
        let (what, flags) = args.split_first().context("no command")?;
        json_of(self.tool.command().args(["eval", what, "--json"]).args(flags).args(files))
    }

    /// Copies among labelled pairs.
    fn copies(&self) -> Result<String> {
        let sets = self.json(&["sets", "--data"], &[self.data.join("reuse")])?;
        let unseen = Unseen::read()?;
        let mut table = "## Copies\n\nP and R: precision and recall of pairs linked at `likely` or above, and of those that drop one \
                         at `sure`; AP: average precision.\n\n| set | copies | others | P linked | R linked | F1 | AP | P dropped | R \
                         dropped | unseen: P, R linked |\n|---|---|---|---|---|---|---|---|---|---|\n"
            .to_owned();
        for set in rows(&sets) {
            let name = set["name"].as_str().unwrap_or_default();
            writeln!(
                table,
                "| {name} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                set["copies"],
                set["strangers"],
                share(&set["precision"]),
                share(&set["recall"]),
                share(&set["f1"]),
                share(&set["average_precision"]),
                share(&set["sure_precision"]),
                share(&set["sure_recall"]),
                unseen.of(name),
            )?;
        }
        Ok(table)
    }

    /// Copies that were planted, of kinds and strengths that are known.
    fn planted(&self) -> Result<String> {
        let corpus = root().join(format!("target/corpora/planted-{PLANTED_DOCUMENTS}.jsonl"));
        if !corpus.exists() {
            corpus::planted(PLANTED_DOCUMENTS, &corpus)?;
        }
        let out = root().join("target/quality/planted");
        check(
            self.tool
                .command()
                .args(["ingest", "--quiet", "--format", "jsonl", "--out"])
                .arg(&out)
                .arg(&corpus),
        )?;
        let found = planted::Found::read(&out, &corpus::pairs_path(&corpus))?;
        Ok(format!(
            "## Planted copies\n\n{PLANTED_DOCUMENTS} documents of `cargo xtask corpus`. Found: linked, or dropped for one keeper.\n\n{}",
            found.table()?
        ))
    }

    /// Near and contained copies, beside brute force.
    fn oracle(&self) -> Result<String> {
        let out = root().join("target/quality/wire");
        let corpus = self.data.join("corpora/wire-20k.jsonl.gz");
        check(self.tool.command().args(["ingest", "--quiet", "--out"]).arg(&out).arg(corpus))?;
        let score = self.json(&["oracle"], &[out])?;
        Ok(format!(
            "## Beside brute force\n\n{} agency stories, every pair that shares a shingle compared ({} pairs): {} of {} \
             near pairs and {} of {} contained ones are linked; {} links, {} of them false.\n",
            score["documents"],
            score["pairs_compared"],
            score["near"]["found"],
            score["near"]["pairs"],
            score["contained"]["found"],
            score["contained"]["pairs"],
            score["links"],
            score["links_false"],
        ))
    }

    /// Main texts of pages.
    fn pages(&self) -> Result<String> {
        let mut table = "## Main text of pages\n\nMean over pages of precision, recall and F1 of word 4-grams.\n\n\
                         | set | engines | pages | P | R | F1 | F1 of English pages |\n|---|---|---|---|---|---|---|\n"
            .to_owned();
        let files = files_in(&self.data.join("html"))?;
        for engines in ["both", "fast"] {
            for set in rows(&self.json(&["html", "--extract", engines], &files)?) {
                let (all, pages) = (&set["all"], set["pages"].as_array().map_or(0, Vec::len));
                let name = set["name"].as_str().unwrap_or_default();
                let f1 = |of: &Value| share(&of["f1"]);
                writeln!(
                    table,
                    "| {name} | {engines} | {pages} | {} | {} | {} | {} |",
                    share(&all["precision"]),
                    share(&all["recall"]),
                    f1(all),
                    f1(&set["english"]),
                )?;
            }
        }
        Ok(table)
    }

    /// What stripping does to the likeness of pairs.
    fn stripping(&self) -> Result<String> {
        let mut table = "## Stripping and likeness\n\nMean Jaccard index of word 5-shingles of labelled pairs, of the texts as they \
                         are and of the articles, and how many pairs moved together or apart by more than 0.01.\n\n\
                         | set | pairs | | before | after | together | apart |\n|---|---|---|---|---|---|---|\n"
            .to_owned();
        let scores = json_of(
            self.tool
                .command()
                .args(["eval", "stripping", "--json", "--data"])
                .arg(self.data.join("reuse"))
                .args(STRIPPING_SETS),
        )?;
        for set in rows(&scores) {
            for kind in ["copies", "others"] {
                let shift = &set[kind];
                writeln!(
                    table,
                    "| {} | {kind} | {} | {} | {} | {} | {} |",
                    set["name"].as_str().unwrap_or_default(),
                    shift["pairs"],
                    share(&shift["before"]),
                    share(&shift["after"]),
                    shift["risen"],
                    shift["fallen"],
                )?;
            }
        }
        Ok(table)
    }

    /// Lines that are no article.
    fn lines(&self) -> Result<String> {
        let mut table = "## Boilerplate lines\n\nPrecision and recall of cut lines, and the share of the words of articles \
                         that goes with them, in percent. The last four are clean copy: all of it is article, sign-offs of \
                         agencies aside.\n\n| set | documents | P | R | words cut | article lines cut |\n|---|---|---|---|---|---|\n"
            .to_owned();
        let files = [files_in(&self.data.join("lines"))?, files_in(&self.data.join("corpora"))?].concat();
        for set in rows(&self.json(&["lines"], &files)?) {
            let is_clean = set["boilerplate"]["lines"] == 0;
            let share = |of: &Value| if is_clean { "-".to_owned() } else { share(of) };
            let words_cut = set["article_words_cut"].as_f64().unwrap_or(f64::NAN) * 100.0;
            writeln!(
                table,
                "| {} | {} | {} | {} | {words_cut:.3} | {} of {} |",
                set["name"].as_str().unwrap_or_default(),
                set["documents"],
                share(&set["precision"]),
                share(&set["recall"]),
                set["article"]["cut"],
                set["article"]["lines"],
            )?;
        }
        Ok(table)
    }
}

/// What sets score with weights that have not seen them, by the data file of the weights.
struct Unseen(String);

impl Unseen {
    fn read() -> Result<Self> {
        let path = root().join("crates/verify/calibration.toml");
        Ok(Self(fs::read_to_string(&path).with_context(|| path.display().to_string())?))
    }

    /// Precision and recall of one set.
    fn of(&self, name: &str) -> String {
        let line = self.0.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix("= ["));
        let figures: Vec<f64> = line
            .map(|line| {
                line.trim_end_matches(']').split(", ").filter_map(|figure| figure.parse().ok()).collect()
            })
            .unwrap_or_default();
        match figures[..] {
            [precision, recall, ..] => format!("{precision:.3}, {recall:.3}"),
            _ => "-".to_owned(),
        }
    }
}

fn json_of(command: &mut Command) -> Result<Value> {
    let output = command.stderr(Stdio::inherit()).output().with_context(|| shown(command))?;
    if !output.status.success() {
        bail!("{} ended with {}", shown(command), output.status);
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("{} printed no JSON", shown(command)))
}

fn rows(json: &Value) -> impl Iterator<Item = &Value> {
    json.as_array().into_iter().flatten()
}

fn share(value: &Value) -> String {
    value.as_f64().map_or_else(|| "-".to_owned(), |share| format!("{share:.3}"))
}

/// The files of a folder, sorted.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    files.sort();
    Ok(files)
}
