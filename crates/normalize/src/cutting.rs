//! Trying the rules on the lines of a text: which are tried where, what guards prose, and what a
//! match takes with it.
//!
//! Works on the text after line repair; spans are in it. Which lines a match takes with it is in `blocks`;
//! turning spans into spans of raw is left to `article`.

use regex_automata::util::captures::Captures;
use unecho_model::{AttributionKind, Span};

use crate::blocks::Blocks;
use crate::layout::{self, Layout};
use crate::lines::{self, Ending, Line};
use crate::rules::{Certainty, Rule, RuleSet, Treatment, Triggered, Unit, Zone};

/// Name of the structural rule for menus run together into one line.
pub(crate) const NAV_BLOB: &str = "nav.blob";

/// Longer lines are looked at only at both ends, in words.
const WHOLE_LINE_WORDS_MAX: u32 = 60;
/// How much of the ends of a longer line is looked at, in bytes.
const LINE_START_BYTES: usize = 200;
const LINE_END_BYTES: usize = 800;
/// Longest sentence, and longest other ending, that a rule is tried on, in bytes.
const SENTENCE_BYTES: usize = 480;
const SUFFIX_BYTES: usize = 1200;
/// A line of so many words with a sentence in it is cut only by rules certain enough.
const PROSE_WORDS_MIN: u32 = 30;
/// What the names of rules for single links to other stories begin with.
const LINK_RULES: &str = "related.read";
/// Most cuts at the ends of one line.
const CUTS_A_LINE_MAX: usize = 8;
/// Among so many first lines a menu is looked for.
const BLOB_LINES: usize = 4;
/// With so many lines of prose behind it, a menu is no article by itself.
const BLOB_PROSE_LINES_MIN: usize = 3;

/// A name found in a text and its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Credit {
    pub(crate) kind: AttributionKind,
    pub(crate) span: Span,
}

/// A span that a rule matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) span: Span,
    pub(crate) rule: String,
    pub(crate) credits: Vec<Credit>,
    pub(crate) date: Option<Span>,
    pub(crate) certainty: Certainty,
    pub(crate) truncates: bool,
}

/// Everything the rules found, each list ascending and disjoint.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// To be cut.
    pub(crate) cuts: Vec<Match>,
    /// To stay, unmatched.
    pub(crate) unmatched: Vec<Match>,
    /// Corrections.
    pub(crate) corrections: Vec<Span>,
    /// Prompts and entries of menus, cut or not: signs of page furniture.
    pub(crate) signs: Vec<Span>,
}

impl Findings {
    /// Whether any of it, signs aside, touches `span`.
    pub(crate) fn touch(&self, span: Span) -> bool {
        let touches = |found: Option<Span>| found.is_some_and(|found| found.overlaps(span));
        let is_before = |found: Span| found.end() <= span.start();
        let (cuts, unmatched) = (&self.cuts, &self.unmatched);
        touches(cuts.get(cuts.partition_point(|cut| is_before(cut.span))).map(|cut| cut.span))
            || touches(
                unmatched
                    .get(unmatched.partition_point(|found| is_before(found.span)))
                    .map(|found| found.span),
            )
            || touches(
                self.corrections.get(self.corrections.partition_point(|&found| is_before(found))).copied(),
            )
    }
}

/// What looks at the lines of one text.
struct Cutter<'t> {
    text: &'t str,
    layout: &'t Layout,
    rules: &'t RuleSet,
    triggered: Triggered,
    findings: Findings,
}

/// Tries `rules` on the first `lines_max` lines of `text`.
pub(crate) fn find(text: &str, layout: &Layout, rules: &RuleSet, lines_max: usize) -> Findings {
    let mut cutter =
        Cutter { text, layout, rules, triggered: Triggered::default(), findings: Findings::default() };
    let mut at = 0;
    while at < layout.lines.len().min(lines_max) {
        at = cutter.line(at);
    }
    cutter.findings
}

