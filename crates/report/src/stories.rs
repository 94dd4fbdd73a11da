//! The stories with most copies: who was kept, when the copies appeared, and each copy beside the kept
//! text.

use maud::{Markup, html};
use unecho_model::record::{DocumentRecord, DroppedRecord};
use unecho_text::{thousands, visible};

use crate::collect::{Report, Story, heading};
use crate::copies::Copies;
use crate::lists::{kind_filter, search};
use crate::texts::{Side, side_by_side};
use crate::time_line::time_line;

/// The section of all stories.
pub(crate) fn section(report: &Report) -> Markup {
    let total = report.summary.documents.dropped;
    html! {
        @if report.stories.is_empty() { p { "No document was dropped." } } @else {
            p class="meta" {
                (report.stories.len()) " stories with most copies, of " (thousands(total)) " dropped documents in all. "
                "Open a copy to see it beside the kept text; what both share is " mark { "marked" } "."
            }
            div class="tools" {
                (search("article", "search stories"))
                (kind_filter("article"))
                span class="found" data-found="article" role="status" {}
            }
        }
        @for (at, story) in report.stories.iter().enumerate() { (render_story(at, story)) }
    }
}

fn render_story(at: usize, story: &Story) -> Markup {
    let Story { kept, copies, shown } = story;
    let total = copies.count();
    let names: Vec<&str> = copies.kinds.keys().copied().collect();
    html! {
        article data-kinds=(names.join(" ")) {
            h3 { (visible(&heading(kept))) }
            p class="meta" {
                "kept " code { (visible(kept.id.as_str())) }
                @if let Some(source) = &kept.source { " of " (visible(source)) }
                ", " (total) @if total == 1 { " copy" } @else { " copies" }
                @for (kind, count) in &copies.kinds { " " span class={ "kind " (kind) } { (kind) " " (count) } }
            }
            (time_line(kept, &copies.moments))
            @for (copy_at, copy) in shown.iter().enumerate() {
                (render_copy(&format!("copy-{at}-{copy_at}"), kept, copy))
            }
            @if shown.len() < total { (all_copies(copies, shown.len())) }
        }
    }
}

fn render_copy(anchor: &str, keeper: &DocumentRecord, copy: &DroppedRecord) -> Markup {
    html! {
        details id=(anchor) {
            summary {
                span class={ "kind " (copy.kind) } { (copy.kind) } " " code { (visible(copy.document.id.as_str())) }
                " " (visible(&heading(&copy.document)))
            }
            p class="meta" {
                "Dropped because of: " (visible(&copy.reason)) ". Jaccard " (format!("{:.2}", copy.scores.jaccard))
                ", containment " (format!("{:.2}", copy.scores.containment))
                ", longest run " (copy.scores.longest_run_words) " words."
            }
            (side_by_side(
                &Side { role: "dropped", text: &copy.document.text },
                &Side { role: "kept", text: &keeper.text },
                &copy.passages,
            ))
        }
    }
}

/// The copies of a story by name, where not all are shown with texts.
fn all_copies(copies: &Copies, shown: usize) -> Markup {
    let (total, listed) = (copies.count(), copies.listed.len());
    html! {
        details {
            summary { "all " (total) " copies by name (" (shown) " shown with texts)" }
            ul class="copies" {
                @for copy in &copies.listed {
                    li {
                        span class={ "kind " (copy.kind) } { (copy.kind) } " " code { (visible(copy.id.as_str())) }
                        @if let Some(source) = &copy.source { " " (visible(source)) }
                        @if let Some(date) = &copy.date { " " (visible(date)) }
                    }
                }
                @if total > listed { li { "… " (total - listed) " more in the record of the kept document" } }
            }
        }
    }
}
