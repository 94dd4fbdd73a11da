//! Whole pages taken as text: the menus before and the link lists after the narration.
//!
//! The narration is the run of lines with the greatest sum when prose counts for and short lines
//! against (the maximum subsequence segmentation of Pasternack and Roth, 2009). What lies outside goes
//! only when it is evidently page furniture: many short lines, several of them known prompts or
//! entries of menus. Prose outside stays, and so does the headline: what repeats the title of the page,
//! which is given or stands in the first line, or the beginning of that title. So do lists of data that
//! follow the narration at once.

use std::ops::Range;

use unecho_model::Span;

use crate::cutting::{self, Findings, Match};
use crate::layout::Layout;
use crate::lines::{Ending, Line};
use crate::rules::Certainty;

/// Name of the structural rule.
pub(crate) const PAGE_CHROME: &str = "nav.page-chrome";

/// What a short line counts against the narration, in words.
const SHORT_LINE_PENALTY: i64 = 6;
/// Longest short line, in words.
const SHORT_WORDS_MAX: u32 = 8;
/// Lines of so many words are never furniture.
const LINE_WORDS_MAX: u32 = 17;
/// A region is code when more than one line in so many ends as code does.
const CODE_PART: usize = 4;
/// Fewest lines of data right after the narration that belong to it, the fewest words of each, and the
/// least share of these that are numbers or addresses, in percent.
const DATA_LINES_MIN: usize = 4;
const DATA_LINE_WORDS_MIN: usize = 3;
const DATA_WORDS_PERCENT_MIN: usize = 34;
/// Shorter sentences right before and after the narration belong to it from so many words on.
const SENTENCE_WORDS_MIN: u32 = 3;
/// Fewest words of a narration.
const NARRATION_WORDS_MIN: i64 = 40;
/// Fewest short lines, and fewest known prompts and menu entries, of a head or tail that is furniture.
const SHORT_LINES_MIN: usize = 12;
const SIGNS_MIN: usize = 3;
/// Lines right before the narration that may be headline and standfirst, and their fewest words. Farther
/// up only whole sentences, or lines as long as one, may be a standfirst.
const HEADLINE_LINES: usize = 6;
const HEADLINE_WORDS_MIN: u32 = 4;
const STANDFIRST_LINES: usize = 14;
const STANDFIRST_WORDS_MIN: u32 = 8;
const STANDFIRST_OPEN_WORDS_MIN: u32 = 12;
/// Fewest words of a title.
const TITLE_WORDS_MIN: u32 = 3;
/// Least share of the words of a headline that the title has too, in percent.
const TITLE_WORDS_PERCENT_MIN: usize = 60;
/// A title of more parts is taken as a whole.
const TITLE_PARTS_MAX: usize = 8;
/// What parts a headline from the name of its site.
const SEPARATORS: [&str; 6] = [" | ", " - ", " – ", " — ", " :: ", " • "];

/// The cuts of furniture around the narration; `findings` are those of the rules, `title` is the one
/// given with the document.
pub(crate) fn cuts(text: &str, layout: &Layout, findings: &Findings, title: Option<&str>) -> Vec<Match> {
    let Some(narration) = narration(text, layout) else { return Vec::new() };
    let mut furniture = vec![false; layout.lines.len()];
    let regions = [(0..narration.start, Side::Before), (narration.end..layout.lines.len(), Side::After)];
    for (region, side) in regions {
        if is_furniture(text, layout, findings, &region) {
            mark(layout, &region, side, &mut furniture);
        }
    }
    let data = data_lines(text, layout, narration.end);
    furniture[narration.end..narration.end + data].fill(false);
    for headline in headlines(text, layout, narration.start, title) {
        furniture[headline] = false;
    }
    for (line, furniture) in layout.lines.iter().zip(&mut furniture).filter(|(_, furniture)| **furniture) {
        *furniture = !findings.touch(line.span);
    }
    runs(layout, &furniture)
}

