//! Documents that crowd one place of an index: what a bound is for.

use super::source::Texts;
use super::vocabulary::Draws;

/// What all documents have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Flood {
    /// Nothing: ordinary new texts, for comparison.
    Ordinary,
    /// Each is one word.
    OneWord,
    /// One form of forty words with three fillings.
    Template,
    /// The same first half: most of their bands agree.
    Bucket,
    /// One sentence of thirty words within an ordinary text: long posting lists.
    Phrase,
    /// All words.
    Equal,
}

impl Flood {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::OneWord => "one-word",
            Self::Template => "template",
            Self::Bucket => "bucket",
            Self::Phrase => "phrase",
            Self::Equal => "equal",
        }
    }

    pub(crate) fn text(self, number: u64, seed: u64, texts: &Texts) -> String {
        let mut draws = Draws::new(&[seed, number, 5]);
        let own = || texts.new_text(number, seed);
        let word = |draws: &mut Draws| texts.vocabulary().drawn(draws);
        match self {
            Self::Ordinary => own(),
            Self::Equal => texts.new_text(0, seed),
            Self::OneWord => format!("{}{number}", word(&mut draws)),
            Self::Template => {
                let (who, whom, what) = (word(&mut draws), word(&mut draws), draws.below(1_000_000));
                format!(
                    "The district court of {who} has set the date of the public auction of the property at \
                     {what} {whom} street. Bidders must register with the clerk and leave a deposit of one \
                     tenth of the estimate before the hearing begins. Case number {number}."
                )
            }
            Self::Bucket => half(&texts.new_text(0, seed)).to_owned() + "\n" + half(half(&own())),
            Self::Phrase => {
                let own = own();
                let middle = own.find(' ').unwrap_or(own.len());
                let shared = first_words(&texts.new_text(0, seed), 30);
                format!("{}\n{shared}\n{}", &own[..middle], &own[middle..])
            }
        }
    }
}

fn half(text: &str) -> &str {
    let middle = (text.len() / 2..text.len()).find(|&at| text[..].is_char_boundary(at)).unwrap_or(text.len());
    &text[..middle]
}

fn first_words(text: &str, count: usize) -> String {
    text.split_whitespace().take(count).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::resemblance::Resemblance;
    use super::super::source::tests::made_up;
    use super::*;

    #[test]
    fn floods_have_in_common_what_they_should() {
        let texts = made_up(50, 300);
        let check = |flood: Flood, range: std::ops::RangeInclusive<f64>| {
            let found = Resemblance::of(&flood.text(3, 1, &texts), &flood.text(17, 1, &texts));
            assert!(range.contains(&found.jaccard), "{flood:?} {found:?}");
        };
        check(Flood::Ordinary, 0.0..=0.02);
        check(Flood::OneWord, 0.0..=0.0);
        check(Flood::Template, 0.3..=0.7);
        check(Flood::Bucket, 0.4..=0.6);
        check(Flood::Phrase, 0.01..=0.1);
        check(Flood::Equal, 1.0..=1.0);
    }
}
