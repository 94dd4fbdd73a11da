//! A spread run and a run on one machine leave the same records, however rows are dealt out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::{Format, Unobserved};

type Tables = BTreeMap<(String, i32), Vec<Row>>;

/// An engine in memory that deals rows out in portions of a few, in an order of its own, and does every task
/// twice.
struct InMemory {
    tables: Mutex<Tables>,
    config: Config,
    portion: usize,
}

impl InMemory {
    fn rows(&self, table: &str, kind: i32) -> Vec<Row> {
        self.tables.lock().unwrap().get(&(table.to_owned(), kind)).cloned().unwrap_or_default()
    }

    fn grouped(rows: Vec<Row>) -> Vec<Vec<Row>> {
        let mut groups: BTreeMap<i64, Vec<Row>> = BTreeMap::new();
        for row in rows.into_iter().rev() {
            groups.entry(row.key).or_default().push(row);
        }
        groups.into_values().rev().collect()
    }

    /// Rows that belong together.
    fn input(&self, input: Input<'_>) -> Vec<Vec<Row>> {
        match input {
            Input::Spread(table, kind) | Input::Rows(table, kind) => {
                self.rows(table, kind).into_iter().rev().map(|row| vec![row]).collect()
            }
            Input::Grouped(table, kind) => Self::grouped(self.rows(table, kind)),
            Input::Joined(wanted, texts) => {
                let texts = texts.iter().flat_map(|table| self.rows(table, TEXT));
                let texts: BTreeMap<i64, Row> = texts.map(|row| (row.key, row)).collect();
                let text = |row: Row| Row { kind: TEXT, key: row.key, at: row.at, ..texts[&row.at].clone() };
                let mut rows: Vec<Row> = self.rows(wanted, WANTED).into_iter().map(text).collect();
                rows.extend(self.rows(wanted, GIVEN));
                Self::grouped(rows)
            }
        }
    }

    fn work(&self, task: &[u8], rows: &[Vec<Row>]) -> Vec<Row> {
        let mut task = Task::new(task, self.config.clone()).unwrap();
        let mut made = Vec::new();
        let mut out = |row: Row| {
            made.push(row);
            Ok(())
        };
        for some in rows.chunks(2) {
            task.feed(some.concat(), &mut out).unwrap();
        }
        task.finish(&mut out).unwrap();
        made
    }
}

impl Workers for InMemory {
    fn put(&self, table: &str, rows: &mut dyn Iterator<Item = Row>) -> Result<(), String> {
        for row in rows {
            self.tables.lock().unwrap().entry((table.to_owned(), row.kind)).or_default().push(row);
        }
        Ok(())
    }

    fn run(&self, job: &Job<'_>) -> Result<(), String> {
        let rows = self.input(job.input);
        let mut made = Vec::new();
        for portion in rows.chunks(self.portion) {
            let once = self.work(job.task, portion);
            assert_eq!(self.work(job.task, portion), once, "a task that is done again makes the same");
            made.extend(once);
        }
        made.reverse();
        self.put(job.output, &mut made.into_iter())
    }

    fn take(
        &self,
        table: &str,
        kind: i32,
        take: &mut dyn FnMut(Row) -> Result<(), String>,
    ) -> Result<(), String> {
        self.rows(table, kind).into_iter().try_for_each(take)
    }
}

/// All records by kind, and the summary, of an output without compression.
fn records(out: &Path) -> BTreeMap<String, String> {
    let mut records: BTreeMap<String, String> = BTreeMap::new();
    records.insert("summary".to_owned(), fs::read_to_string(out.join("summary.json")).unwrap());
    for folder in ["data", "dropped", "earlier", "rejected", "ledger"] {
        if folder == "earlier" && !out.join(folder).exists() {
            continue;
        }
        let files = fs::read_dir(out.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> = files.collect();
        files.sort();
        for file in files {
            let name = file.file_name().unwrap().to_str().unwrap();
            let kind = format!("{folder}/{}", name.split('-').next().unwrap());
            records.entry(kind).or_default().push_str(&fs::read_to_string(&file).unwrap());
        }
    }
    records
}

/// The corpus of the demonstration.
fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/corpus")
}

/// Texts with copies of every kind beside the corpus of the demonstration, and ids that are taken.
fn inputs(folder: &Path) -> [PathBuf; 2] {
    let file = folder.join("rows.jsonl");
    fs::write(&file, rows(&[0, 1, 2, 3]) + &crowd() + "not a row\n").unwrap();
    [demo(), file]
}

/// One form with many fillings: more than a bucket holds, with words that are common.
fn crowd() -> String {
    let form = "The pilot of the day brings the vessel to the pier where the clerk weighs what she has on board, and ";
    let lot = |lot: usize| {
        let text = format!("{}Lot {lot} of seller {} is sold on Monday.", form.repeat(6), lot * 31);
        serde_json::json!({ "id": format!("lot-{lot}"), "text": text }).to_string() + "\n"
    };
    (0..40).map(lot).collect()
}

