//! Numbers that do not fit into memory, in the folder of the run.

use std::sync::{Arc, Mutex, PoisonError};

use unecho_candidates::{Overflow, OverflowFailed};
use unecho_store::{Block, Packer, Spool};

/// Puts numbers beside the documents of a run; only this run finds them again.
#[derive(Debug)]
pub(super) struct Aside {
    spool: Arc<Spool>,
    blocks: Mutex<Vec<Block>>,
}

impl Aside {
    pub(super) const fn of(spool: Arc<Spool>) -> Self {
        Self { spool, blocks: Mutex::new(Vec::new()) }
    }
}

impl Overflow for Aside {
    fn put(&self, words: &[u32]) -> Result<u32, OverflowFailed> {
        let mut packer = Packer::default();
        packer
            .push(|bytes| {
                words.iter().for_each(|word| bytes.extend(word.to_le_bytes()));
                Ok(())
            })
            .map_err(failed)?;
        let batch = self.spool.add(None, packer.finish(Vec::new()).map_err(failed)?).map_err(failed)?;
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.extend(batch.blocks);
        u32::try_from(blocks.len() - 1).map_err(failed)
    }

    fn get(&self, number: u32, words: &mut Vec<u32>) -> Result<(), OverflowFailed> {
        let block = self.blocks.lock().unwrap_or_else(PoisonError::into_inner).get(number as usize).copied();
        let records = match block {
            Some(block) => self.spool.read(&block).map_err(failed)?,
            None => return Err(failed(std::io::Error::from(std::io::ErrorKind::NotFound))),
        };
        let bytes = records.get(0).unwrap_or_default();
        words.extend(bytes.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word)));
        Ok(())
    }
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> OverflowFailed {
    OverflowFailed(error.into())
}
