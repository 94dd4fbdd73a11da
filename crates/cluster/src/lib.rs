//! From links to decisions: who is kept and who is dropped for whom, never through a chain.
//!
//! Documents are visited in order of preference (the [`Policy`]); each is dropped if one of its own
//! accepted links leads to a document already kept, else it is kept. A~B and B~C alone never drop C
//! for A. Where B was dropped for A, and C is linked to B only, [`decide`] names A and C as a pair
//! worth verifying; the caller verifies it and decides again. Knows nothing of text or I/O.

mod policy;

use std::collections::BTreeSet;

use unecho_model::{CandidatePair, Decision, DocIndex, Drop, Kind, Level, PossibleCopy, Tie};

pub use policy::{Criterion, InvalidPolicy, Policy, Settled, Standing, order};

/// What an accepted link of one kind leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnLink {
    /// One of the two may be dropped for the other.
    Drop,
    /// Both stay; each kept one names the other as a possible copy.
    Tag,
    /// The link is recorded and has no effect.
    Ignore,
}

/// What links of each kind lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actions {
    /// For [`Kind::Exact`].
    pub exact: OnLink,
    /// For [`Kind::Near`].
    pub near: OnLink,
    /// For [`Kind::Contained`].
    pub contained: OnLink,
    /// For [`Kind::Rewrite`].
    pub rewrite: OnLink,
}

impl Default for Actions {
    fn default() -> Self {
        Self { exact: OnLink::Drop, near: OnLink::Drop, contained: OnLink::Drop, rewrite: OnLink::Drop }
    }
}

impl Actions {
    /// What this link leads to: its kind's action, but a link that is only likely drops nobody
    /// unless both documents claim the same origin.
    #[must_use]
    pub const fn on(&self, link: &Tie) -> OnLink {
        let action = match link.kind {
            Kind::Exact => self.exact,
            Kind::Near => self.near,
            Kind::Contained => self.contained,
            Kind::Rewrite => self.rewrite,
        };
        match (action, link.level) {
            (OnLink::Drop, Level::Likely) if !link.same_origin => OnLink::Tag,
            _ => action,
        }
    }
}

/// What [`decide`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// One decision for each document, by [`DocIndex`].
    pub decisions: Vec<Decision>,
    /// Kept documents that are linked to a dropped one, paired with that one's keeper, where the
    /// pair is not among `verified`. Sorted.
    pub unresolved: Vec<CandidatePair>,
}

/// Decides for every document.
///
/// `standings[i]` belongs to document `i`; `links` may be in any order, the outcome depends only on
/// the set. `verified` holds every pair that was looked at, accepted or not, beyond the links.
/// What earlier runs settled stays as it is, whatever the policy prefers, unless it is
/// [`Settled::Replaceable`].
///
/// # Panics
/// When a link names a document beyond `standings`.
#[must_use]
pub fn decide(
    standings: &[Standing],
    links: &[Tie],
    verified: &BTreeSet<CandidatePair>,
    policy: &Policy,
    actions: &Actions,
) -> Outcome {
    let neighbours = Neighbours::of(standings.len(), links, actions);
    let order = order(standings, links, policy);
    let place = places(&order);
    let settled = |doc: DocIndex| standings[doc.at()].settled;
    let mut fate: Vec<Fate> = standings.iter().map(|standing| Fate::of(standing.settled)).collect();
    for &doc in &order {
        if fate[doc.at()] != Fate::Undecided {
            continue;
        }
        let drop = neighbours
            .dropping(doc)
            .filter(|&(other, _)| fate[other.at()] == Fate::Kept)
            .min_by(|&(x, lx), &(y, ly)| {
                strength(&links[lx]).total_cmp(&strength(&links[ly])).then(place[x.at()].cmp(&place[y.at()]))
            })
            .map(|(keeper, link)| {
                let is_better = settled(keeper).is_some() && place[doc.at()] < place[keeper.at()];
                Drop { keeper, link, is_better }
            });
        fate[doc.at()] = drop.map_or(Fate::Kept, Fate::Dropped);
    }
    let linked: BTreeSet<CandidatePair> = links.iter().map(|link| link.pair).collect();
    let is_settled = |pair: &CandidatePair| settled(pair.low()).is_some() && settled(pair.high()).is_some();
    let unresolved = unresolved(&fate, &neighbours)
        .into_iter()
        .filter(|pair| !linked.contains(pair) && !verified.contains(pair) && !is_settled(pair))
        .collect();
    Outcome { decisions: decisions(&fate, standings, &neighbours), unresolved }
}

