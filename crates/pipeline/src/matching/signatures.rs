//! Sketches of the word 5-shingles of all documents, in memory as far as there is room.

use unecho_candidates::{OverflowFailed, Room};
use unecho_model::DocIndex;

/// Documents whose signatures lie together: what is read to see one of them.
const TOGETHER: usize = 32;
/// Values of one slab of memory. Allocators hand so many bytes back to the system when they are freed; of many small
/// pieces, a few that stay between them would keep the rest.
const SLAB_VALUES: usize = 32 << 20;

/// The signatures of documents, which are added in their order.
pub(crate) struct Signatures {
    /// Values of a signature.
    len: usize,
    chunks: Vec<Chunk>,
    /// What is in memory, each slab with its capacity at most.
    slabs: Vec<Vec<u16>>,
    slab_values: usize,
    /// The last ones, fewer than lie together.
    last: Vec<u16>,
    room: Room,
}

/// Where signatures that lie together are.
enum Chunk {
    /// In a slab, from a place on.
    Here { slab: u32, place: u32 },
    /// Outside memory, two values a word.
    Away(u32),
}

impl Signatures {
    /// None yet.
    pub(super) const fn new(len: usize, room: Room) -> Self {
        Self::in_slabs(len, room, SLAB_VALUES)
    }

    const fn in_slabs(len: usize, room: Room, slab_values: usize) -> Self {
        Self { len, chunks: Vec::new(), slabs: Vec::new(), slab_values, last: Vec::new(), room }
    }

    /// Adds the signatures of the next documents.
    pub(super) fn push(&mut self, mut values: &[u16]) -> Result<(), OverflowFailed> {
        while !values.is_empty() {
            let (now, later) = values.split_at(values.len().min(self.len * TOGETHER - self.last.len()));
            self.last.extend_from_slice(now);
            values = later;
            if self.last.len() == self.len * TOGETHER {
                let last = std::mem::take(&mut self.last);
                let chunk = match self.room.take(size_of_val(&last[..])) {
                    Ok(()) => self.keep(&last),
                    Err(overflow) => Chunk::Away(overflow.put(&words_of(&last))?),
                };
                self.chunks.push(chunk);
                self.last = last;
                self.last.clear();
            }
        }
        Ok(())
    }

    fn keep(&mut self, values: &[u16]) -> Chunk {
        let has_room = |slab: &Vec<u16>| slab.capacity() - slab.len() >= values.len();
        if !self.slabs.last().is_some_and(has_room) {
            self.slabs.push(Vec::with_capacity(self.slab_values.max(values.len())));
        }
        let at = self.slabs.len() - 1;
        let slab = &mut self.slabs[at];
        let place = slab.len();
        slab.extend_from_slice(values);
        Chunk::Here { slab: at as u32, place: place as u32 }
    }

    /// The signature of a document.
    pub(crate) fn of(&self, doc: DocIndex) -> Result<Vec<u16>, OverflowFailed> {
        let mut values = Vec::with_capacity(self.len);
        unecho_candidates::Signatures::read(self, &[doc], &mut values)?;
        Ok(values)
    }
}

/// Of an even number of values.
fn words_of(values: &[u16]) -> Vec<u32> {
    values.as_chunks().0.iter().map(|&[low, high]| u32::from(high) << 16 | u32::from(low)).collect()
}

fn values_of(words: &[u32]) -> impl Iterator<Item = u16> {
    words.iter().flat_map(|&word| [word as u16, (word >> 16) as u16])
}

impl unecho_candidates::Signatures for Signatures {
    fn read(&self, docs: &[DocIndex], values: &mut Vec<u16>) -> Result<(), OverflowFailed> {
        let (mut words, mut fetched) = (Vec::new(), Vec::new());
        for together in docs.chunk_by(|a, b| a.at() / TOGETHER == b.at() / TOGETHER) {
            let chunk = match self.chunks.get(together[0].at() / TOGETHER) {
                Some(&Chunk::Here { slab, place }) => &self.slabs[slab as usize][place as usize..],
                Some(&Chunk::Away(number)) => {
                    words.clear();
                    self.room.get(number, &mut words)?;
                    fetched.clear();
                    fetched.extend(values_of(&words));
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
        const LEN: usize = 9;
        let documents = Documents::elsewhere(unecho_model::DocIds::default()).unwrap();
        let value = |doc: usize, at: usize| (doc * 300 + at) as u16;
        let all: Vec<u16> = (0..200).flat_map(|doc| (0..LEN).map(move |at| value(doc, at))).collect();
        let rooms =
            [(0, 1), (1200, SLAB_VALUES), (usize::MAX, 1), (usize::MAX, 700), (usize::MAX, SLAB_VALUES)];
        for (bytes, slab_values) in rooms {
            let room = Room::of(bytes, documents.overflow());
            let mut signatures = Signatures::in_slabs(LEN, room, slab_values);
            for some in all.chunks(LEN * 7) {
                signatures.push(some).unwrap();
            }
            let docs: Vec<DocIndex> = [3, 4, 31, 32, 63, 150, 191, 192, 199].map(DocIndex).into();
            let mut values = Vec::new();
            signatures.read(&docs, &mut values).unwrap();
            let expect: Vec<u16> =
                docs.iter().flat_map(|doc| (0..LEN).map(move |at| value(doc.at(), at))).collect();
            assert_eq!(values, expect, "{bytes} {slab_values}");
            assert_eq!(signatures.of(DocIndex(40)).unwrap(), all[40 * LEN..41 * LEN]);
        }
    }
}
