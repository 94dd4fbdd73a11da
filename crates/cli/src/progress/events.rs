//! Progress for programs: events as JSON lines on stdout. `docs/events.md` describes them.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use unecho_pipeline::{Event, Observer, Stage};

use super::{Ending, Reporter, not_written};
use crate::failure::Failure;

/// Version of the events, in the first of them. Raised when a field changes or goes, not when one comes.
const EVENTS_VERSION: u32 = 1;

/// Least time between two progress events of a stage.
const INTERVAL: Duration = Duration::from_millis(500);

/// Who prints events.
pub(super) struct JsonEvents {
    running: Mutex<BTreeMap<Stage, (u64, Option<Instant>)>>,
    failure: Mutex<Option<io::Error>>,
}

impl JsonEvents {
    /// Begins with the event that names the version.
    pub(super) fn begin() -> Self {
        let events = Self { running: Mutex::default(), failure: Mutex::default() };
        let version = env!("CARGO_PKG_VERSION");
        events.print(&json!({ "event": "begun", "events_version": EVENTS_VERSION, "unecho": version }));
        events
    }

    /// Whatever becomes of the events, the run itself goes on. A closed pipe is nobody listening.
    fn print(&self, event: &Value) {
        if let Err(error) = writeln!(io::stdout().lock(), "{event}")
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    }
}

impl Reporter for JsonEvents {
    fn end(&self, ending: Ending) {
        if ending == Ending::Failed {
            self.print(&json!({ "event": "failed" }));
        }
    }

    fn failure(&self) -> Option<Failure> {
        let error = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(not_written("events", &error))
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
                if last.is_some_and(|last| last.elapsed() < INTERVAL) {
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
            Event::Stories(stories) => {
                let story = |story: &unecho_pipeline::StoryHead| json!({ "id": story.id, "title": story.title, "source": story.source, "copies": story.copies });
                json!({ "event": "stories", "stories": stories.iter().map(story).collect::<Vec<_>>() })
            }
            Event::Resumed { documents, batches, batches_left } => json!({
                "event": "resumed", "documents": documents, "batches": batches, "batches_left": batches_left,
            }),
            Event::Published(out, summary) => {
                json!({ "event": "published", "out": out, "summary": summary })
            }
        };
        self.print(&line);
    }
}
