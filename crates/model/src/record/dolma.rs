//! What is said of one line of an input, in the form in which the toolkit dolma keeps attributes: lists of
//! `[start, end, score]`, in characters of the text as it stands in the input
//! (<https://github.com/allenai/dolma/blob/main/docs/data-format.md>).

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A place in a text, in characters, half open, with its score.
pub type Scored = (u64, u64, f64);

/// The attributes of one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DolmaRecord {
    /// The `id` of the line as it stands there, not the public id; null where it has none.
    pub id: Value,
    /// What is said of it.
    pub attributes: DolmaAttributes,
}

/// What is said of one line. What does not hold of it is an empty list; what holds of the document as a
/// whole is one place, all of the text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DolmaAttributes {
    /// It was dropped for another document; the probability that it is a copy.
    #[serde(rename = "unecho__duplicate")]
    pub duplicate: Vec<Scored>,
    /// The same, when it is an exact copy.
    #[serde(rename = "unecho__exact")]
    pub exact: Vec<Scored>,
    /// The same, when it is a near copy.
    #[serde(rename = "unecho__near")]
    pub near: Vec<Scored>,
    /// The same, when it is a contained copy.
    #[serde(rename = "unecho__contained")]
    pub contained: Vec<Scored>,
    /// The same, when it is a rewrite.
    #[serde(rename = "unecho__rewrite")]
    pub rewrite: Vec<Scored>,
    /// It is kept, and linked to others for which it was not dropped; the highest probability.
    #[serde(rename = "unecho__possible_duplicate")]
    pub possible_duplicate: Vec<Scored>,
    /// It is kept, and so many others were dropped for it.
    #[serde(rename = "unecho__copies")]
    pub copies: Vec<Scored>,
    /// Places that are no part of the article; the score is 1.
    #[serde(rename = "unecho__boilerplate")]
    pub boilerplate: Vec<Scored>,
    /// It was not taken in; the score is 1.
    #[serde(rename = "unecho__rejected")]
    pub rejected: Vec<Scored>,
}
