//! Equal hashes are a reason to look, never a reason to link.

use std::sync::atomic::AtomicBool;

use unecho_model::{Article, CandidatePair, Decision, DocIndex, Document, Kind, Origin};

use super::*;
use crate::Unobserved;

fn document(id: &str, text: &str) -> Document {
    Document {
        id: id.parse().unwrap(),
        origin: Origin { path: id.to_owned(), line: None },
        article: Article { text: text.to_owned(), ..Article::default() },
        metadata: serde_json::Map::new(),
    }
}

const HARBOUR: &str = "The harbour board met on Monday and voted to close the eastern pier until the spring, \
    because divers had found cracks in nine of its forty wooden piles.";
const ORCHARD: &str = "Growers in the valley expect half of last year's apples, after a late frost and three \
    weeks of hail; the cooperative has asked the province to put off the loans.";

/// Links among these texts when every document has the fingerprints of the first, as if all hashes
/// had collided.
fn linked_when_all_collide(texts: &[&str]) -> Vec<(CandidatePair, Kind)> {
    let documents: Vec<Document> =
        texts.iter().enumerate().map(|(at, text)| document(&format!("doc-{at}"), text)).collect();
    let config = Config::default();
    let cancelled = AtomicBool::new(false);
    let run = Run { observer: &Unobserved, cancelled: &cancelled };
    let first = vec![documents[0].clone(); documents.len()];
    let Prints { prints, standings, signatures, .. } =
        Prints::of(&mut Corpus::holding(&first), &config, &run).unwrap();
    let corpus = Corpus::holding(&documents);
    let mut matcher = Matcher::new(&corpus.documents, &prints, standings, None, &config, &run);
    matcher.link_exact_and_near(signatures).unwrap();
    assert_eq!(matcher.matched.candidates.exact, documents.len() as u64 - 1, "all are proposed");
    matcher.matched.findings.links.iter().map(|link| (link.pair, link.kind)).collect()
}

#[test]
fn nothing_is_accepted_from_hashes_alone() {
    let pair = CandidatePair::new(DocIndex(0), DocIndex(1)).unwrap();
    assert_eq!(linked_when_all_collide(&[HARBOUR, ORCHARD]), []);
    assert_eq!(linked_when_all_collide(&[HARBOUR, &HARBOUR.to_uppercase()]), [(pair, Kind::Exact)]);
    assert_eq!(
        linked_when_all_collide(&[HARBOUR, &HARBOUR.replace("The harbour", "Our harbour")]),
        [(pair, Kind::Near)],
        "the kind comes from the texts"
    );
    assert_eq!(linked_when_all_collide(&["one", "two", "three"]), []);
}

/// What is found among texts of these endings after the same beginning.
fn found_in_flood(count: usize, ending: impl Fn(usize) -> String) -> Matched {
    let text = |at: usize| format!("{HARBOUR}\n{ORCHARD}\n{}", ending(at));
    let documents: Vec<Document> =
        (0..count).map(|at| document(&format!("doc-{at:06}"), &text(at))).collect();
    let cancelled = AtomicBool::new(false);
    let run = Run { observer: &Unobserved, cancelled: &cancelled };
    find_copies(&mut Corpus::holding(&documents), None, &Config::default(), &run).unwrap()
}

#[test]
fn a_flood_of_near_copies_leaves_one_of_them_for_few_comparisons() {
    const COUNT: usize = 2_500;
    let matched = found_in_flood(COUNT, |at| format!("Number {at}."));
    let links = &matched.findings.links;
    let kept = matched.decisions.iter().filter(|decision| matches!(decision, Decision::Kept { .. })).count();
    assert!(kept <= 3, "{kept}");
    for (at, decision) in matched.decisions.iter().enumerate() {
        let Decision::Dropped(drop) = decision else { continue };
        assert_eq!(CandidatePair::new(DocIndex::of(at), drop.keeper), Some(links[drop.link.at()].pair));
    }
    assert!(links.len() <= 6 * COUNT, "{}", links.len());
    assert!(matched.candidates.pairs_cut > 0, "what was not compared is counted");
}

#[test]
fn a_flood_of_one_form_is_left_alone_after_a_look_at_the_likeliest() {
    const COUNT: usize = 3_000;
    let word =
        |at: usize| format!("{at:06}").bytes().map(|digit| (digit + 17 + 32) as char).collect::<String>();
    let ending = |at: usize| {
        let lot = |n: usize| format!("Lot {}{n} of Mr {}{n} is sold on Monday.", 7 * at + n, word(at));
        (0..4).map(lot).collect::<Vec<_>>().join(" ")
    };
    let matched = found_in_flood(COUNT, ending);
    let compared: u64 = matched.mismatches.values().sum::<u64>() + matched.findings.links.len() as u64;
    assert!(compared <= 3 * COUNT as u64, "{compared}");
    assert!(matched.candidates.pairs_cut > 3 * COUNT as u64, "{:?}", matched.candidates);
}
