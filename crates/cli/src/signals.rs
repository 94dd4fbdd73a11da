//! SIGINT and SIGTERM ask a run to stop at the next convenient point; a second one ends it at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::exit::Exit;

static RECEIVED: AtomicUsize = AtomicUsize::new(0);

/// A flag that the first signal sets.
pub(crate) fn watch() -> std::io::Result<Arc<AtomicBool>> {
    let cancelled = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        let code = 128 + signal;
        // Registered first, so that only a second signal finds the flag set and exits.
        signal_hook::flag::register_conditional_shutdown(signal, code, Arc::clone(&cancelled))?;
        signal_hook::flag::register(signal, Arc::clone(&cancelled))?;
    }
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            RECEIVED.store(usize::try_from(signal).unwrap_or_default(), Ordering::Relaxed);
        }
    });
    Ok(cancelled)
}

/// The exit code for the signal that came.
pub(crate) fn exit() -> Exit {
    if RECEIVED.load(Ordering::Relaxed) == usize::try_from(SIGTERM).unwrap_or_default() {
        Exit::Terminated
    } else {
        Exit::Interrupted
    }
}
