//! Bytes to characters: byte order marks, UTF-8, and else the declared or guessed charset.
//!
//! Pages declare their charset or have enough markup to guess it well (chardetng). Plain text declares
//! nothing: a guess is followed only when what it gives reads like text, words of one script without
//! control characters; anything else is rejected rather than taken in garbled.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use unecho_model::RejectReason;

use crate::lines;

/// How far into a page a charset declaration is looked for, in bytes (the HTML standard says 1024;
/// real pages put it later).
const DECLARATION_BYTES_MAX: usize = 4096;

/// Why bytes gave no text: reason and particulars.
pub(crate) type Undecodable = (RejectReason, String);

/// Text, and the character set that it was in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decoded<'b> {
    pub(crate) text: Cow<'b, str>,
    /// Name in the Encoding standard; `None` for UTF-8.
    pub(crate) charset: Option<&'static str>,
}

impl<'b> Decoded<'b> {
    fn new(text: Cow<'b, str>, encoding: &'static Encoding) -> Self {
        Self { text, charset: (encoding != UTF_8).then(|| encoding.name()) }
    }
}

/// The characters of a plain text file.
///
/// `transport` is the charset that came with the text: it counts when the bytes are no UTF-8.
pub(crate) fn decode_plain<'b>(bytes: &'b [u8], transport: Option<&str>) -> Result<Decoded<'b>, Undecodable> {
    if let Some((encoding, mark_bytes)) = Encoding::for_bom(bytes) {
        let (text, malformed) = encoding.decode_without_bom_handling(&bytes[mark_bytes..]);
        if malformed {
            let detail = format!("the byte order mark says {}, the bytes do not", encoding.name());
            return Err((RejectReason::InvalidEncoding, detail));
        }
        return Ok(Decoded::new(text, encoding));
    }
    if let Some(kind) = binary_kind(bytes) {
        return Err((RejectReason::Binary, format!("the bytes begin like {kind}")));
    }
    if let Some(at) = memchr::memchr(0, bytes) {
        return Err((RejectReason::NulBytes, format!("a NUL byte at offset {at}")));
    }
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(Decoded::new(Cow::Borrowed(text), UTF_8)),
        Err(error) => error,
    };
    let named = legacy_encoding(transport)
        .map(|encoding| Decoded::new(encoding.decode_without_bom_handling(bytes).0, encoding));
    named.or_else(|| legacy(bytes)).ok_or_else(|| {
        let at = error.valid_up_to();
        (RejectReason::InvalidEncoding, format!("not UTF-8 at offset {at}, and no other charset fits"))
    })
}

/// The charset that a transport named, where it is one that text without NUL may be in, and not UTF-8.
fn legacy_encoding(transport: Option<&str>) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(transport?.as_bytes())?;
    (encoding.is_ascii_compatible() && encoding != UTF_8).then_some(encoding)
}

/// Plain text in a charset older than UTF-8, when it reads like text in the one guessed.
fn legacy(bytes: &[u8]) -> Option<Decoded<'_>> {
    if mostly_utf8(bytes) {
        return None;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let encoding = detector.guess(None, Utf8Detection::Deny);
    let (text, malformed) = encoding.decode_without_bom_handling(bytes);
    (!malformed && reads_like_text(&text)).then(|| Decoded::new(text, encoding))
}

/// Whether `text` looks like words: no control characters, and what is not ASCII is letters inside
/// words, all of one script and in the order of cases that writing has, or punctuation.
fn reads_like_text(text: &str) -> bool {
    let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}');
    if text.contains(is_control) {
        return false;
    }
    let (mut right, mut wrong) = (0_usize, 0_usize);
    for word in text.split_whitespace() {
        let core = word.trim_matches(|c: char| !c.is_alphanumeric());
        let letters = core.chars().filter(|c| c.is_alphabetic()).count();
        let mut before: Option<char> = None;
        for c in core.chars() {
            let follows = before.is_some_and(|before| {
                let mixed = before.is_ascii_alphabetic() && !is_latin(c)
                    || c.is_ascii_alphabetic() && !is_latin(before);
                mixed && before.is_alphabetic() && c.is_alphabetic()
                    || before.is_lowercase() && c.is_uppercase()
            });
            if !c.is_ascii() || before.is_some_and(|before| !before.is_ascii()) {
                // A word of one letter says nothing: "à" is one in French, a stray byte is one, too.
                let is_telling = letters >= 2 || lines::is_unspaced(c);
                right += usize::from(is_telling && !follows);
                wrong += usize::from(follows);
            }
            before = Some(c);
        }
        let around = word.chars().filter(|&c| !c.is_ascii() && !c.is_alphanumeric());
        wrong += around.filter(|&c| !is_punctuation(c)).count();
    }
    right > 0 && wrong * 20 <= right
}

