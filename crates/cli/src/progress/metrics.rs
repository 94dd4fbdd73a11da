//! A file of metrics in the text format of Prometheus, for the textfile collector of its node exporter or
//! any other reader: written when a run begins, while it goes, and when it ends.
//! `docs/events.md` describes the metrics. [`pace_of`] reads such a file back for the page about a run.
//!
//! The file is replaced by a rename: nobody ever reads half of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use unecho_model::Summary;
use unecho_pipeline::{Event, Observer, Pace, Stage, StagePace};

use super::{Ending, Reporter, not_written};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::process;

/// First line of every such file. A file without it is not replaced.
const HEAD: &str = "# Metrics of a run of unecho, version 1.";
/// Least time between two writes while a stage goes on.
const INTERVAL: Duration = Duration::from_secs(2);

/// What is known of one stage.
#[derive(Debug, Clone, Copy)]
struct StageState {
    since: Instant,
    /// Time of its parts that have ended, for a stage that comes again.
    took: Duration,
    running: bool,
    done: u64,
    total: Option<u64>,
}

#[derive(Debug, Default)]
struct State {
    stages: BTreeMap<Stage, StageState>,
    rejected: BTreeMap<&'static str, u64>,
    summary: Option<Summary>,
    ending: Option<Ending>,
    written: Option<Instant>,
    failure: Option<io::Error>,
}

/// Who keeps the file.
pub(super) struct Metrics {
    file: PathBuf,
    begun: Instant,
    begun_at: SystemTime,
    state: Mutex<State>,
}

impl Metrics {
    /// Writes the file for the first time.
    pub(super) fn begin(file: &Path) -> Result<Self, Failure> {
        let refused = |what: String| Failure::new(Exit::Usage, format!("{}: {what}", file.display()));
        match fs::read_to_string(file) {
            Ok(text) if !text.is_empty() && !text.starts_with(HEAD) => {
                return Err(refused("is no file of metrics".to_owned())
                    .hint("--metrics names a file that is written anew, again and again"));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(refused(error.to_string())),
            _ => {}
        }
        let metrics = Self {
            file: file.to_owned(),
            begun: Instant::now(),
            begun_at: SystemTime::now(),
            state: Mutex::default(),
        };
        metrics.write(&metrics.text(&State::default())).map_err(|error| refused(error.to_string()))?;
        Ok(metrics)
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let mut beside = self.file.clone().into_os_string();
        beside.push(".tmp");
        fs::write(&beside, text)?;
        fs::rename(&beside, &self.file)
    }

    fn update(&self, state: &mut State) {
        state.written = Some(Instant::now());
        if let Err(error) = self.write(&self.text(state)) {
            state.failure.get_or_insert(error);
        }
    }

    fn text(&self, state: &State) -> String {
        let mut page = Page(format!("{HEAD}\n"));
        let since = self.begun_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        page.family("unecho_info", "gauge", "The version that runs.");
        page.sample("unecho_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
        page.single("unecho_start_time_seconds", "When the run began.", since.as_secs_f64());
        page.single(
            "unecho_run_seconds",
            "How long it has been running, or ran.",
            self.begun.elapsed().as_secs_f64(),
        );
        page.single("unecho_running", "1 while it runs.", f64::from(u8::from(state.ending.is_none())));
        let published = state.ending == Some(Ending::Published);
        page.single("unecho_success", "1 when its output is in place.", f64::from(u8::from(published)));
        if let Some(seconds) = process::cpu_seconds() {
            page.single("unecho_cpu_seconds", "Processor time of all threads.", seconds);
        }
        if let Some(memory) = process::memory() {
            page.single("unecho_memory_bytes", "Memory in use.", memory.now as f64);
            page.single("unecho_memory_peak_bytes", "Most memory in use at a time.", memory.peak as f64);
        }
        page.stages(&state.stages);
        page.family("unecho_rejected", "gauge", "Inputs that were not taken in, by reason.");
        for (reason, &count) in &state.rejected {
            page.sample("unecho_rejected", &[("reason", reason)], count as f64);
        }
        if let Some(summary) = &state.summary {
            page.summary(summary);
        }
        page.0
    }
}

impl Reporter for Metrics {
    fn end(&self, ending: Ending) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.ending = Some(ending);
        self.update(&mut state);
    }

    fn failure(&self) -> Option<Failure> {
        let error = self.state.lock().unwrap_or_else(PoisonError::into_inner).failure.take()?;
        Some(not_written(&self.file.display().to_string(), &error))
    }
}

impl Observer for Metrics {
    fn event(&self, event: &Event<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Started(stage, total) => {
                let fresh = StageState {
                    since: Instant::now(),
                    took: Duration::ZERO,
                    running: true,
                    done: 0,
                    total: *total,
                };
                let again = state.stages.get(stage).copied();
                let kept = again.map_or(fresh, |old| StageState { took: old.took, done: old.done, ..fresh });
                state.stages.insert(*stage, kept);
            }
            Event::Advanced(stage, amount) => {
                if let Some(stage) = state.stages.get_mut(stage) {
                    stage.done += amount;
                }
                if state.written.is_some_and(|at| at.elapsed() < INTERVAL) {
                    return;
                }
            }
            Event::Finished(stage) => {
                if let Some(stage) = state.stages.get_mut(stage) {
                    stage.took += stage.since.elapsed();
                    stage.running = false;
                }
            }
            Event::Rejected(rejected) => {
                *state.rejected.entry(rejected.reason.name()).or_default() += 1;
                return;
            }
            Event::Stories(_) | Event::Resumed { .. } => return,
            Event::Published(_, summary) => state.summary = Some((*summary).clone()),
        }
        self.update(&mut state);
    }
}

