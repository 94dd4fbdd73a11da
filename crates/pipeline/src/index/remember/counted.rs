//! Which keys of a document another of its group of near copies counts already: a story counts once.
//!
//! Of a small group the members that were counted before are read again, whenever one is written. Of a large
//! one, where that would be a square of its members, their keys are kept until the last is written.

use std::collections::BTreeMap;

use unecho_model::{DocIndex, Document};

use super::{Keys, Row};
use crate::Error;
use crate::documents::{ByDoc, Documents};
use crate::matching::Matched;

/// Members of the largest group that is read again for each.
const READ_MEMBERS_MAX: usize = 16;
/// Most keys that are kept, of all groups together; groups beyond that are read again.
const KEYS_MAX: usize = 32 << 20;

/// Groups of near copies, and what their members counted so far.
pub(super) struct Counted<'a> {
    /// Members of earlier runs, which were counted before all others, and those of this run, by group.
    groups: Vec<(&'a [DocIndex], &'a [DocIndex])>,
    /// Group and place in it of each member of this run.
    places: BTreeMap<DocIndex, (usize, usize)>,
    /// What members of large groups counted, by group.
    kept: BTreeMap<usize, Keys>,
    keys_len: usize,
    keys_max: usize,
    /// Members of the largest group that is read again for each.
    read_members_max: usize,
}

impl<'a> Counted<'a> {
    /// Of a run with so many documents of its own.
    pub(super) fn of(matched: &'a Matched, own: usize) -> Self {
        Self::with_keys_max(&matched.groups, own, KEYS_MAX)
    }

    /// The same where no document of this run can be read again: the keys of all groups are kept.
    pub(super) fn keeping_all(matched: &'a Matched, own: usize) -> Self {
        Self { read_members_max: 0, ..Self::with_keys_max(&matched.groups, own, usize::MAX) }
    }

    fn with_keys_max(groups: &'a [Vec<DocIndex>], own: usize, keys_max: usize) -> Self {
        // Members ascend, and documents of earlier runs stand behind those of this one.
        let split = |group: &'a Vec<DocIndex>| {
            let (new, earlier) = group.split_at(group.partition_point(|doc| doc.at() < own));
            (earlier, new)
        };
        let groups: Vec<(&[DocIndex], &[DocIndex])> = groups.iter().map(split).collect();
        let mut places = BTreeMap::new();
        for (group, (_, new)) in groups.iter().enumerate() {
            places.extend(new.iter().enumerate().map(|(at, &doc)| (doc, (group, at))));
        }
        let read_members_max = READ_MEMBERS_MAX;
        Self { groups, places, kept: BTreeMap::new(), keys_len: 0, keys_max, read_members_max }
    }

    /// Whether a document is one of several near copies.
    pub(super) fn is_member(&self, doc: DocIndex) -> bool {
        self.places.contains_key(&doc)
    }

    /// What is needed to tell of these documents, which come next, what was counted before. They ascend.
    pub(super) fn before(
        &mut self,
        docs: &[DocIndex],
        documents: &Documents,
        keys_of: impl Fn(&Document) -> Keys + Sync,
    ) -> Result<Before, Error> {
        let mut members: BTreeMap<DocIndex, Vec<DocIndex>> = BTreeMap::new();
        for doc in docs {
            let Some(&(group, at)) = self.places.get(doc) else { continue };
            let (earlier, new) = self.groups[group];
            if earlier.len() + new.len() > self.read_members_max && self.is_kept(group, at) {
                if at == 0 {
                    let keys = documents.by_doc(earlier.iter().copied(), |_, document| keys_of(&document))?;
                    earlier.iter().for_each(|&doc| self.keep(group, keys.of(doc)));
                }
                continue;
            }
            members.insert(*doc, [earlier, &new[..at]].concat());
        }
        let wanted = members.values().flatten().copied();
        let keys = documents.by_doc(wanted, |_, document| keys_of(&document))?;
        Ok(Before { members, keys })
    }

    /// Whether what the members of a group counted is kept: decided at the first.
    fn is_kept(&mut self, group: usize, at: usize) -> bool {
        if at == 0 && self.keys_len < self.keys_max {
            self.kept.insert(group, Keys::default());
        }
        self.kept.contains_key(&group)
    }

    fn keep(&mut self, group: usize, keys: &Keys) {
        let Some(kept) = self.kept.get_mut(&group) else { return };
        let before = kept.len();
        kept.add(keys);
        self.keys_len += kept.len() - before;
    }

    /// Marks what members of the document's group counted before, where that is kept, and keeps what the
    /// document counts. Documents come in their order, each once.
    pub(super) fn next(&mut self, doc: DocIndex, row: &mut Row) {
        let Some(&(group, at)) = self.places.get(&doc) else { return };
        let Some(kept) = self.kept.get(&group) else { return };
        for (key, is_counted) in &mut row.content {
            *is_counted = kept.content.binary_search(key).is_ok();
        }
        row.statistics.retain(|key| kept.statistics.binary_search(key).is_err());
        let content = row.content.iter().map(|(key, _)| *key).collect();
        self.keep(group, &Keys { content, statistics: row.statistics.clone() });
        if at + 1 == self.groups[group].1.len()
            && let Some(done) = self.kept.remove(&group)
        {
            self.keys_len -= done.len();
        }
    }
}