/// Whether `c` may stand beside the letters of Latin script.
fn is_latin(c: char) -> bool {
    !c.is_alphabetic() || u32::from(c) < 0x250
}

/// Punctuation that legacy charsets have beyond ASCII.
fn is_punctuation(c: char) -> bool {
    matches!(
        c,
        '\u{a0}'
            | '¡'
            | '¿'
            | '«'
            | '»'
            | '§'
            | '©'
            | '®'
            | '°'
            | '·'
            | '£'
            | '€'
            | '²'
            | '³'
            | '½'
            | '№'
            | '™'
    ) || matches!(u32::from(c), 0x2010..=0x203a | 0x3000..=0x303f | 0xff00..=0xff65)
}

/// The characters of a page. Malformed sequences become U+FFFD, as in browsers.
///
/// `transport` is the charset that came with the page, as HTTP's `Content-Type` has it: it counts
/// when the bytes are no UTF-8, before what the page declares (as in the HTML standard).
pub(crate) fn decode_html<'b>(bytes: &'b [u8], transport: Option<&str>) -> Result<Decoded<'b>, Undecodable> {
    if let Some((encoding, mark_bytes)) = Encoding::for_bom(bytes) {
        return Ok(Decoded::new(encoding.decode_without_bom_handling(&bytes[mark_bytes..]).0, encoding));
    }
    if let Some(kind) = binary_kind(bytes) {
        return Err((RejectReason::Binary, format!("the bytes begin like {kind}")));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Decoded::new(Cow::Borrowed(text), UTF_8));
    }
    let declared = legacy_encoding(transport).or_else(|| declared_encoding(bytes));
    let encoding = declared.filter(|&encoding| encoding != UTF_8).unwrap_or_else(|| guessed_encoding(bytes));
    Ok(Decoded::new(encoding.decode_without_bom_handling(bytes).0, encoding))
}

/// The charset that a `<meta>` tag near the beginning names.
fn declared_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(DECLARATION_BYTES_MAX)];
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let mut rest = head.as_str();
    while let Some(at) = rest.find("charset") {
        rest = &rest[at + "charset".len()..];
        let Some(value) = rest.trim_start().strip_prefix('=') else { continue };
        let value = value.trim_start().trim_start_matches(['"', '\'']);
        let end = value.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:.".contains(c)));
        let label = &value[..end.unwrap_or(value.len())];
        if let Some(encoding) = Encoding::for_label(label.as_bytes()) {
            // A page that was read as ASCII up to here cannot be UTF-16, whatever it says.
            return Some(if encoding.is_ascii_compatible() { encoding } else { UTF_8 });
        }
    }
    None
}

fn guessed_encoding(bytes: &[u8]) -> &'static Encoding {
    if mostly_utf8(bytes) {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Allow);
    if guess.is_ascii_compatible() { guess } else { WINDOWS_1252 }
}

/// Whether at most one in a hundred non-ASCII characters is malformed as UTF-8: a page in UTF-8
/// with a few cut sequences.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut malformed, mut other) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        malformed += usize::from(!chunk.invalid().is_empty());
        other += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
    }
    malformed * 100 <= other
}

