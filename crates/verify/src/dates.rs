//! Day numbers of publication dates, for the gap between two.

/// A day, in days since 1970-01-01. What is written 04/07/2016 may be one of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    likely: i32,
    other: i32,
}

impl Day {
    /// The day of a date written `YYYY-MM-DD`, RFC 3339, `DD.MM.YYYY`, `DD/MM/YYYY` or `MM/DD/YYYY`, as written;
    /// any other form gives `None`.
    pub(crate) fn parse(date: &str) -> Option<Self> {
        let date = date.as_bytes();
        let digits = |range: std::ops::Range<usize>| {
            date.get(range)?.iter().try_fold(0_i32, |number, digit| {
                digit.is_ascii_digit().then(|| number * 10 + i32::from(digit - b'0'))
            })
        };
        let mark = |at: usize| date.get(at).copied();
        match (mark(2), mark(4)) {
            (_, Some(b'-')) if mark(7) == Some(b'-') => {
                let day = days(digits(0..4)?, digits(5..7)?, digits(8..10)?)?;
                Some(Self { likely: day, other: day })
            }
            (Some(between @ (b'/' | b'.')), _) if mark(5) == Some(between) => {
                let (first, second, year) = (digits(0..2)?, digits(3..5)?, digits(6..10)?);
                let day_first = days(year, second, first);
                let month_first = days(year, first, second).filter(|_| between == b'/');
                let likely = day_first.or(month_first)?;
                Some(Self { likely, other: month_first.unwrap_or(likely) })
            }
            _ => None,
        }
    }

    /// Days between the two, at least.
    pub(crate) fn gap_days(self, other: Self) -> u32 {
        let readings = [self.likely, self.other].into_iter();
        let gaps = readings.flat_map(|day| [other.likely, other.other].map(|other| day.abs_diff(other)));
        gaps.min().unwrap_or(0)
    }
}

/// The number of a day that there may be.
fn days(year: i32, month: i32, day: i32) -> Option<i32> {
    let real = (1..=12).contains(&month) && (1..=31).contains(&day);
    real.then(|| days_from_civil(year, month, day))
}

/// Days since 1970-01-01 in the Gregorian calendar (Hinnant, "chrono-compatible low-level date
/// algorithms").
const fn days_from_civil(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(date: &str, expect: Option<i32>) {
        assert_eq!(Day::parse(date).map(|day| day.likely), expect, "{date:?}");
    }

    #[test]
    fn reads_dates_and_times_and_nothing_else() {
        check("1970-01-01", Some(0));
        check("2000-03-01T10:00:00Z", Some(11_017));
        check("2024-02-29", Some(19_782));
        check("29 February 2024", None);
        check("2024-13-01", None);
        check("", None);
        check("29.02.2024", Some(19_782));
        check("29/02/2024 10:00", Some(19_782));
        check("02/29/2024", Some(19_782));
        check("02.29.2024", None);
        check("2/9/2024", None);
    }

    #[test]
    fn a_date_with_two_readings_is_as_near_as_it_may_be() {
        let gap = |a, b| Day::parse(a).unwrap().gap_days(Day::parse(b).unwrap());
        assert_eq!(gap("09/01/2017", "2017-09-03"), 2);
        assert_eq!(gap("09/01/2017", "2017-01-09"), 0);
        assert_eq!(gap("09.01.2017", "2017-09-03"), 237);
        assert_eq!(gap("19/01/2017", "2017-01-09"), 10);
    }
}
