//! What becomes of whole texts: the shapes in which news is found on the web.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use unecho_model::{
    Action, Article, AttributionKind, Document, Fields, FlagKind, Origin, Payload, RawDocument, RejectReason,
};
use unecho_normalize::{Config, Normalizer, Strip};

const ONE: &str = "The harbour master of Northport said on Monday that the ferry would sail again before the end of the week.";
const TWO: &str =
    "Crews had worked through the night to clear the channel, which was blocked by sand after the storm.";
const THREE: &str =
    "“We will not wait for the summer,” she told reporters on the pier, where traders had asked for help.";

fn document(payload: Payload, fields: Fields) -> RawDocument {
    let origin = Origin { path: "story.txt".to_owned(), line: None };
    RawDocument { id: "story".parse().unwrap(), origin, payload, fields }
}

fn normalize(text: &str) -> Document {
    let normalizer = Normalizer::new(&Config::default()).unwrap();
    normalizer.normalize(document(Payload::Text(text.to_owned()), Fields::default())).unwrap()
}

/// Rule and text of everything that was cut.
fn cuts(article: &Article) -> Vec<(&str, &str)> {
    let removed = article.stripped.iter().filter(|cut| cut.action == Action::Removed);
    removed.map(|cut| (cut.rule.as_str(), cut.text.as_str())).collect()
}

fn credits(article: &Article) -> Vec<(AttributionKind, &str)> {
    article.attributions.iter().map(|credit| (credit.kind, credit.name.as_str())).collect()
}

#[test]
fn an_image_credit_at_the_end() {
    let text = format!(
        "{ONE}\n{TWO}\nReporting from Northport, Al Jazeera’s Ann Porter noted the haste.\n{THREE}\nimage source from:aljazeera"
    );
    let article = normalize(&text).article;
    assert_eq!(cuts(&article), [("credit.image-source", "image source from:aljazeera")]);
    assert_eq!(credits(&article), [(AttributionKind::ImageCredit, "Al Jazeera")]);
    assert_eq!(article.attributions[0].written, "aljazeera");
    assert!(article.text.contains("Reporting from Northport"));
    assert_eq!(article.stripped[0].attribution.as_ref(), article.attributions.first());
}

#[test]
fn a_credit_in_front_and_a_prompt_at_the_end_of_a_paragraph() {
    let prompt =
        "For continued updates on this developing story, click here to read more on Port Times and BBC News.";
    let article = normalize(&format!("Credited from: CBSNEWS\n{ONE} {TWO}\n{THREE} {prompt}")).article;
    assert_eq!(cuts(&article), [("credit.from", "Credited from: CBSNEWS"), ("prompt.updates", prompt)]);
    assert_eq!(credits(&article), [(AttributionKind::CreditedFrom, "CBS News")]);
    assert_eq!(article.text, format!("{ONE} {TWO}\n{THREE}"));
}

#[test]
fn a_broken_line_and_a_headline() {
    let text = format!(
        "Ferry sails again after storm\nNorthport: {ONE}\nThe company spoke of “the long\nawaited end of the closure” in a letter.\n{TWO}"
    );
    let article = normalize(&text).article;
    assert_eq!(article.title.as_deref(), Some("Ferry sails again after storm"));
    assert!(article.text.starts_with("Ferry sails again after storm\nNorthport: The harbour"));
    assert!(article.text.contains("“the long awaited end of the closure”"));
    let joined: Vec<_> = article.stripped.iter().map(|cut| (cut.rule.as_str(), cut.action)).collect();
    assert_eq!(joined, [("line.hard-wrap", Action::Joined)]);
    assert!(article.unmatched.is_empty());
}

