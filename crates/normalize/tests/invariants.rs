//! What holds for every text: nothing is lost, every change is on record, every span is right.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::LazyLock;

use proptest::prelude::*;
use unecho_model::{Action, Document, Fields, Origin, Payload, RawDocument, Stripped};
use unecho_normalize::{Config, Knowledge, Normalizer, replay};

static NORMALIZER: LazyLock<Normalizer> =
    LazyLock::new(|| Normalizer::new(&Config::default()).expect("the embedded rules are sound"));

fn normalize(normalizer: &Normalizer, text: &str) -> Option<Document> {
    let origin = Origin { path: "x".to_owned(), line: None };
    let fields = Fields { url: Some("https://gazette.example/1".to_owned()), ..Fields::default() };
    let payload = Payload::Text(text.to_owned());
    normalizer.normalize(RawDocument { id: "x".parse().unwrap(), origin, payload, fields }).ok()
}

/// Replaying, written down as simply as can be.
fn replayed_simply(raw: &str, stripped: &[Stripped]) -> String {
    let mut edited = String::new();
    let mut at = 0;
    for cut in stripped {
        edited.push_str(&raw[at..cut.span.start()]);
        if cut.action == Action::Joined && cut.rule == "line.hard-wrap" {
            edited.push(' ');
        }
        at = cut.span.end();
    }
    edited.push_str(&raw[at..]);
    let lines: Vec<&str> = edited.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

fn check(raw: &str, document: &Document) {
    let article = &document.article;
    for pair in article.stripped.windows(2) {
        assert!(pair[0].span.end() <= pair[1].span.start(), "cuts overlap or are out of order in {raw:?}");
    }
    for cut in &article.stripped {
        assert_eq!(cut.span.slice(raw), Some(cut.text.as_str()), "{raw:?}");
    }
    assert_eq!(replayed_simply(raw, &article.stripped), article.text, "{raw:?}");
    assert_eq!(replay(raw, &article.stripped), article.text);
    for credit in &article.attributions {
        assert_eq!(credit.span.slice(raw), Some(credit.written.as_str()), "{raw:?}");
    }
    for flag in &article.flags {
        assert_eq!(flag.span.slice(&article.text), Some(flag.text.as_str()), "{raw:?}");
    }
    for pair in article.unmatched.windows(2) {
        assert!(pair[0].end() <= pair[1].start(), "{raw:?}");
    }
    for span in &article.unmatched {
        assert!(!span.is_empty() && span.slice(&article.text).is_some(), "{raw:?}");
    }
    let lines: Vec<&str> = article.text.lines().collect();
    assert_eq!(lines.len(), article.lines.len());
    for (line, span) in lines.iter().zip(&article.lines) {
        let inside: Vec<Stripped> = article
            .stripped
            .iter()
            .filter(|cut| cut.span.overlaps(*span))
            .cloned()
            .map(|cut| shifted(cut, span.start()))
            .collect();
        assert_eq!(replayed_simply(span.slice(raw).unwrap(), &inside), *line, "{raw:?}");
    }
}

fn shifted(mut cut: Stripped, by: usize) -> Stripped {
    cut.span = unecho_model::Span::of(cut.span.start() - by, cut.span.end() - by);
    cut
}

/// Pieces that rules, line repair and layout look at, and prose.
fn piece() -> impl Strategy<Value = String> {
    const PIECES: [&str; 34] = [
        "The harbour master of Northport said on Monday that the ferry would sail again before the week ended.",
        "“We will not wait,” she told reporters on the pier, where traders had gathered to ask for help. They left.",
        "the long awaited end of the closure of the old harbour was near",
        "Der Hafen bleibt bis Freitag geschlossen, sagte die Kapitänin am Montag vor der Presse in Nordhafen.",
        "Паром снова выйдет в море до конца недели, сообщил в понедельник портовый надзор города.",
        "港口的负责人星期一表示，渡轮将在周末之前恢复航行，渔民们等待已久。",
        "The negoti-",
        "ations went on until the morning and nobody slept",
        "Storm closes two northern ports",
        "Who pays for the broken pier?",
        "image source from:aljazeera",
        "Credited from: CBSNEWS",
        "This content originally appeared on Al Jazeera.",
        "12 August 2025",
        "Advertisement",
        "Share",
        "Home",
        "Contact us",
        "Read also:",
        "- New pier opens in the north",
        "• Old pier closes",
        "[1] Source [2] Source",
        "By Ann Porter and Li Wei, Harbour Post",
        "(Reporting by Ann Porter; Editing by Li Wei)",
        "It sails. (Reporting by Omar Said in Northport) ",
        "NORTHPORT (Reuters) - The ferry sails again on Monday, the company said, after a long wait.",
        "Correction: the ferry is new.",
        "Subscribe to continue reading.",
        "Comments",
        "Copyright 2024 Harbour Post. All rights reserved.",
        "It ended. For more updates, click here to read more on Port Times.",
        "Follow us on Facebook",
        "References",
        "a",
    ];
    prop::sample::select(PIECES.to_vec()).prop_map(str::to_owned)
}

fn separator() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["\n", "\n", "\n", "\r\n", "\n\n", " \n", "\n  ", "\n\t", "  ", " "])
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec((piece(), separator()), 1..40)
        .prop_map(|pieces| pieces.into_iter().map(|(piece, separator)| piece + separator).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_change_is_on_record(texts in prop::collection::vec(text(), 1..4)) {
        let normalizer = &*NORMALIZER;
        let documents: Vec<(String, Document)> = texts
            .into_iter()
            .filter_map(|text| normalize(normalizer, &text).map(|document| (text, document)))
            .collect();
        let mut knowledge = Knowledge::default();
        for (text, document) in &documents {
            check(text, document);
            knowledge.observe(document);
        }
        for (text, mut document) in documents {
            normalizer.corroborate(&mut document, &knowledge);
            check(&text, &document);
        }
    }

    #[test]
    fn any_characters_are_survived(text in any::<String>(), junk in "[\\p{Any}\\x00-\\x20]{0,200}") {
        let normalizer = &*NORMALIZER;
        for text in [&text, &junk] {
            if let Some(document) = normalize(normalizer, text) {
                let unclean = document.article.text.contains(['\0', '\u{200b}', '\u{a0}', '\r']);
                prop_assert!(!unclean);
                // What is clean is its own raw, and stays as it is.
                let again = normalize(normalizer, &document.article.text);
                if let Some(again) = again.filter(|again| again.article.stripped.is_empty()) {
                    prop_assert_eq!(&again.article.text, &document.article.text);
                }
            }
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let normalizer = &*NORMALIZER;
        for payload in [Payload::PlainBytes(bytes.clone()), Payload::HtmlBytes(bytes)] {
            let origin = Origin { path: "x".to_owned(), line: None };
            let raw = RawDocument { id: "x".parse().unwrap(), origin, payload, fields: Fields::default() };
            let _ = normalizer.normalize(raw);
        }
    }
}
