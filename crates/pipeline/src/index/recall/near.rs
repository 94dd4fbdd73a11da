//! Documents of earlier runs whose signatures agree in a band with one of this run.

use std::cmp::Reverse;

use rayon::prelude::*;
use unecho_candidates::{BitSketch, OverflowFailed};
use unecho_model::DocIndex;
use unecho_store::Serial;

use super::super::remembered::Facts;
use super::super::{View, section};
use super::Wanted;
use crate::matching::Prints;
use crate::{Config, Error};

impl View<'_> {
    /// Wants the earlier documents that agree with one of `docs` in most bands.
    pub(super) fn near(
        &self,
        docs: &[DocIndex],
        prints: &Prints,
        config: &Config,
        facts: &(impl Fn(Serial) -> Facts + Sync),
        wanted: &mut Wanted,
    ) -> Result<(), Error> {
        let matching = &config.matching;
        let bands = matching.bands(config.verify.near);
        let keys_of = |&doc: &DocIndex| {
            let signature = prints.signature_of(doc)?;
            Ok(bands.keys(&signature).map(|key| (key, doc)).collect())
        };
        let of_docs: Vec<Vec<(u64, DocIndex)>> =
            docs.par_iter().map(keys_of).collect::<Result<_, OverflowFailed>>()?;
        let mut of_docs = of_docs.concat();
        of_docs.par_sort_unstable();
        let mut keys: Vec<u64> = of_docs.iter().map(|(key, _)| *key).collect();
        keys.dedup();
        let members_max = matching.near_limits.bucket_members_max as usize;
        let found = self.store.lists(section::BANDS, &keys, members_max, self.end)?;
        let mut hits: Vec<(DocIndex, Serial)> = Vec::new();
        let mut rest = of_docs.as_slice();
        for bucket in found.chunk_by(|a, b| a.key_at == b.key_at) {
            let key = keys[bucket[0].key_at as usize];
            rest = &rest[rest.partition_point(|(other, _)| *other < key)..];
            let own = rest.iter().take_while(|(other, _)| *other == key);
            hits.extend(own.flat_map(|(_, doc)| bucket.iter().map(|found| (*doc, found.document))));
        }
        hits.par_sort_unstable();
        let jaccard_min = f64::from(bands.jaccard_min_permille) / 1000.0;
        for of_doc in hits.chunk_by(|a, b| a.0 == b.0) {
            let signature = prints.signature_of(of_doc[0].0)?;
            let (bits, values) = (BitSketch::of(&signature), distinct(&signature));
            let alike = |serial: Serial| {
                BitSketch::of_words(facts(serial).bits).may_resemble(bits, jaccard_min, values)
            };
            let mut partners: Vec<(Reverse<usize>, Serial)> = of_doc
                .chunk_by(|a, b| a.1 == b.1)
                .map(|equal| (Reverse(equal.len()), equal[0].1))
                .filter(|&(_, serial)| alike(serial))
                .collect();
            partners.sort_unstable();
            let partners_max = matching.near_limits.partners_max as usize;
            wanted.cut += partners.len().saturating_sub(partners_max) as u64;
            wanted.documents.extend(partners.into_iter().take(partners_max).map(|(_, serial)| serial));
        }
        Ok(())
    }
}

/// How many different values a signature has: a short text fills few bins, and the rest are copies.
fn distinct(signature: &[u16]) -> u32 {
    let mut values = signature.to_vec();
    values.sort_unstable();
    values.dedup();
    values.len() as u32
}
