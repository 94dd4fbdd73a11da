//! Which document of a planted corpus is what, worked out from its number alone.

use super::vocabulary::Draws;

/// Documents in which each kind of copy occurs as often as its share says.
pub(crate) const BLOCK: u64 = 100;

/// New documents of a block, and new texts that documents with half of another have around it.
const NEW: u64 = 73;
const AROUND: u64 = 5;

/// What a document of a planted corpus is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The n-th new text.
    New(u64),
    /// A copy of another document, which is new and comes in the same block or before.
    Exact(Original),
    /// The same, edited.
    Near(Original),
    /// Half of it, with half of the n-th new text around.
    Contained(Original, u64),
    /// The same, rewritten by rule.
    Rewrite(Original),
}

/// A new document of which another is a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Original {
    /// Its number among all documents.
    pub(crate) document: u64,
    /// Its number among new texts.
    pub(crate) new: u64,
}

/// What the document with this number is.
pub(crate) fn role_of(number: u64, seed: u64) -> Role {
    let (block, at) = (number / BLOCK, number % BLOCK);
    let slot = slots(block, seed)[at as usize];
    match slot {
        0..NEW => Role::New(new_text(block, slot)),
        NEW..83 => Role::Exact(original(number, seed)),
        83..93 => Role::Near(original(number, seed)),
        93..98 => Role::Contained(original(number, seed), new_text(block, NEW + slot - 93)),
        _ => Role::Rewrite(original(number, seed)),
    }
}

fn new_text(block: u64, slot: u64) -> u64 {
    block * (NEW + AROUND) + slot
}

/// The slots of a block, shuffled.
fn slots(block: u64, seed: u64) -> Vec<u64> {
    let mut slots: Vec<u64> = (0..BLOCK).collect();
    let mut draws = Draws::new(&[seed, block, 1]);
    for at in (1..slots.len()).rev() {
        slots.swap(at, draws.below(at as u64 + 1) as usize);
    }
    slots
}

fn original(number: u64, seed: u64) -> Original {
    let mut draws = Draws::new(&[seed, number, 2]);
    let block = draws.below(number / BLOCK + 1);
    let slot = draws.below(NEW);
    let at = slots(block, seed).iter().position(|&other| other == slot).unwrap_or_default();
    Original { document: block * BLOCK + at as u64, new: new_text(block, slot) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_as_stated_and_originals_are_new() {
        let mut counts = [0; 5];
        for number in 0..10 * BLOCK {
            let (kind, original) = match role_of(number, 7) {
                Role::New(_) => (0, None),
                Role::Exact(original) => (1, Some(original)),
                Role::Near(original) => (2, Some(original)),
                Role::Contained(original, _) => (3, Some(original)),
                Role::Rewrite(original) => (4, Some(original)),
            };
            counts[kind] += 1;
            if let Some(original) = original {
                assert_eq!(role_of(original.document, 7), Role::New(original.new));
            }
        }
        assert_eq!(counts, [730, 100, 100, 50, 20]);
    }
}
