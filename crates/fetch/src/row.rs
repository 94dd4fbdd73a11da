//! One JSON object, or one row of a table, to one document. Parsed straight into the fields; only what unecho gives no
//! meaning becomes a JSON value.
//! The crate's documentation says which fields have a meaning.

mod value;
mod visit;

use memchr::memchr;
use serde::de::DeserializeSeed;
use serde_json::Value;
use serde_json::error::Category;
use unecho_model::{DocId, Payload, RawDocument, RejectReason};

use crate::Config;
use crate::label::{Label, Refusal};
pub(crate) use visit::Row;
use visit::RowSeed;

/// The document in `json`, which is line or record number `line` of a source.
pub(crate) fn document_of(
    json: &str,
    label: &Label,
    line: Option<u64>,
    config: &Config,
) -> Result<RawDocument, Refusal> {
    document_of_row(parse(json, &config.text_field)?, label, line, config)
}

/// The document in fields that are parsed already, of row `line` of a source.
pub(crate) fn document_of_fields(
    fields: Vec<(String, Value)>,
    label: &Label,
    line: Option<u64>,
    config: &Config,
) -> Result<RawDocument, Refusal> {
    let row = Row::of_fields(fields, &config.text_field)
        .map_err(|detail| Refusal::new(RejectReason::BadField, detail))?;
    document_of_row(row, label, line, config)
}

fn document_of_row(
    mut row: Row,
    label: &Label,
    line: Option<u64>,
    config: &Config,
) -> Result<RawDocument, Refusal> {
    config.layout.apply(&mut row);
    let Row { id, text, fields, .. } = row;
    let id = id.map(DocId::try_from).transpose();
    let refusal = match (check_text(text.as_deref(), config), &id) {
        (Err(refusal), _) => refusal,
        (Ok(()), Err(error)) => Refusal::new(RejectReason::BadField, format!("field `id`: {error}")),
        (Ok(()), Ok(id)) => {
            let id = id.clone().unwrap_or_else(|| label.doc_id(line));
            let payload = Payload::Text(text.unwrap_or_default());
            return Ok(RawDocument { id, origin: label.origin(line), payload, fields });
        }
    };
    Err(refusal.knowing(id.ok().flatten(), fields))
}

fn check_text(text: Option<&str>, config: &Config) -> Result<(), Refusal> {
    let (text_field, bytes_max) = (&config.text_field, config.limits.document_bytes_max);
    let Some(text) = text else {
        return Err(Refusal::new(RejectReason::BadField, format!("there is no field `{text_field}`")));
    };
    if text.trim_start().is_empty() {
        return Err(Refusal::new(RejectReason::Empty, format!("field `{text_field}` has no text")));
    }
    if text.len() > bytes_max {
        let detail = format!("the text has {} bytes, limit {bytes_max} (document_bytes_max)", text.len());
        return Err(Refusal::new(RejectReason::TooLarge, detail));
    }
    if let Some(at) = memchr(0, text.as_bytes()) {
        let detail = format!("field `{text_field}` has a NUL character at byte {}", at + 1);
        return Err(Refusal::new(RejectReason::NulBytes, detail));
    }
    Ok(())
}

fn parse(json: &str, text_field: &str) -> Result<Row, Refusal> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    RowSeed { text_field }
        .deserialize(&mut deserializer)
        .and_then(|row| deserializer.end().map(|()| row))
        .map_err(|error| refusal(&error, json))
}

fn refusal(error: &serde_json::Error, json: &str) -> Refusal {
    let is_object = json.trim_ascii_start().starts_with('{');
    if !is_object && error.classify() == Category::Data {
        return Refusal::new(RejectReason::MalformedJson, "a JSON value, but no object");
    }
    if let Some(at) = memchr(0, json.as_bytes()) {
        return Refusal::new(RejectReason::NulBytes, format!("a NUL byte at column {}", at + 1));
    }
    let reason = match error.classify() {
        Category::Data => RejectReason::BadField,
        Category::Syntax | Category::Eof | Category::Io => RejectReason::MalformedJson,
    };
    Refusal::new(reason, detail_of(error))
}

