//! The `unecho` binary. Everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    unecho_cli::main_impl()
}
