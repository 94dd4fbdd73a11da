//! Tar archives: POSIX (ustar, pax) and GNU, in sequence. Own code because the field's crate reads
//! the long names of hostile archives into memory whole, and ties members to its own iteration.

use std::io::{self, Read};
use std::ops::ControlFlow;

use unecho_model::RejectReason;

use super::{Exactly, member, refuse_if_silent};
use crate::content::Piece;
use crate::label::Refusal;
use crate::out::Out;
use crate::stream::Stream;

const BLOCK_BYTES: usize = 512;

/// One header of 512 bytes.
struct Header([u8; BLOCK_BYTES]);

/// What extension headers said about the next member.
#[derive(Default)]
struct Extended {
    name: Option<Vec<u8>>,
    size_bytes: Option<u64>,
}

/// Reads every member.
pub(crate) fn read(stream: &mut Stream<'_>, piece: &Piece<'_>, out: &mut Out<'_>) -> ControlFlow<()> {
    let since = out.mark();
    let mut extended = Extended::default();
    for _ in 0..out.limits().members_max {
        let header = match next_header(stream) {
            Ok(Some(header)) => header,
            Ok(None) => return refuse_if_silent(piece, since, out),
            Err(error) => return out.refuse(piece.label, Refusal::of_io(&error), &[], 0),
        };
        let size_bytes = extended.size_bytes.or_else(|| header.size_bytes());
        let Some(size_bytes) = size_bytes else {
            let refusal = Refusal::new(RejectReason::Damaged, "a tar header without a size");
            return out.refuse(piece.label, refusal, &[], 0);
        };
        let mut content = Exactly { inner: stream, left_bytes: size_bytes };
        match header.kind() {
            b'L' | b'x' => match read_extension(&mut content, header.kind(), out) {
                Ok(Some(found)) => extended = found.or(extended),
                Ok(None) => out.skip("member with a long header".to_owned()),
                Err(error) => return out.refuse(piece.label, Refusal::of_io(&error), &[], 0),
            },
            b'0' | 0 | b'7' => {
                let name = extended.name.take().unwrap_or_else(|| header.name());
                extended = Extended::default();
                if name.ends_with(b"/") {
                    out.skip("member folder".to_owned());
                } else {
                    member(&mut content, &name, size_bytes, piece, out)?;
                }
            }
            kind => {
                out.skip(kind_of_special(kind).to_owned());
                // A long link target belongs to the same member as the long name beside it.
                if !matches!(kind, b'K' | b'g') {
                    extended = Extended::default();
                }
            }
        }
        let left_bytes = content.left_bytes;
        if let Err(error) = pass_over(stream, left_bytes, size_bytes) {
            // What the member itself has said need not be said again.
            let refusal = Refusal::of_io(&error);
            return if left_bytes > 0 && out.mark() != since && matches!(header.kind(), b'0' | 0 | b'7') {
                ControlFlow::Continue(())
            } else {
                out.refuse(piece.label, refusal, &[], 0)
            };
        }
    }
    let detail = format!("more than {} members (members_max)", out.limits().members_max);
    out.refuse(piece.label, Refusal::new(RejectReason::TooLarge, detail), &[], 0)
}

/// The next header; `None` at the end of the archive, which is marked by a block of zeros.
fn next_header(stream: &mut Stream<'_>) -> io::Result<Option<Header>> {
    let mut header = Header([0; BLOCK_BYTES]);
    let mut n_bytes = 0;
    while n_bytes < BLOCK_BYTES {
        match stream.read(&mut header.0[n_bytes..])? {
            0 if n_bytes == 0 => {
                return Err(
                    Refusal::new(RejectReason::Damaged, "the archive ends without its end mark").into()
                );
            }
            0 => return Err(Refusal::new(RejectReason::Damaged, "the archive ends within a header").into()),
            more => n_bytes += more,
        }
    }
    if header.0.iter().all(|&byte| byte == 0) {
        return Ok(None);
    }
    if header.checksum_fits() {
        Ok(Some(header))
    } else {
        Err(Refusal::new(RejectReason::Damaged, "a tar header does not fit its checksum").into())
    }
}

