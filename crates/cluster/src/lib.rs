//! From links to decisions: who is kept and who is dropped for whom, never through a chain.
//!
//! Documents are visited in order of preference (the [`Policy`]); each is dropped if one of its own
//! accepted links leads to a document already kept, else it is kept. A~B and B~C alone never drop C
//! for A. Where B was dropped for A, and C is linked to B only, [`decide`] names A and C as a pair
//! worth verifying; the caller verifies it and decides again. Knows nothing of text or I/O.

mod policy;

use std::collections::BTreeSet;

use unecho_model::{
    CandidatePair, Decisions, DocIds, DocIndex, Drop, Fate, Kind, Level, LinkIndex, PossibleCopy, Tie,
};

pub use policy::{Claim, ClaimRole, Criterion, InvalidPolicy, Policy, Published, Settled, Standing, order};

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
    /// One decision for each document.
    pub decisions: Decisions,
    /// Kept documents that are linked to a dropped one, paired with that one's keeper, where the
    /// pair is not among `verified`. Sorted.
    pub unresolved: Vec<CandidatePair>,
}

/// Decides for every document.
///
/// `standings[i]` and the id `i` belong to document `i`; `links` may be in any order, the outcome depends only on
/// the set. `verified` holds every pair that was looked at, accepted or not, beyond the links.
/// What earlier runs settled stays as it is, whatever the policy prefers, unless it is
/// [`Settled::Replaceable`].
///
/// # Panics
/// When a link names a document beyond `standings`.
#[must_use]
pub fn decide(
    standings: &[Standing],
    ids: &DocIds,
    links: &[Tie],
    verified: &BTreeSet<CandidatePair>,
    policy: &Policy,
    actions: &Actions,
) -> Outcome {
    let neighbours = Neighbours::of(standings.len(), links, actions);
    let order = order(standings, ids, links, policy);
    let place = places(&order);
    let settled = |doc: DocIndex| standings[doc.at()].settled;
    let mut fate: Vec<Fated> = standings.iter().map(|standing| Fated::of(standing.settled)).collect();
    for &doc in &order {
        if fate[doc.at()] != Fated::Undecided {
            continue;
        }
        let drop = neighbours
            .dropping(doc)
            .filter(|&(other, _)| fate[other.at()] == Fated::Kept)
            .min_by(|&(x, lx), &(y, ly)| {
                strength(&links[lx.at()])
                    .total_cmp(&strength(&links[ly.at()]))
                    .then(place[x.at()].cmp(&place[y.at()]))
            })
            .map(|(keeper, link)| {
                let is_better = settled(keeper).is_some() && place[doc.at()] < place[keeper.at()];
                Drop { keeper, link, is_better }
            });
        fate[doc.at()] = drop.map_or(Fated::Kept, Fated::Dropped);
    }
    drop((order, place));
    let is_settled = |pair: &CandidatePair| settled(pair.low()).is_some() && settled(pair.high()).is_some();
    let mut unresolved = unresolved(&fate, &neighbours);
    unresolved.retain(|pair| !verified.contains(pair) && !is_settled(pair));
    links.iter().for_each(|link| {
        unresolved.remove(&link.pair);
    });
    let unresolved = unresolved.into_iter().collect();
    Outcome { decisions: decisions(&fate, standings, &neighbours), unresolved }
}

/// What becomes of a document, while it is being decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fated {
    Undecided,
    Kept,
    Dropped(Drop),
    /// By an earlier run, for this document if it is at hand.
    DroppedEarlier(Option<DocIndex>),
}

