//! Compressed files, whole, in pieces, damaged and hostile.

use std::io::{Cursor, Write};

use unecho_fetch::{Config, Limits};

use crate::{
    Folder, Repeated, brotli, bzip2, check, check_with, gzip, lz4, read_all, shown, source_of, xz, zstd,
};

const LINES: &[u8] = b"{\"text\":\"one\"}\n{\"text\":\"two\"}\n";

#[test]
fn compression_is_told_by_content() {
    for compress in [gzip, zstd, xz, bzip2, lz4] {
        let text = compress(b"a text");
        check("a.txt.gz", &text, &["a: a text"]);
        check("a.txt.zst", &text, &["a: a text"]);
        check("a.txt", &text, &["a: a text"]);
        check("a.html.gz", &text, &["a: <a text>"]);
        check("a.jsonl.gz", &compress(LINES), &["a:1:: one", "a:2:: two"]);
        check("a.json", &compress(LINES), &["a:1:: one", "a:2:: two"]);
        check("a.gz", &text, &["a: a text"]);
    }
    check("a.txt.gz", b"not compressed", &["a: not compressed"]);
}

#[test]
fn members_and_frames_are_joined() {
    for compress in [gzip, zstd, xz, bzip2, lz4] {
        let torn = [compress(&LINES[..20]), compress(b""), compress(&LINES[20..])].concat();
        check("a.jsonl.gz", &torn, &["a:1:: one", "a:2:: two"]);
        check("a.txt.gz", &[compress(b"a "), compress(b"text")].concat(), &["a: a text"]);
    }
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9][..], &zstd(b"a text")].concat();
    check("a.txt.zst", &skippable, &["a: a text"]);
}

#[test]
fn nothing_compressed_is_nothing() {
    for compress in [gzip, zstd, xz, bzip2, lz4] {
        check("a.txt", &compress(b""), &["! a empty: the file is empty"]);
        check("a.jsonl", &compress(b""), &["! a empty: the file has no line with content"]);
    }
}

#[test]
fn a_stream_cut_anywhere_is_damaged() {
    for (compress, name) in
        [(gzip as fn(&[u8]) -> Vec<u8>, "gzip"), (zstd, "zstd"), (xz, "xz"), (bzip2, "bzip2"), (lz4, "lz4")]
    {
        let whole = compress(b"a text that is not so short");
        for n_bytes in 6..whole.len() {
            let expect = format!("! a damaged: the {name} stream ends early");
            check("a.txt.gz", &whole[..n_bytes], &[&expect]);
        }
    }
}

#[test]
fn lines_before_the_damage_are_read_and_the_torn_one_is_not() {
    let first = "{\"text\":\"one\"}\n{\"text\":\"two\"}\n{\"te";
    let second = gzip(b"xt\":\"three\"}\n{\"text\":\"four\"}\n");
    let torn = [gzip(first.as_bytes()), second[..12].to_vec()].concat();
    check(
        "a.jsonl.gz",
        &torn,
        &["a:1:: one", "a:2:: two", "! a:3@3 damaged: the gzip stream ends early, after line 2 was read"],
    );
    let garbage = [gzip(LINES), b"some garbage".to_vec()].concat();
    check(
        "a.jsonl.gz",
        &garbage,
        &[
            "a:1:: one",
            "a:2:: two",
            "! a:3@3 damaged: the gzip stream is damaged: invalid gzip header, after line 2 was read",
        ],
    );
}

#[test]
fn a_flipped_bit_is_damage() {
    for (name, whole) in [("gzip", gzip(b"a text that is not so short")), ("zstd", checked_zstd())] {
        let mut flipped = whole.clone();
        let last = flipped.len() - 1;
        flipped[last - 4] ^= 1;
        let folder = Folder::with(&[("a.txt", &flipped)]);
        let config = Config::default();
        let (fetched, _) = read_all(source_of(&folder, "a.txt").open(&config), &config);
        let found: Vec<String> = fetched.iter().map(shown).collect();
        assert!(found[0].starts_with(&format!("! a damaged: the {name} stream is damaged")), "{found:?}");
    }
}

fn checked_zstd() -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(b"a text that is not so short").unwrap();
    encoder.finish().unwrap()
}

