//! The one writer of a store: new segments first, the pointer last.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind as IoKind;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use unecho_disk::{Fs, write_whole};

use crate::lock::{LOCK_NAME, Lock};
use crate::merge::{Changes, merge, tiers};
use crate::merging::{Merging, Neighbours};
use crate::segment::{Segment, SegmentWriter};
use crate::store::{Serial, Store, read_manifest};
use crate::{Error, ErrorKind, MANIFEST_NAME, Manifest, RunEntry, Schemes, SegmentEntry};

/// What the names of files end with that nobody knows yet.
const UNKNOWN: &str = ".tmp";
/// What the names of segments end with.
const SEGMENT: &str = ".segment";

/// A store, open for writing; the lock is held until this is dropped.
#[derive(Debug)]
pub struct Writer {
    fs: Arc<dyn Fs>,
    store: Store,
    /// Stands before the lock: it ends while that is held.
    merging: Option<Merging>,
    lock: Lock,
    segments_begun: u32,
}

/// All segments are written; the pointer still says what it said.
#[derive(Debug)]
#[must_use = "the store is as it was until the pointer is moved"]
pub struct Prepared {
    fs: Arc<dyn Fs>,
    folder: std::path::PathBuf,
    manifest: Manifest,
    _lock: Lock,
}

impl Writer {
    /// Opens the store in `folder`, or makes one there. What a killed run left is removed.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`] when another process writes to it, [`ErrorKind::Unfit`] when it was made
    /// with other schemes, [`ErrorKind::NotOurs`] when the folder holds something else.
    pub fn open(folder: &Path, schemes: &Schemes, fs: Arc<dyn Fs>) -> Result<Self, Error> {
        ensure_ours(folder)?;
        fs.create_folder(folder).map_err(|e| Error::io(folder, "cannot be created", e))?;
        let lock = Lock::take(folder)?;
        let manifest = match read_manifest(folder) {
            Ok(manifest) => manifest,
            Err(error) if error.kind() == ErrorKind::NotFound => Manifest::new(schemes.clone()),
            Err(error) => return Err(error),
        };
        manifest.ensure_fits(schemes, folder)?;
        Self::begin(folder, manifest, lock, fs)
    }

    /// Opens the store in `folder`, whatever its schemes, to change what is in it.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is none, [`ErrorKind::Locked`] when another process writes to it.
    pub fn open_existing(folder: &Path, fs: Arc<dyn Fs>) -> Result<Self, Error> {
        read_manifest(folder)?;
        let lock = Lock::take(folder)?;
        let manifest = read_manifest(folder)?;
        Self::begin(folder, manifest, lock, fs)
    }

    fn begin(folder: &Path, manifest: Manifest, lock: Lock, fs: Arc<dyn Fs>) -> Result<Self, Error> {
        let store = Store::of(folder, manifest)?;
        remove_others(fs.as_ref(), folder, store.manifest())?;
        Ok(Self { fs, store, merging: None, lock, segments_begun: 0 })
    }

    /// What is in the store.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Begins to merge segments of earlier runs, where there are many, in a thread of its own: what [`Self::prepare`]
    /// would do otherwise when a new run is added.
    pub fn begin_merging(&mut self) {
        let groups = tiers(&documents_of(self.store.manifest()))
            .into_iter()
            .map(|range| Neighbours { segments: self.store.segments()[range.clone()].to_vec(), range });
        let groups: Vec<Neighbours> = groups.collect();
        if !groups.is_empty() {
            self.merging = Merging::begin(groups, self.store.folder(), &self.fs);
        }
    }

    /// What went wrong with the merging, if that is known by now.
    ///
    /// # Errors
    /// When segments cannot be read or written; the store is as it was.
    pub fn ensure_merging(&mut self) -> Result<(), Error> {
        self.merging.as_mut().map_or(Ok(()), Merging::ensure_well)
    }

