//! A store, open for reading.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use unecho_model::Digest;

use crate::entry::Entry;
use crate::lookup::{self, Found};
use crate::segment::{Column, SectionInfo, SectionKind, Segment};
use crate::{Error, ErrorKind, MANIFEST_NAME, Manifest, RunEntry};

/// The number of a document: documents are numbered in the order in which they came, and no number is
/// given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(pub u64);

/// What is wrong with a file of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.what)
    }
}

/// A store, open for reading: what it held when it was opened, whatever is written meanwhile.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    manifest: Manifest,
    segments: Vec<Arc<Segment>>,
}

impl Store {
    /// Opens the store in `folder`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is none, [`ErrorKind::Damaged`] when it is not as it was written.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let mut manifest = read_manifest(folder)?;
        loop {
            match Self::of(folder, manifest.clone()) {
                Ok(store) => return Ok(store),
                // A writer may have replaced segments since.
                Err(error) => match read_manifest(folder)? {
                    newer if newer != manifest => manifest = newer,
                    _ => return Err(error),
                },
            }
        }
    }

    /// Opens the segments that `manifest` names.
    pub(crate) fn of(folder: &Path, manifest: Manifest) -> Result<Self, Error> {
        let open = |entry| Segment::open(folder, entry).map(Arc::new);
        let segments = manifest.segments.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Self { folder: folder.to_owned(), manifest, segments })
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it says of itself.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The sections of all segments.
    pub fn sections(&self) -> impl Iterator<Item = &SectionInfo> {
        self.segments.iter().flat_map(|segment| segment.sections())
    }

    pub(crate) fn segments(&self) -> &[Arc<Segment>] {
        &self.segments
    }

    /// Whether what was known before the document `end` can still be told from what came later: no segment
    /// holds documents of both, so that counts are not mixed, and no later run changed an earlier document.
    #[must_use]
    pub fn can_be_seen_before(&self, end: Serial) -> bool {
        let is_mixed = |segment: &Arc<Segment>| segment.entry.first < end.0 && segment.entry.end() > end.0;
        let is_later = |run: &&RunEntry| run.first >= end.0;
        let mut changed = self.manifest.runs.iter().filter(is_later).flat_map(|run| &run.changed);
        !self.segments.iter().any(is_mixed) && !changed.any(|&document| document < end.0)
    }

    /// Segments that begin before the document `end`.
    fn before(&self, end: Serial) -> impl Iterator<Item = &Segment> {
        self.segments.iter().map(AsRef::as_ref).filter(move |segment| segment.entry.first < end.0)
    }

    /// The documents before `end` that keys lead to, by key, then document; of each key at most `list_max`
    /// of a segment. Keys ascend.
    ///
    /// # Errors
    /// When a block is damaged or cannot be read.
    pub fn lists(
        &self,
        section: &str,
        keys: &[u64],
        list_max: usize,
        end: Serial,
    ) -> Result<Vec<Found>, Error> {
        let mut found = Vec::new();
        for segment in self.before(end) {
            found.extend(lookup::lists(segment, section, keys, list_max)?);
        }
        found.retain(|found| found.document < end);
        found.par_sort_unstable();
        Ok(found)
    }

    /// How often each key was counted in segments that begin before `end`. Keys ascend.
    ///
    /// # Errors
    /// When a block is damaged or cannot be read.
    pub fn counts(&self, section: &str, keys: &[u64], end: Serial) -> Result<Vec<u32>, Error> {
        let mut counts = vec![0; keys.len()];
        for segment in self.before(end) {
            lookup::add_counts(segment, section, keys, &mut counts)?;
        }
        Ok(counts)
    }

    /// These documents, which ascend; empty ones were forgotten.
    ///
    /// # Errors
    /// When a block is damaged or cannot be read, or a document is not there.
    pub fn documents(&self, wanted: &[Serial]) -> Result<Vec<Vec<u8>>, Error> {
        let mut reads: Vec<(&Segment, usize, &[Serial])> = Vec::new();
        let mut rest = wanted;
        while let Some(&first) = rest.first() {
            let segment = self.segment_of(first)?;
            let directory = segment.documents_directory()?;
            let place = |serial: Serial| serial.0 - segment.entry.first;
            let block =
                directory.of_place(place(first)).ok_or_else(|| segment.damaged("has no documents"))?;
            let end = directory.blocks().get(block + 1).map_or(segment.entry.documents, |next| next.first);
            let here = rest.iter().take_while(|&&serial| place(serial) < end).count();
            let (own, further) = rest.split_at(here.max(1));
            reads.push((segment, block, own));
            rest = further;
        }
        let parts: Vec<Vec<Vec<u8>>> = reads
            .into_par_iter()
            .map(|(segment, block, own)| {
                let block = segment.documents_directory()?.blocks()[block];
                let mut documents = segment.documents_of(block)?;
                let first = segment.entry.first + block.first;
                own.iter()
                    .map(|serial| {
                        let document = documents.get_mut((serial.0 - first) as usize);
                        document
                            .map(std::mem::take)
                            .ok_or_else(|| segment.damaged("has a block with too few documents"))
                    })
                    .collect()
            })
            .collect::<Result<_, Error>>()?;
        Ok(parts.into_iter().flatten().collect())
    }

    fn segment_of(&self, serial: Serial) -> Result<&Segment, Error> {
        let at = self.segments.partition_point(|segment| segment.entry.end() <= serial.0);
        self.segments
            .get(at)
            .map(AsRef::as_ref)
            .ok_or_else(|| Error::damaged(&self.folder, format!("there is no document {}", serial.0)))
    }

    /// Hands over every document in order, block by block.
    ///
    /// # Errors
    /// When a block is damaged or cannot be read, or `hand` fails.
    pub fn each_document<E: From<Error>>(
        &self,
        mut hand: impl FnMut(Serial, Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        for segment in &self.segments {
            for &block in segment.documents_directory()?.blocks() {
                let first = segment.entry.first + block.first;
                for (document, serial) in segment.documents_of(block)?.into_iter().zip(first..) {
                    hand(Serial(serial), document)?;
                }
            }
        }
        Ok(())
    }

    /// Hands over all documents segment by segment, as they stand in blocks: the number of the first document of a block,
    /// and the block's documents.
    ///
    /// # Errors
    /// When a block is damaged or cannot be read, or `hand` fails.
    pub fn each_block<E: From<Error>>(
        &self,
        mut hand: impl FnMut(Serial, Vec<Vec<u8>>) -> Result<(), E>,
    ) -> Result<(), E> {
        for segment in &self.segments {
            for &block in segment.documents_directory()?.blocks() {
                hand(Serial(segment.entry.first + block.first), segment.documents_of(block)?)?;
            }
        }
        Ok(())
    }

    /// Hands over all lists and counts, segment by segment and section by section: the segment's first document, the
    /// section, and some of its entries, in order; once without entries where there are none.
    ///
    /// # Errors
    /// When a block is damaged or cannot be read, or `hand` fails.
    pub fn each_entries<E: From<Error>>(
        &self,
        mut hand: impl FnMut(Serial, &SectionInfo, Vec<Entry>) -> Result<(), E>,
    ) -> Result<(), E> {
        /// Blocks whose entries are handed over together.
        const BLOCKS: usize = 4;
        for segment in &self.segments {
            let first = Serial(segment.entry.first);
            let is_wanted =
                |info: &&SectionInfo| matches!(info.kind, SectionKind::Lists | SectionKind::Counts);
            for info in segment.sections().filter(is_wanted) {
                let blocks = segment.directory(&info.name)?.blocks();
                if blocks.is_empty() {
                    hand(first, info, Vec::new())?;
                }
                for some in blocks.chunks(BLOCKS) {
                    hand(first, info, segment.entries(some)?)?;
                }
            }
        }
        Ok(())
    }

    /// The numbers of all documents before `end`, in order.
    ///
    /// # Errors
    /// When a block is damaged or cannot be read.
    pub fn columns(&self, end: Serial) -> Result<Vec<Column>, Error> {
        let mut columns = Vec::new();
        for segment in self.before(end) {
            columns.extend(segment.columns()?);
        }
        columns.truncate(usize::try_from(end.0).unwrap_or(usize::MAX));
        Ok(columns)
    }

    /// Reads every byte: digests of files, checksums of blocks, order of entries, and that all lead to
    /// documents that are there. Empty when all is well.
    #[must_use]
    pub fn verify(&self) -> Vec<Problem> {
        self.segments.par_iter().flat_map_iter(|segment| verify_segment(segment)).collect()
    }
}