/// Skips the rest of a member and the padding of its last block.
fn pass_over(stream: &mut Stream<'_>, left_bytes: u64, size_bytes: u64) -> io::Result<()> {
    let padding = size_bytes.next_multiple_of(BLOCK_BYTES as u64) - size_bytes;
    let mut rest = Exactly { inner: stream, left_bytes };
    io::copy(&mut rest, &mut io::sink())?;
    // Where padding is missing the next header is, too.
    io::copy(&mut stream.take(padding), &mut io::sink())?;
    Ok(())
}

/// Reads a GNU long name or a pax header; `None` when it is longer than any name should be.
fn read_extension(
    content: &mut Exactly<'_, Stream<'_>>,
    kind: u8,
    out: &Out<'_>,
) -> io::Result<Option<Extended>> {
    if content.left_bytes > out.limits().record_header_bytes_max as u64 {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    content.read_to_end(&mut bytes)?;
    if kind == b'L' {
        let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
        bytes.truncate(end);
        return Ok(Some(Extended { name: Some(bytes), size_bytes: None }));
    }
    Ok(Some(pax(&bytes)))
}

/// Records `LENGTH KEY=VALUE\n`.
fn pax(mut bytes: &[u8]) -> Extended {
    let mut extended = Extended::default();
    while let Some(space) = bytes.iter().position(|&byte| byte == b' ') {
        let length = str::from_utf8(&bytes[..space]).ok().and_then(|digits| digits.parse::<usize>().ok());
        let Some(record) = length.filter(|&length| length > space).and_then(|length| bytes.get(..length))
        else {
            break;
        };
        let content = record[space + 1..].strip_suffix(b"\n").unwrap_or(&record[space + 1..]);
        if let Some(path) = content.strip_prefix(b"path=") {
            extended.name = Some(path.to_vec());
        } else if let Some(size) = content.strip_prefix(b"size=") {
            extended.size_bytes = str::from_utf8(size).ok().and_then(|digits| digits.parse().ok());
        }
        bytes = &bytes[record.len()..];
    }
    extended
}

fn kind_of_special(kind: u8) -> &'static str {
    match kind {
        b'1' | b'2' => "member link",
        b'5' => "member folder",
        b'S' => "member sparse file",
        b'g' | b'K' => "member note",
        _ => "member special file",
    }
}

impl Extended {
    /// What this says, and what `earlier` said beside it.
    fn or(self, earlier: Self) -> Self {
        Self { name: self.name.or(earlier.name), size_bytes: self.size_bytes.or(earlier.size_bytes) }
    }
}

impl Header {
    fn kind(&self) -> u8 {
        self.0[156]
    }

    fn name(&self) -> Vec<u8> {
        let text = |range: std::ops::Range<usize>| {
            let field = &self.0[range];
            field[..field.iter().position(|&byte| byte == 0).unwrap_or(field.len())].to_vec()
        };
        let name = text(0..100);
        // POSIX splits long names; GNU, marked by a space, uses the place for times.
        let prefix = if &self.0[257..263] == b"ustar\0" { text(345..500) } else { Vec::new() };
        if prefix.is_empty() { name } else { [prefix.as_slice(), b"/", &name].concat() }
    }

    /// Octal digits, or with the highest bit set a binary number.
    fn size_bytes(&self) -> Option<u64> {
        let field = &self.0[124..136];
        if field[0] & 0x80 != 0 {
            return field[1..]
                .iter()
                .try_fold(0_u64, |sum, &byte| sum.checked_mul(256).map(|sum| sum + u64::from(byte)));
        }
        octal(field)
    }

    /// The sum of all bytes, the field of the sum itself taken as spaces.
    fn checksum_fits(&self) -> bool {
        const FIELD: std::ops::Range<usize> = 148..156;
        let others = self.0[..FIELD.start].iter().chain(&self.0[FIELD.end..]);
        let sum = others.map(|&byte| u64::from(byte)).sum::<u64>() + 8 * u64::from(b' ');
        octal(&self.0[FIELD]) == Some(sum)
    }
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = str::from_utf8(field).ok()?;
    let digits = text.trim_matches(['\0', ' ']);
    if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, 8).ok() }
}
