//! The second pass of cleaning: cuts that need knowledge of the other documents.

use std::sync::Arc;

use unecho_model::Document;
use unecho_normalize::{Knowledge, Normalizer, Reuse};

use crate::documents::{Documents, Edit};
use crate::{Error, Run};

/// What all documents prove about each.
pub(crate) struct Corroboration(Option<Proof>);

struct Proof {
    normalizer: Normalizer,
    knowledge: Knowledge,
}

impl Corroboration {
    /// Changes nothing.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// What these documents prove, of which `reuse` tells which are one story.
    pub(super) fn of(
        documents: &mut Documents,
        normalizer: Normalizer,
        reuse: Reuse,
        run: &Run<'_>,
    ) -> Result<Self, Error> {
        let reuse = Arc::new(reuse);
        let empty = || Knowledge::over(Arc::clone(&reuse));
        let mut knowledge = empty();
        documents.edit_each(
            run,
            empty,
            |part, _, document| {
                part.observe(document);
                Edit::None
            },
            |part| {
                knowledge.merge(part);
                Ok(())
            },
        )?;
        Ok(Self(Some(Proof { normalizer, knowledge })))
    }

    /// Cuts what the other documents prove to be no part of this one.
    pub(crate) fn apply(&self, document: &mut Document) -> Edit {
        let Some(Proof { normalizer, knowledge }) = &self.0 else { return Edit::None };
        if normalizer.corroborate(document, knowledge) > 0 { Edit::Amended } else { Edit::None }
    }
}
