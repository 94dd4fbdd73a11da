//! An index as a folder of Parquet tables, for other tools and other machines, and the index of such a folder again:
//! the same files, byte for byte.
//!
//! `documents-….parquet` has a row for every document, `keys-….parquet` the lists and counts of every segment, some
//! entries a row. `export.json` names the two and holds what an index says of itself; it is put in place last, so that
//! an export is there as a whole or as it was.

use std::fs;
use std::io::ErrorKind;
use std::iter::Peekable;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use unecho_disk::{this_machine, write_whole};
use unecho_model::Digest;
use unecho_store::{
    Column, Entry, Lock, Manifest, Schemes, SectionInfo, SectionKind, SegmentEntry, SegmentWriter, Serial,
    Store, Writer, file_digest,
};
use unecho_write::{ColumnType, Table, TableRows};

use super::remembered::{Fate, Remembered};
use crate::Error;

/// The file that names the others.
const POINTER_NAME: &str = "export.json";
/// Where the index of an export is while a run works with it; engines look over names that begin so.
const WORKING_COPY: &str = ".index";
/// What names of tables begin and end with.
const DOCUMENTS: &str = "documents-";
const KEYS: &str = "keys-";
const TABLE: &str = ".parquet";

const DOCUMENT_COLUMNS: [(&str, ColumnType); 7] = [
    ("number", ColumnType::Integer),
    ("run", ColumnType::Text),
    ("id", ColumnType::TextOrNull),
    ("fate", ColumnType::TextOrNull),
    ("record", ColumnType::TextOrNull),
    ("facts", ColumnType::Integers),
    ("block", ColumnType::Integer),
];
const KEY_COLUMNS: [(&str, ColumnType); 6] = [
    ("segment", ColumnType::Integer),
    ("section", ColumnType::Text),
    ("kind", ColumnType::Text),
    ("list_max", ColumnType::Integer),
    ("keys", ColumnType::Integers),
    ("values", ColumnType::Integers),
];

/// What [`POINTER_NAME`] holds.
#[derive(Debug, Serialize, Deserialize)]
struct Pointer {
    tool: String,
    format_version: u32,
    /// What the index says of itself.
    index: Manifest,
    documents: FileEntry,
    keys: FileEntry,
}

/// A table.
#[derive(Debug, Serialize, Deserialize)]
struct FileEntry {
    file: String,
    digest: Digest,
}

impl Pointer {
    const TOOL: &str = "unecho-index-export";
    const FORMAT_VERSION: u32 = 1;

    fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(POINTER_NAME);
        let bytes = fs::read(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Error::NoExport(folder.to_owned()),
            _ => Error::ExportDamaged(path.clone()),
        })?;
        let pointer: Self = serde_json::from_slice(&bytes).map_err(|_| Error::ExportDamaged(path.clone()))?;
        let is_known = pointer.tool == Self::TOOL
            && pointer.format_version == Self::FORMAT_VERSION
            && pointer.index.format_version == Manifest::FORMAT_VERSION
            && [&pointer.documents.file, &pointer.keys.file] == names(&pointer.index).each_ref();
        if is_known { Ok(pointer) } else { Err(Error::ExportDamaged(path)) }
    }
}

impl FileEntry {
    fn of(folder: &Path, file: String) -> Result<Self, Error> {
        let digest =
            file_digest(&folder.join(&file)).map_err(|_| Error::ExportDamaged(folder.join(&file)))?;
        Ok(Self { file, digest })
    }

    /// Where the file is, which is as it was written.
    fn checked(&self, folder: &Path) -> Result<PathBuf, Error> {
        let path = folder.join(&self.file);
        let is_whole = file_digest(&path).is_ok_and(|digest| digest == self.digest);
        if is_whole { Ok(path) } else { Err(Error::ExportDamaged(path)) }
    }
}

/// What the tables of an index are called that says this of itself: nobody takes them for those of another.
fn names(index: &Manifest) -> [String; 2] {
    let state = serde_json::to_vec(index).expect("a manifest is always JSON");
    let name = &Digest::of(&state).to_string()[..16];
    [format!("{DOCUMENTS}{name}{TABLE}"), format!("{KEYS}{name}{TABLE}")]
}

/// Whether `folder` holds an export of an index.
pub(super) fn is_export(folder: &Path) -> bool {
    folder.join(POINTER_NAME).is_file()
}

/// Writes all that the index in `index` holds as Parquet tables into the folder `to`, in the place of what an earlier
/// export left there; returns the number of documents.
///
/// # Errors
/// When there is no index, `to` holds something else, or another process works with it; when it cannot be written.
pub fn export_index(index: &Path, to: &Path) -> Result<u64, Error> {
    let store = Store::open(index)?;
    ensure_ours(to)?;
    let failed = |error| Error::Export(error);
    this_machine().create_folder(to).map_err(failed)?;
    let _lock = Lock::take(to)?;
    write(&store, to)?;
    Ok(store.manifest().end())
}

