//! What users can set for reading, with every limit that reading keeps.

use serde::{Deserialize, Serialize};

use crate::{Layout, WebConfig};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const TIB: u64 = 1 << 40;

/// How inputs are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Name of the JSON field that holds the text of a document. It wins over the meaning the name
    /// has otherwise: with `title`, documents have a text and no headline.
    pub text_field: String,
    /// Whose names the fields of rows have.
    pub layout: Layout,
    /// The limits.
    pub limits: Limits,
    /// How the web is asked. What is fetched is kept, so that a result does not depend on it.
    #[serde(skip)]
    pub web: WebConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            text_field: "text".to_owned(),
            layout: Layout::Auto,
            limits: Limits::default(),
            web: WebConfig::default(),
        }
    }
}

/// Bounds on what one input may cost. Whatever is over a limit is rejected, never cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Largest document, and largest file that is read as a whole, in bytes after decompression.
    pub document_bytes_max: usize,
    /// Longest line of a JSON lines file, in bytes without the newline.
    pub line_bytes_max: usize,
    /// Longest header of a WARC record, and of the HTTP answer in it, in bytes.
    pub record_header_bytes_max: usize,
    /// Most bytes that one compressed file may decompress to, archives with all their members.
    pub decompressed_bytes_max: u64,
    /// Most bytes that one compressed byte may decompress to, on average over the file so far.
    pub decompression_ratio_max: u32,
    /// Decompressed bytes before the ratio is looked at: short files of one repeated character
    /// are no bombs.
    pub ratio_free_bytes: u64,
    /// Size that batches of lines are made for, in bytes; one line may be longer.
    pub batch_bytes: usize,
    /// Most lines in a batch: bounds what a batch of tiny lines grows to when it is parsed.
    pub batch_lines_max: usize,
    /// Deepest archive inside archives that is opened; one that lies by itself is 1 deep.
    pub archive_depth_max: usize,
    /// Most members of an archive, entries of a feed, and columns of a table.
    pub members_max: usize,
    /// Deepest nesting of elements in a feed or sitemap.
    pub xml_depth_max: usize,
    /// Most bytes that are put into a temporary file, for an archive or table that cannot be read
    /// where it lies because it is compressed or comes through a pipe.
    pub spool_bytes_max: u64,
    /// Largest page of a Parquet file, and buffer of an Arrow file, in bytes after decompression.
    pub page_bytes_max: u64,
    /// Largest row group of a Parquet file that one thread decodes at once, in bytes before
    /// compression; larger ones are read in sequence.
    pub row_group_bytes_max: u64,
    /// Most objects that one address of an object store may lead to.
    pub objects_max: usize,
    /// Largest `@list` file, in bytes.
    pub list_bytes_max: usize,
    /// How many of the files that were skipped in folders are listed by name.
    pub skipped_listed_max: usize,
    /// How many kinds of skipped records and members of one source are told apart.
    pub skipped_kinds_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes_max: 32 * MIB,
            line_bytes_max: 32 * MIB,
            record_header_bytes_max: 64 * KIB,
            decompressed_bytes_max: TIB,
            decompression_ratio_max: 1000,
            ratio_free_bytes: 8 * MIB as u64,
            batch_bytes: MIB,
            batch_lines_max: 16 * KIB,
            archive_depth_max: 3,
            members_max: MIB,
            xml_depth_max: 128,
            spool_bytes_max: 64 << 30,
            page_bytes_max: 256 * MIB as u64,
            row_group_bytes_max: 64 * MIB as u64,
            objects_max: 4 * MIB,
            list_bytes_max: 64 * MIB,
            skipped_listed_max: 100,
            skipped_kinds_max: 200,
        }
    }
}
