//! The documents of a run. They lie on disk; a block of some kilobytes at a time is in memory, on each
//! thread. Only what bounds and orders them stays: their ids, and where their blocks are.
//!
//! Documents of earlier runs stand behind those of this one, in memory: there are as many as were recalled.

mod aside;
mod numbered;
mod stored;

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use unecho_candidates::Overflow;
use unecho_model::{DocId, DocIds, DocIndex, Document};
use unecho_store::{Batch, Block, Packed, Packer, Records, Spool};

use crate::{Error, Run};

pub(crate) use numbered::Numbered;
pub(crate) use stored::{Stored, bytes_of, pack};

/// Blocks that one task takes: some hundred documents.
const TASK_BLOCKS: usize = 64;
/// Tasks for each thread whose results wait to be taken.
const WAVE_TASKS: usize = 4;

/// The documents of a run, in canonical order.
#[derive(Debug)]
pub(crate) struct Documents {
    spool: Arc<Spool>,
    parts: Vec<Part>,
    ids: DocIds,
    /// Documents that were changed since they were written.
    amended: BTreeMap<DocIndex, Place>,
    earlier: Vec<Document>,
}

/// A block, and the number of its first document.
#[derive(Debug, Clone, Copy)]
struct Part {
    block: Block,
    first: u32,
}

/// Where one document lies.
#[derive(Debug, Clone, Copy)]
struct Place {
    block: Block,
    at: u32,
}

/// What was done to a document that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    /// Nothing.
    None,
    /// It is to be kept as it is now.
    Amended,
}

impl Documents {
    /// The documents of `batches`, which have these ids.
    pub(crate) fn of(spool: Spool, batches: &[Batch], ids: DocIds) -> Self {
        let mut parts = Vec::new();
        let mut first = 0;
        for &block in batches.iter().flat_map(|batch| &batch.blocks) {
            parts.push(Part { block, first });
            first += block.records();
        }
        debug_assert_eq!(first as usize, ids.len(), "every document has an id");
        Self { spool: Arc::new(spool), parts, ids, amended: BTreeMap::new(), earlier: Vec::new() }
    }

    /// One document that is damaged on disk.
    #[cfg(test)]
    pub(crate) fn damaged(id: &str) -> Self {
        use std::io::Write;

        let spool = Spool::temporary(unecho_disk::this_machine()).unwrap();
        let mut packer = Packer::default();
        packer.push(|bytes| bytes.write_all(b"no document")).unwrap();
        let batch = spool.add(None, packer.finish(Vec::new()).unwrap()).unwrap();
        Self::of(spool, &[batch], [id.parse().unwrap()].into_iter().collect())
    }

    /// Documents that lie elsewhere: of them only the ids are here.
    pub(crate) fn elsewhere(ids: DocIds) -> Result<Self, Error> {
        let spool = Spool::temporary(unecho_disk::this_machine()).map_err(Error::Work)?;
        Ok(Self {
            spool: Arc::new(spool),
            parts: Vec::new(),
            ids,
            amended: BTreeMap::new(),
            earlier: Vec::new(),
        })
    }

    /// How many there are, those of earlier runs included.
    pub(crate) const fn len(&self) -> usize {
        self.ids.len()
    }

    /// How many are of this run; the others follow.
    pub(crate) const fn own(&self) -> usize {
        self.ids.len() - self.earlier.len()
    }

    /// The id of a document.
    pub(crate) fn id(&self, doc: DocIndex) -> DocId {
        self.ids.of(doc)
    }

    /// The ids of all.
    pub(crate) const fn ids(&self) -> &DocIds {
        &self.ids
    }

    /// Puts documents of earlier runs behind the others.
    pub(crate) fn append(&mut self, earlier: Vec<Document>) {
        self.ids.extend(earlier.iter().map(|document| document.id.clone()));
        self.earlier.extend(earlier);
    }

    /// Where numbers go that do not fit into memory: beside the documents.
    pub(crate) fn overflow(&self) -> Arc<dyn Overflow> {
        Arc::new(aside::Aside::of(Arc::clone(&self.spool)))
    }

    /// Puts what a run knows beside its documents; only this run finds it again.
    pub(crate) fn set_aside(&self, packed: Packed) -> Result<Vec<Block>, Error> {
        Ok(self.spool.add(None, packed).map_err(Error::Work)?.blocks)
    }

    /// The records of a block that was set aside.
    pub(crate) fn aside(&self, block: &Block) -> Result<Records, Error> {
        self.spool.read(block).map_err(Error::Work)
    }

