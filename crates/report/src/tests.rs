//! Whole pages from small runs.

use unecho_model::record::{
    CopyRecord, DocumentRecord, DroppedRecord, LinkRecord, RejectedRecord, StrippedRecord,
};
use unecho_model::summary::DocumentCounts;
use unecho_model::{Action, Digest, Kind, Passage, RejectReason, Scores, Span, Stripped, Summary};

use crate::{Limits, Pace, Report, StagePace};

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
        digest: Some(Digest::of(text.as_bytes())),
        path: "a.txt".to_owned(),
        line: None,
        metadata: serde_json::Map::new(),
    }
}

fn keep(report: &mut Report, document: DocumentRecord, copies: &[&DroppedRecord]) {
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
    let copies = copies.iter().map(copy).map(Ok::<CopyRecord, std::convert::Infallible>);
    report.kept(document, copies).unwrap();
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

fn cut(rule: &str, text: &str) -> StrippedRecord {
    let span = Span::new(0, 1);
    let (rule, text) = (rule.to_owned(), text.to_owned());
    let cut = Stripped { span, rule, action: Action::Removed, text, evidence: None, attribution: None };
    StrippedRecord { id: "<b>y".parse().unwrap(), cut }
}

fn rejected(detail: &str) -> RejectedRecord {
    let mut document = document("r", "<b>source", "");
    document.path = "<b>path".to_owned();
    RejectedRecord { document, reason: RejectReason::Damaged, detail: detail.to_owned(), bytes: 1 }
}

#[test]
fn documents_cannot_inject_markup_or_disguise() {
    let hostile = document("<b>x", "</script><img src=x>", "</p><script>x</script> shared words \u{202e}");
    let copies = [dropped(hostile.clone(), "k"), dropped(document("c2", "Beta", "shared words"), "k")];
    let mut report = Report::new(Summary::default(), 0.5, 0.9, Limits { copies_max: 1, ..Limits::default() });
    keep(&mut report, document("k", "Alpha", "shared words"), &[&copies[0], &copies[1]]);
    copies.iter().for_each(|copy| report.dropped(copy.clone()));
    report.rejected(rejected("<b>detail"));
    report.missed(miss("</script><b>x", 0.4));
    report.cut(&cut("x", "<script>cut"));
    report.choose_texts();
    assert!(report.wants(None, &"other".parse().unwrap()) && !report.wants(None, &"k".parse().unwrap()));
    report.text(None, document("</script><b>x", "Alpha", "<b>first"));
    report.text(None, document("other", "Alpha", "<b>second"));
    let page = report.render();
    assert!(page.contains("&lt;b&gt;first") && page.contains("&lt;b&gt;second"), "texts of a near miss");
    let hostile_texts = [
        "<script>x",
        "<b>x",
        "<b>y",
        "\u{202e}",
        "<img",
        "<script>cut",
        "<i>",
        "<b>path",
        "<b>detail",
        "<b>first",
    ];
    for hostile in hostile_texts {
        assert!(!page.contains(hostile), "{hostile}");
    }
    assert!(page.contains("<mark>shared words</mark>"));
    assert!(page.contains("all 2 copies by name (1 shown with texts)"));
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
    for at in 0..4 {
        let own: Vec<&DroppedRecord> = copies.iter().skip(at).step_by(4).collect();
        keep(&mut report, document(&format!("k{at}"), "Alpha", &format!("keeper {at}")), &own);
    }
    copies.iter().for_each(|copy| report.dropped(copy.clone()));
    (0_u32..9).for_each(|at| report.missed(miss(&format!("m{at}"), f64::from(at) / 10.0)));
    report.choose_texts();
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
    for said in ["No document was dropped.", "Nothing was cut.", "was taken in", "knows nothing of the time"]
    {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn pace_is_shown_where_it_is_known() {
    let stage =
        StagePace { name: "read".to_owned(), unit: "bytes".to_owned(), amount: 3 << 20, seconds: 2.0 };
    let pace = Pace {
        wall_seconds: 2.5,
        cpu_seconds: Some(4.0),
        memory_bytes_peak: Some(5 << 20),
        stages: vec![stage],
    };
    let page = Report::new(Summary::default(), 0.5, 0.9, Limits::default()).with_pace(pace).render();
    for said in ["2.5 s, 4.0 s of processor time, at most 5.0 MiB of memory", "3.0 MiB", "1.5 MiB"] {
        assert!(page.contains(said), "{said}");
    }
}
