//! Pairs whose signatures agree in a band, found by those who have these: the driving side says who takes part, and
//! gets the pairs.
//!
//! 1. band: documents to entries (part of a band; key, document, the keys that order a crowd), and their signatures.
//! 2. meet: all entries of a part to what documents have in common with others, bucket by bucket.
//! 3. rank: all meetings of some neighbouring documents to the partners that are looked at.
//! 4. resemble: partners, joined with the signatures of both, to pairs.
//!
//! What is done with one bucket and with one document is `candidates`' to say, here and on one machine. A crowd gathers
//! in one task, with some twenty bytes for each document: exact copies are not among them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use unecho_candidates::{BandConfig, Candidate, Candidates, Cut, Member, Share};
use unecho_model::{CandidatePair, DocIndex};

use super::facts::Facts;
use super::rare::{CUT, NEIGHBOURS, PART_KEYS, add_up, sum};
use super::scatter::{SCATTERED, Scatter, arrived};
use super::task::{Plan, Sink};
use super::{GIVEN, Input, LOOKED, Row, Spread, TEXT, WANTED, packed, unpacked};
use crate::{Config, Error};

/// Kind of rows of [`LOOKED`] that are the signature of a document, as [`signature_bytes`] writes it.
pub(super) const SIGNATURE: i32 = 4;
/// Most bits of a key that name its part: with the band they fit into 31.
const PART_BITS_MAX: u32 = 20;
/// Stands for a document that takes part.
const MEETS: u8 = 1;

/// A signature, as it is kept.
pub(super) fn signature_bytes(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn values_of(bytes: &[u8], len: usize) -> Result<Vec<u16>, Error> {
    let (values, rest) = bytes.as_chunks();
    if !rest.is_empty() || values.len() != len {
        return Err(damaged());
    }
    Ok(values.iter().map(|value| u16::from_le_bytes(*value)).collect())
}

/// The partners of some documents with what they have in common, and how many more there are.
type Ranked = (Vec<(u32, u32, u32)>, u64);
/// Pairs, in how many bands they agree, and whether they met in crowds only; and how many partners were too many.
type Found = (Vec<(u32, u32, u32, bool)>, u64);

impl Spread<'_> {
    /// The pairs among `docs` whose signatures agree in a band; there are so many documents in all.
    pub(crate) fn near_pairs(&self, docs: &[DocIndex], documents: usize) -> Result<Candidates, Error> {
        let mut meets = vec![0; documents];
        docs.iter().for_each(|doc| meets[doc.at()] = MEETS);
        let meets = self.share("meets", &meets)?;
        let part_bits = part_bits(docs.len() as u64);
        self.do_job(Input::Rows(LOOKED, SIGNATURE), &Plan::Band { meets, part_bits }, "banded")?;
        self.do_job(Input::Grouped("banded", SCATTERED), &Plan::Meet, "met")?;
        self.do_job(Input::Grouped("met", SCATTERED), &Plan::Rank, "ranked")?;
        self.do_job(Input::Joined("ranked", &["banded"]), &Plan::Resemble, "near")?;
        let cut_of = |(buckets, bucket_members)| Cut { buckets, bucket_members, ..Cut::default() };
        self.found("near", pair_of, ("met", cut_of))
    }
}

/// How many bits of a key name its part, with so many documents in a band.
fn part_bits(documents: u64) -> u32 {
    documents.div_ceil(PART_KEYS).max(1).next_power_of_two().ilog2().min(PART_BITS_MAX)
}

fn pair_of((doc, other, band_hits, is_crowded): (u32, u32, u32, bool)) -> Option<Candidate> {
    let pair = CandidatePair::new(DocIndex(doc), DocIndex(other))?;
    Some(Candidate { pair, band_hits, is_crowded, rare_weight: 0 })
}

fn damaged() -> Error {
    Error::Elsewhere("a row of signatures is damaged".to_owned())
}

fn bands(config: &Config) -> BandConfig {
    config.matching.bands(config.verify.near)
}

/// Signatures to entries of their bands.
pub(super) struct Banding {
    meets: Facts<1>,
    part_bits: u32,
    bands: BandConfig,
    /// Values of a signature.
    signature_len: usize,
    entries: Scatter<5>,
}

impl Banding {
    pub(super) fn new(meets: &Path, part_bits: u32, config: &Config) -> Result<Self, Error> {
        let part_bits = part_bits.min(PART_BITS_MAX);
        Ok(Self {
            meets: Facts::open(meets)?,
            part_bits,
            bands: bands(config),
            signature_len: config.matching.minhash.len(),
            entries: Scatter::default(),
        })
    }

    /// The signature of one document.
    pub(super) fn band(&mut self, row: &Row, out: &mut Sink<'_>) -> Result<(), Error> {
        let doc = u32::try_from(row.key).map_err(|_| damaged())?;
        if self.meets.of(doc)? != [MEETS] {
            return Ok(());
        }
        for place in self.bands.places(&values_of(&row.body, self.signature_len)?) {
            // Of a key as a number of 64 bits, so that none of it may name the part.
            let part = (u64::from(place.key) >> (u32::BITS - self.part_bits)) as u32;
            let part = place.band << self.part_bits | part;
            let (next, after) = ((place.further >> 32) as u32, place.further as u32);
            self.entries.push([part, place.key, doc, next, after]);
        }
        out(Row { kind: TEXT, ..row.clone() })?;
        if self.entries.is_full() { self.hand_out(out) } else { Ok(()) }
    }

