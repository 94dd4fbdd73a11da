//! From raw text to the article: repaired lines, rules, guard, flags, and all spans in the right text.

use unecho_model::{Action, Article, Attribution, Flag, FlagKind, Span, Stripped};

use crate::asides;
use crate::assemble::{self, Assembled, Edit};
use crate::chrome;
use crate::config::{Engines, Limits, Strip};
use crate::credits;
use crate::cutting::{self, Findings, Match};
use crate::dates;
use crate::ends;
use crate::headlines;
use crate::layout::{self, Layout};
use crate::lines;
use crate::openings;
use crate::publishers::Publishers;
use crate::rules::{Certainty, RuleSet};
use crate::second;
use crate::wrap::{self, Join};

/// More of the words than this may not go by rules that are not sure, in percent.
const CUT_WORDS_PERCENT_MAX: u64 = 30;

/// What rules that are code find in a text, beside what was found before, cuts ascending; the title is the one
/// given with the document.
type Stage = fn(&str, &Layout, &Findings, Option<&str>) -> Vec<Match>;
/// These rules, in their order: each goes by what those before it left.
const STAGES: [Stage; 5] = [
    chrome::cuts,
    |text, layout, findings, _| ends::cuts(text, layout, findings),
    |text, layout, findings, _| headlines::cuts(text, layout, findings),
    openings::cuts,
    |text, layout, findings, _| asides::cuts(text, layout, findings),
];

/// What article making needs to know.
#[derive(Debug)]
pub(crate) struct Workshop {
    pub(crate) rules: RuleSet,
    pub(crate) publishers: Publishers,
    pub(crate) limits: Limits,
    pub(crate) engines: Engines,
    pub(crate) strip: Strip,
    /// Structural rules that are switched off.
    pub(crate) disabled: Vec<String>,
}

/// Makes the article of `raw`. Fields that the text does not tell stay as they are in `known`.
pub(crate) fn make(raw: &str, known: Article, workshop: &Workshop) -> Article {
    if workshop.strip == Strip::Nothing {
        return as_it_is(raw, known);
    }
    let joins = joins(raw, workshop);
    let edits: Vec<Edit> = joins.iter().map(|join| join.edit).collect();
    let draft = assemble::assemble(raw, &edits);
    let layout = Layout::of(&draft.text);
    let mut findings = cutting::find(&draft.text, &layout, &workshop.rules, workshop.limits.lines_max);
    if !workshop.is_off(second::SECOND_STORY) {
        second::cut(&draft.text, &layout, &mut findings);
    }
    for stage in STAGES {
        let found = stage(&draft.text, &layout, &findings, known.title.as_deref());
        if !found.is_empty() {
            findings.cuts.extend(found);
            findings.cuts.sort_by_key(|cut| cut.span);
        }
    }
    findings.cuts.retain(|cut| !workshop.is_off(&cut.rule));
    let suspicious = guard(&draft.text, &layout, &mut findings);
    let credited = |found: &Match| credits::attributions(raw, &draft, found, &workshop.publishers);
    let credits: Vec<Vec<Attribution>> = findings.cuts.iter().map(credited).collect();
    let stripped = stripped(raw, &draft, &joins, &findings.cuts, &credits);
    let edits: Vec<Edit> = stripped.iter().map(Edit::from).collect();
    let finished = assemble::assemble(raw, &edits);
    let mut article = Article { stripped, ..known };
    article.attributions.extend(credits.into_iter().flatten());
    article.attributions.extend(findings.unmatched.iter().flat_map(credited));
    article.attributions.sort_by_key(|attribution| (attribution.span, attribution.kind));
    article.attributions.truncate(workshop.limits.attributions_max);
    let marks = Marks { draft: &draft, finished: &finished, layout: &layout, findings: &findings };
    marks.describe(&mut article, &suspicious, workshop.limits.flags_max);
    article.lines = finished.lines;
    article.text = finished.text;
    tell_language(&mut article);
    article
}

/// The article of a text of which nothing goes.
fn as_it_is(raw: &str, known: Article) -> Article {
    let finished = assemble::assemble(raw, &[]);
    let mut article = Article { text: finished.text, lines: finished.lines, ..known };
    tell_language(&mut article);
    article
}

/// Adds what language and script the text is in; a language that was given stays.
fn tell_language(article: &mut Article) {
    let language = unecho_text::language(&article.text);
    article.script = language.script.map(str::to_owned);
    if article.lang.is_none() {
        article.lang = language.tag.map(str::to_owned);
    }
}

impl Workshop {
    /// Whether the structural rule `name` is switched off.
    pub(crate) fn is_off(&self, name: &str) -> bool {
        crate::rules::is_disabled(name, &self.disabled)
    }
}

fn joins(raw: &str, workshop: &Workshop) -> Vec<Join> {
    let mut joins = wrap::joins(raw, workshop.limits.lines_max);
    joins.retain(|join| !workshop.is_off(join.rule));
    joins
}

/// Takes back the cuts that are not sure when they would take too much; returns those taken back.
fn guard(text: &str, layout: &Layout, findings: &mut Findings) -> Vec<Match> {
    let all: u64 = layout.lines.iter().map(|line| u64::from(line.words)).sum();
    let words = |cut: &Match| u64::from(lines::count_words(&text[cut.span.start()..cut.span.end()]));
    let unsure: u64 = findings.cuts.iter().filter(|cut| cut.certainty == Certainty::Usual).map(words).sum();
    let is_cut = |line: Span| findings.cuts.iter().any(|cut| cut.span.overlaps(line));
    let mut prose = layout.lines.iter().zip(&layout.prose).filter(|&(_, &prose)| prose).peekable();
    let no_prose_left = prose.peek().is_some() && prose.all(|(line, _)| is_cut(line.span));
    if unsure * 100 <= all * CUT_WORDS_PERCENT_MAX && !no_prose_left {
        return Vec::new();
    }
    let (sure, unsure) =
        std::mem::take(&mut findings.cuts).into_iter().partition(|cut| cut.certainty != Certainty::Usual);
    findings.cuts = sure;
    unsure
}

