//! `unecho generate`: manual pages and shell completions, made from the declaration of the flags.

use std::fs;

use clap::CommandFactory;

use super::write_data;
use crate::args::{Cli, GenerateArgs, GenerateCommand};
use crate::exit::Exit;
use crate::failure::Failure;

pub(crate) fn run(args: &GenerateArgs) -> Result<Exit, Failure> {
    let mut command = Cli::command();
    match &args.command {
        GenerateCommand::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut command, "unecho", &mut script);
            write_data(|stdout| stdout.write_all(&script))?;
        }
        GenerateCommand::Man { out } => {
            let failed = |error| Failure::new(Exit::Failed, format!("{}: {error}", out.display()));
            fs::create_dir_all(out).map_err(failed)?;
            clap_mangen::generate_to(command, out).map_err(failed)?;
        }
    }
    Ok(Exit::Done)
}
