//! Who is preferred as the voice of a story: an ordered list of criteria, total and deterministic.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU64;
use std::ops::Range;
use std::str::FromStr;

use unecho_model::{Article, Attribution, AttributionKind, DocIds, DocIndex, FlagKind, Publisher, Tie};

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
    /// Words of the article.
    pub words: u32,
    /// Whether the text breaks off.
    pub truncated: bool,
    /// When it was published, as far as that is understood.
    pub date: Option<Published>,
    /// Publisher, canonical.
    pub source: Option<Publisher>,
    /// Origins that the text claims.
    pub claims: Box<[Claim]>,
    /// What an earlier run decided of the document, if it was there.
    pub settled: Option<Settled>,
}

/// An origin that a text claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Whom it names.
    pub publisher: Publisher,
    /// As what.
    pub role: ClaimRole,
}

/// As what a text names an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimRole {
    /// It was published there first.
    SyndicatedFrom,
    /// It is credited in another way.
    Credited,
}

/// When a document was published: the day, and the time of day where it is written. Days go before times of the same
/// day. Zones are not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Published(NonZeroU64);

impl Published {
    /// The moment that `YYYY-MM-DD` or `YYYY-MM-DDThh:mm:ss` names, whatever follows; `None` for other dates.
    #[must_use]
    pub fn parse(date: &str) -> Option<Self> {
        let digits = |range: Range<usize>| {
            let digits = date.as_bytes().get(range)?;
            digits
                .iter()
                .try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0')))
        };
        let is = |at: usize, byte: &[u8]| date.as_bytes().get(at).is_some_and(|found| byte.contains(found));
        if !(is(4, b"-") && is(7, b"-")) {
            return None;
        }
        let day = (digits(0..4)? * 100 + digits(5..7)?) * 100 + digits(8..10)?;
        let minutes = || {
            if is(10, b"T ") && is(13, b":") { Some(digits(11..13)? * 100 + digits(14..16)?) } else { None }
        };
        let seconds = || if is(16, b":") { digits(17..19) } else { None };
        let time = minutes().map_or(0, |minutes| minutes * 100 + seconds().unwrap_or(0) + 1);
        NonZeroU64::new(day * 1_000_000 + time + 1).map(Self)
    }
}

/// What an earlier run decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The document is kept.
    Kept,
    /// The document is kept unless one of this run is preferred that it is linked to.
    Replaceable,
    /// It was dropped, for one that is not at hand.
    Dropped,
    /// It was dropped for this one.
    DroppedFor(DocIndex),
}

impl Standing {
    /// The standing of this article, which has `words` words.
    #[must_use]
    pub fn of(article: &Article, words: u32) -> Self {
        let claims = article.attributions.iter().filter(|claim| claim.kind.claims_origin());
        let claim = |claim: &Attribution| Claim {
            publisher: Publisher::new(&claim.name),
            role: match claim.kind {
                AttributionKind::SyndicatedFrom => ClaimRole::SyndicatedFrom,
                _ => ClaimRole::Credited,
            },
        };
        Self {
            words,
            truncated: article.flags.iter().any(|flag| flag.kind == FlagKind::Truncated),
            date: article.date.as_deref().and_then(Published::parse),
            source: article.source.as_deref().map(Publisher::new),
            claims: claims.map(claim).collect(),
            settled: None,
        }
    }

    /// The publishers that it names, to be replaced by equals that others share.
    pub fn publishers_mut(&mut self) -> impl Iterator<Item = &mut Publisher> {
        self.source.iter_mut().chain(self.claims.iter_mut().map(|claim| &mut claim.publisher))
    }
}

/// Distance from the origin of the story; smaller is closer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Closeness {
    Origin,
    Reprint,
    Unclaimed,
    Credit,
}

/// The documents from most to least preferred; `ids` are theirs.
///
/// For [`Criterion::Origin`] a document is the origin when a document of its connected component
/// (itself included) claims the document's publisher as origin.
#[must_use]
pub fn order(standings: &[Standing], ids: &DocIds, links: &[Tie], policy: &Policy) -> Vec<DocIndex> {
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
                Criterion::Earliest => (a.date.is_none(), a.date).cmp(&(b.date.is_none(), b.date)),
                Criterion::Longest => b.words.cmp(&a.words),
                Criterion::First => (a.settled.is_none(), x).cmp(&(b.settled.is_none(), y)),
            })
            .find(|ordering| *ordering != Ordering::Equal)
            .unwrap_or_else(|| {
                let last = |standing: &Standing, doc| (standing.settled.is_none(), ids.text_of(doc), doc);
                last(a, x).cmp(&last(b, y))
            })
    });
    order
}

fn source_rank(standing: &Standing, names: &[Publisher]) -> usize {
    let source = standing.source.as_ref();
    names.iter().position(|name| Some(name) == source).unwrap_or(names.len())
}

fn closeness(standings: &[Standing], links: &[Tie]) -> Vec<Closeness> {
    let component = components(standings.len(), links);
    let mut is_linked = vec![false; standings.len()];
    for doc in links.iter().flat_map(|link| [link.pair.low(), link.pair.high()]) {
        is_linked[doc.at()] = true;
    }
    let mut claimed: BTreeSet<(u32, &Publisher)> = BTreeSet::new();
    for (at, standing) in standings.iter().enumerate().filter(|(at, _)| is_linked[*at]) {
        claimed.extend(standing.claims.iter().map(|claim| (component[at], &claim.publisher)));
    }
    standings
        .iter()
        .enumerate()
        .map(|(at, standing)| {
            // Most documents are linked to none: what they claim is known without a list.
            let is_origin = |source: &Publisher| match is_linked[at] {
                true => claimed.contains(&(component[at], source)),
                false => standing.claims.iter().any(|claim| claim.publisher == *source),
            };
            if standing.source.as_ref().is_some_and(is_origin) {
                Closeness::Origin
            } else if standing.claims.iter().any(|claim| claim.role == ClaimRole::SyndicatedFrom) {
                Closeness::Reprint
            } else if standing.claims.is_empty() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_go_as_they_are_written() {
        let dates = [
            "0000-00-00",
            "2023-12-31T23:59:59Z",
            "2024-01-01",
            "2024-01-01T00:00",
            "2024-01-01 00:00:01+02:00",
            "2024-01-01T10:00:00.5Z",
            "2024-01-02",
        ];
        let moments: Vec<Option<Published>> = dates.map(Published::parse).into();
        assert!(moments.is_sorted_by(|a, b| a < b) && moments[0].is_some(), "{moments:?}");
        for none in ["", "2024", "2024-1-1", "01/02/2024", "2024-0a-01", "\u{663}\u{663}24-01-01"] {
            assert_eq!(Published::parse(none), None, "{none}");
        }
    }
}
