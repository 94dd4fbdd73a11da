//! A finished run as one self-contained HTML page: totals, cuts by rule, and the stories with most
//! copies, each copy beside its keeper with the shared passages marked.
//!
//! No network, no script needed to read it. Everything that comes from documents is escaped by the
//! template engine; control and bidirectional characters are shown as escapes.

use maud::{DOCTYPE, Markup, html};
use unecho_model::summary::Counts;
use unecho_model::{Document, Kind, Passage, Scores, Span, Summary};
use unecho_text::visible;

/// A kept document with the copies that were dropped for it.
#[derive(Debug, Clone)]
pub struct Story {
    /// The kept document.
    pub keeper: Document,
    /// How many copies were dropped for it; [`Story::copies`] may hold fewer.
    pub copies_total: usize,
    /// The copies to show.
    pub copies: Vec<Copy>,
}

/// A dropped document.
#[derive(Debug, Clone)]
pub struct Copy {
    /// The document.
    pub document: Document,
    /// What kind of copy.
    pub kind: Kind,
    /// The numbers.
    pub scores: Scores,
    /// What both share: spans `a` in the copy, `b` in the keeper.
    pub passages: Vec<Passage>,
    /// Why it was dropped.
    pub reason: String,
}

/// Longest part of a text that is shown, in bytes.
const TEXT_BYTES_MAX: usize = 6000;

/// The page.
#[must_use]
pub fn render(summary: &Summary, stories: &[Story]) -> String {
    let documents = &summary.documents;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "unecho report" }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                h1 { "unecho report" }
                section class="totals" {
                    (total("read", documents.read))
                    (total("kept", documents.kept))
                    (total("dropped", documents.dropped))
                    (total("rejected", documents.rejected))
                }
                section class="tables" {
                    (table("Dropped, by kind of copy", &summary.dropped_by_kind))
                    (table("Rejected, by reason", &summary.rejected_by_reason))
                    (table("Verified and no copies", &summary.mismatches_by_kind))
                    (table("Cut, by rule", &summary.stripped_by_rule))
                    (table("Credits found", &summary.attributions))
                }
                h2 { "Stories with copies" }
                @if stories.is_empty() { p { "No document was dropped." } }
                @for story in stories { (render_story(story)) }
            }
        }
    }
    .into_string()
}

fn total(name: &str, count: u64) -> Markup {
    html! { div { b { (count) } " " (name) } }
}

/// Rows of a table that are shown.
const ROWS_MAX: usize = 40;

fn table(title: &str, counts: &Counts) -> Markup {
    let mut rows: Vec<(&String, &u64)> = counts.iter().collect();
    rows.sort_by_key(|&(name, count)| (std::cmp::Reverse(*count), name));
    html! {
        @if !rows.is_empty() {
            table {
                caption { (title) }
                @for (name, count) in rows.iter().take(ROWS_MAX) { tr { td { (visible(name)) } td class="number" { (count) } } }
                @if rows.len() > ROWS_MAX { tr { td { "… " (rows.len() - ROWS_MAX) " more in summary.json" } td {} } }
            }
        }
    }
}

fn render_story(story: &Story) -> Markup {
    let shown = story.copies.len();
    html! {
        article {
            h3 { (heading(&story.keeper)) }
            p class="meta" {
                "kept " code { (visible(story.keeper.id.as_str())) } ", " (story.copies_total)
                @if story.copies_total == 1 { " copy" } @else { " copies" }
                @if shown < story.copies_total { " (" (shown) " shown)" }
            }
            @for copy in &story.copies { (render_copy(&story.keeper, copy)) }
        }
    }
}

