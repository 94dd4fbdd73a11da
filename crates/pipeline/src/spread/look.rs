//! One look at each document, after what the others prove about it was cut.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use unecho_cluster::Standing;
use unecho_model::{Article, DocIndex, Document, FlagKind, Origin};
use unecho_normalize::{Knowledge, Normalizer};

use super::clean::{Learned, Renamed, document_of};
use super::earlier::ContentKeys;
use super::near::{SIGNATURE, signature_bytes};
use super::rare::{KEYS, key_bytes};
use super::task::{Plan, Sink};
use super::{CLEAN, Input, LOOKED, Row, Spread, TEXT, number, packed, unpacked};
use crate::documents::{Documents, bytes_of};
use crate::index::stored_keys;
use crate::matching::{KeptAt, Looked, Prints};
use crate::{Config, Error};

/// What was seen at one look, of the first documents; those that follow have the kinds that follow. So what was seen
/// of some neighbours can be read without the rest.
const LOOK: i32 = 5;
/// Least documents of one kind, and about how many kinds there are at most: each is a number of files. Tests have
/// several kinds.
const KIND_DOCUMENTS_MIN: usize = if cfg!(test) { 16 } else { 8192 };
const KINDS_MAX: usize = 256;

/// What was seen of a document: enough to decide about it and to name it, without its text.
#[derive(Debug, Serialize, Deserialize)]
struct Seen {
    looked: Looked,
    origin: Origin,
    /// Without text.
    article: Article,
}

/// Where a document stood: what a record of its keeper tells of it.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) url: Option<String>,
    pub(super) source: Option<String>,
    pub(super) date: Option<String>,
    pub(super) origin: Origin,
}

/// The article without what only readers of its text need.
fn without_text(article: &Article) -> Article {
    let claims = article.attributions.iter().filter(|claim| claim.kind.claims_origin());
    let truncated = article.flags.iter().filter(|flag| flag.kind == FlagKind::Truncated);
    Article {
        url: article.url.clone(),
        source: article.source.clone(),
        date: article.date.clone(),
        attributions: claims.cloned().collect(),
        flags: truncated.cloned().collect(),
        ..Article::default()
    }
}

impl Head {
    fn of(origin: Origin, article: Article) -> Self {
        let Article { url, source, date, .. } = article;
        Self { url, source, date, origin }
    }

    /// Those of the documents of earlier runs.
    pub(super) fn of_earlier(documents: &Documents) -> Result<Vec<Self>, Error> {
        let earlier: Vec<DocIndex> = (documents.own()..documents.len()).map(DocIndex::of).collect();
        documents.map(&earlier, |_, document| Self::of(document.origin, document.article))
    }
}

/// Whether keys of documents are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum LookedUp {
    /// In an index that holds something, which the driving side has: it gets the keys.
    Later,
    /// There is no such index: the keys stay where the texts are.
    Never,
}

