//! A light English suffix stripper for matching: plural, `-ing`, `-ed`, `-ly`, final `e`.
//!
//! It makes "reported", "reporting" and "reports" one stem and is cheap; it does not know irregular
//! forms, and it leaves words with other than ASCII letters, and so most other languages' words,
//! alone. Stems are for comparing, never for showing.

use std::borrow::Cow;

/// Name and version of the rules; whatever persists hashes of stems keeps it beside them.
pub const STEM_SCHEME: &str = "stem-v1";

/// Verbal and adverbial endings, longest first; at most one is cut.
const ENDINGS: [&str; 5] = ["ingly", "edly", "ing", "ed", "ly"];

/// Words shorter than this are their own stem.
const LETTERS_MIN: usize = 4;

/// The stem of a folded word (see [`fold`](crate::fold)).
#[must_use]
pub fn stem(word: &str) -> Cow<'_, str> {
    if word.len() < LETTERS_MIN || !word.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Cow::Borrowed(word);
    }
    match word.strip_suffix("ies") {
        Some(root) if word.len() > LETTERS_MIN => Cow::Owned(format!("{root}y")),
        _ => Cow::Borrowed(without_final_e(without_ending(without_plural(word)))),
    }
}

/// `cases` to `case`, `classes` to `class`; `glass`, `virus` and `basis` stay.
fn without_plural(word: &str) -> &str {
    if let Some(root) = word.strip_suffix("es").filter(|root| root.ends_with("ss")) {
        return root;
    }
    match word.strip_suffix('s') {
        Some(root) if !root.ends_with(['s', 'u', 'i']) => root,
        _ => word,
    }
}

/// Cuts one of [`ENDINGS`] where three letters stay, and undoes the doubling (`stopp-ed`).
fn without_ending(word: &str) -> &str {
    let Some(root) =
        ENDINGS.iter().find_map(|ending| word.strip_suffix(ending).filter(|root| root.len() >= 3))
    else {
        return word;
    };
    match root.as_bytes() {
        [.., before, last] if root.len() > 3 && before == last && !b"lsz".contains(last) => {
            &root[..root.len() - 1]
        }
        _ => root,
    }
}

fn without_final_e(word: &str) -> &str {
    word.strip_suffix('e').filter(|root| root.len() >= LETTERS_MIN).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &[&str], expect: &str) {
        for word in words {
            assert_eq!(stem(word), expect, "{word}");
        }
    }

    #[test]
    fn forms_of_one_word_meet() {
        check(&["report", "reports", "reported", "reporting", "reportedly"], "report");
        check(&["stop", "stops", "stopped", "stopping"], "stop");
        check(&["decide", "decides", "decided", "deciding"], "decid");
        check(&["country", "countries"], "country");
        check(&["class", "classes"], "class");
        check(&["increasingly", "increase", "increased"], "increas");
    }

    #[test]
    fn what_only_looks_like_an_ending_stays() {
        check(&["glass"], "glass");
        check(&["virus"], "virus");
        check(&["basis"], "basis");
        check(&["ring"], "ring");
        check(&["red"], "red");
        check(&["pies"], "pie");
        check(&["tell", "telling"], "tell");
    }

    #[test]
    fn short_foreign_and_numeric_words_stay() {
        check(&["was"], "was");
        check(&[""], "");
        check(&["2024s"], "2024s");
        check(&["économies"], "économies");
        check(&["новости"], "новости");
    }
}
