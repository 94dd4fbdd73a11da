//! A file that can be read anywhere, by several threads at once: for formats whose index lies at
//! the end. What comes through a pipe or out of a decompressor is put into a temporary file first.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use unecho_model::RejectReason;

use crate::label::Refusal;
use crate::stream::{Stream, StreamEnd};

/// A shared file with a position of its own; clones move independently.
#[derive(Debug, Clone)]
pub(crate) struct Seekable {
    file: Arc<File>,
    size_bytes: u64,
    at: u64,
}

impl Seekable {
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let size_bytes = file.metadata()?.len();
        Ok(Self { file: Arc::new(file), size_bytes, at: 0 })
    }

    /// Puts all of `stream` into a temporary file, at most `bytes_max`.
    pub(crate) fn spool(stream: &mut Stream<'_>, bytes_max: u64) -> Result<Self, Refusal> {
        /// Written at a time.
        const STEP_BYTES: usize = 256 * 1024;
        let mut file = tempfile::tempfile().map_err(|error| Refusal::of_io(&error))?;
        let mut n_bytes = 0;
        loop {
            stream.fill_to(STEP_BYTES);
            let pending = stream.pending();
            if pending.is_empty() {
                break;
            }
            n_bytes += pending.len() as u64;
            if n_bytes > bytes_max {
                let detail = format!("more than {bytes_max} bytes to be kept aside (spool_bytes_max)");
                return Err(Refusal::new(RejectReason::TooLarge, detail));
            }
            file.write_all(pending).map_err(|error| Refusal::of_io(&error))?;
            stream.skip(stream.pending().len());
        }
        match stream.end() {
            StreamEnd::Broken(refusal) => Err(refusal.clone()),
            StreamEnd::Open | StreamEnd::Complete => {
                Ok(Self { file: Arc::new(file), size_bytes: n_bytes, at: 0 })
            }
        }
    }

    /// Size when it was opened.
    pub(crate) const fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The same file, from its byte `at`.
    pub(crate) fn starting_at(&self, at: u64) -> Self {
        Self { at, ..self.clone() }
    }

    #[cfg(unix)]
    fn read_at(&self, target: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&*self.file, target, self.at)
    }

    #[cfg(windows)]
    fn read_at(&self, target: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&*self.file, target, self.at)
    }
}

impl Read for Seekable {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.read_at(target)?;
        self.at += n_bytes as u64;
        Ok(n_bytes)
    }
}

impl Seek for Seekable {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size_bytes.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
