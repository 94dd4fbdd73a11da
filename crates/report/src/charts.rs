//! Pictures of counts, drawn as SVG and tables: no script, no network.

use std::cmp::Reverse;

use maud::{Markup, html};
use unecho_model::Summary;
use unecho_model::summary::Counts;
use unecho_text::{thousands, visible};

use crate::collect::{Histogram, Report};

/// One part of a bar.
struct Part<'a> {
    name: &'a str,
    count: u64,
    /// Where it begins and how wide it is, in thousandths of the bar.
    at: f64,
    width: f64,
}

/// Where the documents went, as one bar with its legend.
pub(crate) fn fates(summary: &Summary) -> Markup {
    let documents = &summary.documents;
    let read = documents.read.max(1);
    let dropped = summary.dropped_by_kind.iter().map(|(kind, &count)| (kind.as_str(), count));
    let counts =
        [("kept", documents.kept)].into_iter().chain(dropped).chain([("rejected", documents.rejected)]);
    let mut end = 0.0;
    let parts: Vec<Part<'_>> = counts
        .filter(|&(_, count)| count > 0)
        .map(|(name, count)| {
            let (at, width) = (end, 1000.0 * count as f64 / read as f64);
            end += width;
            Part { name, count, at, width }
        })
        .collect();
    html! {
        p class="total" { b { (thousands(documents.read)) } " documents read" }
        svg class="fates" viewBox="0 0 1000 24" preserveAspectRatio="none" role="img" aria-label="where the documents went" {
            @for part in &parts {
                rect class=(part.name) x=(format!("{:.2}", part.at)) y="0" width=(format!("{:.2}", part.width)) height="24" {
                    title { (part.name) ": " (thousands(part.count)) }
                }
            }
        }
        ul class="legend" {
            @for part in &parts {
                li {
                    span class={ "swatch " (part.name) } {}
                    @match part.name {
                        "kept" => "kept",
                        "rejected" => a href="#rejected" { "rejected" },
                        kind => a href="#drops" data-kind=(kind) { (visible(kind)) },
                    }
                    " " b { (thousands(part.count)) } " " (share(part.count, read))
                }
            }
        }
    }
}

fn share(count: u64, of: u64) -> String {
    format!("({:.1} %)", 100.0 * count as f64 / of as f64)
}

/// How pairs that were judged are spread over the probabilities, with the thresholds.
pub(crate) fn histogram(report: &Report) -> Markup {
    let Histogram { linked, missed } = &report.histogram;
    let highest = linked.iter().zip(missed).map(|(a, b)| a + b).max().unwrap_or_default();
    let width = 1000.0 / Histogram::BINS as f64;
    // A square root keeps small bins visible beside the large ones at both ends.
    let height = |count: u64| 180.0 * (count as f64 / highest.max(1) as f64).sqrt();
    let (likely, sure) = report.thresholds;
    html! {
        @if highest == 0 { p { "No pair was judged." } } @else {
            p class="meta" {
                "Pairs in the ledger by the probability that they are copies (heights by square root). Linked from "
                (format!("{likely:.2}")) " (likely), dropped from " (format!("{sure:.2}"))
                " (sure). Coloured are linked pairs, grey are near misses."
            }
            svg class="histogram" viewBox="0 0 1000 215" role="img" aria-label="pairs by probability" {
                @for bin in 0..Histogram::BINS {
                    @let (l, m) = (linked[bin], missed[bin]);
                    @let (all, no) = (height(l + m), height(l + m) * m as f64 / (l + m).max(1) as f64);
                    @let x = format!("{:.1}", bin as f64 * width + 1.0);
                    @let wide = format!("{:.1}", width - 2.0);
                    g {
                        title { (format!("{:.2}", bin as f64 / Histogram::BINS as f64)) ": " (l) " linked, " (m) " near misses" }
                        rect class="linked" x=(x) y=(format!("{:.1}", 190.0 - all)) width=(wide) height=(format!("{:.1}", all - no)) {}
                        rect class="missed" x=(x) y=(format!("{:.1}", 190.0 - no)) width=(wide) height=(format!("{no:.1}")) {}
                    }
                }
                @for (name, threshold) in [("likely", likely), ("sure", sure)] {
                    @let x = format!("{:.1}", threshold * 1000.0);
                    line x1=(x) x2=(x) y1="0" y2="195" {}
                    text x=(x) y="210" text-anchor="end" { (name) }
                }
            }
        }
    }
}

/// Who copies whom.
pub(crate) fn heat_map(report: &Report) -> Markup {
    let (copying, copied) = report.busiest();
    let count = |from: &str, to: &str| {
        report.echoes.get(&(from.to_owned(), to.to_owned())).copied().unwrap_or_default()
    };
    let cells = copying.iter().flat_map(|from| copied.iter().map(|to| count(from, to)));
    let highest = cells.max().unwrap_or_default().max(1);
    html! {
        @if copying.is_empty() { p { "No document was dropped for one of another source." } } @else {
            p class="meta" { "Documents of the source at the left that were dropped for one of the source above. "
                "A number leads to the dropped documents of the source." }
            div class="wide" { table class="heat" {
                thead { tr { th {} @for to in &copied { th scope="col" { span { (visible(to)) } } } } }
                tbody { @for from in &copying {
                    tr {
                        th scope="row" { (visible(from)) }
                        @for to in &copied {
                            @let found = count(from, to);
                            @let strength = format!("--strength:{:.2}", (found as f64 / highest as f64).sqrt());
                            td style=(strength) title={ (visible(from)) " for " (visible(to)) ": " (found) } {
                                @if found > 0 { a href="#drops" data-find=(visible(from)) { (found) } }
                            }
                        }
                    }
                } }
            } }
        }
    }
}

/// Rows of a table that are shown.
const ROWS_MAX: usize = 40;

/// Counts, most first.
pub(crate) fn table(title: &str, counts: &Counts) -> Markup {
    let mut rows: Vec<(&String, &u64)> = counts.iter().collect();
    rows.sort_by_key(|&(name, count)| (Reverse(*count), name));
    html! {
        @if !rows.is_empty() {
            table {
                caption { (title) }
                @for (name, count) in rows.iter().take(ROWS_MAX) {
                    tr { td { (visible(name)) } td class="number" { (thousands(**count)) } }
                }
                @if rows.len() > ROWS_MAX { tr { td { "… " (rows.len() - ROWS_MAX) " more in summary.json" } td {} } }
            }
        }
    }
}
