//! Unicode text: words, sentences, quotations and their byte offsets.
//!
//! Knows nothing of documents. Everything here is a function of a `&str`; folding (case,
//! punctuation, apostrophes) is for matching only and never changes the text itself.

mod sentences;
mod words;

pub use sentences::sentences;
pub use words::{WORDS_SCHEME, Words, fold, words, words_outside};
