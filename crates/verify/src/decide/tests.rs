//! Verdicts on small texts written for the purpose.

use proptest::prelude::*;
use unecho_model::{Article, Attribution, AttributionKind, DocIndex, Mismatch, Span};

use super::*;
use crate::{Thresholds, prepare};

const HARBOUR: &str = "The old harbour crane at Lindmouth collapsed early on Tuesday after a night of strong wind, \
and blocked the only road to the ferry terminal for most of the day.\n\
Nobody was hurt, but two parked lorries were crushed and a fishing boat sank at its mooring.\n\
Engineers of the port authority had inspected the crane in March and found rust in three of its four legs.\n\
“We asked for money to repair it and were told to wait,” said harbour master Edda Quill.\n\
The town council will meet on Thursday to decide whether the second crane must be taken down as well.\n\
Ferry passengers were taken by bus to Port Anselm, where the boats will leave until Friday.";

const REWRITTEN: &str = "A night of strong wind brought down the old harbour crane at Lindmouth early on Tuesday, \
blocking the only road to the ferry terminal for hours.\n\
Two parked lorries were crushed and a fishing boat sank at its mooring, though no one was injured.\n\
The crane had been inspected in March by engineers of the port authority, who found rust in three of its legs.\n\
“We asked for money to repair it and were told to wait,” harbour master Edda Quill explained.\n\
On Thursday the town council is going to decide whether the second crane must be taken down too.\n\
Until Friday ferry passengers will be taken by bus to Port Anselm.";

const INDEPENDENT: &str = "Lindmouth woke up to a fallen giant. The crane that has stood over the quay since 1921 lay \
across the tarmac, its cab in the water.\n\
Fisherman Oll Brandt, whose boat went down, had slept on board the week before.\n\
“We asked for money to repair it and were told to wait,” Edda Quill, who runs the port, told this paper.\n\
Insurance assessors put the loss at 2 million crowns. A petition to save what is left gathered 400 names by noon.";

fn article(text: &str) -> Article {
    Article { text: text.to_owned(), ..Article::default() }
}

fn pair() -> CandidatePair {
    CandidatePair::new(DocIndex(0), DocIndex(1)).expect("two documents")
}

fn verdict(low: &Article, high: &Article) -> Verdict {
    let config = Config::default();
    verify(pair(), &prepare(low.clone()), &prepare(high.clone()), Groups::Unknown, &config)
}

/// The link that the two texts alone show.
fn text_only(low: &Article, high: &Article, config: &Config) -> Option<Link> {
    match verify_text_only(pair(), &prepare(low.clone()), &prepare(high.clone()), config)? {
        Verdict::Linked(link) => Some(link),
        Verdict::Rejected(rejection) => panic!("rejected: {}", rejection.reason),
    }
}

fn check_linked(low: &str, high: &str, expect: Kind) -> Link {
    match verdict(&article(low), &article(high)) {
        Verdict::Linked(link) => {
            assert_eq!(link.kind, expect, "{}", link.reason);
            link
        }
        Verdict::Rejected(rejection) => panic!("rejected: {}", rejection.reason),
    }
}

fn check_rejected(low: &str, high: &str, expect: Mismatch) {
    match verdict(&article(low), &article(high)) {
        Verdict::Linked(link) => panic!("{}: {}", link.kind, link.reason),
        Verdict::Rejected(rejection) => assert_eq!(rejection.kind, expect, "{}", rejection.reason),
    }
}

#[test]
fn same_words_are_exact_whatever_their_case() {
    let link = check_linked("A short note.", "a SHORT note", Kind::Exact);
    assert_eq!(link.passages, [Passage { a: Span::new(0, 12), b: Span::new(0, 12), words: 3 }]);
    assert_eq!(link.reason, "all 3 words are the same");
    check_rejected("", "", Mismatch::Unrelated);
}

#[test]
fn small_edits_are_near() {
    let edited = HARBOUR.replace("Nobody was hurt", "No person was hurt");
    let link = check_linked(HARBOUR, &edited, Kind::Near);
    assert_eq!(link.level, Level::Sure);
    assert!(link.scores.jaccard >= 0.7);
}

#[test]
fn a_part_inside_other_text_is_contained() {
    let (part, _) = HARBOUR.split_once("\nEngineers").expect("it has this line");
    let link = check_linked(HARBOUR, part, Kind::Contained);
    assert!(link.scores.containment > 0.99);
    assert_eq!(link.passages[0].b.slice(part).map(str::len), Some(part.len() - 1));
}

