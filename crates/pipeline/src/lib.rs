//! Plans and runs: the only crate that knows the order of the stages.