/// The lines of the narration.
fn narration(text: &str, layout: &Layout) -> Option<Range<usize>> {
    let (mut best, mut sum, mut start) = (0, 0, 0);
    let mut narration = 0..0;
    for (at, line) in layout.lines.iter().enumerate() {
        sum += if layout.prose[at] {
            i64::from(line.words)
        } else if is_short(*line) {
            -SHORT_LINE_PENALTY
        } else {
            -1
        };
        if sum <= 0 {
            (sum, start) = (0, at + 1);
        } else if sum > best {
            best = sum;
            narration = start..at + 1;
        }
    }
    if best < NARRATION_WORDS_MIN {
        return None;
    }
    // A letter begins and ends with a few words and a comma, and a name stands below it.
    let is_address = |line: &Line| line.text(text).ends_with(',') && line.words <= SENTENCE_WORDS_MIN;
    let is_sentence = |line: &&Line| line.ending == Ending::Sentence && line.words >= SENTENCE_WORDS_MIN;
    let (above, below) = (&layout.lines[..narration.start], &layout.lines[narration.end..]);
    let mut before = above.iter().rev().take_while(is_sentence).count();
    before += usize::from(above.iter().rev().nth(before).is_some_and(is_address));
    let after = below.iter().take_while(is_sentence).count();
    let mut end = narration.end + after;
    if let [closing, name, ..] = &below[after..]
        && is_address(closing)
        && !is_address(name)
        && is_short(*name)
    {
        end += 2;
    }
    Some(narration.start - before..end)
}

fn is_short(line: Line) -> bool {
    line.words <= SHORT_WORDS_MAX && line.ending != Ending::Sentence
}

/// Whether a region before or after the narration is page furniture.
fn is_furniture(text: &str, layout: &Layout, findings: &Findings, region: &Range<usize>) -> bool {
    let lines = &layout.lines[region.clone()];
    let code = lines.iter().filter(|line| line.text(text).ends_with([';', '{', '}', '>'])).count();
    if code * CODE_PART > lines.len() {
        return false;
    }
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return false };
    let span = Span::of(first.span.start(), last.span.end());
    lines.iter().filter(|line| is_short(**line)).count() >= SHORT_LINES_MIN
        && findings.signs.iter().filter(|sign| sign.overlaps(span)).count() >= SIGNS_MIN
}

/// On which side of the narration a region lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// Marks the furniture of a region; before the narration, headline and standfirst stay.
fn mark(layout: &Layout, region: &Range<usize>, side: Side, furniture: &mut [bool]) {
    for at in region.clone() {
        let line = layout.lines[at];
        let distance = region.end - at;
        let may_be_headline = distance <= HEADLINE_LINES && line.words >= HEADLINE_WORDS_MIN;
        let standfirst_words_min = match line.ending {
            Ending::Sentence => STANDFIRST_WORDS_MIN,
            Ending::Colon | Ending::Open => STANDFIRST_OPEN_WORDS_MIN,
        };
        let may_be_standfirst = distance <= STANDFIRST_LINES && line.words >= standfirst_words_min;
        let stays = side == Side::Before && (may_be_headline || may_be_standfirst);
        furniture[at] = !layout.prose[at] && line.words < LINE_WORDS_MAX && !stays;
    }
}

/// Number of lines of data right after the narration, which are part of it: results, prices, addresses.
pub(crate) fn data_lines(text: &str, layout: &Layout, narration_end: usize) -> usize {
    let is_data = |line: &&Line| {
        let (mut words, mut data) = (0, 0);
        for word in line.text(text).split_whitespace() {
            words += 1;
            data += usize::from(word.contains(|c: char| c.is_numeric() || c == '@'));
        }
        words >= DATA_LINE_WORDS_MIN && data * 100 >= words * DATA_WORDS_PERCENT_MIN
    };
    let lines = layout.lines[narration_end..].iter().take_while(is_data).count();
    if lines >= DATA_LINES_MIN { lines } else { 0 }
}

