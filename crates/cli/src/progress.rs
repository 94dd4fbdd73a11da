//! What a run tells while it runs: to people on stderr, as JSON lines on stdout, as a file of metrics.

mod events;
mod metrics;
mod talk;
pub(crate) mod traces;

use std::io::{self, Write};
use std::path::Path;

use unecho_pipeline::{Event, Observer};

use crate::args::Verbosity;
use crate::exit::Exit;
use crate::failure::Failure;

pub(crate) use metrics::pace_of;

/// Writes one line of talk. A closed stderr is nobody listening.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// An observer that writes what it sees.
trait Reporter: Observer {
    /// Called once, when the run has ended, well or not.
    fn end(&self, _: Ending) {}

    /// Why some of it was not written, if so. Talk that nobody hears is no failure; lost data is.
    fn failure(&self) -> Option<Failure> {
        None
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The output is in place.
    Published,
    /// There is none.
    Failed,
}

/// Everybody who looks on.
pub(crate) struct Observers {
    all: Vec<Box<dyn Reporter>>,
}

impl Observers {
    /// Who talks to people, as far as these flags allow.
    pub(crate) fn talking(verbosity: &Verbosity) -> Self {
        Self { all: vec![Box::new(talk::Talk::new(verbosity))] }
    }

    /// Who prints events for programs.
    pub(crate) fn printing() -> Self {
        Self { all: vec![Box::new(events::JsonEvents::begin())] }
    }

    /// Also keeps a file of metrics, from now on.
    ///
    /// # Errors
    /// When the file cannot be written, or is one of somebody else.
    pub(crate) fn with_metrics(mut self, file: &Path) -> Result<Self, Failure> {
        self.all.push(Box::new(metrics::Metrics::begin(file)?));
        Ok(self)
    }

    /// Also hands traces over when the run has ended: to a file, or to a collector.
    ///
    /// # Errors
    /// When the file cannot be written, or is one of somebody else.
    pub(crate) fn with_traces(mut self, to: &Path) -> Result<Self, Failure> {
        self.all.push(Box::new(traces::Traces::begin(to)?));
        Ok(self)
    }

    /// Tells them how the run ended.
    pub(crate) fn end(&self, ending: Ending) {
        self.all.iter().for_each(|observer| observer.end(ending));
    }

    /// What one of them could not write; the output at `out` itself is complete.
    pub(crate) fn ensure_written(&self, out: &Path) -> Result<(), Failure> {
        match self.all.iter().find_map(|observer| observer.failure()) {
            Some(failure) => Err(failure.hint(format!("the output {} itself is complete", out.display()))),
            None => Ok(()),
        }
    }
}

impl Observer for Observers {
    fn event(&self, event: &Event<'_>) {
        self.all.iter().for_each(|observer| observer.event(event));
    }
}

/// A failure to write what a run tells.
fn not_written(what: &str, error: &io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("{what} could not be written: {error}"))
}
