//! Replaying edits on raw: the only place where the text of an article is made.
//!
//! Whatever changes raw is an [`Edit`], except white space: lines are trimmed, empty lines dropped,
//! lines parted by one line feed. The result carries the map between both texts.

use unecho_model::{Action, Span, Stripped};

/// What stands in the text where an edit was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Becomes {
    /// Nothing at all.
    Nothing,
    /// One space, for a line break between words.
    Space,
}

/// A span of raw and what it becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) span: Span,
    pub(crate) becomes: Becomes,
}

/// Name of the rule for a line break that became a space.
pub(crate) const HARD_WRAP: &str = "line.hard-wrap";
/// Name of the rule for a line break (and perhaps a hyphen) that became nothing.
pub(crate) const HYPHEN: &str = "line.hyphen";
/// Name of the rule for a line break in a script without spaces, which became nothing.
pub(crate) const UNSPACED: &str = "line.unspaced";

impl From<&Stripped> for Edit {
    fn from(cut: &Stripped) -> Self {
        let becomes = match cut.action {
            Action::Joined if cut.rule == HARD_WRAP => Becomes::Space,
            Action::Joined | Action::Removed | Action::Repaired => Becomes::Nothing,
        };
        Self { span: cut.span, becomes }
    }
}

/// A text made of raw, with the way back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Assembled {
    /// Lines parted by one line feed, none at the end.
    pub(crate) text: String,
    /// Where each line stands in raw.
    pub(crate) lines: Vec<Span>,
    /// Pieces that are equal in both texts, ascending in both.
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    raw: u32,
    text: u32,
    bytes: u32,
}

/// The text that remains of `raw` after `stripped`: what [`Article::text`](unecho_model::Article)
/// holds for them. `stripped` must be ascending and disjoint, on character boundaries of `raw`, repairs
/// aside: raw has what was repaired as it should be.
#[must_use]
pub fn replay(raw: &str, stripped: &[Stripped]) -> String {
    let changes = stripped.iter().filter(|cut| cut.action != Action::Repaired);
    let edits: Vec<Edit> = changes.map(Edit::from).collect();
    assemble(raw, &edits).text
}

/// Applies `edits`, ascending and disjoint, to `raw`.
pub(crate) fn assemble(raw: &str, edits: &[Edit]) -> Assembled {
    let mut out = Assembled { text: String::with_capacity(raw.len()), ..Assembled::default() };
    let mut line = OpenLine::default();
    let mut at = 0;
    for edit in edits {
        out.append(raw, at, edit.span.start(), &mut line);
        if edit.becomes == Becomes::Space && line.bytes > 0 {
            out.text.push(' ');
            line.bytes += 1;
        }
        at = edit.span.end();
    }
    out.append(raw, at, raw.len(), &mut line);
    out.close(&mut line);
    if out.text.ends_with('\n') {
        out.text.pop();
    }
    out
}

/// The line that is being written.
#[derive(Default)]
struct OpenLine {
    raw_start: usize,
    bytes: usize,
}

impl Assembled {
    /// Appends `raw[from..to]`, closing a line at each line feed.
    fn append(&mut self, raw: &str, mut from: usize, to: usize, line: &mut OpenLine) {
        while from < to {
            let feed = memchr::memchr(b'\n', &raw.as_bytes()[from..to]).map(|found| from + found);
            let mut part = &raw[from..feed.unwrap_or(to)];
            let mut start = from;
            if line.bytes == 0 {
                start += part.len() - part.trim_start().len();
                part = part.trim_start();
                line.raw_start = start;
            }
            if !part.is_empty() {
                self.pieces.push(Piece {
                    raw: narrow(start),
                    text: narrow(self.text.len()),
                    bytes: narrow(part.len()),
                });
                self.text.push_str(part);
                line.bytes += part.len();
            }
            let Some(feed) = feed else { return };
            self.close(line);
            from = feed + 1;
        }
    }

    /// Trims the open line and ends it, unless nothing is on it.
    fn close(&mut self, line: &mut OpenLine) {
        let start = self.text.len() - line.bytes;
        let end = start + self.text[start..].trim_end().len();
        self.text.truncate(end);
        while let Some(last) = self.pieces.last_mut().filter(|last| (last.text + last.bytes) as usize > end) {
            last.bytes = narrow(end.saturating_sub(last.text as usize));
            if last.bytes == 0 {
                self.pieces.pop();
            }
        }
        if end > start {
            let raw_end = self.pieces.last().map_or(line.raw_start, |last| (last.raw + last.bytes) as usize);
            self.lines.push(Span::of(line.raw_start, raw_end));
            self.text.push('\n');
        }
        line.bytes = 0;
    }

