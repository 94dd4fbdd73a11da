//! Sorting by the high half of a number, the half that holds a hash.

/// Shorter slices are sorted by comparison: counting would cost more.
const RADIX_LEN_MIN: usize = 1024;
/// Bits of a digit; three make 32 with one to spare.
const DIGIT_BITS: u32 = 11;
const DIGITS: usize = 1 << DIGIT_BITS;
/// Where each digit of the high half begins, least significant first.
const SHIFTS: [u32; 3] = [32, 32 + DIGIT_BITS, 32 + 2 * DIGIT_BITS];

/// Sorts `entries` by their high 32 bits (least-significant-digit radix sort). Among equals, low halves
/// that came in ascending order stay so.
pub(crate) fn sort_by_high_half(entries: &mut Vec<u64>) {
    if entries.len() < RADIX_LEN_MIN {
        entries.sort_unstable();
        return;
    }
    let mut counts = [const { [0_u32; DIGITS] }; SHIFTS.len()];
    for &entry in entries.iter() {
        for (counts, shift) in counts.iter_mut().zip(SHIFTS) {
            counts[digit(entry, shift)] += 1;
        }
    }
    let mut scratch = vec![0; entries.len()];
    for (mut places, shift) in counts.into_iter().zip(SHIFTS) {
        let mut before = 0;
        for place in &mut places {
            before += std::mem::replace(place, before);
        }
        for &entry in entries.iter() {
            let place = &mut places[digit(entry, shift)];
            scratch[*place as usize] = entry;
            *place += 1;
        }
        std::mem::swap(entries, &mut scratch);
    }
}

fn digit(entry: u64, shift: u32) -> usize {
    (entry >> shift) as usize % DIGITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_short_and_long_by_the_high_half() {
        for len in [0_u64, 1, 2, 1000, 1024, 50_000] {
            let mut entries: Vec<u64> =
                (0..len).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40 << 32 << (n % 9) | n).collect();
            let mut expect = entries.clone();
            expect.sort_unstable();
            sort_by_high_half(&mut entries);
            assert!(entries.is_sorted_by_key(|entry| entry >> 32), "{len}");
            entries.sort_unstable();
            assert_eq!(entries, expect, "{len}");
        }
    }
}
