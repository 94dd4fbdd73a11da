//! What stops a run before it starts: inputs that cannot be understood. Everything else that goes
//! wrong while reading is data (`Rejected`), not an error.

/// What kind of usage error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No input was named at all.
    NoInput,
    /// An input is the empty string.
    EmptyLocator,
    /// An input is no existing file, and as a pattern it has a syntax error.
    BadPattern,
}

/// Inputs that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{context}")]
pub struct Error {
    kind: ErrorKind,
    context: String,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into() }
    }

    /// What kind of error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }
}
