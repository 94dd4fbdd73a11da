//! Batches of records on disk, each found again by a key: what a run has made of a piece of its input, so that
//! it need not stay in memory, and need not be made again when the run is killed.
//!
//! Every run writes to a file of its own; what interrupted runs left is read and never changed. A batch counts
//! when its head is whole; each block has a checksum, which is looked at when it is read, and the torn end of a file
//! is passed over. Nothing is synced: what a
//! power failure takes is made again.
//!
//! What a record is, and what a key is made of, is for others to know.

mod frame;
mod pack;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use unecho_disk::{Fs, FsFile};
use unecho_model::Digest;

use crate::Error;
use crate::bytes::{Numbers, checksum};
use crate::segment::read_exact_at;

pub use pack::{Packed, Packer};

/// Ending of the files.
const ENDING: &str = ".batches";

/// Records that are compressed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// The file, in the order of opening.
    file: u32,
    bytes: u32,
    offset: u64,
    checksum: u64,
    records: u32,
}

impl Block {
    /// How many records it has.
    #[must_use]
    pub const fn records(&self) -> u32 {
        self.records
    }
}

/// What was made of one piece of input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Its records, in order.
    pub blocks: Vec<Block>,
    /// What was said of it as a whole.
    pub note: Vec<u8>,
}

/// The records of a block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    bytes: Vec<u8>,
    /// Where each begins, and one more for the end.
    starts: Vec<u32>,
}

impl Records {
    /// The records, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.starts.windows(2).map(|ends| &self.bytes[ends[0] as usize..ends[1] as usize])
    }

    /// The record at this place.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&[u8]> {
        let ends = self.starts.get(at..at.checked_add(2)?)?;
        Some(&self.bytes[ends[0] as usize..ends[1] as usize])
    }
}

/// Batches on disk, open for adding and reading from any thread.
#[derive(Debug)]
pub struct Spool {
    fs: Arc<dyn Fs>,
    /// What interrupted runs finished.
    earlier: HashMap<Digest, Batch>,
    /// Files of interrupted runs; the own one follows.
    files: Vec<(PathBuf, File)>,
    own_path: PathBuf,
    own: Mutex<State>,
    /// The own file, for reading.
    own_reader: OnceLock<File>,
    /// Removes the folder at the end, where it has no name that outlives the run.
    scratch: Option<tempfile::TempDir>,
}

/// The own file.
#[derive(Debug)]
enum State {
    Absent,
    Open(Own),
    /// A write failed: whoever comes later fails for the same reason, and what was half written is never added to.
    Failed(std::io::ErrorKind),
}

struct Own {
    file: Box<dyn FsFile>,
    offset: u64,
}

impl std::fmt::Debug for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Own").field("offset", &self.offset).finish_non_exhaustive()
    }
}

