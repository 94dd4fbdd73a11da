//! Foreign text shown to people: nothing in it may move a cursor, change colours, hide or reverse.

/// `text` with control, bidirectional and zero-width characters as escapes such as `\\u{202e}`; line
/// feeds stay.
#[must_use]
pub fn visible(text: &str) -> String {
    if !text.contains(is_hidden) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

fn is_hidden(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c,
            '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_shown() {
        assert_eq!(
            visible("a\u{1b}[31m\u{202e}b\u{2028}\u{feff}"),
            "a\\u{1b}[31m\\u{202e}b\\u{2028}\\u{feff}"
        );
        assert_eq!(
            visible("two\nlines, naïve, 東京, می\u{200c}خواهم"),
            "two\nlines, naïve, 東京, می\u{200c}خواهم"
        );
    }
}
