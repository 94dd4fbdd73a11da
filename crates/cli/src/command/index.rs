//! `unecho index`: what an index holds, whether it is whole, and what it is to forget.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use unecho_pipeline::{
    ColumnType, CopiesToo, Error, Fate, Forget, Index, Known, Table, compact_index, export_index, forget,
    import_index, this_machine,
};

use super::write_data;
use crate::args::{ForgetArgs, IndexArgs, IndexCommand};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::say;
use crate::table::{thousands, visible};

pub(crate) fn run(args: &IndexArgs) -> Result<Exit, Failure> {
    match &args.command {
        IndexCommand::Stats { folder, json } => stats(&open(folder)?, *json),
        IndexCommand::Verify { folder } => verify(folder),
        IndexCommand::Compact { folder } => {
            let before = open(folder)?.stats();
            compact_index(folder).map_err(|error| Failure::of_index_run(&error))?;
            let after = open(folder)?.stats();
            let (from, to) = (thousands(before.segments), thousands(after.segments));
            let (bytes_from, bytes_to) = (thousands(before.bytes), thousands(after.bytes));
            say(&format!("{from} segments became {to}, {bytes_from} bytes {bytes_to}"));
            Ok(Exit::Done)
        }
        IndexCommand::Export { folder, text, out: None, .. } => export(&open(folder)?, *text),
        IndexCommand::Export { folder, out: Some(to), whole: true, .. } => {
            let documents = export_index(folder, to).map_err(|error| Failure::of_index_run(&error))?;
            say(&format!("{} documents in {}", thousands(documents), to.display()));
            Ok(Exit::Done)
        }
        IndexCommand::Export { folder, text, out: Some(file), .. } => {
            export_table(&open(folder)?, *text, file)
        }
        IndexCommand::Import { export, folder } => {
            let documents = import_index(export, folder).map_err(|error| Failure::of_index_run(&error))?;
            say(&format!("{} documents in {}", thousands(documents), folder.display()));
            Ok(Exit::Done)
        }
        IndexCommand::Forget(args) => forget_documents(args),
    }
}

fn open(folder: &Path) -> Result<Index, Failure> {
    Index::open(folder).map_err(|error| Failure::of_index_run(&error))
}

