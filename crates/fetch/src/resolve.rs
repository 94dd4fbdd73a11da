//! Finds what there is to read: locators to sources, each once, in an order that does not depend on
//! the order of the locators. Files are not opened here, except lists; object stores are asked what they hold.

mod list;
mod objects;
mod pattern;
mod walk;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use unecho_model::{RejectReason, Rejected};
use unecho_objects::Location;

use crate::format::{Format, name_of};
use crate::label::{Label, Refusal, path_text};
use crate::source::Place;
use crate::{Config, Error, ErrorKind, Source};

/// What there is to read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sources {
    /// The sources, by path as a string of bytes; no file occurs twice.
    pub sources: Vec<Source>,
    /// Addresses of the web, sorted: what they lead to is for [`fetch`](crate::fetch()) to find.
    pub web: Vec<String>,
    /// Locators that lead nowhere and folders that cannot be read, by path.
    pub rejected: Vec<Rejected>,
    /// Files in folders that are of no kind that is read.
    pub skipped: Skipped,
}

/// Files found in folders and left alone: of no kind that is read, or a link to a folder. Hidden
/// files do not count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skipped {
    /// How many.
    pub n_files: usize,
    /// The first of them by path, at most `skipped_listed_max`.
    pub paths: Vec<String>,
}

/// Finds the sources of `inputs`. Each is one of
/// - `-`: standard input;
/// - `http://…`, `https://…`: an address of the web;
/// - `s3://…`, `gs://…`, `az://…`: an object, all objects of a known kind below a folder, or a pattern of
///   keys; the environment says how the store is reached;
/// - `@list`: a file with one locator a line;
/// - a file, or its address `file:///…`: read whatever its extension, as plain text where neither name
///   nor content says more;
/// - a folder: all files of a known kind below it; hidden ones are skipped, links to files are
///   followed and links to folders are not;
/// - a pattern with `*`, `**`, `?`, `[…]` or `{…,…}`: all files that match; hidden ones only where
///   the pattern names the dot.
///
/// What has the name of an existing file is that file, even if it looks like a pattern. A file
/// reached in several ways is read once, under the least of its paths.
///
/// # Errors
/// When there is no input, an input is empty, or a pattern has a syntax error. Whatever does not
/// exist or cannot be read is in [`Sources::rejected`].
pub fn resolve<S: AsRef<OsStr>>(inputs: &[S], config: &Config) -> Result<Sources, Error> {
    if inputs.is_empty() {
        return Err(Error::new(ErrorKind::NoInput, "no input given"));
    }
    let mut findings = Findings::default();
    for input in inputs {
        let input = input.as_ref();
        match input.to_str().and_then(|input| input.strip_prefix('@')) {
            Some(list) if !list.is_empty() => list::find_all(list, config, &mut findings)?,
            _ => find(input, config, &mut findings)?,
        }
    }
    Ok(findings.into_sources(config))
}

/// Finds the sources of one locator that is no list.
fn find(locator: &OsStr, config: &Config, findings: &mut Findings) -> Result<(), Error> {
    if locator.is_empty() {
        return Err(Error::new(ErrorKind::EmptyLocator, "an input is the empty string"));
    }
    if locator == Source::STANDARD_INPUT {
        findings.standard_input = true;
        return Ok(());
    }
    let text = locator.to_str();
    if let Some(address) = text.filter(|text| is_web(text)) {
        findings.web.insert(address.to_owned());
        return Ok(());
    }
    if let Some(address) = text.filter(|text| Location::is_one(text)) {
        return objects::find(address, config, findings);
    }
    let path = match text.and_then(|text| text.strip_prefix("file://")) {
        Some(_) => match file_of_url(text.unwrap_or_default()) {
            Some(path) => path,
            None => {
                let refusal = Refusal::new(RejectReason::Unreadable, "an address of a file that is no path");
                findings.refuse(text.unwrap_or_default(), refusal);
                return Ok(());
            }
        },
        None => PathBuf::from(locator),
    };
    let shown = path_text(path.as_os_str().as_encoded_bytes());
    match (fs::metadata(&path), text) {
        (Ok(metadata), _) if metadata.is_dir() => walk::folder(&path, findings),
        (Ok(metadata), _) => findings.add_named(&shown, file_name(&shown), &path, &metadata),
        (Err(error), Some(text)) if is_absent(&error) && pattern::is_pattern(text) => {
            pattern::find(text, findings)?;
        }
        (Err(error), _) => findings.reject(&shown, &error),
    }
    Ok(())
}

