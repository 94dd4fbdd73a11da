//! The JSON-LD of a page: what schema.org calls an article, with body, headline, date, publisher.

use serde_json::Value;

/// Largest script that is read, in bytes.
const SCRIPT_BYTES_MAX: usize = 2 << 20;
/// Deepest nesting that is searched.
const DEPTH_MAX: usize = 12;

/// What the page's JSON-LD says of its article.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct LinkedData {
    pub(super) headline: Option<String>,
    pub(super) description: Option<String>,
    pub(super) published: Option<String>,
    pub(super) publisher: Option<String>,
    pub(super) author: Option<String>,
    pub(super) lang: Option<String>,
    /// The longest `articleBody`, as it stands: text or HTML.
    pub(super) body: Option<String>,
}

/// Reads JSON-LD scripts; malformed ones say nothing.
pub(super) fn read(scripts: &[&str]) -> LinkedData {
    let mut data = LinkedData::default();
    for script in scripts.iter().filter(|script| script.len() <= SCRIPT_BYTES_MAX) {
        // Raw line feeds inside strings are a common error.
        let tamed: String = script.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        match serde_json::from_str::<Value>(tamed.trim().trim_end_matches(';')) {
            Ok(value) => data.visit(&value, 0),
            Err(error) => tracing::trace!(%error, "a script of linked data is malformed"),
        }
    }
    data
}

impl LinkedData {
    fn visit(&mut self, value: &Value, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.visit(value, depth + 1)),
            Value::Object(object) => {
                if is_article(object.get("@type")) {
                    self.take(value);
                }
                object.values().for_each(|value| self.visit(value, depth + 1));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// Takes what the article object says; the first article of the page wins.
    fn take(&mut self, article: &Value) {
        let text = |key: &str| article.get(key).and_then(name_of);
        if let Some(body) = article.get("articleBody").and_then(Value::as_str)
            && self.body.as_ref().is_none_or(|known| known.len() < body.len())
        {
            self.body = Some(body.to_owned());
        }
        for (field, value) in [
            (&mut self.headline, text("headline")),
            (&mut self.description, text("description")),
            (&mut self.published, text("datePublished")),
            (&mut self.publisher, text("publisher")),
            (&mut self.author, text("author")),
            (&mut self.lang, text("inLanguage")),
        ] {
            if field.is_none() {
                *field = value;
            }
        }
    }
}

fn is_article(kind: Option<&Value>) -> bool {
    let named = |value: &Value| {
        value.as_str().is_some_and(|kind| {
            kind.ends_with("Article") || kind.ends_with("BlogPosting") || kind == "Report"
        })
    };
    match kind {
        Some(Value::Array(kinds)) => kinds.iter().any(named),
        Some(kind) => named(kind),
        None => false,
    }
}

/// The text of a value, the `name` of an object, the names of a list.
fn name_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(object) => object.get("name").and_then(name_of),
        Value::Array(values) => {
            let names: Vec<String> = values.iter().filter_map(name_of).collect();
            (!names.is_empty()).then(|| names.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::outline::outline;

    #[test]
    fn articles_are_found_in_graphs() {
        let page = r#"<script type="application/ld+json">{"@graph": [{"@type": "WebSite", "name": "no"},
            {"@type": ["NewsArticle"], "headline": "Ferry", "datePublished": "2024-05-01",
             "author": [{"name": "Ann Porter"}, {"name": "Li Wei"}], "publisher": {"name": "Harbour Post"},
             "articleBody": "<p>One.</p><p>Two.</p>"}]}</script>
            <script type="application/ld+json">{broken</script>"#;
        let data = read(&outline(page).head.scripts);
        assert_eq!(data.headline.as_deref(), Some("Ferry"));
        assert_eq!(data.author.as_deref(), Some("Ann Porter, Li Wei"));
        assert_eq!(data.publisher.as_deref(), Some("Harbour Post"));
        assert_eq!(data.body.as_deref(), Some("<p>One.</p><p>Two.</p>"));
    }
}
