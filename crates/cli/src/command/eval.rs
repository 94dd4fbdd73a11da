//! `unecho eval`: how well does it work on labelled pairs, and against brute force?

mod cleaning;

use std::io::{self, Write};
use std::path::PathBuf;

use unecho_eval::{
    DatedScore, Labels, Misjudged, OracleScore, PairsSpec, Scope, SetScore, TuneSpec,
    score_against_brute_force, score_pairs, set_specs,
};
use unecho_pipeline::Config;

use super::write_data;
use crate::args::{
    EvalArgs, EvalCommand, EvalOracleArgs, EvalPairsArgs, EvalSetsArgs, EvalTuneArgs, LabelledSetsArgs,
    StageArg,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::say;
use crate::table::{thousands, visible};

pub(crate) fn run(args: &EvalArgs) -> Result<Exit, Failure> {
    match &args.command {
        EvalCommand::Pairs(args) => pairs(args),
        EvalCommand::Sets(args) => sets(args),
        EvalCommand::Tune(args) => tune(args),
        EvalCommand::Oracle(args) => oracle(args),
        EvalCommand::Html(args) => cleaning::html(args),
        EvalCommand::Lines(args) => cleaning::lines(args),
        EvalCommand::Stripping(args) => cleaning::stripping(args),
    }
}

fn pairs(args: &EvalPairsArgs) -> Result<Exit, Failure> {
    let mut labels = Labels::default();
    if !args.positive.is_empty() {
        labels.copies.clone_from(&args.positive);
    }
    if !args.ignore.is_empty() {
        labels.neither.clone_from(&args.ignore);
    }
    let spec = PairsSpec {
        name: args.pairs.display().to_string(),
        docs: args.docs.clone(),
        pairs: args.pairs.clone(),
        with: args.with.clone(),
        labels,
        words: args.words,
        scope: match args.stage {
            StageArg::All => Scope::WholePath,
            StageArg::Verify => Scope::VerifyOnly,
        },
    };
    let score = score_pairs(&spec, &Config::default()).map_err(|error| failed(&error))?;
    write_data(|out| {
        if args.json {
            return writeln!(out, "{:#}", serde_json::json!(score));
        }
        header(out)?;
        row(out, &score)?;
        errors(out, &score)
    })?;
    Ok(Exit::Done)
}

fn sets(args: &EvalSetsArgs) -> Result<Exit, Failure> {
    let specs = set_specs();
    let (mut shortfalls, mut losses) = (Vec::new(), Vec::new());
    let mut scores = Vec::new();
    for folder in folders(&args.from)? {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let known = specs.get(&name).copied().unwrap_or_default();
        let score = score_pairs(&PairsSpec::of_folder(&folder, &known), &Config::default())
            .map_err(|error| failed(&error))?;
        shortfalls.extend(score.shortfalls(&known.targets));
        losses.extend(score.shortfalls(&known.floors));
        scores.push(score);
    }
    write_data(|out| {
        if args.json {
            return writeln!(out, "{}", serde_json::json!(scores));
        }
        header(out)?;
        for score in &scores {
            row(out, score)?;
            if args.errors {
                errors(out, score)?;
            }
        }
        Ok(())
    })?;
    for shortfall in &shortfalls {
        say(&format!("short of target: {shortfall}"));
    }
    for loss in &losses {
        say(&format!("below floor: {loss}"));
    }
    Ok(if args.gate && !losses.is_empty() { Exit::Failed } else { Exit::Done })
}

fn failed(error: &anyhow::Error) -> Failure {
    Failure::new(Exit::Failed, format!("{error:#}"))
}

/// The calibration is data, the figures are talk.
fn tune(args: &EvalTuneArgs) -> Result<Exit, Failure> {
    let known = set_specs();
    let mut spec = TuneSpec { dated: args.dated.clone(), ..TuneSpec::default() };
    for folder in folders(&args.from)? {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let known = known.get(&name).copied().unwrap_or_default();
        spec.sets.push((PairsSpec::of_folder(&folder, &known), known.tuning));
    }
    let tuned = unecho_eval::tune(&spec, &Config::default()).map_err(|error| failed(&error))?;
    let mut table = Vec::new();
    let figures = |out: &mut dyn Write| -> io::Result<()> {
        writeln!(out, "each set, scored with what the others gave:")?;
        header(out)?;
        tuned.held_out.iter().try_for_each(|score| row(out, score))?;
        tuned.dated.iter().try_for_each(|score| {
            let DatedScore { name, pairs, held_out_likely, held_out_sure, likely, sure } = score;
            let pairs = thousands(*pairs);
            writeln!(
                out,
                "{}: of {pairs} pairs far apart {likely} are linked, {sure} surely; by the sets alone \
                 {held_out_likely} and {held_out_sure}",
                visible(name)
            )
        })
    };
    figures(&mut table).map_err(|error| Failure::of(Exit::Failed, &error))?;
    say(String::from_utf8_lossy(&table).trim_end());
    let text = tuned.calibration.to_toml();
    match &args.out {
        Some(path) => std::fs::write(path, text)
            .map_err(|error| Failure::new(Exit::Failed, format!("{}: {error}", path.display())))?,
        None => write_data(|stdout| stdout.write_all(text.as_bytes()))?,
    }
    Ok(Exit::Done)
}

fn oracle(args: &EvalOracleArgs) -> Result<Exit, Failure> {
    let score = score_against_brute_force(&args.out)
        .map_err(|error| Failure::new(Exit::Failed, format!("{error:#}")))?;
    write_data(|stdout| {
        if args.json {
            return writeln!(stdout, "{}", serde_json::json!(score));
        }
        let OracleScore { documents, pairs_compared, near, contained, links, links_false } = score;
        writeln!(
            stdout,
            "{} documents, {} pairs share a shingle",
            thousands(documents),
            thousands(pairs_compared)
        )?;
        for (kind, found) in [("near", near), ("contained", contained)] {
            let recall = if found.pairs == 0 { 1.0 } else { found.found as f64 / found.pairs as f64 };
            let (found, pairs) = (thousands(found.found), thousands(found.pairs));
            writeln!(stdout, "{kind:<10} {found} of {pairs} true pairs found, recall {recall:.4}")?;
        }
        let precision = if links == 0 { 1.0 } else { 1.0 - links_false as f64 / links as f64 };
        writeln!(
            stdout,
            "{} links on the texts alone, {links_false} false, precision {precision:.4}",
            thousands(links)
        )
    })?;
    Ok(if score.links_false == 0 { Exit::Done } else { Exit::Failed })
}

fn folders(from: &LabelledSetsArgs) -> Result<Vec<PathBuf>, Failure> {
    let LabelledSetsArgs { data, sets } = from;
    if !sets.is_empty() {
        return Ok(sets.iter().map(|name| data.join(name)).collect());
    }
    let unlisted = |error: io::Error| Failure::new(Exit::Usage, format!("{}: {error}", data.display()));
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(data).map_err(unlisted)? {
        let path = entry.map_err(unlisted)?.path();
        if path.join("pairs.tsv").exists() {
            folders.push(path);
        }
    }
    folders.sort();
    if folders.is_empty() {
        return Err(Failure::new(Exit::Usage, format!("{}: no folder with a pairs.tsv", data.display())));
    }
    Ok(folders)
}

fn header(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{:<22} {:>6} {:>9} {:>6} {:>6} {:>6} {:>6}   {:>6} {:>6}",
        "set", "copies", "strangers", "P", "R", "F1", "AP", "sure P", "R"
    )
}

