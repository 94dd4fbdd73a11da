//! A verdict, as far as the ledger wants it.

use serde::{Deserialize, Serialize};
use unecho_model::{Link, Mismatch, Rejection, Verdict};

use crate::Ledger;

/// A verdict, as far as it is kept; small, for most pairs of a flood are only counted.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Judged {
    Linked(Box<Link>),
    Rejected(Box<Rejection>),
    Counted(Mismatch),
}

impl Judged {
    /// What the ledger wants of a verdict.
    pub(super) fn of(verdict: Verdict, ledger: Ledger) -> Self {
        match verdict {
            Verdict::Linked(link) => Self::Linked(Box::new(link)),
            Verdict::Rejected(rejection) => match (ledger, rejection.kind) {
                (Ledger::All, _) => Self::Rejected(Box::new(rejection)),
                (Ledger::AcceptedOnly, kind) | (Ledger::NearMisses, kind @ Mismatch::Unrelated) => {
                    Self::Counted(kind)
                }
                (Ledger::NearMisses, _) => Self::Rejected(Box::new(rejection)),
            },
        }
    }
}