impl Fated {
    const fn of(settled: Option<Settled>) -> Self {
        match settled {
            None | Some(Settled::Replaceable) => Self::Undecided,
            Some(Settled::Kept) => Self::Kept,
            Some(Settled::Dropped) => Self::DroppedEarlier(None),
            Some(Settled::DroppedFor(keeper)) => Self::DroppedEarlier(Some(keeper)),
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

fn unresolved(fate: &[Fated], neighbours: &Neighbours) -> BTreeSet<CandidatePair> {
    let mut pairs = BTreeSet::new();
    for at in (0..fate.len()).filter(|&at| fate[at] == Fated::Kept) {
        let doc = DocIndex::of(at);
        for (other, _) in neighbours.dropping(doc) {
            if let Some(keeper) = fate[other.at()].keeper() {
                pairs.extend(CandidatePair::new(doc, keeper));
            }
        }
    }
    pairs
}

fn decisions(fated: &[Fated], standings: &[Standing], neighbours: &Neighbours) -> Decisions {
    let of = |(fated, standing): (&Fated, &Standing)| match *fated {
        Fated::Dropped(drop) => Fate::Dropped(drop),
        _ if standing.settled.is_some() => Fate::Settled,
        _ => Fate::Kept,
    };
    let fates: Vec<Fate> = fated.iter().zip(standings).map(of).collect();
    let possible_copies = |at: usize| {
        let others = neighbours.all(DocIndex::of(at));
        let others = others
            .filter(move |(other, _)| fated[other.at()].keeper().is_none_or(|keeper| keeper.at() != at));
        others.map(move |(other, link)| (DocIndex::of(at), PossibleCopy { other, link }))
    };
    let is_kept = |at: &usize| !matches!(fated[*at], Fated::Dropped(_)) && standings[*at].settled.is_none();
    Decisions::new(fates, (0..fated.len()).filter(is_kept).flat_map(possible_copies))
}

/// Links by document: the edges of all documents, one after another.
struct Neighbours {
    /// Start of each document's edges, one more than there are documents.
    starts: Vec<u32>,
    /// The edges of each document, by the other one and the link.
    edges: Vec<Edge>,
}

/// The other document, the link's place, and whether it may drop.
type Edge = (DocIndex, LinkIndex, OnLink);

impl Neighbours {
    fn of(documents: usize, links: &[Tie], actions: &Actions) -> Self {
        let wanted = || {
            let all = links.iter().zip(0_u32..).map(|(link, at)| (link, LinkIndex(at), actions.on(link)));
            all.filter(|&(_, _, action)| action != OnLink::Ignore)
        };
        let mut starts = vec![0; documents + 1];
        for (link, ..) in wanted() {
            starts[link.pair.low().at() + 1] += 1;
            starts[link.pair.high().at() + 1] += 1;
        }
        for at in 0..documents {
            starts[at + 1] += starts[at];
        }
        // Where the next edge of each document goes; in the end where those of the next document begin.
        let mut next = starts.clone();
        let nothing: Edge = (DocIndex(0), LinkIndex(0), OnLink::Ignore);
        let mut edges = vec![nothing; starts[documents] as usize];
        for (link, at, action) in wanted() {
            let (low, high) = (link.pair.low(), link.pair.high());
            for (from, to) in [(low, high), (high, low)] {
                edges[next[from.at()] as usize] = (to, at, action);
                next[from.at()] += 1;
            }
        }
        drop(next);
        for of_doc in starts.windows(2) {
            edges[of_doc[0] as usize..of_doc[1] as usize].sort_unstable_by_key(|&(to, at, _)| (to, at));
        }
        Self { starts, edges }
    }

    fn of_doc(&self, doc: DocIndex) -> &[Edge] {
        &self.edges[self.starts[doc.at()] as usize..self.starts[doc.at() + 1] as usize]
    }

    fn all(&self, doc: DocIndex) -> impl Iterator<Item = (DocIndex, LinkIndex)> {
        self.of_doc(doc).iter().map(|&(to, at, _)| (to, at))
    }

    fn dropping(&self, doc: DocIndex) -> impl Iterator<Item = (DocIndex, LinkIndex)> {
        let dropping = self.of_doc(doc).iter().filter(|&&(_, _, action)| action == OnLink::Drop);
        dropping.map(|&(to, at, _)| (to, at))
    }
}

#[cfg(test)]
mod tests;