impl Spread<'_> {
    /// Has every document looked at.
    pub(super) fn look(
        &self,
        firsts: Vec<u32>,
        documents: &Documents,
        (renamed, learned): (Renamed, Option<Learned>),
        looked_up: LookedUp,
    ) -> Result<(Prints, Vec<Head>), Error> {
        let of_kind = documents.len().div_ceil(KINDS_MAX).max(KIND_DOCUMENTS_MIN);
        let plan = Plan::Look { firsts, renamed, learned, of_kind, looked_up };
        self.do_job(Input::Rows(CLEAN, TEXT), &plan, LOOKED)?;
        let mut heads = Vec::with_capacity(documents.len());
        let mut looked_up_keys = ContentKeys::default();
        let firsts = (0..documents.len()).step_by(of_kind);
        let rows = firsts.flat_map(|first| {
            let docs = first..documents.len().min(first + of_kind);
            self.seen(docs, of_kind)
                .map_or_else(|error| vec![Err(error)], |rows| rows.into_iter().map(Ok).collect())
        });
        let looked = rows.map(|row| {
            let row = row?;
            let Seen { looked, origin, article } = unpacked(&row.body)?;
            let standing = Standing::of(&article, looked.print.words());
            heads.push(Head::of(origin, article));
            if looked_up == LookedUp::Later {
                looked_up_keys.push(&looked.content, documents)?;
            }
            Ok((looked, standing))
        });
        let keys_at = match looked_up {
            LookedUp::Later => KeptAt::Here,
            LookedUp::Never => KeptAt::Elsewhere,
        };
        let prints = Prints::gathered(documents, looked, keys_at, self.config)?;
        let looked_up_keys = looked_up_keys.seal(documents)?;
        self.content.get_or_init(|| looked_up_keys);
        Ok((prints, heads))
    }

    /// What was seen of neighbours, which are all of one kind.
    fn seen(&self, docs: Range<usize>, of_kind: usize) -> Result<Vec<Row>, Error> {
        let rows = self.rows(LOOKED, kind_of(docs.start, of_kind)?)?;
        let is_whole =
            rows.len() == docs.len() && rows.iter().zip(docs).all(|(row, doc)| row.key == number(doc));
        if is_whole { Ok(rows) } else { Err(Error::Elsewhere("documents were lost".to_owned())) }
    }
}

/// The kind of the row of what was seen of a document.
fn kind_of(doc: usize, of_kind: usize) -> Result<i32, Error> {
    let none = || Error::Elsewhere("documents of no number are no kind".to_owned());
    let kind =
        doc.checked_div(of_kind).and_then(|at| i32::try_from(at).ok()).and_then(|at| at.checked_add(LOOK));
    kind.ok_or_else(none)
}

/// Looks at documents.
pub(super) struct Looking {
    normalizer: Normalizer,
    knowledge: Option<Knowledge>,
    firsts: Vec<u32>,
    renamed: Renamed,
    of_kind: usize,
    looked_up: LookedUp,
}

impl Looking {
    pub(super) fn new(
        firsts: Vec<u32>,
        renamed: Renamed,
        learned: Option<&Learned>,
        (of_kind, looked_up): (usize, LookedUp),
        config: &Config,
    ) -> Result<Self, Error> {
        let knowledge = learned.map(Learned::knowledge).transpose()?;
        let normalizer = Normalizer::new(&config.normalize)?;
        Ok(Self { normalizer, knowledge, firsts, renamed, of_kind, looked_up })
    }

    pub(super) fn look(&self, row: &Row, config: &Config, out: &mut Sink<'_>) -> Result<(), Error> {
        let first = usize::try_from(row.key).ok().and_then(|source| self.firsts.get(source));
        let at = u32::try_from(row.at).ok();
        let doc = first.zip(at).and_then(|(first, at)| first.checked_add(at));
        let doc = doc.ok_or_else(|| Error::Elsewhere("a document of no source".to_owned()))?;
        let mut document = document_of(row, self.renamed.get(&doc))?;
        if let Some(knowledge) = &self.knowledge {
            self.normalizer.corroborate(&mut document, knowledge);
        }
        let mut looked = Looked::at(&document, config);
        if self.looked_up == LookedUp::Never {
            let (signature, content) = looked.take_keys();
            out(Row { kind: SIGNATURE, key: i64::from(doc), at: 0, body: signature_bytes(&signature) })?;
            out(Row { kind: KEYS, key: i64::from(doc), at: 0, body: key_bytes(&stored_keys(content)) })?;
        }
        let Document { origin, article, .. } = &document;
        let seen = Seen { looked, origin: origin.clone(), article: without_text(article) };
        let kind = kind_of(doc as usize, self.of_kind)?;
        out(Row { kind, key: i64::from(doc), at: 0, body: packed(&seen)? })?;
        out(Row { kind: TEXT, key: i64::from(doc), at: 0, body: bytes_of(&document)? })
    }
}