/// Some copies of twenty stories: the first two are the same, the third is nearly, the last is half of it.
fn rows(copies: &[usize]) -> String {
    let sentence = |n: usize| {
        format!(
            "On day {n} the ferry {} left pier {} with {} crates of pears for the market in Oldbridge.",
            ["Heron", "Gannet", "Plover"][n % 3],
            n % 7,
            n * 13
        )
    };
    let article =
        |first: usize, count: usize| (first..first + count).map(sentence).collect::<Vec<_>>().join("\n");
    let mut rows = String::new();
    for story in 0..20 {
        for (copy, count) in [(0, 12), (1, 12), (2, 11), (3, 6)] {
            if !copies.contains(&copy) {
                continue;
            }
            let id = if copy == 1 { "taken".to_owned() } else { format!("{story}-{copy}") };
            let url = format!("https://harbour{}.example/{story}", copy % 2);
            let text = format!("{}\nHarbour desk of the day", article(story * 31, count));
            rows += &serde_json::json!({ "id": id, "text": text, "url": url }).to_string();
            rows.push('\n');
        }
    }
    rows
}

fn check(portion: usize, format: &str, change: impl FnOnce(&mut Config)) {
    let folder = tempfile::tempdir().unwrap();
    let inputs = inputs(folder.path());
    let mut config = Config::default();
    config.shards.format = format.parse::<Format>().unwrap();
    change(&mut config);
    let cancelled = AtomicBool::new(false);
    let run = Run { observer: &Unobserved, cancelled: &cancelled };
    let (alone, spread) = (folder.path().join("alone"), folder.path().join("spread"));
    let summary = crate::ingest(&inputs, &alone, &config, &run).unwrap();
    assert!(summary.documents.dropped >= 40, "{:?}", summary.documents);
    assert!(summary.ids_renamed > 0 && summary.documents.rejected > 0);
    let found = &summary.candidates;
    let is_near_only = config.on.contained == crate::OnLink::Ignore;
    assert!(found.near > 0 && found.lists_cut > 0 && (found.rare > 0 || is_near_only), "{found:?}");
    let workers = InMemory { tables: Mutex::default(), config: config.clone(), portion };
    ingest_spread(&inputs, &spread, &config, &run, &workers).unwrap();
    assert_eq!(records(&spread), records(&alone));
    let page = crate::report(&crate::Finished::open(&alone).unwrap(), None).unwrap();
    assert!(
        fs::read_to_string(alone.join("report.html")).unwrap() == page,
        "the page is made of the records"
    );
    let finished = crate::Finished::open(&spread).unwrap();
    assert_eq!(finished.verify(crate::Depth::Records).unwrap(), []);
}

#[test]
fn a_spread_run_leaves_the_records_of_a_run_on_one_machine() {
    check(40, "jsonl", |_| {});
}

#[test]
fn small_batches_and_files_change_nothing() {
    check(12, "jsonl", |config| {
        config.matching.prepared_words_max = 300;
        config.shards.bytes_min = 5_000;
        config.ledger = crate::Ledger::All;
    });
}

#[test]
fn what_has_no_room_in_memory_lies_on_disk() {
    check(40, "jsonl", |config| config.memory_bytes = Some(1));
}

#[test]
fn kinds_that_are_not_looked_for_cost_no_jobs() {
    check(100, "jsonl", |config| config.on.rewrite = crate::OnLink::Ignore);
}

#[test]
fn where_only_near_copies_are_looked_for_there_are_no_keys() {
    check(40, "jsonl", |config| {
        config.on.rewrite = crate::OnLink::Ignore;
        config.on.contained = crate::OnLink::Ignore;
    });
}

#[test]
fn lines_of_a_host_stay_where_nothing_is_stripped() {
    check(40, "jsonl", |config| config.normalize.strip = unecho_normalize::Strip::Nothing);
}

/// Who does a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    OneMachine,
    Workers,
}

/// Inputs of two runs of which the second has copies of the first: of stories, and of the demonstration.
fn halves(folder: &Path) -> [Vec<PathBuf>; 2] {
    let mut articles: Vec<PathBuf> =
        fs::read_dir(demo()).unwrap().map(|entry| entry.unwrap().path()).collect();
    articles.sort();
    let half = |number: usize, copies: &[usize]| {
        let file = folder.join(format!("half-{number}.jsonl"));
        fs::write(&file, rows(copies)).unwrap();
        let own = articles.iter().skip(number).step_by(2).cloned();
        own.chain([file]).collect()
    };
    [half(0, &[0, 3]), half(1, &[1, 2])]
}

