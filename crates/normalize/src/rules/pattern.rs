//! One pattern of a rule, compiled when it is first tried: most runs need few of them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use regex_automata::Input;
use regex_automata::meta::{Config, Regex};
use regex_automata::util::captures::Captures;
use regex_automata::util::syntax;

use super::{Case, Unit};

/// Largest compiled form of one pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 2 << 20;
/// From so many tries on a prefix is tried often: what its automata cost was made up for.
const TRIES_OFTEN: u32 = 1000;
/// Names of captures that have a meaning.
const CAPTURES: [&str; 4] = ["source", "agency", "author", "date"];

/// What may stand around a line or sentence: white space, punctuation, symbols. Ranges instead of the
/// classes of Unicode, hundreds of ranges that every pattern would compile twice.
const MARKS: &str = r"(?-i:[\s!-/:-@\[-`{-~\xa1-\xa9\xab-\xb1\xb4\xb6-\xb8\xbb\xbf\u{60c}\u{61b}\u{61f}\u{6d4}\u{964}\u{2010}-\u{2064}\u{20a0}-\u{20bf}\u{2116}\u{2122}\u{2190}-\u{2bff}\u{3001}-\u{3003}\u{3008}-\u{3020}\u{30fb}\u{fe0e}\u{fe0f}\u{ff01}-\u{ff0f}\u{ff1a}-\u{ff20}\u{ff3b}-\u{ff40}\u{ff5b}-\u{ff65}\u{1f000}-\u{1faff}]*)";

/// A pattern, anchored as the unit of its rule asks.
#[derive(Debug)]
pub(crate) struct Pattern {
    anchored: String,
    case: Case,
    unit: Unit,
    tries: AtomicU32,
    regex: OnceLock<Regex>,
    /// The same for a pattern that is tried often.
    quick: OnceLock<Regex>,
}

/// What walks a text for a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Automata {
    /// What simulates the pattern's states.
    Plain,
    /// Automata besides, which are larger: made when the pattern is compiled, or lazily of what is read.
    Lazy,
}

impl Pattern {
    /// The pattern `written` in a rule for `unit`. Nothing is checked yet.
    pub(super) fn new(written: &str, unit: Unit, case: Case) -> Self {
        let anchored = match unit {
            Unit::Line
            | Unit::Sentence
            | Unit::Opener
            | Unit::Section
            | Unit::Heading
            | Unit::Box
            | Unit::Closer => {
                format!("^{MARKS}(?:{written}){MARKS}$")
            }
            Unit::Prefix => format!(r"^\s*(?:{written})"),
            Unit::Suffix => format!(r"(?:{written})\s*$"),
        };
        Self {
            anchored: plain_words(&anchored),
            case,
            unit,
            tries: AtomicU32::new(0),
            regex: OnceLock::new(),
            quick: OnceLock::new(),
        }
    }

    /// Compiles the pattern now.
    ///
    /// # Errors
    /// What is wrong with it, on one line.
    pub(super) fn check(&self) -> Result<(), String> {
        let regex = self.compile(self.automata())?;
        match regex
            .group_info()
            .all_names()
            .filter_map(|(_, _, name)| name)
            .find(|name| !CAPTURES.contains(name))
        {
            Some(name) => Err(format!("a capture is named {name}; known are {}", CAPTURES.join(", "))),
            None => {
                self.regex.get_or_init(|| regex);
                Ok(())
            }
        }
    }

    /// The captures of a match in `part`.
    pub(super) fn captures(&self, part: &str) -> Option<Captures> {
        let checked = "patterns of given rules are checked on loading, embedded ones by a test";
        let regex = if self.count_try() {
            // What is compiled twice, there and back, may be too large.
            let quick = || self.compile(Automata::Lazy).or_else(|_| self.compile(Automata::Plain));
            self.quick.get_or_init(|| quick().expect(checked))
        } else {
            self.regex.get_or_init(|| self.compile(self.automata()).expect(checked))
        };
        if !regex.is_match(part) {
            return None;
        }
        let mut captures = regex.create_captures();
        regex.search_captures(&Input::new(part), &mut captures);
        captures.is_match().then_some(captures)
    }

    /// A pattern that begins where the part begins is tried once on a part that is mostly short: automata for it would
    /// cost more, in time and in memory on each thread, than they save. A suffix may begin anywhere.
    fn automata(&self) -> Automata {
        if self.unit == Unit::Suffix { Automata::Lazy } else { Automata::Plain }
    }

    /// Counts a try of a prefix, and tells whether there were many: prefixes are tried on every text that names an
    /// agency, and the part goes on behind them.
    fn count_try(&self) -> bool {
        self.unit == Unit::Prefix
            && (self.tries.load(Ordering::Relaxed) >= TRIES_OFTEN
                || self.tries.fetch_add(1, Ordering::Relaxed) >= TRIES_OFTEN)
    }

    fn compile(&self, automata: Automata) -> Result<Regex, String> {
        let is_lazy = automata == Automata::Lazy;
        let config = Config::new()
            .nfa_size_limit(Some(PATTERN_BYTES_MAX))
            .hybrid(is_lazy)
            .dfa(is_lazy)
            .onepass(is_lazy);
        Regex::builder()
            .configure(config)
            .syntax(syntax::Config::new().case_insensitive(self.case == Case::Ignore))
            .build(&self.anchored)
            .map_err(|error| match (error.syntax_error(), error.size_limit()) {
                (Some(wrong), _) => wrong.to_string().lines().last().unwrap_or_default().trim().to_owned(),
                (None, Some(limit)) => format!("its compiled form is larger than {limit} bytes"),
                (None, None) => error.to_string(),
            })
    }
}

