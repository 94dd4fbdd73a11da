//! The page: readable without script, which adds searching, filters, sorting, paging and keys.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};
use unecho_text::visible;

use crate::collect::{DropRow, Report};
use crate::{charts, lists, pace, stories};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page.
pub(crate) fn render(report: &Report) -> String {
    let sections = [
        ("stories", "Stories", stories::section(report)),
        ("drops", "Dropped", lists::drops(report)),
        ("misses", "Near misses", lists::near_misses(report)),
        ("scores", "Scores", charts::histogram(report)),
        ("sources", "Sources", charts::heat_map(report)),
        ("cuts", "Cuts", lists::cuts(report)),
        ("rejected", "Rejected", lists::rejected(report)),
        ("counts", "Counts", lists::counts(&report.summary)),
        ("pace", "Speed and memory", pace::section(report.pace.as_ref())),
    ];
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { "unecho report" }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                a class="skip" href="#stories" { "skip to the stories" }
                header {
                    h1 { "unecho report" }
                    (charts::fates(&report.summary))
                }
                nav aria-label="sections" { @for (id, name, _) in &sections { a href={ "#" (id) } { (name) } } }
                main { @for (id, name, content) in &sections { section id=(id) { h2 { (name) } (content) } } }
                (keys())
                script type="application/json" id="data" { (PreEscaped(data(report))) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
    .into_string()
}

/// What the page may do: show itself. Nothing is loaded from anywhere.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

fn keys() -> Markup {
    html! {
        footer class="meta" {
            p id="keys" hidden {
                kbd { "/" } " search, " kbd { "Esc" } " clear, " kbd { "j" } " and " kbd { "k" } " next and previous, "
                kbd { "Enter" } " open or close, " kbd { "[" } " and " kbd { "]" } " page of the list of dropped documents"
            }
        }
    }
}

/// What the script shows, as JSON that cannot end its element.
fn data(report: &Report) -> String {
    let rows: Vec<Value> = report.drops.iter().map(drop_row).collect();
    json!({ "drops": rows }).to_string().replace('<', "\\u003c")
}

fn drop_row(row: &DropRow) -> Value {
    json!([
        visible(row.id.as_str()),
        visible(row.kept_id.as_str()),
        row.kind,
        (row.probability * 1000.0).round() / 1000.0,
        visible(row.source.as_deref().unwrap_or_default()),
        visible(&row.title),
        row.shown_at.map(|(story, copy)| format!("copy-{story}-{copy}")),
    ])
}
