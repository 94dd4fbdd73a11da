//! ZIP archives, by their central directory.

use std::io::{self, Read};
use std::ops::ControlFlow;

use unecho_model::RejectReason;
use zip::read::ZipFile;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::{member, refuse_if_silent};
use crate::content::Piece;
use crate::decode::Budget;
use crate::label::Refusal;
use crate::out::Out;
use crate::seekable::Seekable;

/// Reads every member, in the order of the directory.
pub(crate) fn read(file: &Seekable, piece: &Piece<'_>, out: &mut Out<'_>) -> ControlFlow<()> {
    let size_bytes = file.size_bytes();
    let mut archive = match open(file.clone(), out.limits().members_max) {
        Ok(archive) => archive,
        Err(refusal) => return out.refuse(piece.label, refusal, &[], size_bytes),
    };
    let since = out.mark();
    for at in 0..archive.len() {
        let known = archive.by_index_raw(at).map(|raw| (raw.name_raw().to_vec(), is_sniffed(&raw)));
        let (name, sniffed) = known.unwrap_or_else(|_| (format!("member {}", at + 1).into_bytes(), false));
        let opened = if sniffed { archive.by_index_raw(at) } else { archive.by_index(at) };
        match opened {
            Ok(file) if file.is_dir() => out.skip("member folder".to_owned()),
            Ok(file) if file.is_symlink() => out.skip("member link".to_owned()),
            Ok(file) => {
                if piece.depth == 0 {
                    out.advance(file.compressed_size());
                }
                let size_bytes = file.size();
                let mut content = Metered { file, budget: out.budget().clone() };
                member(&mut content, &name, size_bytes, piece, out)?;
            }
            Err(error) => {
                let (label, _, _) = piece.label.member(&name);
                out.refuse(&label.into(), refusal_of(&error), &[], 0)?;
            }
        }
    }
    refuse_if_silent(piece, since, out)
}

/// Whether a member is compressed in a way that shows by its first bytes (xz, Zstandard): then it is
/// decompressed like any other file, with the same limits on memory.
fn is_sniffed(raw: &ZipFile<'_, Seekable>) -> bool {
    !raw.encrypted() && [CompressionMethod::XZ, CompressionMethod::ZSTD].contains(&raw.compression())
}

fn open(file: Seekable, members_max: usize) -> Result<ZipArchive<Seekable>, Refusal> {
    let mut archive = ZipArchive::new(file).map_err(|error| refusal_of(&error))?;
    if archive.len() > members_max {
        let detail = format!("{} members, limit {members_max} (members_max)", archive.len());
        return Err(Refusal::new(RejectReason::TooLarge, detail));
    }
    let is_book = archive.index_for_name("[Content_Types].xml").is_some()
        || archive.index_for_name("mimetype").is_some();
    if is_book {
        return Err(Refusal::new(RejectReason::Binary, "looks like an office file or e-book"));
    }
    match archive.has_overlapping_files() {
        // What a bomb of overlapping members looks like, and nothing else.
        Ok(true) => Err(Refusal::new(RejectReason::DecompressionLimit, "members of the archive overlap")),
        Ok(false) => Ok(archive),
        Err(error) => Err(refusal_of(&error)),
    }
}

fn refusal_of(error: &ZipError) -> Refusal {
    match error {
        ZipError::Io(error) if error.raw_os_error().is_some() => Refusal::of_io(error),
        ZipError::UnsupportedArchive(detail) if detail.contains("assword") => {
            Refusal::new(RejectReason::Unreadable, "the member is encrypted")
        }
        ZipError::CompressionMethodNotSupported(method) => {
            let detail = format!("compressed by method {method}, which is not read");
            Refusal::new(RejectReason::Unreadable, detail)
        }
        ZipError::UnsupportedArchive(detail) => {
            Refusal::new(RejectReason::Unreadable, format!("the ZIP archive cannot be read: {detail}"))
        }
        other => Refusal::new(RejectReason::Damaged, format!("the ZIP archive is damaged: {other}")),
    }
}

/// A member whose bytes count against the limits of its source.
struct Metered<'z> {
    file: ZipFile<'z, Seekable>,
    budget: Budget,
}

impl Read for Metered<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.file.read(target).map_err(|error| {
            if error.raw_os_error().is_some() {
                return error;
            }
            let text = error.to_string();
            let reason =
                if text.contains("not supported") { RejectReason::Unreadable } else { RejectReason::Damaged };
            Refusal::new(reason, format!("the member cannot be read: {text}")).into()
        })?;
        self.budget.spend(n_bytes as u64)?;
        Ok(n_bytes)
    }
}