#[test]
fn half_an_article_in_other_text_is_likely_contained() {
    let (half, _) = HARBOUR.split_once("\n“We asked").expect("it has this line");
    let round_up = format!(
        "Anglers from nine villages met at the weir of Quarrow for the yearly count of pike and perch, \
         and weighed more than four hundred fish before noon.\n{half}\n\
         In Tolmere the swimming bath opens again after the boiler was replaced by a firm from the coast.\n\
         Two schools of Upper Brack share one bus from next month, because the second driver has retired and nobody \
         applied for the post.\nThe bakery in Mill Lane closed after ninety years; its oven goes to the museum."
    );
    let link = check_linked(HARBOUR, &round_up, Kind::Contained);
    assert_eq!(link.level, Level::Likely, "{}", link.reason);
    assert!((0.4..0.8).contains(&link.scores.containment), "{}", link.scores.containment);
    let dated = |text: &str, date: &str| Article { date: Some(date.to_owned()), ..article(text) };
    let (old, late) = (dated(HARBOUR, "2024-03-05"), dated(&round_up, "2024-04-05"));
    assert_eq!(text_only(&old, &late, &Config::default()), None, "a month later it may be background");
    let one_threshold = Config { contained: Thresholds::both(0.8), ..Config::default() };
    assert_eq!(text_only(&article(HARBOUR), &article(&round_up), &one_threshold), None);
}

#[test]
fn many_small_edits_leave_a_near_copy() {
    let edits = [
        ("collapsed early", "came down early"),
        ("for most of the day", "until late afternoon"),
        ("sank at its mooring", "went down at its mooring"),
        ("found rust in", "saw rust in"),
        ("must be taken down", "should be taken down"),
        ("were taken by bus", "went by bus"),
    ];
    let edited = edits.iter().fold(HARBOUR.to_owned(), |text, (from, to)| text.replace(from, to));
    let link = check_linked(HARBOUR, &edited, Kind::Near);
    assert!((0.5..0.7).contains(&link.scores.jaccard), "{}", link.scores.jaccard);
    assert_eq!(link.level, Level::Sure, "{}", link.reason);
}

#[test]
fn reworded_narration_is_a_rewrite() {
    let link = check_linked(HARBOUR, REWRITTEN, Kind::Rewrite);
    assert!(link.scores.rewrite.is_some_and(|scores| scores.sentences > 0.5));
    for passage in &link.passages {
        let fold = |words: &str| unecho_text::words(words).hashes;
        let (a, b) = (passage.a.slice(HARBOUR).unwrap(), passage.b.slice(REWRITTEN).unwrap());
        assert_eq!(fold(a), fold(b));
    }
}

#[test]
fn the_same_words_of_a_speaker_are_no_copy() {
    check_rejected(HARBOUR, INDEPENDENT, Mismatch::SharedQuotes);
}

#[test]
fn texts_below_the_least_length_are_exact_or_nothing() {
    check_rejected(
        "Rain fell on the town all day.",
        "Rain fell on the town all day long.",
        Mismatch::Unrelated,
    );
}

#[test]
fn text_only_leaves_rewrites_alone() {
    let config = Config::default();
    let only = |a: &str, b: &str| text_only(&article(a), &article(b), &config).map(|link| link.kind);
    assert_eq!(only(HARBOUR, HARBOUR), Some(Kind::Exact));
    assert_eq!(only(HARBOUR, REWRITTEN), None);
}

#[test]
fn a_common_claim_of_origin_is_evidence() {
    let claim = |text: &str| Article {
        attributions: vec![Attribution {
            kind: AttributionKind::SyndicatedFrom,
            name: "Lindmouth Courier".to_owned(),
            written: "the Courier".to_owned(),
            rule: "credit.syndicated".to_owned(),
            span: Span::new(0, 0),
        }],
        ..article(text)
    };
    let source = |text: &str| Article { source: Some("Lindmouth Courier".to_owned()), ..article(text) };
    let alone = *verdict(&article(HARBOUR), &article(INDEPENDENT)).scores();
    let both = *verdict(&claim(HARBOUR), &claim(INDEPENDENT)).scores();
    let one = *verdict(&claim(HARBOUR), &source(INDEPENDENT)).scores();
    let same_publisher = *verdict(&source(HARBOUR), &source(INDEPENDENT)).scores();
    assert!(both.same_origin && one.same_origin && !alone.same_origin && !same_publisher.same_origin);
    assert!(both.probability > alone.probability);
    assert_eq!(one.probability, both.probability);
}

