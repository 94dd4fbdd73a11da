//! Segments become one, and what changed in them is left out or put in.

use std::cmp::Reverse;
use std::collections::binary_heap::PeekMut;
use std::collections::{BTreeMap, BinaryHeap};

use crate::Error;
use crate::directory::Block;
use crate::entry::Entry;
use crate::segment::{Column, SectionInfo, SectionKind, Segment, SegmentWriter};

/// What is to be other than it was.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes {
    /// Documents by number: what is put in their place, or `None` to forget them, with every entry that
    /// leads to them.
    pub(crate) documents: BTreeMap<u64, Option<Vec<u8>>>,
    /// Keys that count once less, by section; they ascend and may repeat.
    pub(crate) uncounted: BTreeMap<String, Vec<u64>>,
}

/// Segments that are merged at a time when they are about as large.
const FAN: usize = 4;
/// Segments with fewer documents are as large as each other.
const SMALL_DOCUMENTS: u64 = 4096;

/// Which neighbours to merge, given the number of documents of each segment, so that the number of
/// segments stays logarithmic and no document is written again more often than that.
pub(crate) fn tiers(documents: &[u64]) -> Vec<std::ops::Range<usize>> {
    let tier = |documents: u64| (documents / SMALL_DOCUMENTS + 1).ilog(FAN as u64);
    let mut groups: Vec<(std::ops::Range<usize>, u64)> = Vec::new();
    for (at, &documents) in documents.iter().enumerate() {
        groups.push((at..at + 1, documents));
        while groups.len() >= FAN {
            let last = &groups[groups.len() - FAN..];
            let own = tier(last[FAN - 1].1);
            if last.iter().any(|(_, documents)| tier(*documents) > own) {
                break;
            }
            let joined = (last[0].0.start..at + 1, last.iter().map(|(_, documents)| documents).sum());
            groups.truncate(groups.len() - FAN);
            groups.push(joined);
        }
    }
    groups.into_iter().map(|(range, _)| range).filter(|range| range.len() > 1).collect()
}

/// Writes what `sources`, which follow one another, hold.
pub(crate) fn merge(sources: &[&Segment], changes: &Changes, to: &mut SegmentWriter) -> Result<(), Error> {
    for source in sources {
        let columns = source.columns()?;
        let blocks = source.documents_directory()?.blocks();
        for (at, &block) in blocks.iter().enumerate() {
            let end = blocks.get(at + 1).map_or(columns.len(), |next| next.first as usize);
            let columns = columns
                .get(block.first as usize..end)
                .ok_or_else(|| source.damaged("has blocks of documents out of order"))?;
            push_documents(source, block, columns, changes, to)?;
        }
    }
    let mut sections: BTreeMap<&str, (SectionKind, u32)> = BTreeMap::new();
    for info in sources.iter().flat_map(|source| source.sections()) {
        sections.insert(&info.name, (info.kind, info.list_max));
    }
    for (name, (kind, list_max)) in sections {
        match kind {
            SectionKind::Documents | SectionKind::Columns => {}
            SectionKind::Lists => {
                let merged = Merged::of(sources, name, changes)?;
                to.write_entries(name, kind, list_max, merged)?;
            }
            SectionKind::Counts => {
                let uncounted = changes.uncounted.get(name).map_or(&[][..], Vec::as_slice);
                let merged = Merged::of(sources, name, changes)?;
                to.write_entries(name, kind, list_max, Summed { merged, next: None, uncounted })?;
            }
        }
    }
    Ok(())
}

fn push_documents(
    source: &Segment,
    block: Block,
    columns: &[Column],
    changes: &Changes,
    to: &mut SegmentWriter,
) -> Result<(), Error> {
    let first = source.entry.first + block.first;
    let mut changed = changes.documents.range(first..first + columns.len() as u64).peekable();
    if changed.peek().is_none() {
        return to.push_block(&source.block(block)?, columns);
    }
    for ((document, &column), number) in source.documents_of(block)?.iter().zip(columns).zip(first..) {
        match changes.documents.get(&number) {
            None => to.push(document, column)?,
            Some(Some(document)) => to.push(document, column)?,
            Some(None) => to.push(&[], Column::default())?,
        }
    }
    Ok(())
}

/// The entries of a section of one segment, in order.
struct Scan<'a> {
    segment: &'a Segment,
    blocks: &'a [Block],
    ready: std::vec::IntoIter<Entry>,
    /// Added to the places of documents.
    offset: u32,
    is_lists: bool,
    forgotten: Vec<u32>,
}

