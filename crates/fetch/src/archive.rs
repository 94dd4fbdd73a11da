//! Archives: members one after another, each read like a source of its own. Names of members are
//! shown and never opened; links, devices and members of no known kind are passed over and counted.

pub(crate) mod tar;
pub(crate) mod zip;

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::Arc;

use unecho_model::RejectReason;

use crate::content::{Piece, read_member};
use crate::label::Refusal;
use crate::out::{Mark, Out};

/// Reads one member of known size, or passes it over.
fn member(
    content: &mut dyn Read,
    name: &[u8],
    size_bytes: u64,
    piece: &Piece<'_>,
    out: &mut Out<'_>,
) -> ControlFlow<()> {
    let (label, format, compression) = piece.label.member(name);
    if is_hidden(name) {
        out.skip("member hidden".to_owned());
        return ControlFlow::Continue(());
    }
    match format {
        Some(format) => {
            let place = (size_bytes, piece.depth + 1);
            read_member(content, &Arc::new(label), (format, compression), place, out)
        }
        None => {
            out.skip(kind_of_unknown(name));
            ControlFlow::Continue(())
        }
    }
}

/// Whether a member belongs to the system that packed it: `.DS_Store`, `__MACOSX/…`.
fn is_hidden(name: &[u8]) -> bool {
    let hidden = |part: &[u8]| part.starts_with(b".") && part != b"." && part != b"..";
    name.split(|&byte| byte == b'/').any(|part| hidden(part) || part == b"__MACOSX")
}

/// `member` and the extension, if that is a short plain word.
fn kind_of_unknown(name: &[u8]) -> String {
    const EXTENSION_BYTES_MAX: usize = 8;
    let file = name.rsplit(|&byte| byte == b'/').next().unwrap_or(name);
    let extension = file.iter().rposition(|&byte| byte == b'.').map(|dot| &file[dot + 1..]);
    let plain = extension.filter(|extension| {
        (1..=EXTENSION_BYTES_MAX).contains(&extension.len())
            && extension.iter().all(u8::is_ascii_alphanumeric)
    });
    match plain {
        Some(extension) => format!("member .{}", String::from_utf8_lossy(extension).to_ascii_lowercase()),
        None => "member".to_owned(),
    }
}

/// An archive without a document and without a rejection is a rejection itself.
fn refuse_if_silent(piece: &Piece<'_>, since: Mark, out: &mut Out<'_>) -> ControlFlow<()> {
    match out.only_skipped_since(since) {
        None => ControlFlow::Continue(()),
        Some(n_skipped) => {
            let detail = format!("no member of a kind that is read ({n_skipped} others)");
            out.refuse(piece.label, Refusal::new(RejectReason::Empty, detail), &[], 0)
        }
    }
}

/// Exactly so many bytes of `inner`: an end before is an error.
struct Exactly<'r, R> {
    inner: &'r mut R,
    left_bytes: u64,
}

impl<R: Read> Read for Exactly<'_, R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left_bytes).unwrap_or(usize::MAX).min(target.len());
        if wanted == 0 {
            return Ok(0);
        }
        let n_bytes = self.inner.read(&mut target[..wanted])?;
        if n_bytes == 0 {
            return Err(Refusal::new(RejectReason::Damaged, "the archive ends within this member").into());
        }
        self.left_bytes -= n_bytes as u64;
        Ok(n_bytes)
    }
}
