//! Progress for people, on stderr: on a terminal one line a stage, with rate, remaining time and memory.
//! Where stderr is a file or a pipe there are no such lines, unless `-v` asks for them.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use unecho_pipeline::{Event, Observer, Stage, StoryHead};

use super::{Ending, Reporter, say};
use crate::args::Verbosity;
use crate::color::{Color, Style, is_dumb};
use crate::process;
use crate::table::{shortened, thousands, visible};

/// Rejections that are said one by one; the rest is in the output.
const REJECTIONS_SAID_MAX: u64 = 20;
/// Time between two looks at the memory in use.
const MEMORY_INTERVAL: Duration = Duration::from_millis(500);

/// One stage in progress.
struct Running {
    since: Instant,
    done: u64,
    bar: ProgressBar,
    memory_seen: Option<Instant>,
}

#[derive(Default)]
struct State {
    running: BTreeMap<Stage, Running>,
    rejections: u64,
    /// The stories with most copies, to be named at the end.
    stories: Vec<StoryHead>,
}

/// Who talks.
pub(super) struct Talk {
    quiet: bool,
    /// Whether lines are drawn over.
    drawing: bool,
    /// Whether finished stages have a line.
    lines: bool,
    color: Color,
    state: Mutex<State>,
}

impl Talk {
    pub(super) fn new(verbosity: &Verbosity) -> Self {
        let quiet = verbosity.quiet;
        let terminal = io::stderr().is_terminal() && !quiet;
        Self {
            quiet,
            drawing: terminal && !is_dumb(),
            lines: terminal || verbosity.verbose > 0,
            color: Color::of_stderr(),
            state: Mutex::default(),
        }
    }

    fn bar(&self, stage: Stage, total: Option<u64>) -> ProgressBar {
        if !self.drawing {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let (done, total_key, rate) = match stage {
            Stage::Read => ("{bytes}", "{total_bytes}", "{bytes_per_sec}"),
            _ => ("{human_pos}", "{human_len}", "{rate}"),
        };
        let name = self.color.paint(Style::Heading, "{prefix:>12}");
        let template = match total {
            Some(_) => format!("{name} {{bar:16}} {done}/{total_key} {rate} eta {{eta}} {{msg}}"),
            None => format!("{name} {{spinner}} {done} {rate} {{msg}}"),
        };
        let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.with_key("rate", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // What cannot be drawn is not worth an error.
            let _ = write!(out, "{}/s", thousands(state.per_sec() as u64));
        }));
        bar.set_prefix(stage.name());
        bar
    }

    fn finished(&self, stage: Stage, running: &Running) {
        running.bar.finish_and_clear();
        // Stages that a run had no use for are not worth a line.
        if self.lines && running.done > 0 {
            let name = self.color.paint(Style::Heading, &format!("{:>12}", stage.name()));
            say(&format!("{name} {}", finished_text(stage, running.done, running.since.elapsed())));
        }
    }
}

impl Reporter for Talk {
    fn end(&self, ending: Ending) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if ending == Ending::Published && !self.quiet {
            self.stories(&state.stories);
        }
    }
}

impl Observer for Talk {
    fn event(&self, event: &Event<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Started(stage, total) => {
                let bar = self.bar(*stage, *total);
                let running = Running { since: Instant::now(), done: 0, bar, memory_seen: None };
                state.running.insert(*stage, running);
            }
            Event::Advanced(stage, amount) => {
                if let Some(running) = state.running.get_mut(stage) {
                    running.done += amount;
                    running.bar.inc(*amount);
                    if self.drawing && running.memory_seen.is_none_or(|at| at.elapsed() >= MEMORY_INTERVAL) {
                        running.memory_seen = Some(Instant::now());
                        running.bar.set_message(memory_text());
                    }
                }
            }
            Event::Finished(stage) => {
                if let Some(running) = state.running.remove(stage) {
                    self.finished(*stage, &running);
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
                    let detail = visible(&rejected.detail);
                    say(&format!("rejected {path}{line}: {}: {detail}", rejected.reason));
                } else if state.rejections == REJECTIONS_SAID_MAX + 1 {
                    say("rejected: more, all of them in the folder rejected/ of the output");
                }
            }
            Event::Stories(stories) => state.stories = stories.to_vec(),
            Event::Resumed { documents, batches, batches_left } => {
                if !self.quiet {
                    say(&resumed_line(*documents, *batches, *batches_left));
                }
            }
            Event::Published(..) => {}
        }
    }
}

impl Talk {
    /// The stories with most copies.
    fn stories(&self, stories: &[StoryHead]) {
        // A single copy says nothing about a corpus.
        let several: Vec<&StoryHead> = stories.iter().filter(|story| story.copies > 1).collect();
        if several.is_empty() {
            return;
        }
        say(&format!("\n{}", self.color.paint(Style::Heading, "    copies  most copied stories")));
        for story in several {
            let id = shortened(story.id.as_str(), 28);
            say(&format!("{:>10}  {} ({id})", thousands(story.copies as u64), shortened(&story.title, 36)));
        }
    }
}

fn memory_text() -> String {
    process::memory().map_or_else(String::new, |memory| HumanBytes(memory.now).to_string())
}

fn finished_text(stage: Stage, done: u64, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    let a_second = if seconds > 0.0 { done as f64 / seconds } else { 0.0 };
    let (amount, rate) = match stage {
        Stage::Read => (HumanBytes(done).to_string(), HumanBytes(a_second as u64).to_string()),
        _ => (format!("{} {}", thousands(done), stage.unit()), thousands(a_second as u64)),
    };
    let memory = process::memory()
        .map_or_else(String::new, |memory| format!(", {} of memory", HumanBytes(memory.now)));
    format!("{amount} in {seconds:.1} s ({rate}/s){memory}")
}

/// What an interrupted run left, and how much of it is of use.
fn resumed_line(documents: u64, batches: u64, batches_left: u64) -> String {
    match (batches, batches_left) {
        (0, _) => {
            "an interrupted run was here, on other inputs or with other settings: starting over".to_owned()
        }
        (used, left) if used < left => format!(
            "continuing an interrupted run: {} documents are clean already; {} of its {} batches follow from \
             other inputs and are left aside",
            thousands(documents),
            thousands(left - used),
            thousands(left)
        ),
        _ => format!("continuing an interrupted run: {} documents are clean already", thousands(documents)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finished_stage_has_amount_time_and_rate() {
        let text = finished_text(Stage::Near, 12_000, Duration::from_secs(2));
        assert!(text.starts_with("12,000 pairs in 2.0 s (6,000/s)"), "{text}");
        let text = finished_text(Stage::Read, 3 << 20, Duration::from_secs(2));
        assert!(text.starts_with("3.00 MiB in 2.0 s (1.50 MiB/s)"), "{text}");
    }
}
