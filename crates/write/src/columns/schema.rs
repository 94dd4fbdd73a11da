//! The column schema of each kind of record: the same in every shard, whatever the rows hold.
//!
//! Whole numbers are signed 64-bit, which every reader knows; spans are lists of two; `metadata`,
//! whose shape depends on the input, is JSON text.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};

use crate::{FieldEntry, RecordKind};

/// Field of the records whose value is kept as JSON text.
pub(crate) const JSON_TEXT_FIELD: &str = "metadata";

/// The schema of files of this kind.
pub(crate) fn schema(kind: RecordKind) -> SchemaRef {
    let fields = match kind {
        RecordKind::Kept => [document(), kept()].concat(),
        RecordKind::Dropped => [document(), dropped()].concat(),
        RecordKind::Earlier => [document(), earlier()].concat(),
        RecordKind::Rejected => [document(), rejected()].concat(),
        RecordKind::Links => links(),
        RecordKind::Stripped => [vec![text("id")], stripped()].concat(),
    };
    Arc::new(Schema::new(fields))
}

/// The same for whoever reads the manifest.
pub(crate) fn described(kind: RecordKind) -> Vec<FieldEntry> {
    let fields = schema(kind);
    let entry = |field: &Field| FieldEntry { name: field.name().clone(), type_name: type_name(field) };
    fields.fields().iter().map(|field| entry(field)).collect()
}

fn type_name(field: &Field) -> String {
    let name = match field.data_type() {
        DataType::List(item) => format!("list<{}>", type_name(item)),
        DataType::Struct(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|field| format!("{}: {}", field.name(), type_name(field))).collect();
            format!("struct<{}>", fields.join(", "))
        }
        DataType::Boolean => "bool".to_owned(),
        DataType::Int64 => "int64".to_owned(),
        DataType::Float32 => "float32".to_owned(),
        DataType::Float64 => "float64".to_owned(),
        _ if field.name() == JSON_TEXT_FIELD => "json".to_owned(),
        _ => "string".to_owned(),
    };
    if field.is_nullable() { name + "?" } else { name }
}

fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8, false)
}

fn text_or_null(name: &str) -> Field {
    Field::new(name, DataType::Utf8, true)
}

fn integer(name: &str) -> Field {
    Field::new(name, DataType::Int64, false)
}

fn integer_or_null(name: &str) -> Field {
    Field::new(name, DataType::Int64, true)
}

fn number(name: &str) -> Field {
    Field::new(name, DataType::Float64, false)
}

fn boolean(name: &str) -> Field {
    Field::new(name, DataType::Boolean, false)
}

fn list(name: &str, item: DataType) -> Field {
    Field::new_list(name, Field::new_list_field(item, false), false)
}

fn structure(fields: Vec<Field>) -> DataType {
    DataType::Struct(fields.into())
}

fn span(name: &str) -> Field {
    list(name, DataType::Int64)
}

fn document() -> Vec<Field> {
    vec![
        text("id"),
        text("text"),
        text_or_null("title"),
        text_or_null("url"),
        text_or_null("source"),
        text_or_null("date"),
        text_or_null("lang"),
        text_or_null("script"),
        text_or_null("charset"),
        Field::new("extraction_confidence", DataType::Float32, true),
        list("attributions", structure(attribution())),
        list("flags", structure(vec![text("kind"), span("span"), text("text")])),
        list("unmatched", span("item").data_type().clone()),
        text_or_null("digest"),
        text("path"),
        integer_or_null("line"),
        text(JSON_TEXT_FIELD),
    ]
}

fn attribution() -> Vec<Field> {
    vec![text("kind"), text("name"), text("written"), text("rule"), span("span")]
}

fn kept() -> Vec<Field> {
    let copy = vec![
        text("id"),
        text("kind"),
        text_or_null("url"),
        text_or_null("source"),
        text_or_null("date"),
        text("path"),
        integer_or_null("line"),
        text_or_null("run"),
    ];
    let possible =
        vec![text("id"), text_or_null("kept_id"), text_or_null("run"), text("kind"), number("probability")];
    vec![list("copies", structure(copy)), list("possible_copies", structure(possible))]
}

fn dropped() -> Vec<Field> {
    vec![
        text("kept_id"),
        text_or_null("kept_run"),
        Field::new("better_copy", DataType::Boolean, true),
        text("kind"),
        scores(),
        passages(),
        text("reason"),
    ]
}

fn earlier() -> Vec<Field> {
    vec![text("run"), text_or_null("kept_id")]
}

fn rejected() -> Vec<Field> {
    vec![text("reason"), text("detail"), integer("bytes")]
}

fn links() -> Vec<Field> {
    vec![
        text("a"),
        text_or_null("a_run"),
        text("b"),
        text("kind"),
        boolean("accepted"),
        text_or_null("level"),
        scores(),
        passages(),
        text("reason"),
    ]
}

fn scores() -> Field {
    let rewrite = [
        "skip_pairs",
        "skip_pairs_jaccard",
        "sentences",
        "quotes",
        "coverage",
        "coverage_longer",
        "names_missing",
        "narration",
        "numbers_missing",
        "lead_behind",
        "weekdays_differ",
    ];
    let rewrite = structure(rewrite.map(number).to_vec());
    let scores = vec![
        number("probability"),
        number("jaccard"),
        number("containment"),
        integer("longest_run_words"),
        boolean("same_origin"),
        Field::new("rewrite", rewrite, true),
    ];
    Field::new("scores", structure(scores), false)
}

fn passages() -> Field {
    list("passages", structure(vec![span("a"), span("b"), integer("words")]))
}

fn stripped() -> Vec<Field> {
    vec![
        span("span"),
        text("rule"),
        text("action"),
        text("text"),
        text_or_null("evidence"),
        Field::new("attribution", structure(attribution()), true),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_of_a_document_begins_with_the_same_columns() {
        let whatever_became_of_it =
            [RecordKind::Kept, RecordKind::Dropped, RecordKind::Earlier, RecordKind::Rejected];
        for kind in whatever_became_of_it {
            let schema = schema(kind);
            let own: Vec<Field> = schema.fields().iter().map(|field| field.as_ref().clone()).collect();
            assert_eq!(own[..document().len()], document(), "{}", kind.name());
        }
    }

    #[test]
    fn types_have_names() {
        let check = |kind, name: &str, expect: &str| {
            let found = described(kind).into_iter().find(|field| field.name == name);
            assert_eq!(found.map(|field| field.type_name).as_deref(), Some(expect), "{name}");
        };
        check(RecordKind::Kept, "id", "string");
        check(RecordKind::Kept, "title", "string?");
        check(RecordKind::Kept, "metadata", "json");
        check(RecordKind::Kept, "unmatched", "list<list<int64>>");
        check(RecordKind::Kept, "extraction_confidence", "float32?");
        check(RecordKind::Kept, "flags", "list<struct<kind: string, span: list<int64>, text: string>>");
        check(RecordKind::Dropped, "better_copy", "bool?");
    }
}
