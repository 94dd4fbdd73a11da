//! Unicode text: words, sentences, quotations and their byte offsets.
//!
//! And text for people: foreign text made harmless, counts as they are read.
//!
//! Knows nothing of documents. What is matched is a function of a `&str`; folding (case,
//! punctuation, apostrophes) is for matching only and never changes the text itself.

mod ascii_runs;
mod language;
mod quotations;
mod sentences;
mod stem;
mod stop_words;
mod thousands;
mod unspaced;
mod visible;
mod words;

pub use language::{Language, language};
pub use quotations::quotations;
pub use sentences::sentences;
pub use stem::{STEM_SCHEME, stem};
pub use stop_words::{STOP_WORDS_SCHEME, is_stop_hash, is_stop_word};
pub use thousands::thousands;
pub use visible::visible;
pub use words::{WORDS_SCHEME, Words, fold, fold_onto, words, words_outside};
