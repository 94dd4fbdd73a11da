//! Everything that was ever fetched, as one WARC file with a gzip member a record. It is all the
//! memory there is between runs: what servers said about versions, where each page lies, and whether
//! the last run came to its end. A torn end, left by a kill, is cut off.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::Utc;
use flate2::bufread::GzDecoder;
use unecho_model::Digest;

use super::client::Validators;
use crate::input::Input;
use crate::warc::{Answer, RecordHead, RecordWriter, WrittenRecord, parse_head, sha1_of};

/// Bytes of a record that are looked at when an archive is opened: its header and that of HTTP.
const HEAD_BYTES: u64 = 128 * 1024;
/// What begins and ends a run, in the block of a `warcinfo` record.
const RUN_BEGINS: &str = "unecho-run-begins: ";
const RUN_ENDS: &str = "unecho-run-ends: ";

/// An open archive.
pub(super) struct Archive {
    path: PathBuf,
    writer: RecordWriter<File>,
    end_bytes: u64,
    /// The last answer of each address.
    known: HashMap<String, Known>,
    /// The last good one, which an error does not make forgotten.
    good: HashMap<String, Known>,
    /// The run that was begun and not ended.
    open_run: Option<String>,
}

/// What is kept of one address.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    /// Where the record with the last good answer lies.
    pub(super) place: Place,
    pub(super) status: u16,
    pub(super) validators: Validators,
    pub(super) payload_digest: String,
    date: String,
    /// How long the server asked to be left alone.
    pub(super) retry_after: Option<Duration>,
    /// Whether it was asked for in the run that is open.
    pub(super) fresh: Freshness,
}

/// When an address was last asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    Earlier,
    ThisRun,
}

/// One gzip member of the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) at: u64,
    pub(crate) bytes: u64,
}

