//! Whether bytes are text at all, told by their content. In which character set they are is left
//! to the next stage.

use std::borrow::Cow;

use memchr::memchr;
use unecho_model::RejectReason;

use crate::decode::is_compressed;
use crate::format::Format;
use crate::label::Refusal;
use crate::stream::UTF8_BOM;

/// How much of the beginning is looked at for control characters.
pub(crate) const HEAD_BYTES: usize = 8 * 1024;
/// Text has none of the counted control characters; random bytes have 25 in 256.
const CONTROLS_PER_HUNDRED_MAX: usize = 5;

/// Files known by their first bytes, which no text has.
const MAGIC: [(&[u8], &str); 18] = [
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"%PDF-", "a PDF file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x7fELF", "an ELF program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\0asm", "a WebAssembly program"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office file"),
    (b"\xfd7zXZ\0", "an xz file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"ARROW1\0\0", "an Arrow file"),
    (b"\x04\x22\x4d\x18", "an LZ4 file"),
    (b"Obj\x01", "an Avro file"),
];

/// First bytes that a text could have too: something in the head must not be text.
const PRINTABLE_MAGIC: [(&[u8], &str); 7] = [
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"BZh", "a bzip2 file"),
    (b"PAR1", "a Parquet file"),
    (b"RIFF", "a WebP image or WAVE sound"),
    (b"OggS", "an Ogg sound or film"),
    (b"ID3", "an MP3 sound"),
];

/// A byte order mark that decides how the rest is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WideEncoding {
    Utf16LittleEndian,
    Utf16BigEndian,
    Utf32,
}

/// The container that a piece is, whatever its name, told by a mark that no text has.
pub(crate) fn container(head: &[u8]) -> Option<Format> {
    /// Where a tar header says that it is one (POSIX and GNU).
    const TAR_MARK: std::ops::Range<usize> = 257..262;
    match head {
        [b'W', b'A', b'R', b'C', b'/', b'0' | b'1', b'.', b'0'..=b'9', rest @ ..]
            if rest.starts_with(b"\r\n") || rest.starts_with(b"\n") || rest.is_empty() =>
        {
            Some(Format::Warc)
        }
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Format::Zip),
        [b'A', b'R', b'R', b'O', b'W', b'1', 0, 0, ..] => Some(Format::Arrow),
        [b'P', b'A', b'R', b'1', ..] if !is_printable(head) => Some(Format::Parquet),
        _ if head.get(TAR_MARK).is_some_and(|mark| mark == b"ustar") => Some(Format::Tar),
        _ => None,
    }
}

/// Why `bytes`, the whole of a one-document file, is not taken in; `None` when it may be text.
pub(crate) fn refuse_document(bytes: &[u8]) -> Option<Refusal> {
    if is_blank(bytes) {
        let detail = if bytes.is_empty() { "the file is empty" } else { "the file is all white space" };
        return Some(Refusal::new(RejectReason::Empty, detail));
    }
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    if let Some(kind) = binary_kind(head) {
        return Some(Refusal::new(RejectReason::Binary, format!("looks like {kind}")));
    }
    match wide_encoding(head) {
        Some(WideEncoding::Utf32) => {
            return Some(Refusal::new(RejectReason::InvalidEncoding, "UTF-32 is not read"));
        }
        Some(WideEncoding::Utf16LittleEndian | WideEncoding::Utf16BigEndian) => return None,
        None => {}
    }
    if let Some(refusal) = refuse_controls(head) {
        return Some(refusal);
    }
    memchr(0, bytes).map(|at| {
        let hint = if looks_like_utf16(head) { ": perhaps UTF-16 without byte order mark" } else { "" };
        Refusal::new(RejectReason::NulBytes, format!("NUL at byte {}{hint}", at + 1))
    })
}