/// All files of an index but the one that names who writes.
fn files(index: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(index).unwrap().map(|entry| entry.unwrap());
    let files = files.filter(|file| file.file_name() != "LOCK");
    files.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())).collect()
}

/// The records of two runs with one index, one after the other and the second again, and the index after each.
fn runs_with_index(folder: &Path, by: [By; 2], config: &Config) -> Vec<BTreeMap<String, Vec<u8>>> {
    let config = Config { index: Some(folder.join(format!("index-{by:?}"))), ..config.clone() };
    let index = config.index.clone().unwrap();
    let cancelled = AtomicBool::new(false);
    let run = Run { observer: &Unobserved, cancelled: &cancelled };
    let mut left = Vec::new();
    let [first, second] = halves(folder);
    // The last run is done again, as after a kill between the result and the pointer of the index.
    let runs = [(by[0], &first), (by[1], &second), (by[1], &second)];
    for (number, (by, inputs)) in runs.into_iter().enumerate() {
        let out = index.with_extension(number.to_string());
        let summary = match by {
            By::OneMachine => crate::ingest(inputs, &out, &config, &run).unwrap(),
            By::Workers => {
                let workers = InMemory { tables: Mutex::default(), config: config.clone(), portion: 30 };
                ingest_spread(inputs, &out, &config, &run, &workers).unwrap()
            }
        };
        if number > 0 {
            let earlier = summary.earlier.unwrap();
            assert!(earlier.dropped + earlier.replaced >= 30, "{earlier:?}");
            let rewrites = summary.links_by_kind.get("rewrite").copied().unwrap_or_default();
            assert_eq!(rewrites > 0, config.on.rewrite != crate::OnLink::Ignore, "evidence is judged");
        }
        let records = records(&out).into_iter().map(|(kind, records)| (kind, records.into_bytes()));
        left.extend([records.collect(), files(&index)]);
    }
    assert!(left[3] == left[5], "a run that is done again leaves the index as it was");
    left
}

fn check_index(change: impl FnOnce(&mut Config)) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.shards.format = "jsonl".parse::<Format>().unwrap();
    change(&mut config);
    let expect = runs_with_index(folder.path(), [By::OneMachine, By::OneMachine], &config);
    for by in [[By::OneMachine, By::Workers], [By::Workers, By::OneMachine], [By::Workers, By::Workers]] {
        let found = runs_with_index(folder.path(), by, &config);
        for (at, (found, expect)) in found.iter().zip(&expect).enumerate() {
            assert_eq!(found.keys().collect::<Vec<_>>(), expect.keys().collect::<Vec<_>>(), "{by:?} {at}");
            let other = expect.keys().find(|&name| found[name] != expect[name]);
            assert_eq!(other, None, "{by:?}: what is left of step {at} is the same");
        }
    }
}

#[test]
fn an_index_is_the_same_whoever_reads_and_writes_it() {
    check_index(|_| {});
}

#[test]
fn an_export_of_an_index_is_the_index() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (index, export) = (at("index"), at("export"));
    let mut config = Config::default();
    config.shards.format = "jsonl".parse::<Format>().unwrap();
    let cancelled = AtomicBool::new(false);
    let run = Run { observer: &Unobserved, cancelled: &cancelled };
    let [first, second] = halves(folder.path());
    config.index = Some(index.clone());
    crate::ingest(&first, &at("first"), &config, &run).unwrap();
    crate::export_index(&index, &export).unwrap();
    crate::ingest(&second, &at("second"), &config, &run).unwrap();
    config.index = Some(export.clone());
    let workers = InMemory { tables: Mutex::default(), config: config.clone(), portion: 30 };
    ingest_spread(&second, &at("of-export"), &config, &run, &workers).unwrap();
    assert_eq!(records(&at("of-export")), records(&at("second")));
    crate::import_index(&export, &at("again")).unwrap();
    assert!(files(&at("again")) == files(&index), "the export knows what the index knows");
}

#[test]
fn an_index_may_learn_of_better_copies() {
    check_index(|config| config.on_better_copy = crate::OnBetterCopy::Replace);
}

#[test]
fn an_index_without_rewrites_is_the_same_too() {
    check_index(|config| config.on.rewrite = crate::OnLink::Ignore);
}

#[test]
fn what_only_this_machine_has_is_refused() {
    let config = Config::default();
    let cancelled = AtomicBool::new(false);
    let run = Run { observer: &Unobserved, cancelled: &cancelled };
    let folder = tempfile::tempdir().unwrap();
    let workers = InMemory { tables: Mutex::default(), config: config.clone(), portion: 1 };
    let refused = ingest_spread(&["-"], &folder.path().join("out"), &config, &run, &workers);
    assert!(matches!(refused, Err(Error::NotPortable(what)) if what == "-"));
}
