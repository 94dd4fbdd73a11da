//! Decisions on small graphs.

use proptest::prelude::*;
use unecho_model::{Decision, DocId, Publisher};

use super::*;

fn id(at: usize) -> DocId {
    format!("d{at}").parse().unwrap()
}

fn ids(count: usize) -> DocIds {
    (0..count).map(id).collect()
}

fn decide(
    standings: &[Standing],
    links: &[Tie],
    verified: &BTreeSet<CandidatePair>,
    policy: &Policy,
    actions: &Actions,
) -> Outcome {
    super::decide(standings, &ids(standings.len()), links, verified, policy, actions)
}

fn order(standings: &[Standing], links: &[Tie], policy: &Policy) -> Vec<DocIndex> {
    super::order(standings, &ids(standings.len()), links, policy)
}

fn standing() -> Standing {
    Standing { words: 100, truncated: false, date: None, source: None, claims: Box::default(), settled: None }
}

fn claim(name: &str, role: ClaimRole) -> Claim {
    Claim { publisher: Publisher::new(name), role }
}

fn standings(count: usize) -> Vec<Standing> {
    vec![standing(); count]
}

fn pair(a: u32, b: u32) -> CandidatePair {
    CandidatePair::new(DocIndex(a), DocIndex(b)).unwrap()
}

fn link(a: u32, b: u32, kind: Kind, level: Level) -> Tie {
    let probability = if level == Level::Sure { 0.95 } else { 0.6 };
    Tie {
        pair: pair(a, b),
        kind,
        level,
        same_origin: false,
        evidence: 0,
        probability,
        jaccard: 0.0,
        containment: 0.0,
    }
}

fn near(a: u32, b: u32) -> Tie {
    link(a, b, Kind::Near, Level::Sure)
}

/// A few letters a document: `K` kept, or the number of its keeper (with `!` when it is the better of the
/// two), or `S` and the number of copies of what an earlier run settled.
fn fates(outcome: &Outcome) -> String {
    let fate = |decision: Decision<'_>| match decision {
        Decision::Kept { .. } => "K".to_owned(),
        Decision::Dropped(drop) => drop.keeper.0.to_string() + if drop.is_better { "!" } else { "" },
        Decision::Settled { copies } => format!("S{}", copies.len()),
    };
    outcome.decisions.iter().map(fate).collect::<Vec<_>>().join(" ")
}

fn check(standings: &[Standing], links: &[Tie], expect: &str) -> Outcome {
    let outcome = decide(standings, links, &BTreeSet::new(), &Policy::default(), &Actions::default());
    assert_eq!(fates(&outcome), expect);
    outcome
}

#[test]
fn a_chain_never_drops_its_far_end() {
    let outcome = check(&standings(3), &[near(0, 1), near(1, 2)], "K 0 K");
    assert_eq!(outcome.unresolved, [pair(0, 2)]);
    let verified = BTreeSet::from([pair(0, 2)]);
    let outcome =
        decide(&standings(3), &[near(0, 1), near(1, 2)], &verified, &Policy::default(), &Actions::default());
    assert_eq!((fates(&outcome).as_str(), outcome.unresolved.len()), ("K 0 K", 0));
}

#[test]
fn the_middle_of_a_chain_speaks_for_both_when_preferred() {
    let mut documents = standings(3);
    documents[1].words = 200;
    check(&documents, &[near(0, 1), near(1, 2)], "1 K 1");
}

#[test]
fn the_strongest_link_names_the_keeper() {
    let mut documents = standings(3);
    documents[2].words = 1;
    let links = [link(0, 2, Kind::Rewrite, Level::Sure), link(1, 2, Kind::Exact, Level::Sure)];
    check(&documents, &links, "K K 1");
}

#[test]
fn likely_drops_only_with_the_same_origin() {
    let mut maybe = link(0, 1, Kind::Rewrite, Level::Likely);
    let outcome = check(&standings(2), std::slice::from_ref(&maybe), "K K");
    let Decision::Kept { possible_copies, .. } = outcome.decisions.of(DocIndex(0)) else { panic!("kept") };
    assert_eq!(possible_copies, &[PossibleCopy { other: DocIndex(1), link: LinkIndex(0) }]);
    maybe.same_origin = true;
    check(&standings(2), &[maybe], "K 0");
}