/// What members of the groups of some documents counted before them, where they were read again for it.
pub(super) struct Before {
    members: BTreeMap<DocIndex, Vec<DocIndex>>,
    keys: ByDoc<Keys>,
}

impl Before {
    /// The keys of a kind that members of the document's group counted before it; ascending.
    pub(super) fn of(&self, doc: DocIndex, kind: impl Fn(&Keys) -> &[u64]) -> Vec<u64> {
        let members = self.members.get(&doc).map_or(&[][..], Vec::as_slice);
        let mut keys: Vec<u64> =
            members.iter().flat_map(|&member| kind(self.keys.of(member))).copied().collect();
        keys.sort_unstable();
        keys
    }
}

#[cfg(test)]
mod tests {
    use unecho_model::{Article, Origin};

    use super::*;
    use crate::ingest::Corpus;

    const OWN: usize = 40;

    /// Documents whose only word is a number; the last five are of an earlier run.
    fn documents() -> Documents {
        let document = |at: usize| Document {
            id: at.to_string().parse().unwrap(),
            origin: Origin { path: "a".to_owned(), line: None },
            article: Article { text: at.to_string(), ..Article::default() },
            metadata: serde_json::Map::new(),
        };
        let all: Vec<Document> = (0..OWN + 5).map(document).collect();
        let mut documents = Corpus::holding(&all[..OWN]).documents;
        documents.append(all[OWN..].to_vec());
        documents
    }

    /// Keys of which some are of one document, some of a few, and some of all.
    fn keys(at: u64) -> Keys {
        let keys = |from: u64| vec![from, from + 10 + at % 3, from + 20 + at / 7, from + 100 + at];
        Keys { content: keys(0), statistics: keys(1000) }
    }

    /// Content keys and whether another counts them, and the statistics that none counted.
    type Written = (Vec<(u64, bool)>, Vec<u64>);

    /// What is counted when documents are written some at a time.
    fn written(groups: &[Vec<DocIndex>], keys_max: usize, chunk: usize) -> Vec<Written> {
        let documents = documents();
        let keys_of = |document: &Document| keys(document.article.text.parse().unwrap());
        let mut counted = Counted::with_keys_max(groups, OWN, keys_max);
        let mut rows = Vec::new();
        let docs: Vec<DocIndex> = (0..OWN).map(DocIndex::of).collect();
        for docs in docs.chunks(chunk) {
            let before = counted.before(docs, &documents, keys_of).unwrap();
            for &doc in docs {
                let Keys { content, statistics } = keys(doc.at() as u64);
                let mut row = Row::default();
                row.count(Keys { content, statistics }, doc, &before);
                counted.next(doc, &mut row);
                rows.push((row.content, row.statistics));
            }
        }
        assert_eq!((counted.kept.len(), counted.keys_len), (0, 0), "nothing is kept in the end");
        rows
    }

    #[test]
    fn a_story_counts_each_key_once_however_many_copies_it_has() {
        let docs = |docs: &[usize]| docs.iter().map(|&at| DocIndex::of(at)).collect::<Vec<_>>();
        let large: Vec<usize> = (0..OWN + 3).filter(|at| at % 5 != 1).collect();
        let groups = [docs(&large), docs(&[1, 6, 44]), docs(&[11, 16])];
        let expect = |at: usize| {
            let group = groups.iter().find(|group| group.contains(&DocIndex::of(at)));
            let before = group.into_iter().flatten().filter(|doc| doc.at() < at || doc.at() >= OWN);
            let counted: Vec<Keys> = before.map(|doc| keys(doc.at() as u64)).collect();
            let own = keys(at as u64);
            let is_counted = |key: &u64| counted.iter().any(|keys| keys.content.contains(key));
            let is_new = |key: &u64| !counted.iter().any(|keys| keys.statistics.contains(key));
            (
                own.content.iter().map(|key| (*key, is_counted(key))).collect::<Vec<_>>(),
                own.statistics.iter().copied().filter(is_new).collect::<Vec<_>>(),
            )
        };
        let expect: Vec<_> = (0..OWN).map(expect).collect();
        assert_eq!(written(&groups, KEYS_MAX, 7), expect, "kept");
        assert_eq!(written(&groups, 0, 7), expect, "read again");
        assert_eq!(written(&groups, KEYS_MAX, OWN), expect, "at once");
    }
}
