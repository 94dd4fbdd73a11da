//! One id for each document.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use unecho_model::{Digest, DocId, DocIds, DocIndex};

/// Gives the second and later documents of one id a suffix, `~2`, `~3`, …, that no other document
/// has been given. Returns the documents that got one, and how many documents and rejections did.
pub(super) fn make_unique(
    documents: &mut DocIds,
    rejected: &mut [&mut DocId],
) -> (BTreeMap<DocIndex, DocId>, u64) {
    let mut given = Given::of(documents.texts().chain(rejected.iter().map(|id| id.as_str())));
    let doc = |(at, id)| Some((DocIndex::of(at), given.other_than(id)?));
    let renamed: BTreeMap<DocIndex, DocId> = documents.texts().enumerate().filter_map(doc).collect();
    let mut count = renamed.len() as u64;
    for id in rejected {
        if let Some(other) = given.other_than(id.as_str()) {
            **id = other;
            count += 1;
        }
    }
    if !renamed.is_empty() {
        *documents = documents.renamed(&renamed);
    }
    (renamed, count)
}

/// The ids that are given: for each the number that the next document of it gets, 0 before the first.
struct Given(HashMap<Key, u32>);

impl Given {
    fn of<'a>(ids: impl Iterator<Item = &'a str>) -> Self {
        Self(ids.map(|id| (key(id), 0)).collect())
    }

    /// What the next document of this id is called instead; `None` for the first.
    fn other_than(&mut self, id: &str) -> Option<DocId> {
        let met = self.0.entry(key(id)).or_default();
        if *met == 0 {
            *met = 2;
            return None;
        }
        let mut number = *met;
        let free = loop {
            let candidate = with_suffix(id, number);
            number += 1;
            if let Entry::Vacant(free) = self.0.entry(key(candidate.as_str())) {
                free.insert(0);
                break candidate;
            }
        };
        self.0.insert(key(id), number);
        Some(free)
    }
}

/// Half a digest: two ids of one key would be two of one name, and one of them would get a suffix.
type Key = [u8; 16];

fn key(id: &str) -> Key {
    let digest = Digest::of(id.as_bytes());
    *digest.as_bytes().first_chunk().expect("a digest has 32 bytes")
}

fn with_suffix(id: &str, number: u32) -> DocId {
    let suffix = format!("~{number}");
    let mut text = id.to_owned();
    while text.len() + suffix.len() > DocId::BYTES_MAX {
        text.pop();
    }
    DocId::try_from(text + &suffix).expect("a shortened id with a short suffix is an id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_ids_get_the_next_free_suffix() {
        let mut ids: DocIds = ["a", "a", "a~2", "b", "a"].map(|id| id.parse().unwrap()).into_iter().collect();
        let mut rejected: DocId = "a~2".parse().unwrap();
        let (renamed, count) = make_unique(&mut ids, &mut [&mut rejected]);
        assert_eq!((renamed.into_keys().collect::<Vec<_>>(), count), (vec![DocIndex(1), DocIndex(4)], 3));
        ids.push(&rejected);
        let ids: Vec<&str> = ids.texts().collect();
        assert_eq!(ids, ["a", "a~3", "a~2", "b", "a~4", "a~2~2"], "an id that was given stays");
    }
}
