//! When the copies of a story appeared: dots on a line, and the dates as a list.

use maud::{Markup, html};
use unecho_model::record::KeptRecord;
use unecho_text::visible;

/// Dates that are listed.
const DATES_MAX: usize = 40;
/// Dots that are drawn.
const DOTS_MAX: usize = 400;
/// Days of one moment: an hour counts where dates have hours, so that one day has an order too.
const HOURS_OF_DAY: i64 = 24;

/// One document of the story.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Moment<'a> {
    date: &'a str,
    source: &'a str,
    role: &'static str,
}

/// The copies of a story by date, where dates are known.
pub(crate) fn time_line(kept: &KeptRecord) -> Markup {
    let unknown = "(no source)";
    let own = kept.document.date.as_deref().map(|date| Moment {
        date,
        source: kept.document.source.as_deref().unwrap_or(unknown),
        role: "kept",
    });
    let of_copies = kept.copies.iter().filter_map(|copy| {
        let source = copy.source.as_deref().unwrap_or(unknown);
        Some(Moment { date: copy.date.as_deref()?, source, role: copy.kind.name() })
    });
    let mut moments: Vec<Moment<'_>> = own.into_iter().chain(of_copies).collect();
    moments.sort_unstable();
    html! {
        @if moments.len() > 1 {
            (dots(&moments))
            ol class="time" {
                @for Moment { date, source, role } in moments.iter().take(DATES_MAX) {
                    li class=(role) { time { (visible(date)) } " " (visible(source)) }
                }
                @if moments.len() > DATES_MAX { li { "… " (moments.len() - DATES_MAX) " more" } }
            }
        }
    }
}

/// The moments on a line, where they are more than one.
fn dots(moments: &[Moment<'_>]) -> Markup {
    let placed: Vec<(i64, &Moment<'_>)> =
        moments.iter().filter_map(|moment| Some((hour_of(moment.date)?, moment))).collect();
    let hours = placed.iter().map(|&(hour, _)| hour);
    let (Some(first), Some(last)) = (hours.clone().min(), hours.max()) else { return html! {} };
    if first == last {
        return html! {};
    }
    let x = |hour: i64| 12.0 + 976.0 * (hour - first) as f64 / (last - first) as f64;
    let days = (last - first).div_euclid(HOURS_OF_DAY).max(1);
    html! {
        svg class="dots" viewBox="0 0 1000 24" preserveAspectRatio="none" role="img"
            aria-label={ "when the copies appeared, over " (days) @if days == 1 { " day" } @else { " days" } } {
            line x1="0" x2="1000" y1="12" y2="12" {}
            @for (hour, moment) in placed.iter().take(DOTS_MAX) {
                rect class=(moment.role) x=(format!("{:.1}", x(*hour) - 4.0)) y="3" width="8" height="18" rx="3" {
                    title { (visible(moment.date)) " " (visible(moment.source)) ", " (moment.role) }
                }
            }
        }
    }
}

/// Hours since a fixed moment of a date `YYYY-MM-DD` or `YYYY-MM-DDTHH…`; `None` for any other.
fn hour_of(date: &str) -> Option<i64> {
    let number = |from: usize, to: usize| date.get(from..to)?.parse::<i64>().ok();
    let is_dashed = date.get(4..5) == Some("-") && date.get(7..8) == Some("-");
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    if !is_dashed || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let hour = if date.get(10..11) == Some("T") { number(11, 13).unwrap_or(0) } else { 0 };
    // Days of the civil calendar, counted from March (Hinnant, "chrono-compatible low-level date algorithms").
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year;
    Some(days * HOURS_OF_DAY + hour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_between_dates() {
        let between = |a: &str, b: &str| Some(hour_of(b)? - hour_of(a)?);
        assert_eq!(between("2024-02-28", "2024-03-01"), Some(48), "a leap year");
        assert_eq!(between("2023-12-31", "2024-01-01"), Some(24));
        assert_eq!(between("2024-05-01T22:00:00Z", "2024-05-02T01:30:00Z"), Some(3));
        for wrong in ["", "yesterday", "2024-13-01", "2024/05/01", "2024-05-0é"] {
            assert_eq!(hour_of(wrong), None, "{wrong}");
        }
    }
}
