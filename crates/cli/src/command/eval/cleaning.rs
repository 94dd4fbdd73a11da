//! `unecho eval html`, `lines` and `stripping`: how well is the article told from what is around it, and
//! what does that do to copies?

use std::io::{self, Write};

use unecho_eval::{
    LineCut, LinesScore, PageScore, PagesScore, PairsSpec, Shift, StrippingScore, cleaning_floors,
    score_lines, score_pages, score_stripping, score_texts, set_specs,
};
use unecho_pipeline::Config;

use super::super::{engines_of, write_data};
use super::{failed, folders};
use crate::args::{EvalHtmlArgs, EvalLinesArgs, EvalReportArgs, EvalStrippingArgs, ExtractArg};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::say;
use crate::table::{shortened, thousands, visible};

/// Pages listed as the worst of a file.
const WORST_PAGES: usize = 10;
/// Characters of a line that are shown.
const LINE_CHARS: usize = 160;

/// Scores the main text of pages.
pub(super) fn html(args: &EvalHtmlArgs) -> Result<Exit, Failure> {
    let floors = cleaning_floors();
    let mut config = Config::default();
    config.normalize.engines = engines_of(args.extract);
    let (mut scores, mut losses) = (Vec::new(), Vec::new());
    for file in &args.files {
        let score = match &args.texts {
            None => score_pages(file, &config),
            Some(texts) => score_texts(file, texts),
        };
        let score = score.map_err(|error| failed(&error))?;
        let is_own = args.texts.is_none() && args.extract == ExtractArg::Both;
        let floor = floors.get(&score.name).filter(|_| is_own);
        losses.extend(floor.map(|floor| floor.losses_of_pages(&score)).unwrap_or_default());
        scores.push(score);
    }
    write_data(|out| {
        if args.report.json {
            return writeln!(out, "{:#}", serde_json::json!(scores));
        }
        writeln!(out, "{:<22} {:>6} {:>7} {:>7} {:>7}", "file", "pages", "F1", "P", "R")?;
        for score in &scores {
            pages_rows(out, score)?;
            let mut pages: Vec<&PageScore> = score.pages.iter().collect();
            if args.report.errors && !args.pages {
                pages.sort_by(|a, b| a.agreement.f1.total_cmp(&b.agreement.f1));
                pages.truncate(WORST_PAGES);
            }
            if args.report.errors || args.pages {
                pages.iter().try_for_each(|page| page_row(out, page))?;
            }
        }
        Ok(())
    })?;
    Ok(judged(&args.report, &losses))
}

fn pages_rows(out: &mut dyn Write, score: &PagesScore) -> io::Result<()> {
    let name = visible(&score.name);
    for (name, pages, mean) in [
        (name, score.pages.len() as u64, score.all),
        ("  English".to_owned(), score.english_pages, score.english),
    ] {
        let pages = thousands(pages);
        writeln!(out, "{name:<22} {pages:>6} {:>7.4} {:>7.4} {:>7.4}", mean.f1, mean.precision, mean.recall)?;
    }
    Ok(())
}

fn page_row(out: &mut dyn Write, page: &PageScore) -> io::Result<()> {
    let found = page.agreement;
    write!(
        out,
        "    {:<44} {:>7.4} {:>7.4} {:>7.4}  {} of {} words",
        shortened(&page.id, 44),
        found.f1,
        found.precision,
        found.recall,
        thousands(page.words),
        thousands(page.gold_words)
    )?;
    if let Some(lang) = &page.lang {
        write!(out, ", {lang}")?;
    }
    if let Some(confidence) = page.confidence {
        write!(out, ", engines agree {confidence:.2}")?;
    }
    if let Some(why) = &page.rejected {
        write!(out, ", {}", visible(why))?;
    }
    writeln!(out)
}

/// Scores what is cut of extracted texts.
pub(super) fn lines(args: &EvalLinesArgs) -> Result<Exit, Failure> {
    let floors = cleaning_floors();
    let (mut scores, mut losses) = (Vec::new(), Vec::new());
    for file in &args.files {
        let score = score_lines(file, &Config::default()).map_err(|error| failed(&error))?;
        losses.extend(floors.get(&score.name).map(|floor| floor.losses_of_lines(&score)).unwrap_or_default());
        scores.push(score);
    }
    write_data(|out| {
        if args.report.json {
            return writeln!(out, "{:#}", serde_json::json!(scores));
        }
        writeln!(
            out,
            "{:<22} {:>6} {:>11} {:>7} {:>7} {:>7} {:>19} {:>18}",
            "file", "docs", "boilerplate", "cut", "P", "R", "article lines cut", "article words cut"
        )?;
        for score in &scores {
            lines_row(out, score)?;
            if args.report.errors {
                lines_errors(out, score)?;
            }
        }
        Ok(())
    })?;
    Ok(judged(&args.report, &losses))
}

