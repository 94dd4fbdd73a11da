//! In what form record files are stored.

use std::fmt;
use std::str::FromStr;

/// In what form record files are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Jsonl(Compression),
    /// Apache Parquet, compressed with Zstandard, with page index; one schema for each kind of record.
    Parquet,
}

/// How lines are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    Plain,
    /// gzip, one member a block.
    Gzip,
    /// Zstandard, one frame a block.
    Zstd,
}

impl Compression {
    /// That of lines in a file of this name, told by its last extension.
    #[must_use]
    pub fn of_file(name: &str) -> Self {
        match name.rsplit_once('.') {
            Some((_, "gz")) => Self::Gzip,
            Some((_, "zst" | "zstd")) => Self::Zstd,
            _ => Self::Plain,
        }
    }
}

impl Format {
    /// Every format, by name.
    pub const ALL: [Self; 4] = [
        Self::Jsonl(Compression::Zstd),
        Self::Jsonl(Compression::Gzip),
        Self::Jsonl(Compression::Plain),
        Self::Parquet,
    ];

    /// What flags and config call it: `jsonl.zst`, `jsonl.gz`, `jsonl`, `parquet`. It is also the
    /// extension of its files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jsonl(Compression::Zstd) => "jsonl.zst",
            Self::Jsonl(Compression::Gzip) => "jsonl.gz",
            Self::Jsonl(Compression::Plain) => "jsonl",
            Self::Parquet => "parquet",
        }
    }

    /// The format of a file of this name.
    #[must_use]
    pub fn of_file(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit('/').next()?.split_once('.')?;
        extension.parse().ok()
    }
}

impl Default for Format {
    fn default() -> Self {
        Self::Jsonl(Compression::Zstd)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no format's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat(String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Format::ALL.map(Format::name).join(", ");
        write!(f, "unknown format '{}'; known: {known}", self.0)
    }
}

impl std::error::Error for UnknownFormat {}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let named = |format: &&Self| format.name() == name;
        Self::ALL.iter().find(named).copied().ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
            assert_eq!(Format::of_file(&format!("data/train-00000-of-00001.{format}")), Some(format));
        }
        assert!("csv".parse::<Format>().is_err());
        assert_eq!(Format::of_file("summary.json"), None);
        let compressions = ["a.b.json.gz", "a.zst", "a/b.gz/c.jsonl"].map(Compression::of_file);
        assert_eq!(compressions, [Compression::Gzip, Compression::Zstd, Compression::Plain]);
    }
}