/// What serde_json says, with the place inside the row: rows of JSON lines are one line each, only
/// objects of a `.json` file may have more.
pub(crate) fn detail_of(error: &serde_json::Error) -> String {
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = error.to_string();
    match message.strip_suffix(&place) {
        Some(message) if error.line() == 1 => format!("{message} at column {}", error.column()),
        _ => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use unecho_model::Fields;

    fn read(json: &str) -> Result<RawDocument, Refusal> {
        let label = Label::new("a/b.jsonl".to_owned(), "b");
        document_of(json, &label, Some(3), &Config::default())
    }

    fn check(json: &str, id: &str, expect: &Fields) {
        let document = read(json).unwrap();
        assert_eq!((document.id.as_str(), &document.fields), (id, expect), "{json}");
    }

    fn check_metadata(json: &str, expect: &Value) {
        assert_eq!(Value::from(read(json).unwrap().fields.metadata), *expect, "{json}");
    }

    fn check_refused(json: &str, reason: RejectReason, detail: &str) {
        let refusal = read(json).unwrap_err();
        assert_eq!((refusal.reason, refusal.detail.as_str()), (reason, detail), "{json}");
    }

    #[test]
    fn fields_are_read() {
        let expect = Fields {
            title: Some("T".to_owned()),
            url: Some("u".to_owned()),
            source: Some("s".to_owned()),
            date: Some("d".to_owned()),
            lang: Some("en".to_owned()),
            ..Fields::default()
        };
        check(
            r#"{"lang":"en","id":"x","date":"d","source":"s","url":"u","title":"T","text":"a"}"#,
            "x",
            &expect,
        );
        check(r#" {"text" : "a" , "id" : -7 } "#, "-7", &Fields::default());
        check(r#"{"text":"a","id":18446744073709551615}"#, "18446744073709551615", &Fields::default());
        check(r#"{"text":"a","id":null,"url":null,"title":"","metadata":null}"#, "b:3", &Fields::default());
    }

    #[test]
    fn escapes_are_decoded() {
        let document = read(r#"{"te\u0078t":"\"q\" \ud83d\ude00\n","id":"\u00e9"}"#).unwrap();
        assert_eq!(document.payload, Payload::Text("\"q\" 😀\n".to_owned()));
        assert_eq!(document.id.as_str(), "é");
    }

    #[test]
    fn other_fields_are_carried_along() {
        check_metadata(
            r#"{"text":"a","n":1.10,"x":null,"big":0.1,"deep":{"l":[1,{"b":true}]}}"#,
            &json!({"n": 1.10, "x": null, "big": 0.1, "deep": {"l": [1, {"b": true}]}}),
        );
        check_metadata(r#"{"text":"a","metadata":{"n":1,"m":{}}}"#, &json!({"n": 1, "m": {}}));
        check_metadata(r#"{"text":"a","metadata":[1]}"#, &json!({"metadata": [1]}));
        check_metadata(
            r#"{"text":"a","metadata":{"n":1,"m":2,"metadata":3},"n":0}"#,
            &json!({"n": 0, "m": 2, "metadata": {"n": 1, "metadata": 3}}),
        );
        check_metadata(
            r#"{"text":"a","k":{"$serde_json::private::RawValue":"1"}}"#,
            &json!({"k": {"$serde_json::private::RawValue": "1"}}),
        );
    }

    #[test]
    fn wrong_types_are_bad_fields() {
        use RejectReason::BadField;
        check_refused(
            r#"{"text":5}"#,
            BadField,
            "invalid type: integer `5`, expected a string in field `text` at column 9",
        );
        check_refused(
            r#"{"text":"a","url":["u"]}"#,
            BadField,
            "invalid type: sequence, expected a string in field `url` at column 19",
        );
        check_refused(
            r#"{"text":"a","id":1.5}"#,
            BadField,
            "invalid type: floating point `1.5`, expected a string or an integer in field `id` at column 20",
        );
        check_refused(r#"{"text":"a","id":""}"#, BadField, "field `id`: an id must not be empty");
        check_refused(r#"{"title":"a"}"#, BadField, "there is no field `text`");
        check_refused(r#"{"text":null}"#, BadField, "there is no field `text`");
    }

    #[test]
    fn duplicate_keys_are_bad_fields_at_any_depth() {
        use RejectReason::BadField;
        check_refused(r#"{"text":"a","text":"b"}"#, BadField, "field `text` occurs twice at column 18");
        check_refused(
            r#"{"text":"a","url":null,"url":"u"}"#,
            BadField,
            "field `url` occurs twice at column 28",
        );
        check_refused(r#"{"x":1,"text":"a","x":2}"#, BadField, "field `x` occurs twice at column 21");
        check_refused(r#"{"text":"a","x":[{"y":1,"y":2}]}"#, BadField, "field `y` occurs twice at column 27");
        check_refused(
            r#"{"text":"a","metadata":{"y":1,"y":2}}"#,
            BadField,
            "field `y` occurs twice at column 33",
        );
    }

    #[test]
    fn what_is_no_object_is_malformed() {
        use RejectReason::MalformedJson;
        check_refused("[1]", MalformedJson, "a JSON value, but no object");
        check_refused("\"a long string\"", MalformedJson, "a JSON value, but no object");
        check_refused("nonsense", MalformedJson, "expected ident at column 2");
        check_refused(r#"{"text":"a""#, MalformedJson, "EOF while parsing an object at column 11");
        check_refused(r#"{"text":"a"} x"#, MalformedJson, "trailing characters at column 14");
        check_refused(
            r#"{"text":"\ud800 lone"}"#,
            MalformedJson,
            "unexpected end of hex escape at column 16",
        );
        check_refused(r#"{"text":"\x"}"#, MalformedJson, "invalid escape at column 11");
        let deep = format!(r#"{{"text":"a","x":{}{}}}"#, "[".repeat(500), "]".repeat(500));
        check_refused(&deep, MalformedJson, "recursion limit exceeded at column 143");
    }

    #[test]
    fn text_without_content_and_with_nul() {
        check_refused(r#"{"text":""}"#, RejectReason::Empty, "field `text` has no text");
        check_refused(r#"{"text":" \n\u00a0"}"#, RejectReason::Empty, "field `text` has no text");
        check_refused(
            r#"{"text":"a\u0000"}"#,
            RejectReason::NulBytes,
            "field `text` has a NUL character at byte 2",
        );
        check_refused("{\"text\":\"a\0\"}", RejectReason::NulBytes, "a NUL byte at column 11");
    }

    #[test]
    fn the_text_field_can_be_named() {
        let config = Config { text_field: "title".to_owned(), ..Config::default() };
        let label = Label::new("p".to_owned(), "p");
        let document = document_of(r#"{"title":"a","text":"b"}"#, &label, None, &config).unwrap();
        assert_eq!(document.payload, Payload::Text("a".to_owned()));
        assert_eq!(document.fields.title, None);
        assert_eq!(document.fields.metadata["text"], "b");
    }
}
