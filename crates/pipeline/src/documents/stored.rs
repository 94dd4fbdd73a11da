//! A document as it lies on disk while a run goes: MessagePack, with the fields by name.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use unecho_model::{Article, DocId, Document, Origin};
use unecho_store::Packer;

use crate::Error;

/// What is read back.
#[derive(Debug, Deserialize)]
pub(crate) struct Stored {
    id: DocId,
    origin: Origin,
    article: Article,
    metadata: Vec<(String, Plain)>,
}

/// A value of JSON that means nothing but itself: names that `serde_json` keeps for its own use are names like
/// any other.
#[derive(Debug, Serialize, Deserialize)]
enum Plain {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
    List(Vec<Plain>),
    Object(Vec<(String, Plain)>),
}

impl Plain {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(is) => Self::Bool(*is),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => Self::Unsigned(number),
                (None, Some(number)) => Self::Signed(number),
                (None, None) => number.as_f64().map_or(Self::Null, Self::Float),
            },
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(values) => Self::List(values.iter().map(Self::of).collect()),
            Value::Object(map) => Self::Object(plain(map)),
        }
    }

    fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(is) => Value::Bool(is),
            Self::Signed(number) => number.into(),
            Self::Unsigned(number) => number.into(),
            Self::Float(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
            Self::Text(text) => Value::String(text),
            Self::List(values) => values.into_iter().map(Self::into_value).collect(),
            Self::Object(fields) => Value::Object(map_of(fields)),
        }
    }
}

fn plain(map: &Map<String, Value>) -> Vec<(String, Plain)> {
    map.iter().map(|(name, value)| (name.clone(), Plain::of(value))).collect()
}

fn map_of(fields: Vec<(String, Plain)>) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name, value.into_value())).collect()
}

#[derive(Serialize)]
struct StoredRef<'a> {
    id: &'a DocId,
    origin: &'a Origin,
    article: &'a Article,
    metadata: Vec<(String, Plain)>,
}

/// Adds a document to a batch.
pub(crate) fn pack(document: &Document, packer: &mut Packer) -> Result<(), Error> {
    let packing = |source| Error::Packing { what: document.id.to_string(), source };
    packer.push(|bytes| write(document, bytes)).map_err(packing)
}

/// A document by itself.
pub(crate) fn bytes_of(document: &Document) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let packing = |source| Error::Packing { what: document.id.to_string(), source };
    write(document, &mut bytes).map_err(packing)?;
    Ok(bytes)
}

fn write(document: &Document, bytes: &mut Vec<u8>) -> Result<(), std::io::Error> {
    let Document { id, origin, article, metadata } = document;
    let stored = StoredRef { id, origin, article, metadata: plain(metadata) };
    rmp_serde::encode::write_named(bytes, &stored).map_err(std::io::Error::other)
}

impl Stored {
    /// What these bytes are; `None` when they are no document.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        rmp_serde::from_slice(bytes).ok()
    }

    /// The id that it had when it was written.
    pub(crate) const fn id(&self) -> &DocId {
        &self.id
    }

    /// The document, under the id that it has now.
    pub(crate) fn into_document(self, id: DocId) -> Document {
        Document { id, origin: self.origin, article: self.article, metadata: map_of(self.metadata) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(|number| Number::from_f64(number).map_or(Value::Null, Value::Number)),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z$:]{0,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn back(document: &Document) -> Document {
        let mut packer = Packer::default();
        pack(document, &mut packer).unwrap();
        let spool = unecho_store::Spool::temporary(unecho_disk::this_machine()).unwrap();
        let batch = spool.add(None, packer.finish(Vec::new()).unwrap()).unwrap();
        let records = spool.read(&batch.blocks[0]).unwrap();
        Stored::of_bytes(records.get(0).unwrap()).unwrap().into_document(document.id.clone())
    }

    fn with_metadata(metadata: Value) -> Document {
        let Value::Object(metadata) = metadata else { panic!("an object") };
        Document {
            id: "a".parse().unwrap(),
            origin: Origin { path: "a.jsonl".to_owned(), line: Some(3) },
            article: Article {
                text: "Rain.\nWind.".to_owned(),
                extraction_confidence: Some(0.1),
                ..Article::default()
            },
            metadata,
        }
    }

    #[test]
    fn names_of_libraries_mean_nothing() {
        let document = with_metadata(serde_json::json!({
            "k": { "$serde_json::private::RawValue": "1", "n": 1.5e300 },
            "l": { "$serde_json::private::Number": "no number" },
        }));
        assert_eq!(back(&document), document);
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(value in json()) {
            let mut metadata = Map::new();
            metadata.insert("value".to_owned(), value);
            let document = with_metadata(Value::Object(metadata));
            prop_assert_eq!(back(&document), document);
        }
    }
}
