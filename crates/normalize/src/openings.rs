//! Short lines above the first paragraph that have nothing to do with the story: who wrote it, the section
//! of the site, a place, a counter.
//!
//! A headline, however short, shares a word with the story that it heads; the name of a writer or a section
//! does not. So a line of a few capitalised words goes when none of them, nor a word that begins alike, occurs
//! in the paragraphs below.

use memchr::memmem::Finder;
use unecho_model::Span;

use crate::cutting::{self, Findings, Match};
use crate::ends;
use crate::layout::Layout;
use crate::lines::{self, Ending, Line};

/// Name of the structural rule.
pub(crate) const UNRELATED: &str = "head.unrelated-lines";

/// Fewest lines of prose of a text that is told from its head.
const PROSE_LINES_MIN: usize = 3;
/// Among so many first lines, so many lines may be unrelated.
const HEAD_LINES_MAX: usize = 24;
const UNRELATED_MAX: usize = 8;
/// Longest line, in words; in scripts without spaces, in characters.
const WORDS_MAX: u32 = 4;
const UNSPACED_CHARACTERS_MAX: usize = 4;
/// Words of so many letters are the same when these begin alike.
const STEM_LETTERS: usize = 5;
/// Longest word inside a name that need not be capitalised, in letters: `de`, `van`, `och`.
const PARTICLE_LETTERS_MAX: usize = 3;

/// The cuts above the first paragraph; `findings` are those before, cuts ascending, `title` is the one given
/// with the document.
pub(crate) fn cuts(text: &str, layout: &Layout, findings: &Findings, title: Option<&str>) -> Vec<Match> {
    let Some(first) = layout.prose.iter().position(|&prose| prose) else { return Vec::new() };
    let prose_lines = layout.prose.iter().filter(|&&prose| prose).take(PROSE_LINES_MIN).count();
    if first == 0 || first > HEAD_LINES_MAX || prose_lines < PROSE_LINES_MIN {
        return Vec::new();
    }
    let gone = ends::gone(layout, findings);
    let is_candidate = |at: &usize| {
        let line = layout.lines[*at];
        !gone[*at] && may_be_name(line, line.text(text)) && !findings.touch(line.span)
    };
    let candidates: Vec<Line> = (0..first).filter(is_candidate).map(|at| layout.lines[at]).collect();
    if candidates.is_empty() || candidates.len() > UNRELATED_MAX {
        return Vec::new();
    }
    let story = Story { text, layout, start: layout.lines[first].span.start(), title };
    let foreign = candidates.iter().filter(|line| !story.shares_a_word(line.text(text)));
    foreign.map(|line| cutting::structural(line.span, UNRELATED)).collect()
}

/// Whether a line may be a name: a few words, all of them capitalised or numbers, but for particles.
fn may_be_name(line: Line, written: &str) -> bool {
    if line.words > WORDS_MAX || line.ending != Ending::Open || written.ends_with([',', ';', '-', '–', '—'])
    {
        return false;
    }
    if written.contains(lines::is_unspaced) {
        return written.chars().count() <= UNSPACED_CHARACTERS_MAX && written.chars().all(lines::is_unspaced);
    }
    let is_name =
        |word: &str| word.chars().next().is_some_and(|first| first.is_uppercase() || first.is_numeric());
    let mut words = words_of(written).peekable();
    words.peek().is_some_and(|first| is_name(first))
        && words.all(|word| is_name(word) || word.chars().count() <= PARTICLE_LETTERS_MAX)
}

fn words_of(written: &str) -> impl Iterator<Item = &str> {
    written.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// The paragraphs of a text, from `start` on, and the title that was given with it.
struct Story<'t> {
    text: &'t str,
    layout: &'t Layout,
    start: usize,
    title: Option<&'t str>,
}

impl Story<'_> {
    /// Whether a word of `line`, or one that begins alike, is a word of the story.
    fn shares_a_word(&self, line: &str) -> bool {
        if line.contains(lines::is_unspaced) {
            return self.has(line);
        }
        words_of(line).flat_map(stems).any(|stem| self.has(&stem))
    }

    /// Whether `stem` begins a word of a paragraph or of the title, or is one when it is short.
    fn has(&self, stem: &str) -> bool {
        let stem = &Finder::new(stem);
        let is_in = |part: &str| {
            let mut places = stem.find_iter(part.as_bytes());
            places.any(|start| is_word(part, Span::of(start, start + stem.needle().len())))
        };
        let paragraphs = &self.text[self.start..];
        let is_told = |start: &usize| {
            let after = self.layout.lines.partition_point(|line| line.span.start() <= self.start + start);
            self.layout.prose[after - 1] && is_word(paragraphs, Span::of(*start, start + stem.needle().len()))
        };
        self.title.is_some_and(is_in) || stem.find_iter(paragraphs.as_bytes()).any(|start| is_told(&start))
    }
}

/// What a word or one like it begins with, as it may be written.
fn stems(word: &str) -> Vec<String> {
    let stem: String = word.chars().take(STEM_LETTERS).collect();
    let lower = stem.to_lowercase();
    let mut letters = lower.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let title: String = first.chain(letters).collect();
    let mut forms = vec![lower.to_uppercase(), title, lower, stem];
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// Whether what stands at `place` begins a word, and is one when it is shorter than a stem.
fn is_word(part: &str, place: Span) -> bool {
    let stem = &part[place.start()..place.end()];
    if stem.contains(lines::is_unspaced) {
        return true;
    }
    let continues = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !continues(part[..place.start()].chars().next_back())
        && (stem.chars().count() >= STEM_LETTERS || !continues(part[place.end()..].chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str =
        "The harbour company said on Monday that the ferry would sail again before the end of the week.";

    fn check(head: &str, title: Option<&str>, expect: &[&str]) {
        let text = format!("{head}\n{PROSE}\n{PROSE}\n{PROSE}");
        let found = cuts(&text, &Layout::of(&text), &Findings::default(), title);
        let found: Vec<&str> = found.iter().map(|cut| cut.span.slice(&text).unwrap()).collect();
        assert_eq!(found, expect, "{head:?}");
    }

    #[test]
    fn names_and_sections_go() {
        check("Ann Porter", None, &["Ann Porter"]);
        check(
            "NORTHERN CRISIS\nFerry sails again after the storm\nAnna van Hafen",
            None,
            &["NORTHERN CRISIS", "Anna van Hafen"],
        );
        check("渡辺洋介\nFerry sails again", None, &["渡辺洋介"]);
        check("Finanzmärkte\n47", None, &["Finanzmärkte", "47"]);
    }

    #[test]
    fn headlines_stay() {
        check("Ferry Sails", None, &[]);
        check("Harbours Closed", None, &[]);
        check("Northern Lights", Some("Northern lights - Harbour Post"), &[]);
        check("a note to sailors", None, &[]);
        check("Dear sailors,", None, &[]);
        check("Why Nobody Would Go There", None, &[]);
        check("北港の渡船再開", None, &[]);
    }

    #[test]
    fn texts_without_a_story_stay() {
        let text = format!("Ann Porter\n{PROSE}");
        assert!(cuts(&text, &Layout::of(&text), &Findings::default(), None).is_empty());
    }
}
