//! What can go wrong with an object store, by what the caller should do about it.

use std::io;

/// What the caller should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The address makes no sense: name another.
    BadLocation,
    /// The environment does not say how to reach the store: set what is missing.
    BadConfig,
    /// There is no such object or bucket.
    NotFound,
    /// The store does not let these credentials do this.
    Denied,
    /// The object was replaced since it was listed: run again.
    Changed,
    /// There was no usable answer, also not when asked again: it may work later.
    Unavailable,
}

/// An error of this crate: kind, the address it is about, and what was said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{location}: {detail}")]
pub struct Error {
    kind: ErrorKind,
    location: String,
    detail: String,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, location: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { kind, location: location.into(), detail: detail.into() }
    }

    /// What the library says about `location`.
    pub(crate) fn of(error: &object_store::Error, location: impl Into<String>) -> Self {
        use object_store::Error as Said;
        let kind = match error {
            Said::NotFound { .. } => ErrorKind::NotFound,
            Said::PermissionDenied { .. } | Said::Unauthenticated { .. } => ErrorKind::Denied,
            Said::Precondition { .. } | Said::NotModified { .. } => ErrorKind::Changed,
            Said::InvalidPath { .. } => ErrorKind::BadLocation,
            Said::UnknownConfigurationKey { .. } | Said::NotSupported { .. } => ErrorKind::BadConfig,
            _ => ErrorKind::Unavailable,
        };
        let detail = match kind {
            ErrorKind::NotFound => "no such object".to_owned(),
            ErrorKind::Changed => "it was replaced since it was listed".to_owned(),
            _ => in_one_line(&error.to_string()),
        };
        Self::new(kind, location, detail)
    }

    /// What the caller should do.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The address that it is about.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// What was said, without the address.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// Answers of stores are XML of any length: the beginning says enough.
fn in_one_line(text: &str) -> String {
    const CHARS_MAX: usize = 400;
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}

/// So that an object can be read like a file.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind {
            ErrorKind::NotFound => io::ErrorKind::NotFound,
            ErrorKind::Denied => io::ErrorKind::PermissionDenied,
            ErrorKind::BadLocation | ErrorKind::BadConfig => io::ErrorKind::InvalidInput,
            ErrorKind::Changed | ErrorKind::Unavailable => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}