/// What the pointer in `folder` says.
pub(crate) fn read_manifest(folder: &Path) -> Result<Manifest, Error> {
    let path = folder.join(MANIFEST_NAME);
    let bytes = fs::read(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Error::new(ErrorKind::NotFound, folder, "no unecho index here")
        }
        _ => Error::io(&path, "cannot be read", error),
    })?;
    Manifest::of_file(&bytes, &path)
}

fn verify_segment(segment: &Segment) -> Vec<Problem> {
    let problem = |what: String| Problem { file: segment.entry.file.clone(), what };
    let mut problems = Vec::new();
    match file_digest(segment.path()) {
        Ok(digest) if digest == segment.entry.digest => {}
        Ok(_) => problems.push(problem("has other bytes than the index says".to_owned())),
        Err(error) => problems.push(problem(format!("cannot be read: {error}"))),
    }
    if let Err(error) = verify_documents(segment) {
        problems.push(problem(error.to_string()));
    }
    for section in segment.sections() {
        if matches!(section.kind, SectionKind::Lists | SectionKind::Counts)
            && let Err(error) = verify_entries(segment, section)
        {
            problems.push(problem(error.to_string()));
        }
    }
    problems
}

fn verify_documents(segment: &Segment) -> Result<(), Error> {
    segment.columns()?;
    let mut next = 0;
    for &block in segment.documents_directory()?.blocks() {
        if block.first != next {
            return Err(segment.damaged("has a gap among its documents"));
        }
        next += segment.documents_of(block)?.len() as u64;
    }
    if next == segment.entry.documents {
        Ok(())
    } else {
        Err(segment.damaged("has another number of documents than it says"))
    }
}

fn verify_entries(segment: &Segment, section: &SectionInfo) -> Result<(), Error> {
    let mut before = None;
    for &block in segment.directory(&section.name)?.blocks() {
        for entry in segment.entries(&[block])? {
            if before.is_some_and(|before| before >= entry) {
                return Err(segment.damaged(&format!("has {} out of order", section.name)));
            }
            let leads_nowhere = u64::from(entry.place()) >= segment.entry.documents;
            if section.kind == SectionKind::Lists && leads_nowhere {
                return Err(segment.damaged(&format!("has {} that lead nowhere", section.name)));
            }
            before = Some(entry);
        }
    }
    Ok(())
}

/// The digest of all bytes of a file.
///
/// # Errors
/// When it cannot be read.
pub fn file_digest(path: &Path) -> io::Result<Digest> {
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok(Digest::from(*hasher.finalize().as_bytes()))
}
