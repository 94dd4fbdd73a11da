//! Text for people: counts, sizes, two columns side by side, and harmless display of foreign text.

pub(crate) use unecho_text::thousands;

/// Foreign text on one line, harmless.
pub(crate) fn visible(text: &str) -> String {
    unecho_text::visible(&text.replace(['\n', '\t'], " "))
}

/// At most `chars` characters of `text`, with an ellipsis where it was cut.
pub(crate) fn shortened(text: &str, chars: usize) -> String {
    let text = visible(text.trim());
    if text.chars().count() <= chars {
        return text;
    }
    let mut short: String = text.chars().take(chars.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Two texts wrapped in columns of `width` characters each, line by line.
pub(crate) fn side_by_side(left: &str, right: &str, width: usize) -> Vec<String> {
    let (left, right) = (textwrap::wrap(left, width), textwrap::wrap(right, width));
    (0..left.len().max(right.len()))
        .map(|at| {
            let (l, r) = (left.get(at).map_or("", |l| l), right.get(at).map_or("", |r| r));
            let padding = width.saturating_sub(textwrap::core::display_width(l));
            format!("{l}{} │ {r}", " ".repeat(padding)).trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_texts() {
        assert_eq!(visible("a\u{1b}[31m\nb\u{202e}"), "a\\u{1b}[31m b\\u{202e}");
        assert_eq!(shortened("abcdef", 4), "abc…");
        assert_eq!(side_by_side("one two", "uno", 4), ["one  │ uno", "two  │"]);
    }
}