fn stats(index: &Index, as_json: bool) -> Result<Exit, Failure> {
    let (stats, manifest) = (index.stats(), index.manifest());
    if as_json {
        let object = json!({ "stats": stats, "runs": manifest.runs, "schemes": manifest.schemes });
        write_data(|out| writeln!(out, "{object:#}"))?;
        return Ok(Exit::Done);
    }
    write_data(|out| {
        let each = stats.bytes / stats.documents.max(1);
        writeln!(
            out,
            "{:>14} documents, {} of them kept",
            thousands(stats.documents),
            thousands(stats.kept)
        )?;
        writeln!(out, "{:>14} runs in {} segments", thousands(stats.runs), thousands(stats.segments))?;
        writeln!(out, "{:>14} bytes, {} a document", thousands(stats.bytes), thousands(each))?;
        writeln!(out, "\n{:>14} {:>14}  section", "entries", "bytes")?;
        for (name, section) in &stats.sections {
            writeln!(out, "{:>14} {:>14}  {name}", thousands(section.entries), thousands(section.bytes))?;
        }
        writeln!(out, "\n{:>14} {:>14}  run", "documents", "kept")?;
        for run in &manifest.runs {
            let name = if run.id.is_empty() { "(forgotten)" } else { &run.id };
            writeln!(out, "{:>14} {:>14}  {name}", thousands(run.documents), thousands(run.kept))?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}

fn verify(folder: &Path) -> Result<Exit, Failure> {
    let index = open(folder)?;
    let problems = index.verify().map_err(|error| Failure::of_index_run(&error))?;
    if problems.is_empty() {
        let (stats, folder) = (index.stats(), folder.display());
        let (segments, documents) = (thousands(stats.segments), thousands(stats.documents));
        write_data(|out| {
            writeln!(out, "{folder}: {segments} segments and {documents} documents as they were written")
        })?;
        return Ok(Exit::Done);
    }
    write_data(|out| {
        for problem in &problems {
            writeln!(out, "{}", visible(&problem.to_string()))?;
        }
        Ok(())
    })?;
    let what = format!("{}: {} problems", folder.display(), problems.len());
    Err(Failure::new(Exit::Damaged, what).hint(
        "bring the folder back from a copy, or begin another index by running the ingests again in order",
    ))
}

fn export(index: &Index, with_text: bool) -> Result<Exit, Failure> {
    let mut failed = None;
    write_data(|out| {
        let written = index.each(|known| {
            // A reader that has had enough is noticed by whoever writes to it.
            writeln!(out, "{}", row(&known, with_text)).map_err(Error::Export)
        });
        match written {
            Ok(()) => Ok(()),
            Err(Error::Export(error)) => Err(error),
            Err(error) => {
                failed = Some(error);
                Ok(())
            }
        }
    })?;
    match failed {
        Some(error) => Err(Failure::of_index_run(&error)),
        None => Ok(Exit::Done),
    }
}

/// The columns of [`row`], but the text.
const COLUMNS: [(&str, ColumnType); 14] = [
    ("number", ColumnType::Integer),
    ("run", ColumnType::Text),
    ("id", ColumnType::Text),
    ("fate", ColumnType::Text),
    ("kind", ColumnType::TextOrNull),
    ("kept_number", ColumnType::IntegerOrNull),
    ("path", ColumnType::Text),
    ("line", ColumnType::IntegerOrNull),
    ("url", ColumnType::TextOrNull),
    ("title", ColumnType::TextOrNull),
    ("source", ColumnType::TextOrNull),
    ("date", ColumnType::TextOrNull),
    ("lang", ColumnType::TextOrNull),
    ("digest", ColumnType::Text),
];

/// Writes what is known of every document as a Parquet file.
fn export_table(index: &Index, with_text: bool, file: &Path) -> Result<Exit, Failure> {
    if file.extension().is_none_or(|extension| extension != "parquet") {
        let what = format!("{}: is no name of a Parquet file", file.display());
        return Err(Failure::new(Exit::Usage, what)
            .hint("end it in .parquet; without --out there are lines of JSON on stdout"));
    }
    let mut columns = COLUMNS.to_vec();
    if with_text {
        columns.push(("text", ColumnType::Text));
    }
    let written =
        Table::create(file, &columns, this_machine()).map_err(Error::Output).and_then(|mut table| {
            index.each(|known| match row(&known, with_text) {
                Value::Object(row) => table.push(&row).map_err(Error::Output),
                _ => unreachable!("a row is an object"),
            })?;
            table.finish().map_err(Error::Output)
        });
    written.map_err(|error| match &error {
        Error::Output(output) => Failure::of_output(output),
        _ => Failure::of_index_run(&error),
    })?;
    say(&format!("{} documents in {}", thousands(index.stats().documents), file.display()));
    Ok(Exit::Done)
}

/// What is known of a document, as an object.
fn row(known: &Known<'_>, with_text: bool) -> Value {
    let document = &known.remembered.document;
    let (fate, kind, kept_number) = match known.remembered.fate {
        Fate::Kept => ("kept", None, None),
        Fate::Dropped { keeper, kind } => ("dropped", Some(kind), Some(keeper)),
    };
    let mut row = json!({
        "number": known.number, "run": known.run, "id": document.id, "fate": fate, "kind": kind,
        "kept_number": kept_number, "path": document.path, "line": document.line, "url": document.url,
        "title": document.title, "source": document.source, "date": document.date, "lang": document.lang,
        "digest": document.digest,
    });
    if with_text {
        row["text"] = Value::from(document.text.as_str());
    }
    row
}

fn forget_documents(args: &ForgetArgs) -> Result<Exit, Failure> {
    let what = match &args.run {
        Some(run) => Forget::Run(run.clone()),
        None => Forget::Ids(ids(&args.ids)?),
    };
    let copies = if args.with_copies { CopiesToo::Yes } else { CopiesToo::No };
    let forgotten = forget(&args.folder, &what, copies).map_err(|error| Failure::of_index_run(&error))?;
    write_data(|out| {
        writeln!(out, "{} documents forgotten", thousands(forgotten.documents))?;
        for id in &forgotten.copies_left {
            writeln!(out, "stays, though it was dropped for one of them: {}", visible(id))?;
        }
        Ok(())
    })?;
    if forgotten.documents == 0 {
        let failure = Failure::new(Exit::Failed, "no such document or run in the index");
        return Err(
            failure.hint("'unecho index export INDEX' lists the ids, 'unecho index stats INDEX' the runs")
        );
    }
    for id in &forgotten.unknown {
        say(&format!("warning: no document '{}'", visible(id)));
    }
    Ok(Exit::Done)
}

/// Ids as they are given, and those of '@FILE', one a line.
fn ids(given: &[String]) -> Result<BTreeSet<String>, Failure> {
    let mut ids = BTreeSet::new();
    for one in given {
        match one.strip_prefix('@') {
            None => drop(ids.insert(one.clone())),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| Failure::new(Exit::Usage, format!("{path}: {error}")))?;
                ids.extend(text.lines().filter(|line| !line.is_empty()).map(str::to_owned));
            }
        }
    }
    Ok(ids)
}