/// Why a file of JSON lines that begins with `head` is not even split into lines.
pub(crate) fn refuse_lines(head: &[u8]) -> Option<Refusal> {
    if let Some(kind) = binary_kind(head) {
        return Some(Refusal::new(RejectReason::Binary, format!("looks like {kind}")));
    }
    if wide_encoding(head).is_some() || looks_like_utf16(head) && head.starts_with(b"{") {
        let detail = "looks like UTF-16 or UTF-32: JSON must be UTF-8";
        return Some(Refusal::new(RejectReason::InvalidEncoding, detail));
    }
    // A torn first line may be anything; one line that begins like an object makes it JSON lines.
    let has_object = head.split(|&byte| byte == b'\n').any(|line| line.trim_ascii_start().starts_with(b"{"));
    if has_object { None } else { refuse_controls(head) }
}

fn binary_kind(head: &[u8]) -> Option<Cow<'static, str>> {
    if let Some(name) = is_compressed(head) {
        return Some(format!("a {name} file inside a compressed file").into());
    }
    let starts = |magics: &[(&[u8], &'static str)]| {
        magics.iter().find(|(magic, _)| head.starts_with(magic)).map(|&(_, kind)| kind)
    };
    let is_media = head.get(4..8) == Some(b"ftyp") && head[0] == 0;
    starts(&MAGIC)
        .or_else(|| starts(&PRINTABLE_MAGIC).filter(|_| !is_printable(head)))
        .or_else(|| is_media.then_some("a film"))
        .map(Cow::Borrowed)
}

fn is_printable(head: &[u8]) -> bool {
    head.iter().all(|&byte| byte < 0x7f && !is_control(byte) && byte != 0)
}

/// Control characters that text has no use for. Spared: white space, backspace (overstriking),
/// escape (ISO-2022-JP, terminal colours), and NUL, which has a rule of its own.
///
/// Written without branches, so that a loop over it becomes vector instructions.
fn is_control(byte: u8) -> bool {
    let is_within = |first: u8, last: u8| byte.wrapping_sub(first) <= last - first;
    is_within(0x01, 0x07) | is_within(0x0e, 0x1a) | is_within(0x1c, 0x1f) | (byte == 0x7f)
}

fn count_controls(bytes: &[u8]) -> usize {
    // As many bytes at a time as a count of one byte can hold.
    let count = |part: &[u8]| part.iter().map(|&byte| u8::from(is_control(byte))).sum::<u8>();
    bytes.chunks(usize::from(u8::MAX)).map(|part| usize::from(count(part))).sum()
}

fn refuse_controls(head: &[u8]) -> Option<Refusal> {
    let n_controls = count_controls(head);
    (n_controls * 100 > head.len() * CONTROLS_PER_HUNDRED_MAX).then(|| {
        let detail = format!("{n_controls} of the first {} bytes are control characters", head.len());
        Refusal::new(RejectReason::Binary, detail)
    })
}

fn wide_encoding(head: &[u8]) -> Option<WideEncoding> {
    match head {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some(WideEncoding::Utf32),
        [0xff, 0xfe, ..] => Some(WideEncoding::Utf16LittleEndian),
        [0xfe, 0xff, ..] => Some(WideEncoding::Utf16BigEndian),
        _ => None,
    }
}

/// Whether every other byte of the beginning is NUL, as with western text in UTF-16.
fn looks_like_utf16(head: &[u8]) -> bool {
    let (pairs, _) = head.as_chunks::<2>();
    !pairs.is_empty() && pairs.iter().take(64).all(|pair| (pair[0] == 0) != (pair[1] == 0))
}