/// Letters, in few ranges: of all scripts, and what little stands between their blocks. The class `\p{L}` has some
/// 650 ranges, and compiling it is most of what a pattern costs.
const LETTER: &str = r"A-Za-z\u{aa}\u{b5}\u{ba}\u{c0}-\u{d6}\u{d8}-\u{f6}\u{f8}-\u{1fff}\u{2c00}-\u{2dff}\u{3005}-\u{3007}\u{3041}-\u{d7ff}\u{f900}-\u{faff}\u{fe70}-\u{fefc}\u{ff21}-\u{ff3a}\u{ff41}-\u{ff5a}\u{ff66}-\u{ffdc}\u{10000}-\u{1efff}\u{20000}-\u{3ffff}";
/// What else there is in words.
const DIGIT: &str = r"0-9_\u{ff10}-\u{ff19}";

/// `pattern` with `\w` and `\p{L}` in few ranges; these hold both cases, so that nothing needs folding. Classes that
/// exclude are left as they are.
fn plain_words(pattern: &str) -> String {
    let mut plain = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(at) = rest.find(['\\', '[']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = if rest.starts_with('[') { class_bytes(rest) } else { escape_bytes(rest) };
        let (piece, after) = rest.split_at(length);
        let has_words = piece.contains(r"\w") || piece.contains(r"\p{L}");
        // An upper-case class stands for both cases only while case is ignored.
        if has_words && !piece.starts_with("[^") && !piece.contains(r"\p{Lu}") {
            plain.push_str(if piece.starts_with('[') { "(?-i:" } else { "(?-i:[" });
            plain.push_str(&piece.replace(r"\w", &[LETTER, DIGIT].concat()).replace(r"\p{L}", LETTER));
            plain.push_str(if piece.starts_with('[') { ")" } else { "])" });
        } else {
            plain.push_str(piece);
        }
        rest = after;
    }
    plain + rest
}

/// Length of the escape at the beginning of `pattern`.
fn escape_bytes(pattern: &str) -> usize {
    let class_ends = pattern.starts_with(r"\p{").then(|| pattern.find('}')).flatten();
    class_ends.map_or_else(|| 1 + pattern[1..].chars().next().map_or(0, char::len_utf8), |end| end + 1)
}

/// Length of the bracketed class at the beginning of `pattern`.
fn class_bytes(pattern: &str) -> usize {
    let (mut depth, mut is_escaped) = (0, false);
    for (at, c) in pattern.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '[' => depth += 1,
            ']' if at > 1 => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + c.len_utf8();
        }
    }
    pattern.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_of_all_scripts_and_in_any_case() {
        let pattern = Pattern::new(r"ab\w+ [\w’-]+ [^\w]", Unit::Line, Case::Ignore);
        for (line, expect) in [
            ("ABc d’e-f !", true),
            ("abÉ Größe !", true),
            ("abпаром 港湾 !", true),
            ("ab كلمة !", false),
            ("abميناء كلمة !", true),
            ("ab– x !", false),
            ("abc d e", false),
        ] {
            assert_eq!(pattern.captures(line).is_some(), expect, "{line}");
        }
    }

    #[test]
    fn prefixes_that_are_tried_often_match_as_before() {
        let pattern = Pattern::new(r"\p{Lu}+ \((?P<agency>\w+)\) -", Unit::Prefix, Case::Exact);
        let agency_of = |part: &str| pattern.captures(part)?.get_group_by_name("agency");
        for _ in 0..TRIES_OFTEN {
            assert_eq!(agency_of("LIMA (EFE) - It rains."), Some((6..9).into()));
            assert_eq!(agency_of("It rains in LIMA (EFE) - again."), None);
        }
        assert!(pattern.regex.get().is_some() && pattern.quick.get().is_some());
        let suffix = Pattern::new(r"\((?P<agency>\w+)\)", Unit::Suffix, Case::Exact);
        (0..=TRIES_OFTEN).for_each(|_| assert!(suffix.captures("It rains. (EFE)").is_some()));
        assert!(suffix.quick.get().is_none());
    }

    #[test]
    fn prefixes_that_have_no_room_for_automata_go_on_without() {
        let pattern = Pattern::new(r"[\p{Lu} ]{2,150}:", Unit::Prefix, Case::Exact);
        assert_eq!(pattern.check(), Ok(()));
        assert!(pattern.compile(Automata::Lazy).is_err(), "or the test shows nothing");
        (0..=TRIES_OFTEN).for_each(|_| assert!(pattern.captures("IN THE HARBOUR: ships.").is_some()));
    }

    #[test]
    fn other_classes_stay_as_written() {
        for same in [r"[^\w]", r"\p{Lu}", r"[a\]b]", r"\d\\w", r"[\w\p{Lu}]", "no class", r"\"] {
            assert_eq!(plain_words(same), same);
        }
        assert_eq!(plain_words(r"[\p{L}-]+x"), format!("(?-i:[{LETTER}-])+x"));
        assert_eq!(plain_words(r"\p{L}\p{Ll}"), format!(r"(?-i:[{LETTER}])\p{{Ll}}"));
    }
}
