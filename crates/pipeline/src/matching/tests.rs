//! Equal hashes are a reason to look, never a reason to link.

use std::sync::atomic::AtomicBool;

use unecho_model::{Article, CandidatePair, DocIndex, Document, Kind, Origin};

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
    let Prints { prints, signatures, .. } = Prints::of(&first, &config, &run).unwrap();
    let mut matcher = Matcher::new(&documents, &prints, None, &config, &run);
    matcher.link_exact_and_near(&signatures).unwrap();
    assert_eq!(matcher.matched.candidates.exact, documents.len() as u64 - 1, "all are proposed");
    matcher.matched.links.iter().map(|link| (link.pair, link.kind)).collect()
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
