//! Why a run ended early.

use std::path::PathBuf;

use unecho_model::DocId;

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The inputs cannot be understood.
    #[error(transparent)]
    Input(#[from] unecho_fetch::Error),
    /// There is nothing to read.
    #[error("no input file found")]
    NoInput(Vec<unecho_model::Rejected>),
    /// There are addresses of the web among the inputs, and no place for what they lead to.
    #[error("the inputs name addresses of the web, and no file to keep their pages in")]
    NoPages,
    /// No input is of the kind that attribute files are made for.
    #[error(
        "attribute files are for files of JSON lines (.jsonl, .ndjson or .json, as they are or with .gz or .zst), and no input is one"
    )]
    NoLines,
    /// The attribute files of two inputs would be one.
    #[error("{0}: two inputs would have this attribute file")]
    AttributesClash(String),
    /// An input is not what it was when it was read first.
    #[error("{0}: changed while the run went on")]
    InputChanged(String),
    /// The web could not be fetched. What was fetched is kept.
    #[error(transparent)]
    Web(#[from] unecho_fetch::WebError),
    /// The rules cannot be understood.
    #[error(transparent)]
    Rules(#[from] unecho_normalize::Error),
    /// The output cannot be written or read.
    #[error(transparent)]
    Output(#[from] unecho_write::Error),
    /// The index cannot be opened, read or written.
    #[error(transparent)]
    Index(#[from] unecho_store::Error),
    /// The index holds what no run wrote.
    #[error("{}: holds a document that cannot be understood", .0.display())]
    IndexDamaged(PathBuf),
    /// The index is to stand in the folder of the result, which is replaced as a whole.
    #[error("{}: an index cannot stand in the folder of a result, which is replaced as a whole", .0.display())]
    IndexInOutput(PathBuf),
    /// What an index holds could not be handed on.
    #[error("cannot be handed on")]
    Export(#[source] std::io::Error),
    /// There is no export of an index, or something else.
    #[error("{}: holds no export of an index", .0.display())]
    NoExport(PathBuf),
    /// An export of an index is not as it was written, or by another version.
    #[error("{}: is not as this version writes it", .0.display())]
    ExportDamaged(PathBuf),
    /// The index knows a run on the same inputs with another config, and later runs that build on it.
    #[error(
        "{}: run {run} was on the same inputs with other settings, and later runs build on it",
        folder.display()
    )]
    RunChanged {
        /// The index.
        folder: PathBuf,
        /// The run.
        run: String,
    },
    /// What the index knew when it came to this run cannot be told from what it learned later.
    #[error(
        "{}: run {run} was on the same inputs, and what it knew then is mixed with what later runs added",
        folder.display()
    )]
    RunMixed {
        /// The index.
        folder: PathBuf,
        /// The run.
        run: String,
    },
    /// The result is in place, and the index does not know it: the same command puts that right.
    #[error("the result is complete, but the index does not know of it")]
    IndexBehind(#[source] Box<Error>),
    /// The threads asked for could not be started.
    #[error("cannot start worker threads")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// A thread that read an input died.
    #[error("input {number} was not read to its end{}", after.as_ref().map(|path| format!(" (the one after {path})")).unwrap_or_default())]
    InputLost {
        /// Its number in canonical order, from 1.
        number: usize,
        /// The path of the one before it.
        after: Option<String>,
    },
    /// Documents of the run cannot be put on disk, or not be read from there.
    #[error("clean documents cannot be kept on disk")]
    Work(#[source] unecho_store::Error),
    /// A document cannot be put into the form that it has on disk.
    #[error("{what}: cannot be put into the form that documents have on disk")]
    Packing {
        /// The document, or the input that it is of.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// A document on disk is not what it was.
    #[error("{0}: the document is damaged in the folder of the run in progress")]
    WorkDamaged(DocId),
    /// Numbers that did not fit into memory are not on disk as they were written.
    #[error(transparent)]
    Overflow(unecho_candidates::OverflowFailed),
    /// What is known of a pair or a document is not on disk as it was written.
    #[error("what is known of a pair or a document is damaged in the folder of the run in progress")]
    EvidenceDamaged,
    /// Something that only this machine has, in a run whose work is spread over machines.
    #[error("{0}: cannot be spread over machines")]
    NotPortable(String),
    /// Work that was spread over machines failed.
    #[error("{0}")]
    Elsewhere(String),
    /// The run was asked to stop. Nothing was published; the same command continues.
    #[error("interrupted; nothing was published")]
    Interrupted,
}

impl From<unecho_candidates::OverflowFailed> for Error {
    fn from(failed: unecho_candidates::OverflowFailed) -> Self {
        match failed.0.downcast::<unecho_store::Error>() {
            Ok(error) => Self::Work(*error),
            Err(error) => Self::Overflow(unecho_candidates::OverflowFailed(error)),
        }
    }
}