impl Spool {
    /// Opens the spool in `folder`, with every whole batch in it. The folder is made when something is added.
    ///
    /// # Errors
    /// When the folder is there and cannot be read.
    pub fn open(folder: &Path, fs: Arc<dyn Fs>) -> Result<Self, Error> {
        let mut names: Vec<(u64, PathBuf)> = Vec::new();
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::empty(folder, fs, 0));
            }
            Err(error) => return Err(Error::io(folder, "cannot be listed", error)),
        };
        for entry in entries {
            let entry = entry.map_err(|e| Error::io(folder, "cannot be listed", e))?;
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(ENDING)?.parse().ok());
            names.extend(number.map(|number| (number, entry.path())));
        }
        names.sort();
        let next = names.last().map_or(0, |(number, _)| number + 1);
        let mut spool = Self::empty(folder, fs, next);
        for (at, (_, path)) in names.into_iter().enumerate() {
            let file = File::open(&path).map_err(|e| Error::io(&path, "cannot be opened", e))?;
            frame::scan(&file, &path, at as u32, &mut spool.earlier)?;
            spool.files.push((path, file));
        }
        Ok(spool)
    }

    /// A spool in a temporary folder, which is removed with it.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn temporary(fs: Arc<dyn Fs>) -> Result<Self, Error> {
        let scratch = tempfile::Builder::new().prefix("unecho-").tempdir();
        let scratch = scratch.map_err(|e| Error::io(&std::env::temp_dir(), "cannot be written to", e))?;
        let mut spool = Self::empty(scratch.path(), fs, 0);
        spool.scratch = Some(scratch);
        Ok(spool)
    }

    fn empty(folder: &Path, fs: Arc<dyn Fs>, number: u64) -> Self {
        Self {
            fs,
            earlier: HashMap::new(),
            files: Vec::new(),
            own_path: folder.join(format!("{number:05}{ENDING}")),
            own: Mutex::new(State::Absent),
            own_reader: OnceLock::new(),
            scratch: None,
        }
    }

    /// Whether nothing of it outlives the run.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        self.scratch.is_some()
    }

    /// How many batches interrupted runs finished.
    #[must_use]
    pub fn earlier_len(&self) -> usize {
        self.earlier.len()
    }

    /// The batch of this key, where an interrupted run finished it.
    #[must_use]
    pub fn find(&self, key: &Digest) -> Option<Batch> {
        self.earlier.get(key).cloned()
    }

    /// Writes a batch. Those without a key are not found by later runs.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&self, key: Option<&Digest>, packed: Packed) -> Result<Batch, Error> {
        let file = self.files.len() as u32;
        let (bytes, mut batch) =
            frame::write(key, packed, file).map_err(|e| self.failed("is too large", e))?;
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let needing = |what: &str, e| self.failed(what, e).needing(bytes.len() as u64);
        let mut open = match std::mem::replace(&mut *own, State::Absent) {
            State::Open(open) => open,
            State::Absent => self.create().map_err(|error| error.needing(bytes.len() as u64))?,
            State::Failed(kind) => {
                *own = State::Failed(kind);
                return Err(needing("an earlier write to it failed", kind.into()));
            }
        };
        if let Err(error) = open.file.write_all(&bytes) {
            *own = State::Failed(error.kind());
            return Err(needing("write failed", error));
        }
        batch.blocks.iter_mut().for_each(|block| block.offset += open.offset);
        open.offset += bytes.len() as u64;
        *own = State::Open(open);
        Ok(batch)
    }

    fn create(&self) -> Result<Own, Error> {
        if let Some(folder) = self.own_path.parent() {
            self.fs.create_folder(folder).map_err(|e| Error::io(folder, "cannot be created", e))?;
        }
        let file = self.fs.create(&self.own_path).map_err(|e| self.failed("cannot be created", e))?;
        let reader = File::open(&self.own_path).map_err(|e| self.failed("cannot be opened", e))?;
        self.own_reader.get_or_init(|| reader);
        Ok(Own { file, offset: 0 })
    }

    fn failed(&self, what: &str, error: std::io::Error) -> Error {
        Error::io(&self.own_path, what, error)
    }

    /// The records of a block.
    ///
    /// # Errors
    /// When the block cannot be read, or is not as it was written.
    pub fn read(&self, block: &Block) -> Result<Records, Error> {
        let (path, file) = match self.files.get(block.file as usize) {
            Some((path, file)) => (path, file),
            None => {
                let damaged = || Error::damaged(&self.own_path, "nothing was written to it");
                (&self.own_path, self.own_reader.get().ok_or_else(damaged)?)
            }
        };
        let mut packed = vec![0; block.bytes as usize];
        read_exact_at(file, &mut packed, block.offset).map_err(|e| Error::io(path, "cannot be read", e))?;
        let damaged = || {
            Error::damaged(
                path,
                format!("a block of the run in progress, at byte {}, is damaged", block.offset),
            )
        };
        if checksum(&packed) != block.checksum {
            return Err(damaged());
        }
        unpack(&packed).ok_or_else(damaged)
    }

    /// Removes the files of interrupted runs that none of these batches lies in, and finds nothing more.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn remove_unused<'a>(&mut self, used: impl IntoIterator<Item = &'a Batch>) -> Result<(), Error> {
        self.earlier = HashMap::new();
        let blocks = used.into_iter().flat_map(|batch| &batch.blocks);
        let used: HashSet<u32> = blocks.map(|block| block.file).collect();
        for (at, (path, _)) in self.files.iter().enumerate() {
            if !used.contains(&(at as u32)) {
                self.fs.remove(path).map_err(|e| Error::io(path, "cannot be removed", e))?;
            }
        }
        Ok(())
    }
}

fn unpack(packed: &[u8]) -> Option<Records> {
    let mut head = Numbers::of(packed);
    let raw_len = head.u32()? as usize;
    let bytes = pack::decompress(&packed[4..], raw_len)?;
    let mut numbers = Numbers::of(&bytes);
    let count = numbers.varint()?;
    let lens: Option<Vec<u64>> = (0..count).map(|_| numbers.varint()).collect();
    let mut at = bytes.len() - numbers.rest().len();
    let mut starts = vec![u32::try_from(at).ok()?];
    for len in lens? {
        at = at.checked_add(usize::try_from(len).ok()?)?;
        starts.push(u32::try_from(at).ok()?);
    }
    (at == bytes.len()).then_some(Records { bytes, starts })
}
