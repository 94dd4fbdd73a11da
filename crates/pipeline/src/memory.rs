//! How much memory a run may take, and how it is shared out.
//!
//! What grows with the number of documents and is large has a room: what does not fit lies on disk beside the clean
//! documents. What is small of each document (its id, its standing, who is kept for it) always stays in memory, some
//! hundred bytes; so do fixed parts: rules, what is read ahead, the frequencies of phrases.

use std::fs;
use std::path::Path;

use unecho_candidates::Room;

use crate::Config;
use crate::documents::Documents;

/// What is assumed of a machine that does not tell, in bytes.
const MACHINE_BYTES: u64 = 4 << 30;
/// What a run takes whatever it reads, in bytes: rules, batches that are read ahead, buffers.
const FIXED_BYTES: u64 = 256 << 20;

/// About what is in memory of each document while rooms are in use, in bytes: id, standing, digest, group. Lists of pairs
/// come to it later, when the rooms are free again.
const DOCUMENT_BYTES: u64 = 200;

/// What parts of a run may take, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shares {
    signatures: usize,
    postings: usize,
    /// Keys of bands that are looked at together.
    pub(crate) band_keys: usize,
}

impl Shares {
    /// Of the memory that the config allows for so many documents; half of the machine's when it names none.
    pub(crate) fn of(config: &Config, documents: &Documents) -> Self {
        let bytes = config.memory_bytes.unwrap_or_else(|| machine_bytes().unwrap_or(MACHINE_BYTES) / 2);
        Self::of_bytes(bytes, documents.len())
    }

    fn of_bytes(bytes: u64, documents: usize) -> Self {
        let free = bytes.saturating_sub(FIXED_BYTES).saturating_sub(DOCUMENT_BYTES * documents as u64);
        let share = |part: u64| usize::try_from(free / part).unwrap_or(usize::MAX);
        // Signatures and band keys are gone when posting lists take the place of postings.
        Self { signatures: share(6), postings: share(4), band_keys: share(8) }
    }

    pub(crate) fn signatures(&self, documents: &Documents) -> Room {
        Room::of(self.signatures, documents.overflow())
    }

    pub(crate) fn postings(&self, documents: &Documents) -> Room {
        Room::of(self.postings, documents.overflow())
    }
}

/// The memory of the machine, or of the control group that the process is in, in bytes; `None` where the system
/// does not tell.
#[must_use]
pub fn machine_bytes() -> Option<u64> {
    let total = total_bytes(&fs::read_to_string("/proc/meminfo").ok()?)?;
    let group = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits = group.lines().filter_map(|line| limit_of(line, Path::new("/sys/fs/cgroup")));
    Some(limits.fold(total, u64::min))
}

fn total_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find(|line| line.starts_with("MemTotal:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok()?.checked_mul(1024)
}

/// The limit of the group that a line of `/proc/self/cgroup` names (version 2, `0::/path`), or of one that it is in.
fn limit_of(line: &str, root: &Path) -> Option<u64> {
    let group = line.strip_prefix("0::/")?;
    let limit =
        |folder: &Path| fs::read_to_string(folder.join("memory.max")).ok()?.trim().parse::<u64>().ok();
    root.join(group).ancestors().take_while(|folder| folder.starts_with(root)).filter_map(limit).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_less_than_the_whole() {
        for bytes in [0, FIXED_BYTES, 1 << 30, u64::MAX] {
            let Shares { signatures, postings, band_keys } = Shares::of_bytes(bytes, 1000);
            let all: u64 = [signatures, postings, band_keys].map(|share| share as u64).iter().sum();
            assert!(all <= bytes.saturating_sub(FIXED_BYTES), "{bytes}");
        }
    }

    #[test]
    fn the_machine_tells() {
        assert_eq!(total_bytes("MemFree: 7 kB\nMemTotal:       2048 kB\n"), Some(2 << 20));
        assert_eq!(total_bytes("MemTotal: much\n"), None);
    }

    #[test]
    fn the_tightest_group_limits() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("batch/job");
        fs::create_dir_all(&inner).unwrap();
        fs::write(inner.join("memory.max"), "max\n").unwrap();
        assert_eq!(limit_of("0::/batch/job", root.path()), None);
        fs::write(root.path().join("batch/memory.max"), "5000000\n").unwrap();
        assert_eq!(limit_of("0::/batch/job", root.path()), Some(5_000_000));
        assert_eq!(
            limit_of("4:memory:/batch/job", root.path()),
            None,
            "version 1 names its limits otherwise"
        );
    }
}
