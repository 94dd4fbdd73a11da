//! Whose field names rows have: what the corpus tools of the field call their columns, and what
//! each means here.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use unecho_model::Fields;

use crate::row::Row;

/// Whose field names rows have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// Told row by row, by fields that no other layout has.
    #[default]
    Auto,
    /// The names that unecho gives, and no others.
    Plain,
    /// datatrove: `text`, `id`, `metadata` with `url`, `date`, `language`, ….
    Datatrove,
    /// FineWeb: as datatrove, with the columns side by side; `date` is when the page was crawled.
    Fineweb,
    /// dolma: `created` is when the text was, `added` when it came in, `source` the data set.
    Dolma,
    /// `cc_net` and RedPajama v2: `raw_content`, `source_domain`, `date_download`, ….
    CcNet,
    /// CC-News as the Hugging Face hub has it: `domain`, `description`, ….
    CcNews,
    /// OSCAR: `content`, `warc_headers`, `metadata.identification`.
    Oscar,
}

/// What is known of a layout.
struct Known {
    layout: Layout,
    /// Fields that are all there, beside the text.
    marks: &'static [&'static str],
    /// Where the text is when there is no field `text`.
    text: Option<&'static str>,
    /// Fields and what they mean; the first that is there counts.
    means: &'static [(&'static str, Meaning)],
    /// Whether `date` and `source` are what they are elsewhere.
    date: Meaning,
    source: Meaning,
}

/// What a field means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Url,
    Title,
    Source,
    Date,
    Lang,
    /// Kept in the metadata, under this name.
    Metadata(&'static str),
}

/// What nested metadata usually calls things.
const USUAL: &[(&str, Meaning)] = &[
    ("url", Meaning::Url),
    ("title", Meaning::Title),
    ("date", Meaning::Date),
    ("language", Meaning::Lang),
    ("lang", Meaning::Lang),
];

/// Of several that fit a row the first counts.
const LAYOUTS: [Known; 6] = [
    Known {
        layout: Layout::Fineweb,
        marks: &["dump", "file_path", "url"],
        text: None,
        means: &[
            ("url", Meaning::Url),
            ("language", Meaning::Lang),
            ("date", Meaning::Metadata("crawl_date")),
        ],
        date: Meaning::Metadata("crawl_date"),
        source: Meaning::Source,
    },
    Known {
        layout: Layout::CcNet,
        marks: &["raw_content", "url"],
        text: Some("raw_content"),
        means: &[
            ("url", Meaning::Url),
            ("title", Meaning::Title),
            ("source_domain", Meaning::Source),
            ("language", Meaning::Lang),
        ],
        date: Meaning::Date,
        source: Meaning::Source,
    },
    Known {
        layout: Layout::Oscar,
        marks: &["content", "warc_headers"],
        text: Some("content"),
        means: &[("warc_headers/warc-target-uri", Meaning::Url), ("identification/label", Meaning::Lang)],
        date: Meaning::Date,
        source: Meaning::Source,
    },
    Known {
        layout: Layout::Dolma,
        marks: &["id", "source", "added"],
        text: None,
        means: &[
            ("created", Meaning::Date),
            ("url", Meaning::Url),
            ("title", Meaning::Title),
            ("language", Meaning::Lang),
        ],
        date: Meaning::Date,
        source: Meaning::Metadata("dataset"),
    },
    Known {
        layout: Layout::CcNews,
        marks: &["domain", "description", "url"],
        text: None,
        means: &[("domain", Meaning::Source)],
        date: Meaning::Date,
        source: Meaning::Source,
    },
    Known {
        layout: Layout::Datatrove,
        marks: &["id", NESTED],
        text: None,
        means: USUAL,
        date: Meaning::Date,
        source: Meaning::Source,
    },
];

/// Stands for a row that came with an object `metadata`.
const NESTED: &str = "metadata";

impl Layout {
    /// Every layout with the name it has on the command line.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Auto, "auto"),
        (Self::Plain, "plain"),
        (Self::Datatrove, "datatrove"),
        (Self::Fineweb, "fineweb"),
        (Self::Dolma, "dolma"),
        (Self::CcNet, "cc-net"),
        (Self::CcNews, "cc-news"),
        (Self::Oscar, "oscar"),
    ];

    /// Gives the fields of a row the meaning that they have in this layout. Nothing is overwritten.
    pub(crate) fn apply(self, row: &mut Row) {
        let known = match self {
            Self::Plain => return,
            Self::Auto => LAYOUTS.iter().find(|known| known.marks.iter().all(|mark| has(row, mark))),
            named => LAYOUTS.iter().find(|known| known.layout == named),
        };
        let Some(known) = known else { return };
        if let Some(Value::String(text)) = known.text.filter(|_| row.text.is_none()).and_then(|name| {
            row.fields.metadata.get(name).is_some_and(Value::is_string).then_some(())?;
            row.fields.metadata.remove(name)
        }) {
            row.text = Some(text);
        }
        if let Meaning::Metadata(name) = known.date {
            rename(row.fields.date.take(), name, &mut row.fields.metadata);
        }
        if let Meaning::Metadata(name) = known.source {
            rename(row.fields.source.take(), name, &mut row.fields.metadata);
        }
        for &(name, meaning) in known.means {
            give(name, meaning, &mut row.fields);
        }
    }
}

fn has(row: &Row, mark: &str) -> bool {
    match mark {
        "id" => row.id.is_some(),
        "url" => row.fields.url.is_some() || row.fields.metadata.contains_key("url"),
        "source" => row.fields.source.is_some(),
        NESTED => row.nested,
        name => row.fields.metadata.contains_key(name),
    }
}

fn rename(value: Option<String>, name: &str, metadata: &mut Map<String, Value>) {
    if let Some(value) = value {
        metadata.entry(name).or_insert(Value::String(value));
    }
}

/// Moves the metadata entry `name` (`outer/inner` for one inside an object) to where it belongs.
fn give(name: &str, meaning: Meaning, fields: &mut Fields) {
    let place = match meaning {
        Meaning::Url => &mut fields.url,
        Meaning::Title => &mut fields.title,
        Meaning::Source => &mut fields.source,
        Meaning::Date => &mut fields.date,
        Meaning::Lang => &mut fields.lang,
        Meaning::Metadata(new) => {
            if let Some(value) = fields.metadata.remove(name) {
                fields.metadata.entry(new).or_insert(value);
            }
            return;
        }
    };
    if place.is_some() {
        return;
    }
    let value = match name.split_once('/') {
        Some((outer, inner)) => fields.metadata.get(outer).and_then(|outer| outer.get(inner)).cloned(),
        None => fields.metadata.get(name).filter(|value| value.is_string()).cloned(),
    };
    if let Some(Value::String(text)) = value.filter(|value| value.as_str() != Some("")) {
        *place = Some(text);
        if !name.contains('/') {
            fields.metadata.remove(name);
        }
    }
}
