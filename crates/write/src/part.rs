//! One record file of an output whose files are written by several machines.

use std::io;
use std::path::Path;

use unecho_disk::Fs;

use crate::manifest::FileEntry;
use crate::record_kind::RecordKind;
use crate::rows::{Block, RowSink, Shards, block_limits};
use crate::shard::{BlockEncoder, Shard};
use crate::{Error, Staging};

/// Writes file number `at` of the `count` files of one kind below `folder`, where [`Staging::folder`] is seen by
/// whoever calls. `push` adds the records of one row after the other, and says when there are none left.
///
/// The file is made in `attempts` and renamed when it is whole: whoever does the same work again, or at the same
/// time, makes the same file.
///
/// # Errors
/// When the file cannot be written.
pub fn write_part(
    disk: &dyn Fs,
    (folder, attempts): (&Path, &Path),
    kind: RecordKind,
    (at, count): (usize, usize),
    shards: Shards,
    mut push: impl FnMut(&mut RowSink<'_>) -> bool,
) -> Result<FileEntry, Error> {
    disk.create_folder(attempts).map_err(|e| Error::io(attempts, "cannot be created", e))?;
    let attempt = tempfile::Builder::new().prefix("attempt-").tempdir_in(attempts);
    let attempt = attempt.map_err(|e| Error::io(attempts, "cannot be written to", e))?;
    let failed = |e: io::Error| Error::io(attempt.path(), "write failed", e);
    let encoder = BlockEncoder::new(kind, shards).map_err(failed)?;
    let mut shard = Shard::create(disk, attempt.path(), kind, at, shards)?;
    let (block_bytes, block_rows) = block_limits(shards.format);
    let mut is_more = true;
    while is_more {
        let mut block = Block { format: shards.format, ..Block::default() };
        let mut rows = 0;
        while is_more && rows < block_rows && block.lines.len() < block_bytes {
            is_more = push(&mut RowSink { block: &mut block });
            rows += 1;
        }
        let encoded = encoder.encode(&block).map_err(failed)?;
        shard.append(&block, encoded).map_err(failed)?;
    }
    let mut entry = shard.finish(attempt.path())?;
    let folder = folder.join(kind.folder());
    disk.create_folder(&folder).map_err(|e| Error::io(&folder, "cannot be created", e))?;
    let name = format!("{}-{at:05}-of-{count:05}.{}", kind.stem(), shards.format);
    let (from, to) = (attempt.path().join(&entry.path), folder.join(&name));
    disk.rename(&from, &to).map_err(|e| Error::io(&from, "cannot be renamed", e))?;
    entry.path = format!("{}/{name}", kind.folder());
    Ok(entry)
}

impl Staging {
    /// Where [`write_part`] may make files of this output.
    #[must_use]
    pub fn attempts_folder(&self) -> std::path::PathBuf {
        self.work_folder().join("attempts")
    }
}