impl Cutter<'_> {
    /// Looks at line `at`; returns the line to look at next.
    fn line(&mut self, at: usize) -> usize {
        let line = self.layout.lines[at];
        self.trigger(line);
        if self.triggered.is_empty() && at >= BLOB_LINES {
            return at + 1;
        }
        if self.correction(at, line) {
            return at + 1;
        }
        self.sign(at, line);
        if let Some(next) = self.whole(at, line) {
            return next;
        }
        if at < BLOB_LINES
            && self.layout.is_head(at)
            && layout::is_menu_blob(line.text(self.text), line.words)
        {
            let mut blob = structural(line.span, NAV_BLOB);
            if self.layout.prose[at..].iter().filter(|&&prose| prose).count() >= BLOB_PROSE_LINES_MIN {
                blob.certainty = Certainty::Sure;
            }
            self.findings.cuts.push(blob);
            return at + 1;
        }
        let start = self.prefixes(at, line);
        self.endings(at, line, start);
        at + 1
    }

    fn trigger(&mut self, line: Line) {
        let part = line.text(self.text);
        if line.words <= WHOLE_LINE_WORDS_MAX || part.len() <= LINE_START_BYTES + LINE_END_BYTES {
            self.rules.trigger(part, line.words, &mut self.triggered);
        } else {
            let start = part.floor_char_boundary(LINE_START_BYTES);
            let end = part.ceil_char_boundary(part.len() - LINE_END_BYTES);
            self.rules.trigger_both(&part[..start], &part[end..], &mut self.triggered);
        }
    }

    /// Flags the line when it is a correction.
    fn correction(&mut self, at: usize, line: Line) -> bool {
        let part = line.text(self.text);
        let found = self
            .tried(at, |rule| rule.treatment == Treatment::Correction)
            .any(|rule| rule.captures(part).is_some());
        if found {
            self.findings.corrections.push(line.span);
        }
        found
    }

    /// Notes the line when it is an entry of a menu.
    fn sign(&mut self, at: usize, line: Line) {
        let part = line.text(self.text);
        let is_sign = |rule: &Rule| rule.treatment == Treatment::Sign && line.words <= rule.words_max;
        if self.tried(at, is_sign).any(|rule| rule.captures(part).is_some()) {
            self.findings.signs.push(line.span);
        }
    }

    /// Cuts the whole line, and what belongs to it, when a rule says so.
    fn whole(&mut self, at: usize, line: Line) -> Option<usize> {
        let part = line.text(self.text);
        let long_prose = line.words >= PROSE_WORDS_MIN
            && (line.ending == Ending::Sentence || lines::has_inner_sentence_end(part));
        // The first line is the headline: what to watch or read is the story itself.
        let is_link = |rule: &Rule| rule.unit == Unit::Line && rule.name.starts_with(LINK_RULES);
        let is_candidate = |rule: &Rule| {
            !matches!(rule.unit, Unit::Prefix | Unit::Suffix)
                && rule.treatment == Treatment::Cut
                && line.words <= rule.words_max
                && (!long_prose || rule.certainty == Certainty::Prose)
                && !(at == 0 && is_link(rule))
        };
        let blocks = Blocks { text: self.text, layout: self.layout };
        let (lines, furniture, found) = self.tried(at, is_candidate).find_map(|rule| {
            let captures = rule.captures(part)?;
            let lines = match rule.unit {
                Unit::Opener => at..blocks.list_end(at),
                Unit::Section => at..blocks.section_end(at)?,
                Unit::Heading => at..blocks.headed_end(at),
                Unit::Box => at..blocks.box_end(at, rule)?,
                Unit::Closer => blocks.box_start(at)..at + 1,
                Unit::Line | Unit::Sentence | Unit::Prefix | Unit::Suffix => at..at + 1,
            };
            let (first, last) = (self.layout.lines[lines.start], self.layout.lines[lines.end - 1]);
            let span = Span::of(first.span.start(), last.span.end());
            Some((lines, rule.furniture, matched(rule, &captures, line.span.start(), span)))
        })?;
        let end = lines.end;
        let inside = self.findings.cuts.partition_point(|cut| cut.span.end() <= found.span.start());
        self.findings.cuts.truncate(inside);
        self.findings.cuts.push(found);
        if furniture {
            self.findings.signs.push(line.span);
        }
        Some(end)
    }

    /// Treats what rules match at the beginning of the line; returns where the rest begins.
    fn prefixes(&mut self, at: usize, line: Line) -> usize {
        let mut start = line.span.start();
        let end = line.span.end();
        for _ in 0..CUTS_A_LINE_MAX {
            let part = &self.text[start..end];
            let is_prefix =
                |rule: &Rule| rule.unit == Unit::Prefix && rule.treatment != Treatment::Correction;
            let Some((treatment, found)) = self.tried(at, is_prefix).find_map(|rule| {
                let captures = rule.captures(part)?;
                let length = captures.get_group(0).map_or(0, |whole| whole.end);
                let fits = length > 0 && lines::count_words(&part[..length]) <= rule.words_max;
                let span = Span::of(start, start + length);
                fits.then(|| (rule.treatment, matched(rule, &captures, start, span)))
            }) else {
                break;
            };
            start = found.span.end();
            match treatment {
                Treatment::Cut => self.findings.cuts.push(found),
                Treatment::Unmatch | Treatment::Correction | Treatment::Sign => {
                    self.findings.unmatched.push(found);
                }
            }
        }
        start
    }

    /// Cuts from the end of the line, as long as rules match what it ends with.
    fn endings(&mut self, at: usize, line: Line, start: usize) {
        if !self.tried(at, |rule| matches!(rule.unit, Unit::Sentence | Unit::Suffix)).any(|_| true) {
            return;
        }
        let mut end = line.span.end();
        let mut found_here = Vec::new();
        for _ in 0..CUTS_A_LINE_MAX {
            let rest = self.text[start..end].trim_end();
            if rest.is_empty() {
                break;
            }
            let Some(found) = self.ending(at, start, start + rest.len()) else { break };
            end = found.span.start();
            found_here.push(found);
        }
        self.findings.cuts.extend(found_here.into_iter().rev());
    }

    /// The match of a rule at the end of `text[start..end]`, which ends without white space.
    fn ending(&self, at: usize, start: usize, end: usize) -> Option<Match> {
        let part = &self.text[start..end];
        let mut sentence = None;
        self.tried(at, |rule| matches!(rule.unit, Unit::Sentence | Unit::Suffix)).find_map(|rule| {
            let from = match rule.unit {
                Unit::Sentence => (*sentence.get_or_insert_with(|| last_sentence(part)))?,
                _ => part.ceil_char_boundary(part.len().saturating_sub(SUFFIX_BYTES)),
            };
            let captures = rule.captures(&part[from..])?;
            let found = captures.get_group(0)?.start + from;
            let fits = lines::count_words(&part[found..]) <= rule.words_max;
            fits.then(|| matched(rule, &captures, start + from, Span::of(start + found, end)))
        })
    }

    /// The rules worth trying on line `at` that are allowed there and that `wanted` picks.
    fn tried(&self, at: usize, wanted: impl Fn(&Rule) -> bool) -> impl Iterator<Item = &Rule> {
        let (head, tail) = (self.layout.is_head(at), self.layout.is_tail(at));
        self.triggered.rules(self.rules).filter(move |rule| {
            let allowed = match rule.zone {
                Zone::Head => head,
                Zone::Tail => tail,
                Zone::Ends => head || tail,
                Zone::Anywhere => true,
            };
            allowed && wanted(rule)
        })
    }
}

