//! The lists of a page: dropped documents, near misses, what was rejected, what was cut, counts.

use maud::{Markup, html};
use unecho_model::record::{LinkRecord, RejectedRecord};
use unecho_model::{DocId, Kind, Summary};
use unecho_text::{thousands, visible};

use crate::charts;
use crate::collect::Report;
use crate::texts::{Side, side_by_side};

/// A field that searches the items of one kind, shown when there is a script for it.
pub(crate) fn search(what: &str, placeholder: &str) -> Markup {
    html! { input type="search" data-search=(what) placeholder=(placeholder) aria-label=(placeholder) hidden; }
}

/// A choice of one kind of copy, likewise.
pub(crate) fn kind_filter(what: &str) -> Markup {
    html! {
        select data-kind-of=(what) aria-label="kind of copy" hidden {
            option value="" { "every kind" }
            @for kind in Kind::ALL { option value=(kind.name()) { (kind.name()) } }
        }
    }
}

/// All dropped documents; the script fills the list.
pub(crate) fn drops(report: &Report) -> Markup {
    let (shown, total) = (report.drops.len() as u64, report.summary.documents.dropped);
    html! {
        p class="meta" {
            (thousands(total)) " documents were dropped"
            @if shown < total { "; the first " (thousands(shown)) " are listed" } ". "
            "Why: " code { "unecho explain --out DIR ID" }
        }
        noscript { p { "The list needs JavaScript; the same is in the files of dropped/." } }
        div class="tools" {
            (search("drops", "search dropped documents: id, kept id, source, title"))
            (kind_filter("drops"))
        }
        div id="drop-list" {}
    }
}

/// Pairs that came near.
pub(crate) fn near_misses(report: &Report) -> Markup {
    html! {
        @if report.near_misses.is_empty() { p { "No pair came near." } } @else {
            p class="meta" {
                "Pairs that share something and were judged to be no copies, the most probable first. "
                "Open one to see both texts."
            }
            div class="tools" {
                (search("miss", "search near misses"))
                span class="found" data-found="miss" role="status" {}
            }
            @for miss in &report.near_misses { (near_miss(report, miss)) }
        }
    }
}

fn near_miss(report: &Report, miss: &LinkRecord) -> Markup {
    let (a, b) = (report.text_of(miss.a_run.as_deref(), &miss.a), report.text_of(None, &miss.b));
    let role = |id: &DocId| visible(id.as_str());
    html! {
        details class="miss" {
            summary {
                b { (format!("{:.3}", miss.scores.probability)) } " "
                span class="kind mismatch" { (visible(&miss.kind)) } " "
                code { (role(&miss.a)) } " and " code { (role(&miss.b)) }
            }
            p class="meta" {
                "No copy because of: " (visible(&miss.reason)) ". Jaccard " (format!("{:.2}", miss.scores.jaccard))
                ", containment " (format!("{:.2}", miss.scores.containment)) ", longest run "
                (miss.scores.longest_run_words) " words."
            }
            @if let (Some(a), Some(b)) = (a, b) {
                (side_by_side(
                    &Side { role: miss.a.as_str(), text: &a.text },
                    &Side { role: miss.b.as_str(), text: &b.text },
                    &miss.passages,
                ))
            }
        }
    }
}

/// What was not taken in.
pub(crate) fn rejected(report: &Report) -> Markup {
    let (shown, total) = (report.rejected.len() as u64, report.summary.documents.rejected);
    html! {
        @if total == 0 { p { "Everything that was read was taken in." } } @else {
            p class="meta" {
                (total) " inputs were not taken in" @if shown < total { "; the first " (shown) " are listed" } "."
            }
            div class="tools" {
                (search("reject", "search rejected inputs: place, reason, particulars"))
                span class="found" data-found="reject" role="status" {}
            }
            div class="wide" { table {
                thead { tr { th { "where" } th { "reason" } th { "particulars" } } }
                tbody { @for record in &report.rejected { (reject(record)) } }
            } }
        }
    }
}

fn reject(record: &RejectedRecord) -> Markup {
    html! {
        tr class="reject" {
            td { code { (visible(&record.document.path)) @if let Some(line) = record.document.line { ":" (line) } } }
            td { (record.reason) }
            td { (visible(&record.detail)) }
        }
    }
}

/// What was cut, by rule.
pub(crate) fn cuts(report: &Report) -> Markup {
    let mut rules: Vec<(&String, &u64)> = report.summary.stripped_by_rule.iter().collect();
    rules.sort_by_key(|&(rule, count)| (std::cmp::Reverse(*count), rule));
    let most = rules.first().map_or(1, |&(_, &count)| count.max(1));
    html! {
        @if rules.is_empty() { p { "Nothing was cut." } } @else {
            p class="meta" { "Every cut with its place is in ledger/stripped; here are samples of each rule." }
            div class="tools" {
                (search("cut", "search rules and cut lines"))
                span class="found" data-found="cut" role="status" {}
            }
        }
        @for (rule, &count) in rules {
            details class="cut" {
                summary {
                    code { (visible(rule)) } " " b { (thousands(count)) }
                    span class="share" style=(format!("width:{:.1}%", 30.0 * count as f64 / most as f64)) {}
                }
                @if !report.samples.contains_key(rule) { p class="meta" { "Repairs: no text was cut." } }
                ul { @for sample in report.samples.get(rule).into_iter().flatten() {
                    li { (visible(&sample.text)) " " code class="meta" { (visible(sample.id.as_str())) } }
                } }
            }
        }
    }
}

/// The remaining totals.
pub(crate) fn counts(summary: &Summary) -> Markup {
    html! {
        div class="tables" {
            (charts::table("Dropped, by kind of copy", &summary.dropped_by_kind))
            (charts::table("Linked, by kind of copy", &summary.links_by_kind))
            (charts::table("Rejected, by reason", &summary.rejected_by_reason))
            (charts::table("Compared and no copies", &summary.mismatches_by_kind))
            (charts::table("Credits found", &summary.attributions))
        }
    }
}
