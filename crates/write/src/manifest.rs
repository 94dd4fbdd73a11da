//! The manifest: what a finished output holds and what it was made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use unecho_model::{Digest, record::FORMAT_VERSION, summary::DocumentCounts};

/// File name of the manifest in an output folder.
pub const MANIFEST_NAME: &str = "manifest.json";

/// File that says the output is complete; it holds the digest of the manifest.
pub const SUCCESS_NAME: &str = "_SUCCESS";

/// What a finished output holds. Says nothing of time, place or threads: two runs on the same input
/// and config have the same manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always `unecho`.
    pub tool: String,
    /// Version of the tool.
    pub tool_version: String,
    /// Version of the record formats.
    pub format_version: u32,
    /// The config that the result depends on.
    pub config: Value,
    /// Every input file, in canonical order.
    pub inputs: Vec<InputEntry>,
    /// What became of the documents.
    pub documents: DocumentCounts,
    /// The fields of each kind of record that is here, by its name, in the order in which they stand in a record.
    #[serde(default)]
    pub schemas: BTreeMap<String, Vec<FieldEntry>>,
    /// Every file of the output but the manifest and the success marker, by path.
    pub files: Vec<FileEntry>,
}

impl Manifest {
    /// Value of [`Manifest::tool`].
    pub const TOOL: &str = "unecho";

    /// A manifest of this tool and format, yet without files.
    #[must_use]
    pub fn new(config: Value, inputs: Vec<InputEntry>, documents: DocumentCounts) -> Self {
        Self {
            tool: Self::TOOL.to_owned(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            format_version: FORMAT_VERSION,
            config,
            inputs,
            documents,
            schemas: BTreeMap::new(),
            files: Vec::new(),
        }
    }
}

/// One field of a kind of record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldEntry {
    /// Its name.
    pub name: String,
    /// Its type: `string`, `int64`, `float32`, `float64`, `bool`, `json` (any value; in Parquet its text),
    /// `list<…>` or `struct<name: …, …>`, with `?` where it may be null or absent.
    #[serde(rename = "type")]
    pub type_name: String,
}

/// One input file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputEntry {
    /// As the user named it.
    pub path: String,
    /// Size in bytes, as far as it was read.
    pub bytes: u64,
    /// blake3 of its bytes; `None` when it could not be read to its end.
    pub digest: Option<Digest>,
}

/// One file of the output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Path below the output folder, with `/`.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// blake3 of the file.
    pub digest: Digest,
    /// SHA-256 of the file in hexadecimal digits, for `sha256sum` and whatever else knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Number of records, for record files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// blake3 of the records before compression, for record files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_digest: Option<Digest>,
}