impl Scan<'_> {
    fn next(&mut self) -> Result<Option<Entry>, Error> {
        loop {
            if let Some(entry) = self.ready.next() {
                if !self.is_lists {
                    return Ok(Some(entry));
                }
                if self.forgotten.binary_search(&entry.place()).is_ok() {
                    continue;
                }
                return Ok(Some(Entry { value: entry.value + 2 * self.offset, ..entry }));
            }
            let Some((&block, rest)) = self.blocks.split_first() else { return Ok(None) };
            self.blocks = rest;
            self.ready = self.segment.entries(&[block])?.into_iter();
        }
    }
}

/// The entries of a section of all sources, in order.
struct Merged<'a> {
    scans: Vec<Scan<'a>>,
    heads: BinaryHeap<Reverse<(Entry, usize)>>,
}

impl<'a> Merged<'a> {
    fn of(sources: &[&'a Segment], name: &str, changes: &Changes) -> Result<Self, Error> {
        let mut merged = Self { scans: Vec::new(), heads: BinaryHeap::new() };
        let base = sources.first().map_or(0, |source| source.entry.first);
        for source in sources {
            let is_lists = |info: &SectionInfo| info.name == name && info.kind == SectionKind::Lists;
            let gone = changes.documents.range(source.entry.first..source.entry.end());
            let gone = gone.filter(|(_, document)| document.is_none());
            let mut scan = Scan {
                segment: source,
                blocks: source.directory(name)?.blocks(),
                ready: Vec::new().into_iter(),
                offset: u32::try_from(source.entry.first - base)
                    .map_err(|_| source.damaged("has too many documents before it"))?,
                is_lists: source.sections().any(is_lists),
                forgotten: gone.map(|(number, _)| (number - source.entry.first) as u32).collect(),
            };
            if let Some(entry) = scan.next()? {
                merged.heads.push(Reverse((entry, merged.scans.len())));
            }
            merged.scans.push(scan);
        }
        Ok(merged)
    }
}

impl Iterator for Merged<'_> {
    type Item = Result<Entry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut head = self.heads.peek_mut()?;
        let Reverse((entry, at)) = *head;
        match self.scans[at].next() {
            Ok(Some(next)) => *head = Reverse((next, at)),
            Ok(None) => drop(PeekMut::pop(head)),
            Err(error) => return Some(Err(error)),
        }
        Some(Ok(entry))
    }
}

/// Counts of one key, added up, less what is to be counted no more.
struct Summed<'a> {
    merged: Merged<'a>,
    next: Option<Entry>,
    uncounted: &'a [u64],
}

impl Summed<'_> {
    /// How often `key` is to be counted less.
    fn less(&mut self, key: u64) -> u32 {
        let start = self.uncounted.partition_point(|&uncounted| uncounted < key);
        let own = self.uncounted[start..].partition_point(|&uncounted| uncounted == key);
        self.uncounted = &self.uncounted[start + own..];
        own as u32
    }
}

impl Iterator for Summed<'_> {
    type Item = Result<Entry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut entry = match self.next.take() {
                Some(entry) => entry,
                None => match self.merged.next()? {
                    Ok(entry) => entry,
                    Err(error) => return Some(Err(error)),
                },
            };
            for further in self.merged.by_ref() {
                match further {
                    Ok(further) if further.key == entry.key => {
                        entry.value = entry.value.saturating_add(further.value);
                    }
                    Ok(further) => {
                        self.next = Some(further);
                        break;
                    }
                    Err(error) => return Some(Err(error)),
                }
            }
            entry.value = entry.value.saturating_sub(self.less(entry.key));
            if entry.value > 0 {
                return Some(Ok(entry));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs of so many documents, one after the other, merged as they come.
    fn after(runs: impl Iterator<Item = u64>) -> (Vec<u64>, u64) {
        let (mut segments, mut written) = (Vec::new(), 0);
        for run in runs {
            for range in tiers(&segments).into_iter().rev() {
                let sum = segments[range.clone()].iter().sum();
                written += sum;
                segments.splice(range, [sum]);
            }
            segments.push(run);
        }
        (segments, written)
    }

    #[test]
    fn a_year_of_days_leaves_few_segments() {
        let (segments, written) = after((0..365).map(|day| 900 + day % 200));
        assert_eq!(segments.iter().sum::<u64>(), (0..365).map(|day| 900 + day % 200).sum::<u64>());
        assert!(segments.len() <= 12, "{segments:?}");
        assert!(written < 6 * segments.iter().sum::<u64>(), "{written}");
    }

    #[test]
    fn a_large_segment_is_left_alone() {
        assert_eq!(tiers(&[1_000_000, 10, 10, 10]), []);
        assert_eq!(tiers(&[1_000_000, 10, 10, 10, 10]).as_slice(), std::slice::from_ref(&(1..5)));
        assert_eq!(tiers(&[]), []);
    }
}
