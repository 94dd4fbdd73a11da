//! One id for each document.

use std::collections::{HashMap, HashSet};

use unecho_model::{Digest, DocId};

/// Gives the second and later documents of one id a suffix, `~2`, `~3`, …, that no other document
/// has been given. Returns how many.
pub(super) fn make_unique(documents: &mut [DocId], rejected: &mut [&mut DocId]) -> u64 {
    let mut taken: HashSet<Key> = documents.iter().chain(rejected.iter().map(|id| &**id)).map(key).collect();
    let mut repeats: HashMap<Key, u64> = HashMap::new();
    let mut renamed = 0;
    for id in documents.iter_mut().chain(rejected.iter_mut().map(|id| &mut **id)) {
        let Some(number) = repeats.get_mut(&key(id)) else {
            repeats.insert(key(id), 2);
            continue;
        };
        let free = loop {
            let candidate = with_suffix(id, *number);
            *number += 1;
            if taken.insert(key(&candidate)) {
                break candidate;
            }
        };
        *id = free;
        renamed += 1;
    }
    renamed
}

/// Half a digest: two ids of one key would be two of one name, and one of them would get a suffix.
type Key = [u8; 16];

fn key(id: &DocId) -> Key {
    let digest = Digest::of(id.as_str().as_bytes());
    *digest.as_bytes().first_chunk().expect("a digest has 32 bytes")
}

fn with_suffix(id: &DocId, number: u64) -> DocId {
    let suffix = format!("~{number}");
    let mut text = id.as_str().to_owned();
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
        let mut ids: Vec<DocId> = ["a", "a", "a~2", "b", "a"].map(|id| id.parse().unwrap()).into();
        let mut rejected: DocId = "a~2".parse().unwrap();
        assert_eq!(make_unique(&mut ids, &mut [&mut rejected]), 3);
        ids.push(rejected);
        let ids: Vec<&str> = ids.iter().map(DocId::as_str).collect();
        assert_eq!(ids, ["a", "a~3", "a~2", "b", "a~4", "a~2~2"], "an id that was given stays");
    }
}
