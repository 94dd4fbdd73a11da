//! A page to its main text: two engines, their agreement, and what the page says about itself.
//!
//! `trafilatura` (precision mode) is the first engine, `dom_smoothie` the second; how far they agree
//! predicts the quality of the result. Both only vote: the text is made of the page's own blocks, a
//! block a line, by `select`. A page is measured by `budget` before any tree is built. An engine that
//! panics has no vote. Before engines see it, `slim` takes out what no reader sees.

mod agreement;
mod budget;
mod linked_data;
mod metadata;
mod page;
mod quiet;
mod render;
mod select;
mod slim;
mod tags;

use dom_smoothie::{Config as SecondConfig, Readability, TextMode};
use trafilatura::dom::Document as Tree;
use trafilatura::{ExtractionFocus, Options};
use unecho_model::RejectReason;

use crate::config::{Engines, Limits};
use crate::decode::Undecodable;
pub(crate) use metadata::Metadata;
use page::{Block, Mark};
use select::Evidence;

/// Shortest JSON-LD body that stands in for a text that no engine found, in bytes.
const BODY_BYTES_MIN: usize = 200;

/// Where the engines agree less than this, the first tries again with its own fallbacks, which cost
/// as much again.
const FALLBACK_BELOW: f32 = 0.6;

/// What was got from a page.
#[derive(Debug, Default)]
pub(crate) struct MainText {
    /// The main text, a block a line.
    pub(crate) text: String,
    /// What the page says about itself.
    pub(crate) metadata: Metadata,
    /// Agreement of both engines, 0 to 1; `None` when one alone was asked.
    pub(crate) confidence: Option<f32>,
}

/// The main text of `page`, found by `engines`.
///
/// # Errors
/// `HostileHtml` when the page is beyond `limits` or every engine gave up in panic.
pub(crate) fn extract(page: &str, engines: Engines, limits: &Limits) -> Result<MainText, Undecodable> {
    budget::check(page, limits).map_err(|excess| (RejectReason::HostileHtml, excess.to_string()))?;
    let page = slim::slim(page);
    match engines {
        Engines::Both => both(&page),
        Engines::Fast => fast(&page),
    }
}

/// Both engines vote. When one gives up in panic the other is followed alone.
fn both(page: &str) -> Result<MainText, Undecodable> {
    let first = guarded(|| first_engine(page));
    let second = guarded(|| second_engine(page));
    let (mut first, second) = match (first, second) {
        (Some(first), second) => (first, second.unwrap_or_default()),
        (None, Some(second)) => (guarded(|| about(page)).ok_or_else(panicked)?, second),
        (None, None) => return Err(panicked()),
    };
    let mut confidence = agreement::agreement(&first.text, &second);
    if confidence < FALLBACK_BELOW {
        let options = first_options().with_fallback(true);
        let again = guarded(|| trafilatura::extract_document(Tree::parse(page), &options).ok()).flatten();
        if let Some(again) = again {
            first.text = render::blocks(&again.content_html);
            confidence = agreement::agreement(&first.text, &second);
        }
    }
    Ok(MainText { confidence: Some(confidence), ..chosen(first, second) })
}

/// The second engine, which is the faster, alone.
fn fast(page: &str) -> Result<MainText, Undecodable> {
    let second = guarded(|| second_engine(page)).ok_or_else(panicked)?;
    let about = guarded(|| about(page)).ok_or_else(panicked)?;
    let about = FirstResult { text: second.clone(), ..about };
    Ok(chosen(about, second))
}

/// The article, made of the page's blocks by what the engines found.
fn chosen(first: FirstResult, second: String) -> MainText {
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
    MainText { text, confidence: None, metadata: first.metadata }
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
    let (text, metadata) = match trafilatura::extract_document(tree, &first_options()) {
        Ok(result) => (render::blocks(&result.content_html), metadata.completed_by(&result.metadata)),
        Err(error) => {
            tracing::debug!(%error, "the first engine found nothing");
            (String::new(), metadata)
        }
    };
    FirstResult { text, metadata, blocks, body: data.body }
}

fn first_options() -> Options {
    Options::default()
        .with_fallback(false)
        .with_focus(ExtractionFocus::FavorPrecision)
        .with_exclude_comments(true)
}

/// What the page's tree shows, without any engine.
fn about(page: &str) -> FirstResult {
    let tree = Tree::parse(page);
    let data = linked_data::read(&tree);
    let metadata = metadata::read(&tree, &data);
    FirstResult { text: String::new(), metadata, blocks: page::blocks(&tree), body: data.body }
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

/// Runs an engine; `None` when it panics.
fn guarded<T>(run: impl FnOnce() -> T) -> Option<T> {
    quiet::catch(run)
}

fn panicked() -> Undecodable {
    (RejectReason::HostileHtml, "no engine could read the page".to_owned())
}