    fn hand_out(&mut self, out: &mut Sink<'_>) -> Result<(), Error> {
        self.entries.hand_out(|of_key, left| left.extend(of_key), out)
    }

    pub(super) fn finish(mut self, out: &mut Sink<'_>) -> Result<(), Error> {
        self.hand_out(out)
    }
}

/// Entries of bands to what documents have in common.
#[derive(Default)]
pub(super) struct Meeting {
    shares: Scatter<4>,
}

impl Meeting {
    /// The entries of one part of a band: rows of one key.
    pub(super) fn meet(&mut self, rows: &[Row], config: &Config, out: &mut Sink<'_>) -> Result<(), Error> {
        let Some(first) = rows.first() else { return Ok(()) };
        let limits = &config.matching.near_limits;
        let (mut cut, mut members, mut failed) = (Cut::default(), Vec::new(), None);
        for of_key in arrived::<5>(rows)?.chunk_by(|a, b| a[1] == b[1]) {
            let member = |&[_, _, doc, next, after]: &[u32; 5]| {
                let further = u64::from(next) << 32 | u64::from(after);
                Member { further, doc }
            };
            members.clear();
            members.extend(of_key.iter().map(member));
            limits.meetings(&mut members, &mut cut, |Share { doc, with, weight }| {
                self.shares.push([doc / NEIGHBOURS, doc, with, weight]);
                if self.shares.is_full() && failed.is_none() {
                    failed = self.shares.hand_out(add_up, out).err();
                }
            });
        }
        failed.map_or(Ok(()), Err)?;
        if cut == Cut::default() {
            return Ok(());
        }
        out(Row { kind: CUT, key: first.key, at: 0, body: packed(&(cut.buckets, cut.bucket_members))? })
    }

    pub(super) fn finish(mut self, out: &mut Sink<'_>) -> Result<(), Error> {
        self.shares.hand_out(add_up, out)
    }
}

/// All meetings of some neighbours to the partners that are looked at, and whose signatures that takes.
pub(super) fn rank(rows: &[Row], config: &Config, out: &mut Sink<'_>) -> Result<(), Error> {
    let Some(first) = rows.first() else { return Ok(()) };
    let limits = &config.matching.near_limits;
    let (mut ranked, mut cut): Ranked = (Vec::new(), 0);
    for of_document in arrived::<4>(rows)?.chunk_by(|a, b| a[1] == b[1]) {
        let doc = of_document[0][1];
        let partners = of_document.chunk_by(|a, b| a[2] == b[2]);
        let partners = partners.map(|with| (with[0][2], sum(with.iter().map(|share| share[3]))));
        let (mut kept, left_out) = limits.nearest(partners);
        kept.sort_unstable();
        ranked.extend(kept.into_iter().map(|(other, weight)| (doc, other, weight)));
        cut += left_out;
    }
    let docs: BTreeSet<u32> = ranked.iter().flat_map(|&(doc, other, _)| [doc, other]).collect();
    for doc in docs {
        out(Row { kind: WANTED, key: first.key, at: i64::from(doc), body: Vec::new() })?;
    }
    out(Row { kind: GIVEN, key: first.key, at: 0, body: packed::<Ranked>(&(ranked, cut))? })
}

/// Partners of some neighbours to pairs: rows of one key, a signature or what is ranked each.
pub(super) fn resemble(rows: &[Row], config: &Config, out: &mut Sink<'_>) -> Result<(), Error> {
    let Some(first) = rows.first() else { return Ok(()) };
    let signed = rows.iter().filter(|row| row.kind == TEXT);
    let signed = signed.map(|row| Ok((row.at, values_of(&row.body, config.matching.minhash.len())?)));
    let signatures: BTreeMap<i64, Vec<u16>> = signed.collect::<Result<_, Error>>()?;
    let of = |doc: u32| {
        let values = signatures.get(&i64::from(doc)).ok_or_else(damaged)?;
        Ok::<_, Error>((doc, values.as_slice()))
    };
    let (mut found, mut cut): Found = (Vec::new(), 0);
    for row in rows.iter().filter(|row| row.kind == GIVEN) {
        let (ranked, left_out): Ranked = unpacked(&row.body)?;
        cut += left_out;
        for (doc, other, weight) in ranked {
            let candidate = bands(config).candidate(of(doc)?, of(other)?, weight);
            found.extend(candidate.map(|Candidate { pair, band_hits, is_crowded, .. }| {
                (pair.low().0, pair.high().0, band_hits, is_crowded)
            }));
        }
    }
    out(Row { kind: 0, key: first.key, at: 0, body: packed::<Found>(&(found, cut))? })
}
