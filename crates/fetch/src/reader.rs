//! Reads one source in sequence and cuts it into batches. Only hashing, decompression and the
//! search for ends of lines and records happen here; what they say is `batch`'s.

mod lines;
mod whole;

pub(crate) use lines::Lines;
pub(crate) use whole::{begins_with_object, json_shape, read_whole};

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use unecho_model::{Digest, RejectReason};

use crate::content::{self, Piece};
use crate::decode::{Budget, Compression, Decoder};
use crate::format::Format;
use crate::input::Input;
use crate::label::{Label, Refusal};
use crate::out::Out;
use crate::seekable::Seekable;
use crate::stream::Stream;
use crate::warc::{Answer, Record};
use crate::web::{ArchivePlace, read_record};
use crate::{Batch, Config};

/// A source that was opened.
pub struct Reader {
    label: Arc<Label>,
    format: Format,
    compression: Compression,
    content: Content,
    config: Config,
}

enum Content {
    /// Nothing can be read.
    Refused(Refusal),
    /// Bytes in sequence, and how many, where that is known.
    Pipe(Box<dyn Read + Send>, Option<u64>),
    /// A regular file, which can be read anywhere.
    File(Seekable),
    /// One record of an archive.
    Record(Box<Record>),
}

/// What is known of a source when its reading has ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadEnd {
    /// Bytes of the source that were read, before decompression.
    pub bytes: u64,
    /// blake3 of all bytes of the source, before decompression. A file is read to its end for this
    /// even when its content was rejected. `None` for a source that could not be read to its end:
    /// missing, failing, an endless pipe, or left because the reader was told to stop.
    pub digest: Option<Digest>,
    /// Records and members of containers that are no documents, by kind, such as `warc request`.
    pub skipped: BTreeMap<String, u64>,
}

impl Reader {
    pub(crate) fn of_pipe(
        label: &Arc<Label>,
        (format, compression): (Format, Compression),
        content: Box<dyn Read + Send>,
        size_bytes: Option<u64>,
        config: &Config,
    ) -> Self {
        let content = Content::Pipe(content, size_bytes);
        Self { label: Arc::clone(label), format, compression, content, config: config.clone() }
    }

    pub(crate) fn of_file(
        label: &Arc<Label>,
        (format, compression): (Format, Compression),
        file: File,
        config: &Config,
    ) -> Self {
        let content =
            Seekable::new(file).map_or_else(|error| Content::Refused(Refusal::of_io(&error)), Content::File);
        Self { label: Arc::clone(label), format, compression, content, config: config.clone() }
    }

    /// Reads one record of an archive of fetched pages.
    pub(crate) fn of_record(
        label: &Arc<Label>,
        archive: &Path,
        place: ArchivePlace,
        config: &Config,
    ) -> Self {
        let limits = &config.limits;
        let bytes_max = (limits.document_bytes_max + 2 * limits.record_header_bytes_max) as u64;
        match read_record(archive, place, bytes_max) {
            Ok((head, block)) => {
                let content = Content::Record(Box::new(Record { number: None, head, block }));
                let (format, compression) = (Format::Warc, Compression::None);
                Self { label: Arc::clone(label), format, compression, content, config: config.clone() }
            }
            Err(error) => Self::refused(label, Refusal::of_io(&error), config),
        }
    }

    pub(crate) fn refused(label: &Arc<Label>, refusal: Refusal, config: &Config) -> Self {
        Self {
            label: Arc::clone(label),
            format: Format::Told,
            compression: Compression::None,
            content: Content::Refused(refusal),
            config: config.clone(),
        }
    }

    /// The path of the source.
    #[must_use]
    pub fn path(&self) -> &str {
        self.label.path()
    }

    /// Reads the source and hands its pieces to `sink` one after another, each with the bytes of the
    /// source that were consumed so far (before decompression: for progress against
    /// [`Source::size_bytes`](crate::Source::size_bytes)). A sink that breaks ends the reading.
    ///
    /// Memory is bounded by `batch_bytes` and `line_bytes_max` for rows and records, by
    /// `document_bytes_max` for a file that is read as a whole, by one row group at a time for tables
    /// in columns, and by the windows of the decompressors.
    pub fn read(self, sink: &mut dyn FnMut(Batch, u64) -> ControlFlow<()>) -> ReadEnd {
        let Self { label, format, compression, content, config } = self;
        let (inner, file, size_bytes): (Box<dyn Read>, _, _) = match content {
            Content::Refused(refusal) => {
                // Whether the sink wants more does not matter: there is none.
                let _ = sink(Batch::rejected(&label, label.reject(None, refusal, &[], 0)), 0);
                return ReadEnd::default();
            }
            Content::Record(record) => return read_one(&label, *record, sink),
            Content::Pipe(content, size_bytes) => (content, None, size_bytes),
            Content::File(file) => (Box::new(file.clone()), Some(file.clone()), Some(file.size_bytes())),
        };
        let input = Input::new(inner, size_bytes);
        let consumed = input.consumed();
        let budget = Budget::new(config.limits, input.consumed());
        let mut out = Out::new(sink, consumed, budget.clone(), &config);
        let decoder = match Decoder::new(input, compression, budget) {
            Ok(decoder) => decoder,
            Err(refusal) => {
                let _ = out.refuse(&label, refusal, &[], 0);
                return ReadEnd::default();
            }
        };
        let file = file.filter(|_| decoder.compression().is_none());
        let mut stream = Stream::new(decoder);
        let piece = Piece { label: &label, format, depth: 0, size_bytes, file };
        let flow = content::read(&mut stream, &piece, &mut out);
        let drain_bytes_max = if flow.is_continue() { size_bytes.unwrap_or(0) } else { 0 };
        let (bytes, digest) = stream.into_input().finish(drain_bytes_max);
        if let Some(size_bytes) = size_bytes.filter(|&size| digest.is_some() && bytes < size) {
            let detail = format!(
                "the file became shorter while it was read: {bytes} of {size_bytes} bytes were there"
            );
            // Whether the sink wants more does not matter: there is none.
            let _ = out.refuse(&label, Refusal::new(RejectReason::Unreadable, detail), &[], 0);
        }
        ReadEnd { bytes, digest, skipped: out.into_skipped() }
    }
}

/// A source that is one fetched page: its bytes are the body as it came.
fn read_one(
    label: &Arc<Label>,
    record: Record,
    sink: &mut dyn FnMut(Batch, u64) -> ControlFlow<()>,
) -> ReadEnd {
    let body_at = Answer::parse(&record.block).map_or(0, |answer| answer.body_at);
    let body = &record.block[body_at..];
    let end = ReadEnd { bytes: body.len() as u64, digest: Some(Digest::of(body)), skipped: BTreeMap::new() };
    // Whether the sink wants more does not matter: there is none.
    let _ = sink(Batch::records(label, vec![record]), end.bytes);
    end
}
