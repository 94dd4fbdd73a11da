//! Merging beside a run: earlier segments become one in a thread of their own while the run reads and cleans, so that
//! its end need not wait for it.
//!
//! Which segments are merged depends on those that are there alone, and what comes of it on them: the bytes are the
//! same whenever it is done. Nobody knows the result before the pointer names it; it is removed when nobody asks for it.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use unecho_disk::Fs;

use crate::merge::{Changes, merge};
use crate::segment::{Segment, SegmentWriter};
use crate::{Error, SegmentEntry};

/// Neighbours to be made one: their places among the segments, and the segments.
#[derive(Debug)]
pub(crate) struct Neighbours {
    pub(crate) range: Range<usize>,
    pub(crate) segments: Vec<Arc<Segment>>,
}

/// A merge: the places of segments, and the segment that holds what they hold.
pub(crate) type Merge = (Range<usize>, SegmentEntry);

/// Segments that are being merged. Dropped, it ends early and leaves nothing.
#[derive(Debug)]
pub(crate) struct Merging {
    fs: Arc<dyn Fs>,
    folder: PathBuf,
    stopped: Arc<AtomicBool>,
    /// `None` when it was waited for.
    thread: Option<JoinHandle<Result<Vec<Merge>, Error>>>,
    merged: Vec<Merge>,
}

impl Merging {
    /// Begins to merge; `None` where the system gives no thread.
    pub(crate) fn begin(groups: Vec<Neighbours>, folder: &Path, fs: &Arc<dyn Fs>) -> Option<Self> {
        let stopped = Arc::new(AtomicBool::new(false));
        let work = {
            let (folder, fs, stopped) = (folder.to_owned(), Arc::clone(fs), Arc::clone(&stopped));
            move || {
                groups.iter().enumerate().map(|(at, group)| one(group, at, &folder, &fs, &stopped)).collect()
            }
        };
        let thread = std::thread::Builder::new().name("index-merge".to_owned()).spawn(work);
        let thread =
            thread.inspect_err(|error| tracing::debug!(%error, "segments are merged at the end")).ok()?;
        Some(Self {
            fs: Arc::clone(fs),
            folder: folder.to_owned(),
            stopped,
            thread: Some(thread),
            merged: Vec::new(),
        })
    }

    /// What went wrong, if anything did by now.
    pub(crate) fn ensure_well(&mut self) -> Result<(), Error> {
        if self.thread.as_ref().is_some_and(JoinHandle::is_finished) { self.wait() } else { Ok(()) }
    }

    /// Waits for what is left to be done, and hands over what was made.
    pub(crate) fn finish(mut self) -> Result<Vec<Merge>, Error> {
        self.wait()?;
        Ok(std::mem::take(&mut self.merged))
    }

    fn wait(&mut self) -> Result<(), Error> {
        if let Some(thread) = self.thread.take() {
            self.merged = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        }
        Ok(())
    }
}

impl Drop for Merging {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            self.merged = thread.join().ok().and_then(Result::ok).unwrap_or_default();
        }
        for (_, entry) in &self.merged {
            let path = self.folder.join(&entry.file);
            // The next writer removes what is left behind.
            if let Err(error) = self.fs.remove(&path) {
                tracing::debug!(path = %path.display(), %error, "left behind");
            }
        }
    }
}

fn one(
    group: &Neighbours,
    at: usize,
    folder: &Path,
    fs: &Arc<dyn Fs>,
    stopped: &Arc<AtomicBool>,
) -> Result<Merge, Error> {
    let sources: Vec<&Segment> = group.segments.iter().map(AsRef::as_ref).collect();
    let first = sources.first().map_or(0, |source| source.entry.first);
    let name = format!("merge-{at}.tmp");
    let mut to = SegmentWriter::begin(Arc::clone(fs), folder, &name, first)?.stopped_by(Arc::clone(stopped));
    let merged = merge(&sources, &Changes::default(), &mut to).and_then(|()| to.finish());
    if merged.is_err()
        && let Err(error) = fs.remove(&folder.join(&name))
    {
        tracing::debug!(name, %error, "left behind");
    }
    Ok((group.range.clone(), merged?))
}
