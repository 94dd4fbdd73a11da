//! Words of a text, drawing, and texts in another vocabulary.
//!
//! The usual ways to make more text out of little (copies of sentences, new orders of sentences) make
//! near copies, and a corpus of those says nothing. Here every word but the most frequent ones gives
//! way to another of about the same frequency, always the same one within a text: what remains is the
//! shape, the lengths and the distribution of words, and a word sequence that no other text has.

use std::collections::HashMap;

/// So many of the most frequent words stay: they hold a language together and tell texts apart least.
const STAYING_WORDS: usize = 60;

/// A piece of a text: a run of letters or digits, or what stands between two.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'a> {
    pub(crate) start: usize,
    pub(crate) text: &'a str,
    pub(crate) is_word: bool,
}

/// The pieces of a text, which together are the text.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let is_word = text[start..].chars().next()?.is_alphanumeric();
        let rest = &text[start..];
        let len = rest.find(|c: char| c.is_alphanumeric() != is_word).unwrap_or(rest.len());
        let piece = Piece { start, text: &rest[..len], is_word };
        start += len;
        Some(piece)
    })
}

/// All words of the texts by falling frequency.
pub(crate) struct Vocabulary {
    words: Vec<String>,
    rank: HashMap<String, u32>,
}

impl Vocabulary {
    pub(crate) fn of(counts: HashMap<String, u64>) -> Self {
        let mut counts: Vec<(String, u64)> =
            counts.into_iter().filter(|(word, _)| !word.contains(|c: char| c.is_ascii_digit())).collect();
        counts.sort_unstable_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
        let words: Vec<String> = counts.into_iter().map(|(word, _)| word).collect();
        let rank = (0..).zip(&words).map(|(rank, word)| (word.clone(), rank)).collect();
        Self { words, rank }
    }

    /// The text with other words; the same `key` gives the same word for the same word.
    pub(crate) fn renamed(&self, text: &str, key: u64) -> String {
        let mut renamed = String::with_capacity(text.len() + text.len() / 8);
        for piece in pieces(text) {
            if piece.is_word {
                self.push_renamed(piece.text, key, &mut renamed);
            } else {
                renamed.push_str(piece.text);
            }
        }
        renamed
    }

    fn push_renamed(&self, word: &str, key: u64, renamed: &mut String) {
        if word.bytes().any(|byte| byte.is_ascii_digit()) {
            let mut draws =
                Draws::new(&[key, mixed(word.bytes().fold(0, |sum, b| mixed(sum ^ u64::from(b))))]);
            renamed.extend(word.chars().map(|c| match c {
                '1'..='9' => char::from(b'1' + draws.below(9) as u8),
                other => other,
            }));
            return;
        }
        match self.rank.get(&word.to_lowercase()) {
            Some(&rank) => push_in_case(&self.words[self.other(rank as usize, key)], word, renamed),
            None => renamed.push_str(word),
        }
    }

    /// The rank that takes the place of `rank`: another one between the same powers of two, one to one.
    fn other(&self, rank: usize, key: u64) -> usize {
        if rank < STAYING_WORDS {
            return rank;
        }
        let band = (rank - STAYING_WORDS + 64).ilog2();
        let start = STAYING_WORDS + (1 << band) - 64;
        let len = ((1_usize << band).min(self.words.len() - start)) as u64;
        let mut draws = Draws::new(&[key, u64::from(band)]);
        let mut factor = draws.below(len) | 1;
        while common_divisor(factor, len) > 1 {
            factor += 2;
        }
        let moved =
            (u128::from(factor) * (rank - start) as u128 + u128::from(draws.below(len))) % u128::from(len);
        start + moved as usize
    }

    /// Any word, each as likely as every other.
    pub(crate) fn drawn(&self, draws: &mut Draws) -> &str {
        &self.words[draws.below(self.words.len() as u64) as usize]
    }

    /// A word of about the frequency of `word`, but not that word unless there is no other.
    pub(crate) fn instead_of(&self, word: &str, draws: &mut Draws) -> String {
        let rank = self.rank.get(&word.to_lowercase()).map_or(STAYING_WORDS, |&rank| rank as usize);
        let (from, to) = (rank / 2, (2 * rank + 16).min(self.words.len()));
        let drawn = from + draws.below((to - from).max(1) as u64) as usize;
        let drawn = if drawn == rank { (drawn + 1) % self.words.len() } else { drawn };
        let mut instead = String::new();
        push_in_case(&self.words[drawn], word, &mut instead);
        instead
    }
}

const fn common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Appends `word` in capitals where `like` is.
fn push_in_case(word: &str, like: &str, to: &mut String) {
    let mut letters = like.chars();
    let capital = letters.next().is_some_and(char::is_uppercase);
    let all = capital && letters.next().is_some() && !like.chars().any(char::is_lowercase);
    for (at, c) in word.chars().enumerate() {
        if all || (capital && at == 0) {
            to.extend(c.to_uppercase());
        } else {
            to.push(c);
        }
    }
}

/// Mixes all bits into all bits (the finalizer of splitmix64, Steele, Lea, Flood 2014).
pub(crate) const fn mixed(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Numbers that look random and follow from a key.
pub(crate) struct Draws(u64);

impl Draws {
    pub(crate) fn new(key: &[u64]) -> Self {
        Self(key.iter().fold(0, |sum, &part| mixed(sum ^ part)))
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// A number below `limit`, 0 when that is 0.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    /// Whether something of this probability, in thousandths, happens.
    pub(crate) fn happens(&mut self, permille: u64) -> bool {
        self.below(1000) < permille
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary(words: usize) -> Vocabulary {
        Vocabulary::of((0..words).map(|at| (format!("w{}", "x".repeat(at)), 10_000 - at as u64)).collect())
    }

    #[test]
    fn pieces_are_the_text() {
        let text = "  Ça va? 12.5 %\n";
        assert_eq!(pieces(text).map(|piece| piece.text).collect::<String>(), text);
        let words: Vec<&str> = pieces(text).filter(|piece| piece.is_word).map(|piece| piece.text).collect();
        assert_eq!(words, ["Ça", "va", "12", "5"]);
    }

    #[test]
    fn another_vocabulary_is_one_to_one() {
        for size in [1, 59, 60, 61, 123, 700, 1234] {
            let vocabulary = vocabulary(size);
            let mut others: Vec<usize> = (0..size).map(|rank| vocabulary.other(rank, 5)).collect();
            others.sort_unstable();
            assert!(others.into_iter().eq(0..size), "{size}");
        }
    }

    #[test]
    fn case_and_length_of_numbers_stay() {
        let mut renamed = String::new();
        push_in_case("word", "Other", &mut renamed);
        push_in_case("word", "USA", &mut renamed);
        push_in_case("word", "A", &mut renamed);
        assert_eq!(renamed, "WordWORDWord");
        let numbers = vocabulary(200).renamed("12,305 in 1999", 3);
        assert_eq!(numbers.len(), "12,305 in 1999".len());
        assert_ne!(numbers, "12,305 in 1999");
    }
}
