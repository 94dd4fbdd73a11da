//! A page to its main text: two engines, their agreement, and what the page says about itself.
//!
//! `trafilatura` (precision mode) is the first engine, `dom_smoothie` the second; how far they agree
//! predicts the quality of the result. Both only vote: the text is made of the page's own blocks, a
//! block a line, by `select`. A page is measured by `budget` before any tree is built, and a panic in
//! an engine is a rejection.

mod agreement;
mod budget;
mod linked_data;
mod metadata;
mod page;
mod render;
mod select;

use std::panic::{AssertUnwindSafe, catch_unwind};

use dom_smoothie::{Config as SecondConfig, Readability, TextMode};
use trafilatura::dom::Document as Tree;
use trafilatura::{ExtractionFocus, Options};
use unecho_model::RejectReason;

use crate::config::Limits;
use crate::decode::Undecodable;
pub(crate) use metadata::Metadata;
use page::{Block, Mark};
use select::Evidence;

/// Shortest JSON-LD body that stands in for a text that no engine found, in bytes.
const BODY_BYTES_MIN: usize = 200;

/// What was got from a page.
#[derive(Debug, Default)]
pub(crate) struct MainText {
    /// The main text, a block a line.
    pub(crate) text: String,
    /// What the page says about itself.
    pub(crate) metadata: Metadata,
    /// Agreement of both engines, 0 to 1.
    pub(crate) confidence: f32,
}

/// The main text of `page`.
///
/// # Errors
/// `HostileHtml` when the page is beyond `limits` or an engine gave up in panic.
pub(crate) fn extract(page: &str, limits: &Limits) -> Result<MainText, Undecodable> {
    budget::check(page, limits).map_err(|excess| (RejectReason::HostileHtml, excess.to_string()))?;
    let first = guarded("the first engine", || first_engine(page))?;
    let second = guarded("the second engine", || second_engine(page)).unwrap_or_default();
    let confidence = agreement::agreement(&first.text, &second);
    let evidence = Evidence {
        first: &first.text,
        second: &second,
        body: first.body.as_deref(),
        descriptions: &first.metadata.descriptions,
        title: first.metadata.title.as_deref(),
    };
    let text = match select::select(&first.blocks, &evidence) {
        Some(selected) => rendered(&selected),
        None if !first.text.trim().is_empty() => first.text,
        None if !second.trim().is_empty() => second,
        None => first.body.filter(|body| body.len() >= BODY_BYTES_MIN).unwrap_or_default(),
    };
    Ok(MainText { text, confidence, metadata: first.metadata })
}

/// What the first engine found, and what its tree shows of the page.
#[derive(Default)]
struct FirstResult {
    text: String,
    metadata: Metadata,
    blocks: Vec<Block>,
    body: Option<String>,
}

fn first_engine(page: &str) -> FirstResult {
    let tree = Tree::parse(page);
    let data = linked_data::read(&tree);
    let metadata = metadata::read(&tree, &data);
    let blocks = page::blocks(&tree);
    let options = Options::default()
        .with_fallback(true)
        .with_focus(ExtractionFocus::FavorPrecision)
        .with_exclude_comments(true);
    let (text, metadata) = match trafilatura::extract_document(tree, &options) {
        Ok(result) => (render::blocks(&result.content_html), metadata.completed_by(&result.metadata)),
        Err(error) => {
            tracing::debug!(%error, "the first engine found nothing");
            (String::new(), metadata)
        }
    };
    FirstResult { text, metadata, blocks, body: data.body }
}

fn second_engine(page: &str) -> String {
    let config = SecondConfig { text_mode: TextMode::Formatted, ..SecondConfig::default() };
    let article = Readability::new(page, None, Some(config)).and_then(|mut engine| engine.parse());
    article.map(|article| article.text_content.to_string()).unwrap_or_default()
}

/// The blocks, a block a line, items of lists marked as such.
fn rendered(blocks: &[&Block]) -> String {
    let mut text = String::new();
    for block in blocks {
        if !text.is_empty() {
            text.push('\n');
        }
        if block.mark == Mark::Item {
            text.push_str("- ");
        }
        text.push_str(&block.text);
    }
    text
}

/// Runs an engine; a panic in it is a rejection of the page.
fn guarded<T>(engine: &str, run: impl FnOnce() -> T) -> Result<T, Undecodable> {
    catch_unwind(AssertUnwindSafe(run))
        .map_err(|_| (RejectReason::HostileHtml, format!("{engine} panicked on the page")))
}
