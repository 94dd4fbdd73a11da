//! Where an answer leads to: entries of a feed, addresses of a sitemap, feeds that a page names.

use quick_xml::Reader;
use quick_xml::encoding::DecodingReader;
use quick_xml::events::Event;
use url::Url;

use crate::label::Refusal;
use crate::{Limits, feed};

/// A list of addresses.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Links {
    /// Of pages.
    Pages(Vec<Url>),
    /// Of further lists.
    Lists(Vec<Url>),
}

/// The list that `content` is; `None` when it is no feed and no sitemap.
pub(super) fn of_list(content: &[u8], base: &Url, limits: &Limits) -> Result<Option<Links>, Refusal> {
    match root_of(content).as_deref() {
        Some("urlset") => {
            feed::check_xml(content, limits)?;
            Ok(Some(Links::Pages(locations(content, "url", base, limits.members_max))))
        }
        Some("sitemapindex") => {
            feed::check_xml(content, limits)?;
            Ok(Some(Links::Lists(locations(content, "sitemap", base, limits.members_max))))
        }
        Some("rss" | "feed" | "RDF" | "json") => {
            let feed = feed::read(content, Some(base.as_str()), limits)?;
            let links = feed.entries.iter().filter_map(feed::link_of);
            Ok(Some(Links::Pages(links.filter_map(|link| base.join(link.trim()).ok()).collect())))
        }
        _ => Ok(None),
    }
}

/// The local name of the first element; `json` for a JSON Feed.
fn root_of(content: &[u8]) -> Option<String> {
    /// How far in the root is looked for.
    const HEAD_BYTES: usize = 16 * 1024;
    let head = &content[..content.len().min(HEAD_BYTES)];
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if head.starts_with(b"{") {
        return memchr::memmem::find(head, b"jsonfeed.org/version/").map(|_| "json".to_owned());
    }
    if !head.starts_with(b"<") {
        return None;
    }
    let mut reader = Reader::from_reader(DecodingReader::new(head));
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(element) | Event::Empty(element)) => {
                return Some(element.local_name().as_ref().to_owned());
            }
            Ok(Event::Eof) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

/// The text of each `loc` right inside an element `parent`: those of images and videos lie deeper.
fn locations(content: &[u8], parent: &str, base: &Url, links_max: usize) -> Vec<Url> {
    let mut reader = Reader::from_reader(DecodingReader::new(content));
    let mut buffer = Vec::new();
    reader.config_mut().check_end_names = false;
    let mut open: Vec<String> = Vec::new();
    let mut found = Vec::new();
    let mut text = String::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(element)) => {
                open.push(element.local_name().as_ref().to_owned());
                text.clear();
            }
            Ok(Event::Text(part)) => text.push_str(&part),
            Ok(Event::CData(part)) => text.push_str(&part),
            Ok(Event::GeneralRef(name)) => text.push_str(&entity(&name)),
            Ok(Event::End(_)) => {
                let is_location =
                    matches!(open.as_slice(), [.., outer, inner] if outer == parent && inner == "loc");
                if is_location {
                    found.extend(base.join(text.trim()).ok());
                }
                open.pop();
                text.clear();
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
        if found.len() >= links_max {
            return found;
        }
    }
}

/// What a reference stands for: addresses have `&amp;` in them.
fn entity(name: &str) -> String {
    match name {
        "amp" => "&".to_owned(),
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        _ => String::new(),
    }
}

