//! `unecho eval`: how well does it work on labelled sets?

use std::io::Write;
use std::path::{Path, PathBuf};

use unecho_eval::{OracleScore, SetScore, SetSpec, score_against_brute_force, score_set, set_specs};
use unecho_pipeline::Config;

use super::write_data;
use crate::args::EvalArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::say;
use crate::table::thousands;

pub(crate) fn run(args: &EvalArgs) -> Result<Exit, Failure> {
    if let Some(out) = &args.oracle {
        return oracle(out, args.json);
    }
    let specs = set_specs();
    let (mut shortfalls, mut losses) = (Vec::new(), Vec::new());
    let mut scores = Vec::new();
    for folder in folders(args)? {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let spec: &SetSpec = specs.get(&name).ok_or_else(|| {
            let known: Vec<&str> = specs.keys().map(String::as_str).collect();
            Failure::new(Exit::Usage, format!("no set '{name}' is known"))
                .hint(format!("known: {}", known.join(", ")))
        })?;
        let score = score_set(&folder, spec, &Config::default())
            .map_err(|error| Failure::new(Exit::Failed, format!("{name}: {error:#}")))?;
        shortfalls.extend(score.shortfalls(&spec.targets));
        losses.extend(score.shortfalls(&spec.floors));
        scores.push(score);
    }
    if args.json {
        write_data(|out| writeln!(out, "{}", serde_json::json!(scores)))?;
    } else {
        write_data(|out| table(out, &scores, args.errors))?;
    }
    for shortfall in &shortfalls {
        say(&format!("short of target: {shortfall}"));
    }
    for loss in &losses {
        say(&format!("below floor: {loss}"));
    }
    Ok(if args.gate && !losses.is_empty() { Exit::Failed } else { Exit::Done })
}

fn oracle(out: &Path, json: bool) -> Result<Exit, Failure> {
    let score =
        score_against_brute_force(out).map_err(|error| Failure::new(Exit::Failed, format!("{error:#}")))?;
    write_data(|stdout| {
        if json {
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

fn folders(args: &EvalArgs) -> Result<Vec<PathBuf>, Failure> {
    let Some(data) = &args.data else { return Ok(Vec::new()) };
    if !args.sets.is_empty() {
        return Ok(args.sets.iter().map(|name| data.join(name)).collect());
    }
    let failed = |error: std::io::Error| Failure::new(Exit::Usage, format!("{}: {error}", data.display()));
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(data).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
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

fn table(out: &mut dyn Write, scores: &[SetScore], errors: bool) -> std::io::Result<()> {
    writeln!(
        out,
        "{:<20} {:>6} {:>9} {:>6} {:>6} {:>6}   {:>9} {:>6}",
        "set", "copies", "strangers", "P", "R", "F1", "P dropped", "R"
    )?;
    for score in scores {
        writeln!(
            out,
            "{:<20} {:>6} {:>9} {:>6.3} {:>6.3} {:>6.3}   {:>9.3} {:>6.3}",
            score.name,
            score.copies,
            score.strangers,
            score.precision(),
            score.recall(),
            score.f1(),
            score.drop_precision(),
            score.drop_recall()
        )?;
        for (label, by_label) in &score.labels {
            writeln!(
                out,
                "    {label:<24} {:>5} pairs {:>5} linked {:>5} merged",
                by_label.pairs, by_label.linked, by_label.merged
            )?;
        }
        for wrong in score.misjudged.iter().filter(|_| errors) {
            let verdict = if wrong.linked { "linked" } else { "not linked" };
            let reason = wrong.reason.as_deref().unwrap_or("never compared");
            writeln!(out, "    ! {} {} ({}) {verdict}: {reason}", wrong.a, wrong.b, wrong.label)?;
        }
    }
    Ok(())
}