#[test]
fn a_later_story_needs_more_than_background() {
    let dated = |text: &str, date: &str, source: &str| {
        let (date, source) = (Some(date.to_owned()), Some(source.to_owned()));
        Article { date, source, ..article(text) }
    };
    let old = dated(HARBOUR, "2024-03-01", "Courier");
    let level = |later: &Article| match verdict(&old, later) {
        Verdict::Linked(link) => Ok(link.level),
        Verdict::Rejected(rejection) => Err(rejection.kind),
    };
    let (coverage, config) = (Config { follow_up_coverage_min: 1.0, ..Config::default() }, Config::default());
    let strict = |later: &Article| {
        let (low, high) = (prepare(old.clone()), prepare(later.clone()));
        match verify(pair(), &low, &high, Groups::Unknown, &coverage) {
            Verdict::Linked(link) => Ok(link.level),
            Verdict::Rejected(rejection) => Err(rejection.kind),
        }
    };
    assert!(config.follow_up_days_max < 20);
    assert_eq!(level(&dated(REWRITTEN, "2024-03-02", "Gazette")), Ok(Level::Sure));
    assert_eq!(level(&dated(REWRITTEN, "2024-03-21", "Gazette")), Ok(Level::Likely));
    assert_eq!(level(&dated(REWRITTEN, "2024-03-02", "Courier")), Ok(Level::Likely));
    assert_eq!(level(&dated(REWRITTEN, "2024-03-21", "Courier")), Err(Mismatch::Background));
    assert_eq!(strict(&dated(REWRITTEN, "2024-03-02", "Gazette")), Ok(Level::Sure));
    assert_eq!(strict(&dated(REWRITTEN, "2024-03-21", "Gazette")), Err(Mismatch::Background));
}

#[test]
fn leads_of_different_days_are_never_sure() {
    let level = |rewrite: &str| check_linked(HARBOUR, rewrite, Kind::Rewrite).level;
    assert_eq!(level(REWRITTEN), Level::Sure);
    assert_eq!(level(&REWRITTEN.replace("early on Tuesday", "early on Friday")), Level::Likely);
}

#[test]
fn one_block_in_another_story_is_never_sure() {
    let block = "The bridge was built by the Norrland company between two wars, carried the coal line until \
        the last pit closed, and has stood without trains, paint or any owner willing to pay for it since.";
    let first =
        format!("Painters began work on the bridge over the Skell on Monday, paid by a lottery.\n{block}");
    let second = format!(
        "A climber was rescued from the girders high over the river after she dropped her rope.\n{block}"
    );
    match verdict(&article(&first), &article(&second)) {
        Verdict::Linked(link) => assert!(link.level == Level::Likely || link.scores.containment > 0.5),
        Verdict::Rejected(rejection) => assert_eq!(rejection.kind, Mismatch::Background),
    }
}

#[test]
fn a_notice_below_every_text_is_background() {
    let notice = "The full report was written by an agency and can for reasons of law no longer be shown on this \
        page, nor be sent to you in any other way.";
    let bakery = "A bakery in Oakham gave away bread when its ovens would not stop on Friday night.";
    let swans = "Two swans held up the regatta on Lake Thirn until a warden led them off the course.";
    let sure = |low: &str, high: &str| match verdict(&article(low), &article(high)) {
        Verdict::Linked(link) => link.level == Level::Sure,
        Verdict::Rejected(_) => false,
    };
    assert!(!sure(&format!("{bakery}\n{notice}"), &format!("{swans}\n{notice}")));
    let first = format!(
        "{bakery} The baker, Tom Reed, had slept through four alarms and \
        woke to a queue around the church.\n{notice}"
    );
    let second = format!(
        "{swans} Rowers of three clubs waited nearly two hours in the rain \
        while their coxes argued about rules.\n{notice}"
    );
    check_rejected(&first, &second, Mismatch::Background);
}

#[test]
fn near_and_contained_have_two_thresholds() {
    let (low, high) = (article(HARBOUR), article(&HARBOUR.replace("Nobody was hurt", "No person was hurt")));
    let level = |near: Thresholds| {
        let config = Config { near, contained: Thresholds::both(1.0), ..Config::default() };
        text_only(&low, &high, &config).map(|link| (link.kind, link.level))
    };
    // The evidence of the two texts makes it sure.
    assert_eq!(level(Thresholds { likely: 0.5, sure: 0.99 }), Some((Kind::Near, Level::Sure)));
    assert_eq!(level(Thresholds { likely: 0.5, sure: 0.6 }), Some((Kind::Near, Level::Sure)));
    assert_eq!(level(Thresholds::both(0.99)), None);
}

