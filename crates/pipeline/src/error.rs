//! Why a run ended early.

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
    /// The web could not be fetched. What was fetched is kept.
    #[error(transparent)]
    Web(#[from] unecho_fetch::WebError),
    /// The rules cannot be understood.
    #[error(transparent)]
    Rules(#[from] unecho_normalize::Error),
    /// The output cannot be written or read.
    #[error(transparent)]
    Output(#[from] unecho_write::Error),
    /// The threads asked for could not be started.
    #[error("cannot start worker threads")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// The run was asked to stop. Nothing was published; the same command starts over.
    #[error("interrupted; nothing was published")]
    Interrupted,
}