fn lines_row(out: &mut dyn Write, score: &LinesScore) -> io::Result<()> {
    // Clean copy has nothing to be found.
    let share =
        |share: f64| if score.boilerplate.lines == 0 { "-".to_owned() } else { format!("{share:.4}") };
    writeln!(
        out,
        "{:<22} {:>6} {:>11} {:>7} {:>7} {:>7} {:>19} {:>16.3} %",
        visible(&score.name),
        thousands(score.documents),
        thousands(score.boilerplate.lines),
        thousands(score.boilerplate.cut),
        share(score.precision),
        share(score.recall),
        format!("{} of {}", thousands(score.article.cut), thousands(score.article.lines)),
        score.article_words_cut * 100.0
    )
}

fn lines_errors(out: &mut dyn Write, score: &LinesScore) -> io::Result<()> {
    let mut rules: Vec<_> = score.rules.iter().collect();
    rules.sort_by_key(|(_, lines)| std::cmp::Reverse(lines.boilerplate + lines.article + lines.other));
    for (rule, lines) in rules {
        writeln!(
            out,
            "    rule {:<32} {:>6} boilerplate {:>5} article {:>5} other",
            visible(rule),
            lines.boilerplate,
            lines.article,
            lines.other
        )?;
    }
    let listed = |out: &mut dyn Write, verdict: &str, lines: &[LineCut]| -> io::Result<()> {
        for line in lines {
            let rule = line.rule.as_deref().unwrap_or("-");
            let text = shortened(&line.text, LINE_CHARS);
            writeln!(out, "    {verdict} {} [{}] {text}", visible(&line.id), visible(rule))?;
        }
        Ok(())
    };
    listed(out, "cut   ", &score.wrong)?;
    listed(out, "missed", &score.missed)
}

/// Measures how much alike the labelled pairs of sets are before and after stripping.
pub(super) fn stripping(args: &EvalStrippingArgs) -> Result<Exit, Failure> {
    let (known, floors) = (set_specs(), cleaning_floors());
    let (mut scores, mut losses) = (Vec::new(), Vec::new());
    for folder in folders(&args.from)? {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let spec = PairsSpec::of_folder(&folder, &known.get(&name).copied().unwrap_or_default());
        let score = score_stripping(&spec, &Config::default()).map_err(|error| failed(&error))?;
        losses.extend(
            floors.get(&score.name).map(|floor| floor.losses_of_stripping(&score)).unwrap_or_default(),
        );
        scores.push(score);
    }
    write_data(|out| {
        if args.report.json {
            return writeln!(out, "{:#}", serde_json::json!(scores));
        }
        writeln!(
            out,
            "{:<22} {:<8} {:>6} {:>8} {:>8} {:>6} {:>6}",
            "set", "pairs", "", "before", "after", "up", "down"
        )?;
        scores.iter().try_for_each(|score| stripping_rows(out, score, &args.report))
    })?;
    Ok(judged(&args.report, &losses))
}

fn stripping_rows(out: &mut dyn Write, score: &StrippingScore, args: &EvalReportArgs) -> io::Result<()> {
    let mut row = |name: &str, what: &str, shift: Shift| {
        let (pairs, up, down) = (thousands(shift.pairs), thousands(shift.risen), thousands(shift.fallen));
        let (before, after) = (shift.before, shift.after);
        writeln!(out, "{name:<22} {what:<8} {pairs:>6} {before:>8.4} {after:>8.4} {up:>6} {down:>6}")
    };
    row(&visible(&score.name), "copies", score.copies)?;
    row("", "others", score.others)?;
    let risen = score.risen_others.iter().filter(|_| args.errors);
    risen.into_iter().try_for_each(|pair| {
        let (a, b) = (visible(&pair.a), visible(&pair.b));
        writeln!(out, "    others moved together: {a} {b} {:.4} {:.4}", pair.before, pair.after)
    })
}

fn judged(args: &EvalReportArgs, losses: &[String]) -> Exit {
    for loss in losses {
        say(&format!("below floor: {loss}"));
    }
    if args.gate && !losses.is_empty() { Exit::Failed } else { Exit::Done }
}
