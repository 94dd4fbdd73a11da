//! `unecho verify`: is a finished output what its manifest says?

use serde_json::Value;
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
    Err(Failure::new(Exit::Damaged, format!("{}: {what} from the manifest", args.out.display())).hint(
        format!(
            "make it anew, it will be replaced: unecho ingest INPUT --out {}{}",
            args.out.display(),
            flags(&manifest.config)
        ),
    ))
}

/// The settings that a manifest's config says were stated, as flags.
fn flags(config: &Value) -> String {
    let index = config.get("index").map(|_| " --index INDEX".to_owned());
    let settings = config["settings"].as_object().into_iter().flatten();
    let flags = settings.flat_map(|(name, stated)| {
        let values = stated["values"].as_array().into_iter().flatten().filter_map(Value::as_str);
        values.map(move |value| match value {
            "true" => format!(" --{name}"),
            value => format!(" --{name} {value}"),
        })
    });
    flags.chain(index).collect()
}
