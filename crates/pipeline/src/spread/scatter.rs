//! Numbers on their way to where those of one place come together: many small entries, in few rows.

use super::task::Sink;
use super::{Row, number, packed, unpacked};
use crate::Error;

/// Kind of the rows.
pub(super) const SCATTERED: i32 = 0;
/// Numbers that wait until they are handed out together: 32 MB. Tests hand out several times.
const WAITING_MAX: usize = if cfg!(test) { 400 } else { 8 << 20 };
/// Most entries of a row.
const ROW_ENTRIES_MAX: usize = 1 << 16;

/// Entries that wait, in any order: where each goes, and other numbers, by which those of one place are ordered.
#[derive(Default)]
pub(super) struct Scatter<const WIDTH: usize> {
    waiting: Vec<[u32; WIDTH]>,
}

impl<const WIDTH: usize> Scatter<WIDTH> {
    pub(super) fn push(&mut self, entry: [u32; WIDTH]) {
        self.waiting.push(entry);
    }

    pub(super) const fn is_full(&self) -> bool {
        self.waiting.len() * WIDTH >= WAITING_MAX
    }

    /// Hands out what waits. Those of one place and one first number go through `combine`, in order, which adds what is
    /// left of them.
    pub(super) fn hand_out(
        &mut self,
        mut combine: impl FnMut(&[[u32; WIDTH]], &mut Vec<[u32; WIDTH]>),
        out: &mut Sink<'_>,
    ) -> Result<(), Error> {
        self.waiting.sort_unstable();
        let mut left = Vec::new();
        for of_place in self.waiting.chunk_by(|a, b| a[0] == b[0]) {
            left.clear();
            of_place.chunk_by(|a, b| a[1] == b[1]).for_each(|some| combine(some, &mut left));
            for (at, entries) in left.chunks(ROW_ENTRIES_MAX).enumerate() {
                let (key, body) = (i64::from(of_place[0][0]), packed(&Columns::of(entries))?);
                out(Row { kind: SCATTERED, key, at: number(at), body })?;
            }
        }
        self.waiting.clear();
        Ok(())
    }
}

/// Entries of one place by columns, so that small numbers take a byte: the first as distances, the second from its
/// least, the others as they are.
#[derive(serde::Serialize, serde::Deserialize)]
struct Columns(Vec<u32>, u32, Vec<Vec<u32>>);

impl Columns {
    fn of<const WIDTH: usize>(entries: &[[u32; WIDTH]]) -> Self {
        let mut before = 0;
        let distance = |entry: &[u32; WIDTH]| entry[1].wrapping_sub(std::mem::replace(&mut before, entry[1]));
        let distances = entries.iter().map(distance).collect();
        let least = entries.iter().map(|entry| entry[2]).min().unwrap_or(0);
        let column = |at: usize| {
            let less = if at == 2 { least } else { 0 };
            entries.iter().map(|entry| entry[at] - less).collect()
        };
        Self(distances, least, (2..WIDTH).map(column).collect())
    }

    /// Appends the entries, which are of `place`; `None` when they are of another width.
    fn append_to<const WIDTH: usize>(self, place: u32, arrived: &mut Vec<[u32; WIDTH]>) -> Option<()> {
        let Self(distances, least, columns) = self;
        if columns.len() + 2 != WIDTH || columns.iter().any(|column| column.len() != distances.len()) {
            return None;
        }
        let mut first = 0_u32;
        for (row, distance) in distances.into_iter().enumerate() {
            first = first.wrapping_add(distance);
            let mut entry = [0; WIDTH];
            entry[..2].copy_from_slice(&[place, first]);
            entry[2..].iter_mut().zip(&columns).for_each(|(number, column)| *number = column[row]);
            entry[2] = entry[2].wrapping_add(least);
            arrived.push(entry);
        }
        Some(())
    }
}

/// The entries in rows of one place, in order.
pub(super) fn arrived<const WIDTH: usize>(rows: &[Row]) -> Result<Vec<[u32; WIDTH]>, Error> {
    let mut arrived = Vec::new();
    for row in rows {
        let place = u32::try_from(row.key).map_err(|_| damaged())?;
        unpacked::<Columns>(&row.body)?.append_to(place, &mut arrived).ok_or_else(damaged)?;
    }
    arrived.sort_unstable();
    Ok(arrived)
}

fn damaged() -> Error {
    Error::Elsewhere("a row of numbers is damaged".to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn all_entries_arrive_at_their_places() {
        let entries: Vec<[u32; 4]> = (0..1000_u32)
            .map(|n| [n % 7, n.wrapping_mul(0x9e37_79b9), if n % 50 == 0 { u32::MAX } else { n }, n % 3])
            .collect();
        let mut rows: BTreeMap<i64, Vec<Row>> = BTreeMap::new();
        let mut out = |row: Row| {
            rows.entry(row.key).or_default().push(row);
            Ok(())
        };
        let mut scatter = Scatter::<4>::default();
        for &entry in &entries {
            scatter.push(entry);
            if scatter.is_full() {
                scatter.hand_out(|some, left| left.extend(some), &mut out).unwrap();
            }
        }
        scatter.hand_out(|some, left| left.extend(some), &mut out).unwrap();
        let mut found: Vec<[u32; 4]> = Vec::new();
        for rows in rows.values() {
            found.extend(arrived::<4>(rows).unwrap());
            assert!(arrived::<5>(rows).is_err());
        }
        let mut expect = entries;
        expect.sort_unstable();
        assert_eq!(found, expect);
    }
}
