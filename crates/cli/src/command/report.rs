//! `unecho report`: the page about a finished output, made anew.

use std::fs;

use unecho_pipeline::Finished;

use super::write_data;
use crate::args::ReportArgs;
use crate::exit::Exit;
use crate::failure::Failure;

pub(crate) fn run(args: &ReportArgs) -> Result<Exit, Failure> {
    let finished = Finished::open(&args.out).map_err(|error| Failure::of_output(&error))?;
    let page = unecho_pipeline::report(&finished, None).map_err(|error| Failure::of_output(&error))?;
    match &args.file {
        Some(path) => fs::write(path, page)
            .map_err(|error| Failure::new(Exit::Failed, format!("{}: {error}", path.display())))?,
        None => write_data(|stdout| stdout.write_all(page.as_bytes()))?,
    }
    Ok(Exit::Done)
}
