//! A few bytes of every document, in a file that all tasks see, of which each reads what it needs.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::Error;

/// Bytes that are read together.
const PAGE_BYTES: usize = 64 << 10;
/// Most pages in memory: 16 MB.
const PAGES_MAX: usize = 256;

/// `WIDTH` bytes of every document; `WIDTH` divides 65,536.
pub(super) struct Facts<const WIDTH: usize> {
    path: PathBuf,
    file: File,
    pages: BTreeMap<u64, Vec<u8>>,
}

impl<const WIDTH: usize> Facts<WIDTH> {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|error| unread(path, &error))?;
        Ok(Self { path: path.to_owned(), file, pages: BTreeMap::new() })
    }

    /// Those of a document.
    pub(super) fn of(&mut self, doc: u32) -> Result<[u8; WIDTH], Error> {
        let at = u64::from(doc) * WIDTH as u64;
        let (page, at) = (at / PAGE_BYTES as u64, (at % PAGE_BYTES as u64) as usize);
        if !self.pages.contains_key(&page) {
            if self.pages.len() >= PAGES_MAX {
                self.pages.clear();
            }
            let bytes = self.read(page).map_err(|error| unread(&self.path, &error))?;
            self.pages.insert(page, bytes);
        }
        let bytes = self.pages.get(&page).and_then(|bytes| bytes.get(at..)?.first_chunk());
        bytes.copied().ok_or_else(|| Error::Elsewhere(format!("{}: is too short", self.path.display())))
    }

    fn read(&mut self, page: u64) -> std::io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(page * PAGE_BYTES as u64))?;
        let mut bytes = Vec::with_capacity(PAGE_BYTES);
        self.file.by_ref().take(PAGE_BYTES as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

fn unread(path: &Path, error: &std::io::Error) -> Error {
    Error::Elsewhere(format!("{}: cannot be read: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_has_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facts");
        let bytes: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        std::fs::write(&path, bytes).unwrap();
        let mut facts = Facts::<4>::open(&path).unwrap();
        for doc in [0, 1, 16_383, 16_384, 99_999, 5] {
            assert_eq!(facts.of(doc).unwrap(), doc.to_le_bytes());
        }
        assert!(facts.of(100_000).is_err());
    }
}
