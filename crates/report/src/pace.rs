//! How long a run took and what memory it had. Two runs on the same input differ in this, so it is
//! never part of what a run leaves; a page shows it when it is made from outside with it.

use maud::{Markup, html};
use unecho_text::visible;

/// How a run went.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pace {
    /// From the beginning to the end of the run, in seconds.
    pub wall_seconds: f64,
    /// Processor time of all threads, in seconds.
    pub cpu_seconds: Option<f64>,
    /// Most memory that was in use at a time, in bytes.
    pub memory_bytes_peak: Option<u64>,
    /// Its stages, in order.
    pub stages: Vec<StagePace>,
}

/// How one stage went.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StagePace {
    /// Its name, such as `read`.
    pub name: String,
    /// What it counts, such as `bytes`.
    pub unit: String,
    /// How much it did, in its unit.
    pub amount: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// The section about it.
pub(crate) fn section(pace: Option<&Pace>) -> Markup {
    let Some(pace) = pace else {
        return html! {
            p class="meta" {
                "The same input gives the same page, so this page knows nothing of the time it took. With "
                code { "unecho ingest … --metrics FILE" } " and then "
                code { "unecho report DIR --metrics FILE -o page.html" } " the page shows it here."
            }
        };
    };
    let longest = pace.stages.iter().map(|stage| stage.seconds).fold(0.0, f64::max);
    html! {
        p class="meta" {
            (format!("{:.1} s", pace.wall_seconds))
            @if let Some(cpu) = pace.cpu_seconds { (format!(", {cpu:.1} s of processor time")) }
            @if let Some(bytes) = pace.memory_bytes_peak { ", at most " (size(bytes)) " of memory" } "."
        }
        div class="wide" { table class="pace" {
            thead { tr { th { "stage" } th class="number" { "seconds" } th {} th class="number" { "amount" } th class="number" { "a second" } } }
            tbody { @for stage in &pace.stages {
                tr {
                    td { (visible(&stage.name)) }
                    td class="number" { (format!("{:.2}", stage.seconds)) }
                    td class="bar" {
                        @let share = if longest > 0.0 { 100.0 * stage.seconds / longest } else { 0.0 };
                        span style=(format!("width:{share:.1}%")) {}
                    }
                    td class="number" { (amount(stage.amount as f64, &stage.unit)) }
                    td class="number" {
                        @if stage.seconds > 0.0 { (amount(stage.amount as f64 / stage.seconds, &stage.unit)) }
                    }
                }
            } }
        } }
    }
}

fn amount(amount: f64, unit: &str) -> String {
    match unit {
        "bytes" => size(amount as u64),
        unit => format!("{amount:.0} {}", visible(unit)),
    }
}

/// A number of bytes in the unit that fits.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["B", "KiB", "MiB", "GiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_shown_in_the_unit_that_fits() {
        assert_eq!([0, 1023, 1536, 5 << 30].map(size), ["0 B", "1023 B", "1.5 KiB", "5.0 GiB"]);
    }
}