/// What becomes of a document, while it is being decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Undecided,
    Kept,
    Dropped(Drop),
    /// By an earlier run, for this document if it is at hand.
    DroppedEarlier(Option<DocIndex>),
}

impl Fate {
    const fn of(settled: Option<Settled>) -> Self {
        match settled {
            None | Some(Settled::Replaceable) => Self::Undecided,
            Some(Settled::Kept) => Self::Kept,
            Some(Settled::Dropped(keeper)) => Self::DroppedEarlier(keeper),
        }
    }

    const fn keeper(self) -> Option<DocIndex> {
        match self {
            Self::Dropped(drop) => Some(drop.keeper),
            Self::DroppedEarlier(keeper) => keeper,
            Self::Undecided | Self::Kept => None,
        }
    }
}

/// The place of each document in an order.
fn places(order: &[DocIndex]) -> Vec<u32> {
    let mut place = vec![0_u32; order.len()];
    for (at, doc) in (0_u32..).zip(order) {
        place[doc.at()] = at;
    }
    place
}

/// Smaller is stronger: kind first, then the probability.
fn strength(link: &Tie) -> f64 {
    f64::from(link.kind as u8) * 2.0 - link.probability
}

fn unresolved(fate: &[Fate], neighbours: &Neighbours) -> BTreeSet<CandidatePair> {
    let mut pairs = BTreeSet::new();
    for at in (0..fate.len()).filter(|&at| fate[at] == Fate::Kept) {
        let doc = DocIndex::of(at);
        for (other, _) in neighbours.dropping(doc) {
            if let Some(keeper) = fate[other.at()].keeper() {
                pairs.extend(CandidatePair::new(doc, keeper));
            }
        }
    }
    pairs
}

fn decisions(fate: &[Fate], standings: &[Standing], neighbours: &Neighbours) -> Vec<Decision> {
    let mut copies: Vec<Vec<DocIndex>> = vec![Vec::new(); fate.len()];
    for (at, fate) in fate.iter().enumerate() {
        if let Fate::Dropped(drop) = fate {
            copies[drop.keeper.at()].push(DocIndex::of(at));
        }
    }
    let possible_copies = |at: usize| {
        let others = neighbours
            .all(DocIndex::of(at))
            .filter(move |(other, _)| fate[other.at()].keeper().is_none_or(|keeper| keeper.at() != at));
        others.map(|(other, link)| PossibleCopy { other, link }).collect()
    };
    copies
        .into_iter()
        .enumerate()
        .map(|(at, copies)| match fate[at] {
            Fate::Dropped(drop) => Decision::Dropped(drop),
            _ if standings[at].settled.is_some() => Decision::Settled { copies },
            _ => Decision::Kept { copies, possible_copies: possible_copies(at) },
        })
        .collect()
}

/// Links by document, as one sorted edge list.
struct Neighbours {
    /// Start of each document's edges, one more than there are documents.
    starts: Vec<usize>,
    /// The other document, the link's place, and whether it may drop.
    edges: Vec<(DocIndex, usize, OnLink)>,
}

impl Neighbours {
    fn of(documents: usize, links: &[Tie], actions: &Actions) -> Self {
        let mut edges: Vec<(DocIndex, DocIndex, usize, OnLink)> = links
            .iter()
            .enumerate()
            .map(|(at, link)| (at, link, actions.on(link)))
            .filter(|&(_, _, action)| action != OnLink::Ignore)
            .flat_map(|(at, link, action)| {
                let (low, high) = (link.pair.low(), link.pair.high());
                [(low, high, at, action), (high, low, at, action)]
            })
            .collect();
        edges.sort_unstable_by_key(|&(from, to, at, _)| (from, to, at));
        let mut starts = vec![0; documents + 1];
        for &(from, ..) in &edges {
            starts[from.at() + 1] += 1;
        }
        for at in 0..documents {
            starts[at + 1] += starts[at];
        }
        Self { starts, edges: edges.into_iter().map(|(_, to, at, action)| (to, at, action)).collect() }
    }

    fn all(&self, doc: DocIndex) -> impl Iterator<Item = (DocIndex, usize)> {
        self.edges[self.starts[doc.at()]..self.starts[doc.at() + 1]].iter().map(|&(to, at, _)| (to, at))
    }

    fn dropping(&self, doc: DocIndex) -> impl Iterator<Item = (DocIndex, usize)> {
        self.edges[self.starts[doc.at()]..self.starts[doc.at() + 1]]
            .iter()
            .filter(|&&(_, _, action)| action == OnLink::Drop)
            .map(|&(to, at, _)| (to, at))
    }
}

#[cfg(test)]
mod tests;
