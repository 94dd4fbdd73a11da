//! The page: readable without script, which adds searching and paging.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};
use unecho_model::record::{DocumentRecord, DroppedRecord, KeptRecord, LinkRecord};
use unecho_model::{Span, Summary};
use unecho_text::visible;

use crate::charts;
use crate::collect::{Report, Story, heading};

/// Longest part of a text that is shown, in bytes.
const TEXT_BYTES_MAX: usize = 6000;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page.
pub(crate) fn render(report: &Report) -> String {
    let sections = [
        ("stories", "Stories", stories(report)),
        ("drops", "Dropped", drops(report)),
        ("misses", "Near misses", near_misses(report)),
        ("scores", "Scores", charts::histogram(report)),
        ("sources", "Sources", charts::heat_map(report)),
        ("cuts", "Cuts", cuts(report)),
        ("counts", "Counts", counts(&report.summary)),
    ];
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "unecho report" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "unecho report" }
                    (charts::fates(&report.summary))
                    nav { @for (id, name, _) in &sections { a href={ "#" (id) } { (name) } } }
                }
                main { @for (id, name, content) in &sections { section id=(id) { h2 { (name) } (content) } } }
                script type="application/json" id="data" { (PreEscaped(data(report))) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
    .into_string()
}

/// What the script shows, as JSON that cannot end its element.
fn data(report: &Report) -> String {
    let shown = |text: &str| Value::String(visible(text));
    let rows: Vec<Value> = report
        .drops
        .iter()
        .map(|row| {
            json!([
                shown(row.id.as_str()),
                shown(row.kept_id.as_str()),
                row.kind,
                (row.probability * 1000.0).round() / 1000.0,
                shown(row.source.as_deref().unwrap_or_default()),
                shown(&row.title),
            ])
        })
        .collect();
    json!({ "drops": rows }).to_string().replace('<', "\\u003c")
}

fn search(what: &str, placeholder: &str) -> Markup {
    html! { input type="search" data-search=(what) placeholder=(placeholder) aria-label=(placeholder) hidden; }
}

fn stories(report: &Report) -> Markup {
    let total = report.summary.documents.dropped;
    html! {
        @if report.stories.is_empty() { p { "No document was dropped." } } @else {
            p class="meta" {
                (report.stories.len()) " stories with most copies, of " (total) " dropped documents in all. "
                "Marked: what both texts share."
            }
            (search("article", "search stories"))
        }
        @for story in &report.stories { (render_story(story)) }
    }
}

fn render_story(story: &Story) -> Markup {
    let (kept, shown) = (&story.kept, story.copies.len());
    let total = kept.copies.len();
    html! {
        article {
            h3 { (visible(&heading(&kept.document))) }
            p class="meta" {
                "kept " code { (visible(kept.document.id.as_str())) }
                @if let Some(source) = &kept.document.source { " of " (visible(source)) }
                ", " (total) @if total == 1 { " copy" } @else { " copies" }
                @if shown < total { " (" (shown) " shown with texts)" }
            }
            (time_line(kept))
            @for copy in &story.copies { (render_copy(&kept.document, copy)) }
        }
    }
}

/// The copies of a story by date, where dates are known.
fn time_line(kept: &KeptRecord) -> Markup {
    /// Dates that are shown.
    const DATES_MAX: usize = 40;
    let mut dated: Vec<(&str, &str, bool)> = Vec::new();
    if let Some(date) = &kept.document.date {
        dated.push((date, kept.document.source.as_deref().unwrap_or("?"), true));
    }
    for copy in &kept.copies {
        if let Some(date) = &copy.date {
            dated.push((date, copy.source.as_deref().unwrap_or("?"), false));
        }
    }
    dated.sort_unstable();
    html! {
        @if dated.len() > 1 {
            ol class="time" {
                @for (date, source, is_kept) in dated.iter().take(DATES_MAX) {
                    li class=[is_kept.then_some("kept")] { time { (visible(date)) } " " (visible(source)) }
                }
                @if dated.len() > DATES_MAX { li { "… " (dated.len() - DATES_MAX) " more" } }
            }
        }
    }
}

