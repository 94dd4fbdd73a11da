//! The serde visitors that read a JSON object into a [`Row`] without an intermediate value.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};
use unecho_model::Fields;

use super::value::{UniqueValue, insert_once, quoted};

/// What one object says.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) id: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) fields: Fields,
    /// Whether there was an object `metadata`, whose entries are among the others now.
    pub(crate) nested: bool,
}

impl Row {
    /// The row of these fields, as if they stood in an object.
    pub(super) fn of_fields(fields: Vec<(String, Value)>, text_field: &str) -> Result<Self, String> {
        let mut row = Self::default();
        let mut seen = 0;
        let mut nested = Value::Null;
        for (name, value) in fields {
            let key = Key::of(&name, text_field);
            if seen & key.bit() != 0 {
                return Err(format!("field `{}` occurs twice", quoted(&name)));
            }
            seen |= key.bit();
            match key {
                Key::Text => row.text = string_of(&name, value)?,
                Key::Id => row.id = id_of(value)?,
                Key::Url => row.fields.url = said(string_of(&name, value)?),
                Key::Title => row.fields.title = said(string_of(&name, value)?),
                Key::Source => row.fields.source = said(string_of(&name, value)?),
                Key::Date => row.fields.date = said(string_of(&name, value)?),
                Key::Lang => row.fields.lang = said(string_of(&name, value)?),
                Key::Metadata => nested = value,
                Key::Other(name) => {
                    if row.fields.metadata.insert(name.clone(), value).is_some() {
                        return Err(format!("field `{}` occurs twice", quoted(&name)));
                    }
                }
            }
        }
        row.nested = nested.is_object();
        merge(&mut row.fields.metadata, nested);
        Ok(row)
    }
}

fn string_of(name: &str, value: Value) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ => Err(format!("expected a string in field `{}`", quoted(name))),
    }
}

fn id_of(value: Value) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) if number.is_i64() || number.is_u64() => Ok(Some(number.to_string())),
        _ => Err("expected a string or an integer in field `id`".to_owned()),
    }
}

/// Reads a [`Row`]; `text_field` is the name of the field with the text.
pub(super) struct RowSeed<'a> {
    pub(super) text_field: &'a str,
}

/// A field by its name. The discriminant is the bit by which a second occurrence is noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    Text,
    Id,
    Url,
    Title,
    Source,
    Date,
    Lang,
    Metadata,
    Other(String),
}

impl Key {
    fn of(name: &str, text_field: &str) -> Self {
        if name == text_field {
            return Self::Text;
        }
        match name {
            "id" => Self::Id,
            "url" => Self::Url,
            "title" => Self::Title,
            "source" => Self::Source,
            "date" => Self::Date,
            "lang" => Self::Lang,
            "metadata" => Self::Metadata,
            _ => Self::Other(name.to_owned()),
        }
    }

    /// The key's bit in a set of keys seen; none for keys that the metadata map tells apart.
    fn bit(&self) -> u16 {
        match self {
            Self::Text => 1,
            Self::Id => 1 << 1,
            Self::Url => 1 << 2,
            Self::Title => 1 << 3,
            Self::Source => 1 << 4,
            Self::Date => 1 << 5,
            Self::Lang => 1 << 6,
            Self::Metadata => 1 << 7,
            Self::Other(_) => 0,
        }
    }

    fn name<'a>(&'a self, text_field: &'a str) -> &'a str {
        match self {
            Self::Text => text_field,
            Self::Id => "id",
            Self::Url => "url",
            Self::Title => "title",
            Self::Source => "source",
            Self::Date => "date",
            Self::Lang => "lang",
            Self::Metadata => "metadata",
            Self::Other(name) => name,
        }
    }
}

impl<'de> DeserializeSeed<'de> for RowSeed<'_> {
    type Value = Row;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Row, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_> {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Row, A::Error> {
        let text_field = self.text_field;
        let mut row = Row::default();
        let mut seen = 0;
        let mut nested = None;
        while let Some(key) = access.next_key_seed(KeySeed { text_field })? {
            if seen & key.bit() != 0 {
                let name = quoted(key.name(text_field));
                return Err(A::Error::custom(format!("field `{name}` occurs twice")));
            }
            seen |= key.bit();
            let string = StringSeed { field: key.name(text_field) };
            match key {
                Key::Text => row.text = access.next_value_seed(string)?,
                Key::Id => row.id = access.next_value_seed(IdSeed)?,
                Key::Url => row.fields.url = said(access.next_value_seed(string)?),
                Key::Title => row.fields.title = said(access.next_value_seed(string)?),
                Key::Source => row.fields.source = said(access.next_value_seed(string)?),
                Key::Date => row.fields.date = said(access.next_value_seed(string)?),
                Key::Lang => row.fields.lang = said(access.next_value_seed(string)?),
                Key::Metadata => nested = Some(access.next_value::<UniqueValue>()?.0),
                Key::Other(name) => insert_once(&mut row.fields.metadata, name, &mut access)?,
            }
        }
        let nested = nested.unwrap_or(Value::Null);
        row.nested = nested.is_object();
        merge(&mut row.fields.metadata, nested);
        Ok(row)
    }
}

/// An empty string says nothing.
fn said(value: Option<String>) -> Option<String> {
    value.filter(|value| !value.is_empty())
}

/// Adds the entries of the input's `metadata` field to the metadata; nothing is overwritten and
/// nothing lost: entries whose name is taken stay in an object `metadata`.
fn merge(metadata: &mut Map<String, Value>, nested: Value) {
    const NESTED: &str = "metadata";
    let entries = match nested {
        Value::Object(entries) => entries,
        Value::Null => return,
        other => {
            metadata.insert(NESTED.to_owned(), other);
            return;
        }
    };
    let mut left = Map::new();
    for (name, value) in entries {
        if name == NESTED || metadata.contains_key(&name) {
            left.insert(name, value);
        } else {
            metadata.insert(name, value);
        }
    }
    if !left.is_empty() {
        metadata.insert(NESTED.to_owned(), Value::Object(left));
    }
}

struct KeySeed<'a> {
    text_field: &'a str,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Key, E> {
        Ok(Key::of(name, self.text_field))
    }
}

/// A string or null.
struct StringSeed<'a> {
    field: &'a str,
}

impl<'de> DeserializeSeed<'de> for StringSeed<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for StringSeed<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a string in field `{}`", quoted(self.field))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Some(value.to_owned()))
    }
}

/// A string, an integer or null.
struct IdSeed;

impl<'de> DeserializeSeed<'de> for IdSeed {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for IdSeed {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or an integer in field `id`")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Some(value.to_owned()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }
}
