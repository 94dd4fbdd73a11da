//! SIGINT and SIGTERM ask a run to stop at the next convenient point; a second one ends it at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::exit::Exit;

/// What signals have come.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signals {
    /// Set by the first.
    pub(crate) cancelled: Arc<AtomicBool>,
    number: Arc<AtomicUsize>,
}

impl Signals {
    /// Begins to watch.
    pub(crate) fn watch() -> std::io::Result<Self> {
        let signals = Self::default();
        for signal in [SIGINT, SIGTERM] {
            // In this order: only a second signal finds the flag set and exits, and whoever sees the
            // flag finds the number.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&signals.cancelled))?;
            let number = usize::try_from(signal).unwrap_or_default();
            flag::register_usize(signal, Arc::clone(&signals.number), number)?;
            flag::register(signal, Arc::clone(&signals.cancelled))?;
        }
        Ok(signals)
    }

    /// The exit code of a run that a signal ended.
    pub(crate) fn exit(&self) -> Exit {
        if i32::try_from(self.number.load(Ordering::SeqCst)) == Ok(SIGTERM) {
            Exit::Terminated
        } else {
            Exit::Interrupted
        }
    }
}