    /// The span of raw from the first to the last byte of `span`, which lies in the text and is
    /// not empty.
    pub(crate) fn to_raw(&self, span: Span) -> Span {
        let first = self.piece_at(span.start(), |piece| piece.text);
        let start = match span.start().checked_sub(first.text as usize) {
            Some(inside) if inside < first.bytes as usize => first.raw as usize + inside,
            _ => self.next_raw_after(span.start()),
        };
        let last = self.piece_at(span.end() - 1, |piece| piece.text);
        let inside = (span.end() - last.text as usize).min(last.bytes as usize);
        Span::of(start, last.raw as usize + inside)
    }

    /// The span of the text that `span` of raw became; empty when nothing of it is left.
    pub(crate) fn to_text(&self, span: Span) -> Span {
        let start = self.text_offset(span.start());
        let end = self.text_offset(span.end());
        Span::of(start, end.max(start))
    }

    /// Where the first byte at or after `raw` that is left stands in the text, or where the last
    /// one before it ends when `raw` lies behind all.
    fn text_offset(&self, raw: usize) -> usize {
        let after = self.pieces.partition_point(|piece| (piece.raw + piece.bytes) as usize <= raw);
        match self.pieces.get(after) {
            Some(piece) if piece.raw as usize <= raw => piece.text as usize + raw - piece.raw as usize,
            Some(_) | None => after
                .checked_sub(1)
                .map_or(0, |before| (self.pieces[before].text + self.pieces[before].bytes) as usize),
        }
    }

    fn piece_at(&self, offset: usize, key: impl Fn(&Piece) -> u32) -> Piece {
        let after = self.pieces.partition_point(|piece| key(piece) as usize <= offset);
        self.pieces[after.saturating_sub(1)]
    }

    fn next_raw_after(&self, text: usize) -> usize {
        let after = self.pieces.partition_point(|piece| (piece.text as usize) < text);
        self.pieces.get(after).or(self.pieces.last()).map_or(0, |piece| piece.raw as usize)
    }
}

fn narrow(n: usize) -> u32 {
    u32::try_from(n).expect("texts are limited to far less than 4 GiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(raw: &str, part: &str) -> Edit {
        let start = raw.find(part).unwrap();
        Edit { span: Span::of(start, start + part.len()), becomes: Becomes::Nothing }
    }

    #[test]
    fn white_space_is_normalised_and_nothing_else() {
        let raw = "  one \r\n\r\n\ttwo  words\n \nthree";
        let out = assemble(raw, &[]);
        assert_eq!(out.text, "one\ntwo  words\nthree");
        let lines: Vec<&str> = out.lines.iter().map(|line| line.slice(raw).unwrap()).collect();
        assert_eq!(lines, ["one", "two  words", "three"]);
        assert_eq!(assemble(" \n ", &[]).text, "");
    }

    #[test]
    fn edits_cut_and_join() {
        let raw = "Menu\nA line that \n goes on.\nIt ends. Click here.";
        let wrap = Edit { span: Span::of(17, 20), becomes: Becomes::Space };
        assert_eq!(wrap.span.slice(raw), Some("\n g").map(|_| &raw[17..20]));
        let wrap = Edit { span: Span::of(16, 19), becomes: Becomes::Space };
        assert_eq!(wrap.span.slice(raw), Some(" \n "));
        let out = assemble(raw, &[cut(raw, "Menu"), wrap, cut(raw, "Click here.")]);
        assert_eq!(out.text, "A line that goes on.\nIt ends.");
    }

    #[test]
    fn spans_go_there_and_back() {
        let raw = "x\n  first part cut second part  \n\n third";
        let out = assemble(raw, &[cut(raw, "x"), cut(raw, "cut ")]);
        assert_eq!(out.text, "first part second part\nthird");
        for word in ["first", "second", "part\nthird", "third"] {
            let start = out.text.find(word).unwrap();
            let span = Span::of(start, start + word.len());
            let there = out.to_raw(span);
            assert_eq!(out.to_text(there), span, "{word}");
        }
        assert_eq!(out.to_raw(Span::of(0, 16)).slice(raw), Some("first part cut secon"));
    }
}
