//! Resemblance and containment of two texts by their word 5-shingles (Broder 1997).

use crate::keys;
use crate::prepared::Prepared;

/// Jaccard similarity and containment of the sets of shingles, computed exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Resemblance {
    /// Shared shingles of all shingles.
    pub(crate) jaccard: f64,
    /// Shared shingles of those of the text with fewer.
    pub(crate) containment: f64,
}

impl Resemblance {
    pub(crate) fn of(a: &Prepared, b: &Prepared) -> Self {
        let shared = keys::shared(&a.shingles, &b.shingles);
        let all = a.shingles.len() + b.shingles.len() - shared;
        let fewer = a.shingles.len().min(b.shingles.len());
        let share = |of: usize| if of == 0 { 0.0 } else { shared as f64 / of as f64 };
        Self { jaccard: share(all), containment: share(fewer) }
    }
}
