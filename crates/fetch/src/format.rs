//! What a file holds, told by its name. What the content says about it is `sniff`'s and `reader`'s.

/// How the content of a source is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Format {
    /// One document, plain text.
    PlainText,
    /// One document, an HTML page.
    Html,
    /// One document a line.
    JsonLines,
    /// JSON lines, one object, or an array of objects.
    Json,
    /// JSON lines when it begins with `{`, else plain text.
    Told,
}

/// Endings of compressed files. They say nothing of the content, they are only taken off the name.
const COMPRESSED: [&str; 2] = ["gz", "zst"];

const EXTENSIONS: [(&str, Format); 8] = [
    ("txt", Format::PlainText),
    ("md", Format::PlainText),
    ("html", Format::Html),
    ("htm", Format::Html),
    ("xhtml", Format::Html),
    ("jsonl", Format::JsonLines),
    ("ndjson", Format::JsonLines),
    ("json", Format::Json),
];

/// A path taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name<'a> {
    /// The path without `.gz` or `.zst` and without a known extension.
    pub(crate) stem: &'a str,
    /// What the extension says, if it is a known one.
    pub(crate) format: Option<Format>,
}

/// Takes the path of a file apart; the case of extensions does not matter.
pub(crate) fn name_of(path: &str) -> Name<'_> {
    let inner = match split_extension(path) {
        Some((inner, extension)) if COMPRESSED.iter().any(|known| extension.eq_ignore_ascii_case(known)) => {
            inner
        }
        _ => path,
    };
    let known = split_extension(inner).and_then(|(stem, extension)| {
        let (_, format) = EXTENSIONS.iter().find(|(known, _)| extension.eq_ignore_ascii_case(known))?;
        Some((stem, *format))
    });
    match known {
        Some((stem, format)) => Name { stem, format: Some(format) },
        None => Name { stem: inner, format: None },
    }
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
        assert_eq!(name_of(path), Name { stem, format }, "{path}");
    }

    #[test]
    fn extensions_are_known_and_taken_off() {
        check("a/b.txt", "a/b", Some(Format::PlainText));
        check("a/b.v2.HTML.GZ", "a/b.v2", Some(Format::Html));
        check("b.ndjson.zst", "b", Some(Format::JsonLines));
        check("b.json", "b", Some(Format::Json));
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
