//! Feeds: RSS, Atom, JSON Feed. In a file each entry that carries text is a document; on the web the
//! entries lead to pages. What XML may cost is bounded before a feed is parsed: the parser expands no
//! entities of a document type and loads nothing from outside.

use feed_rs::model::{Entry, Feed};
use quick_xml::Reader;
use quick_xml::encoding::DecodingReader;
use quick_xml::events::Event;
use serde_json::{Map, Value, json};
use unecho_model::{Fields, Payload, RawDocument, RejectReason};

use crate::batch::Fetched;
use crate::label::{Label, Refusal};
use crate::{Config, Limits};

/// The documents of a feed that is a file.
pub(crate) fn parse(label: &Label, bytes: &[u8], config: &Config) -> Vec<Fetched> {
    let refuse = |refusal| vec![Fetched::Rejected(label.reject(None, refusal, bytes, bytes.len() as u64))];
    if let Some(refusal) = crate::sniff::refuse_document(bytes) {
        return refuse(refusal);
    }
    match read(bytes, None, &config.limits) {
        Ok(feed) if feed.entries.is_empty() => {
            refuse(Refusal::new(RejectReason::Empty, "the feed has no entry"))
        }
        Ok(feed) => {
            let source = feed.title.as_ref().map(|title| title.content.trim().to_owned());
            let entries = feed.entries.iter().zip(1..);
            entries.map(|(entry, number)| of_entry(entry, number, source.as_deref(), label)).collect()
        }
        Err(refusal) => refuse(refusal),
    }
}

/// The feed in `bytes`; relative addresses in it are relative to `base`.
pub(crate) fn read(bytes: &[u8], base: Option<&str>, limits: &Limits) -> Result<Feed, Refusal> {
    if !bytes.trim_ascii_start().starts_with(b"{") {
        check_xml(bytes, limits)?;
    }
    let parser = feed_rs::parser::Builder::new().base_uri(base).sanitize_content(false).build();
    let mut feed = parser
        .parse(bytes)
        .map_err(|error| Refusal::new(RejectReason::Damaged, format!("no feed can be read: {error}")))?;
    feed.entries.truncate(limits.members_max);
    Ok(feed)
}

/// Goes through the events once, for depth and for what the document is if it is no feed.
pub(crate) fn check_xml(bytes: &[u8], limits: &Limits) -> Result<(), Refusal> {
    let mut reader = Reader::from_reader(DecodingReader::new(bytes));
    let mut buffer = Vec::new();
    reader.config_mut().check_end_names = false;
    let mut depth = 0_usize;
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(_)) => depth += 1,
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            // What is wrong with it the parser tells.
            Err(_) => return Ok(()),
        }
        if depth > limits.xml_depth_max {
            let detail = format!("elements nested deeper than {} (xml_depth_max)", limits.xml_depth_max);
            return Err(Refusal::new(RejectReason::TooLarge, detail));
        }
    }
}

/// Where an entry leads to.
pub(crate) fn link_of(entry: &Entry) -> Option<&str> {
    let is_page = |rel: Option<&str>| matches!(rel, None | Some("alternate"));
    let page = entry.links.iter().find(|link| is_page(link.rel.as_deref()));
    page.or_else(|| entry.links.first()).map(|link| link.href.as_str()).filter(|href| !href.is_empty())
}

fn of_entry(entry: &Entry, number: u64, source: Option<&str>, label: &Label) -> Fetched {
    let content = entry.content.as_ref().and_then(|content| content.body.as_deref());
    let summary = entry.summary.as_ref().map(|summary| summary.content.as_str());
    let text = [content, summary].into_iter().flatten().find(|text| !text.trim().is_empty());
    let refused = |refusal: Refusal, text: &str| {
        let refusal = refusal.knowing(None, fields_of(entry, source));
        Fetched::Rejected(label.reject(Some(number), refusal, text.as_bytes(), text.len() as u64))
    };
    let Some(text) = text else {
        let detail = match link_of(entry) {
            Some(link) => format!("the entry has no text, only an address: {link}"),
            None => "the entry has no text".to_owned(),
        };
        return refused(Refusal::new(RejectReason::Empty, detail), "");
    };
    if let Some(at) = memchr::memchr(0, text.as_bytes()) {
        return refused(Refusal::new(RejectReason::NulBytes, format!("NUL at byte {}", at + 1)), text);
    }
    // Feeds carry markup as text; a page around it makes a page of it.
    let payload = if text.contains('<') {
        let page = format!("<!doctype html><html><body><article>{text}</article></body></html>");
        Payload::HtmlBytes(page.into_bytes())
    } else {
        Payload::Text(text.to_owned())
    };
    Fetched::Document(RawDocument {
        id: label.doc_id(Some(number)),
        origin: label.origin(Some(number)),
        payload,
        fields: fields_of(entry, source),
    })
}

fn fields_of(entry: &Entry, source: Option<&str>) -> Fields {
    Fields {
        title: entry.title.as_ref().map(|title| title.content.trim().to_owned()),
        url: link_of(entry).map(str::to_owned),
        source: source.filter(|source| !source.is_empty()).map(str::to_owned),
        date: entry.published.or(entry.updated).map(|date| date.to_rfc3339()),
        lang: entry.language.clone(),
        metadata: metadata_of(entry),
        ..Fields::default()
    }
}

fn metadata_of(entry: &Entry) -> Map<String, Value> {
    let mut feed = Map::from_iter([("id".to_owned(), json!(entry.id))]);
    let authors: Vec<&str> = entry.authors.iter().filter_map(|author| author.name.as_deref()).collect();
    if !authors.is_empty() {
        feed.insert("authors".to_owned(), json!(authors));
    }
    Map::from_iter([("feed".to_owned(), Value::Object(feed))])
}
