//! One thing to read: a file, an object or standard input, with the names its documents go under.

mod portable;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use unecho_objects::{Object, Store};

use crate::decode::Compression;
use crate::format::Format;
use crate::label::{Label, Refusal};
use crate::web::ArchivePlace;
use crate::{Config, Reader};

pub use portable::PortableSource;

/// A source that [`resolve`](crate::resolve()) found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub(crate) label: Arc<Label>,
    pub(crate) format: Format,
    pub(crate) compression: Compression,
    pub(crate) place: Place,
    pub(crate) size_bytes: Option<u64>,
}

/// Where the bytes of a source lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    File(PathBuf),
    /// One record of an archive of fetched pages.
    Archived {
        archive: PathBuf,
        place: ArchivePlace,
    },
    /// An object as it was listed.
    Object {
        store: Store,
        object: Object,
    },
    StandardInput,
}

impl Source {
    /// The path of standard input.
    pub(crate) const STANDARD_INPUT: &'static str = "-";

    pub(crate) fn standard_input() -> Self {
        Self {
            label: Arc::new(Label::new(Self::STANDARD_INPUT.to_owned(), "stdin")),
            format: Format::Told,
            compression: Compression::None,
            place: Place::StandardInput,
            size_bytes: None,
        }
    }

    /// Rows of a table, JSON objects one a line, that are handed over with [`Self::open_with`]. Those that bring no id
    /// are called `stem`, `:` and the number of their line.
    #[must_use]
    pub fn of_rows(stem: &str) -> Self {
        let label = Arc::new(Label::new(Self::STANDARD_INPUT.to_owned(), stem));
        Self { label, format: Format::JsonLines, ..Self::standard_input() }
    }

    /// The page at `url`, fetched into `archive`.
    pub(crate) fn archived(url: &str, archive: &Path, place: ArchivePlace) -> Self {
        Self {
            label: Arc::new(Label::new(url.to_owned(), url)),
            format: Format::Warc,
            compression: Compression::None,
            place: Place::Archived { archive: archive.to_owned(), place },
            size_bytes: Some(place.bytes),
        }
    }

    /// The path as the user named it, or as it was found below a folder; `-` for standard input.
    #[must_use]
    pub fn path(&self) -> &str {
        self.label.path()
    }

    /// Size on disk when it was found, in bytes; `None` for pipes and standard input.
    #[must_use]
    pub const fn size_bytes(&self) -> Option<u64> {
        self.size_bytes
    }

    /// Whether this is standard input.
    #[must_use]
    pub const fn is_standard_input(&self) -> bool {
        matches!(self.place, Place::StandardInput)
    }

    /// Begins to read. A file that cannot be opened shows as a rejection in the first batch.
    #[must_use]
    pub fn open(&self, config: &Config) -> Reader {
        let path = match &self.place {
            Place::File(path) => path,
            Place::Archived { archive, place } => {
                return Reader::of_record(&self.label, archive, *place, config);
            }
            Place::Object { store, object } => {
                return match store.read(object) {
                    Ok(content) => self.pipe(Box::new(content), self.size_bytes, config),
                    Err(error) => Reader::refused(&self.label, Refusal::of_io(&error.into()), config),
                };
            }
            Place::StandardInput => return self.pipe(Box::new(io::stdin()), None, config),
        };
        let kind = (self.format, self.compression);
        let opened = File::open(path).and_then(|file| {
            let is_file = file.metadata()?.is_file();
            Ok((file, is_file))
        });
        match opened {
            Ok((file, true)) => Reader::of_file(&self.label, kind, file, config),
            Ok((pipe, false)) => self.pipe(Box::new(pipe), None, config),
            Err(error) => Reader::refused(&self.label, Refusal::of_io(&error), config),
        }
    }

    /// Begins to read `content` in place of what lies at the source's path.
    #[must_use]
    pub fn open_with(&self, content: Box<dyn Read + Send>, config: &Config) -> Reader {
        self.pipe(content, None, config)
    }

    /// Begins to read `content` in sequence.
    fn pipe(&self, content: Box<dyn Read + Send>, size_bytes: Option<u64>, config: &Config) -> Reader {
        Reader::of_pipe(&self.label, (self.format, self.compression), content, size_bytes, config)
    }
}