fn render_copy(keeper: &Document, copy: &Copy) -> Markup {
    let ours: Vec<Span> = copy.passages.iter().map(|passage| passage.a).collect();
    let theirs: Vec<Span> = copy.passages.iter().map(|passage| passage.b).collect();
    html! {
        details {
            summary {
                span class="kind" { (copy.kind) } " " code { (visible(copy.document.id.as_str())) }
                " " (heading(&copy.document))
            }
            p class="meta" {
                (visible(&copy.reason)) " Jaccard " (format!("{:.2}", copy.scores.jaccard))
                ", containment " (format!("{:.2}", copy.scores.containment))
                ", longest run " (copy.scores.longest_run_words) " words."
            }
            div class="sides" {
                div { h4 { "dropped" } (marked(&copy.document.article.text, ours)) }
                div { h4 { "kept" } (marked(&keeper.article.text, theirs)) }
            }
        }
    }
}

fn heading(document: &Document) -> String {
    let line = document
        .article
        .title
        .as_deref()
        .or_else(|| document.article.text.lines().next())
        .unwrap_or_default();
    let mut short: String = line.chars().take(90).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    visible(&short)
}

/// The text with the spans marked; overlapping spans are merged, a long text is cut.
fn marked(text: &str, mut spans: Vec<Span>) -> Markup {
    spans.sort_unstable();
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut parts: Vec<(&str, bool)> = Vec::new();
    let mut at = 0;
    for span in spans {
        let (start, stop) = (span.start().max(at), span.end().min(end));
        if start < stop && text.is_char_boundary(start) && text.is_char_boundary(stop) {
            parts.push((&text[at..start], false));
            parts.push((&text[start..stop], true));
            at = stop;
        }
    }
    parts.push((&text[at..end], false));
    html! {
        p class="text" {
            @for (part, is_shared) in parts {
                @if is_shared { mark { (visible(part)) } } @else { (visible(part)) }
            }
            @if end < text.len() { " […]" }
        }
    }
}

const STYLE: &str = "
:root{color-scheme:light dark;--edge:#8885;--mark:#ffd54a88}
body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:0 auto;padding:1rem}
.totals{display:flex;flex-wrap:wrap;gap:1.5rem;font-size:1.2rem}
.tables{display:flex;flex-wrap:wrap;gap:2rem;align-items:flex-start;margin-top:1rem}
table{border-collapse:collapse}caption{text-align:left;font-weight:600}
td{padding:.1rem .6rem .1rem 0;border-bottom:1px solid var(--edge)}.number{text-align:right}
article{border-top:1px solid var(--edge);margin-top:1rem}h3{margin:.6rem 0 0}
.meta{margin:.2rem 0;opacity:.8}.kind{font-weight:600}details{margin:.4rem 0}
.sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(18rem,1fr));gap:1rem}
.text{white-space:pre-wrap;overflow-wrap:anywhere}mark{background:var(--mark);color:inherit}
";

#[cfg(test)]
mod tests {
    use serde_json::Map;
    use unecho_model::{Article, Origin};

    use super::*;

    fn document(id: &str, text: &str) -> Document {
        Document {
            id: id.parse().unwrap(),
            origin: Origin { path: "a.txt".to_owned(), line: None },
            article: Article { text: text.to_owned(), ..Article::default() },
            metadata: Map::new(),
        }
    }

    #[test]
    fn documents_cannot_inject_markup_or_disguise() {
        let copy = Copy {
            document: document("<b>", "</p><script>x</script> shared words \u{202e}"),
            kind: Kind::Near,
            scores: Scores::default(),
            passages: vec![Passage { a: Span::new(23, 35), b: Span::new(0, 12), words: 2 }],
            reason: "<i>".to_owned(),
        };
        let story = Story { keeper: document("k", "shared words"), copies_total: 2, copies: vec![copy] };
        let page = render(&Summary::default(), &[story]);
        assert!(!page.contains("<script>x") && !page.contains("<b>\u{20}") && !page.contains('\u{202e}'));
        assert!(page.contains("<mark>shared words</mark>"));
        assert!(page.contains("2 copies (1 shown)"));
    }

    #[test]
    fn spans_that_do_not_fit_are_left_unmarked() {
        let page = marked("é", vec![Span::new(1, 2), Span::new(0, 99)]).into_string();
        assert!(page.contains('é'));
    }
}
