//! What became of the pairs that `cargo xtask corpus` planted.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Similarities by which near copies are told apart, and their rows.
const NEAR: [(f64, &str); 3] =
    [(0.7, "near, J 0.7 and above"), (0.6, "near, J 0.6-0.7"), (0.5, "near, J 0.5-0.6")];

/// Counts for each kind of planted pair.
pub(super) struct Found {
    /// By row of the table, in order: pairs, and pairs by what they were found as.
    rows: BTreeMap<String, (u64, BTreeMap<String, u64>)>,
}

impl Found {
    /// Compares a finished output, of plain JSON lines, with the pairs planted in its input.
    pub(super) fn read(out: &Path, pairs: &Path) -> Result<Self> {
        let mut kinds: HashMap<(String, String), String> = HashMap::new();
        for_each_record(&out.join("ledger"), "links-", |link| {
            if link["accepted"] == true {
                let (a, b) = (text(&link["a"]), text(&link["b"]));
                kinds.insert(if a < b { (a, b) } else { (b, a) }, text(&link["kind"]));
            }
        })?;
        let mut keepers: HashMap<String, String> = HashMap::new();
        for_each_record(&out.join("dropped"), "", |dropped| {
            keepers.insert(text(&dropped["id"]), text(&dropped["kept_id"]));
        })?;
        let keeper = |id: &str| keepers.get(id).map_or_else(|| id.to_owned(), Clone::clone);
        let mut rows: BTreeMap<String, (u64, BTreeMap<String, u64>)> = BTreeMap::new();
        let table = fs::read_to_string(pairs).with_context(|| pairs.display().to_string())?;
        for line in table.lines().skip(1) {
            let [a, b, label, jaccard, _] = line.split('\t').collect::<Vec<_>>()[..] else {
                bail!("{}: '{line}' has not five columns", pairs.display());
            };
            let jaccard: f64 = jaccard.parse()?;
            let row = match label {
                "near" => {
                    NEAR.iter().find(|(least, _)| jaccard >= *least).map_or("near, J below 0.5", |row| row.1)
                }
                "contained" => "contained: half of one in other text",
                other => other,
            };
            let pair = if a < b { (a.to_owned(), b.to_owned()) } else { (b.to_owned(), a.to_owned()) };
            let found = match kinds.get(&pair) {
                Some(kind) => Some(kind.as_str()),
                None => (keeper(a) == keeper(b)).then_some("of one keeper"),
            };
            let counts = rows.entry(row.to_owned()).or_default();
            counts.0 += 1;
            *counts.1.entry(found.unwrap_or("not found").to_owned()).or_default() += 1;
        }
        Ok(Self { rows })
    }

    /// One line a kind.
    pub(super) fn table(&self) -> Result<String> {
        let kinds = ["exact", "near", "contained", "rewrite", "of one keeper", "not found"];
        let mut table = format!(
            "| planted | pairs | found | {} |\n|---|---|---|---|---|---|---|---|---|\n",
            kinds.join(" | ")
        );
        for (row, (pairs, counts)) in &self.rows {
            let missed = counts.get("not found").copied().unwrap_or(0);
            write!(table, "| {row} | {pairs} | {:.3} |", 1.0 - missed as f64 / (*pairs).max(1) as f64)?;
            for kind in kinds {
                write!(table, " {} |", counts.get(kind).copied().unwrap_or(0))?;
            }
            table.push('\n');
        }
        Ok(table)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Reads the records of a folder's shards whose names begin so.
fn for_each_record(folder: &Path, prefix: &str, mut look: impl FnMut(&Value)) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let is_wanted =
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(prefix));
        if !is_wanted {
            continue;
        }
        for line in BufReader::new(fs::File::open(&path).with_context(|| path.display().to_string())?).lines()
        {
            look(&serde_json::from_str(&line?)?);
        }
    }
    Ok(())
}
