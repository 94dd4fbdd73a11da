//! Whole pages from small runs.

use unecho_model::record::{CopyRecord, DocumentRecord, DroppedRecord, KeptRecord, LinkRecord};
use unecho_model::summary::DocumentCounts;
use unecho_model::{Digest, Kind, Passage, Scores, Span, Summary};

use crate::{Limits, Report};

fn document(id: &str, source: &str, text: &str) -> DocumentRecord {
    DocumentRecord {
        id: id.parse().unwrap(),
        text: text.to_owned(),
        title: None,
        url: None,
        source: Some(source.to_owned()),
        date: Some(format!("2024-05-0{}", 1 + id.len() % 9)),
        lang: None,
        script: None,
        charset: None,
        extraction_confidence: None,
        attributions: Vec::new(),
        flags: Vec::new(),
        unmatched: Vec::new(),
        digest: Digest::of(text.as_bytes()),
        path: "a.txt".to_owned(),
        line: None,
        metadata: serde_json::Map::new(),
    }
}

fn kept(document: DocumentRecord, copies: &[&DroppedRecord]) -> KeptRecord {
    let copy = |dropped: &&DroppedRecord| CopyRecord {
        id: dropped.document.id.clone(),
        kind: dropped.kind,
        url: None,
        source: dropped.document.source.clone(),
        date: dropped.document.date.clone(),
        path: "a.txt".to_owned(),
        line: None,
        run: None,
    };
    KeptRecord { document, copies: copies.iter().map(copy).collect(), possible_copies: Vec::new() }
}

fn dropped(document: DocumentRecord, kept_id: &str) -> DroppedRecord {
    DroppedRecord {
        document,
        kept_id: kept_id.parse().unwrap(),
        kept_run: None,
        better_copy: None,
        kind: Kind::Near,
        scores: Scores { probability: 1.0, ..Scores::default() },
        passages: vec![Passage { a: Span::new(23, 35), b: Span::new(0, 12), words: 2 }],
        reason: "<i>".to_owned(),
    }
}

fn miss(a: &str, probability: f64) -> LinkRecord {
    LinkRecord {
        a: a.parse().unwrap(),
        a_run: None,
        b: "other".parse().unwrap(),
        kind: "same-event".to_owned(),
        accepted: false,
        level: None,
        scores: Scores { probability, ..Scores::default() },
        passages: Vec::new(),
        reason: "evidence".to_owned(),
    }
}

#[test]
fn documents_cannot_inject_markup_or_disguise() {
    let hostile = document("<b>x", "</script><img src=x>", "</p><script>x</script> shared words \u{202e}");
    let copies = [dropped(hostile.clone(), "k"), dropped(document("c2", "Beta", "shared words"), "k")];
    let mut report = Report::new(Summary::default(), 0.5, 0.9, Limits { copies_max: 1, ..Limits::default() });
    report.kept(kept(document("k", "Alpha", "shared words"), &[&copies[0], &copies[1]]));
    copies.iter().for_each(|copy| report.dropped(copy.clone()));
    report.missed(miss("</script><b>x", 0.4));
    report.cut("x", "<script>cut");
    let page = report.render();
    for hostile in ["<script>x", "<b>x", "\u{202e}", "<img", "<script>cut", "<i>"] {
        assert!(!page.contains(hostile), "{hostile}");
    }
    assert!(page.contains("<mark>shared words</mark>"));
    assert!(page.contains("2 copies (1 shown with texts)"));
    assert_eq!(page.matches("</script>").count(), 2, "the two scripts of the page itself");
}

#[test]
fn what_is_left_out_is_said_and_what_is_shown_are_the_largest() {
    let limits = Limits { stories_max: 2, drops_max: 3, near_misses_max: 2, ..Limits::default() };
    let documents = DocumentCounts { read: 14, kept: 4, dropped: 10, rejected: 0 };
    let mut report = Report::new(Summary { documents, ..Summary::default() }, 0.5, 0.9, limits);
    let copies: Vec<DroppedRecord> = (0..10)
        .map(|at| {
            dropped(document(&format!("copy{at}"), "Beta", &format!("text {at}")), &format!("k{}", at % 4))
        })
        .collect();
    let keepers = (0..4).map(|at| {
        let own: Vec<&DroppedRecord> = copies.iter().skip(at).step_by(4).collect();
        kept(document(&format!("k{at}"), "Alpha", &format!("keeper {at}")), &own)
    });
    keepers.for_each(|keeper| report.kept(keeper));
    copies.iter().for_each(|copy| report.dropped(copy.clone()));
    (0_u32..9).for_each(|at| report.missed(miss(&format!("m{at}"), f64::from(at) / 10.0)));
    let page = report.render();
    let shows = |text: &str| page.contains(text);
    assert!(shows("keeper 0") && shows("keeper 1"), "3 copies each");
    assert!(!shows("keeper 2") && !shows("keeper 3"), "2 copies each");
    assert!(shows("m8") && shows("m7") && !shows("m6"), "the nearest misses");
    assert!(shows("10 documents were dropped; the first 3 are listed"), "{page}");
    assert!(shows("Beta for Alpha: 10"), "who copies whom");
}

#[test]
fn a_run_without_copies_has_a_page() {
    let page = Report::new(Summary::default(), 0.5, 0.9, Limits::default()).render();
    assert!(page.contains("No document was dropped.") && page.contains("Nothing was cut."));
}
