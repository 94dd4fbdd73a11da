//! Who is preferred as the voice of a story: an ordered list of criteria, total and deterministic.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use unecho_model::{Article, AttributionKind, DocId, DocIndex, FlagKind, Publisher, Tie};

/// One criterion of a [`Policy`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Criterion {
    /// The claimed origin of the story before those who reprint it, those before unclaimed texts,
    /// those before texts that merely credit it.
    Origin,
    /// These publishers first, in this order.
    Source(Vec<Publisher>),
    /// Texts that do not break off first, then more words.
    Complete,
    /// Earlier date first, dated before undated.
    Earliest,
    /// More words first.
    Longest,
    /// Earlier in canonical order first, documents of earlier runs before all others.
    First,
}

/// An ordered list of criteria. Whatever they leave equal is decided by id, then by canonical order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy(Vec<Criterion>);

impl Default for Policy {
    /// Claimed origin, then most complete, then earliest.
    fn default() -> Self {
        Self(vec![Criterion::Origin, Criterion::Complete, Criterion::Earliest])
    }
}

impl Policy {
    /// The policy of these criteria.
    #[must_use]
    pub const fn new(criteria: Vec<Criterion>) -> Self {
        Self(criteria)
    }

    /// The same policy with every publisher's name passed through `name`.
    #[must_use]
    pub fn with_names(self, name: impl Fn(&str) -> String) -> Self {
        let renamed = |criterion| match criterion {
            Criterion::Source(names) => {
                Criterion::Source(names.iter().map(|written| Publisher::new(&name(written.name()))).collect())
            }
            other => other,
        };
        Self(self.0.into_iter().map(renamed).collect())
    }
}

/// Why a string is no [`Policy`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidPolicy(String);

impl fmt::Display for InvalidPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown criterion '{}'; known: origin, complete, earliest, longest, first, source:FILE",
            self.0
        )
    }
}

impl std::error::Error for InvalidPolicy {}

impl FromStr for Criterion {
    type Err = InvalidPolicy;

    /// Reads a criterion that needs no list of its own: all but [`Criterion::Source`].
    fn from_str(name: &str) -> Result<Self, InvalidPolicy> {
        match name {
            "origin" => Ok(Self::Origin),
            "complete" => Ok(Self::Complete),
            "earliest" => Ok(Self::Earliest),
            "longest" => Ok(Self::Longest),
            "first" => Ok(Self::First),
            other => Err(InvalidPolicy(other.to_owned())),
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, criterion) in self.0.iter().enumerate() {
            write!(f, "{}", if at == 0 { "" } else { "," })?;
            match criterion {
                Criterion::Origin => write!(f, "origin")?,
                Criterion::Source(names) => {
                    let names: Vec<&str> = names.iter().map(Publisher::name).collect();
                    write!(f, "source({})", names.join("; "))?;
                }
                Criterion::Complete => write!(f, "complete")?,
                Criterion::Earliest => write!(f, "earliest")?,
                Criterion::Longest => write!(f, "longest")?,
                Criterion::First => write!(f, "first")?,
            }
        }
        Ok(())
    }
}

/// What a policy looks at, of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Public id.
    pub id: DocId,
    /// Words of the article.
    pub words: u32,
    /// Whether the text breaks off.
    pub truncated: bool,
    /// Date; only dates that begin `YYYY-MM-DD` count.
    pub date: Option<Box<str>>,
    /// Publisher, canonical.
    pub source: Option<Publisher>,
    /// Origins that the text says it was published by first.
    pub syndicated_from: Box<[Publisher]>,
    /// Origins that the text credits in another way.
    pub credited: Box<[Publisher]>,
    /// What an earlier run decided of the document, if it was there.
    pub settled: Option<Settled>,
}

/// What an earlier run decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The document is kept.
    Kept,
    /// The document is kept unless one of this run is preferred that it is linked to.
    Replaceable,
    /// It was dropped; for this one, if that is at hand.
    Dropped(Option<DocIndex>),
}