/// Whether a locator is an address of the web.
fn is_web(locator: &str) -> bool {
    let scheme = locator.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
}

/// The path in `file:///…`.
fn file_of_url(url: &str) -> Option<PathBuf> {
    url::Url::parse(url).ok()?.to_file_path().ok()
}

/// Whether the error says that there is no such file, and not that it cannot be looked at.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn file_name(locator: &str) -> &str {
    locator.rsplit('/').find(|part| !part.is_empty()).unwrap_or(locator)
}

/// What was found so far.
#[derive(Default)]
struct Findings {
    files: Vec<Found>,
    skipped: Vec<Passed>,
    rejected: Vec<Rejected>,
    web: BTreeSet<String>,
    standard_input: bool,
}

/// A file to read.
struct Found {
    /// The same for all paths that lead to one file.
    canonical: PathBuf,
    source: Source,
}

/// A file not to read, unless it is named by itself.
struct Passed {
    canonical: PathBuf,
    path: String,
}

impl Findings {
    /// A file that was asked for by its name, or by a pattern.
    fn add_named(&mut self, path: &str, relative: &str, file: &Path, metadata: &fs::Metadata) {
        let name = name_of(relative);
        let unknown = if metadata.is_file() { Format::PlainText } else { Format::Told };
        // A pipe has no canonical path.
        let canonical = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        self.add(Found {
            canonical,
            source: Source {
                label: Arc::new(Label::new(path.to_owned(), name.stem)),
                format: name.format.unwrap_or(unknown),
                compression: name.compression,
                place: Place::File(file.to_owned()),
                size_bytes: metadata.is_file().then_some(metadata.len()),
            },
        });
    }

    fn add(&mut self, found: Found) {
        self.files.push(found);
    }

    fn skip(&mut self, path: String, canonical: PathBuf) {
        self.skipped.push(Passed { canonical, path });
    }

    fn reject(&mut self, path: &str, error: &io::Error) {
        self.refuse(path, Refusal::of_io(error));
    }

    fn refuse(&mut self, path: &str, refusal: Refusal) {
        let label = Label::new(path.to_owned(), name_of(file_name(path)).stem);
        self.rejected.push(label.reject(None, refusal, &[], 0));
    }

    /// Sorts everything, each file once.
    fn into_sources(mut self, config: &Config) -> Sources {
        self.files.sort_by(|a, b| a.order_of_names().cmp(&b.order_of_names()));
        self.files.dedup_by(|later, first| later.canonical == first.canonical);
        self.skipped.retain(|passed| {
            self.files.binary_search_by(|found| found.canonical.cmp(&passed.canonical)).is_err()
        });
        self.skipped.sort_by(|a, b| (&a.canonical, &a.path).cmp(&(&b.canonical, &b.path)));
        self.skipped.dedup_by(|later, first| later.canonical == first.canonical);
        let n_files = self.skipped.len();
        let mut paths: Vec<String> = self.skipped.into_iter().map(|passed| passed.path).collect();
        paths.sort_unstable();
        paths.truncate(config.limits.skipped_listed_max);

        if self.standard_input {
            let canonical = PathBuf::from(Source::STANDARD_INPUT);
            self.files.push(Found { canonical, source: Source::standard_input() });
        }
        self.files.sort_by(|a, b| (a.source.path(), &a.canonical).cmp(&(b.source.path(), &b.canonical)));
        self.rejected.sort_by(|a, b| a.origin.cmp(&b.origin).then_with(|| a.detail.cmp(&b.detail)));
        self.rejected.dedup();
        Sources {
            sources: self.files.into_iter().map(|found| found.source).collect(),
            web: self.web.into_iter().collect(),
            rejected: self.rejected,
            skipped: Skipped { n_files, paths },
        }
    }
}

impl Found {
    /// Brings the names of one file together, the one to be kept first: the least path; reached
    /// through several folders under one path, the one with the most telling id.
    fn order_of_names(&self) -> (&Path, &str, std::cmp::Reverse<usize>, &str) {
        let stem = self.source.label.stem();
        (&self.canonical, self.source.path(), std::cmp::Reverse(stem.len()), stem)
    }
}
