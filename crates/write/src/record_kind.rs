//! The kinds of record files: where they stand and what one record is.

/// What the paths begin with, below an output folder, of files that say something of inputs, line by line. Such a
/// file is named after the input.
pub const ATTRIBUTES_FOLDER: &str = "dolma/";

/// A kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// Documents that stay.
    Kept,
    /// Copies.
    Dropped,
    /// Documents of earlier runs that have to do with those of this one.
    Earlier,
    /// What was not taken in.
    Rejected,
    /// Compared pairs.
    Links,
    /// Cuts.
    Stripped,
}

impl RecordKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Kept, Self::Dropped, Self::Earlier, Self::Rejected, Self::Links, Self::Stripped];

    /// Folder of its files, below the output folder.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Kept => "data",
            Self::Dropped => "dropped",
            Self::Earlier => "earlier",
            Self::Rejected => "rejected",
            Self::Links | Self::Stripped => "ledger",
        }
    }

    /// What the names of its files begin with.
    #[must_use]
    pub const fn stem(self) -> &'static str {
        match self {
            Self::Kept => "train",
            Self::Dropped => "dropped",
            Self::Earlier => "earlier",
            Self::Rejected => "rejected",
            Self::Links => "links",
            Self::Stripped => "stripped",
        }
    }

    /// What users call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            // Its files are named as libraries expect those to train on.
            Self::Kept => "kept",
            other => other.stem(),
        }
    }

    /// What its records are, in some words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Kept => "documents that stay, with the provenance of their copies",
            Self::Dropped => "copies, each with its keeper and the evidence",
            Self::Earlier => "documents of earlier runs that other records name",
            Self::Rejected => "what could not be taken in, with the reason",
            Self::Links => "pairs that were compared: links and near misses",
            Self::Stripped => "every cut, with its rule and its place",
        }
    }

    /// The kind of records in the file at this path below an output folder.
    #[must_use]
    pub fn of_file(path: &str) -> Option<Self> {
        let (folder, name) = path.split_once('/')?;
        let here = |kind: &&Self| {
            kind.folder() == folder
                && name.strip_prefix(kind.stem()).is_some_and(|rest| rest.starts_with('-'))
        };
        Self::ALL.iter().find(here).copied()
    }
}