impl Standing {
    /// The standing of this article, which has `words` words.
    #[must_use]
    pub fn of(id: &DocId, article: &Article, words: u32) -> Self {
        let claims = |syndicated: bool| {
            let role = |kind: AttributionKind| (kind == AttributionKind::SyndicatedFrom) == syndicated;
            let claims =
                article.attributions.iter().filter(|claim| claim.kind.claims_origin() && role(claim.kind));
            claims.map(|claim| Publisher::new(&claim.name)).collect()
        };
        Self {
            id: id.clone(),
            words,
            truncated: article.flags.iter().any(|flag| flag.kind == FlagKind::Truncated),
            date: article.date.as_deref().filter(|date| is_calendar_date(date)).map(Box::from),
            source: article.source.as_deref().map(Publisher::new),
            syndicated_from: claims(true),
            credited: claims(false),
            settled: None,
        }
    }

    /// The publishers that it names, to be replaced by equals that others share.
    pub fn publishers_mut(&mut self) -> impl Iterator<Item = &mut Publisher> {
        self.source.iter_mut().chain(&mut self.syndicated_from).chain(&mut self.credited)
    }
}

fn is_calendar_date(date: &str) -> bool {
    let head = date.as_bytes().get(..10);
    head.is_some_and(|head| {
        head.iter()
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { *b == b'-' } else { b.is_ascii_digit() })
    })
}

/// Distance from the origin of the story; smaller is closer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Closeness {
    Origin,
    Reprint,
    Unclaimed,
    Credit,
}

/// The documents from most to least preferred.
///
/// For [`Criterion::Origin`] a document is the origin when a document of its connected component
/// (itself included) claims the document's publisher as origin.
#[must_use]
pub fn order(standings: &[Standing], links: &[Tie], policy: &Policy) -> Vec<DocIndex> {
    let closeness = closeness(standings, links);
    let mut order: Vec<DocIndex> = (0..standings.len()).map(DocIndex::of).collect();
    order.sort_unstable_by(|&x, &y| {
        let (a, b) = (&standings[x.at()], &standings[y.at()]);
        policy
            .0
            .iter()
            .map(|criterion| match criterion {
                Criterion::Origin => closeness[x.at()].cmp(&closeness[y.at()]),
                Criterion::Source(names) => source_rank(a, names).cmp(&source_rank(b, names)),
                Criterion::Complete => (a.truncated, Reverse(a.words)).cmp(&(b.truncated, Reverse(b.words))),
                Criterion::Earliest => (a.date.is_none(), &a.date).cmp(&(b.date.is_none(), &b.date)),
                Criterion::Longest => b.words.cmp(&a.words),
                Criterion::First => (a.settled.is_none(), x).cmp(&(b.settled.is_none(), y)),
            })
            .find(|ordering| *ordering != Ordering::Equal)
            .unwrap_or_else(|| (a.settled.is_none(), &a.id, x).cmp(&(b.settled.is_none(), &b.id, y)))
    });
    order
}

fn source_rank(standing: &Standing, names: &[Publisher]) -> usize {
    let source = standing.source.as_ref();
    names.iter().position(|name| Some(name) == source).unwrap_or(names.len())
}

fn closeness(standings: &[Standing], links: &[Tie]) -> Vec<Closeness> {
    let component = components(standings.len(), links);
    let mut claimed: BTreeSet<(u32, &Publisher)> = BTreeSet::new();
    for (at, standing) in standings.iter().enumerate() {
        let claims = standing.syndicated_from.iter().chain(&standing.credited);
        claimed.extend(claims.map(|name| (component[at], name)));
    }
    standings
        .iter()
        .enumerate()
        .map(|(at, standing)| {
            let is_origin = |source: &Publisher| claimed.contains(&(component[at], source));
            if standing.source.as_ref().is_some_and(is_origin) {
                Closeness::Origin
            } else if !standing.syndicated_from.is_empty() {
                Closeness::Reprint
            } else if standing.credited.is_empty() {
                Closeness::Unclaimed
            } else {
                Closeness::Credit
            }
        })
        .collect()
}

/// The smallest document of each document's connected component. Components only lend each other
/// knowledge of claims; nothing is dropped through them.
fn components(documents: usize, links: &[Tie]) -> Vec<u32> {
    let mut parent: Vec<u32> = (0_u32..).take(documents).collect();
    fn root(parent: &mut [u32], mut at: u32) -> u32 {
        while parent[at as usize] != at {
            parent[at as usize] = parent[parent[at as usize] as usize];
            at = parent[at as usize];
        }
        at
    }
    for link in links {
        let low = root(&mut parent, link.pair.low().0);
        let high = root(&mut parent, link.pair.high().0);
        parent[low.max(high) as usize] = low.min(high);
    }
    (0_u32..).take(documents).map(|at| root(&mut parent, at)).collect()
}
