//! Dates as people write them, to `YYYY-MM-DD`, or RFC 3339 where a time with a zone is given.
//!
//! Only what can be understood without guessing: 03/04/2025 is left as written, 13/04/2025 is not.

use std::collections::HashMap;
use std::sync::LazyLock;

/// `written` as `YYYY-MM-DD` or RFC 3339, if it can be understood.
pub(crate) fn normalize(written: &str) -> Option<String> {
    let written = written.trim();
    if written.is_empty() || written.len() > 80 {
        return None;
    }
    iso(written).or_else(|| spelled(written)).or_else(|| numeric(written))
}

/// Whether `written` begins with the name of a day or month, and so names nobody.
pub(crate) fn is_day_or_month(written: &str) -> bool {
    let word = written
        .split(|c: char| !c.is_alphabetic())
        .find(|word| !word.is_empty())
        .unwrap_or("")
        .to_lowercase();
    WEEKDAYS.contains(&word.as_str()) || word.chars().count() > 3 && month_of(&word).is_some()
}

/// Days of the week that could be taken for names.
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// `written` as [`normalize`] has it, else trimmed.
pub(crate) fn normalize_or_keep(written: &str) -> String {
    normalize(written).unwrap_or_else(|| written.trim().to_owned())
}

/// ISO 8601: a date, or date and time; the time is kept when a zone makes it RFC 3339.
fn iso(written: &str) -> Option<String> {
    let date = written.get(..10)?;
    let bytes = date.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
    if !(digits(0..4) && digits(5..7) && digits(8..10)) || bytes[4] != bytes[7] || !b"-/.".contains(&bytes[4])
    {
        return None;
    }
    let day = date_of(date[..4].parse().ok()?, date[5..7].parse().ok()?, date[8..10].parse().ok()?)?;
    let rest = &written[10..];
    Some(zoned_time(rest).map_or(day.clone(), |time| format!("{day}T{time}")))
}

/// The time of day with zone in `rest` ("T10:00:00Z", " 10:00 +02:00"), as RFC 3339 writes it.
fn zoned_time(rest: &str) -> Option<String> {
    let rest = rest.strip_prefix(['T', 't', ' ', ','])?.trim();
    let time_end = rest.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.'))?;
    let (time, zone) = (&rest[..time_end], rest[time_end..].trim());
    let mut parts = time.split(':');
    let hours: u32 = parts.next()?.parse().ok()?;
    let minutes: u32 = parts.next()?.parse().ok()?;
    let seconds: u32 = parts.next().unwrap_or("0").split('.').next()?.parse().ok()?;
    if hours > 23 || minutes > 59 || seconds > 60 || parts.next().is_some() {
        return None;
    }
    Some(format!("{hours:02}:{minutes:02}:{:02}{}", seconds.min(59), zone_of(zone)?))
}

fn zone_of(zone: &str) -> Option<String> {
    if matches!(zone, "Z" | "z" | "GMT" | "UTC" | "UT" | "+0000" | "+00:00" | "-0000" | "+00") {
        return Some("Z".to_owned());
    }
    let sign = zone.chars().next().filter(|c| matches!(c, '+' | '-'))?;
    let digits: String = zone[1..].chars().filter(|&c| c != ':').collect();
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = (&digits[..2], digits.get(2..4).unwrap_or("00"));
    (hours <= "14" && minutes < "60").then(|| format!("{sign}{hours}:{minutes}"))
}

/// With a month in letters: "12 August 2025", "Aug 12, 2025 4:25pm EDT", "Tue, 12 Aug 2025 10:00:00 GMT".
fn spelled(written: &str) -> Option<String> {
    let lower = written.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '|'))
        .filter(|word| !word.is_empty())
        .collect();
    let month_at = words.iter().position(|word| month_of(word).is_some())?;
    let month = month_of(words[month_at])?;
    let day_before = month_at.checked_sub(1).and_then(|at| {
        let at = if matches!(words[at], "de" | "of") { at.checked_sub(1)? } else { at };
        day_of(words[at])
    });
    let mut rest = words[month_at + 1..].iter().copied().filter(|&word| !matches!(word, "de" | "del" | "of"));
    let (day, year) = match day_before {
        Some(day) => (day, year_of(rest.next()?)?),
        None => (day_of(rest.next()?)?, year_of(rest.next()?)?),
    };
    let date = date_of(year, month, day)?;
    let time = written.to_lowercase();
    let time = time.find(&year.to_string()).and_then(|at| zoned_time(&time[at + 4..].to_uppercase()));
    Some(time.map_or(date.clone(), |time| format!("{date}T{time}")))
}

