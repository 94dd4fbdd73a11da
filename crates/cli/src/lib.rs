//! The unecho binary: flags, progress, messages, exit codes.