    /// Looks at all documents of this run in parallel, and may change them. Each task looks at some neighbours
    /// with what `begin` gives it; `take` gets that from all tasks, in the order of the documents.
    pub(crate) fn edit_each<T: Send>(
        &mut self,
        run: &Run<'_>,
        begin: impl Fn() -> T + Sync,
        look: impl Fn(&mut T, DocIndex, &mut Document) -> Edit + Sync,
        mut take: impl FnMut(T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let tasks: Vec<&[Part]> = self.parts.chunks(TASK_BLOCKS).collect();
        let mut amended = Vec::new();
        for wave in tasks.chunks(WAVE_TASKS * rayon::current_num_threads()) {
            run.ensure_wanted()?;
            let work = |parts: &&[Part]| self.edit_task(parts, &begin, &look);
            let done: Vec<(T, Vec<(DocIndex, Place)>)> =
                wave.par_iter().map(work).collect::<Result<_, Error>>()?;
            for (task, places) in done {
                amended.extend(places);
                take(task)?;
            }
        }
        self.amended.extend(amended);
        Ok(())
    }

    fn edit_task<T>(
        &self,
        parts: &[Part],
        begin: &impl Fn() -> T,
        look: &impl Fn(&mut T, DocIndex, &mut Document) -> Edit,
    ) -> Result<(T, Vec<(DocIndex, Place)>), Error> {
        let mut task = begin();
        let (mut packer, mut edited) = (Packer::default(), Vec::new());
        let mut reader = Reader::of(self);
        for part in parts {
            for doc in (part.first..part.first + part.block.records()).map(DocIndex) {
                let mut document = reader.document(doc, part)?;
                if look(&mut task, doc, &mut document) == Edit::Amended {
                    pack(&document, &mut packer)?;
                    edited.push(doc);
                }
            }
        }
        let Some(first) = edited.first() else { return Ok((task, Vec::new())) };
        let packing = |source| Error::Packing { what: self.id(*first).to_string(), source };
        let packed = packer.finish(Vec::new()).map_err(packing)?;
        let batch = self.spool.add(None, packed).map_err(Error::Work)?;
        let places =
            batch.blocks.iter().flat_map(|&block| (0..block.records()).map(move |at| Place { block, at }));
        Ok((task, edited.into_iter().zip(places).collect()))
    }

    /// What `look` makes of these documents, in their order; they must be ascending, each once. A block is read
    /// once for neighbours in it.
    pub(crate) fn map<T: Send>(
        &self,
        docs: &[DocIndex],
        look: impl Fn(DocIndex, Document) -> T + Sync,
    ) -> Result<Vec<T>, Error> {
        debug_assert!(docs.is_sorted_by(|a, b| a < b), "ascending, each once");
        let (own, earlier) = docs.split_at(docs.partition_point(|doc| doc.at() < self.own()));
        if let (Some(&first), true) = (own.first(), self.parts.is_empty()) {
            return Err(Error::WorkDamaged(self.id(first)));
        }
        let part_of = |doc: DocIndex| self.parts.partition_point(|part| part.first <= doc.0) - 1;
        let groups: Vec<&[DocIndex]> = own.chunk_by(|&a, &b| part_of(a) == part_of(b)).collect();
        let looked: Vec<Vec<T>> = groups
            .par_iter()
            .map(|docs| {
                let part = &self.parts[part_of(docs[0])];
                let mut reader = Reader::of(self);
                docs.iter().map(|&doc| Ok(look(doc, reader.document(doc, part)?))).collect()
            })
            .collect::<Result<_, Error>>()?;
        let mut looked: Vec<T> = looked.into_iter().flatten().collect();
        let of_earlier = |&doc: &DocIndex| look(doc, self.earlier[doc.at() - self.own()].clone());
        looked.par_extend(earlier.par_iter().map(of_earlier));
        Ok(looked)
    }

    /// What `look` makes of these documents, which come in any order.
    pub(crate) fn by_doc<T: Send>(
        &self,
        docs: impl IntoIterator<Item = DocIndex>,
        look: impl Fn(DocIndex, Document) -> T + Sync,
    ) -> Result<ByDoc<T>, Error> {
        let mut docs: Vec<DocIndex> = docs.into_iter().collect();
        docs.sort_unstable();
        docs.dedup();
        let values = self.map(&docs, look)?;
        Ok(ByDoc { docs, values })
    }
}

/// Something of some documents, to be looked up.
#[derive(Debug)]
pub(crate) struct ByDoc<T> {
    docs: Vec<DocIndex>,
    values: Vec<T>,
}

impl<T> ByDoc<T> {
    /// That of a document which was asked for.
    pub(crate) fn of(&self, doc: DocIndex) -> &T {
        &self.values[self.docs.binary_search(&doc).expect("only documents that were asked for are looked up")]
    }
}

impl<T> ByDoc<Option<T>> {
    /// Takes that of a document; nothing is left of it.
    pub(crate) fn take(&mut self, doc: DocIndex) -> Option<T> {
        self.values[self.docs.binary_search(&doc).ok()?].take()
    }
}

/// Reads documents that come in order: the last blocks stay unpacked.
struct Reader<'a> {
    documents: &'a Documents,
    own: Option<(u32, Records)>,
    amended: Option<(Block, Records)>,
}

impl<'a> Reader<'a> {
    const fn of(documents: &'a Documents) -> Self {
        Self { documents, own: None, amended: None }
    }

    /// A document of this run, which lies in `part`.
    fn document(&mut self, doc: DocIndex, part: &Part) -> Result<Document, Error> {
        let spool = &self.documents.spool;
        let (records, at) = match self.documents.amended.get(&doc) {
            Some(place) => {
                if self.amended.as_ref().is_none_or(|(block, _)| *block != place.block) {
                    self.amended = Some((place.block, spool.read(&place.block).map_err(Error::Work)?));
                }
                (self.amended.as_ref().map(|(_, records)| records), place.at)
            }
            None => {
                if self.own.as_ref().is_none_or(|(first, _)| *first != part.first) {
                    self.own = Some((part.first, spool.read(&part.block).map_err(Error::Work)?));
                }
                (self.own.as_ref().map(|(_, records)| records), doc.0 - part.first)
            }
        };
        let stored = records.and_then(|records| records.get(at as usize)).and_then(Stored::of_bytes);
        let id = self.documents.id(doc);
        let stored = stored.ok_or_else(|| Error::WorkDamaged(id.clone()))?;
        Ok(stored.into_document(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_document_is_named() {
        let documents = Documents::damaged("lost");
        let error = documents.map(&[DocIndex(0)], |_, document| document).unwrap_err();
        assert!(error.to_string().starts_with("lost: "), "{error}");
    }
}
