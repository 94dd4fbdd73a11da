//! The dataset card: `README.md` as Hugging Face and its library `datasets` expect it, so that a folder of
//! results loads by name, with the same types for every shard.

use std::fmt::Write;

use arrow_schema::{DataType, Field};

use crate::RecordKind;
use crate::columns::{JSON_TEXT_FIELD, schema};
use crate::format::Format;
use crate::manifest::Manifest;

/// File name of the card.
pub(crate) const CARD_NAME: &str = "README.md";

/// A kind of record that an output holds: its files and how many records they have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) kind: RecordKind,
    pub(crate) format: Format,
    pub(crate) rows: u64,
}

impl Part {
    /// The kinds with records, in the order of [`RecordKind::ALL`].
    pub(crate) fn of(manifest: &Manifest) -> Vec<Self> {
        let part = |&kind: &RecordKind| {
            let own = || manifest.files.iter().filter(|file| RecordKind::of_file(&file.path) == Some(kind));
            let format = Format::of_file(&own().next()?.path)?;
            let rows = own().filter_map(|file| file.rows).sum();
            (rows > 0).then_some(Self { kind, format, rows })
        };
        RecordKind::ALL.iter().filter_map(part).collect()
    }

    /// The pattern of its files, below the output folder.
    pub(crate) fn files(self) -> String {
        format!("{}/{}-*.{}", self.kind.folder(), self.kind.stem(), self.format)
    }
}

/// The card of the output that `manifest` describes. It says nothing that the manifest does not know.
pub(crate) fn card(manifest: &Manifest) -> String {
    let mut text = "---\n".to_owned();
    header(&Part::of(manifest), manifest.documents.kept, &mut text);
    text.push_str("---\n\n");
    body(manifest, &mut text);
    text
}

/// Appends formatted text: writing to memory cannot fail.
macro_rules! push {
    ($text:expr, $($arg:tt)*) => { writeln!($text, $($arg)*).expect("text can always grow") };
}

fn header(parts: &[Part], kept: u64, text: &mut String) {
    push!(text, "tags:\n- unecho\n- deduplicated\ntask_categories:\n- text-generation");
    push!(text, "size_categories:\n- {}", size_category(kept));
    if parts.is_empty() {
        return;
    }
    push!(text, "configs:");
    for part in parts {
        push!(text, "- config_name: {}", part.kind.name());
        if part.kind == RecordKind::Kept {
            push!(text, "  default: true");
        }
        push!(text, "  data_files:\n  - split: train\n    path: {}", part.files());
    }
    push!(text, "dataset_info:");
    for part in parts {
        push!(text, "- config_name: {}\n  features:", part.kind.name());
        for field in schema(part.kind).fields() {
            if field.name() == JSON_TEXT_FIELD && part.format != Format::Parquet {
                push!(text, "  - name: {JSON_TEXT_FIELD}\n    dtype: json");
            } else {
                feature(field, 2, text);
            }
        }
    }
}

/// One field as a feature of `datasets`, indented by so many spaces.
fn feature(field: &Field, indent: usize, text: &mut String) {
    push!(text, "{:indent$}- name: {}", "", field.name());
    value(field.data_type(), indent + 2, text);
}

fn value(data_type: &DataType, indent: usize, text: &mut String) {
    match data_type {
        DataType::List(item) => match item.data_type() {
            DataType::Struct(fields) => {
                push!(text, "{:indent$}list:", "");
                fields.iter().for_each(|field| feature(field, indent, text));
            }
            DataType::List(_) => {
                push!(text, "{:indent$}list:", "");
                value(item.data_type(), indent + 2, text);
            }
            simple => push!(text, "{:indent$}list: {}", "", dtype(simple)),
        },
        DataType::Struct(fields) => {
            push!(text, "{:indent$}struct:", "");
            fields.iter().for_each(|field| feature(field, indent, text));
        }
        simple => push!(text, "{:indent$}dtype: {}", "", dtype(simple)),
    }
}

fn dtype(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Boolean => "bool",
        DataType::Int64 => "int64",
        DataType::Float32 => "float32",
        DataType::Float64 => "float64",
        _ => "string",
    }
}

/// The class that the hub sorts datasets into.
fn size_category(rows: u64) -> &'static str {
    match rows {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        1_000_000..10_000_000 => "1M<n<10M",
        10_000_000..100_000_000 => "10M<n<100M",
        100_000_000..1_000_000_000 => "100M<n<1B",
        _ => "n>1B",
    }
}

fn body(manifest: &Manifest, text: &mut String) {
    let counts = manifest.documents;
    push!(
        text,
        "# A corpus with one voice of every story\n\n\
         Made by [unecho](https://pypi.org/project/unecho) {}: of {} documents {} are kept, {} dropped as copies of \
         one that is kept, and {} were rejected. Nothing is lost: all are in the files below, each with its reason.\n",
        manifest.tool_version,
        counts.read,
        counts.kept,
        counts.dropped,
        counts.rejected
    );
    push!(text, "| config | records | files | what they are |\n|---|---:|---|---|");
    for part in Part::of(manifest) {
        let what = part.kind.meaning();
        push!(text, "| `{}` | {} | `{}` | {what} |", part.kind.name(), part.rows, part.files());
    }
    push!(
        text,
        "\n```python\n\
         import datasets  # for .zst also: pip install zstandard\n\n\
         kept = datasets.load_dataset(\"PATH OR NAME OF THIS FOLDER\", \"kept\", split=\"train\")\n\
         ```\n\n\
         `summary.json` has the totals, `report.html` shows them, `manifest.json` has the settings, the inputs and the \
         digest of every file (`unecho verify` compares), `croissant.json` describes the records for machines. \
         `unecho explain` shows why any document was dropped.\n\n\
         ## Rights\n\n\
         The texts belong to whoever holds their rights; to remove copies and page furniture gives no licence."
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_written_as_features() {
        let mut text = String::new();
        let span = Field::new_list("span", Field::new_list_field(DataType::Int64, false), false);
        let item = Field::new_list_field(DataType::Struct(vec![span.clone()].into()), false);
        feature(&Field::new_list("flags", item, false), 2, &mut text);
        let nested = Field::new_list_field(span.data_type().clone(), false);
        feature(&Field::new_list("unmatched", nested, false), 2, &mut text);
        let expect = "  - name: flags\n    list:\n    - name: span\n      list: int64\n  \
                      - name: unmatched\n    list:\n      list: int64\n";
        assert_eq!(text, expect);
    }

    #[test]
    fn sizes_have_classes() {
        assert_eq!([0, 999, 1_000, 5_000_000].map(size_category), ["n<1K", "n<1K", "1K<n<10K", "1M<n<10M"]);
    }
}
