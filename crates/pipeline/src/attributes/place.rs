//! Which inputs have an attribute file, and where it stands: where the documents would be, with
//! `attributes/unecho` in place of `documents`, below the one folder that holds all of them.

use std::collections::BTreeSet;

use unecho_fetch::Source;
use unecho_write::ATTRIBUTES_FOLDER;

use crate::Error;

/// The folder of documents in a data set.
const DOCUMENTS: &str = "documents";
/// The folder of attributes in a data set.
const ATTRIBUTES: &str = "attributes/unecho";
/// What names of files of JSON lines end with that dolma reads.
const LINES: [&str; 3] = [".jsonl", ".json", ".ndjson"];
/// And the compressions of them.
const COMPRESSIONS: [&str; 3] = [".gz", ".zst", ".zstd"];

/// An input that has an attribute file.
#[derive(Debug)]
pub(crate) struct Marked {
    pub(crate) source: Source,
    /// Path of the attribute file below the output folder.
    pub(crate) name: String,
}

/// The inputs that have attribute files: those that are files of JSON lines by their names.
///
/// # Errors
/// When there is none, or two would have the same.
pub(crate) fn marked(sources: &[Source]) -> Result<Vec<Marked>, Error> {
    let places: Vec<(&Source, Place<'_>)> =
        sources.iter().filter_map(|source| Some((source, Place::of(source.path())?))).collect();
    if places.is_empty() {
        return Err(Error::NoLines);
    }
    let names = names(&places.iter().map(|(_, place)| place).collect::<Vec<_>>());
    let mut taken = BTreeSet::new();
    if let Some(twice) = names.iter().find(|name| !taken.insert(name.as_str())) {
        return Err(Error::AttributesClash(twice.clone()));
    }
    let marked = places.into_iter().zip(names);
    Ok(marked.map(|((source, _), name)| Marked { source: source.clone(), name }).collect())
}

/// A file in a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place<'a> {
    /// The folder of the data set.
    set: Vec<&'a str>,
    /// The file below the folder of its documents.
    file: Vec<&'a str>,
}

impl<'a> Place<'a> {
    /// The place of an input; `None` for what is no file of JSON lines.
    fn of(path: &'a str) -> Option<Self> {
        let plain = COMPRESSIONS.iter().find_map(|end| path.strip_suffix(end)).unwrap_or(path);
        if !LINES.iter().any(|end| plain.ends_with(end)) {
            return None;
        }
        let below = path.split_once("://").map_or(path, |(_, below)| below);
        let is_name = |part: &&str| !["", ".", ".."].contains(part);
        let parts: Vec<&str> = below.split('/').filter(is_name).collect();
        let (name, folders) = parts.split_last()?;
        let (set, between) = match folders.iter().rposition(|folder| *folder == DOCUMENTS) {
            Some(at) => (&folders[..at], &folders[at + 1..]),
            None => (folders, &folders[folders.len()..]),
        };
        Some(Self { set: set.to_vec(), file: [between, &[*name]].concat() })
    }
}

/// The names of attribute files for inputs at these places.
fn names(places: &[&Place<'_>]) -> Vec<String> {
    let Some(first) = places.first() else { return Vec::new() };
    let shared = |place: &&Place<'_>| first.set.iter().zip(&place.set).take_while(|(a, b)| a == b).count();
    let common = places.iter().map(shared).min().unwrap_or(0);
    let name = |place: &&Place<'_>| {
        let parts = [&place.set[common..], &[ATTRIBUTES], &place.file[..]].concat();
        format!("{ATTRIBUTES_FOLDER}{}", parts.join("/"))
    };
    places.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(paths: &[&str], expect: &[&str]) {
        let places: Vec<Place<'_>> = paths.iter().filter_map(|path| Place::of(path)).collect();
        assert_eq!(names(&places.iter().collect::<Vec<_>>()), expect, "{paths:?}");
    }

    #[test]
    fn attributes_stand_where_documents_would() {
        check(&["wiki/v0/documents/a/0.jsonl.gz"], &["dolma/attributes/unecho/a/0.jsonl.gz"]);
        check(
            &["/data/one/documents/0.json.gz", "/data/two/documents/0.json.gz", "/data/two/notes.txt"],
            &["dolma/one/attributes/unecho/0.json.gz", "dolma/two/attributes/unecho/0.json.gz"],
        );
        check(&["s3://bucket/x/documents/0.jsonl.zst"], &["dolma/attributes/unecho/0.jsonl.zst"]);
        check(
            &["feed.jsonl", "../more.jsonl"],
            &["dolma/attributes/unecho/feed.jsonl", "dolma/attributes/unecho/more.jsonl"],
        );
        check(
            &["in/a.jsonl", "in/b/c.jsonl"],
            &["dolma/attributes/unecho/a.jsonl", "dolma/b/attributes/unecho/c.jsonl"],
        );
        check(&["-", "a.csv", "a.zip", "a.jsonl.xz", "https://news.example/feed"], &[]);
    }
}
