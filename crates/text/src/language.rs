//! Which language and script a text is in.
//!
//! English is told by its function words, which costs next to nothing; everything else by trigrams
//! (`whatlang`, after Cavnar and Trenkle, 1994). Only a sample of the text is looked at, and nothing is
//! said when the sample does not tell: a wrong tag is worse than none.

use whatlang::{Lang, Script};

/// What a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Language {
    /// BCP 47 tag of the language, such as `de`; `None` when the text does not tell.
    pub tag: Option<&'static str>,
    /// ISO 15924 code of the script of most letters, such as `Latn`; `None` without letters.
    pub script: Option<&'static str>,
}

/// Places that are looked at in a long text, and the bytes of each.
const WINDOWS: usize = 3;
const WINDOW_BYTES: usize = 400;
/// Fewest characters that trigrams are believed on.
const CHARS_MIN: usize = 40;
/// Least confidence that is believed.
const CONFIDENCE_MIN: f64 = 0.5;
/// Fewest English function words, and their least share of all words in percent.
const ENGLISH_WORDS_MIN: usize = 8;
const ENGLISH_PERCENT_MIN: usize = 18;

/// The language and script of `text`, from a sample of it.
#[must_use]
pub fn language(text: &str) -> Language {
    let sample = sample(text);
    if is_english(&sample) {
        return Language { tag: Some("en"), script: Some("Latn") };
    }
    let letters = sample.chars().filter(|c| c.is_alphabetic()).count();
    if letters < CHARS_MIN {
        // Trigrams would cost the most where they tell the least.
        let script = whatlang::detect_script(&sample);
        let only =
            script.filter(|&script| letters >= 4 && is_telling(script)).map(|script| script.langs()[0]);
        return Language { tag: only.map(tag), script: script.and_then(script_code) };
    }
    let Some(info) = whatlang::detect(&sample) else {
        return Language { tag: None, script: whatlang::detect_script(&sample).and_then(script_code) };
    };
    let certain = info.confidence() >= CONFIDENCE_MIN;
    Language { tag: certain.then(|| tag(info.lang())), script: script_code(info.script()) }
}

/// The text itself, or pieces of its beginning, middle and end.
fn sample(text: &str) -> String {
    if text.len() <= WINDOWS * WINDOW_BYTES {
        return text.to_owned();
    }
    let window = |at: usize| {
        let start = text.ceil_char_boundary((text.len() - WINDOW_BYTES) / (WINDOWS - 1) * at);
        &text[start..text.floor_char_boundary(start + WINDOW_BYTES)]
    };
    (0..WINDOWS).map(window).collect::<Vec<_>>().join(" ")
}

fn is_english(sample: &str) -> bool {
    let (mut words, mut english) = (0, 0);
    let mut word = ShortWord::default();
    // The space ends the last word.
    for c in sample.chars().chain([' ']) {
        if c.is_ascii_alphabetic() {
            word.push(c as u8);
        } else if c.is_alphabetic() {
            word.push_foreign();
        } else if let Some(key) = word.end() {
            words += 1;
            english += usize::from(FUNCTION_WORDS.contains(&key));
        }
    }
    english >= ENGLISH_WORDS_MIN && english * 100 >= words * ENGLISH_PERCENT_MIN
}

/// A word as its letters in lower case, eight bits each; other words of more than seven letters, and those with
/// letters beyond ASCII, are all alike.
#[derive(Default)]
struct ShortWord {
    key: u64,
    len: u32,
}

impl ShortWord {
    const fn push(&mut self, letter: u8) {
        self.key = self.key << 8 | letter.to_ascii_lowercase() as u64;
        self.len += 1;
    }

    const fn push_foreign(&mut self) {
        self.len = 8;
    }

    /// The key of the word that ends here, if there is one.
    const fn end(&mut self) -> Option<u64> {
        let Self { key, len } = std::mem::replace(self, Self { key: 0, len: 0 });
        match len {
            0 => None,
            1..=7 => Some(key),
            _ => Some(0),
        }
    }
}

/// Function words that no other language with Latin letters has as frequent words.
const FUNCTION_WORDS: [u64; 48] = keys([
    "the", "of", "and", "to", "that", "with", "from", "his", "their", "which", "have", "has", "this", "are",
    "were", "said", "by", "they", "would", "been", "who", "its", "had", "but", "after", "about", "when",
    "will", "it", "not", "be", "he", "she", "you", "could", "more", "than", "into", "there", "also", "other",
    "what", "our", "if", "these", "because", "your", "out",
]);

const fn keys<const N: usize>(words: [&str; N]) -> [u64; N] {
    let mut keys = [0; N];
    let mut at = 0;
    while at < N {
        let (letters, mut word, mut letter) = (words[at].as_bytes(), ShortWord { key: 0, len: 0 }, 0);
        while letter < letters.len() {
            word.push(letters[letter]);
            letter += 1;
        }
        keys[at] = word.key;
        at += 1;
    }
    keys
}

/// Whether a script alone tells the language.
fn is_telling(script: Script) -> bool {
    script.langs().len() == 1
}

