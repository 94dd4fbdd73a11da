//! Croissant metadata (`croissant.json`, <https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html>):
//! what files there are, with their SHA-256, and what the fields of their records are.

use arrow_schema::{DataType, Field};
use serde_json::{Value, json};

use crate::RecordKind;
use crate::card::Part;
use crate::columns::schema;
use crate::format::{Compression, Format};
use crate::manifest::{FileEntry, Manifest};

/// File name of the metadata.
pub(crate) const CROISSANT_NAME: &str = "croissant.json";

/// The metadata of the output that `manifest` describes. It says nothing that the manifest does not know.
pub(crate) fn croissant(manifest: &Manifest) -> Value {
    let parts = Part::of(manifest);
    let files = manifest.files.iter().filter(|file| file.rows.is_some());
    let sets: Vec<Value> = parts.iter().map(|&part| record_set(part, manifest)).collect();
    json!({
        "@context": context(),
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": "unecho-corpus",
        "description": format!(
            "Documents with one voice of every story: {} kept of {} read, {} dropped as copies, {} rejected; \
             with the reason of every drop and every cut. Made by unecho {}.",
            manifest.documents.kept, manifest.documents.read, manifest.documents.dropped,
            manifest.documents.rejected, manifest.tool_version
        ),
        "keywords": ["text", "news", "deduplicated", "unecho"],
        "distribution": files.filter_map(file_object).collect::<Vec<Value>>(),
        "recordSet": sets,
    })
}

/// The names that Croissant gives to what it says, as its specification lists them.
fn context() -> Value {
    let mut context = json!({
        "@language": "en",
        "@vocab": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "dct": "http://purl.org/dc/terms/",
        "sc": "https://schema.org/",
        "conformsTo": "dct:conformsTo",
        "data": { "@id": "cr:data", "@type": "@json" },
        "dataType": { "@id": "cr:dataType", "@type": "@vocab" },
        "examples": { "@id": "cr:examples", "@type": "@json" },
    });
    for name in [
        "arrayShape",
        "citeAs",
        "column",
        "equivalentProperty",
        "excludes",
        "extract",
        "field",
        "fileProperty",
        "fileObject",
        "fileSet",
        "format",
        "includes",
        "isArray",
        "isLiveDataset",
        "jsonPath",
        "key",
        "md5",
        "parentField",
        "path",
        "recordSet",
        "references",
        "regex",
        "repeated",
        "replace",
        "samplingRate",
        "separator",
        "source",
        "subField",
        "transform",
        "value",
    ] {
        context[name] = Value::from(format!("cr:{name}"));
    }
    context
}

fn file_object(file: &FileEntry) -> Option<Value> {
    let format = Format::of_file(&file.path)?;
    Some(json!({
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": file.path,
        "contentSize": format!("{} B", file.bytes),
        "encodingFormat": media_type(format),
        "sha256": file.sha256,
    }))
}

fn media_type(format: Format) -> &'static str {
    match format {
        Format::Parquet => "application/x-parquet",
        Format::Jsonl(Compression::Plain) => "application/jsonlines",
        Format::Jsonl(Compression::Gzip) => "application/gzip",
        Format::Jsonl(Compression::Zstd) => "application/zstd",
    }
}

fn record_set(part: Part, manifest: &Manifest) -> Value {
    let name = part.kind.name();
    let first = manifest.files.iter().find(|file| RecordKind::of_file(&file.path) == Some(part.kind));
    let source = first.map_or("", |file| file.path.as_str());
    let shards = manifest.files.iter().filter(|file| RecordKind::of_file(&file.path) == Some(part.kind));
    let fields = schema(part.kind);
    json!({
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": format!("{}: {} records in {} files, {}", part.kind.meaning(), part.rows, shards.count(), part.files()),
        "field": fields.fields().iter().map(|field| column(name, field, source)).collect::<Vec<Value>>(),
    })
}

/// A field at the top of a record, which is a column of the files.
fn column(set: &str, field: &Field, file: &str) -> Value {
    let mut described = described(&format!("{set}/{}", field.name()), field);
    described["source"] = json!({ "fileObject": { "@id": file }, "extract": { "column": field.name() } });
    described
}

fn described(id: &str, field: &Field) -> Value {
    let mut described = json!({ "@type": "cr:Field", "@id": id, "name": id });
    let mut data_type = field.data_type();
    let mut depth = 0;
    while let DataType::List(item) = data_type {
        (data_type, depth) = (item.data_type(), depth + 1);
    }
    if depth > 0 {
        described["isArray"] = Value::from(true);
        described["arrayShape"] = Value::from(vec!["-1"; depth].join(","));
    }
    match data_type {
        DataType::Struct(fields) => {
            let parts = fields.iter().map(|field| self::described(&format!("{id}/{}", field.name()), field));
            described["subField"] = parts.collect();
        }
        simple => described["dataType"] = Value::from(type_name(simple)),
    }
    described
}

fn type_name(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Boolean => "sc:Boolean",
        DataType::Int64 => "cr:Int64",
        DataType::Float32 => "cr:Float32",
        DataType::Float64 => "cr:Float64",
        _ => "sc:Text",
    }
}