#[test]
fn actions_by_kind() {
    let links = [link(0, 1, Kind::Rewrite, Level::Sure)];
    for (action, tagged) in [(OnLink::Tag, 1), (OnLink::Ignore, 0)] {
        let actions = Actions { rewrite: action, ..Actions::default() };
        let outcome = decide(&standings(2), &links, &BTreeSet::new(), &Policy::default(), &actions);
        let Decision::Kept { possible_copies, .. } = outcome.decisions.of(DocIndex(1)) else {
            panic!("kept")
        };
        assert_eq!(possible_copies.len(), tagged);
    }
}

#[test]
fn origin_then_reprint_then_unclaimed_then_credit() {
    let mut documents = standings(4);
    documents[0].claims = [claim("Harbour", ClaimRole::Credited)].into();
    documents[0].words = 900;
    documents[2].claims = [claim("Harbour", ClaimRole::SyndicatedFrom)].into();
    documents[3].source = Some(Publisher::new("Harbour"));
    let links = [near(0, 1), near(0, 2), near(0, 3), near(1, 2), near(1, 3), near(2, 3)];
    let order = order(&documents, &links, &Policy::default());
    assert_eq!(order, [3, 2, 1, 0].map(DocIndex));
    check(&documents, &links, "3 3 3 K");
}

#[test]
fn criteria_in_their_order() {
    let mut documents = standings(3);
    documents[0].date = Published::parse("2024-05-02");
    documents[1].date = Published::parse("2024-05-01");
    documents[2].words = 500;
    let first = |policy: &str| {
        let criteria = policy.split(',').map(|name| name.parse().unwrap()).collect();
        order(&documents, &[], &Policy::new(criteria))[0].0
    };
    assert_eq!(first("earliest"), 1);
    assert_eq!(first("complete,earliest"), 2);
    assert_eq!(first("first"), 0);
    assert!("newest".parse::<Criterion>().is_err());
    let policy = Policy::new(vec![Criterion::Source(vec![Publisher::new("B")])]);
    documents[1].source = Some(Publisher::new("B"));
    assert_eq!(order(&documents, &[], &policy)[0].0, 1);
}

proptest! {
    /// Whatever the graph: each dropped document has its own link to a kept one, no two kept
    /// documents share a dropping link, and the order of the links does not matter.
    #[test]
    fn every_drop_has_its_own_link(edges in proptest::collection::vec((0_u32..20, 0_u32..20), 0..60)) {
        let pairs: BTreeSet<CandidatePair> =
            edges.iter().filter_map(|&(a, b)| CandidatePair::new(DocIndex(a), DocIndex(b))).collect();
        let links: Vec<Tie> = pairs.iter().map(|pair| near(pair.low().0, pair.high().0)).collect();
        let documents = standings(20);
        let outcome = decide(&documents, &links, &BTreeSet::new(), &Policy::default(), &Actions::default());
        let is_kept = |doc: DocIndex| matches!(outcome.decisions.of(doc), Decision::Kept { .. });
        for (at, decision) in outcome.decisions.iter().enumerate() {
            if let Decision::Dropped(drop) = decision {
                prop_assert!(is_kept(drop.keeper));
                prop_assert_eq!(CandidatePair::new(DocIndex::of(at), drop.keeper), Some(links[drop.link.at()].pair));
            }
        }
        for link in &links {
            prop_assert!(!(is_kept(link.pair.low()) && is_kept(link.pair.high())));
        }
        let reversed: Vec<Tie> = links.iter().rev().copied().collect();
        let again = decide(&documents, &reversed, &BTreeSet::new(), &Policy::default(), &Actions::default());
        prop_assert_eq!(fates(&outcome), fates(&again));
    }
}

/// Standings of which the last were settled by an earlier run.
fn with_settled(new: usize, settled: &[Settled]) -> Vec<Standing> {
    let mut standings = standings(new + settled.len());
    for (standing, settled) in standings[new..].iter_mut().zip(settled) {
        standing.settled = Some(*settled);
    }
    standings
}

#[test]
fn what_is_settled_stays_and_the_better_copy_is_named() {
    let mut standings = with_settled(2, &[Settled::Kept]);
    standings[1].words = 200;
    check(&standings, &[near(0, 2), near(1, 2), near(0, 1)], "2 2! S2");
    let first = Policy::new(vec![Criterion::First]);
    let outcome =
        decide(&standings, &[near(0, 2), near(1, 2)], &BTreeSet::new(), &first, &Actions::default());
    assert_eq!(fates(&outcome), "2 2 S2", "the first to come is the best");
}

