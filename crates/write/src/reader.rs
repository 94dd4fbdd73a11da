//! Record files, read back: their records, or their number and digest.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde::Serialize;
use serde::de::DeserializeOwned;
use unecho_model::Digest;
use unecho_model::record::{
    DroppedRecord, EarlierRecord, KeptRecord, LinkRecord, RejectedRecord, StrippedRecord,
};

use crate::columns::ColumnReader;
use crate::format::{Compression, Format};
use crate::record_kind::RecordKind;
use crate::{Error, ErrorKind};

/// The records of one file, in order. Ends after the first error: what follows would be guesses.
pub(crate) struct RecordReader<T> {
    path: PathBuf,
    state: State<T>,
}

enum State<T> {
    Lines(io::Split<Lines>),
    Columns(ColumnReader, VecDeque<T>),
    Failed(Error),
    Ended,
}

/// The lines of a file, decompressed.
type Lines = BufReader<Box<dyn Read>>;

impl<T: DeserializeOwned> RecordReader<T> {
    /// Opens the file; that it cannot be opened is its first record.
    pub(crate) fn open(path: PathBuf, format: Format) -> Self {
        let opened = match format {
            Format::Jsonl(compression) => {
                open_lines(&path, compression).map(|l| State::Lines(l.split(b'\n')))
            }
            Format::Parquet => File::open(&path)
                .and_then(ColumnReader::open)
                .map(|reader| State::Columns(reader, VecDeque::new())),
        };
        let state = opened.unwrap_or_else(|error| State::Failed(Error::reading(&path, error)));
        Self { path, state }
    }

    fn read(&mut self) -> Option<Result<T, Error>> {
        match &mut self.state {
            State::Ended => None,
            State::Failed(_) => match std::mem::replace(&mut self.state, State::Ended) {
                State::Failed(error) => Some(Err(error)),
                _ => None,
            },
            State::Lines(lines) => {
                let line = lines.next()?.map_err(|e| Error::reading(&self.path, e));
                Some(
                    line.and_then(|line| {
                        serde_json::from_slice(&line).map_err(|e| no_record(&self.path, &e))
                    }),
                )
            }
            State::Columns(reader, waiting) => {
                while waiting.is_empty() {
                    match reader.next_batch()? {
                        Ok(records) => waiting.extend(records),
                        Err(error) => return Some(Err(no_record(&self.path, &error))),
                    }
                }
                waiting.pop_front().map(Ok)
            }
        }
    }
}

impl<T: DeserializeOwned> Iterator for RecordReader<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Result<T, Error>> {
        let read = self.read();
        if !matches!(read, Some(Ok(_))) {
            self.state = State::Ended;
        }
        read
    }
}

fn no_record(path: &Path, error: &dyn std::error::Error) -> Error {
    Error::new(ErrorKind::Damaged, path, format!("holds something that is no record: {error}"))
}

fn open_lines(path: &Path, compression: Compression) -> io::Result<Lines> {
    let file = File::open(path)?;
    let plain: Box<dyn Read> = match compression {
        Compression::Plain => Box::new(file),
        Compression::Gzip => Box::new(MultiGzDecoder::new(BufReader::new(file))),
        Compression::Zstd => Box::new(zstd::Decoder::new(file)?),
    };
    Ok(BufReader::with_capacity(1 << 18, plain))
}

/// Reads a record file to its end: how many records it holds, and the digest of them as lines of
/// JSON, which does not depend on the format.
pub(crate) fn count_records(path: &Path, kind: RecordKind, format: Format) -> Result<(u64, Digest), Error> {
    match (format, kind) {
        (Format::Jsonl(compression), _) => {
            count_lines(path, compression).map_err(|e| Error::reading(path, e))
        }
        (Format::Parquet, RecordKind::Kept) => count_rows::<KeptRecord>(path),
        (Format::Parquet, RecordKind::Dropped) => count_rows::<DroppedRecord>(path),
        (Format::Parquet, RecordKind::Earlier) => count_rows::<EarlierRecord>(path),
        (Format::Parquet, RecordKind::Rejected) => count_rows::<RejectedRecord>(path),
        (Format::Parquet, RecordKind::Links) => count_rows::<LinkRecord>(path),
        (Format::Parquet, RecordKind::Stripped) => count_rows::<StrippedRecord>(path),
    }
}

/// Reads a file of lines that are values of JSON, of whatever kind: how many, and the digest of all lines.
pub(crate) fn count_values(path: &Path, compression: Compression) -> Result<(u64, Digest), Error> {
    let lines = open_lines(path, compression).map_err(|e| Error::reading(path, e))?;
    let (mut digest, mut count) = (blake3::Hasher::new(), 0);
    for line in lines.split(b'\n') {
        let mut line = line.map_err(|e| Error::reading(path, e))?;
        serde_json::from_slice::<serde::de::IgnoredAny>(&line).map_err(|e| no_record(path, &e))?;
        line.push(b'\n');
        digest.update(&line);
        count += 1;
    }
    Ok((count, Digest::from(*digest.finalize().as_bytes())))
}

fn count_lines(path: &Path, compression: Compression) -> io::Result<(u64, Digest)> {
    let mut lines = open_lines(path, compression)?;
    let (mut digest, mut count) = (blake3::Hasher::new(), 0);
    loop {
        let read = lines.fill_buf()?;
        if read.is_empty() {
            return Ok((count, Digest::from(*digest.finalize().as_bytes())));
        }
        digest.update(read);
        count += read.iter().filter(|&&byte| byte == b'\n').count() as u64;
        let read = read.len();
        lines.consume(read);
    }
}

fn count_rows<T: Serialize + DeserializeOwned>(path: &Path) -> Result<(u64, Digest), Error> {
    let (mut digest, mut count, mut line) = (blake3::Hasher::new(), 0, Vec::new());
    for record in RecordReader::<T>::open(path.to_owned(), Format::Parquet) {
        line.clear();
        serde_json::to_writer(&mut line, &record?).map_err(|e| no_record(path, &e))?;
        line.push(b'\n');
        digest.update(&line);
        count += 1;
    }
    Ok((count, Digest::from(*digest.finalize().as_bytes())))
}
