//! A page to its main text: engines, their agreement, and what the page says about itself.
//!
//! `trafilatura` (precision mode) is the first engine. The second voice is the `reader`, which works on
//! the `outline` of the page and costs next to nothing; where both differ, `dom_smoothie` is asked
//! instead. How far two engines agree predicts the quality of the result. All of them only vote: the
//! text is made of the page's own blocks, a block a line, by `select`. A page is measured by `budget`
//! before anything is built. An engine that panics has no vote. Before foreign engines see a page, `slim`
//! takes out what no reader sees.

mod agreement;
mod budget;
mod linked_data;
mod metadata;
mod names;
mod outline;
mod page;
mod quiet;
mod reader;
mod render;
mod select;
mod slim;
mod state;
mod tags;

use dom_smoothie::{Config as SecondConfig, Readability, TextMode};
use trafilatura::dom::Document as Tree;
use trafilatura::{ExtractionFocus, HtmlDateMode, Options};
use unecho_model::RejectReason;

use crate::config::{Engines, Limits};
use crate::decode::Undecodable;
pub(crate) use metadata::Metadata;
use outline::Outline;
use page::{Block, Mark};
use select::Evidence;

/// Shortest JSON-LD body that stands in for a text that no engine found, in bytes.
const BODY_BYTES_MIN: usize = 200;

/// Where the first engine and the reader agree at least so far, no third is asked.
const SETTLED_FROM: f32 = 0.9;

/// Where the engines agree less than this, the reader is followed when it agrees with the second; when it does not, the
/// first tries again with its own fallbacks, which cost as much again.
const FALLBACK_BELOW: f32 = 0.4;

/// What was got from a page.
#[derive(Debug, Default)]
pub(crate) struct MainText {
    /// The main text, a block a line.
    pub(crate) text: String,
    /// What the page says about itself.
    pub(crate) metadata: Metadata,
    /// Agreement of two engines, 0 to 1; `None` when one alone was asked.
    pub(crate) confidence: Option<f32>,
}

/// The main text of `page`, found by `engines`.
///
/// # Errors
/// `HostileHtml` when the page is beyond `limits` or both engines gave up in panic.
pub(crate) fn extract(page: &str, engines: Engines, limits: &Limits) -> Result<MainText, Undecodable> {
    budget::check(page, limits).map_err(|excess| (RejectReason::HostileHtml, excess.to_string()))?;
    let outline = outline::outline(page);
    let data = linked_data::read(&outline.head.scripts);
    let metadata = metadata::read(&outline.head, &data);
    let body = data.body.and_then(|body| if body.contains("</") { plain(&body, limits) } else { Some(body) });
    let seen = Page { outline, metadata, body };
    let mut main = match engines {
        Engines::Both => both(seen, &slim::slim(page))?,
        Engines::Fast => fast(seen),
    };
    if main.text.trim().is_empty() {
        main.text = state::article(page, limits).unwrap_or_default();
    }
    Ok(main)
}

/// The text of a piece of HTML, a block a line; `None` when it is beyond `limits`.
fn plain(html: &str, limits: &Limits) -> Option<String> {
    budget::check(html, limits).ok()?;
    let blocks: Vec<String> = outline::outline(html).blocks.into_iter().map(|block| block.text).collect();
    Some(blocks.join("\n"))
}

/// What one look at a page shows, without the engines.
struct Page<'p> {
    outline: Outline<'p>,
    metadata: Metadata,
    /// The article as data.
    body: Option<String>,
}

/// Two engines vote. When one gives up in panic the other is followed alone.
fn both(mut page: Page<'_>, slim: &str) -> Result<MainText, Undecodable> {
    let first = guarded(|| trafilatura::extract_document(Tree::parse(slim), &first_options(&page.metadata)));
    let mut found = String::new();
    match &first {
        Some(Ok(first)) => {
            found = render::blocks(&first.content_html);
            page.metadata = page.metadata.completed_by(&first.metadata);
        }
        Some(Err(error)) => tracing::debug!(%error, "the first engine found nothing"),
        None => {}
    }
    let mut second = read(&page);
    let mut confidence = agreement::agreement(&found, &second);
    if confidence < SETTLED_FROM {
        let other = guarded(|| second_engine(slim));
        if first.is_none() && other.is_none() {
            return Err((RejectReason::HostileHtml, "no engine could read the page".to_owned()));
        }
        let reader = std::mem::replace(&mut second, other.unwrap_or_default());
        confidence = agreement::agreement(&found, &second);
        let without_first = agreement::agreement(&reader, &second);
        if confidence < FALLBACK_BELOW && without_first >= SETTLED_FROM {
            found = reader;
            confidence = without_first;
        }
    }
    if confidence < FALLBACK_BELOW {
        let options = first_options(&page.metadata).with_fallback(true);
        let again = guarded(|| trafilatura::extract_document(Tree::parse(slim), &options).ok()).flatten();
        if let Some(again) = again {
            found = render::blocks(&again.content_html);
            confidence = agreement::agreement(&found, &second);
        }
    }
    let text = chosen(&page, &found, &second);
    Ok(MainText { text, confidence: Some(confidence), metadata: page.metadata })
}

/// What the reader finds.
fn read(page: &Page<'_>) -> String {
    let is_found = reader::read(&page.outline);
    let blocks: Vec<&Block> =
        page.outline.blocks.iter().zip(is_found).filter_map(|(block, is)| is.then_some(block)).collect();
    rendered(&blocks)
}

/// The reader alone.
fn fast(page: Page<'_>) -> MainText {
    let found = read(&page);
    let text = chosen(&page, &found, &found);
    MainText { text, confidence: None, metadata: page.metadata }
}

/// The article, made of the page's blocks by what the engines found.
fn chosen(page: &Page<'_>, first: &str, second: &str) -> String {
    let evidence = Evidence {
        first,
        second,
        body: page.body.as_deref(),
        descriptions: &page.metadata.descriptions,
        title: page.metadata.title.as_deref(),
    };
    match select::select(&page.outline.blocks, &evidence) {
        Some(selected) => rendered(&selected),
        None if !first.trim().is_empty() => first.to_owned(),
        None if !second.trim().is_empty() => second.to_owned(),
        None => page.body.clone().filter(|body| body.len() >= BODY_BYTES_MIN).unwrap_or_default(),
    }
}

fn first_options(metadata: &Metadata) -> Options {
    let dates = if metadata.date.is_some() { HtmlDateMode::Disabled } else { HtmlDateMode::Default };
    Options::default()
        .with_html_date_mode(dates)
        .with_fallback(false)
        .with_focus(ExtractionFocus::FavorPrecision)
        .with_exclude_comments(true)
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
