//! `unecho report`: the page about a finished output, made anew.

use std::fs;
use std::path::Path;

use unecho_pipeline::{Finished, Pace};

use super::write_data;
use crate::args::ReportArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::pace_of;

pub(crate) fn run(args: &ReportArgs) -> Result<Exit, Failure> {
    let finished = Finished::open(&args.out).map_err(|error| Failure::of_output(&error))?;
    let pace = args.metrics.as_deref().map(pace).transpose()?;
    let page = unecho_pipeline::report(&finished, pace).map_err(|error| Failure::of_output(&error))?;
    match &args.file {
        Some(path) => fs::write(path, page)
            .map_err(|error| Failure::new(Exit::Failed, format!("{}: {error}", path.display())))?,
        None => write_data(|stdout| stdout.write_all(page.as_bytes()))?,
    }
    Ok(Exit::Done)
}

/// What a file of metrics says of a run.
fn pace(path: &Path) -> Result<Pace, Failure> {
    let failed = |what: String| Failure::new(Exit::Usage, format!("{}: {what}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    pace_of(&text).ok_or_else(|| {
        failed("is no file of metrics".to_owned()).hint("'unecho ingest … --metrics FILE' writes one")
    })
}
