//! Sketches of the word 5-shingles of all documents, in memory as far as there is room.

use unecho_candidates::{OverflowFailed, Room};
use unecho_model::DocIndex;

/// Documents whose signatures lie together: what is read to see one of them.
const TOGETHER: usize = 32;

/// The signatures of documents, which are added in their order.
pub(crate) struct Signatures {
    /// Values of a signature.
    len: usize,
    chunks: Vec<Chunk>,
    /// The last ones, fewer than lie together.
    last: Vec<u32>,
    room: Room,
}

enum Chunk {
    Here(Box<[u32]>),
    Away(u32),
}

impl Signatures {
    /// None yet.
    pub(super) const fn new(len: usize, room: Room) -> Self {
        Self { len, chunks: Vec::new(), last: Vec::new(), room }
    }

    /// Adds the signatures of the next documents.
    pub(super) fn push(&mut self, mut values: &[u32]) -> Result<(), OverflowFailed> {
        while !values.is_empty() {
            let (now, later) = values.split_at(values.len().min(self.len * TOGETHER - self.last.len()));
            self.last.extend_from_slice(now);
            values = later;
            if self.last.len() == self.len * TOGETHER {
                let chunk = match self.room.take(self.last.len() * size_of::<u32>()) {
                    Ok(()) => Chunk::Here(self.last.as_slice().into()),
                    Err(overflow) => Chunk::Away(overflow.put(&self.last)?),
                };
                self.chunks.push(chunk);
                self.last.clear();
            }
        }
        Ok(())
    }

    /// The signature of a document.
    pub(crate) fn of(&self, doc: DocIndex) -> Result<Vec<u32>, OverflowFailed> {
        let mut values = Vec::with_capacity(self.len);
        unecho_candidates::Signatures::read(self, &[doc], &mut values)?;
        Ok(values)
    }
}

impl unecho_candidates::Signatures for Signatures {
    fn read(&self, docs: &[DocIndex], values: &mut Vec<u32>) -> Result<(), OverflowFailed> {
        let mut fetched = Vec::new();
        for together in docs.chunk_by(|a, b| a.at() / TOGETHER == b.at() / TOGETHER) {
            let chunk = match self.chunks.get(together[0].at() / TOGETHER) {
                Some(Chunk::Here(chunk)) => chunk,
                Some(Chunk::Away(number)) => {
                    fetched.clear();
                    self.room.get(*number, &mut fetched)?;
                    fetched.as_slice()
                }
                None => self.last.as_slice(),
            };
            for doc in together {
                values.extend_from_slice(&chunk[doc.at() % TOGETHER * self.len..][..self.len]);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use unecho_candidates::Signatures as _;

    use super::*;
    use crate::documents::Documents;

    #[test]
    fn what_is_read_does_not_depend_on_the_room() {
        const LEN: usize = 8;
        let documents = Documents::elsewhere(unecho_model::DocIds::default()).unwrap();
        let value = |doc: usize, at: usize| (doc * 1000 + at) as u32;
        let all: Vec<u32> = (0..200).flat_map(|doc| (0..LEN).map(move |at| value(doc, at))).collect();
        for bytes in [0, 2048, usize::MAX] {
            let mut signatures = Signatures::new(LEN, Room::of(bytes, documents.overflow()));
            for some in all.chunks(LEN * 7) {
                signatures.push(some).unwrap();
            }
            let docs: Vec<DocIndex> = [3, 4, 31, 32, 63, 150, 191, 192, 199].map(DocIndex).into();
            let mut values = Vec::new();
            signatures.read(&docs, &mut values).unwrap();
            let expect: Vec<u32> =
                docs.iter().flat_map(|doc| (0..LEN).map(move |at| value(doc.at(), at))).collect();
            assert_eq!(values, expect, "{bytes}");
            assert_eq!(signatures.of(DocIndex(40)).unwrap(), all[40 * LEN..41 * LEN]);
        }
    }
}
