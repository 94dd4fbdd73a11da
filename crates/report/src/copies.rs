//! What a page tells of all copies of one story, however many there are.

use std::collections::BTreeMap;

use unecho_model::record::CopyRecord;

use crate::time_line::Moments;

/// Copies that are listed by name.
const LISTED_MAX: usize = 200;

/// All copies of one story: their number, and what is told of some.
#[derive(Debug, Clone, Default)]
pub(crate) struct Copies {
    count: usize,
    /// How many there are of each kind.
    pub(crate) kinds: BTreeMap<&'static str, usize>,
    /// The first of them.
    pub(crate) listed: Vec<CopyRecord>,
    /// When they appeared.
    pub(crate) moments: Moments,
}

impl Copies {
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    fn add(&mut self, copy: CopyRecord) {
        self.count += 1;
        *self.kinds.entry(copy.kind.name()).or_default() += 1;
        if let Some(date) = &copy.date {
            self.moments.add(date, copy.source.as_deref(), copy.kind.name());
        }
        if self.listed.len() < LISTED_MAX {
            self.listed.push(copy);
        }
    }
}

impl FromIterator<CopyRecord> for Copies {
    fn from_iter<I: IntoIterator<Item = CopyRecord>>(copies: I) -> Self {
        let mut all = Self::default();
        copies.into_iter().for_each(|copy| all.add(copy));
        all
    }
}