fn day_of(word: &str) -> Option<u32> {
    let digits = word.trim_end_matches(|c: char| c.is_alphabetic() || matches!(c, '.' | 'º'));
    let ending = &word[digits.len()..];
    let known = matches!(ending, "" | "." | "st" | "nd" | "rd" | "th" | "er" | "º");
    digits.parse().ok().filter(|day| known && (1..=31).contains(day))
}

fn year_of(word: &str) -> Option<u32> {
    let digits = word.trim_end_matches(['.', ';', ':', 'г', '年']);
    digits.parse().ok().filter(|year| digits.len() == 4 && (1900..=2100).contains(year))
}

fn month_of(word: &str) -> Option<u32> {
    static NUMBERS: LazyLock<HashMap<&str, u32>> = LazyLock::new(|| {
        MONTHS.iter().flat_map(|(names, month)| names.split(' ').map(|name| (name, *month))).collect()
    });
    NUMBERS.get(word.trim_end_matches('.')).copied()
}

/// Month names and abbreviations: English, German, French, Spanish, Italian, Portuguese, Dutch,
/// Russian, Ukrainian, Arabic.
const MONTHS: [(&str, u32); 12] = [
    (
        "january jan januar jänner janvier janv enero ene gennaio gen janeiro januari января янв січня يناير",
        1,
    ),
    (
        "february feb februar februari fév février févr febrero febbraio fevereiro fev февраля фев лютого فبراير",
        2,
    ),
    ("march mar märz mrz mars marzo março maart mrt марта мар березня مارس", 3),
    ("april apr avril avr abril abr aprile апреля апр квітня أبريل ابريل", 4),
    ("may mai mayo maggio mag maio mei мая травня مايو", 5),
    ("june jun juni juin junio giugno giu junho июня июн червня يونيو", 6),
    ("july jul juli juillet juil julio luglio lug julho июля июл липня يوليو", 7),
    ("august aug août aout agosto ago augustus августа авг серпня أغسطس", 8),
    ("september sep sept septembre septiembre settembre set setembro сентября сен вересня سبتمبر", 9),
    ("october oct oktober okt octobre octubre ottobre ott outubro out октября окт жовтня أكتوبر", 10),
    ("november nov novembre noviembre novembro ноября ноя листопада نوفمبر", 11),
    ("december dec dezember dez décembre déc diciembre dic dicembre dezembro декабря дек грудня ديسمبر", 12),
];

/// Digits only, day first or month first where only one can be: "31.12.2025", "12/31/2025".
fn numeric(written: &str) -> Option<String> {
    let first = written.split([' ', ',']).next()?;
    let separator = first.chars().find(|c| matches!(c, '.' | '/' | '-'))?;
    let mut parts = first.split(separator);
    let (first, second): (u32, u32) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let year = year_of(parts.next()?)?;
    if parts.next().is_some() {
        return None;
    }
    match (first, second) {
        (month, day) if day > 12 => date_of(year, month, day),
        (day, month) if day > 12 || day == month || separator == '.' => date_of(year, month, day),
        _ => None,
    }
}

fn date_of(year: u32, month: u32, day: u32) -> Option<String> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    ((1..=days).contains(&day) && (1000..=2999).contains(&year))
        .then(|| format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn understands_what_is_unambiguous() {
        for (written, expect) in [
            ("2025-08-12", Some("2025-08-12")),
            ("2025-08-12T10:00:00+02:00", Some("2025-08-12T10:00:00+02:00")),
            ("2025-08-12T10:00:00.123Z", Some("2025-08-12T10:00:00Z")),
            ("2025-08-12 10:00:00", Some("2025-08-12")),
            ("12 August 2025", Some("2025-08-12")),
            ("August 12, 2025", Some("2025-08-12")),
            ("Fri Oct 20, 2006 4:25pm EDT", Some("2006-10-20")),
            ("Tue, 12 Aug 2025 10:00:00 GMT", Some("2025-08-12T10:00:00Z")),
            ("Tue, 12 Aug 2025 10:00:00 +0200", Some("2025-08-12T10:00:00+02:00")),
            ("12. März 2024", Some("2024-03-12")),
            ("12 de agosto de 2025", Some("2025-08-12")),
            ("1er juillet 2024", Some("2024-07-01")),
            ("12 августа 2025 г.", Some("2025-08-12")),
            ("31.12.2025", Some("2025-12-31")),
            ("12/31/2025", Some("2025-12-31")),
            ("31/12/2025 08:15", Some("2025-12-31")),
            ("03/04/2025", None),
            ("2025-02-30", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(normalize(written).as_deref(), expect, "{written}");
        }
        assert_eq!(normalize_or_keep(" 03/04/2025 "), "03/04/2025");
    }
}
