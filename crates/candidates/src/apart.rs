//! The rare-key join in steps that look at one key or at one document, for whoever has rows brought together
//! elsewhere: what each step says is what the join on one machine says.
//!
//! Of every key, who has it: [`RareConfig::shares`]. Of every document, its shares added up: its weight, and what it has
//! in common with later ones. Of every document again, once all weights are known: [`RareConfig::best_partners`].

use std::cmp::Reverse;

use unecho_model::{CandidatePair, DocIndex};

use crate::proposal::{Candidate, Cut};
use crate::rare::RareConfig;
use crate::tally::{Ranked, keep_best};

/// A document that has a key. They are ordered by group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holder {
    /// Its group of near copies.
    pub group: u32,
    /// The document.
    pub doc: u32,
}

/// What one key, or one bucket, adds to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share {
    /// The document.
    pub doc: u32,
    /// The other document to what it has in common with which the weight is added; the document itself where it is
    /// added to its own weight.
    pub with: u32,
    /// The weight; of a key in units of 1 / [`WEIGHT_ONE`](crate::WEIGHT_ONE).
    pub weight: u32,
}

/// What is known of a document when its partners are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weighed {
    /// The document.
    pub doc: u32,
    /// What all its keys weigh.
    pub weight: u32,
    /// The number of its day, where it has a date.
    pub day: Option<i32>,
}

/// What the number of groups that have a key makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    /// Documents of one group have it, and it adds this to the weight of each.
    Own(u32),
    /// Several groups have it: it adds this to the weight of each of their first documents, and of each pair.
    Shared(u32),
    /// Too many have it.
    Common,
}

impl RareConfig {
    /// Of a key that so many groups have here, and so many elsewhere.
    pub(crate) fn kind_of_key(&self, here: u32, elsewhere: u32) -> KeyKind {
        let frequency = here.saturating_add(elsewhere);
        let is_own = here < 2;
        let frequency_max = if is_own { self.frequency_max.max(1) } else { self.frequency_max };
        match self.weight(frequency) {
            _ if frequency > frequency_max => KeyKind::Common,
            weight if is_own => KeyKind::Own(weight),
            weight => KeyKind::Shared(weight),
        }
    }

    /// Whether a key that these documents have, and perhaps others, is too common: they ascend.
    #[must_use]
    pub fn is_common(&self, holders: &[Holder]) -> bool {
        let groups = holders.chunk_by(|a, b| a.group == b.group).count();
        groups > self.frequency_max.max(1) as usize
    }

    /// What a key adds that exactly these documents have; they ascend, each once.
    pub fn shares(&self, holders: &[Holder], cut: &mut Cut, mut add: impl FnMut(Share)) {
        let mut members = Vec::with_capacity(holders.len());
        let groups = first_of_groups(holders, self, &mut members);
        match self.kind_of_key(groups, 0) {
            KeyKind::Own(weight) => {
                holders.iter().for_each(|&Holder { doc, .. }| add(Share { doc, with: doc, weight }));
            }
            KeyKind::Common => cut.common(1, holders.len() as u64),
            KeyKind::Shared(weight) => {
                cut.postings += (holders.len() - members.len()) as u64;
                members.sort_unstable_by_key(|holder| holder.doc);
                for (at, one) in members.iter().enumerate() {
                    let doc = one.doc;
                    add(Share { doc, with: doc, weight });
                    let others = members[at + 1..].iter().filter(|other| other.group != one.group);
                    others.for_each(|other| add(Share { doc, with: other.doc, weight }));
                }
            }
        }
    }

    /// Least that documents have in common which are proposed to each other, whatever else is known of them.
    #[must_use]
    pub fn weight_min(&self) -> u32 {
        let distant = self.window.and_then(|window| window.distant);
        distant.map_or(self.gate.weight_min, |distant| distant.weight_min.min(self.gate.weight_min))
    }

    /// Appends the pairs of a document with its best partners among later ones of other groups, each given with what
    /// they have in common; returns how many partners were too many.
    pub fn best_partners(
        &self,
        one: Weighed,
        others: impl Iterator<Item = (Weighed, u32)>,
        pairs: &mut Vec<Candidate>,
    ) -> u64 {
        let mut best = Vec::new();
        best.extend(others.filter_map(|(other, weight)| self.ranked(one, other, weight)));
        self.keep_partners(one.doc, &mut best, pairs)
    }

    /// How well a partner does, if it passes the gate.
    pub(crate) fn ranked(&self, one: Weighed, other: Weighed, weight: u32) -> Option<Ranked> {
        let lighter = one.weight.min(other.weight);
        let days_apart = one.day.zip(other.day).map_or(0, |(a, b)| a.abs_diff(b));
        let gate = self.gate_at(days_apart);
        gate.is_some_and(|gate| gate.passes(weight, lighter)).then(|| {
            let score = (u64::from(weight) << 32) / u64::from(lighter.max(1));
            Ranked { score, slot: Reverse(other.doc), weight }
        })
    }

    /// Appends the pairs of a document with the best of those, which are gone then.
    pub(crate) fn keep_partners(&self, doc: u32, best: &mut Vec<Ranked>, pairs: &mut Vec<Candidate>) -> u64 {
        let cut = keep_best(best, self.partners_max as usize);
        pairs.extend(best.drain(..).filter_map(|partner| {
            let pair = CandidatePair::new(DocIndex(doc), DocIndex(partner.slot.0))?;
            Some(Candidate { pair, band_hits: 0, is_crowded: false, rare_weight: partner.weight })
        }));
        cut
    }
}