/// Beginnings of files that are no text.
fn binary_kind(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 12] = [
        (b"%PDF-", "a PDF"),
        (b"\x89PNG\r\n", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"GIF87a", "a GIF image"),
        (b"GIF89a", "a GIF image"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\x7fELF", "a program"),
        (b"SQLite format 3\0", "an SQLite file"),
        (b"\xd0\xcf\x11\xe0", "an OLE document"),
        (b"7z\xbc\xaf", "a 7z archive"),
    ];
    MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|&(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_plain(bytes: &[u8], expect: Result<(&str, Option<&str>), RejectReason>) {
        let found = decode_plain(bytes, None);
        let found = found.as_ref().map(|found| (found.text.as_ref(), found.charset));
        assert_eq!(found.map_err(|(reason, _)| *reason), expect);
    }

    fn check_legacy(text: &str, encoding: &'static Encoding) {
        let (bytes, _, unmappable) = encoding.encode(text);
        assert!(!unmappable);
        check_plain(&bytes, Ok((text, Some(encoding.name()))));
    }

    #[test]
    fn plain_text_is_utf8_or_says_otherwise() {
        check_plain(b"plain", Ok(("plain", None)));
        check_plain(b"\xef\xbb\xbfmarked", Ok(("marked", None)));
        check_plain(b"\xff\xfeh\0i\0", Ok(("hi", Some("UTF-16LE"))));
        check_plain(b"\xfe\xff\0h\0i", Ok(("hi", Some("UTF-16BE"))));
        check_plain(b"a\0b", Err(RejectReason::NulBytes));
        check_plain(b"%PDF-1.7 etc", Err(RejectReason::Binary));
    }

    #[test]
    fn plain_text_in_a_legacy_charset_is_read_when_it_reads_like_text() {
        check_legacy("Le bac était à l’arrêt depuis un an, a déclaré le maître du port.", WINDOWS_1252);
        check_legacy("Die Fähre fährt nächste Woche wieder, sagte der Präsident.", WINDOWS_1252);
        check_legacy("Жители города вышли на площадь, сообщает агентство.", encoding_rs::WINDOWS_1251);
        check_legacy("フェリーは一年ぶりに運航を再開すると港湾局が発表した。", encoding_rs::SHIFT_JIS);
        check_legacy("港务局星期一宣布渡轮一年后恢复通航，岛上居民表示欢迎。", encoding_rs::GBK);
    }

    #[test]
    fn bytes_that_read_like_nothing_are_rejected() {
        for bytes in [
            &b"caf\xc3\xa9 d\xc3\xa9j\xc3\xa0 vu l\xc3\xa0-bas \xe9"[..],
            b"x\x81\x8d\x8f\x90\x9d",
            b"\x01\x02\xff\xfd\x10",
            b"a \xe9 b \xfc c",
            b"m\xb1\xb2\xb3 \xd7\xf7\xd7 q\xac\xbf\xaa",
        ] {
            check_plain(bytes, Err(RejectReason::InvalidEncoding));
        }
    }

    #[test]
    fn pages_say_or_show_their_charset() {
        let check = |bytes: &[u8], part: &str, charset: Option<&str>| {
            let found = decode_html(bytes, None).unwrap();
            assert!(found.text.contains(part), "{}", found.text);
            assert_eq!(found.charset, charset);
        };
        let declared = b"<html><head><meta charset=\"iso-8859-2\"></head><body>\xb1</body>";
        check(declared, "ą", Some("ISO-8859-2"));
        let http_equiv = b"<meta http-equiv=x content='text/html; charset=windows-1251'>\xcc\xe8\xf0";
        check(http_equiv, "Мир", Some("windows-1251"));
        check(b"<meta charset=utf-16>caf\xc3\xa9", "café", None);
        let undeclared = "<p>Жители города вышли на площадь, сообщает агентство</p>";
        let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(undeclared);
        check(&bytes, undeclared, Some("windows-1251"));
    }

    #[test]
    fn what_the_transport_says_counts_before_the_page_and_after_utf8() {
        let page = b"<meta charset=iso-8859-1>\xcc\xe8\xf0";
        let html = |bytes: &[u8], transport| decode_html(bytes, Some(transport)).unwrap().text.into_owned();
        assert!(html(page, "windows-1251").ends_with("Мир"));
        assert_eq!(html("Mir é".as_bytes(), "windows-1251"), "Mir é");
        assert!(html(page, "utf-8").ends_with("Ìèð"));
        assert_eq!(decode_plain(b"a \xe9 b", Some("ISO-8859-1")).unwrap().text, "a é b");
        assert!(decode_plain(b"a \xe9 b", Some("no such charset")).is_err());
    }
}
