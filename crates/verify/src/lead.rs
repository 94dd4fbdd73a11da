//! The lead: the first sentences of a text, which say what is new.
//!
//! A follow-up repeats the background of the first report word for word and still has other news;
//! a rewrite tells the same news in other words. So the lead is looked at by itself: its day of the
//! week, and how much of it is shared beside how much of the whole text is.

use std::sync::LazyLock;

use unecho_text::fold;
use xxhash_rust::xxh3::xxh3_64;

use crate::keys;
use crate::prepared::{Prepared, TokenRange};
use crate::voice::Voice;

/// A sentence with fewer different content words is a dateline or a heading.
const SENTENCE_STEMS_MIN: usize = 4;

/// The lead goes on to the end of the sentence in which it has so many content words.
const LEAD_STEMS: usize = 18;

/// The day of the week is looked for in so many first words.
const WEEKDAY_WORDS: usize = 60;

/// Days of the week, Monday first, as reports name them.
const WEEKDAYS: [&str; 7] = [
    "monday montag lundi lunes понедельник понедельника понедельнику الاثنين الإثنين",
    "tuesday dienstag mardi martes вторник вторника вторнику الثلاثاء",
    "wednesday mittwoch mercredi miércoles среду среда среды الأربعاء الاربعاء",
    "thursday donnerstag jeudi jueves четверг четверга четвергу الخميس",
    "friday freitag vendredi viernes пятницу пятница пятницы الجمعة",
    "saturday samstag sonnabend samedi sábado субботу суббота субботы السبت",
    "sunday sonntag dimanche domingo воскресенье воскресенья воскресенью الأحد الاحد",
];

/// The hash of each weekday's name and its number, by hash.
static WEEKDAY_HASHES: LazyLock<Vec<(u64, u8)>> = LazyLock::new(|| {
    let names = (0_u8..).zip(WEEKDAYS).flat_map(|(day, names)| {
        names.split_whitespace().map(move |name| (xxh3_64(fold(name).as_bytes()), day))
    });
    let mut hashes: Vec<(u64, u8)> = names.collect();
    hashes.sort_unstable();
    hashes
});

/// What a text's lead says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Lead {
    /// Its sentences.
    sentences: Vec<TokenRange>,
    /// The first day of the week in the text's first words, 0 for Monday.
    weekday: Option<u8>,
}

impl Lead {
    /// The lead of a text of these words.
    pub(crate) fn of(words: &[u64], stems: &[u64], voices: &[Voice], sentences: &[TokenRange]) -> Self {
        let told = |&at: &usize| voices[at] != Voice::Label && stems[at] != 0;
        let mut lead = Self { weekday: weekday(words, voices), ..Self::default() };
        let mut found = 0;
        for sentence in sentences {
            let content: Vec<u64> = sentence.range().filter(told).map(|at| stems[at]).collect();
            let count = content.len();
            if keys::distinct(content).len() >= SENTENCE_STEMS_MIN {
                lead.sentences.push(*sentence);
                found += count;
            }
            if found >= LEAD_STEMS {
                break;
            }
        }
        lead
    }
}

fn weekday(words: &[u64], voices: &[Voice]) -> Option<u8> {
    let told = words.iter().zip(voices).filter(|&(_, &voice)| voice != Voice::Label).take(WEEKDAY_WORDS);
    told.filter_map(|(word, _)| {
        let at = WEEKDAY_HASHES.binary_search_by_key(word, |&(hash, _)| hash).ok()?;
        Some(WEEKDAY_HASHES[at].1)
    })
    .next()
}

/// By how much less of the lead is shared than of all that is told; `shared` says which words are.
pub(crate) fn behind(text: &Prepared, shared: impl Fn(usize) -> bool) -> f64 {
    let share = |words: &mut dyn Iterator<Item = usize>| {
        let told = words.filter(|&at| text.voices()[at] != Voice::Label);
        let (mut all, mut found) = (0_usize, 0_usize);
        for at in told {
            all += 1;
            found += usize::from(shared(at));
        }
        found as f64 / all.max(1) as f64
    };
    let lead = share(&mut text.lead().sentences.iter().flat_map(|sentence| sentence.range()));
    (share(&mut (0..text.words())) - lead).max(0.0)
}

/// Whether both name a day of the week, and not the same.
pub(crate) fn weekdays_differ(a: &Prepared, b: &Prepared) -> bool {
    a.lead().weekday.zip(b.lead().weekday).is_some_and(|(a, b)| a != b)
}

#[cfg(test)]
mod tests {
    use unecho_model::Article;

    use super::*;
    use crate::prepare;

    fn prepared(text: &str) -> Prepared {
        prepare(Article { text: text.to_owned(), ..Article::default() })
    }

    fn check_weekday(text: &str, expect: Option<u8>) {
        assert_eq!(prepared(text).lead().weekday, expect, "{text}");
    }

    #[test]
    fn the_first_day_of_the_week_in_each_language() {
        check_weekday("The crane fell on Tuesday, and on Thursday the council met about it.", Some(1));
        check_weekday("Der Kran stürzte am Mittwoch auf die Straße zum Hafen.", Some(2));
        check_weekday("Кран упал в пятницу утром на дорогу к порту.", Some(4));
        check_weekday("سقطت الرافعة يوم الأحد على الطريق إلى الميناء.", Some(6));
        check_weekday("The crane fell at night and nobody was hurt.", None);
        let late = format!("{} The council met on Monday.", "Rain fell on the old town. ".repeat(20));
        check_weekday(&late, None);
    }

    #[test]
    fn a_lead_ends_with_the_sentence_that_fills_it() {
        let text = prepared(
            "Storm update.\nThe old harbour crane at Lindmouth collapsed early after a night of strong wind. \
             Two parked lorries, a fishing boat, the ferry terminal and three sheds were damaged or crushed. \
             The town council will meet about the second crane.",
        );
        assert_eq!(text.lead().sentences.len(), 2);
    }

    #[test]
    fn a_lead_is_behind_when_the_rest_is_shared() {
        let text = prepared(
            "Painters in orange overalls began work on the rusty railway bridge over the river Skell on Monday \
             morning, paid for by a summer lottery of the county, the parish council and two breweries.\n\
             The bridge was built by the Norrland company between two wars and carried the coal line.",
        );
        let in_lead = |at: usize| text.lead().sentences.iter().any(|sentence| sentence.range().contains(&at));
        assert!(behind(&text, |at| !in_lead(at)) > 0.3);
        assert_eq!(behind(&text, in_lead), 0.0);
        assert_eq!(behind(&text, |_| true), 0.0);
    }
}