/// Makes the index of which the folder `export` holds the tables in the folder `index`; returns the number of documents.
///
/// # Errors
/// When there is no export or it is damaged, `index` holds something, or it cannot be written.
pub fn import_index(export: &Path, index: &Path) -> Result<u64, Error> {
    let pointer = Pointer::read(export)?;
    unpack(&pointer, export, index)?;
    Ok(pointer.index.end())
}

/// An error unless the folder is absent, or empty, or holds an export.
fn ensure_ours(folder: &Path) -> Result<(), Error> {
    let is_empty = match fs::read_dir(folder) {
        Ok(mut entries) => {
            entries.all(|entry| entry.is_ok_and(|entry| is_ours(&entry.file_name().to_string_lossy())))
        }
        Err(error) => error.kind() == ErrorKind::NotFound,
    };
    if is_empty || is_export(folder) { Ok(()) } else { Err(Error::NoExport(folder.to_owned())) }
}

/// Whether a file of this name may be left by an export that was cut off.
fn is_ours(name: &str) -> bool {
    name == "LOCK" || [DOCUMENTS, KEYS, POINTER_NAME].iter().any(|begin| name.starts_with(begin))
}

fn write(store: &Store, to: &Path) -> Result<(), Error> {
    let index = store.manifest().clone();
    let [documents, keys] = names(&index);
    write_documents(store, &to.join(&documents))?;
    write_keys(store, &to.join(&keys))?;
    let pointer = Pointer {
        tool: Pointer::TOOL.to_owned(),
        format_version: Pointer::FORMAT_VERSION,
        index,
        documents: FileEntry::of(to, documents)?,
        keys: FileEntry::of(to, keys)?,
    };
    let bytes = serde_json::to_vec_pretty(&pointer).expect("a pointer is always JSON");
    let (disk, temporary) = (this_machine(), to.join(format!("{POINTER_NAME}.tmp")));
    let put = write_whole(disk.as_ref(), &temporary, &bytes)
        .and_then(|()| disk.rename(&temporary, &to.join(POINTER_NAME)))
        .and_then(|()| disk.sync_folder(to));
    put.map_err(Error::Export)?;
    remove_others(to, &pointer);
    Ok(())
}

/// Removes tables that are named no more. What fails is said and changes nothing.
fn remove_others(folder: &Path, pointer: &Pointer) {
    let named = [pointer.documents.file.as_str(), pointer.keys.file.as_str(), POINTER_NAME, "LOCK"];
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_ours(&name)
            && !named.contains(&name.as_str())
            && let Err(error) = this_machine().remove(&entry.path())
        {
            tracing::warn!(%error, "a table that is no longer needed was left behind");
        }
    }
}

fn push(table: &mut Table, row: Value) -> Result<(), Error> {
    match row {
        Value::Object(row) => Ok(table.push(&row)?),
        _ => unreachable!("a row is an object"),
    }
}

fn write_documents(store: &Store, path: &Path) -> Result<(), Error> {
    let manifest = store.manifest();
    let facts = store.columns(Serial(manifest.end()))?;
    let mut table = Table::create(path, &DOCUMENT_COLUMNS, this_machine())?;
    store.each_block(|first, documents| {
        for (number, bytes) in (first.0..).zip(documents) {
            let damaged = || Error::IndexDamaged(store.folder().to_owned());
            let remembered = Remembered::of_bytes(&bytes).transpose().map_err(|_| damaged())?;
            let fate = remembered.as_ref().map(|remembered| match remembered.fate {
                Fate::Kept => "kept",
                Fate::Dropped { .. } => "dropped",
            });
            let at = manifest.runs.partition_point(|run| run.end() <= number);
            let facts = usize::try_from(number).ok().and_then(|at| facts.get(at)).ok_or_else(damaged)?;
            let record = if bytes.is_empty() { None } else { Some(String::from_utf8(bytes)) };
            let row = json!({
                "number": number, "run": manifest.runs.get(at).map_or("", |run| run.id.as_str()),
                "id": remembered.as_ref().map(|remembered| &remembered.document.id), "fate": fate,
                "record": record.transpose().map_err(|_| damaged())?,
                "facts": facts.map(u64::cast_signed), "block": first.0,
            });
            push(&mut table, row)?;
        }
        Ok::<(), Error>(())
    })?;
    Ok(table.finish()?)
}

fn write_keys(store: &Store, path: &Path) -> Result<(), Error> {
    let mut table = Table::create(path, &KEY_COLUMNS, this_machine())?;
    store.each_entries(|segment, section, entries| {
        let keys: Vec<u64> = entries.iter().map(|entry| entry.key).collect();
        let values: Vec<u32> = entries.iter().map(|entry| entry.value).collect();
        let row = json!({
            "segment": segment.0, "section": section.name, "kind": section.kind,
            "list_max": section.list_max, "keys": keys, "values": values,
        });
        push(&mut table, row)
    })?;
    Ok(table.finish()?)
}

