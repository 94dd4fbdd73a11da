//! Reads one source in sequence and cuts it into batches. Only hashing, decompression and the
//! search for newlines happen here; what lines and files say is `batch`'s.

mod lines;

use std::io::Read;
use std::mem;
use std::sync::Arc;

use unecho_model::{Digest, RejectReason};

use crate::decode::Decoder;
use crate::format::Format;
use crate::input::Input;
use crate::json_file::{self, AtHand, Shape};
use crate::label::{Label, Refusal};
use crate::sniff;
use crate::stream::{Stream, StreamEnd};
use crate::{Batch, Config, Limits};
use lines::Lines;

/// A source being read.
pub struct Reader {
    label: Arc<Label>,
    limits: Limits,
    phase: Phase,
    /// Size of a regular file: how much may be read only to know the digest.
    size_bytes: Option<u64>,
    bytes_read: u64,
    digest: Option<Digest>,
}

enum Phase {
    /// Nothing was read.
    Opened(Input, Format),
    /// Nothing can be read.
    Refused(Refusal),
    /// In the middle of JSON lines.
    Lines(Box<Lines>),
    /// Everything there is to say was said.
    Spent(Box<Stream>),
    /// The digest is known, or never will be.
    Done,
}

impl Reader {
    pub(crate) fn new(
        label: &Arc<Label>,
        format: Format,
        content: Box<dyn Read + Send>,
        size_bytes: Option<u64>,
        config: &Config,
    ) -> Self {
        let phase = Phase::Opened(Input::new(content, size_bytes), format);
        let limits = config.limits;
        Self { label: Arc::clone(label), limits, phase, size_bytes, bytes_read: 0, digest: None }
    }

    pub(crate) fn refused(label: &Arc<Label>, refusal: Refusal, config: &Config) -> Self {
        let phase = Phase::Refused(refusal);
        let limits = config.limits;
        Self { label: Arc::clone(label), limits, phase, size_bytes: None, bytes_read: 0, digest: None }
    }

    /// The path of the source.
    #[must_use]
    pub fn path(&self) -> &str {
        self.label.path()
    }

    /// The next piece of the source; `None` at its end, when [`Reader::digest`] is known.
    ///
    /// Memory is bounded by `batch_bytes` and `line_bytes_max` for JSON lines, by
    /// `document_bytes_max` for a file that is read as a whole, and by the windows of the
    /// decompressors.
    pub fn next_batch(&mut self) -> Option<Batch> {
        loop {
            let (phase, batch) = match mem::replace(&mut self.phase, Phase::Done) {
                Phase::Opened(input, format) => self.start(input, format),
                Phase::Refused(refusal) => (Phase::Done, Some(self.refuse(refusal, &[], 0))),
                Phase::Lines(mut lines) => match lines.next_batch(&self.label, &self.limits) {
                    Some(batch) => (Phase::Lines(lines), Some(batch)),
                    None => (Phase::Spent(Box::new(lines.into_stream())), None),
                },
                Phase::Spent(stream) => {
                    let drain_bytes_max = self.size_bytes.unwrap_or(0);
                    (self.bytes_read, self.digest) = stream.into_input().finish(drain_bytes_max);
                    return None;
                }
                Phase::Done => return None,
            };
            self.phase = phase;
            if batch.is_some() {
                return batch;
            }
        }
    }

