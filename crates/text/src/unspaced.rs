//! Words of scripts that put no space between words: Han, kana, Thai, Lao, Khmer, Burmese.
//!
//! Runs of one script are cut by their own characters, without a dictionary: two neighbouring characters
//! have a fixed rank, and a word ends where the rank falls. Words so are two characters long in the mean,
//! about what words of these scripts are; the same characters are cut alike wherever they stand, and an
//! edit moves only the cuts next to it (content-defined chunking, Muthitacharoen et al. 2001, on pairs of
//! characters). A run of katakana is one word: a name or a loan word. Single characters as words found
//! more of heavily edited copies, but in Thai linked any two texts, and in Japanese two reports of one
//! earthquake.

use unicode_normalization::char::is_combining_mark;

/// Most characters of one word, marks on them aside.
const CHARS_MAX: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Thai,
    Lao,
    Burmese,
    Khmer,
    Hiragana,
    Katakana,
    Han,
}

fn script(c: char) -> Option<Script> {
    let script = match u32::from(c) {
        0x0e00..=0x0e7f => Script::Thai,
        0x0e80..=0x0eff => Script::Lao,
        0x1000..=0x109f => Script::Burmese,
        0x1780..=0x17ff => Script::Khmer,
        0x3040..=0x309f => Script::Hiragana,
        0x30a0..=0x30ff => Script::Katakana,
        0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff => Script::Han,
        _ => return None,
    };
    c.is_alphanumeric().then_some(script)
}

/// Whether `c` belongs to a script without spaces between words.
pub(crate) fn is_unspaced(c: char) -> bool {
    script(c).is_some()
}

/// Where the word ends that begins at `start` of `text` with a character that [`is_unspaced`].
pub(crate) fn word_end(text: &str, start: usize) -> usize {
    let mut chars = text[start..].chars();
    let Some((mut last, script_here)) = chars.next().and_then(|c| Some((c, script(c)?))) else {
        return start;
    };
    let of_script = |c: &char| script(*c) == Some(script_here);
    let mut end = end_of_marks(text, start + last.len_utf8());
    let before = text[..start].chars().rev().find(|&c| !is_combining_mark(c)).filter(of_script);
    let mut rank_before = before.map(|before| rank(before, last));
    for _ in 1..CHARS_MAX {
        let Some(next) = text[end..].chars().next().filter(of_script) else { break };
        let rank = rank(last, next);
        if script_here != Script::Katakana && rank_before.is_some_and(|before| rank < before) {
            break;
        }
        (rank_before, last) = (Some(rank), next);
        end = end_of_marks(text, end + next.len_utf8());
    }
    end
}

/// Where the marks end that follow a character ending at `end`.
pub(crate) fn end_of_marks(text: &str, mut end: usize) -> usize {
    while let Some(c) = text[end..].chars().next().filter(|&c| is_combining_mark(c)) {
        end += c.len_utf8();
    }
    end
}

/// The rank of two neighbouring characters: a mix of both by the multipliers of `SplitMix64` (Steele, Lea
/// and Flood, 2014). Part of the scheme of words: it must never change.
fn rank(one: char, next: char) -> u64 {
    let pair = u64::from(u32::from(one)) << 32 | u64::from(u32::from(next));
    let mixed = pair.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

#[cfg(test)]
mod tests {
    use crate::words;
    use proptest::prelude::*;

    fn parts(text: &str) -> Vec<&str> {
        words(text).spans.iter().map(|span| &text[span.start()..span.end()]).collect()
    }

    #[test]
    fn golden_words() {
        for (text, expect) in [
            ("港务局星期一宣布渡轮恢复通航", "港务|局|星期|一宣布|渡轮|恢|复|通|航"),
            (
                "フェリーは一年ぶりに運航を再開すると港湾局が発表した",
                "フェリー|は|一年|ぶりに|運航|を|再開|する|と|港湾|局|が|発表|した",
            ),
            (
                "เรือข้ามฟากกลับมาให้บริการอีกครั้ง",
                "เร\u{e37}อข\u{e49}|า|มฟา|กกล\u{e31}บม|า|ใ|ห\u{e49}บ|ร\u{e34}ก|าร|อ\u{e35}|ก|ค|ร\u{e31}\u{e49}ง",
            ),
            (
                "ເຮືອຂ້າມຟາກກັບມາໃຫ້ບໍລິການ",
                "ເຮ\u{eb7}|ອ|ຂ\u{ec9}າ|ມ|ຟາກ|ກ\u{eb1}ບມ|າໃຫ\u{ec9}|ບ\u{ecd}|ລ\u{eb4}ກາ|ນ",
            ),
            ("សាឡាងត្រឡប់មកវិញ", "សាឡាង|ត\u{17d2}|រឡប\u{17cb}|ម|ក|វ\u{17b7}ញ"),
            (
                "ကူးတို့သင်္ဘောပြန်လည်",
                "က\u{1030}းတ\u{102d}\u{102f}\u{1037}|သ|င\u{103a}\u{1039}ဘောပြန\u{103a}|လ|ည\u{103a}",
            ),
        ] {
            assert_eq!(parts(text).join("|"), expect);
        }
    }

    #[test]
    fn other_scripts_part_runs() {
        assert_eq!(parts("東2024年A型").join("|"), "東|2024|年|A|型");
        assert_eq!(parts("コンピューター、データ").join("|"), "コンピューター|データ");
    }

    #[test]
    fn an_edit_moves_only_the_cuts_beside_it() {
        let text = "这条航线连接大陆与三座离岛每天运送约两千名乘客去年九月的台风摧毁了码头的主体结构";
        let edited = text.replace("每天", "每日");
        let (before, after) = (parts(text), parts(&edited));
        let same_start = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
        let same_end = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
        assert!(same_start + same_end + 4 >= before.len(), "{before:?} {after:?}");
    }

    proptest! {
        /// Words lie side by side, none is empty, and what is around a run does not change them.
        #[test]
        fn words_cover_their_run(run in "[\u{4e00}-\u{4e40}\u{3042}-\u{3093}ก-ฮะาิีุูเแ็่้]{1,60}") {
            let cover = |text: &str| words(text).spans.iter().map(|span| span.end() - span.start()).sum::<usize>();
            let marks_first = run.chars().take_while(|&c| !super::is_unspaced(c)).map(char::len_utf8).sum::<usize>();
            prop_assert_eq!(cover(&run), run.len() - marks_first);
            let inside = format!("a {run} b");
            let found: Vec<u64> = words(&inside).hashes;
            let alone = words(&run).hashes;
            prop_assert_eq!(&found[1..found.len() - 1], alone.as_slice());
        }
    }
}