fn row(out: &mut dyn Write, score: &SetScore) -> io::Result<()> {
    writeln!(
        out,
        "{:<22} {:>6} {:>9} {:>6.3} {:>6.3} {:>6.3} {:>6.3}   {:>6.3} {:>6.3}",
        visible(&score.name),
        score.copies,
        score.strangers,
        score.precision,
        score.recall,
        score.f1,
        score.average_precision,
        score.sure_precision,
        score.sure_recall
    )?;
    for (label, by_label) in &score.labels {
        writeln!(
            out,
            "    {:<24} {:>5} pairs {:>5} linked {:>5} merged",
            visible(label),
            by_label.pairs,
            by_label.linked,
            by_label.merged
        )?;
    }
    Ok(())
}

fn errors(out: &mut dyn Write, score: &SetScore) -> io::Result<()> {
    let listed = |out: &mut dyn Write, verdict: &str, pairs: &[Misjudged]| -> io::Result<()> {
        for wrong in pairs {
            let reason = wrong.judged.reason.as_deref().unwrap_or("never compared");
            let (a, b) = (visible(&wrong.a), visible(&wrong.b));
            writeln!(out, "    {verdict} {a} {b} ({}): {reason}", visible(&wrong.label))?;
        }
        Ok(())
    };
    listed(out, "missed", &score.missed)?;
    listed(out, "false ", &score.false_pairs)
}