#[test]
fn menu_date_and_origin_in_front_and_headlines_between() {
    let menu = "date 2024-05-07 Tag Call for Young Sailors to Join Season Opening Islands Prepare for Regatta \
                Harbour Choir Wins Prize After Long Tour of the North Late Goal Seals Win as Ports Beat Docks \
                Police Await Report on Pier Fire Carnival Through the Eyes of Strangers";
    let text = format!(
        " {menu}\n7 May 2024\nThis content originally appeared on Deutsche Welle.\n{ONE}\n\n{TWO}\n\n\
         Storm closes two northern ports\n\nWho pays for the broken pier?\n\n{THREE}\n\n{ONE}"
    );
    let article = normalize(&text).article;
    assert_eq!(
        cuts(&article),
        [
            ("nav.blob", menu),
            ("timestamp.bare", "7 May 2024"),
            ("syndication.originally-appeared", "This content originally appeared on Deutsche Welle."),
        ]
    );
    assert_eq!(article.date.as_deref(), Some("2024-05-07"));
    assert_eq!(credits(&article), [(AttributionKind::SyndicatedFrom, "Deutsche Welle")]);
    let flags: Vec<_> = article.flags.iter().map(|flag| (flag.kind, flag.text.as_str())).collect();
    let suspected = FlagKind::SuspectedHeadline;
    let headlines = ["Storm closes two northern ports", "Who pays for the broken pier?"];
    assert_eq!(flags, headlines.map(|headline| (suspected, headline)));
    let unmatched: Vec<_> = article.unmatched.iter().map(|span| span.slice(&article.text).unwrap()).collect();
    assert_eq!(unmatched, headlines);
}

#[test]
fn references_and_a_list_of_links_at_the_end() {
    let links = "Read also:\n- New tariffs would hit the fishing fleet, which is why the port seeks negotiators.\n- Week in the council\n- Best read in the south, with a question:";
    let text = format!(
        "Talks on the ferry end without result\nPort and Company Part Without Agreement\n{ONE}\n{TWO}\n{THREE}\n[1] Source [2] Source [3] Source\n{links}"
    );
    let article = normalize(&text).article;
    assert_eq!(
        cuts(&article),
        [("refs.numbered", "[1] Source [2] Source [3] Source"), ("related.read-also", links)]
    );
    assert_eq!(article.title.as_deref(), Some("Talks on the ferry end without result"));
    assert!(article.attributions.is_empty());
    assert!(article.text.ends_with(THREE));
}

#[test]
fn an_agency_report() {
    let text = format!(
        "NORTHPORT, May 7 (Reuters) - {ONE}\n{TWO}\n{THREE} (Reporting by Ann Porter in Northport; Editing by Li Wei)"
    );
    let article = normalize(&text).article;
    let sign_off = "(Reporting by Ann Porter in Northport; Editing by Li Wei)";
    assert_eq!(cuts(&article), [("agency.signoff", sign_off)]);
    assert_eq!(
        credits(&article),
        [(AttributionKind::Agency, "Reuters"), (AttributionKind::Author, "Ann Porter")]
    );
    assert!(article.text.starts_with("NORTHPORT, May 7 (Reuters) - The harbour"));
    let dateline = article.unmatched.first().and_then(|span| span.slice(&article.text));
    assert_eq!(dateline, Some("NORTHPORT, May 7 (Reuters) - "));
}

#[test]
fn a_line_with_a_dateline_is_no_headline() {
    let article =
        normalize(&format!("{ONE}\nNORTHPORT (Reuters) - The ferry sails again on Monday\n{TWO}")).article;
    assert!(article.flags.is_empty());
    let unmatched: Vec<_> = article.unmatched.iter().map(|span| span.slice(&article.text).unwrap()).collect();
    assert_eq!(unmatched, ["NORTHPORT (Reuters) - "]);
}

#[test]
fn corrections_stay_and_are_flagged() {
    let notice = "Correction: An earlier version of this article gave the wrong name of the ferry. Sign up for our newsletter.";
    let article = normalize(&format!("{ONE}\n{TWO}\n{THREE}\n{notice}")).article;
    assert!(cuts(&article).is_empty());
    assert_eq!(article.flags.len(), 1);
    assert_eq!((article.flags[0].kind, article.flags[0].text.as_str()), (FlagKind::Correction, notice));
}

