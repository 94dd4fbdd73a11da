//! Goes through folders. Hidden files and folders are left out, links to folders are not followed,
//! so that no link can lead outside or round in circles.

use std::fs;
use std::io::Read;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

use super::{Findings, Found};
use crate::Source;
use crate::format::name_of;
use crate::label::{Label, Refusal, path_text};
use crate::source::Place;

/// An entry below a folder that is no folder itself.
pub(super) struct Entry {
    /// As the user would name it.
    pub(super) path: String,
    /// Below the folder that was named, with `/` between the parts.
    pub(super) relative: String,
    /// To open it by.
    pub(super) file: PathBuf,
    /// The same for all paths that lead to one file; its own place for a link that leads nowhere.
    pub(super) canonical: PathBuf,
    /// What it is, links followed.
    pub(super) metadata: Result<fs::Metadata, std::io::Error>,
}

/// Whether hidden files and folders are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hidden {
    Skipped,
    Included,
}

/// Finds all files of a known kind below the folder `locator`.
pub(super) fn folder(root: &Path, findings: &mut Findings) {
    walk(root, usize::MAX, Hidden::Skipped, findings, |entry, findings| {
        let name = name_of(&entry.relative);
        match (name.format, entry.metadata) {
            (Some(format), Ok(metadata)) if metadata.is_file() => findings.add(Found {
                canonical: entry.canonical,
                source: Source {
                    label: Arc::new(Label::new(entry.path, name.stem)),
                    format,
                    compression: name.compression,
                    place: Place::File(entry.file),
                    size_bytes: Some(metadata.len()),
                },
            }),
            (Some(_), Err(error)) => findings.reject(&entry.path, &error),
            _ => findings.skip(entry.path, entry.canonical),
        }
    });
}

/// Calls `visit` for everything below `root` that is no folder, at most `depth_max` folders down.
/// Folders that cannot be read are rejected.
pub(super) fn walk(
    root: &Path,
    depth_max: usize,
    hidden: Hidden,
    findings: &mut Findings,
    mut visit: impl FnMut(Entry, &mut Findings),
) {
    let canonical_root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let entries = WalkDir::new(root).max_depth(depth_max).into_iter().filter_entry(|entry| {
        entry.depth() == 0 || (hidden == Hidden::Included || !is_hidden(entry)) && !is_result(entry)
    });
    for entry in entries {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) => visit(entry_below(root, &canonical_root, &entry), findings),
            Err(error) => {
                let path = path_text(error.path().unwrap_or(root).as_os_str().as_encoded_bytes());
                let refusal = error.io_error().map_or_else(
                    || Refusal::new(unecho_model::RejectReason::Unreadable, error.to_string()),
                    Refusal::of_io,
                );
                findings.refuse(&path, refusal);
            }
        }
    }
}

/// Whether a folder is the result of an earlier run, which is no input unless it is named itself: the
/// same command twice would otherwise read what it wrote.
fn is_result(entry: &DirEntry) -> bool {
    let manifest = || fs::File::open(entry.path().join(MANIFEST));
    entry.file_type().is_dir()
        && entry.path().join(SUCCESS).exists()
        && manifest().is_ok_and(|mut manifest| is_ours(&mut manifest))
}

/// Files that every result has.
pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const SUCCESS: &str = "_SUCCESS";

/// Whether a manifest is one of a result of this tool.
pub(super) fn is_ours(manifest: &mut dyn Read) -> bool {
    /// How far into the manifest its maker is named.
    const HEAD_BYTES: u64 = 256;
    let mut head = Vec::new();
    manifest.take(HEAD_BYTES).read_to_end(&mut head).is_ok()
        && String::from_utf8_lossy(&head).contains("\"tool\": \"unecho\"")
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn entry_below(root: &Path, canonical_root: &Path, entry: &DirEntry) -> Entry {
    let file = entry.path().to_owned();
    let relative = file.strip_prefix(root).unwrap_or(&file);
    let in_place = canonical_root.join(relative);
    let (canonical, metadata) = if entry.path_is_symlink() {
        (fs::canonicalize(&file).unwrap_or(in_place), fs::metadata(&file))
    } else {
        // Folders on the way are no links, so this is canonical already, and cheaper.
        (in_place, entry.metadata().map_err(Into::into))
    };
    Entry {
        path: path_text(file.as_os_str().as_encoded_bytes()),
        relative: with_slashes(relative),
        canonical,
        metadata,
        file,
    }
}

fn with_slashes(relative: &Path) -> String {
    let relative = path_text(relative.as_os_str().as_encoded_bytes());
    match MAIN_SEPARATOR {
        '/' => relative,
        separator => relative.replace(separator, "/"),
    }
}
