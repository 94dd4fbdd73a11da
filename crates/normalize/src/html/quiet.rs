//! Running foreign code that may panic on hostile input: the panic is caught and not printed.
//!
//! The hook that prints panics belongs to the whole process. It is wrapped once; the wrapper passes
//! every panic on to the hook it found, except those of a thread that is inside [`catch`].

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// How many calls of [`catch`] the thread is in.
    static GUARDED: Cell<u32> = const { Cell::new(0) };
}

static WRAPPED: Once = Once::new();

/// Runs `run`; `None` when it panics, about which nothing is printed.
pub(super) fn catch<T>(run: impl FnOnce() -> T) -> Option<T> {
    WRAPPED.call_once(|| {
        let found = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if GUARDED.get() == 0 {
                found(info);
            } else {
                tracing::debug!(%info, "an engine panicked");
            }
        }));
    });
    GUARDED.set(GUARDED.get() + 1);
    let outcome = panic::catch_unwind(AssertUnwindSafe(run));
    GUARDED.set(GUARDED.get() - 1);
    outcome.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_are_caught_and_counted_back() {
        assert_eq!(catch(|| 1), Some(1));
        assert_eq!(catch(|| -> u8 { panic!("as engines do") }), None);
        assert_eq!(catch(|| catch(|| -> u8 { panic!("inside") })), Some(None));
        assert_eq!(GUARDED.get(), 0);
    }
}
