//! What only many documents together can prove.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use unecho_model::{Document, Fields, FlagKind, Origin, Payload, RawDocument};
use unecho_normalize::{Config, Knowledge, Normalizer, Reuse, Strip, replay};

const HEADLINES: [&str; 2] = ["Storm closes two northern ports", "Who pays for the broken pier?"];

fn prose(story: &str, n: usize) -> String {
    format!(
        "The {story} of Northport was discussed on day {n} by the council, which could not agree on what to do about it."
    )
}

fn text(story: &str, between: &str, end: &str) -> String {
    let parts = [prose(story, 1), prose(story, 2), between.to_owned(), prose(story, 3), end.to_owned()];
    parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("\n")
}

fn document(normalizer: &Normalizer, title: &str, text: &str) -> Document {
    let fields = Fields {
        title: Some(title.to_owned()),
        url: Some("https://www.gazette.example/story".to_owned()),
        ..Fields::default()
    };
    let origin = Origin { path: "x".to_owned(), line: None };
    let payload = Payload::Text(text.to_owned());
    normalizer.normalize(RawDocument { id: "x".parse().unwrap(), origin, payload, fields }).unwrap()
}

fn knowledge(documents: &[&Document]) -> Knowledge {
    let mut knowledge = Knowledge::default();
    for document in documents {
        knowledge.observe(document);
    }
    knowledge
}

#[test]
fn a_suspected_headline_is_cut_when_it_is_the_title_of_another_story() {
    let normalizer = Normalizer::new(&Config::default()).unwrap();
    let raw = text("ferry", &HEADLINES.join("\n"), "");
    let mut ferry = document(&normalizer, "Ferry sails again", &raw);
    let storm = document(&normalizer, "Storm closes two northern ports | Gazette", &text("storm", "", ""));
    let known = knowledge(&[&ferry, &storm]);
    assert_eq!(normalizer.corroborate(&mut ferry, &known), 1);
    let article = &ferry.article;
    assert_eq!(article.text, text("ferry", HEADLINES[1], ""));
    let cut = &article.stripped[0];
    assert_eq!((cut.rule.as_str(), cut.text.as_str()), ("related.headline-corroborated", HEADLINES[0]));
    assert_eq!(cut.span.slice(&raw), Some(HEADLINES[0]));
    assert_eq!(article.flags.len(), 1);
    assert_eq!(article.flags[0].span.slice(&article.text), Some(HEADLINES[1]));
    assert_eq!(article.unmatched, [article.flags[0].span]);
    assert_eq!(replay(&raw, &article.stripped), article.text);
    assert_eq!(normalizer.corroborate(&mut ferry, &knowledge(&[&storm])), 0);
}

#[test]
fn nothing_is_cut_where_nothing_is_to_go() {
    let stripping = Normalizer::new(&Config::default()).unwrap();
    let config = Config { strip: Strip::Nothing, ..Config::default() };
    let taking = Normalizer::new(&config).unwrap();
    let mut ferry = document(&stripping, "Ferry sails again", &text("ferry", &HEADLINES.join("\n"), ""));
    let storm = document(&stripping, HEADLINES[0], &text("storm", "", ""));
    let known = knowledge(&[&ferry, &storm]);
    let mut reuse = Reuse::default();
    assert!(!taking.observe(&ferry, &mut reuse));
    assert_eq!(reuse, Reuse::default());
    assert_eq!(taking.corroborate(&mut ferry, &known), 0);
    assert!(stripping.observe(&ferry, &mut reuse));
    assert_eq!(stripping.corroborate(&mut ferry, &known), 1);
}

#[test]
fn a_suspected_headline_stays_without_proof() {
    let normalizer = Normalizer::new(&Config::default()).unwrap();
    let mut ferry = document(&normalizer, HEADLINES[0], &text("ferry", &HEADLINES.join("\n"), ""));
    let before = ferry.clone();
    assert_eq!(normalizer.corroborate(&mut ferry, &knowledge(&[&before])), 0);
    assert_eq!(ferry, before);
    assert!(ferry.article.flags.iter().all(|flag| flag.kind == FlagKind::SuspectedHeadline));
}

#[test]
fn a_line_that_a_host_repeats_at_the_ends_of_three_stories_is_cut() {
    let normalizer = Normalizer::new(&Config::default()).unwrap();
    let end = "The Gazette is read on 12 islands.";
    let make = |story: &str, end: &str| {
        document(&normalizer, &format!("What to know of the {story}"), &text(story, "", end))
    };
    let (mut ferry, storm, pier) =
        (make("ferry", end), make("storm", end), make("pier", "The Gazette is read on 13 islands."));
    assert_eq!(normalizer.corroborate(&mut ferry.clone(), &knowledge(&[&ferry, &storm])), 0);
    let all = knowledge(&[&ferry, &storm, &pier]);
    assert_eq!(normalizer.corroborate(&mut ferry, &all), 1);
    assert_eq!(ferry.article.stripped[0].rule, "learned.host-line");
    let evidence = ferry.article.stripped[0].evidence.as_deref().unwrap();
    assert!(evidence.starts_with("repeated in 3 stories or more (3 documents) of "), "{evidence}");
    assert_eq!(ferry.article.text, text("ferry", "", ""));
    let quote = "“We will sail on,” they said";
    let quoted = ["ferry", "storm", "pier"].map(|story| make(story, quote));
    let known = knowledge(&quoted.each_ref());
    assert_eq!(normalizer.corroborate(&mut quoted[0].clone(), &known), 0);
}

#[test]
fn both_proofs_can_be_switched_off() {
    let disabled_rules = vec!["related.headline-corroborated".to_owned(), "learned.*".to_owned()];
    let normalizer = Normalizer::new(&Config { disabled_rules, ..Config::default() }).unwrap();
    let mut ferry = document(&normalizer, "Ferry sails again", &text("ferry", &HEADLINES.join("\n"), ""));
    let storm = document(&normalizer, HEADLINES[0], &text("storm", "", ""));
    assert_eq!(normalizer.corroborate(&mut ferry, &knowledge(&[&storm])), 0);
}