#[test]
fn a_copy_of_a_settled_copy_meets_its_keeper() {
    let settled = [Settled::DroppedFor(DocIndex(2)), Settled::Kept];
    let outcome = check(&with_settled(1, &settled), &[near(0, 1)], "K S0 S0");
    assert_eq!(outcome.unresolved, [pair(0, 2)]);
    let forgotten = [Settled::Dropped, Settled::Kept];
    assert_eq!(check(&with_settled(1, &forgotten), &[near(0, 1)], "K S0 S0").unresolved, []);
}

#[test]
fn what_is_replaceable_gives_way_to_the_better_copy_only() {
    let mut standings = with_settled(2, &[Settled::Replaceable]);
    standings[2].words = 150;
    check(&standings, &[near(0, 2)], "2 K S1");
    standings[1].words = 200;
    check(&standings, &[near(1, 2), near(0, 1)], "1 K 1");
    let first = Policy::new(vec![Criterion::First]);
    let outcome = decide(&standings, &[near(1, 2)], &BTreeSet::new(), &first, &Actions::default());
    assert_eq!(fates(&outcome), "K 2 S1");
}

#[test]
fn settled_documents_are_never_compared_among_themselves() {
    // The new document 0 is a copy of both settled ones: it is dropped for the first.
    let outcome =
        check(&with_settled(1, &[Settled::Kept, Settled::Kept]), &[near(0, 1), near(0, 2)], "1 S1 S0");
    assert_eq!(outcome.unresolved, []);
}

proptest! {
    /// With the first to come kept, deciding in two runs is deciding in one, whatever the links.
    #[test]
    fn two_runs_decide_as_one(links in prop::collection::btree_set((0_u32..12, 0_u32..12), 0..40), split in 0_u32..12) {
        let policy = Policy::new(vec![Criterion::First]);
        let decide = |standings: &[Standing], links: &[Tie]| {
            let verified = (0..12).flat_map(|a| (a + 1..12).map(move |b| pair(a, b))).collect();
            decide(standings, links, &verified, &policy, &Actions::default()).decisions
        };
        let links: Vec<(u32, u32)> = links.into_iter().filter(|(a, b)| a < b).collect();
        let one = decide(&standings(12), &links.iter().map(|&(a, b)| near(a, b)).collect::<Vec<_>>());
        let kept = |decision: Decision<'_>| matches!(decision, Decision::Kept { .. });
        let first: Vec<Tie> = links.iter().filter(|link| link.1 < split).map(|&(a, b)| near(a, b)).collect();
        let first = decide(&standings(split as usize), &first);
        let settled: Vec<Settled> = first
            .iter()
            .map(|decision| match decision {
                Decision::Dropped(drop) => Settled::DroppedFor(DocIndex(12 - split + drop.keeper.0)),
                _ => Settled::Kept,
            })
            .collect();
        // In the second run the documents of the first come after the new ones.
        let at = |doc: u32| if doc < split { 12 - split + doc } else { doc - split };
        let of_second = links.iter().filter(|link| link.1 >= split);
        let second: Vec<Tie> = of_second.map(|&(a, b)| near(at(a), at(b))).collect();
        let second = decide(&with_settled(12 - split as usize, &settled), &second);
        let split_kept: Vec<bool> = first.iter().chain(second.iter().take(12 - split as usize)).map(kept).collect();
        prop_assert_eq!(split_kept, one.iter().map(kept).collect::<Vec<_>>());
    }
}

/// What is drawn of a document: words, whether it breaks off, date, publisher, the publisher it reprints.
type Drawn = (u32, bool, Option<u8>, Option<u8>, Option<u8>);
/// What is drawn of a link: kind, level, same origin, probability in per cent.
type DrawnLink = (usize, bool, bool, u8);

fn drawn_standing(&(words, truncated, day, source, origin): &Drawn) -> Standing {
    let publisher = |name: u8| Publisher::new(&format!("P{name}"));
    Standing {
        words,
        truncated,
        date: day.and_then(|day| Published::parse(&format!("2024-05-0{}", day + 1))),
        source: source.map(publisher),
        claims: origin
            .map(|name| Claim { publisher: publisher(name), role: ClaimRole::SyndicatedFrom })
            .into_iter()
            .collect(),
        ..standing()
    }
}