/// Text in the format of Prometheus (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let labels: Vec<String> =
            labels.iter().map(|(label, text)| format!("{label}=\"{}\"", escaped(text))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn single(&mut self, name: &str, help: &str, value: f64) {
        self.family(name, "gauge", help);
        self.sample(name, &[], value);
    }

    fn stages(&mut self, stages: &BTreeMap<Stage, StageState>) {
        self.family("unecho_stage_seconds", "gauge", "How long a stage has been going on, or took.");
        for (stage, state) in stages {
            let now = if state.running { state.since.elapsed() } else { Duration::ZERO };
            let seconds = (state.took + now).as_secs_f64();
            self.sample("unecho_stage_seconds", &[("stage", stage.name())], seconds);
        }
        self.family("unecho_stage_done", "gauge", "How much of a stage is done, in its unit.");
        for (stage, state) in stages {
            let labels = [("stage", stage.name()), ("unit", stage.unit())];
            self.sample("unecho_stage_done", &labels, state.done as f64);
        }
        self.family("unecho_stage_expected", "gauge", "How much there is to do, in its unit, where known.");
        for (stage, state) in stages {
            if let Some(total) = state.total {
                let labels = [("stage", stage.name()), ("unit", stage.unit())];
                self.sample("unecho_stage_expected", &labels, total as f64);
            }
        }
    }

    fn summary(&mut self, summary: &Summary) {
        let documents = &summary.documents;
        self.family("unecho_documents", "gauge", "What became of the documents.");
        for (fate, count) in
            [("kept", documents.kept), ("dropped", documents.dropped), ("rejected", documents.rejected)]
        {
            self.sample("unecho_documents", &[("fate", fate)], count as f64);
        }
        self.family("unecho_dropped", "gauge", "Dropped documents, by kind of copy.");
        for (kind, &count) in &summary.dropped_by_kind {
            self.sample("unecho_dropped", &[("kind", kind)], count as f64);
        }
        self.family("unecho_cuts", "gauge", "Cuts, by rule.");
        for (rule, &count) in &summary.stripped_by_rule {
            self.sample("unecho_cuts", &[("rule", rule)], count as f64);
        }
    }
}

/// What a file of metrics says of the time that a run took; `None` for any other file.
pub(crate) fn pace_of(text: &str) -> Option<Pace> {
    if !text.starts_with(HEAD) {
        return None;
    }
    let value_of = |line: &str| line.rsplit_once(' ')?.1.parse::<f64>().ok();
    let single =
        |name: &str| text.lines().find(|line| line.split(' ').next() == Some(name)).and_then(value_of);
    let label = |line: &str, name: &str| {
        let rest = line.split_once(&format!("{name}=\""))?.1;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let stages = text.lines().filter(|line| line.starts_with("unecho_stage_done{")).filter_map(|line| {
        let name = label(line, "stage")?;
        let seconds =
            text.lines().find(|line| line.starts_with(&format!("unecho_stage_seconds{{stage=\"{name}\"}}")));
        Some(StagePace {
            unit: label(line, "unit")?,
            amount: value_of(line)? as u64,
            seconds: seconds.and_then(value_of)?,
            name,
        })
    });
    Some(Pace {
        wall_seconds: single("unecho_run_seconds")?,
        cpu_seconds: single("unecho_cpu_seconds"),
        memory_bytes_peak: single("unecho_memory_peak_bytes").map(|bytes| bytes as u64),
        stages: stages.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.prom");
        let metrics = Metrics::begin(&file).unwrap();
        metrics.event(&Event::Started(Stage::Read, Some(100)));
        metrics.event(&Event::Advanced(Stage::Read, 60));
        metrics.event(&Event::Advanced(Stage::Read, 40));
        metrics.event(&Event::Finished(Stage::Read));
        metrics.end(Ending::Published);
        let text = fs::read_to_string(&file).unwrap();
        for line in [
            "unecho_running 0",
            "unecho_success 1",
            "unecho_stage_expected{stage=\"read\",unit=\"bytes\"} 100",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
        let pace = pace_of(&text).unwrap();
        let stages: Vec<(&str, u64)> =
            pace.stages.iter().map(|stage| (stage.name.as_str(), stage.amount)).collect();
        assert_eq!(stages, [("read", 100)]);
        assert!(pace_of("something else").is_none());
    }

    #[test]
    fn files_of_others_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("corpus.jsonl");
        fs::write(&file, "{}").unwrap();
        assert!(Metrics::begin(&file).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "{}");
        assert!(Metrics::begin(&folder.path().join("absent/x.prom")).is_err());
    }
}