impl Archive {
    /// Opens the archive at `path`, or begins one. `run` names what is to be fetched: a run of that
    /// name that was not ended is gone on with.
    pub(super) fn open(path: &Path, run: &str) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        file.try_lock().map_err(|_| io::Error::other("another run writes to it"))?;
        let mut archive = Self {
            path: path.to_owned(),
            writer: RecordWriter::new(file),
            end_bytes: 0,
            known: HashMap::new(),
            good: HashMap::new(),
            open_run: None,
        };
        archive.scan()?;
        if archive.open_run.as_deref() != Some(run) {
            archive.known.values_mut().for_each(|known| known.fresh = Freshness::Earlier);
            archive.mark(RUN_BEGINS, run)?;
        }
        Ok(archive)
    }

    /// The last good answer of an address.
    pub(super) fn good(&self, url: &str) -> Option<&Known> {
        self.good.get(url)
    }

    /// The last answer of an address.
    pub(super) fn known(&self, url: &str) -> Option<&Known> {
        self.known.get(url)
    }

    /// Keeps an answer. One with the payload of the last is kept as a reference to it.
    pub(super) fn keep(
        &mut self,
        url: &str,
        block: &[u8],
        retry_after: Option<Duration>,
    ) -> io::Result<Known> {
        let answer = Answer::parse(block).unwrap_or_default();
        let payload_digest = sha1_of(&block[answer.body_at.min(block.len())..]);
        let before =
            self.good.get(url).filter(|good| answer.status == 200 && good.payload_digest == payload_digest);
        if let Some(before) = before.cloned() {
            let header = &block[..answer.body_at];
            let profile = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest";
            self.write_revisit(url, header, &before, profile)?;
            let validators = Validators { etag: answer.etag, last_modified: answer.last_modified };
            return Ok(self.remember(url, Known { validators, fresh: Freshness::ThisRun, ..before }));
        }
        let date = now();
        let fields = vec![
            ("WARC-Target-URI", url.to_owned()),
            ("WARC-Date", date.clone()),
            ("WARC-Record-ID", record_id(url, &date, &payload_digest)),
            ("WARC-Payload-Digest", payload_digest.clone()),
            ("Content-Type", "application/http; msgtype=response".to_owned()),
        ];
        let place = self.append(&WrittenRecord { kind: "response", fields, block })?;
        let validators = Validators { etag: answer.etag, last_modified: answer.last_modified };
        let status = answer.status;
        let known =
            Known { place, status, validators, payload_digest, date, retry_after, fresh: Freshness::ThisRun };
        Ok(self.remember(url, known))
    }

    /// Keeps that an address has not changed.
    pub(super) fn keep_unchanged(&mut self, url: &str, block: &[u8]) -> io::Result<Option<Known>> {
        let Some(before) = self.good.get(url).cloned() else { return Ok(None) };
        let profile = "http://netpreserve.org/warc/1.1/revisit/server-not-modified";
        self.write_revisit(url, block, &before, profile)?;
        Ok(Some(self.remember(url, Known { fresh: Freshness::ThisRun, ..before })))
    }

    /// The content of a record that is kept: the HTTP answer with its body.
    pub(super) fn block_of(&self, place: Place) -> io::Result<Vec<u8>> {
        read_record(&self.path, place, u64::MAX).map(|(_, block)| block)
    }

    /// Ends the run.
    pub(super) fn end_run(&mut self, run: &str) -> io::Result<()> {
        self.mark(RUN_ENDS, run)?;
        self.writer.get_mut().sync_all()
    }

    fn remember(&mut self, url: &str, known: Known) -> Known {
        if known.status == 200 {
            self.good.insert(url.to_owned(), known.clone());
        }
        self.known.insert(url.to_owned(), known.clone());
        known
    }

    fn write_revisit(&mut self, url: &str, block: &[u8], of: &Known, profile: &str) -> io::Result<()> {
        let date = now();
        let fields = vec![
            ("WARC-Target-URI", url.to_owned()),
            ("WARC-Date", date.clone()),
            ("WARC-Record-ID", record_id(url, &date, "revisit")),
            ("WARC-Profile", profile.to_owned()),
            ("WARC-Refers-To-Target-URI", url.to_owned()),
            ("WARC-Refers-To-Date", of.date.clone()),
            ("WARC-Payload-Digest", of.payload_digest.clone()),
            ("Content-Type", "application/http; msgtype=response".to_owned()),
        ];
        self.append(&WrittenRecord { kind: "revisit", fields, block }).map(|_| ())
    }

    fn mark(&mut self, what: &str, run: &str) -> io::Result<()> {
        let block = format!(
            "software: unecho/{}\r\nformat: WARC File Format 1.1\r\n{what}{run}\r\n",
            env!("CARGO_PKG_VERSION")
        );
        let date = now();
        let fields = vec![
            ("WARC-Date", date.clone()),
            ("WARC-Record-ID", record_id(what, &date, run)),
            ("Content-Type", "application/warc-fields".to_owned()),
        ];
        self.append(&WrittenRecord { kind: "warcinfo", fields, block: block.as_bytes() }).map(|_| ())
    }

    fn append(&mut self, record: &WrittenRecord<'_>) -> io::Result<Place> {
        let bytes = self.writer.write(record)?;
        self.writer.get_mut().flush()?;
        let place = Place { at: self.end_bytes, bytes };
        self.end_bytes += bytes;
        Ok(place)
    }

    /// Reads what is there, and cuts off what is torn.
    fn scan(&mut self) -> io::Result<()> {
        let mut file = File::open(&self.path)?;
        let size_bytes = file.metadata()?.len();
        file.seek(SeekFrom::Start(0))?;
        let mut input = Input::new(Box::new(file), Some(size_bytes));
        let consumed = input.consumed();
        loop {
            let at = consumed.get();
            if input.peek(1)?.is_empty() {
                break;
            }
            let mut head = Vec::new();
            let mut member = GzDecoder::new(&mut input);
            let whole = (&mut member)
                .take(HEAD_BYTES)
                .read_to_end(&mut head)
                .and_then(|_| io::copy(&mut member, &mut io::sink()));
            match whole {
                Ok(_) if at == 0 && !is_ours(&head) => {
                    return Err(io::Error::other("it is there and was not written by unecho fetch"));
                }
                Ok(_) => self.note(&head, Place { at, bytes: consumed.get() - at }),
                Err(error) if at == 0 && head.is_empty() => {
                    return Err(io::Error::other(format!("it is no compressed WARC file: {error}")));
                }
                Err(_) if has_record_behind(&self.path, at)? => {
                    return Err(io::Error::other(format!("it is damaged at byte {at}, with records behind")));
                }
                Err(_) => {
                    self.writer.get_mut().set_len(at)?;
                    break;
                }
            }
            self.end_bytes = consumed.get();
        }
        Ok(())
    }

    fn note(&mut self, bytes: &[u8], place: Place) {
        let Some((head, block_at)) = parse_head(bytes) else { return };
        let block = &bytes[block_at..];
        match head.kind_name.as_str() {
            "warcinfo" => self.note_run(&String::from_utf8_lossy(block)),
            "response" => self.note_response(&head, block, place),
            "revisit" => {
                let url = head.url.unwrap_or_default();
                if let Some(good) = self.good.get(&url).cloned() {
                    self.remember(&url, Known { fresh: Freshness::ThisRun, ..good });
                }
            }
            _ => {}
        }
    }

    fn note_run(&mut self, block: &str) {
        for line in block.lines() {
            if let Some(run) = line.strip_prefix(RUN_BEGINS) {
                self.open_run = Some(run.to_owned());
                self.known.values_mut().for_each(|known| known.fresh = Freshness::Earlier);
            } else if line.starts_with(RUN_ENDS) {
                self.open_run = None;
            }
        }
    }

    fn note_response(&mut self, head: &RecordHead, block: &[u8], place: Place) {
        let (Some(url), Some(answer)) = (head.url.clone(), Answer::parse(block)) else { return };
        let known = Known {
            place,
            status: answer.status,
            validators: Validators { etag: answer.etag, last_modified: answer.last_modified },
            payload_digest: head.payload_digest.clone().unwrap_or_default(),
            date: head.date.clone().unwrap_or_default(),
            retry_after: None,
            fresh: Freshness::ThisRun,
        };
        self.remember(&url, known);
    }
}