#[test]
fn a_paywall_is_cut_and_marks_the_text_as_truncated() {
    let article = normalize(&format!("{ONE}\n{TWO}\nSubscribe to continue reading.")).article;
    assert_eq!(cuts(&article), [("paywall.prompt", "Subscribe to continue reading.")]);
    assert_eq!((article.flags[0].kind, article.flags[0].text.as_str()), (FlagKind::Truncated, TWO));
}

#[test]
fn too_much_to_cut_is_not_cut() {
    let links = "WATCH: Ferry leaves the port of Northport for the first time\nRELATED: Storm closes the northern ports for the second week\nSEE ALSO: What the captain of the ferry told the council";
    let article = normalize(&format!("{ONE}\n{links}")).article;
    assert!(cuts(&article).is_empty());
    assert_eq!(article.flags.iter().filter(|flag| flag.kind == FlagKind::SuspiciousStrip).count(), 3);
    assert_eq!(article.text, format!("{ONE}\n{links}"));
}

#[test]
fn prose_is_never_taken_for_a_prompt() {
    let text = [
        "The share of those who follow the harbour on Facebook grew, and so did the number who read more on Twitter about the ferry.",
        "Sources said the captain had been credited with saving the crew; a source at the ministry: “We do not know.”",
        "He asked readers to sign up to the rescue service, to subscribe to its cause and to register their boats by email.",
        "Advertisement sales at the paper fell by a tenth, the company said, and cookies sold on board did little to help it.",
        "The report, which originally appeared in a sailing magazine, was published again on Monday with the names removed.",
    ]
    .join("\n");
    let article = normalize(&text).article;
    assert_eq!(cuts(&article), []);
    assert_eq!(article.text, text);
}

#[test]
fn a_page_taken_as_text_loses_its_menus() {
    let menu = "Skip to main content\nHome\nNews\nSport\nPorts\nFerries\nIsland life\nWeather report\nTide tables\nBoat market\nSearch\nLog in\nContact us";
    let footer = "Advertisement\nMost read\nFerry fares rise\nNew pier opens\nOld pier closes\nChoir wins prize\nMore from Northport\nShare\nFollow us on Facebook\nPrivacy Policy\nTerms of use\nContact us\nJobs at the port\n© 2024 Northport Gazette";
    let article =
        normalize(&format!("{menu}\nFerry sails again after the storm\n{ONE}\n{TWO}\n{THREE}\n{footer}"))
            .article;
    assert_eq!(article.text, format!("Ferry sails again after the storm\n{ONE}\n{TWO}\n{THREE}"));
    assert_eq!(article.title.as_deref(), Some("Ferry sails again after the storm"));
    assert!(cuts(&article).iter().any(|(rule, _)| *rule == "nav.page-chrome"));
}

#[test]
fn fields_of_the_input_win_and_are_put_in_form() {
    let normalizer = Normalizer::new(&Config::default()).unwrap();
    let fields = Fields {
        title: Some(" Given ".to_owned()),
        source: Some("www.aljazeera.com".to_owned()),
        date: Some("Tue, 07 May 2024 10:00:00 GMT".to_owned()),
        url: Some(String::new()),
        ..Fields::default()
    };
    let text = format!("Ferry sails again after storm\n8 May 2024\n{ONE}\n{TWO}");
    let article = normalizer.normalize(document(Payload::Text(text), fields)).unwrap().article;
    assert_eq!(article.title.as_deref(), Some("Given"));
    assert_eq!(article.source.as_deref(), Some("Al Jazeera"));
    assert_eq!(article.date.as_deref(), Some("2024-05-07T10:00:00Z"));
    assert_eq!(article.url, None);
    assert_eq!(article.extraction_confidence, None);
}