    /// Bytes of the source consumed so far, before decompression: for progress against
    /// [`Source::size_bytes`](crate::Source::size_bytes).
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        match &self.phase {
            Phase::Opened(input, _) => input.bytes_consumed(),
            Phase::Lines(lines) => lines.stream().decoder().input().bytes_consumed(),
            Phase::Spent(stream) => stream.decoder().input().bytes_consumed(),
            Phase::Refused(_) | Phase::Done => self.bytes_read,
        }
    }

    /// blake3 of all bytes of the source, before decompression, once [`Reader::next_batch`] has
    /// returned `None`. A file is read to its end for this even when its content was rejected.
    ///
    /// `None` for a source that could not be read to its end: missing, failing, or an endless pipe.
    #[must_use]
    pub const fn digest(&self) -> Option<Digest> {
        self.digest
    }

    fn refuse(&self, refusal: Refusal, content: &[u8], bytes: u64) -> Batch {
        Batch::rejected(&self.label, self.label.reject(None, refusal, content, bytes))
    }

    /// Looks at the beginning and decides how to go on.
    fn start(&mut self, input: Input, format: Format) -> (Phase, Option<Batch>) {
        let decoder = match Decoder::new(input, self.limits) {
            Ok(decoder) => decoder,
            Err(refusal) => return (Phase::Refused(refusal), None),
        };
        let mut stream = Stream::new(decoder);
        match format {
            Format::PlainText | Format::Html => self.whole(stream, format),
            Format::JsonLines => self.lines(stream),
            Format::Json => match self.json_shape(&mut stream) {
                Shape::Lines => self.lines(stream),
                Shape::Whole => self.whole(stream, Format::Json),
            },
            Format::Told => {
                if self.begins_with_object(&mut stream) {
                    self.lines(stream)
                } else {
                    self.whole(stream, Format::PlainText)
                }
            }
        }
    }

    /// A source that is JSON lines.
    fn lines(&self, mut stream: Stream) -> (Phase, Option<Batch>) {
        stream.skip_bom();
        stream.fill_to(sniff::HEAD_BYTES);
        let head = &stream.pending()[..stream.pending().len().min(sniff::HEAD_BYTES)];
        match sniff::refuse_lines(head) {
            Some(refusal) => {
                let batch = self.refuse(refusal, head, head.len() as u64);
                (Phase::Spent(Box::new(stream)), Some(batch))
            }
            None => (Phase::Lines(Box::new(Lines::new(stream))), None),
        }
    }

    /// A source that is read as a whole.
    fn whole(&self, mut stream: Stream, format: Format) -> (Phase, Option<Batch>) {
        let bytes_max = self.limits.document_bytes_max;
        stream.fill_to(bytes_max.saturating_add(1));
        let n_bytes = stream.pending().len();
        let refusal = match stream.end() {
            StreamEnd::Broken(refusal) => Some(refusal.clone()),
            StreamEnd::Open | StreamEnd::Complete if n_bytes > bytes_max => {
                Some(self.file_too_large(&stream))
            }
            StreamEnd::Open | StreamEnd::Complete => None,
        };
        let batch = match refusal {
            Some(refusal) => self.refuse(refusal, stream.pending(), n_bytes as u64),
            None => Batch::file(&self.label, stream.take_all(), format),
        };
        (Phase::Spent(Box::new(stream)), Some(batch))
    }

    fn file_too_large(&self, stream: &Stream) -> Refusal {
        let bytes_max = self.limits.document_bytes_max;
        match stream.decoder().compression() {
            Some(name) => {
                let detail = format!(
                    "the {name} file decompresses to more than {bytes_max} bytes (document_bytes_max)"
                );
                Refusal::new(RejectReason::DecompressionLimit, detail)
            }
            None => {
                let detail = match self.size_bytes {
                    Some(bytes) => {
                        format!("the file has {bytes} bytes, limit {bytes_max} (document_bytes_max)")
                    }
                    None => format!("more than {bytes_max} bytes (document_bytes_max)"),
                };
                Refusal::new(RejectReason::TooLarge, detail)
            }
        }
    }

    /// Reads as much of a `.json` file as it takes to tell its shape.
    fn json_shape(&self, stream: &mut Stream) -> Shape {
        stream.skip_bom();
        let mut wanted = sniff::HEAD_BYTES;
        loop {
            stream.fill_to(wanted);
            let at_hand = match stream.end() {
                StreamEnd::Complete | StreamEnd::Broken(_) => AtHand::Everything,
                StreamEnd::Open if stream.pending().len() > self.limits.line_bytes_max => AtHand::LongestLine,
                StreamEnd::Open => AtHand::Beginning,
            };
            match json_file::shape_of(stream.pending(), at_hand) {
                Some(shape) => return shape,
                None => wanted = wanted.saturating_mul(2),
            }
        }
    }

    /// Whether the first character that is not white space is `{`.
    fn begins_with_object(&self, stream: &mut Stream) -> bool {
        let mut wanted = sniff::HEAD_BYTES;
        loop {
            stream.fill_to(wanted);
            let content = stream.pending();
            let content = content.strip_prefix(crate::stream::UTF8_BOM).unwrap_or(content);
            match content.trim_ascii_start().first() {
                Some(&first) => return first == b'{',
                None if *stream.end() != StreamEnd::Open => return false,
                None if wanted > self.limits.document_bytes_max => return false,
                None => wanted = wanted.saturating_mul(2),
            }
        }
    }
}
