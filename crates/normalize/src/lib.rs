//! From bytes to article: character set, main text, line repair, boilerplate rules; every cut on record.
//!
//! [`Normalizer::normalize`] is a pure function of one document. What many documents prove together
//! is collected in a [`Knowledge`], counted over the stories of a [`Reuse`], and applied by [`Normalizer::corroborate`].
//!
//! *Raw*, which all spans of cuts and credits refer to, is the decoded text (for a page: its main
//! text, a block a line) without control, zero-width and bidi characters, with plain spaces and line
//! feeds, in NFC, and with characters that were encoded twice put right (on record). Text that is clean in this sense already is its own raw, byte for byte.
//! [`replay`] makes an article's text from raw and its cuts.
//!
//! Where documents come from, and which of them are copies, is left to other crates.

mod article;
mod asides;
mod assemble;
mod blocks;
mod chrome;
mod cleanup;
mod config;
mod corroborate;
mod credits;
mod cutting;
mod dates;
mod decode;
mod ends;
mod headlines;
mod html;
mod knowledge;
mod layout;
mod lines;
mod mojibake;
mod normalizer;
mod openings;
mod publishers;
mod reuse;
mod rules;
mod second;
mod wrap;
mod written;

pub use assemble::replay;
pub use cleanup::raw_text;
pub use config::{Config, Engines, Error, Limits, RulesText, Strip};
pub use knowledge::Knowledge;
pub use normalizer::Normalizer;
pub use reuse::Reuse;
pub use written::as_written;
