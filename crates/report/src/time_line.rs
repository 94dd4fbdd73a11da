//! When the copies of a story appeared: dots on a line, and the dates as a list.

use std::collections::BinaryHeap;

use maud::{Markup, html};
use unecho_model::record::DocumentRecord;
use unecho_text::visible;

use crate::collect::NO_SOURCE;

/// Dates that are listed.
const DATES_MAX: usize = 40;
/// Dots that are drawn: the earliest documents.
const DOTS_MAX: usize = 400;
/// Days of one moment: an hour counts where dates have hours, so that one day has an order too.
const HOURS_OF_DAY: i64 = 24;

/// One document of the story. Ordered by time, as far as dates tell it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Moment {
    /// Whether the date tells no day.
    is_unclear: bool,
    date: String,
    source: String,
    role: &'static str,
}

/// When documents appeared: the earliest of them, and between which hours all of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moments {
    count: usize,
    /// At most [`DOTS_MAX`], the latest on top.
    earliest: BinaryHeap<Moment>,
    hours: Option<(i64, i64)>,
}

impl Moments {
    /// One more document.
    pub(crate) fn add(&mut self, date: &str, source: Option<&str>, role: &'static str) {
        let source = source.unwrap_or(NO_SOURCE);
        self.count += 1;
        let hour = hour_of(date);
        if let Some(hour) = hour {
            let (first, last) = self.hours.unwrap_or((hour, hour));
            self.hours = Some((first.min(hour), last.max(hour)));
        }
        let is_full = self.earliest.len() == DOTS_MAX;
        let is_unclear = hour.is_none();
        let is_later = |last: &Moment| {
            (is_unclear, date, source, role) >= (last.is_unclear, &last.date, &last.source, last.role)
        };
        if is_full && self.earliest.peek().is_some_and(is_later) {
            return;
        }
        let (date, source) = (date.to_owned(), source.to_owned());
        self.earliest.push(Moment { is_unclear, date, source, role });
        if is_full {
            self.earliest.pop();
        }
    }
}

/// The documents of a story by date, where dates are known.
pub(crate) fn time_line(kept: &DocumentRecord, copies: &Moments) -> Markup {
    let mut moments = copies.clone();
    if let Some(date) = &kept.date {
        moments.add(date, kept.source.as_deref(), "kept");
    }
    let Moments { count, earliest, hours } = moments;
    let earliest = earliest.into_sorted_vec();
    html! {
        @if count > 1 {
            @if let Some((first, last)) = hours && first < last { (dots(&earliest, first, last)) }
            ol class="time" {
                @for Moment { date, source, role, .. } in earliest.iter().take(DATES_MAX) {
                    li class=(role) { time { (visible(date)) } " " (visible(source)) }
                }
                @if count > DATES_MAX { li { "… " (count - DATES_MAX) " more" } }
            }
        }
    }
}

/// The moments on a line from one hour to another.
fn dots(moments: &[Moment], first: i64, last: i64) -> Markup {
    let placed = moments.iter().filter_map(|moment| Some((hour_of(&moment.date)?, moment)));
    let x = |hour: i64| 12.0 + 976.0 * (hour - first) as f64 / (last - first) as f64;
    let days = (last - first).div_euclid(HOURS_OF_DAY).max(1);
    html! {
        svg class="dots" viewBox="0 0 1000 24" preserveAspectRatio="none" role="img"
            aria-label={ "when the copies appeared, over " (days) @if days == 1 { " day" } @else { " days" } } {
            line x1="0" x2="1000" y1="12" y2="12" {}
            @for (hour, moment) in placed {
                rect class=(moment.role) x=(format!("{:.1}", x(hour) - 4.0)) y="3" width="8" height="18" rx="3" {
                    title { (visible(&moment.date)) " " (visible(&moment.source)) ", " (moment.role) }
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
    fn of_many_documents_the_earliest_are_kept() {
        let date = |day: usize| format!("2024-05-{:02}", 1 + day % 28);
        let mut moments = Moments::default();
        (0..5 * DOTS_MAX).rev().for_each(|at| moments.add(&date(at), Some(&format!("s{at:04}")), "near"));
        (0..DOTS_MAX).for_each(|_| moments.add("1 May 2024", None, "near"));
        let mut all: Vec<(String, String)> =
            (0..5 * DOTS_MAX).map(|at| (date(at), format!("s{at:04}"))).collect();
        all.sort_unstable();
        all.truncate(DOTS_MAX);
        let kept = moments.earliest.into_sorted_vec().into_iter();
        let kept: Vec<(String, String)> = kept.map(|moment| (moment.date, moment.source)).collect();
        assert_eq!((moments.count, kept), (6 * DOTS_MAX, all), "those whose date is clear");
        let (first, last) = moments.hours.unwrap();
        assert_eq!(last - first, 27 * HOURS_OF_DAY);
    }

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