#[test]
fn rules_can_be_switched_off() {
    let text = format!(
        "{ONE}\n{TWO}\nThe company spoke of the long awaited\nend of the closure.\nAdvertisement\n{THREE}"
    );
    let off = |rules: &[&str]| {
        let disabled_rules = rules.iter().map(|&rule| rule.to_owned()).collect();
        let normalizer = Normalizer::new(&Config { disabled_rules, ..Config::default() }).unwrap();
        let document =
            normalizer.normalize(document(Payload::Text(text.clone()), Fields::default())).unwrap();
        document.article.stripped.iter().map(|cut| cut.rule.clone()).collect::<Vec<_>>()
    };
    assert_eq!(off(&[]), ["line.hard-wrap", "ad.marker"]);
    assert_eq!(off(&["ad.*"]), ["line.hard-wrap"]);
    assert_eq!(off(&["line.hard-wrap", "ad.marker"]), [""; 0]);
    let unknown = Config { disabled_rules: vec!["ad.typo".to_owned()], ..Config::default() };
    assert_eq!(Normalizer::new(&unknown).unwrap_err().to_string(), "no rule is called ad.typo");
}

#[test]
fn a_text_is_taken_as_it_is_where_nothing_is_to_go() {
    let text = format!("Advertisement\n\n  {ONE}\nImage source, Getty Images\n{TWO} \n");
    let config = Config { strip: Strip::Nothing, ..Config::default() };
    let document = document(Payload::Text(text.clone()), Fields::default());
    let article = Normalizer::new(&config).unwrap().normalize(document).unwrap().article;
    assert_eq!(article.text, format!("Advertisement\n{ONE}\nImage source, Getty Images\n{TWO}"));
    assert_eq!((article.stripped.len(), article.attributions.len(), article.flags.len()), (0, 0, 0));
    assert_eq!(article.lang.as_deref(), Some("en"));
    let lines: Vec<&str> = article.lines.iter().filter_map(|line| line.slice(&text)).map(str::trim).collect();
    assert_eq!(lines, article.text.split('\n').collect::<Vec<_>>());
}

#[test]
fn what_cannot_be_taken_in_says_why() {
    let normalizer = Normalizer::new(&Config::default()).unwrap();
    let check = |payload: Payload, reason: RejectReason, detail: &str| {
        let rejected = normalizer.normalize(document(payload, Fields::default())).unwrap_err();
        assert_eq!((rejected.reason, rejected.detail.as_str()), (reason, detail));
    };
    check(Payload::Text(" \n ".to_owned()), RejectReason::Empty, "there is no text");
    check(Payload::Text("a\0b".to_owned()), RejectReason::NulBytes, "a NUL character at offset 1");
    check(
        Payload::PlainBytes(b"a \xe9 b \xfc c".to_vec()),
        RejectReason::InvalidEncoding,
        "not UTF-8 at offset 2, and no other charset fits",
    );
    check(
        Payload::Text("Advertisement\nShare".to_owned()),
        RejectReason::NoArticle,
        "all of it was cut by ad.marker to social.share",
    );
    let big = Payload::PlainBytes(vec![b'a'; (16 << 20) + 1]);
    check(big, RejectReason::TooLarge, "16777217 bytes, the limit is 16777216");
}

#[test]
fn boxes_go_when_both_ends_can_be_seen() {
    let facts = "Fakta om ferjer\nFerries have sailed here since 1902, and two of them still do so in winter.\nKilde: Havnebladet";
    let article = normalize(&format!("{ONE}\n{TWO}\n{THREE}\n{facts}\n{ONE}\n{TWO}\n{THREE}")).article;
    assert_eq!(cuts(&article), [("aside.facts", facts)]);
    let open = "Fakta om ferjer\nFerries have sailed here since 1902, and two of them still do so in winter.";
    let article = normalize(&format!("{ONE}\n{TWO}\n{THREE}\n{open}\n{ONE}\n{TWO}\n{THREE}")).article;
    assert_eq!(cuts(&article), []);
    let closed = "The northern ferries\nFerries have sailed here since 1902, and two of them still do.\nEnde der weiteren Informationen";
    let article = normalize(&format!("{ONE}\n{TWO}\n{closed}\n{THREE}\n{ONE}\n{TWO}")).article;
    assert_eq!(cuts(&article), [("aside.closer", closed)]);
    let author = "Die Autorin\nAnna Hafner fährt seit vielen Jahren zur See und schreibt darüber.";
    let article = normalize(&format!("{ONE}\n{TWO}\n{THREE}\n{author}")).article;
    assert_eq!(cuts(&article), [("byline.about-author", author)]);
}