#[test]
fn bombs_are_stopped() {
    let limits = Limits { document_bytes_max: 1000, ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    for (compress, name) in
        [(gzip as fn(&[u8]) -> Vec<u8>, "gzip"), (zstd, "zstd"), (xz, "xz"), (bzip2, "bzip2"), (lz4, "lz4")]
    {
        let expect = format!(
            "! a decompression-limit: the {name} file decompresses to more than 1000 bytes (document_bytes_max)"
        );
        check_with(&config, "a.txt", &compress(&b"x".repeat(1001)), &[&expect]);
        check_with(&config, "a.txt", &compress(&b"x".repeat(1000)), &[&format!("a: {}", "x".repeat(1000))]);
    }
}

#[test]
fn lines_have_limits_on_size_and_ratio() {
    let bomb = zstd(&b"{\"text\":\"a\"}\n".repeat(3000));
    let reasons = |limits: Limits| {
        let folder = Folder::with(&[("a.jsonl", &bomb)]);
        let config = Config { limits, ..Config::default() };
        let (fetched, end) = read_all(source_of(&folder, "a.jsonl").open(&config), &config);
        assert!(end.digest.is_some());
        shown(fetched.last().unwrap())
    };
    let ratio = reasons(Limits { ratio_free_bytes: 100, decompression_ratio_max: 50, ..Limits::default() });
    assert!(ratio.contains(" decompression-limit: ") && ratio.contains("50 times"), "{ratio}");
    let size = reasons(Limits { decompressed_bytes_max: 10_000, ..Limits::default() });
    assert!(size.contains("decompresses to more than 10000 bytes (decompressed_bytes_max)"), "{size}");
    assert_eq!(reasons(Limits::default()), "a:3000:: a");
}

#[test]
fn a_bomb_of_gigabytes_costs_no_memory() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    let fill = Repeated {
        head: Cursor::new(b"{\"text\":\"".to_vec()),
        fill: b'x',
        fill_bytes: 1 << 30,
        tail: Cursor::new(b"\"}".to_vec()),
    };
    std::io::copy(&mut { fill }, &mut encoder).unwrap();
    let bomb = encoder.finish().unwrap();
    let folder = Folder::with(&[("a.txt", &bomb), ("a.jsonl", &bomb)]);
    let config = Config::default();
    for name in ["a.txt", "a.jsonl"] {
        let (fetched, end) = read_all(source_of(&folder, name).open(&config), &config);
        let found: Vec<String> = fetched.iter().map(shown).collect();
        assert!(found[0].contains(" decompression-limit: "), "{found:?}");
        assert_eq!(end.digest, Some(unecho_model::Digest::of(&bomb)));
    }
}

#[test]
fn a_zstd_window_beyond_reason_is_refused() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(28).unwrap();
    encoder.write_all(b"small").unwrap();
    // Not knowing the size, the encoder announces the whole window.
    encoder.flush().unwrap();
    let content = encoder.finish().unwrap();
    check(
        "a.txt.zst",
        &content,
        &["! a decompression-limit: the zstd stream needs a window of more than 128 MiB"],
    );
}

#[test]
fn a_compressed_archive_is_no_text() {
    check(
        "a.txt.gz",
        &gzip(&gzip(b"a text")),
        &["! a binary: looks like a gzip file inside a compressed file"],
    );
    check(
        "a.txt.gz",
        &xz(&zstd(b"a text")),
        &["! a binary: looks like a zstd file inside a compressed file"],
    );
}

#[test]
fn brotli_is_told_by_its_name() {
    let brotli = brotli(b"a text");
    check("a.txt.br", &brotli, &["a: a text"]);
    check("a.html.br", &brotli, &["a: <a text>"]);
    check("a.txt.br", &brotli[..brotli.len() - 2], &["! a damaged: the brotli stream ends early"]);
    check("a.txt.br", &gzip(b"a text"), &["a: a text"]);
}

#[test]
fn xz_that_asks_for_too_much_memory_is_refused() {
    // `xz -9` with a dictionary of 1.5 GiB: LZMA2's property byte says so.
    let options = liblzma::stream::LzmaOptions::new_preset(0).unwrap();
    let mut filters = liblzma::stream::Filters::new();
    filters.lzma2(&options);
    let stream = liblzma::stream::Stream::new_stream_encoder(&filters, liblzma::stream::Check::None).unwrap();
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(b"a text").unwrap();
    let mut file = encoder.finish().unwrap();
    // Stream header: 12 bytes; block header: size, flags, filter id, size of properties, property.
    file[12 + 4] = 39;
    let header_bytes = (usize::from(file[12]) + 1) * 4;
    let sum = flate2_crc(&file[12..12 + header_bytes - 4]);
    file[12 + header_bytes - 4..12 + header_bytes].copy_from_slice(&sum.to_le_bytes());
    check("a.txt.xz", &file, &["! a decompression-limit: the xz stream needs more than 128 MiB of memory"]);
}

fn flate2_crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