/// Where the last sentence of `part` begins, unless it is longer than rules look at.
fn last_sentence(part: &str) -> Option<usize> {
    let window = part.ceil_char_boundary(part.len().saturating_sub(SENTENCE_BYTES));
    let start = unecho_text::sentences(&part[window..]).last()?.start();
    (start > 0 || window == 0).then_some(window + start)
}

/// A cut by a rule that is code, not data.
pub(crate) fn structural(span: Span, rule: &str) -> Match {
    Match {
        span,
        rule: rule.to_owned(),
        credits: Vec::new(),
        date: None,
        certainty: Certainty::Usual,
        truncates: false,
    }
}

/// What `rule` found: `captures` count from `base`, the match as a whole is `span`.
fn matched(rule: &Rule, captures: &Captures, base: usize, span: Span) -> Match {
    let place = |name: &str| {
        captures.get_group_by_name(name).map(|found| Span::of(base + found.start, base + found.end))
    };
    let credit = |name: &str, kind: AttributionKind| place(name).map(|span| Credit { kind, span });
    let credits = [
        rule.yields.and_then(|kind| credit("source", kind)),
        credit("agency", AttributionKind::Agency),
        credit("author", AttributionKind::Author),
    ];
    Match {
        span,
        rule: rule.name.clone(),
        credits: credits.into_iter().flatten().collect(),
        date: place("date"),
        certainty: rule.certainty,
        truncates: rule.truncates,
    }
}