/// The first line, when it is a title, and the last line before the narration that repeats it.
fn headlines(text: &str, layout: &Layout, narration_start: usize, title: Option<&str>) -> Vec<usize> {
    let before = &layout.lines[..narration_start];
    let written = |line: &Line| line.text(text);
    let first = before.first().filter(|line| line.words >= TITLE_WORDS_MIN);
    let Some(known) = title.or(first.map(written)) else { return Vec::new() };
    let forms = forms_of_title(known);
    let longest = forms.iter().min_by_key(|form| form.len());
    // A site may give its page another headline than its title, of much the same words.
    let main = main_part(known);
    let likeness = |line: &Line| {
        let words = unecho_text::words(written(line)).hashes;
        let shared = words.iter().filter(|word| main.contains(word)).count();
        if line.words >= TITLE_WORDS_MIN
            && (forms.contains(&words) || longest.is_some_and(|longest| longest.starts_with(&words)))
        {
            Likeness::Repeats
        } else if line.ending == Ending::Open
            && shared >= TITLE_WORDS_MIN as usize
            && shared * 100 >= words.len() * TITLE_WORDS_PERCENT_MIN
        {
            Likeness::Resembles
        } else {
            Likeness::None
        }
    };
    let mut alike = (1..before.len()).rev().map(|at| (at, likeness(&before[at])));
    let mut resembling = None;
    let repeating = alike.find(|&(at, likeness)| {
        if likeness == Likeness::Resembles {
            resembling.get_or_insert(at);
        }
        likeness == Likeness::Repeats
    });
    let headline = repeating.map(|(at, _)| at).or(resembling);
    let repeats = |line: &Line| likeness(line) == Likeness::Repeats;
    let is_titled = first.is_some_and(|line| repeats(line) && (headline.is_some() || title.is_some()));
    headline.into_iter().chain(is_titled.then_some(0)).collect()
}

/// How alike a line is to the title.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Likeness {
    /// It repeats the title, its name of the site aside.
    Repeats,
    /// It has much the same words.
    Resembles,
    /// Neither.
    None,
}

/// The words of a title with and without the name of the site, which stands at either end: all
/// neighbouring parts that hold the longest one.
fn forms_of_title(title: &str) -> Vec<Vec<u64>> {
    let parts = parts_of_title(title);
    if parts.len() > TITLE_PARTS_MAX {
        return vec![parts.concat()];
    }
    let longest = (0..parts.len()).rev().max_by_key(|&at| parts[at].len()).unwrap_or(0);
    let starts = 0..=longest;
    starts
        .flat_map(|start| (longest..parts.len()).map(move |end| start..=end))
        .map(|run| parts[run].concat())
        .collect()
}

/// The words of each part of a title.
fn parts_of_title(title: &str) -> Vec<Vec<u64>> {
    let separated = SEPARATORS.iter().fold(title.to_owned(), |title, mark| title.replace(mark, "\n"));
    separated.lines().map(|part| unecho_text::words(part).hashes).collect()
}

/// The words of the longest part of a title, which is about the page and not the site.
fn main_part(title: &str) -> Vec<u64> {
    parts_of_title(title).into_iter().max_by_key(Vec::len).unwrap_or_default()
}

