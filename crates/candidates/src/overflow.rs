//! Where keys and signatures go that do not fit into memory.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A place outside memory, for numbers that are written once and read again. It is shared by threads.
pub trait Overflow: fmt::Debug + Send + Sync {
    /// Takes `words` away; what comes back is the number to ask for them by.
    ///
    /// # Errors
    /// When they cannot be written.
    fn put(&self, words: &[u32]) -> Result<u32, OverflowFailed>;

    /// Appends the words of that number to `words`.
    ///
    /// # Errors
    /// When they cannot be read, or are not as they were.
    fn get(&self, number: u32, words: &mut Vec<u32>) -> Result<(), OverflowFailed>;
}

/// Why numbers could not be written or read, as whoever keeps them tells it.
#[derive(Debug, thiserror::Error)]
#[error("numbers that did not fit into memory are lost: {0}")]
pub struct OverflowFailed(pub Box<dyn std::error::Error + Send + Sync>);

/// How much memory something may take, and where the rest goes. Results do not depend on it.
#[derive(Debug, Clone)]
pub struct Room {
    bytes_max: usize,
    bytes: Arc<AtomicUsize>,
    overflow: Option<Arc<dyn Overflow>>,
}

impl Room {
    /// As much as there is.
    #[must_use]
    pub fn boundless() -> Self {
        Self { bytes_max: usize::MAX, bytes: Arc::default(), overflow: None }
    }

    /// About so many bytes; what is more goes to `overflow`.
    #[must_use]
    pub fn of(bytes_max: usize, overflow: Arc<dyn Overflow>) -> Self {
        Self { bytes_max, bytes: Arc::default(), overflow: Some(overflow) }
    }

    /// As much room again, for what takes the place of what is here.
    #[must_use]
    pub fn afresh(&self) -> Self {
        Self { bytes: Arc::default(), ..self.clone() }
    }

    /// How many bytes there are in all.
    #[must_use]
    pub const fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Takes so many bytes if they are there; where there are none left, the place to put numbers instead.
    ///
    /// # Errors
    /// The place, when there is not so much room.
    pub fn take(&self, bytes: usize) -> Result<(), &dyn Overflow> {
        let Some(overflow) = &self.overflow else { return Ok(()) };
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) <= self.bytes_max {
            return Ok(());
        }
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        Err(overflow.as_ref())
    }

    /// Words that were put away, appended to `words`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn get(&self, number: u32, words: &mut Vec<u32>) -> Result<(), OverflowFailed> {
        let nowhere = || OverflowFailed("nothing was put away".into());
        self.overflow.as_ref().ok_or_else(nowhere)?.get(number, words)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Keeps in memory what others put on disk.
    #[derive(Debug, Default)]
    pub(crate) struct Shelf(Mutex<Vec<Vec<u32>>>);

    impl Overflow for Shelf {
        fn put(&self, words: &[u32]) -> Result<u32, OverflowFailed> {
            let mut rows = self.0.lock().unwrap();
            rows.push(words.to_vec());
            Ok(rows.len() as u32 - 1)
        }

        fn get(&self, number: u32, words: &mut Vec<u32>) -> Result<(), OverflowFailed> {
            let rows = self.0.lock().unwrap();
            let row = rows.get(number as usize).ok_or_else(|| OverflowFailed("never put".into()))?;
            words.extend(row);
            Ok(())
        }
    }

    #[test]
    fn room_is_taken_until_it_is_full() {
        let room = Room::of(10, Arc::new(Shelf::default()));
        assert!(room.take(6).is_ok());
        assert!(room.take(5).is_err(), "no room for so much");
        assert!(room.take(4).is_ok(), "what was refused took none");
        assert!(room.clone().take(1).is_err(), "clones share it");
        assert!(Room::boundless().take(usize::MAX).is_ok());
        assert!(Room::boundless().get(0, &mut Vec::new()).is_err());
    }
}
