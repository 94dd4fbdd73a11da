//! `unecho doctor`: does this machine and this folder have what a run needs?

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::write_data;
use crate::args::DoctorArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::{Settings, places};
use crate::table::visible;

/// Open files that a run may need: inputs and shards read ahead and written at once.
const OPEN_FILES_MIN: u64 = 256;

/// One thing looked at.
struct Finding {
    name: &'static str,
    result: Result<String, String>,
}

pub(crate) fn run(args: &DoctorArgs, settings: &Settings) -> Result<Exit, Failure> {
    let findings = [
        Finding { name: "version", result: Ok(versions()) },
        Finding { name: "threads", result: threads() },
        Finding { name: "memory", result: memory() },
        Finding { name: "open files", result: open_files() },
        Finding { name: "settings", result: settings_found(settings) },
        Finding { name: "folder", result: folder(&args.folder) },
        Finding { name: "temporary", result: folder(&std::env::temp_dir()) },
    ];
    write_data(|stdout| {
        for Finding { name, result } in &findings {
            let (mark, text) = match result {
                Ok(text) => ("ok", text),
                Err(text) => ("PROBLEM", text),
            };
            writeln!(stdout, "{name:<12} {mark:<8} {}", visible(text))?;
        }
        Ok(())
    })?;
    let problems = findings.iter().filter(|finding| finding.result.is_err()).count();
    if problems > 0 {
        return Err(Failure::new(Exit::Failed, format!("{problems} of {} checks failed", findings.len())));
    }
    Ok(Exit::Done)
}

/// Of the tool and of what it writes.
fn versions() -> String {
    format!("{}, records {}", env!("CARGO_PKG_VERSION"), unecho_model::record::FORMAT_VERSION)
}

fn threads() -> Result<String, String> {
    std::thread::available_parallelism().map(|count| count.to_string()).map_err(|error| error.to_string())
}

/// Memory of the machine, where the system says.
fn memory() -> Result<String, String> {
    let Ok(text) = fs::read_to_string("/proc/meminfo") else {
        return Ok("not known on this system".to_owned());
    };
    let of = |key: &str| {
        let line = text.lines().find(|line| line.starts_with(key))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    match (of("MemTotal:"), of("MemAvailable:")) {
        (Some(total), Some(free)) => {
            let may_take = unecho_pipeline::machine_bytes().unwrap_or_default() / 2 / (1 << 20);
            let (total, free) = (total / 1024, free / 1024);
            Ok(format!("{total} MiB, {free} MiB of it available; a run takes at most about {may_take} MiB"))
        }
        _ => Ok("not known on this system".to_owned()),
    }
}

fn open_files() -> Result<String, String> {
    let Ok(text) = fs::read_to_string("/proc/self/limits") else {
        return Ok("limit not known on this system".to_owned());
    };
    let line = text.lines().find(|line| line.starts_with("Max open files"));
    let limit = line.and_then(|line| line["Max open files".len()..].split_whitespace().next());
    match limit.map(|limit| (limit, limit.parse::<u64>())) {
        Some((limit, Ok(number))) if number < OPEN_FILES_MIN => {
            Err(format!("at most {limit}; a run may need {OPEN_FILES_MIN} (ulimit -n)"))
        }
        Some((limit, _)) => Ok(format!("at most {limit}")),
        None => Ok("limit not known on this system".to_owned()),
    }
}

fn settings_found(settings: &Settings) -> Result<String, String> {
    settings.all().map_err(|failure| failure.to_string())?;
    let found: Vec<String> = places()
        .into_iter()
        .filter(|place| place.is_file())
        .map(|place| place.display().to_string())
        .collect();
    Ok(if found.is_empty() { "no file, all defaults".to_owned() } else { found.join(", ") })
}

/// Does in a folder what publishing an output takes.
fn folder(folder: &Path) -> Result<String, String> {
    let name = folder.display();
    let probe = folder.join(format!(".unecho-doctor-{}", std::process::id()));
    let outcome = try_folder(&probe);
    let removed = if probe.exists() { fs::remove_dir_all(&probe) } else { Ok(()) };
    match outcome.and(removed) {
        Ok(()) => Ok(format!("{name}: files can be made, locked, synced and renamed")),
        Err(error) => Err(format!("{name}: {error}")),
    }
}

fn try_folder(probe: &Path) -> io::Result<()> {
    fs::create_dir(probe)?;
    let (from, to) = (probe.join("a"), probe.join("b"));
    let mut file = File::create_new(&from)?;
    file.lock()?;
    file.write_all(b"unecho")?;
    file.sync_all()?;
    file.unlock()?;
    fs::rename(&from, &to)?;
    File::open(probe)?.sync_all()?;
    match fs::read(&to)?.as_slice() {
        b"unecho" => Ok(()),
        _ => Err(io::Error::other("a file does not read as it was written")),
    }
}
