//! Columns hold everything that lines hold: each kind of record, with every field set and with none.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use unecho_model::record::{
    CopyRecord, DocumentRecord, DroppedRecord, EarlierRecord, KeptRecord, LinkRecord, PossibleCopyRecord,
    RejectedRecord, StrippedRecord,
};
use unecho_model::summary::DocumentCounts;
use unecho_model::{
    Action, Attribution, AttributionKind, Digest, Flag, FlagKind, Kind, Level, Passage, RejectReason,
    RewriteScores, Scores, Span, Stripped,
};
use unecho_write::{Depth, Finished, Format, Manifest, RecordKind, Rows, Shards, Staging};

/// Writes records as columns and expects to read the same.
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug + Sync>(kind: RecordKind, records: &[T]) {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("out");
    let shards = Shards { format: Format::Parquet, ..Shards::default() };
    let mut staging = Staging::begin(&target, std::sync::Arc::new(unecho_disk::RealFs)).unwrap();
    let rows = Rows::new(records.iter().map(|_| 1), shards, |range, sink| {
        range.for_each(|at| sink.push(&records[at]));
        Ok::<_, unecho_write::Error>(())
    });
    staging.write_rows(kind, &rows, shards).unwrap();
    let mut counts = DocumentCounts { read: records.len() as u64, ..DocumentCounts::default() };
    match kind {
        RecordKind::Kept => counts.kept = counts.read,
        RecordKind::Dropped => counts.dropped = counts.read,
        RecordKind::Rejected => counts.rejected = counts.read,
        RecordKind::Earlier | RecordKind::Links | RecordKind::Stripped => counts.read = 0,
    }
    staging.publish(Manifest::new(json!({}), Vec::new(), counts)).unwrap();
    let finished = Finished::open(&target).unwrap();
    let prefix = format!("{}/{}-", kind.folder(), kind.stem());
    let read: Vec<T> = finished.records(&prefix).map(Result::unwrap).collect();
    assert_eq!(read, records);
    assert_eq!(finished.verify(Depth::Records).unwrap(), []);
}

fn attribution() -> Attribution {
    Attribution {
        kind: AttributionKind::SyndicatedFrom,
        name: "Harbour Courier".to_owned(),
        written: "harbourcourier".to_owned(),
        rule: "credit.from".to_owned(),
        span: Span::new(7, 21),
    }
}

fn full() -> DocumentRecord {
    DocumentRecord {
        id: "folder/ferry".parse().unwrap(),
        text: "The ferry was late.\nПаром опоздал. \u{1f6a2}".to_owned(),
        title: Some("Late \"again\"".to_owned()),
        url: Some("https://courier.example/1".to_owned()),
        source: Some("Harbour Courier".to_owned()),
        date: Some("2024-05-01".to_owned()),
        lang: Some("en".to_owned()),
        script: Some("Latn".to_owned()),
        charset: Some("windows-1252".to_owned()),
        extraction_confidence: Some(0.87),
        attributions: vec![attribution(), attribution()],
        flags: vec![Flag {
            kind: FlagKind::SuspectedHeadline,
            span: Span::new(0, 3),
            text: "The".to_owned(),
        }],
        unmatched: vec![Span::new(0, 3), Span::new(5, 9)],
        digest: Some(Digest::of(b"ferry")),
        path: "feed.jsonl".to_owned(),
        line: Some(u64::from(u32::MAX) + 1),
        metadata: json!({
            "a": { "deep": [1, 2.5, null, "x"] },
            "b\"\n\u{e9}": "\u{0}\\ \u{2028}",
            "numbers": [u64::MAX, i64::MIN, 1.5e300, -0.0],
        })
        .as_object()
        .unwrap()
        .clone(),
    }
}

fn bare() -> DocumentRecord {
    DocumentRecord {
        id: "b".parse().unwrap(),
        text: "Short.".to_owned(),
        title: None,
        url: None,
        source: None,
        date: None,
        lang: None,
        script: None,
        charset: None,
        extraction_confidence: None,
        attributions: Vec::new(),
        flags: Vec::new(),
        unmatched: Vec::new(),
        digest: Some(Digest::of(b"short")),
        path: "b.txt".to_owned(),
        line: None,
        metadata: serde_json::Map::new(),
    }
}

