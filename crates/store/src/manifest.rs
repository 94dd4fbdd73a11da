//! The pointer: which segments there are, what was run, and how keys were made.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use unecho_model::Digest;

use crate::{Error, ErrorKind};

/// File name of the pointer.
pub const MANIFEST_NAME: &str = "index.json";

/// How keys and documents were made, by name. Whoever looks for something must have made it in the same
/// way.
pub type Schemes = BTreeMap<String, String>;

/// What the pointer holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always `unecho-index`.
    pub tool: String,
    /// Version of the files.
    pub format_version: u32,
    /// How keys and documents were made.
    pub schemes: Schemes,
    /// The runs whose documents are here, in order.
    pub runs: Vec<RunEntry>,
    /// The segments, in the order of their documents, without gaps.
    pub segments: Vec<SegmentEntry>,
}

/// A run whose documents are in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEntry {
    /// What it read: two runs on the same inputs are the same run. Empty when the run was forgotten.
    pub id: String,
    /// Number of its first document.
    pub first: u64,
    /// How many documents it has.
    pub documents: u64,
    /// How many of them it kept.
    pub kept: u64,
    /// Digest of the config that its decisions depend on.
    pub config: Digest,
    /// Numbers of documents of earlier runs that it changed, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<u64>,
}

/// A segment file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentEntry {
    /// Its name in the folder.
    pub file: String,
    /// Number of its first document.
    pub first: u64,
    /// How many documents it has.
    pub documents: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// blake3 of the file.
    pub digest: Digest,
}

impl RunEntry {
    /// The number after that of its last document.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.first + self.documents
    }
}

impl SegmentEntry {
    /// The number after that of its last document.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.first + self.documents
    }
}

/// What stands between the manifest and the digest of all bytes before the digest.
const SEAL: &str = "\n,\"digest\":\"";
const SEAL_END: &str = "\"}\n";

impl Manifest {
    /// Value of [`Manifest::tool`].
    pub const TOOL: &str = "unecho-index";
    /// Version of the files that this crate writes.
    pub const FORMAT_VERSION: u32 = 2;

    /// Of a store without documents.
    #[must_use]
    pub fn new(schemes: Schemes) -> Self {
        Self {
            tool: Self::TOOL.to_owned(),
            format_version: Self::FORMAT_VERSION,
            schemes,
            runs: Vec::new(),
            segments: Vec::new(),
        }
    }

    /// The number that the next document gets.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.segments.last().map_or(0, SegmentEntry::end)
    }

    /// As a file: JSON with the digest of everything before the digest at its end.
    pub(crate) fn to_file(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a manifest is always JSON");
        bytes.pop();
        bytes.extend(SEAL.as_bytes());
        let digest = Digest::of(&bytes).to_string();
        bytes.extend(digest.as_bytes());
        bytes.extend(SEAL_END.as_bytes());
        bytes
    }

    /// From the bytes of a file.
    pub(crate) fn of_file(bytes: &[u8], path: &Path) -> Result<Self, Error> {
        let damaged = || Error::damaged(path, "is not as it was written");
        let digest_at = bytes.len().checked_sub(SEAL_END.len() + 64).ok_or_else(damaged)?;
        let (sealed, rest) = bytes.split_at(digest_at);
        if rest != format!("{}{SEAL_END}", Digest::of(sealed)).as_bytes() {
            return Err(damaged());
        }
        let manifest: Self = serde_json::from_slice(bytes)
            .map_err(|error| Error::damaged(path, format!("is no manifest: {error}")))?;
        if manifest.tool != Self::TOOL || manifest.format_version != Self::FORMAT_VERSION {
            let version = manifest.format_version;
            let text = format!("has version {version} of the format; known is {}", Self::FORMAT_VERSION);
            return Err(Error::new(ErrorKind::Unfit, path, text));
        }
        if !manifest.is_whole() {
            return Err(Error::damaged(path, "has gaps between its segments or runs"));
        }
        Ok(manifest)
    }

    /// Whether segments follow one another without gaps, and runs cover them.
    pub(crate) fn is_whole(&self) -> bool {
        let mut end = 0;
        let whole = self.segments.iter().all(|segment| {
            let follows = segment.first == end;
            end = segment.end();
            follows
        });
        let mut run_end = 0;
        let covered = self.runs.iter().all(|run| {
            let follows = run.first == run_end;
            run_end = run.end();
            follows
        });
        whole && covered && end == run_end
    }

    /// An error when `wanted` differs from the schemes here, which are those of `folder`.
    ///
    /// # Errors
    /// [`ErrorKind::Unfit`], with all differences.
    pub fn ensure_fits(&self, wanted: &Schemes, folder: &Path) -> Result<(), Error> {
        let mut differ = Vec::new();
        for (name, ours) in &self.schemes {
            let theirs = wanted.get(name).map_or("nothing", String::as_str);
            if theirs != ours {
                differ.push(format!("{name} is {ours} there and {theirs} now"));
            }
        }
        differ.extend(
            wanted
                .iter()
                .filter(|(name, _)| !self.schemes.contains_key(*name))
                .map(|(name, theirs)| format!("{name} is not there and {theirs} now")),
        );
        if differ.is_empty() {
            return Ok(());
        }
        let text = format!("was made with other settings: {}", differ.join("; "));
        Err(Error::new(ErrorKind::Unfit, folder, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let mut manifest = Manifest::new(Schemes::from([("words".to_owned(), "words-v1".to_owned())]));
        let digest = Digest::of(b"x");
        manifest.runs.push(RunEntry {
            id: "a".to_owned(),
            first: 0,
            documents: 3,
            kept: 2,
            config: digest,
            changed: Vec::new(),
        });
        let file = "segment".to_owned();
        manifest.segments.push(SegmentEntry { file, first: 0, documents: 3, bytes: 9, digest });
        manifest
    }

    #[test]
    fn every_flipped_byte_is_found() {
        let path = Path::new("index.json");
        let file = manifest().to_file();
        assert_eq!(Manifest::of_file(&file, path).unwrap(), manifest());
        for at in 0..file.len() {
            for bit in [1, 0x20, 0x80] {
                let mut bytes = file.clone();
                bytes[at] ^= bit;
                assert_eq!(Manifest::of_file(&bytes, path).unwrap_err().kind(), ErrorKind::Damaged, "{at}");
            }
        }
        for len in 0..file.len() {
            assert!(Manifest::of_file(&file[..len], path).is_err(), "{len}");
        }
    }

    #[test]
    fn gaps_and_other_versions_are_refused() {
        let kind = |manifest: &Manifest| {
            Manifest::of_file(&manifest.to_file(), Path::new("i")).map_err(|error| error.kind())
        };
        let mut gap = manifest();
        gap.segments[0].first = 1;
        assert_eq!(kind(&gap), Err(ErrorKind::Damaged));
        let mut uncovered = manifest();
        uncovered.runs.clear();
        assert_eq!(kind(&uncovered), Err(ErrorKind::Damaged));
        let other = Manifest { format_version: 1, ..manifest() };
        assert_eq!(kind(&other), Err(ErrorKind::Unfit));
    }

    #[test]
    fn other_schemes_are_named() {
        let wanted = Schemes::from([("words".to_owned(), "words-v2".to_owned())]);
        let error = manifest().ensure_fits(&wanted, Path::new("index")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "index: was made with other settings: words is words-v1 there and words-v2 now"
        );
        assert_eq!(error.kind(), ErrorKind::Unfit);
    }
}