/// Whether an archive that begins with this record is one to go on with.
fn is_ours(first: &[u8]) -> bool {
    parse_head(first).is_some_and(|(head, block_at)| {
        head.kind_name == "warcinfo" && String::from_utf8_lossy(&first[block_at..]).contains(RUN_BEGINS)
    })
}

/// Whether a whole record begins somewhere behind `at`: then what is torn there is not the end, and
/// cutting it off would lose what is behind.
fn has_record_behind(path: &Path, at: u64) -> io::Result<bool> {
    /// A torn end is a part of one record; nothing longer is searched.
    const TAIL_BYTES_MAX: u64 = 64 << 20;
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(at + 1))?;
    let mut tail = Vec::new();
    file.take(TAIL_BYTES_MAX).read_to_end(&mut tail)?;
    Ok(memchr::memmem::find_iter(&tail, b"\x1f\x8b\x08").any(|start| {
        let mut begin = [0; 5];
        GzDecoder::new(&tail[start..]).read_exact(&mut begin).is_ok() && &begin == b"WARC/"
    }))
}

/// One record of an archive: its header, and its block of at most `bytes_max` bytes.
pub(crate) fn read_record(path: &Path, place: Place, bytes_max: u64) -> io::Result<(RecordHead, Vec<u8>)> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(place.at))?;
    let member = io::BufReader::new(file.take(place.bytes));
    let mut bytes = Vec::new();
    GzDecoder::new(member).take(bytes_max).read_to_end(&mut bytes)?;
    let damaged = || io::Error::from(io::ErrorKind::InvalidData);
    let (head, block_at) = parse_head(&bytes).ok_or_else(damaged)?;
    let length = head.content_bytes.and_then(|length| usize::try_from(length).ok()).ok_or_else(damaged)?;
    let end = block_at.checked_add(length).filter(|&end| end <= bytes.len()).ok_or_else(damaged)?;
    bytes.truncate(end);
    Ok((head, bytes.split_off(block_at)))
}

fn now() -> String {
    Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A name for a record, in the form of a UUID: made of what is in it.
fn record_id(url: &str, date: &str, digest: &str) -> String {
    let hex = Digest::of(format!("{url}\n{date}\n{digest}").as_bytes()).to_string();
    format!("<urn:uuid:{}-{}-{}-{}-{}>", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32])
}