fn drawn_link(pair: CandidatePair, &(kind, is_sure, same_origin, percent): &DrawnLink) -> Tie {
    let kind = [Kind::Exact, Kind::Near, Kind::Contained, Kind::Rewrite][kind];
    let level = if is_sure { Level::Sure } else { Level::Likely };
    Tie {
        pair,
        kind,
        level,
        same_origin,
        evidence: 0,
        probability: f64::from(percent) / 100.0,
        jaccard: 0.0,
        containment: 0.0,
    }
}

/// Who is kept for whom, by id: `None` for those who are kept.
fn keepers_by_id(ids: &DocIds, outcome: &Outcome) -> BTreeSet<(String, Option<String>)> {
    let id = |doc: DocIndex| ids.text_of(doc).to_owned();
    let keeper = |decision: Decision<'_>| match decision {
        Decision::Dropped(drop) => Some(id(drop.keeper)),
        Decision::Kept { .. } | Decision::Settled { .. } => None,
    };
    outcome.decisions.iter().enumerate().map(|(at, found)| (id(DocIndex::of(at)), keeper(found))).collect()
}

proptest! {
    /// Whatever the documents, links and policy: a decision for each, every drop by a link of its own that
    /// may drop, to somebody kept, who knows of it; no such link is left between two that are kept; and
    /// neither the order of the documents nor that of the links matters.
    #[test]
    fn decisions_are_total_without_chains_and_know_no_order(
        documents in prop::collection::vec(
            (1_u32..4, any::<bool>(), prop::option::of(0_u8..3), prop::option::of(0_u8..3), prop::option::of(0_u8..3)),
            12,
        ),
        links in prop::collection::btree_map(
            (0_u32..12, 0_u32..12), (0_usize..4, any::<bool>(), any::<bool>(), 0_u8..=100), 0..50,
        ),
        place in Just((0_u32..12).collect::<Vec<u32>>()).prop_shuffle(),
        policy in prop::sample::subsequence(vec!["origin", "complete", "earliest", "longest"], 0..=4),
    ) {
        let policy = Policy::new(policy.iter().map(|name| name.parse().unwrap()).collect());
        let actions = Actions::default();
        let links: Vec<Tie> = links
            .iter()
            .filter(|((a, b), _)| a < b)
            .map(|(&(a, b), drawn)| drawn_link(pair(a, b), drawn))
            .collect();
        let standings: Vec<Standing> =
            documents.iter().map(drawn_standing).collect();
        let outcome = decide(&standings, &links, &BTreeSet::new(), &policy, &actions);
        prop_assert_eq!(outcome.decisions.len(), documents.len());
        let copies_of = |doc: DocIndex| match outcome.decisions.of(doc) {
            Decision::Kept { copies, .. } => Some(copies),
            Decision::Dropped(_) | Decision::Settled { .. } => None,
        };
        for (doc, decision) in outcome.decisions.iter().enumerate().map(|(at, found)| (DocIndex::of(at), found)) {
            let Decision::Dropped(drop) = decision else { continue };
            let link = &links[drop.link.at()];
            prop_assert_eq!(CandidatePair::new(doc, drop.keeper), Some(link.pair));
            prop_assert!(link.level == Level::Sure || link.same_origin);
            prop_assert!(copies_of(drop.keeper).is_some_and(|copies| copies.contains(&doc)));
        }
        for link in links.iter().filter(|link| actions.on(link) == OnLink::Drop) {
            let both = [link.pair.low(), link.pair.high()].map(|doc| copies_of(doc).is_some());
            prop_assert_ne!(both, [true, true]);
        }
        let (mut moved, mut moved_ids) = (standings.clone(), vec![id(0); 12]);
        for at in 0..12 {
            moved[place[at] as usize] = standings[at].clone();
            moved_ids[place[at] as usize] = id(at);
        }
        let moved_ids: DocIds = moved_ids.into_iter().collect();
        let at = |doc: DocIndex| place[doc.at()];
        let moved_links: Vec<Tie> = links
            .iter()
            .rev()
            .map(|link| Tie { pair: pair(at(link.pair.low()), at(link.pair.high())), ..*link })
            .collect();
        let again = super::decide(&moved, &moved_ids, &moved_links, &BTreeSet::new(), &policy, &actions);
        prop_assert_eq!(keepers_by_id(&ids(12), &outcome), keepers_by_id(&moved_ids, &again));
    }
}
