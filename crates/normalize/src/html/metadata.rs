//! What a page says about itself: headline, date, address, site, language.

use trafilatura::dom::Document as Tree;
use unecho_model::Article;

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
}

/// Longest value that is taken, in bytes.
const VALUE_BYTES_MAX: usize = 2048;

/// Reads the tags of a page that are plain to read; the first engine completes them.
pub(super) fn read(tree: &Tree) -> Metadata {
    let mut metadata = Metadata::default();
    let root = tree.root();
    for id in tree.query_selector_all(root, "meta") {
        let name = tree
            .get_attribute(id, "property")
            .or_else(|| tree.get_attribute(id, "name"))
            .or_else(|| tree.get_attribute(id, "itemprop"))
            .unwrap_or_default()
            .to_ascii_lowercase();
        let Some(content) = tree.get_attribute(id, "content").as_deref().and_then(tidy) else { continue };
        let field = match name.as_str() {
            "og:title" => &mut metadata.title,
            "article:published_time" | "datepublished" | "og:published_time" | "publish-date" => {
                &mut metadata.date
            }
            "og:url" => &mut metadata.url,
            "og:site_name" => &mut metadata.site,
            _ => continue,
        };
        field.get_or_insert(content);
    }
    if let Some(link) = tree.query_selector(root, "link[rel=canonical]") {
        let address = tree.get_attribute(link, "href").as_deref().and_then(tidy);
        metadata.url = address.filter(|address| address.starts_with("http")).or(metadata.url);
    }
    if let Some(html) = tree.query_selector(root, "html") {
        metadata.lang = tree.get_attribute(html, "lang").as_deref().and_then(tidy);
    }
    metadata
}

fn tidy(value: &str) -> Option<String> {
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    (!value.is_empty() && value.len() <= VALUE_BYTES_MAX).then_some(value)
}

impl Metadata {
    /// Fills what is missing here from what the first engine found.
    pub(super) fn completed_by(mut self, found: &trafilatura::Metadata) -> Self {
        let fill = |field: &mut Option<String>, value: &str| {
            if field.is_none() {
                *field = tidy(value);
            }
        };
        fill(&mut self.title, &found.title);
        fill(&mut self.author, &found.author);
        fill(&mut self.url, &found.url);
        fill(&mut self.site, &found.sitename);
        fill(&mut self.lang, &found.language);
        if self.date.is_none() {
            self.date = found.date.map(|date| date.to_string());
        }
        self
    }

    /// Fills the fields of `article` that nothing else has told.
    pub(crate) fn fill(self, article: &mut Article) {
        let date = self.date.map(|date| dates::normalize_or_keep(&date));
        for (field, value) in [
            (&mut article.title, self.title),
            (&mut article.date, date),
            (&mut article.url, self.url),
            (&mut article.source, self.site),
            (&mut article.lang, self.lang),
        ] {
            if field.is_none() {
                *field = value;
            }
        }
    }
}