/// The feeds that a page names: `<link rel="alternate" type="application/rss+xml" href="…">`.
pub(super) fn feeds_of_page(page: &[u8], base: &Url) -> Vec<Url> {
    /// Named in the head of a page.
    const HEAD_BYTES: usize = 512 * 1024;
    let head = String::from_utf8_lossy(&page[..page.len().min(HEAD_BYTES)]);
    let mut feeds = Vec::new();
    let mut rest = head.as_ref();
    while let Some(at) = rest.find("<link") {
        rest = &rest[at + "<link".len()..];
        let tag = &rest[..rest.find('>').unwrap_or(rest.len())];
        let rel = attribute(tag, "rel").unwrap_or_default().to_ascii_lowercase();
        let kind = attribute(tag, "type").unwrap_or_default().to_ascii_lowercase();
        let is_feed =
            ["application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"]
                .contains(&kind.as_str());
        if is_feed && rel.split_ascii_whitespace().any(|rel| rel == "alternate") {
            let href = attribute(tag, "href").map(|href| href.replace("&amp;", "&"));
            feeds.extend(href.and_then(|href| base.join(href.trim()).ok()));
        }
    }
    feeds
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = tag;
    loop {
        let at = rest.find(name)?;
        let before = rest[..at].chars().next_back();
        let after = rest[at + name.len()..].trim_start();
        if before.is_some_and(char::is_whitespace)
            && let Some(value) = after.strip_prefix('=')
        {
            let value = value.trim_start();
            return match value.chars().next() {
                Some(quote @ ('"' | '\'')) => value[1..].split(quote).next(),
                _ => value.split(char::is_whitespace).next(),
            };
        }
        rest = &rest[at + name.len()..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, expect: Option<(&str, &[&str])>) {
        let base = Url::parse("https://a.example/dir/list").unwrap();
        let found = of_list(content.as_bytes(), &base, &Limits::default()).unwrap();
        let found = found.map(|links| match links {
            Links::Pages(urls) => ("pages", urls),
            Links::Lists(urls) => ("lists", urls),
        });
        let found = found.map(|(kind, urls)| (kind, urls.iter().map(Url::to_string).collect::<Vec<_>>()));
        let expect = expect.map(|(kind, urls)| (kind, urls.iter().map(ToString::to_string).collect()));
        assert_eq!(found, expect, "{content}");
    }

    #[test]
    fn sitemaps_lead_to_pages_and_indexes_to_sitemaps() {
        check(
            "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:image='i' \
             xmlns:news='n'><url><loc> https://a.example/x?a=1&amp;b=2 </loc><image:image><image:loc>https://a.example/i.jpg\
             </image:loc></image:image><news:news><news:title>T</news:title></news:news></url>\
             <url><loc><![CDATA[/y]]></loc></url></urlset>",
            Some(("pages", &["https://a.example/x?a=1&b=2", "https://a.example/y"])),
        );
        check(
            "<sitemapindex><sitemap><loc>https://a.example/1.xml</loc></sitemap></sitemapindex>",
            Some(("lists", &["https://a.example/1.xml"])),
        );
    }

    #[test]
    fn feeds_lead_to_pages() {
        check(
            "<rss version='2.0'><channel><title>t</title><link>https://a.example/</link>\
             <item><title>a</title><link>/a</link></item><item><link>https://b.example/b</link></item></channel></rss>",
            Some(("pages", &["https://a.example/a", "https://b.example/b"])),
        );
        check(
            "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"t\",\"items\":[{\"id\":\"1\",\
             \"url\":\"https://a.example/j\",\"content_text\":\"x\"}]}",
            Some(("pages", &["https://a.example/j"])),
        );
        check("<!doctype html><html><body>page</body></html>", None);
        check("plain text", None);
    }

    #[test]
    fn pages_name_their_feeds() {
        let base = Url::parse("https://a.example/dir/").unwrap();
        let page = b"<head><link rel='stylesheet' href=a.css><link type=\"application/rss+xml\" rel=\"alternate\" \
                     href=\"feed.xml?a=1&amp;b=2\"/><link rel=alternate type=application/atom+xml href=/atom></head>";
        let feeds: Vec<String> = feeds_of_page(page, &base).iter().map(Url::to_string).collect();
        assert_eq!(feeds, ["https://a.example/dir/feed.xml?a=1&b=2", "https://a.example/atom"]);
    }

    #[test]
    fn deep_elements_are_refused() {
        let base = Url::parse("https://a.example/").unwrap();
        let deep = format!("<urlset>{}", "<url>".repeat(1000));
        assert!(of_list(deep.as_bytes(), &base, &Limits::default()).is_err());
    }
}
