//! Progress on stderr: one line a stage with rate and remaining time on a terminal, plain lines
//! otherwise; or events as JSON lines on stdout.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use unecho_pipeline::{Event, Observer, Stage};

use crate::args::Verbosity;
use crate::table::{thousands, visible};

/// Writes one line of talk. A closed stderr is nobody listening.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Rejections that are said one by one; the rest is in the output.
const REJECTIONS_SAID_MAX: u64 = 20;

/// An observer that writes what it sees.
pub(crate) trait Reporter: Observer {
    /// Why some of it was not written, if so. Talk that nobody hears is no failure; lost data is.
    fn failure(&self) -> Option<io::Error> {
        None
    }
}

/// The observer for these flags.
pub(crate) fn observer(verbosity: &Verbosity, json: bool) -> Box<dyn Reporter> {
    if json {
        Box::new(JsonEvents::default())
    } else {
        let quiet = verbosity.quiet;
        Box::new(Talk { quiet, terminal: io::stderr().is_terminal() && !quiet, state: Mutex::default() })
    }
}

/// One stage in progress.
struct Running {
    since: Instant,
    done: u64,
    bar: ProgressBar,
}

#[derive(Default)]
struct TalkState {
    running: BTreeMap<Stage, Running>,
    rejections: u64,
}

struct Talk {
    quiet: bool,
    terminal: bool,
    state: Mutex<TalkState>,
}

impl Talk {
    fn bar(&self, stage: Stage, total: Option<u64>) -> ProgressBar {
        if !self.terminal {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let (count, rate) = match stage {
            Stage::Read => ("{bytes}/{total_bytes}", "{bytes_per_sec}"),
            _ => ("{human_pos}/{human_len}", "{per_sec}"),
        };
        let template = match total {
            Some(_) => format!("{{prefix:>12}} {{wide_bar}} {count} {rate} eta {{eta}}"),
            None => format!("{{prefix:>12}} {{spinner}} {{human_pos}} {rate}"),
        };
        bar.set_style(
            ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.set_prefix(stage.name());
        bar
    }
}

impl Reporter for Talk {}

impl Observer for Talk {
    fn event(&self, event: &Event<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Started(stage, total) => {
                let bar = self.bar(*stage, *total);
                state.running.insert(*stage, Running { since: Instant::now(), done: 0, bar });
            }
            Event::Advanced(stage, amount) => {
                if let Some(running) = state.running.get_mut(stage) {
                    running.done += amount;
                    running.bar.inc(*amount);
                }
            }
            Event::Finished(stage) => {
                if let Some(running) = state.running.remove(stage) {
                    running.bar.finish_and_clear();
                    // Stages that a run had no use for are not worth a line.
                    if !self.quiet && running.done > 0 {
                        say(&finished_line(*stage, running.done, running.since.elapsed()));
                    }
                }
            }
            Event::Rejected(rejected) => {
                state.rejections += 1;
                if self.quiet {
                    return;
                }
                if state.rejections <= REJECTIONS_SAID_MAX {
                    let line = rejected.origin.line.map_or_else(String::new, |line| format!(":{line}"));
                    let path = visible(&rejected.origin.path);
                    say(&format!(
                        "rejected {path}{line}: {}: {}",
                        rejected.reason,
                        visible(&rejected.detail)
                    ));
                } else if state.rejections == REJECTIONS_SAID_MAX + 1 {
                    say("rejected: more, all of them in the folder rejected/ of the output");
                }
            }
            Event::Published(..) => {}
        }
    }
}

fn finished_line(stage: Stage, done: u64, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    let amount = match stage {
        Stage::Read => indicatif::HumanBytes(done).to_string(),
        _ => format!("{} {}", thousands(done), stage.unit()),
    };
    format!("{:>12} {amount} in {seconds:.1} s", stage.name())
}

/// Least time between two progress events of a stage.
const JSON_INTERVAL: Duration = Duration::from_millis(500);

#[derive(Default)]
struct JsonEvents {
    running: Mutex<BTreeMap<Stage, (u64, Option<Instant>)>>,
    failure: Mutex<Option<io::Error>>,
}

impl Reporter for JsonEvents {
    fn failure(&self) -> Option<io::Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Observer for JsonEvents {
    fn event(&self, event: &Event<'_>) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let line = match event {
            Event::Started(stage, total) => {
                running.insert(*stage, (0, None));
                json!({ "event": "started", "stage": stage.name(), "unit": stage.unit(), "total": total })
            }
            Event::Advanced(stage, amount) => {
                let Some((done, last)) = running.get_mut(stage) else { return };
                *done += amount;
                if last.is_some_and(|last| last.elapsed() < JSON_INTERVAL) {
                    return;
                }
                *last = Some(Instant::now());
                json!({ "event": "progress", "stage": stage.name(), "unit": stage.unit(), "done": done })
            }
            Event::Finished(stage) => {
                let done = running.remove(stage).map_or(0, |(done, _)| done);
                json!({ "event": "finished", "stage": stage.name(), "unit": stage.unit(), "done": done })
            }
            Event::Rejected(rejected) => json!({
                "event": "rejected", "id": rejected.id, "path": rejected.origin.path, "line": rejected.origin.line,
                "reason": rejected.reason, "detail": rejected.detail, "bytes": rejected.bytes,
            }),
            Event::Published(out, summary) => {
                json!({ "event": "published", "out": out, "summary": summary })
            }
        };
        // Whatever becomes of the events, the run itself goes on. A closed pipe is nobody listening.
        if let Err(error) = writeln!(io::stdout().lock(), "{line}")
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    }
}