    /// Begins a segment whose first document has the number `first`.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn segment(&mut self, first: Serial) -> Result<SegmentWriter, Error> {
        let name = format!("{}{UNKNOWN}", self.segments_begun);
        self.segments_begun += 1;
        SegmentWriter::begin(Arc::clone(&self.fs), self.store.folder(), &name, first.0)
    }

    /// Adds a run and its segments. A run of the same name and all that came after it are left out:
    /// the new one takes their place. Segments of earlier runs are merged where there are many, and
    /// other documents are put in the place of some, `changed`.
    ///
    /// # Errors
    /// When segments cannot be read or written; the store is then as it was.
    ///
    /// # Panics
    /// When the segments do not follow on what is there, or are not the run's.
    pub fn prepare(
        mut self,
        run: RunEntry,
        new: Vec<SegmentEntry>,
        changed: BTreeMap<Serial, Vec<u8>>,
    ) -> Result<Prepared, Error> {
        let mut manifest = self.store.manifest().clone();
        if let Some(at) = manifest.runs.iter().position(|known| known.id == run.id) {
            manifest.runs.truncate(at);
        }
        manifest.segments.retain(|segment| segment.first < run.first);
        assert_eq!(manifest.end(), run.first, "a run follows on the one before");
        let documents_changed = changed.into_iter().map(|(serial, bytes)| (serial.0, Some(bytes)));
        let changes = Changes { documents: documents_changed.collect(), ..Changes::default() };
        let mut ranges = tiers(&documents_of(&manifest));
        let mut merges = self.merges_beside(&ranges, &manifest, &changes)?;
        for (at, segment) in manifest.segments.iter().enumerate() {
            let is_merged = ranges.iter().any(|range| range.contains(&at));
            if !is_merged && changes.documents.range(segment.first..segment.end()).next().is_some() {
                ranges.push(at..at + 1);
            }
        }
        ranges.sort_unstable_by_key(|range| range.start);
        for range in ranges.into_iter().rev() {
            let merged = match merges.remove(&(range.start, range.end)) {
                Some(merged) => merged,
                None => self.merge(range.clone(), &changes)?,
            };
            manifest.segments.splice(range, [merged]);
        }
        manifest.segments.extend(self.joined(new)?);
        assert_eq!(manifest.end(), run.end(), "a run's segments hold the run");
        manifest.runs.push(run);
        self.prepared(manifest)
    }

    /// Fills an empty store with what another one held: its runs, and segments that were written for it here.
    ///
    /// # Errors
    /// [`ErrorKind::NotOurs`] when it is not empty, [`ErrorKind::Damaged`] when runs and segments do not fit together.
    pub fn fill(self, runs: Vec<RunEntry>, segments: Vec<SegmentEntry>) -> Result<Prepared, Error> {
        let (folder, manifest) = (self.store.folder(), self.store.manifest());
        if !manifest.runs.is_empty() || !manifest.segments.is_empty() {
            return Err(Error::new(ErrorKind::NotOurs, folder, "holds an index already"));
        }
        let manifest = Manifest { runs, segments, ..manifest.clone() };
        if !manifest.is_whole() {
            return Err(Error::damaged(folder, "would have gaps between its segments or runs"));
        }
        self.prepared(manifest)
    }

    /// Makes one segment of all runs but the last, and one of the last, which can still be replaced.
    ///
    /// # Errors
    /// When segments cannot be read or written; the store is then as it was.
    pub fn compact(mut self) -> Result<Prepared, Error> {
        let mut manifest = self.store.manifest().clone();
        let last = manifest.runs.last().map_or(0, |run| run.first);
        let of_others = manifest.segments.partition_point(|segment| segment.first < last);
        for range in [of_others..manifest.segments.len(), 0..of_others] {
            if range.len() > 1 {
                let merged = self.merge(range.clone(), &Changes::default())?;
                manifest.segments.splice(range, [merged]);
            }
        }
        self.prepared(manifest)
    }

    /// Puts other documents in the place of some, or forgets them with every entry that leads to
    /// them; `uncounted` are keys that count once less, by section and document. A run that is
    /// forgotten loses its name: the same inputs are then new.
    ///
    /// # Errors
    /// When segments cannot be read or written; the store is then as it was.
    pub fn change(
        mut self,
        documents: BTreeMap<Serial, Option<Vec<u8>>>,
        uncounted: &BTreeMap<String, BTreeMap<Serial, Vec<u64>>>,
        run: Option<&str>,
    ) -> Result<Prepared, Error> {
        let mut manifest = self.store.manifest().clone();
        let documents: BTreeMap<u64, Option<Vec<u8>>> =
            documents.into_iter().map(|(serial, document)| (serial.0, document)).collect();
        for (at, entry) in manifest.segments.iter_mut().enumerate() {
            let own = Serial(entry.first)..Serial(entry.end());
            if documents.range(own.start.0..own.end.0).next().is_none() {
                continue;
            }
            let counted_here = |keys: &BTreeMap<Serial, Vec<u64>>| {
                let mut keys: Vec<u64> =
                    keys.range(own.clone()).flat_map(|(_, keys)| keys).copied().collect();
                keys.sort_unstable();
                keys
            };
            let uncounted = uncounted.iter().map(|(name, keys)| (name.clone(), counted_here(keys)));
            let changes = Changes { documents: documents.clone(), uncounted: uncounted.collect() };
            *entry = self.merge(at..at + 1, &changes)?;
        }
        for known in manifest.runs.iter_mut().filter(|known| Some(known.id.as_str()) == run) {
            known.id.clear();
        }
        self.prepared(manifest)
    }

    /// What was merged beside the run of these groups of segments, by their places: all of them, unless the run takes the
    /// place of another or changes documents in them.
    fn merges_beside(
        &mut self,
        ranges: &[Range<usize>],
        manifest: &Manifest,
        changes: &Changes,
    ) -> Result<BTreeMap<(usize, usize), SegmentEntry>, Error> {
        let is_wanted = |range: &Range<usize>| {
            let segments = &manifest.segments[range.clone()];
            let (first, end) =
                (segments.first().map_or(0, |s| s.first), segments.last().map_or(0, SegmentEntry::end));
            changes.documents.range(first..end).next().is_none()
        };
        let wanted: BTreeSet<(usize, usize)> =
            ranges.iter().filter(|range| is_wanted(range)).map(|range| (range.start, range.end)).collect();
        match self.merging.take() {
            Some(merging) if !wanted.is_empty() => {
                let merged =
                    merging.finish()?.into_iter().map(|(range, entry)| ((range.start, range.end), entry));
                Ok(merged.filter(|(range, _)| wanted.contains(range)).collect())
            }
            _ => Ok(BTreeMap::new()),
        }
    }

    /// One segment of those of a run: it pays for that itself, and not a small run that comes later.
    fn joined(&mut self, new: Vec<SegmentEntry>) -> Result<Vec<SegmentEntry>, Error> {
        let [first, _, ..] = new.as_slice() else { return Ok(new) };
        let mut to = self.segment(Serial(first.first))?;
        let open = |entry| Segment::open(self.store.folder(), entry);
        let segments: Vec<Segment> = new.iter().map(open).collect::<Result<_, _>>()?;
        merge(&segments.iter().collect::<Vec<_>>(), &Changes::default(), &mut to)?;
        Ok(vec![to.finish()?])
    }

    fn merge(&mut self, range: Range<usize>, changes: &Changes) -> Result<SegmentEntry, Error> {
        let first = self.store.manifest().segments[range.start].first;
        let mut to = self.segment(Serial(first))?;
        let sources: Vec<&Segment> = self.store.segments()[range].iter().map(AsRef::as_ref).collect();
        merge(&sources, changes, &mut to)?;
        to.finish()
    }

    fn prepared(self, manifest: Manifest) -> Result<Prepared, Error> {
        let folder = self.store.folder().to_owned();
        self.fs.sync_folder(&folder).map_err(|e| Error::io(&folder, "sync failed", e))?;
        Ok(Prepared { fs: self.fs, folder, manifest, _lock: self.lock })
    }
}