fn render_copy(keeper: &DocumentRecord, copy: &DroppedRecord) -> Markup {
    let ours: Vec<Span> = copy.passages.iter().map(|passage| passage.a).collect();
    let theirs: Vec<Span> = copy.passages.iter().map(|passage| passage.b).collect();
    html! {
        details {
            summary {
                span class={ "kind " (copy.kind) } { (copy.kind) } " " code { (visible(copy.document.id.as_str())) }
                " " (visible(&heading(&copy.document)))
            }
            p class="meta" {
                (visible(&copy.reason)) " Jaccard " (format!("{:.2}", copy.scores.jaccard))
                ", containment " (format!("{:.2}", copy.scores.containment))
                ", longest run " (copy.scores.longest_run_words) " words."
            }
            div class="sides" {
                div { h4 { "dropped" } (marked(&copy.document.text, ours)) }
                div { h4 { "kept" } (marked(&keeper.text, theirs)) }
            }
        }
    }
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

fn drops(report: &Report) -> Markup {
    let (shown, total) = (report.drops.len() as u64, report.summary.documents.dropped);
    html! {
        p class="meta" {
            (total) " documents were dropped" @if shown < total { "; the first " (shown) " are listed" } ". "
            "Why: " code { "unecho explain --out DIR ID" }
        }
        noscript { p { "The list needs JavaScript; the same is in the files of dropped/." } }
        (search("drops", "search dropped documents: id, kept id, kind, source, title"))
        div id="drop-list" {}
    }
}

fn near_misses(report: &Report) -> Markup {
    html! {
        @if report.near_misses.is_empty() { p { "No pair came near." } } @else {
            p class="meta" {
                "Pairs that share something and were judged to be no copies, the most probable first."
            }
            (search("miss", "search near misses"))
            div class="wide" { table {
                thead { tr {
                    th { "probability" } th { "one" } th { "other" } th { "because of" } th { "reason" }
                } }
                tbody { @for miss in &report.near_misses { (near_miss(miss)) } }
            } }
        }
    }
}

fn near_miss(miss: &LinkRecord) -> Markup {
    html! {
        tr class="miss" {
            td class="number" { (format!("{:.3}", miss.scores.probability)) }
            td { code { (visible(miss.a.as_str())) } }
            td { code { (visible(miss.b.as_str())) } }
            td { (visible(&miss.kind)) }
            td { (visible(&miss.reason)) }
        }
    }
}

fn cuts(report: &Report) -> Markup {
    let mut rules: Vec<(&String, &u64)> = report.summary.stripped_by_rule.iter().collect();
    rules.sort_by_key(|&(rule, count)| (std::cmp::Reverse(*count), rule));
    html! {
        @if rules.is_empty() { p { "Nothing was cut." } } @else {
            (search("cut", "search rules and cut lines"))
        }
        @for (rule, count) in rules {
            details class="cut" {
                summary { code { (visible(rule)) } " " (count) }
                ul { @for sample in report.samples.get(rule).into_iter().flatten() { li { (visible(sample)) } } }
            }
        }
    }
}

fn counts(summary: &Summary) -> Markup {
    html! {
        div class="tables" {
            (charts::table("Dropped, by kind of copy", &summary.dropped_by_kind))
            (charts::table("Rejected, by reason", &summary.rejected_by_reason))
            (charts::table("Compared and no copies", &summary.mismatches_by_kind))
            (charts::table("Credits found", &summary.attributions))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_do_not_fit_are_left_unmarked() {
        let page = marked("é", vec![Span::new(1, 2), Span::new(0, 99)]).into_string();
        assert!(page.contains('é'));
    }
}