/// ISO 639-1 where there is one, else 639-3, as BCP 47 has it.
fn tag(lang: Lang) -> &'static str {
    match lang {
        Lang::Afr => "af",
        Lang::Aka => "ak",
        Lang::Amh => "am",
        Lang::Ara => "ar",
        Lang::Aze => "az",
        Lang::Bel => "be",
        Lang::Ben => "bn",
        Lang::Bul => "bg",
        Lang::Cat => "ca",
        Lang::Ces => "cs",
        Lang::Cmn => "zh",
        Lang::Dan => "da",
        Lang::Deu => "de",
        Lang::Ell => "el",
        Lang::Eng => "en",
        Lang::Epo => "eo",
        Lang::Est => "et",
        Lang::Fin => "fi",
        Lang::Fra => "fr",
        Lang::Guj => "gu",
        Lang::Heb => "he",
        Lang::Hin => "hi",
        Lang::Hrv => "hr",
        Lang::Hun => "hu",
        Lang::Hye => "hy",
        Lang::Ind => "id",
        Lang::Ita => "it",
        Lang::Jav => "jv",
        Lang::Jpn => "ja",
        Lang::Kan => "kn",
        Lang::Kat => "ka",
        Lang::Khm => "km",
        Lang::Kor => "ko",
        Lang::Lat => "la",
        Lang::Lav => "lv",
        Lang::Lit => "lt",
        Lang::Mal => "ml",
        Lang::Mar => "mr",
        Lang::Mkd => "mk",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Nld => "nl",
        Lang::Nob => "nb",
        Lang::Ori => "or",
        Lang::Pan => "pa",
        Lang::Pes => "fa",
        Lang::Pol => "pl",
        Lang::Por => "pt",
        Lang::Ron => "ro",
        Lang::Rus => "ru",
        Lang::Sin => "si",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Sna => "sn",
        Lang::Spa => "es",
        Lang::Srp => "sr",
        Lang::Swe => "sv",
        Lang::Tam => "ta",
        Lang::Tel => "te",
        Lang::Tgl => "tl",
        Lang::Tha => "th",
        Lang::Tuk => "tk",
        Lang::Tur => "tr",
        Lang::Ukr => "uk",
        Lang::Urd => "ur",
        Lang::Uzb => "uz",
        Lang::Vie => "vi",
        Lang::Yid => "yi",
        Lang::Zul => "zu",
        Lang::Cym => "cy",
    }
}

fn script_code(script: Script) -> Option<&'static str> {
    Some(match script {
        Script::Arabic => "Arab",
        Script::Armenian => "Armn",
        Script::Bengali => "Beng",
        Script::Cyrillic => "Cyrl",
        Script::Devanagari => "Deva",
        Script::Ethiopic => "Ethi",
        Script::Georgian => "Geor",
        Script::Greek => "Grek",
        Script::Gujarati => "Gujr",
        Script::Gurmukhi => "Guru",
        Script::Hangul => "Kore",
        Script::Hebrew => "Hebr",
        Script::Hiragana | Script::Katakana => "Jpan",
        Script::Kannada => "Knda",
        Script::Khmer => "Khmr",
        Script::Latin => "Latn",
        Script::Malayalam => "Mlym",
        Script::Mandarin => "Hani",
        Script::Myanmar => "Mymr",
        Script::Oriya => "Orya",
        Script::Sinhala => "Sinh",
        Script::Tamil => "Taml",
        Script::Telugu => "Telu",
        Script::Thai => "Thai",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, tag: Option<&str>, script: Option<&str>) {
        let found = language(text);
        assert_eq!((found.tag, found.script), (tag, script), "{text}");
    }

    #[test]
    fn languages_and_scripts() {
        check(
            "The ferry which had been in the dock for a year will sail again, the harbour master said, and \
             the people of the islands were glad to hear that.",
            Some("en"),
            Some("Latn"),
        );
        check(
            "Die Fähre, die ein Jahr lang im Dock gelegen hat, fährt wieder, sagte der Hafenmeister, und die \
             Menschen auf den Inseln freuen sich darüber.",
            Some("de"),
            Some("Latn"),
        );
        check(
            "Паром, который целый год стоял в доке, снова выйдет в море, сообщил начальник порта жителям.",
            Some("ru"),
            Some("Cyrl"),
        );
        check(
            "فتح الميناء أبوابه من جديد بعد عام من الإصلاحات كما قال رئيس الميناء يوم الاثنين",
            Some("ar"),
            Some("Arab"),
        );
        check("フェリーは一年ぶりに運航を再開すると港湾局が発表した。", Some("ja"), Some("Jpan"));
        check("港务局星期一宣布渡轮一年后恢复通航，岛上居民表示欢迎。", Some("zh"), Some("Hani"));
        check("เรือข้ามฟากกลับมาให้บริการอีกครั้งหลังจากหยุดไปหนึ่งปี", Some("th"), Some("Thai"));
    }

    #[test]
    fn nothing_is_said_of_too_little() {
        check("", None, None);
        check("12.5 %, 2024", None, None);
        check("Ferry", None, Some("Latn"));
    }

    #[test]
    fn long_texts_are_sampled_at_character_boundaries() {
        let text = "Паром снова выйдет в море, сообщил начальник порта. ".repeat(200);
        check(&text, Some("ru"), Some("Cyrl"));
        check(&"é".repeat(5000), None, Some("Latn"));
    }
}
