//! A source as it is handed to another machine, which reads it in place of the one that found it.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use unecho_objects::{Location, Object, Store};

use super::{Place, Source};
use crate::decode::Compression;
use crate::format::Format;
use crate::label::Label;

/// What another machine needs to know of a source. Files must have the same path there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortableSource {
    path: String,
    stem: String,
    format: Format,
    compression: Compression,
    place: PortablePlace,
    size_bytes: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum PortablePlace {
    File(PathBuf),
    Object { address: String, key: String, size_bytes: u64, version: Option<String> },
}

impl PortableSource {
    /// What another machine needs to know of `source`; `None` when only this one can read it: standard input,
    /// or what was fetched from the web.
    #[must_use]
    pub fn of(source: &Source) -> Option<Self> {
        let place = match &source.place {
            // Machines may have other current folders.
            Place::File(path) => PortablePlace::File(std::path::absolute(path).ok()?),
            Place::Object { store, object } => PortablePlace::Object {
                address: store.address(&object.key),
                key: object.key.clone(),
                size_bytes: object.size_bytes,
                version: object.version.clone(),
            },
            Place::Archived { .. } | Place::StandardInput => return None,
        };
        Some(Self {
            path: source.label.path().to_owned(),
            stem: source.label.stem().to_owned(),
            format: source.format,
            compression: source.compression,
            place,
            size_bytes: source.size_bytes,
        })
    }

    /// The path as the user named it, or as it was found below a folder.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The source, to be read here.
    ///
    /// # Errors
    /// When the object store cannot be reached as the environment says.
    pub fn into_source(self) -> Result<Source, unecho_objects::Error> {
        let place = match self.place {
            PortablePlace::File(path) => Place::File(path),
            PortablePlace::Object { address, key, size_bytes, version } => {
                let location: Location = address.parse()?;
                Place::Object { store: Store::open(&location)?, object: Object { key, size_bytes, version } }
            }
        };
        Ok(Source {
            label: Arc::new(Label::new(self.path, &self.stem)),
            format: self.format,
            compression: self.compression,
            place,
            size_bytes: self.size_bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, resolve};

    #[test]
    fn a_file_is_the_same_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rows.jsonl.gz"), b"{}").unwrap();
        let found = resolve(&[folder.path()], &Config::default()).unwrap().sources;
        let there = PortableSource::of(&found[0]).unwrap();
        let json = serde_json::to_string(&there).unwrap();
        let here: PortableSource = serde_json::from_str(&json).unwrap();
        assert_eq!(here.path(), found[0].path());
        assert_eq!(here.into_source().unwrap(), found[0]);
        assert_eq!(PortableSource::of(&Source::standard_input()), None);
    }
}
