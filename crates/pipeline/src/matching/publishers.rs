//! Each publisher once: a corpus names the same few in every document.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};

use unecho_model::Publisher;

/// The publishers seen so far, as they were written.
#[derive(Debug, Default)]
pub(super) struct Publishers(HashSet<ByName>);

#[derive(Debug)]
struct ByName(Publisher);

impl Publishers {
    /// Most names that are kept; others stay as they are.
    const NAMES_MAX: usize = 1 << 16;

    /// Puts the one that was seen first in the place of another of the same name.
    pub(super) fn share(&mut self, publisher: &mut Publisher) {
        match self.0.get(publisher.name()) {
            Some(ByName(first)) => *publisher = first.clone(),
            None if self.0.len() < Self::NAMES_MAX => {
                self.0.insert(ByName(publisher.clone()));
            }
            None => {}
        }
    }
}

impl Borrow<str> for ByName {
    fn borrow(&self) -> &str {
        self.0.name()
    }
}

impl Hash for ByName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name().hash(state);
    }
}

impl PartialEq for ByName {
    fn eq(&self, other: &Self) -> bool {
        self.0.name() == other.0.name()
    }
}

impl Eq for ByName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_as_they_are_written() {
        let mut publishers = Publishers::default();
        for name in ["Harbour Courier", "harbourcourier.com", "Harbour Courier"] {
            let mut publisher = Publisher::new(name);
            publishers.share(&mut publisher);
            assert_eq!(publisher.name(), name);
        }
        assert_eq!(publishers.0.len(), 2);
    }
}
