//! Who "aljazeera", "Al Jazeera English" and "www.aljazeera.com" are: one canonical name.
//!
//! The table is data (`rules/publishers.toml`). Matching is loose: case, accents, spaces, punctuation,
//! `www.`, top-level domain, a leading "the" and trailing words such as "News" or "English" do not
//! matter. A name that the table does not know is kept as written.

use std::collections::HashMap;

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

const TABLE: &str = include_str!("../rules/publishers.toml");

/// Longest name that can be one, in characters; longer ones are kept as written.
const NAME_CHARS_MAX: usize = 80;

/// Words that may be missing at the end of a name, folded.
const WEAK_ENDINGS: [&str; 14] = [
    "english",
    "news",
    "online",
    "digital",
    "newsagency",
    "international",
    "website",
    "staff",
    "global",
    "live",
    "media",
    "agency",
    "wire",
    "com",
];

#[derive(Deserialize)]
struct Table {
    publisher: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
}

/// The table of known publishers and agencies.
#[derive(Debug)]
pub(crate) struct Publishers {
    canonical: HashMap<String, String>,
}

impl Publishers {
    /// The embedded table.
    pub(crate) fn embedded() -> Result<Self, toml::de::Error> {
        let table: Table = toml::from_str(TABLE)?;
        let mut canonical = HashMap::new();
        for entry in table.publisher {
            for alias in entry.aliases.iter().chain([&entry.name]) {
                canonical.insert(fold(alias), entry.name.clone());
            }
        }
        Ok(Self { canonical })
    }

    /// The canonical name of `written`, if it is known.
    pub(crate) fn known(&self, written: &str) -> Option<&str> {
        if written.chars().count() > NAME_CHARS_MAX {
            return None;
        }
        let written = tidy(written);
        let label = || self.find(&fold(domain_label(written)?));
        let before_bracket = || self.find(&fold(written.split_once(" (")?.0));
        self.find(&fold(written)).or_else(label).or_else(before_bracket)
    }

    /// The canonical name of `written`, or `written` itself without surrounding punctuation.
    pub(crate) fn name_of(&self, written: &str) -> String {
        self.known(written).map_or_else(|| tidy(written).to_owned(), str::to_owned)
    }

    fn find(&self, folded: &str) -> Option<&str> {
        let bare = folded.strip_prefix("the").unwrap_or(folded);
        for name in [folded, bare] {
            let mut stem = name;
            while !stem.is_empty() {
                if let Some(canonical) = self.canonical.get(stem) {
                    return Some(canonical);
                }
                let shorter = WEAK_ENDINGS.iter().find_map(|ending| stem.strip_suffix(ending));
                match shorter {
                    Some(shorter) => stem = shorter,
                    None => break,
                }
            }
        }
        None
    }
}

/// `name` without surrounding white space, punctuation and file-like noise.
pub(crate) fn tidy(name: &str) -> &str {
    name.trim_matches(|c: char| {
        c.is_whitespace()
            || matches!(c, '.' | ',' | ';' | ':' | '|' | '-' | '–' | '—' | '"' | '“' | '”' | '*' | '/')
    })
    .trim_start_matches(['@', '#'])
}

/// The telling label of a domain or address: `aljazeera` of `https://www.aljazeera.com/x`.
fn domain_label(written: &str) -> Option<&str> {
    let host = written.split_once("://").map_or(written, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or(host);
    if host.contains(char::is_whitespace) || !host.contains('.') {
        return None;
    }
    let labels: Vec<&str> = host.split('.').filter(|label| !label.is_empty()).collect();
    let last = labels.len().checked_sub(1)?;
    // Two-part endings such as co.uk, com.au.
    let skip = if last >= 2 && labels[last].len() == 2 && labels[last - 1].len() <= 3 { 2 } else { 1 };
    labels.get((last + 1).checked_sub(skip + 1)?).copied()
}

/// Lower case, no accents, letters and digits only.
fn fold(name: &str) -> String {
    name.nfkd()
        .filter(|&c| c.is_alphanumeric() && !is_combining_mark(c))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &str, expect: &str) {
        assert_eq!(Publishers::embedded().unwrap().name_of(written), expect);
    }

    #[test]
    fn loose_forms_are_one_publisher() {
        for written in [
            "aljazeera",
            "Al Jazeera",
            "Al Jazeera English",
            "aljazeera.com",
            "https://www.aljazeera.com/news/1",
        ] {
            check(written, "Al Jazeera");
        }
        for written in ["CBSNEWS", "CBS News", "cbsnews.com", "CBS"] {
            check(written, "CBS News");
        }
        for written in ["BBC", "bbc.co.uk", "BBC News", "the BBC"] {
            check(written, "BBC News");
        }
        check("The New York Times", "The New York Times");
        check("nytimes.com", "The New York Times");
        check("AFP", "AFP");
        check("Agence France-Presse", "AFP");
        check("AP (File)", "The Associated Press");
    }

    #[test]
    fn unknown_names_stay_as_written() {
        check(" Harbour Gazette. ", "Harbour Gazette");
        check("", "");
        check("News", "News");
    }
}
