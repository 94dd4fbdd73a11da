//! Pages: main text without furniture, what they say about themselves, and hostile ones.

#![expect(clippy::unwrap_used, clippy::result_large_err, reason = "a test fails by panicking")]

use unecho_model::{Article, Document, Fields, Origin, Payload, RawDocument, RejectReason, Rejected};
use unecho_normalize::{Config, Normalizer};

const ONE: &str = "The harbour master of Northport said on Monday that the ferry would sail again before the end of the week.";
const TWO: &str =
    "Crews had worked through the night to clear the channel, which was blocked by sand after the storm.";
const THREE: &str = "Traders on the old pier had asked the council for help, saying that a summer without boats would ruin them.";
const FOUR: &str = "The council will meet on Thursday to decide who pays for the dredging, which has cost two million so far.";
const LEAD: &str =
    "After two weeks of waiting, boats can soon leave the port of Northport for the islands again.";

fn normalize_bytes(html: Vec<u8>) -> Result<Document, Rejected> {
    let origin = Origin { path: "page.html".to_owned(), line: None };
    let payload = Payload::HtmlBytes(html);
    let raw = RawDocument { id: "page".parse().unwrap(), origin, payload, fields: Fields::default() };
    Normalizer::new(&Config::default()).unwrap().normalize(raw)
}

fn article(html: &str) -> Article {
    normalize_bytes(html.as_bytes().to_vec()).unwrap().article
}

fn page(head: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=en-GB><head><meta charset=utf-8>{head}</head><body>{body}</body></html>"
    )
}

fn story() -> String {
    format!(
        "<nav><ul><li><a href=/>Home</a></li><li><a href=/s>Sport</a></li></ul></nav>\
         <article><h1>Ferry sails again</h1><p class=standfirst>{LEAD}</p>\
         <figure><img src=x><figcaption>The ferry in May. Photo: Ann Porter</figcaption></figure>\
         <p>{ONE}</p><p>{TWO}</p><p><a href=/o>Storm closes two northern ports for weeks</a></p>\
         <h2>Who pays</h2><p>{THREE}</p><ul><li>First boat on Friday</li><li>Second boat on Sunday</li></ul>\
         <p>{FOUR}</p></article>\
         <aside><h3>Most read</h3><a href=/1>Choir wins prize</a></aside><footer>© Northport Gazette</footer>"
    )
}

#[test]
fn the_article_without_the_page() {
    let article = article(&page("<title>Ferry sails again - Gazette</title>", &story()));
    for line in [LEAD, ONE, TWO, "Who pays", THREE, FOUR] {
        assert!(article.text.lines().any(|found| found == line), "{line} is missing:\n{}", article.text);
    }
    for line in ["Home", "Storm closes", "Most read", "Photo:", "Gazette", "Ferry sails again"] {
        assert!(!article.text.contains(line), "{line} is left:\n{}", article.text);
    }
    assert!(article.extraction_confidence.unwrap() > 0.5);
}

#[test]
fn what_the_page_says_about_itself() {
    let head = "<meta property=og:title content='Ferry sails again'><meta property=og:site_name content='BBC'>\
        <link rel=canonical href=https://www.gazette.example/ferry>\
        <script type=application/ld+json>{\"@type\":\"NewsArticle\",\"datePublished\":\"2024-05-07T09:00:00+01:00\",\
        \"author\":{\"name\":\"Ann Porter\"}}</script>";
    let document = normalize_bytes(page(head, &story()).into_bytes()).unwrap();
    let article = document.article;
    assert_eq!(article.title.as_deref(), Some("Ferry sails again"));
    assert_eq!(article.source.as_deref(), Some("BBC News"));
    assert_eq!(article.url.as_deref(), Some("https://www.gazette.example/ferry"));
    assert_eq!(article.date.as_deref(), Some("2024-05-07T09:00:00+01:00"));
    assert_eq!(article.lang.as_deref(), Some("en-GB"));
    assert_eq!(document.metadata.get("author").and_then(|author| author.as_str()), Some("Ann Porter"));
}

#[test]
fn a_page_without_text_has_its_article_in_json() {
    let head = format!(
        "<script type=application/ld+json>{{\"@type\":\"NewsArticle\",\"articleBody\":\"{ONE}\\n{TWO}\\n{THREE}\"}}</script>"
    );
    let article = article(&page(&head, "<div id=app></div>"));
    assert!(article.text.contains(ONE) && article.text.contains(THREE), "{}", article.text);
}

#[test]
fn legacy_charsets_are_read() {
    let text = "Портовый надзор сообщил в понедельник, что паром снова выйдет в море до конца недели, если стихнет шторм.";
    let html = format!(
        "<html><head><meta charset=windows-1251></head><body><article><p>{text}</p><p>{text} И ещё раз.</p></article></body></html>"
    );
    let bytes: Vec<u8> = html
        .chars()
        .map(|c| match u32::from(c) {
            code @ 0..=0x7f => u8::try_from(code).unwrap(),
            0x451 => 0xb8,
            code => u8::try_from(code - 0x410 + 0xc0).unwrap(),
        })
        .collect();
    assert!(normalize_bytes(bytes).unwrap().article.text.contains(text));
}

#[test]
fn hostile_pages_are_rejected_before_they_are_parsed() {
    let check = |html: String, detail: &str| {
        let rejected = normalize_bytes(html.into_bytes()).unwrap_err();
        assert_eq!((rejected.reason, rejected.detail.as_str()), (RejectReason::HostileHtml, detail));
        assert!(rejected.excerpt.len() <= Rejected::EXCERPT_BYTES_MAX);
    };
    check("<div>".repeat(100_000), "elements are nested deeper than 512");
    check(format!("<p {}>", "a ".repeat(300)), "a tag has more than 256 attributes");
    check("<p>a".repeat(200_000), "the page grows into more than 250000 nodes");
    let deep = format!("{}{}", "<div>".repeat(500), "</div>".repeat(500));
    check(deep.repeat(100), "the depths of all nodes add up to more than 2000000");
    let fonts: String = (0..500).map(|size| format!("<font size={size}>")).collect();
    check(format!("{fonts}{}", "<p>x</p>".repeat(2000)), "the page grows into more than 250000 nodes");
}

#[test]
fn deep_pages_within_the_limit_fit_a_small_stack() {
    let html = format!("{}<p>{ONE}</p><p>{TWO}</p>", "<div>".repeat(500));
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || article(&html).text);
    assert!(thread.unwrap().join().unwrap().contains(ONE));
}

#[test]
fn pages_without_an_article_say_so() {
    let reason = |html: &str| normalize_bytes(html.as_bytes().to_vec()).unwrap_err().reason;
    assert_eq!(reason(""), RejectReason::Empty);
    assert_eq!(reason("<html><body></body></html>"), RejectReason::NoArticle);
    assert_eq!(reason("%PDF-1.7"), RejectReason::Binary);
}