/// Whether there is no text at all: nothing, or white space in UTF-8 or, with byte order mark, UTF-16.
fn is_blank(bytes: &[u8]) -> bool {
    let units = |of: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes[2..].as_chunks::<2>();
        let is_space = |unit: u16| char::from_u32(u32::from(unit)).is_some_and(char::is_whitespace);
        rest.is_empty() && pairs.iter().all(|&pair| is_space(of(pair)))
    };
    match wide_encoding(bytes) {
        Some(WideEncoding::Utf16LittleEndian) => return units(u16::from_le_bytes),
        Some(WideEncoding::Utf16BigEndian) => return units(u16::from_be_bytes),
        Some(WideEncoding::Utf32) | None => {}
    }
    let rest = bytes.strip_prefix(UTF8_BOM).unwrap_or(bytes).trim_ascii_start();
    match rest.first() {
        None => true,
        // Vertical tab is white space to Unicode and not to ASCII.
        Some(&first) if first.is_ascii() && first != 0x0b => false,
        Some(_) => rest
            .utf8_chunks()
            .all(|chunk| chunk.invalid().is_empty() && chunk.valid().chars().all(char::is_whitespace)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expect: Option<RejectReason>) {
        assert_eq!(refuse_document(bytes).map(|refusal| refusal.reason), expect, "{bytes:?}");
    }

    fn check_lines(head: &[u8], expect: Option<RejectReason>) {
        assert_eq!(refuse_lines(head).map(|refusal| refusal.reason), expect, "{head:?}");
    }

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn text_in_any_character_set_passes() {
        check(b"plain", None);
        check("Grüße\u{2028}".as_bytes(), None);
        check(b"caf\xe9 in windows-1252 \x93quoted\x94", None);
        check(b"\x1b$B%K%e!<%9\x1b(B in ISO-2022-JP", None);
        check(&[&[0xff, 0xfe][..], &utf16("wide")].concat(), None);
        check(b"GIF89a is the name of a format", None);
        check(b"N\x08NA\x08AM\x08ME\x08E of a manual page", None);
    }

    #[test]
    fn nothing_and_white_space_are_empty() {
        let empty = Some(RejectReason::Empty);
        check(b"", empty);
        check(b" \r\n\t\x0c\x0b ", empty);
        check(UTF8_BOM, empty);
        check("\u{feff} \u{a0}\u{3000}\n".as_bytes(), empty);
        check(&[0xff, 0xfe], empty);
        check(&[&[0xff, 0xfe][..], &utf16(" \n\u{3000}")].concat(), empty);
        check(b"\xa0\xa0", None);
    }

    #[test]
    fn known_files_and_noise_are_binary() {
        let binary = Some(RejectReason::Binary);
        check(b"\x89PNG\r\n\x1a\n", binary);
        check(b"%PDF-1.7\n", binary);
        check(b"PK\x03\x04rest", binary);
        check(b"GIF89a\x01\0\x01\0", binary);
        check(b"\0\0\0\x18ftypmp42", binary);
        check(b"ab\x01\x02\x03cd", binary);
        let noise: Vec<u8> = (0..=255).cycle().take(9000).collect();
        check(&noise, binary);
    }

    #[test]
    fn nul_bytes_in_text_are_named() {
        let nul = Some(RejectReason::NulBytes);
        check(b"before\0after", nul);
        check(&[b"x".repeat(20_000), vec![0]].concat(), nul);
        check(&[0; 100], nul);
        check(&utf16("wide without mark"), nul);
        assert!(refuse_document(&utf16("wide")).unwrap().detail.contains("UTF-16"));
        check(&[0xff, 0xfe, 0, 0, b'a', 0, 0, 0], Some(RejectReason::InvalidEncoding));
    }

    #[test]
    fn lines_are_refused_as_a_whole_only_when_no_line_can_be_good() {
        check_lines(b"{\"text\":\"a\"}\n", None);
        check_lines(b"\x01\x02\x03\x04\n{\"text\":\"a\"}\n", None);
        check_lines(b"not json\n", None);
        check_lines(b"\x89PNG\n{", Some(RejectReason::Binary));
        check_lines(b"\x01\x02\x03\x04\n\x05", Some(RejectReason::Binary));
        check_lines(&utf16("{\"text\":1}"), Some(RejectReason::InvalidEncoding));
        check_lines(&[0; 50], None);
    }
}