#[derive(Debug, Deserialize)]
struct DocumentRow {
    number: u64,
    record: Option<String>,
    facts: [i64; 3],
    block: u64,
}

impl DocumentRow {
    fn column(&self) -> Column {
        self.facts.map(i64::cast_unsigned)
    }
}

#[derive(Debug, Deserialize)]
struct KeysRow {
    segment: u64,
    section: String,
    kind: SectionKind,
    list_max: u32,
    keys: Vec<u64>,
    values: Vec<u32>,
}

/// Makes the index of an export in the folder `index`.
fn unpack(pointer: &Pointer, export: &Path, index: &Path) -> Result<(), Error> {
    let documents = pointer.documents.checked(export)?;
    let mut documents = TableRows::<DocumentRow>::open(&documents)?;
    let keys = pointer.keys.checked(export)?;
    let mut keys = TableRows::<KeysRow>::open(&keys)?.peekable();
    let mut writer = Writer::open(index, &pointer.index.schemes, this_machine())?;
    let mut segments = Vec::with_capacity(pointer.index.segments.len());
    for segment in &pointer.index.segments {
        let mut to = writer.segment(Serial(segment.first))?;
        unpack_documents(segment, &mut documents, export, &mut to)?;
        while let Some(row) =
            keys.next_if(|row| row.as_ref().map_or(true, |row| row.segment == segment.first))
        {
            unpack_section(row?, &mut keys, &mut to)?;
        }
        segments.push(to.finish()?);
    }
    if documents.next().is_some() || keys.next().is_some() {
        return Err(Error::ExportDamaged(export.to_owned()));
    }
    Ok(writer.fill(pointer.index.runs.clone(), segments)?.commit()?)
}

fn unpack_documents(
    segment: &SegmentEntry,
    documents: &mut TableRows<DocumentRow>,
    export: &Path,
    to: &mut SegmentWriter,
) -> Result<(), Error> {
    let mut block = None;
    for number in segment.first..segment.end() {
        let row = documents.next().transpose()?.filter(|row| row.number == number);
        let row = row.ok_or_else(|| Error::ExportDamaged(export.to_owned()))?;
        if block.replace(row.block).is_some_and(|block| block != row.block) {
            to.end_block()?;
        }
        let column = row.column();
        to.push(row.record.unwrap_or_default().as_bytes(), column)?;
    }
    Ok(())
}

/// Writes a section that begins with this row.
fn unpack_section(
    first: KeysRow,
    rows: &mut Peekable<TableRows<KeysRow>>,
    to: &mut SegmentWriter,
) -> Result<(), Error> {
    let (segment, name) = (first.segment, first.section.clone());
    let section = SectionInfo {
        name: name.clone(),
        kind: first.kind,
        offset: 0,
        bytes: 0,
        blocks: 0,
        entries: 0,
        list_max: first.list_max,
        directory_checksum: 0,
    };
    let is_here = |row: &KeysRow| row.segment == segment && row.section == name;
    let mut failed = None;
    let further = std::iter::from_fn(|| match rows.next_if(|row| row.as_ref().map_or(true, is_here))? {
        Ok(row) => Some(row),
        Err(error) => {
            failed = Some(error);
            None
        }
    });
    let entries = std::iter::once(first)
        .chain(further)
        .flat_map(|row| row.keys.into_iter().zip(row.values).map(|(key, value)| Entry { key, value }));
    to.entries(&section, entries)?;
    failed.map_or(Ok(()), |error| Err(error.into()))
}

/// The index of an export, in a folder of its own below it, for a run that goes on from the export. It is gone when this
/// is.
#[derive(Debug)]
pub(super) struct WorkingCopy {
    export: PathBuf,
    index: PathBuf,
    _lock: Lock,
}

impl WorkingCopy {
    /// Makes the index of `export`, which must have been made with these schemes.
    pub(super) fn of(export: &Path, schemes: &Schemes) -> Result<Self, Error> {
        let lock = Lock::take(export)?;
        let pointer = Pointer::read(export)?;
        pointer.index.ensure_fits(schemes, export)?;
        let copy = Self { export: export.to_owned(), index: export.join(WORKING_COPY), _lock: lock };
        // Left by a run that was killed.
        copy.remove();
        unpack(&pointer, export, &copy.index)?;
        Ok(copy)
    }

    /// Where the index is.
    pub(super) fn index(&self) -> &Path {
        &self.index
    }

    /// Puts what the index holds now in the place of the export.
    pub(super) fn write_back(&self) -> Result<(), Error> {
        write(&Store::open(&self.index)?, &self.export)
    }

    fn remove(&self) {
        if let Err(error) = fs::remove_dir_all(&self.index)
            && error.kind() != ErrorKind::NotFound
        {
            tracing::warn!(path = %self.index.display(), %error, "was left behind");
        }
    }
}

impl Drop for WorkingCopy {
    fn drop(&mut self) {
        self.remove();
    }
}
