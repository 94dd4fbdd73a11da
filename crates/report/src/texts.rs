//! Texts side by side, with what both share marked.

use maud::{Markup, html};
use unecho_model::{Passage, Span};
use unecho_text::visible;

/// Longest part of a text that is shown, in bytes.
const TEXT_BYTES_MAX: usize = 6000;

/// One of two texts.
pub(crate) struct Side<'a> {
    /// What it is in the comparison, such as "dropped".
    pub(crate) role: &'a str,
    pub(crate) text: &'a str,
}

/// Two texts beside each other: passages have their spans in both.
pub(crate) fn side_by_side(a: &Side<'_>, b: &Side<'_>, passages: &[Passage]) -> Markup {
    let of_a = passages.iter().map(|passage| passage.a).collect();
    let of_b = passages.iter().map(|passage| passage.b).collect();
    html! {
        div class="sides" {
            div { h4 { (visible(a.role)) } (marked(a.text, of_a)) }
            div { h4 { (visible(b.role)) } (marked(b.text, of_b)) }
        }
    }
}

/// The text with the spans marked; overlapping spans are merged, a long text is cut.
fn marked(text: &str, mut spans: Vec<Span>) -> Markup {
    spans.sort_unstable();
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut parts: Vec<(&str, bool)> = Vec::new();
    let mut at = 0;
    for span in spans {
        let (start, stop) = (span.start().max(at), span.end().min(end));
        if start < stop && text.is_char_boundary(start) && text.is_char_boundary(stop) {
            parts.push((&text[at..start], false));
            parts.push((&text[start..stop], true));
            at = stop;
        }
    }
    parts.push((&text[at..end], false));
    html! {
        p class="text" dir="auto" {
            @for (part, is_shared) in parts {
                @if is_shared { mark { (visible(part)) } } @else { (visible(part)) }
            }
            @if end < text.len() { " […]" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_do_not_fit_are_left_unmarked() {
        let page = marked("é", vec![Span::new(1, 2), Span::new(0, 99)]).into_string();
        assert!(page.contains('é'));
    }
}
