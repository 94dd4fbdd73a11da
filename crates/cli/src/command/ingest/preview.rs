//! `unecho ingest --dry-run`: what would be read, where the result would go, with which settings.

use std::io::{self, Write};
use std::path::Path;

use serde_json::json;
use unecho_pipeline::{Config, Finished, Preview};

use super::super::write_data;
use crate::args::IngestArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::Setting;
use crate::table::{thousands, visible};

/// Inputs that are named.
const NAMED_MAX: usize = 20;

pub(super) fn run(args: &IngestArgs, out: &Path, config: &Config, used: &[Setting]) -> Result<Exit, Failure> {
    let preview =
        unecho_pipeline::preview(&args.input.inputs, config).map_err(|error| Failure::of_input(&error))?;
    let there = there(out)?;
    let used: Vec<&Setting> = used.iter().filter(|setting| setting.origin != "default").collect();
    write_data(|stdout| {
        if args.json {
            return writeln!(stdout, "{}", as_json(&preview, out, &used));
        }
        write(stdout, &preview, &used)?;
        line(stdout, "result", &format!("{}: {there}", out.display()))?;
        writeln!(stdout, "nothing was read or written")
    })?;
    Ok(if preview.rejected.is_empty() { Exit::Done } else { Exit::DoneWithRejections })
}

/// What stands where the result would go.
fn there(out: &Path) -> Result<String, Failure> {
    if out.to_string_lossy().contains("://") {
        return Ok("in an object store, which was not asked".to_owned());
    }
    let is_empty = || out.read_dir().is_ok_and(|mut entries| entries.next().is_none());
    match Finished::open(out) {
        Ok(finished) => {
            let documents = finished.manifest().documents.read;
            Ok(format!("an earlier result of {} documents would be replaced", thousands(documents)))
        }
        Err(_) if !out.exists() => Ok("would be made".to_owned()),
        Err(_) if is_empty() => Ok("an empty folder".to_owned()),
        Err(_) => {
            Err(Failure::new(Exit::Usage, format!("{}: exists and was not written by unecho", out.display()))
                .hint(
                    "choose another --out, or move away what is there; unecho only replaces its own outputs",
                ))
        }
    }
}

fn line(out: &mut dyn Write, name: &str, value: &str) -> io::Result<()> {
    writeln!(out, "{name:<9} {}", visible(value))
}

fn write(out: &mut dyn Write, preview: &Preview, used: &[&Setting]) -> io::Result<()> {
    let bytes: u64 = preview.inputs.iter().filter_map(|input| input.bytes).sum();
    let count = thousands(preview.inputs.len() as u64);
    line(out, "read", &format!("{count} inputs, {}", indicatif::HumanBytes(bytes)))?;
    for input in preview.inputs.iter().take(NAMED_MAX) {
        let size =
            input.bytes.map_or_else(|| "?".to_owned(), |bytes| indicatif::HumanBytes(bytes).to_string());
        line(out, "", &format!("{size:>12}  {}", input.path))?;
    }
    if preview.inputs.len() > NAMED_MAX {
        line(out, "", &format!("{:>12}  {} more", "", thousands((preview.inputs.len() - NAMED_MAX) as u64)))?;
    }
    for address in &preview.addresses {
        line(out, "fetch", address)?;
    }
    for rejected in &preview.rejected {
        line(out, "reject", &format!("{}: {}", rejected.origin.path, rejected.detail))?;
    }
    if preview.files_skipped > 0 {
        let first = preview.skipped_paths.first().map_or("", String::as_str);
        line(
            out,
            "leave",
            &format!("{} files of no known kind, such as {first}", thousands(preview.files_skipped)),
        )?;
    }
    if used.is_empty() {
        line(out, "settings", "all defaults ('unecho config show' lists them)")?;
    }
    for setting in used {
        let values = setting.values.join(" ");
        line(out, "setting", &format!("{} = {values}  ({})", setting.name, setting.origin))?;
    }
    Ok(())
}

fn as_json(preview: &Preview, out: &Path, used: &[&Setting]) -> serde_json::Value {
    let input = |input: &unecho_pipeline::PreviewInput| json!({ "path": input.path, "bytes": input.bytes });
    let setting = |setting: &&Setting| json!({ "name": setting.name, "values": setting.values, "origin": setting.origin });
    let rejected = |rejected: &unecho_model::Rejected| json!({ "path": rejected.origin.path, "reason": rejected.reason, "detail": rejected.detail });
    json!({
        "event": "dry-run",
        "inputs": preview.inputs.iter().map(input).collect::<Vec<_>>(),
        "addresses": preview.addresses,
        "rejected": preview.rejected.iter().map(rejected).collect::<Vec<_>>(),
        "files_skipped": preview.files_skipped,
        "out": out,
        "settings": used.iter().map(setting).collect::<Vec<_>>(),
    })
}
