//! The second pass over one document: cutting lines that only the knowledge about all documents
//! proves to be foreign.
//!
//! Only whole lines go, never quotations, long lines, prose, or the document's own headline.

use unecho_model::{Action, Article, Document, FlagKind, Span, Stripped};

use crate::article::Workshop;
use crate::knowledge::{self, Knowledge, Viewpoint};
use crate::lines::{self, Line};

/// Name of the rule for headlines of other stories between paragraphs.
pub(crate) const HEADLINE: &str = "related.headline-corroborated";
/// Name of the rule for lines that a host repeats at the ends of its stories.
pub(crate) const HOST_LINE: &str = "learned.host-line";

/// Lines of so many words or more are never cut.
const WORDS_MAX: u32 = 24;

/// Cuts what `knowledge` proves; returns the number of cuts.
pub(crate) fn corroborate(document: &mut Document, knowledge: &Knowledge, workshop: &Workshop) -> usize {
    let article = &mut document.article;
    let has_headlines = article.flags.iter().any(|flag| flag.kind == FlagKind::SuspectedHeadline);
    let ends = knowledge::end_lines(&article.text);
    let spans = line_spans(&article.text);
    if !has_headlines && ends.is_empty() || spans.len() != article.lines.len() {
        return 0;
    }
    let known = knowledge.seen_from(article);
    let mut cuts: Vec<Proven> = Vec::new();
    if !workshop.is_off(HEADLINE) {
        cuts.extend(foreign_headlines(article, &spans, &known));
    }
    if !workshop.is_off(HOST_LINE) {
        cuts.extend(host_lines(article, &ends, &known));
    }
    cuts.sort_by_key(|proven| (proven.line, proven.rule));
    cuts.dedup_by_key(|proven| proven.line);
    let stripped: Vec<(usize, Stripped)> = cuts
        .into_iter()
        .filter_map(|proven| Some((proven.line, cut(article, spans[proven.line], proven)?)))
        .collect();
    if stripped.is_empty() || stripped.len() == spans.len() {
        return 0;
    }
    let cuts = stripped.len();
    apply(article, &spans, stripped);
    cuts
}

/// A line that is to go, by which rule, and the proof.
struct Proven {
    line: usize,
    rule: &'static str,
    evidence: String,
}

/// Suspected headlines that are the title of another story or a line of the host.
fn foreign_headlines(article: &Article, spans: &[Span], known: &Viewpoint<'_>) -> Vec<Proven> {
    let proof = |text: &str| {
        let title = || known.is_title_of_another(text).then(|| "the title of another story".to_owned());
        title().or_else(|| known.proof_of_host(text))
    };
    let flagged = article.flags.iter().filter(|flag| {
        flag.kind == FlagKind::SuspectedHeadline && lines::count_words(&flag.text) <= WORDS_MAX
    });
    flagged
        .filter_map(|flag| {
            let line = spans.binary_search(&flag.span).ok()?;
            Some(Proven { line, rule: HEADLINE, evidence: proof(&flag.text)? })
        })
        .collect()
}

/// Short lines at head and tail that the host repeats, the headline aside.
fn host_lines(article: &Article, ends: &[(usize, Line)], known: &Viewpoint<'_>) -> Vec<Proven> {
    let is_protected = |span: Span| {
        article.flags.iter().any(|flag| flag.kind == FlagKind::Correction && flag.span.overlaps(span))
            || article.unmatched.iter().any(|unmatched| unmatched.overlaps(span))
    };
    let title = article.title.as_deref().map(|title| unecho_text::words(title).hashes);
    ends.iter()
        .filter_map(|&(at, line)| {
            let text = line.text(&article.text);
            let is_own = is_protected(line.span)
                || title.as_ref().is_some_and(|title| *title == unecho_text::words(text).hashes);
            let evidence = (!is_own).then(|| known.proof_of_host(text)).flatten()?;
            Some(Proven { line: at, rule: HOST_LINE, evidence })
        })
        .collect()
}

/// The cut of a line, which stands at `span` of the text; `None` when its raw text cannot be told.
fn cut(article: &Article, span: Span, proven: Proven) -> Option<Stripped> {
    let raw = article.lines[proven.line];
    let inside: Vec<&Stripped> = article.stripped.iter().filter(|cut| cut.span.overlaps(raw)).collect();
    if inside.iter().any(|cut| cut.action == Action::Removed) {
        return None;
    }
    let line = span.slice(&article.text)?;
    let mut text = String::with_capacity(raw.len());
    let (mut raw_at, mut line_at) = (raw.start(), 0);
    for joined in inside {
        let plain = joined.span.start().checked_sub(raw_at)?;
        text.push_str(line.get(line_at..line_at + plain)?);
        text.push_str(&joined.text);
        line_at += plain + usize::from(joined.rule == crate::assemble::HARD_WRAP);
        raw_at = joined.span.end();
    }
    text.push_str(line.get(line_at..)?);
    (text.len() == raw.len()).then_some(Stripped {
        span: raw,
        rule: proven.rule.to_owned(),
        action: Action::Removed,
        text,
        evidence: Some(proven.evidence),
        attribution: None,
    })
}

/// Takes the lines out of the text and moves every span behind them.
fn apply(article: &mut Article, spans: &[Span], stripped: Vec<(usize, Stripped)>) {
    let gone: Vec<Span> = stripped.iter().map(|&(at, _)| spans[at]).collect();
    let mut text = String::with_capacity(article.text.len());
    let mut kept_lines = Vec::with_capacity(spans.len());
    for (at, span) in spans.iter().enumerate() {
        if gone.binary_search(span).is_err() {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&article.text[span.start()..span.end()]);
            kept_lines.push(article.lines[at]);
        }
    }
    let end = text.len();
    let moved = |span: Span| {
        let before: usize =
            gone.iter().take_while(|gone| gone.start() < span.start()).map(|gone| gone.len() + 1).sum();
        Span::of(
            (span.start() - before.min(span.start())).min(end),
            (span.end() - before.min(span.end())).min(end),
        )
    };
    article.flags.retain(|flag| !gone.iter().any(|gone| gone.overlaps(flag.span)));
    article.unmatched.retain(|span| !gone.iter().any(|gone| gone.overlaps(*span)));
    for flag in &mut article.flags {
        flag.span = moved(flag.span);
    }
    for span in &mut article.unmatched {
        *span = moved(*span);
    }
    article.text = text;
    article.lines = kept_lines;
    let cuts: Vec<Stripped> = stripped.into_iter().map(|(_, cut)| cut).collect();
    article.stripped.retain(|old| !cuts.iter().any(|cut| cut.span.overlaps(old.span)));
    article.stripped.extend(cuts);
    article.stripped.sort_by_key(|cut| cut.span);
}

fn line_spans(text: &str) -> Vec<Span> {
    lines::lines_of(text).into_iter().map(|line| line.span).collect()
}