/// One cut for each run of marked lines.
fn runs(layout: &Layout, furniture: &[bool]) -> Vec<Match> {
    let mut cuts: Vec<Match> = Vec::new();
    let mut previous = None;
    for (at, line) in layout.lines.iter().enumerate().filter(|&(at, _)| furniture[at]) {
        match cuts.last_mut().filter(|_| previous.is_some_and(|previous| previous + 1 == at)) {
            Some(run) => run.span = Span::of(run.span.start(), line.span.end()),
            None => {
                let mut run = cutting::structural(line.span, PAGE_CHROME);
                run.certainty = Certainty::Sure;
                cuts.push(run);
            }
        }
        previous = Some(at);
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str =
        "The harbour company said on Monday that the ferry would sail again before the end of the week.";

    fn check(head: &str, tail: &str, signs: &[&str], expect: &[&str]) {
        let text = format!("{head}\n{PROSE}\n{PROSE}\n{PROSE}\n{tail}");
        let place = |part: &str| text.find(part).map(|at| Span::of(at, at + part.len())).unwrap();
        let findings =
            Findings { signs: signs.iter().map(|sign| place(sign)).collect(), ..Findings::default() };
        let found = cuts(&text, &Layout::of(&text), &findings, None);
        let found: Vec<&str> = found.iter().map(|cut| cut.span.slice(&text).unwrap()).collect();
        assert_eq!(found, expect);
    }

    fn numbered(word: &str) -> String {
        (0..14).map(|n| format!("{word} {n}")).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn menus_go_and_the_headline_stays() {
        let menu = numbered("Ports");
        let head = format!("{menu}\nFerry sails again after storm");
        check(&head, "The end", &["Ports 1", "Ports 2", "Ports 3"], &[menu.as_str()]);
    }

    #[test]
    fn a_standfirst_above_a_byline_stays() {
        let menu = numbered("Ports");
        let standfirst = "Minister says the company will go on sailing to the islands in spite of the storm";
        let byline = "Ann Porter\nHarbour desk\nSave\nShare\nMore\nPrint\nMail";
        let head = format!("{menu}\nFerry sails again after storm\n{standfirst}\n{byline}");
        let text = format!("{head}\n{PROSE}\n{PROSE}\n{PROSE}");
        let place = |part: &str| text.find(part).map(|at| Span::of(at, at + part.len())).unwrap();
        let findings =
            Findings { signs: ["Save", "Share", "Print"].map(place).to_vec(), ..Findings::default() };
        let found = cuts(&text, &Layout::of(&text), &findings, None);
        assert!(found.iter().all(|cut| !cut.span.overlaps(place(standfirst))), "{found:?}");
        assert!(!found.is_empty());
    }

    #[test]
    fn lists_without_signs_stay() {
        check("Ferry sails again", &numbered("Boat"), &[], &[]);
        check(
            "Ferry sails again",
            &numbered("Boat"),
            &["Boat 1", "Boat 2", "Boat 3"],
            &[numbered("Boat").as_str()],
        );
        check("Ferry sails again", "Boat 1\nBoat 2\nBoat 3", &["Boat 1", "Boat 2", "Boat 3"], &[]);
    }

    #[test]
    fn the_headline_of_the_page_stays() {
        let menu = numbered("Port");
        let head =
            format!("Harbour Post: Ferry sails again - Harbour Post\n{menu}\nFerry sails\nFerry sails again");
        let text = format!("{head}\n{}\n{PROSE}\n{PROSE}\n{PROSE}", numbered("Share"));
        let layout = Layout::of(&text);
        let kept = |title: Option<&str>, narration: usize| -> Vec<&str> {
            let kept = headlines(&text, &layout, narration, title);
            kept.into_iter().map(|at| layout.lines[at].text(&text)).collect()
        };
        let narration = layout.prose.iter().position(|&prose| prose).unwrap();
        assert_eq!(kept(None, narration)[..1], ["Ferry sails again"]);
        assert_eq!(kept(Some("Ferry sails again | The Harbour Post"), narration), ["Ferry sails again"]);
        let titled = "Ferry sails again - Harbour Post\nNews\nFerry sails again";
        assert_eq!(headlines(titled, &Layout::of(titled), 3, None), [2, 0]);
    }

    #[test]
    fn data_and_code_stay() {
        let desks: Vec<String> = ["North", "South", "East", "West"]
            .iter()
            .map(|desk| format!("{desk}: desk@{desk}.example or 555-0134"))
            .collect();
        let menu = numbered("Share");
        check(
            "Ferry sails again",
            &format!("{}\n{menu}", desks.join("\n")),
            &["Share 1", "Share 2", "Share 3"],
            &[&menu],
        );
        let code: Vec<String> = (1..20).map(|n| format!("sail(ferry, {n});")).collect();
        check(
            "Ferry sails again",
            &code.join("\n"),
            &["sail(ferry, 1);", "sail(ferry, 2);", "sail(ferry, 3);"],
            &[],
        );
    }
}