impl Prepared {
    /// What the pointer will say.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Moves the pointer; then removes the files that it no longer names.
    ///
    /// # Errors
    /// When the pointer cannot be written; the store is then as it was.
    pub fn commit(self) -> Result<(), Error> {
        let path = self.folder.join(MANIFEST_NAME);
        let temporary = self.folder.join(format!("{MANIFEST_NAME}{UNKNOWN}"));
        let pointer = self.manifest.to_file();
        write_whole(self.fs.as_ref(), &temporary, &pointer)
            .map_err(|e| Error::io(&temporary, "write failed", e).needing(pointer.len() as u64))?;
        self.fs.rename(&temporary, &path).map_err(|e| Error::io(&path, "cannot be put in place", e))?;
        self.fs.sync_folder(&self.folder).map_err(|e| Error::io(&self.folder, "sync failed", e))?;
        // The pointer is moved: what fails now is said and changes nothing.
        if let Err(error) = remove_others(self.fs.as_ref(), &self.folder, &self.manifest) {
            tracing::warn!(%error, "files that are no longer needed were left behind");
        }
        Ok(())
    }
}

/// The number of documents of each segment.
fn documents_of(manifest: &Manifest) -> Vec<u64> {
    manifest.segments.iter().map(|segment| segment.documents).collect()
}

/// An error unless the folder is absent, or holds a store, or nothing.
fn ensure_ours(folder: &Path) -> Result<(), Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == IoKind::NotFound => return Ok(()),
        Err(error) if error.kind() == IoKind::NotADirectory => {
            return Err(Error::new(ErrorKind::NotOurs, folder, "is no folder"));
        }
        Err(error) => return Err(Error::io(folder, "cannot be listed", error)),
    };
    for entry in entries {
        let name = entry.map_err(|e| Error::io(folder, "cannot be listed", e))?.file_name();
        if !is_ours(&name.to_string_lossy()) {
            let text = format!("holds '{}', which is no part of an index", name.to_string_lossy());
            return Err(Error::new(ErrorKind::NotOurs, folder, text));
        }
    }
    Ok(())
}

fn is_ours(name: &str) -> bool {
    name == MANIFEST_NAME || name == LOCK_NAME || name.ends_with(UNKNOWN) || name.ends_with(SEGMENT)
}

/// Removes segments that nobody names, and files that never got a name.
fn remove_others(files: &dyn Fs, folder: &Path, manifest: &Manifest) -> Result<(), Error> {
    let named: BTreeSet<&str> = manifest.segments.iter().map(|segment| segment.file.as_str()).collect();
    let listed = |e| Error::io(folder, "cannot be listed", e);
    for entry in fs::read_dir(folder).map_err(listed)? {
        let entry = entry.map_err(listed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_left = name.ends_with(UNKNOWN) || name.ends_with(SEGMENT) && !named.contains(name.as_str());
        if is_left {
            files.remove(&entry.path()).map_err(|e| Error::io(&entry.path(), "cannot be removed", e))?;
        }
    }
    Ok(())
}
