//! Day numbers of publication dates, for the gap between two.

/// Days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day(i32);

impl Day {
    /// The day of a date written `YYYY-MM-DD` or RFC 3339, as written; any other form gives `None`.
    pub(crate) fn parse(date: &str) -> Option<Self> {
        let date = date.as_bytes();
        let digits = |range: std::ops::Range<usize>| {
            date.get(range)?.iter().try_fold(0_i32, |number, digit| {
                digit.is_ascii_digit().then(|| number * 10 + i32::from(digit - b'0'))
            })
        };
        if date.get(4) != Some(&b'-') || date.get(7) != Some(&b'-') {
            return None;
        }
        let (year, month, day) = (digits(0..4)?, digits(5..7)?, digits(8..10)?);
        let real = (1..=12).contains(&month) && (1..=31).contains(&day);
        real.then(|| Self(days_from_civil(year, month, day)))
    }

    /// Days between the two.
    pub(crate) const fn gap_days(self, other: Self) -> u32 {
        self.0.abs_diff(other.0)
    }
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
        assert_eq!(Day::parse(date).map(|day| day.0), expect, "{date:?}");
    }

    #[test]
    fn reads_dates_and_times_and_nothing_else() {
        check("1970-01-01", Some(0));
        check("2000-03-01T10:00:00Z", Some(11_017));
        check("2024-02-29", Some(19_782));
        check("29 February 2024", None);
        check("2024-13-01", None);
        check("", None);
    }
}
