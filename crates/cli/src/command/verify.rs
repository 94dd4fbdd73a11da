//! `unecho verify`: is a finished output what its manifest says?

use unecho_pipeline::{Depth, Finished};

use super::write_data;
use crate::args::VerifyArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::{thousands, visible};

pub(crate) fn run(args: &VerifyArgs) -> Result<Exit, Failure> {
    let finished = Finished::open(&args.out).map_err(|error| Failure::of_output(&error))?;
    let depth = if args.read_data { Depth::Records } else { Depth::Bytes };
    let problems = finished.verify(depth).map_err(|error| Failure::of_output(&error))?;
    let manifest = finished.manifest();
    if problems.is_empty() {
        let files = thousands(manifest.files.len() as u64);
        let read = thousands(manifest.documents.read);
        write_data(|stdout| {
            writeln!(
                stdout,
                "{}: {files} files and {read} documents as the manifest says{}",
                args.out.display(),
                if args.read_data { ", every record read" } else { "" }
            )
        })?;
        return Ok(Exit::Done);
    }
    write_data(|stdout| {
        for problem in &problems {
            writeln!(stdout, "{}", visible(&problem.to_string()))?;
        }
        Ok(())
    })?;
    let count = problems.len();
    let what = if count == 1 { "1 difference".to_owned() } else { format!("{count} differences") };
    Err(Failure::new(Exit::Damaged, format!("{}: {what} from the manifest", args.out.display()))
        .hint("run the same ingest again; it replaces the output"))
}