/// Appends the first members of each group, in order of documents; returns how many groups there are.
pub(crate) fn first_of_groups(holders: &[Holder], config: &RareConfig, members: &mut Vec<Holder>) -> u32 {
    let members_max = config.group_members_max.max(1) as usize;
    let mut groups = 0_u32;
    for group in holders.chunk_by(|a, b| a.group == b.group) {
        groups = groups.saturating_add(1);
        members.extend(group.iter().take(members_max));
    }
    groups
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::overflow::Room;
    use crate::postings::Postings;
    use crate::proposal::Candidates;
    use crate::rare::{Corpus, DateWindow, Gate, WEIGHT_ONE};

    /// Documents with their keys, group and day.
    type Documents = Vec<(Vec<u64>, u32, Option<i32>)>;

    /// A key as an index has it is its first bits.
    fn whole(key: u64) -> u64 {
        key << 24
    }

    fn at_once(documents: &Documents, config: RareConfig) -> Candidates {
        let postings = Postings::new(config, Room::boundless());
        let mut writer = postings.writer();
        for (at, (keys, ..)) in documents.iter().enumerate() {
            writer.add_all(DocIndex::of(at), &keys.iter().map(|&key| whole(key)).collect::<Vec<u64>>());
        }
        drop(writer);
        let groups: Vec<u32> = documents.iter().map(|(_, group, _)| *group).collect();
        let days: Vec<Option<i32>> = documents.iter().map(|(.., day)| *day).collect();
        let corpus =
            Corpus { documents: documents.len(), groups: Some(&groups), days: Some(&days), earlier: None };
        postings.pairs(&corpus).unwrap()
    }

    fn in_steps(documents: &Documents, config: RareConfig) -> Candidates {
        let mut holders: BTreeMap<u64, Vec<Holder>> = BTreeMap::new();
        for ((keys, group, _), doc) in documents.iter().zip(0..) {
            keys.iter().for_each(|&key| holders.entry(key).or_default().push(Holder { group: *group, doc }));
        }
        let (mut cut, mut sums) = (Cut::default(), BTreeMap::<(u32, u32), u32>::new());
        for holders in holders.values_mut() {
            holders.sort_unstable();
            holders.dedup();
            config.shares(holders, &mut cut, |share| {
                *sums.entry((share.doc, share.with)).or_default() += share.weight;
            });
        }
        let weight_of = |doc: u32| sums.get(&(doc, doc)).copied().unwrap_or(0);
        let weighed = |doc: u32| Weighed { doc, weight: weight_of(doc), day: documents[doc as usize].2 };
        let mut pairs = Vec::new();
        for doc in 0..documents.len() as u32 {
            let others = sums.range((doc, doc + 1)..(doc + 1, 0));
            let others = others.filter(|(_, weight)| **weight >= config.weight_min());
            let others = others.map(|(&(_, other), &weight)| (weighed(other), weight));
            cut.partners += config.best_partners(weighed(doc), others, &mut pairs);
        }
        let weights = (0..documents.len() as u32).map(weight_of).collect();
        Candidates { weights, ..Candidates::of(pairs, cut) }
    }

    fn any_documents() -> impl Strategy<Value = Documents> {
        let document = (prop::collection::vec(0_u64..30, 0..12), 0_u32..6, prop::option::of(0_i32..5));
        prop::collection::vec(document, 0..30).prop_map(|mut documents| {
            // A group is named after its first document.
            let mut firsts: BTreeMap<u32, u32> = BTreeMap::new();
            for ((_, group, _), at) in documents.iter_mut().zip(0..) {
                *group = if *group == 0 { at } else { *firsts.entry(*group).or_insert(at) };
            }
            documents
        })
    }

    proptest! {
        #[test]
        fn steps_say_what_the_whole_says(
            documents in any_documents(),
            (frequency_max, group_members_max, partners_max) in (0_u32..8, 0_u32..4, 0_u32..5),
            distant in prop::option::of(0_u32..4),
        ) {
            let gate = |keys: u32| Gate { weight_min: keys * WEIGHT_ONE / 2, share_min_permille: 100 };
            let window = Some(DateWindow { days_max: 1, distant: distant.map(gate) });
            let config = RareConfig {
                frequency_max,
                group_members_max,
                partners_max,
                gate: gate(2),
                window,
                ..RareConfig::default()
            };
            prop_assert_eq!(in_steps(&documents, config), at_once(&documents, config));
        }

        #[test]
        fn what_is_common_among_some_is_common_among_all(
            groups in prop::collection::vec(0_u32..9, 0..20),
            frequency_max in 0_u32..6,
        ) {
            let config = RareConfig { frequency_max, ..RareConfig::default() };
            let mut holders: Vec<Holder> =
                groups.iter().zip(0..).map(|(&group, doc)| Holder { group, doc }).collect();
            let some = holders.len() / 2;
            holders[..some].sort_unstable();
            if config.is_common(&holders[..some]) {
                holders.sort_unstable();
                let mut cut = Cut::default();
                config.shares(&holders, &mut cut, |share| panic!("{share:?}"));
                prop_assert_eq!((cut.keys, cut.postings), (1, holders.len() as u64));
            }
        }
    }
}
