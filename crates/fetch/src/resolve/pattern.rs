//! Patterns: what a shell would expand, for shells that do not and for programs without one.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};
use unecho_model::RejectReason;

use super::walk::{Hidden, walk};
use super::{Error, ErrorKind, Findings};
use crate::label::Refusal;

/// Whether `locator` has a character that patterns give a meaning.
pub(super) fn is_pattern(locator: &str) -> bool {
    locator.contains(['*', '?', '[', '{'])
}

/// A pattern, split where its first wildcard makes it more than a path.
pub(super) struct Pattern<'a> {
    /// The folder before the first wildcard, with its `/`; empty for the current one.
    pub(super) folder: &'a str,
    /// Matches paths below that folder.
    pub(super) matcher: GlobMatcher,
    /// How many folders down a match may lie.
    depth_max: usize,
    pub(super) hidden: Hidden,
}

/// Finds all files that match `pattern`.
pub(super) fn find(pattern: &str, findings: &mut Findings) -> Result<(), Error> {
    let Pattern { folder, matcher, depth_max, hidden } = parse(pattern)?;
    let root = if folder.is_empty() { "." } else { folder };
    let mut n_matches = 0_u64;
    walk_if_folder(Path::new(root), depth_max, hidden, findings, |entry, findings| {
        if !matcher.is_match(&entry.relative) {
            return;
        }
        match entry.metadata {
            Ok(metadata) if metadata.is_file() => {
                n_matches += 1;
                let path = format!("{folder}{}", entry.relative);
                findings.add_named(&path, &entry.relative, &entry.file, &metadata);
            }
            Ok(_) => {}
            Err(error) => {
                n_matches += 1;
                findings.reject(&format!("{folder}{}", entry.relative), &error);
            }
        }
    });
    if n_matches == 0 {
        findings.refuse(pattern, Refusal::new(RejectReason::Unreadable, "the pattern matches no file"));
    }
    Ok(())
}

fn walk_if_folder(
    root: &Path,
    depth_max: usize,
    hidden: Hidden,
    findings: &mut Findings,
    visit: impl FnMut(super::walk::Entry, &mut Findings),
) {
    if root.is_dir() {
        walk(root, depth_max, hidden, findings, visit);
    }
}

/// Takes a pattern apart.
pub(super) fn parse(pattern: &str) -> Result<Pattern<'_>, Error> {
    let wildcard = pattern.find(['*', '?', '[', '{', '\\']).unwrap_or(pattern.len());
    let split = pattern[..wildcard].rfind('/').map_or(0, |slash| slash + 1);
    let (folder, below) = pattern.split_at(split);
    let glob = GlobBuilder::new(below).literal_separator(true).backslash_escape(true).build();
    let matcher = glob
        .map_err(|error| {
            let context = format!("no such file, and no pattern either: `{pattern}`: {}", error.kind());
            Error::new(ErrorKind::BadPattern, context)
        })?
        .compile_matcher();
    let is_bounded = !below.contains("**") && !below.contains('{');
    let depth_max = if is_bounded { below.split('/').count() } else { usize::MAX };
    let names_dot = below.starts_with('.') || below.contains("/.") || below.contains("{.");
    let hidden = if names_dot { Hidden::Included } else { Hidden::Skipped };
    Ok(Pattern { folder, matcher, depth_max, hidden })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, folder: &str, matching: &[&str], other: &[&str]) {
        let parsed = parse(pattern).unwrap();
        assert_eq!(parsed.folder, folder, "{pattern}");
        for path in matching {
            assert!(parsed.matcher.is_match(path), "{pattern} {path}");
        }
        for path in other {
            assert!(!parsed.matcher.is_match(path), "{pattern} {path}");
        }
    }

    #[test]
    fn patterns_mean_what_they_mean_to_a_shell() {
        check("*.txt", "", &["a.txt"], &["b/a.txt", "a.md"]);
        check("a/b*/?.txt", "a/", &["bc/x.txt"], &["bc/xx.txt", "x.txt"]);
        check("/r/**/*.{txt,md}", "/r/", &["x.md", "a/b/x.txt"], &["x.html"]);
        check(r"a/\[1\]*", "a/", &["[1]x"], &["1x"]);
    }

    #[test]
    fn a_broken_pattern_is_an_error() {
        let error = parse("a[b").err().unwrap();
        assert_eq!(error.kind(), ErrorKind::BadPattern);
        assert_eq!(
            error.to_string(),
            "no such file, and no pattern either: `a[b`: unclosed character class; missing ']'"
        );
    }
}