#[test]
fn the_same_form_with_other_numbers_is_no_rewrite() {
    let report = |day: &str, n: [u32; 6]| {
        let [wheat, barley, rye, eggs, butter, pigs] = n;
        article(&format!(
            "Prices at the Quarrow market on {day}, as reported by the grain exchange in the morning.\n\
             Wheat of the first grade was sold at {wheat} crowns a tonne, barley for brewing at {barley} crowns.\n\
             Rye was offered at {rye} crowns a tonne, with few buyers in the hall before noon.\n\
             A crate of fresh eggs from the hill farms went for {eggs} crowns, a tub of butter for {butter} crowns.\n\
             Young pigs were led through the ring in the yard and went for {pigs} crowns each."
        ))
    };
    let first = report("Monday", [211, 184, 153, 32, 47, 118]);
    match verdict(&first, &report("Thursday", [219, 187, 149, 35, 44, 126])) {
        Verdict::Linked(link) => panic!("{}", link.reason),
        Verdict::Rejected(rejection) => assert_eq!(rejection.kind, Mismatch::Template),
    }
    match verdict(&first, &report("Monday", [211, 184, 153, 32, 44, 118])) {
        Verdict::Linked(link) => assert_eq!(link.kind, Kind::Near, "a correction"),
        Verdict::Rejected(rejection) => panic!("{}", rejection.reason),
    }
}

#[test]
fn other_facts_in_one_form_are_no_copy() {
    let notice = |who: &str, where_: &str, number: u32, case: u32| {
        format!(
            "The district court of {who} has set the date of the public auction of the mill at {number} {where_} lane.\n\
             Bidders must register with the clerk and leave a deposit of one tenth of the estimate before the \
             hearing begins, and those who bid for others need their consent in writing. Case number {case}."
        )
    };
    let first = notice("Quarrow", "Weir", 118, 40_211);
    check_rejected(&first, &notice("Tolmere", "Harbour", 9, 51_870), Mismatch::Template);
    let edited = first.replace("set the date of the", "fixed a day for the").replace("begins", "starts");
    check_linked(&first, &edited, Kind::Near);
}

#[test]
fn captions_of_one_picture_are_no_rewrite() {
    let caption = "FILE - The fallen crane lies across the only road to the ferry terminal of Lindmouth, while \
        engineers of the port authority look for the two lorries that it crushed on Tuesday morning. \
        (Courier Photo/Ann Oak)";
    let first = format!("{caption}\nParliament will vote on the fishing quota in May, said the minister.");
    let second =
        format!("{caption}\nA choir of forty sang for the children of the hospital on Sunday evening.");
    match verdict(&article(&first), &article(&second)) {
        Verdict::Linked(link) => assert_ne!(link.kind, Kind::Rewrite, "{}", link.reason),
        Verdict::Rejected(rejection) => assert!(rejection.scores.probability < 0.1),
    }
}

#[test]
fn two_pages_of_one_publisher_share_no_origin() {
    let claim = |text: &str| Article {
        attributions: vec![Attribution {
            kind: AttributionKind::CreditedFrom,
            name: "Wire".to_owned(),
            written: "Wire".to_owned(),
            rule: "credit.source".to_owned(),
            span: Span::new(0, 0),
        }],
        source: Some("Courier".to_owned()),
        ..article(text)
    };
    assert!(!verdict(&claim(HARBOUR), &claim(REWRITTEN)).scores().same_origin);
}

#[test]
fn order_of_the_two_does_not_matter() {
    let (forward, back) =
        (check_linked(HARBOUR, REWRITTEN, Kind::Rewrite), check_linked(REWRITTEN, HARBOUR, Kind::Rewrite));
    assert_eq!(forward.scores, back.scores);
    let flipped: Vec<Passage> = back.passages.iter().map(|passage| passage.flipped()).collect();
    assert_eq!(forward.passages, flipped);
}

proptest! {
    #[test]
    fn any_two_texts_get_a_verdict(a in "([a-c]{1,2}[ .\n“”]){0,60}", b in "([a-c]{1,2}[ .\n“”]){0,60}") {
        let (low, high) = (article(&a), article(&b));
        let verdict = verdict(&low, &high);
        let scores = verdict.scores();
        prop_assert!((0.0..=1.0).contains(&scores.probability));
        let passages = match &verdict {
            Verdict::Linked(link) => &link.passages,
            Verdict::Rejected(rejection) => &rejection.passages,
        };
        prop_assert!(passages.windows(2).all(|two| two[0].words >= two[1].words));
        for passage in passages {
            let words = |span: Span, text: &str| unecho_text::words(span.slice(text).unwrap()).hashes;
            prop_assert_eq!(words(passage.a, &a), words(passage.b, &b));
        }
    }
}
