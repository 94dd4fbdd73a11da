//! Counting partners of one document at a time, and choosing the best of them.
//!
//! One counter for each document of the run, cleared by the list of those that were touched: no
//! pairs are stored before they have passed the gate, so memory does not grow with what documents
//! have in common.

/// The partners of the document at hand.
#[derive(Debug)]
pub(crate) struct Tally {
    weights: Vec<u32>,
    /// Partners with a weight, `touched_len` of them; one place more than there are partners.
    touched: Vec<u32>,
    touched_len: usize,
}

impl Tally {
    /// For partners numbered below `slots`.
    pub(crate) fn new(slots: usize) -> Self {
        Self { weights: vec![0; slots], touched: vec![0; slots + 1], touched_len: 0 }
    }

    /// Adds to a partner's weight; `weight` is not 0.
    #[inline]
    pub(crate) fn add(&mut self, partner: u32, weight: u32) {
        let sum = &mut self.weights[partner as usize];
        // Written in any case, counted only if new: whether it is cannot be predicted.
        self.touched[self.touched_len] = partner;
        self.touched_len += usize::from(*sum == 0);
        *sum = sum.saturating_add(weight);
    }

    /// Hands every partner with its weight to `visit`, in no particular order, and starts afresh.
    pub(crate) fn drain(&mut self, mut visit: impl FnMut(u32, u32)) {
        for &partner in &self.touched[..self.touched_len] {
            visit(partner, std::mem::take(&mut self.weights[partner as usize]));
        }
        self.touched_len = 0;
    }
}

/// A partner and how well it does; the better is the greater, and of equals the lower slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ranked {
    /// What is compared.
    pub(crate) score: u64,
    /// The partner, reversed for the order.
    pub(crate) slot: std::cmp::Reverse<u32>,
    /// Its weight.
    pub(crate) weight: u32,
}

/// Leaves the best `count` of `partners`, in no particular order; returns how many had to go.
pub(crate) fn keep_best(partners: &mut Vec<Ranked>, count: usize) -> u64 {
    if partners.len() <= count {
        return 0;
    }
    let cut = partners.len() - count;
    if count > 0 {
        partners.select_nth_unstable_by(count - 1, |a, b| b.cmp(a));
    }
    partners.truncate(count);
    cut as u64
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use super::*;

    #[test]
    fn counts_and_clears() {
        let mut tally = Tally::new(4);
        for (partner, weight) in [(2, 5), (0, 1), (2, 6)] {
            tally.add(partner, weight);
        }
        for expect in [vec![(2, 11), (0, 1)], vec![]] {
            let mut found = Vec::new();
            tally.drain(|partner, weight| found.push((partner, weight)));
            assert_eq!(found, expect);
        }
    }

    #[test]
    fn ties_go_to_the_lower_slot() {
        let mut partners: Vec<Ranked> = [(1, 9), (7, 3), (7, 2), (7, 8)]
            .map(|(score, slot)| Ranked { score, slot: Reverse(slot), weight: 0 })
            .to_vec();
        assert_eq!(keep_best(&mut partners, 2), 2);
        let mut slots: Vec<u32> = partners.iter().map(|partner| partner.slot.0).collect();
        slots.sort_unstable();
        assert_eq!(slots, [2, 3]);
        assert_eq!(keep_best(&mut partners, 0), 2);
        assert_eq!(keep_best(&mut partners, 3), 0);
    }
}
