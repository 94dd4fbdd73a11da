//! Bytes to characters: byte order marks, UTF-8, and for pages the declared or guessed charset.
//!
//! Plain text is UTF-8 unless a byte order mark says UTF-16: guessing a legacy charset from a few
//! lines of plain text is wrong too often to be silent. Pages declare their charset or have enough
//! markup to guess it well (chardetng).

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use unecho_model::RejectReason;

/// How far into a page a charset declaration is looked for, in bytes (the HTML standard says 1024;
/// real pages put it later).
const DECLARATION_BYTES_MAX: usize = 4096;

/// Why bytes gave no text: reason and particulars.
pub(crate) type Undecodable = (RejectReason, String);

/// The characters of a plain text file.
///
/// `transport` is the charset that came with the text: it counts when the bytes are no UTF-8.
pub(crate) fn decode_plain<'a>(
    bytes: &'a [u8],
    transport: Option<&str>,
) -> Result<Cow<'a, str>, Undecodable> {
    if let Some((encoding, mark_bytes)) = Encoding::for_bom(bytes) {
        let (text, malformed) = encoding.decode_without_bom_handling(&bytes[mark_bytes..]);
        if malformed {
            let detail = format!("the byte order mark says {}, the bytes do not", encoding.name());
            return Err((RejectReason::InvalidEncoding, detail));
        }
        return Ok(text);
    }
    if let Some(kind) = binary_kind(bytes) {
        return Err((RejectReason::Binary, format!("the bytes begin like {kind}")));
    }
    if let Some(at) = memchr::memchr(0, bytes) {
        return Err((RejectReason::NulBytes, format!("a NUL byte at offset {at}")));
    }
    std::str::from_utf8(bytes).map(Cow::Borrowed).or_else(|error| match legacy_encoding(transport) {
        Some(encoding) => Ok(encoding.decode_without_bom_handling(bytes).0),
        None => Err((RejectReason::InvalidEncoding, format!("not UTF-8 at offset {}", error.valid_up_to()))),
    })
}

/// The charset that a transport named, where it is one that text without NUL may be in, and not UTF-8.
fn legacy_encoding(transport: Option<&str>) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(transport?.as_bytes())?;
    (encoding.is_ascii_compatible() && encoding != UTF_8).then_some(encoding)
}

/// The characters of a page. Malformed sequences become U+FFFD, as in browsers.
///
/// `transport` is the charset that came with the page, as HTTP's `Content-Type` has it: it counts
/// when the bytes are no UTF-8, before what the page declares (as in the HTML standard).
pub(crate) fn decode_html<'a>(bytes: &'a [u8], transport: Option<&str>) -> Result<Cow<'a, str>, Undecodable> {
    if let Some((encoding, mark_bytes)) = Encoding::for_bom(bytes) {
        return Ok(encoding.decode_without_bom_handling(&bytes[mark_bytes..]).0);
    }
    if let Some(kind) = binary_kind(bytes) {
        return Err((RejectReason::Binary, format!("the bytes begin like {kind}")));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    let declared = legacy_encoding(transport).or_else(|| declared_encoding(bytes));
    let encoding = declared.filter(|&encoding| encoding != UTF_8).unwrap_or_else(|| guessed_encoding(bytes));
    Ok(encoding.decode_without_bom_handling(bytes).0)
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

    fn check_plain(bytes: &[u8], expect: Result<&str, RejectReason>) {
        let found = decode_plain(bytes, None).map_err(|(reason, _)| reason);
        assert_eq!(found.as_deref().map_err(|&reason| reason), expect);
    }

    #[test]
    fn plain_text_is_utf8_or_says_otherwise() {
        check_plain(b"plain", Ok("plain"));
        check_plain(b"\xef\xbb\xbfmarked", Ok("marked"));
        check_plain(b"\xff\xfeh\0i\0", Ok("hi"));
        check_plain(b"\xfe\xff\0h\0i", Ok("hi"));
        check_plain(b"caf\xe9", Err(RejectReason::InvalidEncoding));
        check_plain(b"a\0b", Err(RejectReason::NulBytes));
        check_plain(b"%PDF-1.7 etc", Err(RejectReason::Binary));
    }

    #[test]
    fn pages_say_or_show_their_charset() {
        let declared = b"<html><head><meta charset=\"iso-8859-2\"></head><body>\xb1</body>";
        assert!(decode_html(declared, None).unwrap().contains('ą'));
        let http_equiv = b"<meta http-equiv=x content='text/html; charset=windows-1251'>\xcc\xe8\xf0";
        assert!(decode_html(http_equiv, None).unwrap().contains("Мир"));
        let lying = b"<meta charset=utf-16>caf\xc3\xa9";
        assert!(decode_html(lying, None).unwrap().contains("café"));
        let undeclared = "<p>Жители города вышли на площадь, сообщает агентство</p>";
        let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(undeclared);
        assert_eq!(decode_html(&bytes, None).unwrap(), undeclared);
    }
    #[test]
    fn what_the_transport_says_counts_before_the_page_and_after_utf8() {
        let page = b"<meta charset=iso-8859-1>\xcc\xe8\xf0";
        assert!(decode_html(page, Some("windows-1251")).unwrap().ends_with("Мир"));
        assert_eq!(decode_html("Mir é".as_bytes(), Some("windows-1251")).unwrap(), "Mir é");
        assert!(decode_html(page, Some("utf-8")).unwrap().ends_with("Ìèð"));
        assert_eq!(decode_plain(b"caf\xe9", Some("ISO-8859-1")).unwrap(), "café");
        assert!(decode_plain(b"caf\xe9", Some("no such charset")).is_err());
    }
}
