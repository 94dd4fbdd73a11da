//! `unecho top`: who is copied and who copies, by source.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::json;
use unecho_model::record::{DroppedRecord, EarlierRecord, KeptRecord};
use unecho_pipeline::Finished;

use super::write_data;
use crate::args::TopArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::{shortened, thousands};

/// What one source did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Tally {
    /// Documents kept.
    kept: u64,
    /// Documents dropped for a document of another source.
    copying: u64,
    /// Documents dropped for a document of its own.
    repeating: u64,
    /// Documents of other sources dropped for one of its own.
    copied: u64,
    /// Sources of the documents that its own were dropped for.
    from: BTreeMap<String, u64>,
}

pub(crate) fn run(args: &TopArgs) -> Result<Exit, Failure> {
    let finished = Finished::open(&args.out).map_err(|error| Failure::of_output(&error))?;
    let tallies = tallies(&finished)?;
    let mut ranking: Vec<(&String, &Tally)> = tallies.iter().collect();
    ranking.sort_by_key(|(name, tally)| (Reverse(tally.copied + tally.copying), *name));
    ranking.truncate(args.count);
    if args.json {
        write_data(|stdout| {
            for (name, tally) in &ranking {
                let line = json!({
                    "source": name, "kept": tally.kept, "copied": tally.copied, "copying": tally.copying,
                    "repeating": tally.repeating, "from": tally.from,
                });
                writeln!(stdout, "{line}")?;
            }
            Ok(())
        })?;
        return Ok(Exit::Done);
    }
    write_data(|stdout| {
        let (source, from) = ("source", "copies mostly from");
        writeln!(stdout, "{source:<30} {:>9} {:>9} {:>9}  {from}", "kept", "copied", "copying")?;
        for (name, tally) in &ranking {
            let from = tally.from.iter().max_by_key(|(name, count)| (**count, Reverse(*name)));
            let from = from.map_or(String::new(), |(name, count)| {
                format!("{} ({})", shortened(name, 16), thousands(*count))
            });
            let (kept, copied) = (thousands(tally.kept), thousands(tally.copied));
            let (name, copying) = (shortened(name, 30), thousands(tally.copying));
            writeln!(
                stdout,
                "{}",
                format!("{name:<30} {kept:>9} {copied:>9} {copying:>9}  {from}").trim_end()
            )?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}

fn tallies(finished: &Finished) -> Result<BTreeMap<String, Tally>, Failure> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let mut sources = BTreeMap::new();
    for kept in finished.records::<KeptRecord>("data/") {
        let document = kept.map_err(|error| Failure::of_output(&error))?.document;
        let source = name(document.source);
        tallies.entry(source.clone()).or_default().kept += 1;
        sources.insert(document.id, source);
    }
    let mut earlier_sources = BTreeMap::new();
    for earlier in finished.records::<EarlierRecord>("earlier/") {
        let EarlierRecord { document, run, .. } = earlier.map_err(|error| Failure::of_output(&error))?;
        earlier_sources.insert((run, document.id), name(document.source));
    }
    for dropped in finished.records::<DroppedRecord>("dropped/") {
        let dropped = dropped.map_err(|error| Failure::of_output(&error))?;
        let copier = name(dropped.document.source);
        let origin = match dropped.kept_run {
            None => sources.get(&dropped.kept_id),
            Some(run) => earlier_sources.get(&(run, dropped.kept_id)),
        };
        let origin = origin.cloned().unwrap_or_else(|| name(None));
        if copier == origin {
            tallies.entry(copier).or_default().repeating += 1;
            continue;
        }
        tallies.entry(origin.clone()).or_default().copied += 1;
        let tally = tallies.entry(copier).or_default();
        tally.copying += 1;
        *tally.from.entry(origin).or_default() += 1;
    }
    Ok(tallies)
}

fn name(source: Option<String>) -> String {
    source.unwrap_or_else(|| "(no source)".to_owned())
}
