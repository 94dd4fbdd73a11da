//! The lines that belong to a line that a rule matched: the links below an opener, the rest of a text, a
//! box up to the line that ends it.
//!
//! Which lines rules match is in `cutting`.

use crate::layout::Layout;
use crate::lines::{self, Ending, Line};
use crate::rules::Rule;

/// Most words of an entry of a list of links.
const ENTRY_WORDS_MAX: u32 = 45;
/// Most lines of a list of links without bullets, at the tail and between paragraphs.
const TAIL_ENTRIES_MAX: usize = 12;
const INNER_ENTRIES_MAX: usize = 5;
/// Most lines of such a list between paragraphs that nothing but its opener announces, and their fewest
/// words: a shorter line may be a sub-heading, unless it is the only one, the name of a section above it aside,
/// and the longest such name.
const TEASERS_MAX: usize = 3;
const TEASER_WORDS_MIN: u32 = 6;
const SECTION_WORDS_MAX: u32 = 2;
/// Longest opener that needs a link below it, in words; fewest words of a headline.
const OPENER_WORDS_MAX: u32 = 4;
const HEADLINE_WORDS_MIN: u32 = 3;
/// Most lines and words of a box.
const BOX_LINES_MAX: usize = 16;
const BOX_WORDS_MAX: u32 = 400;
/// Most lines above the line that ends a box, of a box that nothing but its heading begins.
const OPEN_BOX_LINES_MAX: usize = 6;

/// Looks for the lines around a line.
pub(crate) struct Blocks<'t> {
    pub(crate) text: &'t str,
    pub(crate) layout: &'t Layout,
}

impl Blocks<'_> {
    /// The line after the list of links that line `at` opens.
    pub(crate) fn list_end(&self, at: usize) -> usize {
        let lines = &self.layout.lines;
        let is_bullet =
            |line: &Line| lines::bullet_bytes(line.text(self.text)) > 0 && line.words <= ENTRY_WORDS_MAX;
        let bullets = lines[at + 1..].iter().take_while(|line| is_bullet(line)).count();
        if bullets > 0 {
            return at + 1 + bullets;
        }
        let bare = lines[at + 1..].iter().take_while(|line| line.is_headline_like(self.text)).count();
        let are_teasers = |lines: &[Line]| lines.iter().all(|line| line.words >= TEASER_WORDS_MIN);
        let prose_follows = self.layout.prose[at + 1 + bare..].contains(&true);
        let taken = match (prose_follows, lines[at].ending) {
            (false, _) if bare <= TAIL_ENTRIES_MAX => bare,
            (true, Ending::Colon) if bare <= INNER_ENTRIES_MAX => bare,
            (true, _) if bare <= TEASERS_MAX && are_teasers(&lines[at + 1..at + 1 + bare]) && bare > 0 => {
                bare
            }
            (true, _) => self.short_teaser(at),
            (false, _) => 0,
        };
        at + 1 + taken
    }

    /// Number of lines of a single short link between paragraphs, right below the opener at line `at`. What
    /// stands above the first paragraph may be the headline, and an opener that goes on has its link in itself.
    fn short_teaser(&self, at: usize) -> usize {
        let lines = &self.layout.lines;
        let is_bare = |line: &Line| {
            line.words < HEADLINE_WORDS_MIN && line.ending == Ending::Open || line.is_headline_like(self.text)
        };
        let run = lines[at + 1..].iter().take_while(|line| is_bare(line)).count();
        let narrates = self.layout.prose[..at].contains(&true);
        let is_whole = lines[at].words <= OPENER_WORDS_MAX && !lines[at].text(self.text).contains([':', '|']);
        let is_one = run == 1 || run == 2 && lines[at + 1].words <= SECTION_WORDS_MAX;
        if narrates && is_whole && is_one { run } else { 0 }
    }

    /// The end of the text, when no prose follows line `at`.
    pub(crate) fn section_end(&self, at: usize) -> Option<usize> {
        (!self.layout.prose[at + 1..].contains(&true)).then_some(self.layout.lines.len())
    }

    /// The line after the paragraph that line `at` heads.
    pub(crate) fn headed_end(&self, at: usize) -> usize {
        (at + 2).min(self.layout.lines.len())
    }

    /// The line after the one that ends the box that line `at` opens, as `rule` says.
    pub(crate) fn box_end(&self, at: usize, rule: &Rule) -> Option<usize> {
        let lines = &self.layout.lines;
        let within = at + 1..lines.len().min(at + BOX_LINES_MAX);
        let last = within.into_iter().find(|&at| rule.ends_box(lines[at].text(self.text)))?;
        let words: u32 = lines[at..=last].iter().map(|line| line.words).sum();
        (words <= BOX_WORDS_MAX).then_some(last + 1)
    }

    /// The heading of the box that line `at` ends; that line itself when there is none.
    pub(crate) fn box_start(&self, at: usize) -> usize {
        let lines = &self.layout.lines;
        let is_heading = |at: &usize| !self.layout.prose[*at] && lines[*at].is_headline_like(self.text);
        (at.saturating_sub(OPEN_BOX_LINES_MAX).max(1)..at).rev().find(is_heading).unwrap_or(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str =
        "The harbour company said on Monday that the ferry would sail again before the end of the week.";

    /// What the opener, between two paragraphs, takes with it.
    fn listed(above: &str, opener: &str, below: &str) -> String {
        let text = format!("{above}\n{opener}\n{below}\n{PROSE}");
        let layout = Layout::of(&text);
        let at = layout.lines.iter().position(|line| line.text(&text) == opener).unwrap();
        let end = Blocks { text: &text, layout: &layout }.list_end(at);
        let lines: Vec<&str> = layout.lines[at + 1..end].iter().map(|line| line.text(&text)).collect();
        lines.join("\n")
    }

    #[test]
    fn an_opener_takes_its_links() {
        let (long, short) = ("Storm closes all of the northern ports", "Storm closes port");
        for (opener, below, expect) in [
            ("Read also", long, long),
            ("Read also", short, short),
            ("Read also", "Weather\nStorm closes port", "Weather\nStorm closes port"),
            ("Read also", "Storm closes port\nA long night", ""),
            ("Read also: New pier", short, ""),
            ("Read also:", "Storm closes port\nA long night", "Storm closes port\nA long night"),
        ] {
            assert_eq!(listed(PROSE, opener, below), expect, "{opener} {below}");
        }
        assert_eq!(listed("Harbour Post", "Read also", short), "", "this may be the headline");
    }

    #[test]
    fn a_box_without_an_opener_begins_with_its_heading() {
        let text = format!("{PROSE}\nThe northern ferries\n{PROSE}\nEnd of the box");
        let layout = Layout::of(&text);
        let blocks = Blocks { text: &text, layout: &layout };
        assert_eq!((blocks.box_start(3), blocks.box_start(1)), (1, 1));
        assert_eq!(blocks.headed_end(1), 3);
        assert_eq!(blocks.headed_end(3), 4);
    }
}
