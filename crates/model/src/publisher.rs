//! When two names are of one publisher.

use std::cmp::Ordering;
use std::sync::Arc;

/// A publisher by its name. Two are equal when their [`key`](Self::key)s are: `Harbour Courier`, `The Harbour
/// Courier`, `harbourcourier` and `www.harbourcourier.com` are one. A clone
/// takes no memory of its own.
#[derive(Debug, Clone)]
pub struct Publisher(Arc<Names>);

#[derive(Debug)]
struct Names {
    name: Box<str>,
    key: Box<str>,
}

/// Labels before a country's that are no names: `courier.co.uk` is the courier.
const SECOND_LEVEL: [&str; 6] = ["co", "com", "org", "net", "gov", "ac"];

/// What a name must have left without its article.
const BARE_NAME_CHARS_MIN: usize = 4;

impl Publisher {
    /// The publisher with this name, as written or canonical.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Arc::new(Names { name: name.into(), key: key(name).into() }))
    }

    /// The name that it was made of.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The letters and digits of the name in lower case, without article; of a domain those of its registered label.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.0.key
    }
}

impl PartialEq for Publisher {
    fn eq(&self, other: &Self) -> bool {
        self.0.key == other.0.key
    }
}

impl Eq for Publisher {}

impl PartialOrd for Publisher {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Publisher {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.key.cmp(&other.0.key)
    }
}

fn key(name: &str) -> String {
    let lower = name.trim().to_lowercase();
    let bare = letters_and_digits(registered_label(&lower).unwrap_or(&lower));
    let without = bare.strip_prefix("the").filter(|_| lower.starts_with("the "));
    let key =
        without.filter(|rest| rest.chars().count() >= BARE_NAME_CHARS_MIN).map(str::to_owned).unwrap_or(bare);
    // A name of signs alone is itself.
    if key.is_empty() { lower } else { key }
}

/// The label of a domain that somebody registered; `None` when the name is no domain.
fn registered_label(name: &str) -> Option<&str> {
    let is_domain = name.contains('.')
        && name.split('.').all(|label| {
            !label.is_empty() && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
        });
    let mut labels = name.rsplit('.').filter(|_| is_domain);
    let (top, second) = (labels.next()?, labels.next()?);
    if !(2..=24).contains(&top.len()) || top.chars().any(char::is_numeric) {
        return None;
    }
    if SECOND_LEVEL.contains(&second) { labels.next().or(Some(second)) } else { Some(second) }
}

fn letters_and_digits(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_publisher_however_written() {
        let check = |a: &str, b: &str, same: bool| {
            assert_eq!(Publisher::new(a) == Publisher::new(b), same, "{a} {b}");
        };
        check("Harbour Courier", "harbourcourier", true);
        check("Harbour Courier", "The Harbour Courier", true);
        check("Harbour Courier", "www.harbour-courier.com", true);
        check("Harbour Courier", "news.harbourcourier.co.uk", true);
        check("Harbour Courier", "HARBOUR COURIER ", true);
        check("Harbour Courier", "Harbour Herald", false);
        check("Harbour Courier", "Courier", false);
        check("The Sun", "Sun", false);
        check("Theatre Weekly", "Atre Weekly", false);
        check("St. Anselm Post", "anselm post", false);
        check("!!", "??", false);
        check("Гавань", "гавань", true);
    }
}
