//! Addresses of objects: `s3://bucket/key`, `gs://bucket/key`, `az://container/key`.

use std::fmt;
use std::str::FromStr;

use crate::{Error, ErrorKind};

/// Schemes that object stores are known by.
const SCHEMES: [&str; 8] = ["s3", "s3a", "gs", "az", "azure", "adl", "abfs", "abfss"];

/// An object, or what a number of objects have in common at the beginning of their keys. Keys are
/// taken as they are written: nothing in them is percent-decoded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// `s3://bucket`.
    store: String,
    key: String,
}

impl Location {
    /// Whether `text` names an object store.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        scheme_of(text).is_some()
    }

    /// Scheme and bucket, `s3://bucket`.
    #[must_use]
    pub fn store(&self) -> &str {
        &self.store
    }

    /// Everything behind the bucket, without the `/` in front; empty for the whole bucket.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The key as that of a folder: empty, or with one `/` at the end.
    #[must_use]
    pub fn folder(&self) -> String {
        match self.key.trim_end_matches('/') {
            "" => String::new(),
            key => format!("{key}/"),
        }
    }
}

/// The scheme, if it is one of an object store.
fn scheme_of(text: &str) -> Option<&'static str> {
    let (scheme, _) = text.split_once("://")?;
    SCHEMES.into_iter().find(|known| scheme.eq_ignore_ascii_case(known))
}

impl FromStr for Location {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |what: &str| Error::new(ErrorKind::BadLocation, text, what.to_owned());
        let scheme = scheme_of(text).ok_or_else(|| wrong("no address of an object store"))?;
        let rest = &text[scheme.len() + "://".len()..];
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(wrong("names no bucket"));
        }
        if bucket.chars().any(|c| c.is_whitespace() || c.is_control() || "*?[]{}\\".contains(c)) {
            return Err(wrong("names a bucket that there cannot be"));
        }
        if key.chars().any(char::is_control) {
            return Err(wrong("has a control character"));
        }
        Ok(Self { store: format!("{scheme}://{bucket}"), key: key.to_owned() })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.store, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Result<(&str, &str, &str), &str>) {
        let found = text.parse::<Location>();
        let found = found.as_ref().map(|at| (at.store(), at.key(), at.folder()));
        match (found, expect) {
            (Ok((store, key, folder)), Ok(expect)) => assert_eq!((store, key, folder.as_str()), expect),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{text}: {error}"),
            (found, _) => panic!("{text}: {found:?}"),
        }
    }

    #[test]
    fn addresses_are_taken_apart() {
        check("s3://b/a/b.txt", Ok(("s3://b", "a/b.txt", "a/b.txt/")));
        check("GS://b", Ok(("gs://b", "", "")));
        check("az://c/a%20b//", Ok(("az://c", "a%20b//", "a%20b/")));
        check(
            "abfss://fs@account.dfs.core.windows.net/x",
            Ok(("abfss://fs@account.dfs.core.windows.net", "x", "x/")),
        );
        check("s3:///a", Err("names no bucket"));
        check("s3://b*/a", Err("a bucket that there cannot be"));
        check("s3://b/a\nb", Err("control character"));
        check("https://b/a", Err("no address of an object store"));
    }
}
