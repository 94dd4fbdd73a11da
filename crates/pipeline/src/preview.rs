//! What a run would read, without reading it. Nothing is written, and nobody is asked over a network but
//! object stores, whose objects have to be listed.

use std::ffi::OsStr;

use unecho_fetch::Source;
use unecho_model::Rejected;
use unecho_normalize::Normalizer;

use crate::{Config, Error};

/// What a run would read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preview {
    /// Files, objects, standard input, in canonical order.
    pub inputs: Vec<PreviewInput>,
    /// Addresses of the web that would be fetched.
    pub addresses: Vec<String>,
    /// What would be rejected at once: paths that do not exist or cannot be looked at.
    pub rejected: Vec<Rejected>,
    /// Number of files in folders that would be left alone.
    pub files_skipped: u64,
    /// The first of these, by path.
    pub skipped_paths: Vec<String>,
}

/// One input of a [`Preview`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewInput {
    /// As records would name it.
    pub path: String,
    /// Its size; `None` for pipes and standard input.
    pub bytes: Option<u64>,
}

/// Finds what `inputs` name, and checks the rules that `config` names.
///
/// # Errors
/// When inputs or rules cannot be understood, or there is nothing to read at all.
pub fn preview<S: AsRef<OsStr>>(inputs: &[S], config: &Config) -> Result<Preview, Error> {
    Normalizer::new(&config.normalize)?;
    let found = unecho_fetch::resolve(inputs, &config.fetch)?;
    if found.sources.is_empty() && found.web.is_empty() {
        return Err(Error::NoInput(found.rejected));
    }
    let input = |source: &Source| PreviewInput { path: source.path().to_owned(), bytes: source.size_bytes() };
    Ok(Preview {
        inputs: found.sources.iter().map(input).collect(),
        addresses: found.web.into_iter().collect(),
        rejected: found.rejected,
        files_skipped: found.skipped.n_files as u64,
        skipped_paths: found.skipped.paths,
    })
}
