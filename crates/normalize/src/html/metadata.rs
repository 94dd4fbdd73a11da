//! What a page says about itself: headline, date, address, site, author, language.
//!
//! Order of trust: Open Graph and article tags, JSON-LD, then what the first engine's heuristics
//! find. Fields that came with the document win over all of them.

use unecho_model::Article;

use super::linked_data::LinkedData;
use super::outline::Head;
use crate::dates;

/// What a page says about itself.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) title: Option<String>,
    pub(crate) author: Option<String>,
    pub(crate) date: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) site: Option<String>,
    pub(crate) lang: Option<String>,
    /// Summaries of the article; the standfirst is often one of them.
    pub(crate) descriptions: Vec<String>,
}

/// Longest value that is taken, in bytes.
const VALUE_BYTES_MAX: usize = 2048;

/// Reads the tags of a page and completes them by its JSON-LD.
pub(super) fn read(head: &Head<'_>, data: &LinkedData) -> Metadata {
    let mut metadata = Metadata::default();
    for (name, content) in &head.meta {
        if let Some(content) = tidy(content) {
            metadata.take(name, content);
        }
    }
    let address = head.canonical.as_deref().and_then(tidy);
    metadata.url = address.filter(|address| is_address(address)).or(metadata.url);
    metadata.lang = head.lang.as_deref().and_then(tidy).and_then(|lang| tag_of(&lang));
    metadata.complete(data);
    metadata
}

impl Metadata {
    fn take(&mut self, name: &str, content: String) {
        let field = match name {
            "og:title" => &mut self.title,
            "article:published_time"
            | "datepublished"
            | "og:published_time"
            | "publish-date"
            | "parsely-pub-date" => &mut self.date,
            "og:url" if is_address(&content) => &mut self.url,
            "og:site_name" => &mut self.site,
            "author" | "parsely-author" if !is_address(&content) => &mut self.author,
            "description" | "og:description" | "twitter:description" => {
                self.descriptions.push(content);
                return;
            }
            _ => return,
        };
        field.get_or_insert(content);
    }

    fn complete(&mut self, data: &LinkedData) {
        for (field, value) in [
            (&mut self.title, &data.headline),
            (&mut self.date, &data.published),
            (&mut self.site, &data.publisher),
            (&mut self.author, &data.author),
        ] {
            if field.is_none() {
                *field = value.as_deref().and_then(tidy);
            }
        }
        if self.lang.is_none() {
            self.lang = data.lang.as_deref().and_then(tag_of);
        }
        self.descriptions.extend(data.description.as_deref().and_then(tidy));
    }

    /// Fills what is missing here from what the first engine found.
    pub(super) fn completed_by(mut self, found: &trafilatura::Metadata) -> Self {
        for (field, value) in [
            (&mut self.title, &found.title),
            (&mut self.author, &found.author),
            (&mut self.url, &found.url),
            (&mut self.site, &found.sitename),
            (&mut self.lang, &found.language),
        ] {
            if field.is_none() {
                *field = tidy(value);
            }
        }
        if self.date.is_none() {
            self.date = found.date.map(|date| date.to_string());
        }
        self
    }

    /// Fills the fields of `article` that nothing else has told.
    pub(crate) fn fill(&self, article: &mut Article) {
        let date = self.date.as_deref().map(dates::normalize_or_keep);
        for (field, value) in [
            (&mut article.title, &self.title),
            (&mut article.date, &date),
            (&mut article.url, &self.url),
            (&mut article.source, &self.site),
            (&mut article.lang, &self.lang),
        ] {
            if field.is_none() {
                field.clone_from(value);
            }
        }
    }
}

fn tidy(value: &str) -> Option<String> {
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    (!value.is_empty() && value.len() <= VALUE_BYTES_MAX).then_some(value)
}

fn is_address(value: &str) -> bool {
    value.starts_with("http://") || value.starts_with("https://")
}

/// A language tag as BCP 47 writes it: `en`, `de-AT`.
fn tag_of(lang: &str) -> Option<String> {
    let lang = lang.trim().replace('_', "-");
    let mut parts = lang.split('-');
    let primary = parts.next()?.to_ascii_lowercase();
    if !(2..=3).contains(&primary.len()) || !primary.bytes().all(|b| b.is_ascii_lowercase()) {
        return None;
    }
    match parts.next() {
        Some(region) if region.len() == 2 && region.bytes().all(|b| b.is_ascii_alphabetic()) => {
            Some(format!("{primary}-{}", region.to_ascii_uppercase()))
        }
        _ => Some(primary),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::outline::outline;

    #[test]
    fn tags_win_over_linked_data() {
        let page = "<html lang=de_at><head><meta property='og:title' content='From the tag'>\
                    <meta property='og:url' content='/relative'>\
                    <link rel=canonical href='https://post.example/1'></head></html>";
        let data = LinkedData {
            headline: Some("From the data".to_owned()),
            publisher: Some("Harbour  Post".to_owned()),
            ..LinkedData::default()
        };
        let found = read(&outline(page).head, &data);
        assert_eq!(found.title.as_deref(), Some("From the tag"));
        assert_eq!(found.site.as_deref(), Some("Harbour Post"));
        assert_eq!(found.url.as_deref(), Some("https://post.example/1"));
        assert_eq!(found.lang.as_deref(), Some("de-AT"));
    }

    #[test]
    fn fields_of_the_document_win() {
        let mut article = Article { title: Some("Given".to_owned()), ..Article::default() };
        let page = Metadata {
            title: Some("Of the page".to_owned()),
            date: Some("12 August 2025".to_owned()),
            ..Metadata::default()
        };
        page.fill(&mut article);
        assert_eq!(article.title.as_deref(), Some("Given"));
        assert_eq!(article.date.as_deref(), Some("2025-08-12"));
    }
}