fn scores() -> Scores {
    Scores {
        probability: 0.1 + 0.2,
        jaccard: 1.0 / 3.0,
        containment: 1e-9,
        longest_run_words: 25,
        same_origin: true,
        rewrite: Some(RewriteScores {
            skip_pairs: 0.1,
            skip_pairs_jaccard: 0.2,
            sentences: 0.3,
            quotes: 0.4,
            coverage: 0.5,
            coverage_longer: 0.6,
            names_missing: 0.7,
            narration: f64::MIN_POSITIVE,
            numbers_missing: 3.0,
            lead_behind: 0.8,
            weekdays_differ: 1.0,
        }),
    }
}

fn passages() -> Vec<Passage> {
    vec![Passage { a: Span::new(0, 9), b: Span::new(4, 13), words: 3 }; 2]
}

#[test]
fn kept() {
    let copy = CopyRecord {
        id: "c".parse().unwrap(),
        kind: Kind::Near,
        url: Some("https://a.example".to_owned()),
        source: Some("A".to_owned()),
        date: Some("2024-05-02".to_owned()),
        path: "a.txt".to_owned(),
        line: Some(1),
        run: Some("0123456789abcdef".to_owned()),
    };
    let bare_copy = CopyRecord { url: None, source: None, date: None, line: None, run: None, ..copy.clone() };
    let possible = PossibleCopyRecord {
        id: "d".parse().unwrap(),
        kept_id: Some("e".parse().unwrap()),
        run: Some("0123456789abcdef".to_owned()),
        kind: Kind::Rewrite,
        probability: 0.75,
    };
    let bare_possible = PossibleCopyRecord { kept_id: None, run: None, ..possible.clone() };
    let records = [
        KeptRecord {
            document: full(),
            copies: vec![copy, bare_copy],
            possible_copies: vec![possible, bare_possible],
        },
        KeptRecord { document: bare(), copies: Vec::new(), possible_copies: Vec::new() },
    ];
    check(RecordKind::Kept, &records);
    check::<KeptRecord>(RecordKind::Kept, &[]);
}

#[test]
fn dropped() {
    let full = DroppedRecord {
        document: full(),
        kept_id: "k".parse().unwrap(),
        kept_run: Some("0123456789abcdef".to_owned()),
        better_copy: Some(true),
        kind: Kind::Contained,
        scores: scores(),
        passages: passages(),
        reason: "containment 0.9 reaches 0.8".to_owned(),
    };
    let bare = DroppedRecord {
        document: bare(),
        kept_run: None,
        better_copy: None,
        scores: Scores { rewrite: None, ..scores() },
        passages: Vec::new(),
        ..full.clone()
    };
    check(RecordKind::Dropped, &[full, bare]);
}

#[test]
fn earlier() {
    let kept_id = Some("k".parse().unwrap());
    let full = EarlierRecord { document: full(), run: "0123456789abcdef".to_owned(), kept_id };
    let bare = EarlierRecord { document: bare(), kept_id: None, ..full.clone() };
    check(RecordKind::Earlier, &[full, bare]);
}

#[test]
fn rejected() {
    let full = RejectedRecord {
        document: full(),
        reason: RejectReason::MalformedJson,
        detail: "EOF".to_owned(),
        bytes: 1 << 40,
    };
    let bare = RejectedRecord { document: DocumentRecord { digest: None, ..bare() }, ..full.clone() };
    check(RecordKind::Rejected, &[full, bare]);
}

#[test]
fn links() {
    let full = LinkRecord {
        a: "a".parse().unwrap(),
        a_run: Some("0123456789abcdef".to_owned()),
        b: "b".parse().unwrap(),
        kind: "rewrite".to_owned(),
        accepted: true,
        level: Some(Level::Sure),
        scores: scores(),
        passages: passages(),
        reason: "evidence".to_owned(),
    };
    let bare = LinkRecord { a_run: None, level: None, accepted: false, passages: Vec::new(), ..full.clone() };
    check(RecordKind::Links, &[full, bare]);
}

#[test]
fn stripped() {
    let cut = Stripped {
        span: Span::new(3, 9),
        rule: "credit.from".to_owned(),
        action: Action::Removed,
        text: "Credited".to_owned(),
        evidence: Some("repeated in 3 stories".to_owned()),
        attribution: Some(attribution()),
    };
    let full = StrippedRecord { id: "a".parse().unwrap(), cut };
    let mut bare = full.clone();
    bare.cut = Stripped { attribution: None, evidence: None, action: Action::Joined, ..bare.cut };
    check(RecordKind::Stripped, &[full, bare]);
}
