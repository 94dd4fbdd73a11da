//! How reading behaves towards every kind of input, good and bad: one suite through the public
//! interface only. What is expected is written as one line per document or rejection:
//! `id: text` for plain text, `id: <html>` for pages, `id:: text` for decoded text,
//! `! id@line reason: detail` for rejections.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod compressed;
mod containers;
mod json_lines;
mod locators;
mod properties;
mod suite;
mod tables;
mod whole_files;

use std::fs;
use std::io::{Cursor, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use unecho_fetch::{Config, Fetched, Limits, ReadEnd, Reader, Source, Sources, resolve};
use unecho_model::Payload;

/// A folder that is gone when the test is over.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn with(files: &[(&str, &[u8])]) -> Self {
        let folder = Self::new();
        for (path, content) in files {
            folder.write(path, content);
        }
        folder
    }

    fn write(&self, path: &str, content: &[u8]) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// The path of something in the folder, as a user would name it.
    fn locator(&self, path: &str) -> String {
        format!("{}/{path}", self.root())
    }

    fn root(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    fn resolve(&self, inputs: &[&str]) -> Sources {
        let inputs: Vec<String> = inputs.iter().map(|input| self.locator(input)).collect();
        resolve(&inputs, &Config::default()).unwrap()
    }

    /// `path` without the place of the folder.
    fn short<'a>(&self, path: &'a str) -> &'a str {
        path.strip_prefix(self.root()).map_or(path, |path| path.trim_start_matches('/'))
    }
}

/// A configuration in which every batch is tiny, so that each seam between batches shows.
fn tiny() -> Config {
    let limits = Limits { batch_bytes: 7, batch_lines_max: 2, ..Limits::default() };
    Config { limits, ..Config::default() }
}

fn read_all(reader: Reader, config: &Config) -> (Vec<Fetched>, ReadEnd) {
    let mut fetched = Vec::new();
    let end = reader.read(&mut |batch, _| {
        fetched.extend(batch.parse(config));
        ControlFlow::Continue(())
    });
    (fetched, end)
}

fn shown(fetched: &Fetched) -> String {
    match fetched {
        Fetched::Document(document) => {
            let id = &document.id;
            match &document.payload {
                Payload::PlainBytes(bytes) => format!("{id}: {}", bytes.escape_ascii()),
                Payload::HtmlBytes(bytes) => format!("{id}: <{}>", bytes.escape_ascii()),
                Payload::Text(text) => format!("{id}:: {text}"),
            }
        }
        Fetched::Rejected(rejected) => {
            let line = rejected.origin.line.map_or_else(String::new, |line| format!("@{line}"));
            format!("! {}{line} {}: {}", rejected.id, rejected.reason, rejected.detail)
        }
    }
}

/// The one source of a file named by itself.
fn source_of(folder: &Folder, name: &str) -> Source {
    let sources = folder.resolve(&[name]);
    assert_eq!(sources.rejected, [], "{name}");
    sources.sources.into_iter().next().unwrap()
}

/// Reads a file of this name and content under `config`.
#[track_caller]
fn check_with(config: &Config, name: &str, content: &[u8], expect: &[&str]) {
    let folder = Folder::with(&[(name, content)]);
    let (fetched, end) = read_all(source_of(&folder, name).open(config), config);
    let found: Vec<String> = fetched.iter().map(shown).collect();
    assert_eq!(found, expect, "{name}");
    assert_eq!(end.digest, Some(unecho_model::Digest::of(content)), "{name}: digest of the whole file");
    assert_eq!(end.bytes, content.len() as u64, "{name}: read to its end");
}

/// Reads a file of this name and content with the default configuration and with tiny batches.
#[track_caller]
fn check(name: &str, content: &[u8], expect: &[&str]) {
    check_with(&Config::default(), name, content, expect);
    check_with(&tiny(), name, content, expect);
}

/// Reads `content` as standard input.
#[track_caller]
fn check_standard_input(content: &[u8], expect: &[&str]) {
    let config = Config::default();
    let sources = resolve(&["-".to_owned(), "-".to_owned()], &config).unwrap();
    let [source] = sources.sources.as_slice() else { panic!("one source") };
    assert!(source.is_standard_input());
    let reader = source.open_with(Box::new(Cursor::new(content.to_vec())), &config);
    let (fetched, end) = read_all(reader, &config);
    assert_eq!(fetched.iter().map(shown).collect::<Vec<_>>(), expect);
    assert_eq!(end.digest, Some(unecho_model::Digest::of(content)));
    for fetched in &fetched {
        let origin = match fetched {
            Fetched::Document(document) => &document.origin,
            Fetched::Rejected(rejected) => &rejected.origin,
        };
        assert_eq!(origin.path, "-");
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zstd(content: &[u8]) -> Vec<u8> {
    zstd::encode_all(content, 3).unwrap()
}

fn xz(content: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 6);
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(content: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn brotli(content: &[u8]) -> Vec<u8> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
    encoder.write_all(content).unwrap();
    encoder.into_inner()
}

fn lz4(content: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Bytes made up as they are read: content far larger than memory should ever hold.
struct Repeated {
    head: Cursor<Vec<u8>>,
    fill: u8,
    fill_bytes: u64,
    tail: Cursor<Vec<u8>>,
}

impl Read for Repeated {
    fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
        let n_bytes = self.head.read(target)?;
        if n_bytes > 0 {
            return Ok(n_bytes);
        }
        let n_bytes = usize::try_from(self.fill_bytes).unwrap().min(target.len());
        if n_bytes > 0 {
            target[..n_bytes].fill(self.fill);
            self.fill_bytes -= n_bytes as u64;
            return Ok(n_bytes);
        }
        self.tail.read(target)
    }
}

fn paths_of(folder: &Folder, sources: &Sources) -> Vec<String> {
    sources.sources.iter().map(|source| folder.short(source.path()).to_owned()).collect()
}

fn ids_of(sources: &Sources) -> Vec<String> {
    let config = Config::default();
    let fetched = sources.sources.iter().flat_map(|source| read_all(source.open(&config), &config).0);
    fetched
        .map(|fetched| match fetched {
            Fetched::Document(document) => document.id.to_string(),
            Fetched::Rejected(rejected) => format!("! {}", rejected.id),
        })
        .collect()
}

#[cfg(unix)]
fn link(target: impl AsRef<Path>, at: impl AsRef<Path>) {
    std::os::unix::fs::symlink(target, at).unwrap();
}

#[test]
fn readers_and_batches_go_between_threads() {
    fn is_send<T: Send>() {}
    is_send::<unecho_fetch::Batch>();
    is_send::<Source>();
}
