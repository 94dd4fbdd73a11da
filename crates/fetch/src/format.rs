//! What a file holds, told by its name. What the content says about it is `sniff`'s and `reader`'s.

use serde::{Deserialize, Serialize};

use crate::decode::Compression;

/// How the content of a source is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Format {
    /// One document, plain text.
    PlainText,
    /// One document, an HTML page.
    Html,
    /// One document a line.
    JsonLines,
    /// JSON lines, one object, or an array of objects.
    Json,
    /// Rows under a line of column names.
    Csv,
    /// Records of the Web ARChive format: WARC, WET.
    Warc,
    /// A feed: RSS, Atom.
    Feed,
    /// An archive of members.
    Zip,
    /// An archive of members.
    Tar,
    /// A table in columns, in row groups.
    Parquet,
    /// A table in columns, in record batches: an Arrow IPC file or stream.
    Arrow,
    /// JSON lines when it begins with `{`, else plain text.
    Told,
}

/// Endings of compressed files. They are taken off the name; of the content only Brotli's says
/// anything, because nothing else does.
const COMPRESSED: [&str; 6] = ["gz", "zst", "xz", "bz2", "lz4", BROTLI];
const BROTLI: &str = "br";

const EXTENSIONS: [(&str, Format); 25] = [
    ("txt", Format::PlainText),
    ("md", Format::PlainText),
    ("html", Format::Html),
    ("htm", Format::Html),
    ("xhtml", Format::Html),
    ("jsonl", Format::JsonLines),
    ("ndjson", Format::JsonLines),
    ("json", Format::Json),
    ("csv", Format::Csv),
    ("tsv", Format::Csv),
    ("warc", Format::Warc),
    ("wet", Format::Warc),
    ("xml", Format::Feed),
    ("rss", Format::Feed),
    ("atom", Format::Feed),
    ("rdf", Format::Feed),
    ("zip", Format::Zip),
    ("wacz", Format::Zip),
    ("tar", Format::Tar),
    ("tgz", Format::Tar),
    ("parquet", Format::Parquet),
    ("arrow", Format::Arrow),
    ("arrows", Format::Arrow),
    ("feather", Format::Arrow),
    ("ipc", Format::Arrow),
];

/// A path taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name<'a> {
    /// The path without `.gz` and the like and without a known extension.
    pub(crate) stem: &'a str,
    /// What the name says of compression.
    pub(crate) compression: Compression,
    /// What the extension says, if it is a known one.
    pub(crate) format: Option<Format>,
}

/// Takes the path of a file apart; the case of extensions does not matter.
pub(crate) fn name_of(path: &str) -> Name<'_> {
    let (inner, compression) = match split_extension(path) {
        Some((inner, extension)) if is_among(extension, &COMPRESSED) => {
            let is_brotli = extension.eq_ignore_ascii_case(BROTLI);
            (inner, if is_brotli { Compression::Brotli } else { Compression::None })
        }
        _ => (path, Compression::None),
    };
    let known = split_extension(inner).and_then(|(stem, extension)| {
        let (_, format) = EXTENSIONS.iter().find(|(known, _)| extension.eq_ignore_ascii_case(known))?;
        // `x.warc.wet.gz` is what Common Crawl calls the texts of `x.warc.gz`.
        let stem = if *format == Format::Warc { stem.strip_suffix(".warc").unwrap_or(stem) } else { stem };
        Some((stem, *format))
    });
    match known {
        Some((stem, format)) => Name { stem, compression, format: Some(format) },
        None => Name { stem: inner, compression, format: None },
    }
}

fn is_among(extension: &str, known: &[&str]) -> bool {
    known.iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// Path and extension; `None` where the file name has no dot, or only one in front.
fn split_extension(path: &str) -> Option<(&str, &str)> {
    let (stem, extension) = path.rsplit_once('.')?;
    let has_stem = !stem.is_empty() && !stem.ends_with('/');
    (has_stem && !extension.contains('/')).then_some((stem, extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, stem: &str, format: Option<Format>) {
        let name = name_of(path);
        assert_eq!((name.stem, name.format), (stem, format), "{path}");
    }

    #[test]
    fn extensions_are_known_and_taken_off() {
        check("a/b.txt", "a/b", Some(Format::PlainText));
        check("a/b.v2.HTML.GZ", "a/b.v2", Some(Format::Html));
        check("b.ndjson.zst", "b", Some(Format::JsonLines));
        check("b.json", "b", Some(Format::Json));
        check("CC-1.warc.wet.gz", "CC-1", Some(Format::Warc));
        check("t.tar.bz2", "t", Some(Format::Tar));
        assert_eq!(name_of("b.csv.BR").compression, Compression::Brotli);
    }

    #[test]
    fn unknown_extensions_stay() {
        check("b.log", "b.log", None);
        check("b.log.gz", "b.log", None);
        check("b", "b", None);
        check("dir.txt/b", "dir.txt/b", None);
        check(".txt", ".txt", None);
        check("a/.gz", "a/.gz", None);
    }
}