/// Everything that changes raw: the cuts, and the joins that no cut covers.
fn stripped(
    raw: &str,
    draft: &Assembled,
    joins: &[Join],
    cuts: &[Match],
    credits: &[Vec<Attribution>],
) -> Vec<Stripped> {
    let text_of = |span: Span| raw[span.start()..span.end()].to_owned();
    let mut stripped: Vec<Stripped> = cuts
        .iter()
        .zip(credits)
        .map(|(cut, credits)| {
            let (span, rule) = (draft.to_raw(cut.span), cut.rule.clone());
            let attribution = credits.first().cloned();
            Stripped { span, rule, action: Action::Removed, text: text_of(span), evidence: None, attribution }
        })
        .collect();
    let mut next = 0;
    let mut uncovered = Vec::new();
    for join in joins {
        while stripped.get(next).is_some_and(|cut| cut.span.end() <= join.edit.span.start()) {
            next += 1;
        }
        if stripped.get(next).is_none_or(|cut| !cut.span.overlaps(join.edit.span)) {
            let (span, rule) = (join.edit.span, join.rule.to_owned());
            uncovered.push(Stripped {
                span,
                rule,
                action: Action::Joined,
                text: text_of(span),
                evidence: None,
                attribution: None,
            });
        }
    }
    stripped.extend(uncovered);
    stripped.sort_by_key(|cut| cut.span);
    stripped
}

/// What is said about the finished text rather than cut from it.
struct Marks<'a> {
    draft: &'a Assembled,
    finished: &'a Assembled,
    layout: &'a Layout,
    findings: &'a Findings,
}

impl Marks<'_> {
    fn describe(&self, article: &mut Article, suspicious: &[Match], flags_max: usize) {
        let gone = self.gone();
        if article.date.is_none() {
            article.date = self.date();
        }
        if article.title.is_none() {
            article.title = layout::title_line(&self.draft.text, self.layout, &gone)
                .map(|span| self.draft.text[span.start()..span.end()].to_owned());
        }
        let mut flags = Vec::new();
        let headlines = layout::suspected_headlines(&self.draft.text, self.layout, &gone);
        let headlines = headlines.iter().map(|&at| self.layout.lines[at].span);
        let headlines = headlines.filter(|&span| !self.is_explained(span));
        flags.extend(headlines.filter_map(|span| self.flag(FlagKind::SuspectedHeadline, span)));
        flags.extend(
            self.findings.corrections.iter().filter_map(|&span| self.flag(FlagKind::Correction, span)),
        );
        flags.extend(suspicious.iter().filter_map(|cut| self.flag(FlagKind::SuspiciousStrip, cut.span)));
        flags.extend(self.truncated());
        flags.sort_by_key(|flag| (flag.span, flag.kind));
        flags.truncate(flags_max);
        article.unmatched = self.unmatched(&flags);
        article.flags = flags;
    }

    /// Which lines of the draft are cut as a whole.
    fn gone(&self) -> Vec<bool> {
        let mut cuts = self.findings.cuts.iter().peekable();
        let is_gone = |line: &lines::Line| {
            while cuts.next_if(|cut| cut.span.end() <= line.span.start()).is_some() {}
            cuts.peek()
                .is_some_and(|cut| cut.span.start() <= line.span.start() && line.span.end() <= cut.span.end())
        };
        self.layout.lines.iter().map(is_gone).collect()
    }

    /// The first date that a cut line tells and that can be understood.
    fn date(&self) -> Option<String> {
        let dates = self.findings.cuts.iter().filter_map(|cut| cut.date);
        dates.into_iter().find_map(|span| dates::normalize(&self.draft.text[span.start()..span.end()]))
    }

    /// A flag at `span` of the draft, unless nothing is left there.
    fn flag(&self, kind: FlagKind, span: Span) -> Option<Flag> {
        let span = self.finished.to_text(self.draft.to_raw(span));
        let text = self.finished.text.get(span.start()..span.end())?.to_owned();
        (!text.is_empty()).then_some(Flag { kind, span, text })
    }

    /// The last line of the text, when it breaks off at a prompt to pay.
    fn truncated(&self) -> Option<Flag> {
        let prompt = self.findings.cuts.iter().find(|cut| cut.truncates)?;
        let before = self.layout.lines.iter().rev().filter(|line| line.span.end() <= prompt.span.start());
        before.into_iter().find_map(|line| self.flag(FlagKind::Truncated, line.span))
    }

    /// Whether the line at `span` of the draft is a correction or has a dateline.
    fn is_explained(&self, span: Span) -> bool {
        self.findings.corrections.iter().any(|correction| correction.overlaps(span))
            || self.findings.unmatched.iter().any(|found| found.span.overlaps(span))
    }

    /// Spans of the finished text that take no part in matching, ascending and disjoint.
    fn unmatched(&self, flags: &[Flag]) -> Vec<Span> {
        let datelines =
            self.findings.unmatched.iter().map(|found| self.finished.to_text(self.draft.to_raw(found.span)));
        let headlines =
            flags.iter().filter(|flag| flag.kind == FlagKind::SuspectedHeadline).map(|flag| flag.span);
        let mut spans: Vec<Span> = datelines.chain(headlines).filter(|span| !span.is_empty()).collect();
        spans.sort_unstable();
        spans.dedup();
        spans
    }
}
