//! Flags of `unecho index`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct IndexArgs {
    #[command(subcommand)]
    pub(crate) command: IndexCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum IndexCommand {
    /// Print what the index holds: documents, runs, bytes.
    Stats {
        /// An index.
        #[arg(value_name = "INDEX")]
        folder: PathBuf,
        /// Print a JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Check every byte and every pointer.
    Verify {
        /// An index.
        #[arg(value_name = "INDEX")]
        folder: PathBuf,
    },
    /// Merge the segments of all runs but the last. Later runs merge by themselves where it is worth it.
    Compact {
        /// An index.
        #[arg(value_name = "INDEX")]
        folder: PathBuf,
    },
    /// Print every document as a JSON line, or write a Parquet file: where it was read, what became of it, for which document.
    Export {
        /// An index.
        #[arg(value_name = "INDEX")]
        folder: PathBuf,
        /// With texts; an exact copy has none, as its text is its keeper's.
        #[arg(long)]
        text: bool,
        /// All that it holds, as a folder of Parquet tables: 'unecho index import' makes an index of it again, and '--index' takes it as it is.
        #[arg(long, requires = "out", conflicts_with = "text")]
        whole: bool,
        /// Write a Parquet file instead, or with '--whole' a folder.
        #[arg(short, long, value_name = "FILE.parquet|FOLDER")]
        out: Option<PathBuf>,
    },
    /// Make an index of what 'unecho index export --whole' wrote: the one that was exported.
    Import {
        /// An export.
        #[arg(value_name = "EXPORT")]
        export: PathBuf,
        /// Where the index goes; nothing is there before.
        #[arg(value_name = "INDEX")]
        folder: PathBuf,
    },
    /// Remove documents, and everything that leads to them. Results of runs are not touched.
    Forget(ForgetArgs),
}

/// What becomes of a document that is preferred to one which an earlier run kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BetterCopyArg {
    /// Dropped, and named as the better copy.
    Tag,
    /// Kept in place of the earlier one.
    Replace,
}

#[derive(Debug, Args)]
pub(crate) struct ForgetArgs {
    /// An index.
    #[arg(value_name = "INDEX")]
    pub(crate) folder: PathBuf,
    /// Ids of documents, or '@FILE' with one a line.
    #[arg(value_name = "ID", required_unless_present = "run", conflicts_with = "run")]
    pub(crate) ids: Vec<String>,
    /// Forget all documents of this run; its inputs can then be run again as if new.
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Forget what was dropped for these documents, too.
    #[arg(long)]
    pub(crate) with_copies: bool,
}
