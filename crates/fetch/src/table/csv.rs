//! CSV (RFC 4180, and as spreadsheets write it): a line of names, then rows; the delimiter is told by
//! the line of names. Rows are cut here; what they say is parsed on any thread.

use std::cell::Cell;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use csv::{ByteRecord, ReaderBuilder};
use unecho_model::RejectReason;

use super::TextRows;
use crate::content::Piece;
use crate::label::Refusal;
use crate::out::Out;
use crate::stream::{Stream, StreamEnd};
use crate::{Batch, sniff};

/// Reads every row.
pub(crate) fn read(stream: &mut Stream<'_>, piece: &Piece<'_>, out: &mut Out<'_>) -> ControlFlow<()> {
    stream.skip_bom();
    stream.fill_to(sniff::HEAD_BYTES);
    let head = &stream.pending()[..stream.pending().len().min(sniff::HEAD_BYTES)];
    if let Some(refusal) = sniff::refuse_document(head) {
        return out.refuse(piece.label, refusal, head, head.len() as u64);
    }
    let delimiter = delimiter_of(head);
    let row_bytes = Rc::new(Cell::new(0));
    let bounded =
        Bounded { stream, row_bytes: Rc::clone(&row_bytes), bytes_max: out.limits().line_bytes_max };
    let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(bounded);
    let names = match reader.byte_headers() {
        Ok(names) => names_of(names, out.limits().members_max),
        Err(error) => Err(refusal_of(error, 0)),
    };
    let names = match names {
        Ok(names) => names,
        Err(refusal) => return out.refuse(piece.label, refusal, &[], 0),
    };
    let mut rows = TextRows { names, rows: Vec::new(), first_row: 1 };
    let (mut number, mut n_bytes) = (0, 0);
    let mut row = ByteRecord::new();
    let refusal = loop {
        row_bytes.set(0);
        match reader.read_byte_record(&mut row) {
            Ok(true) => {}
            Ok(false) => break None,
            Err(error) => break Some(refusal_of(error, number)),
        }
        number += 1;
        n_bytes += row.as_slice().len() + row.len();
        rows.rows.push(std::mem::take(&mut row));
        if n_bytes >= out.limits().batch_bytes || rows.rows.len() >= out.limits().batch_lines_max {
            n_bytes = 0;
            send(&mut rows, number, piece, out)?;
        }
    };
    let stream = &*reader.into_inner().stream;
    let refusal = refusal.or_else(|| match stream.end() {
        StreamEnd::Broken(refusal) => Some(refusal.clone()),
        StreamEnd::Open | StreamEnd::Complete => None,
    });
    if refusal.is_some() {
        // What was read of a torn last row is no row.
        send(&mut rows, number, piece, out)?;
    } else if number == 0 {
        let refusal = Refusal::new(RejectReason::Empty, "no row below the names of the columns");
        return out.refuse(piece.label, refusal, &[], 0);
    } else {
        send(&mut rows, number, piece, out)?;
    }
    match refusal {
        Some(refusal) => out.refuse_at(piece.label, Some(number + 1), refusal, &[], 0),
        None => ControlFlow::Continue(()),
    }
}

fn send(rows: &mut TextRows, number: u64, piece: &Piece<'_>, out: &mut Out<'_>) -> ControlFlow<()> {
    if rows.rows.is_empty() {
        return ControlFlow::Continue(());
    }
    let taken = std::mem::take(&mut rows.rows);
    let batch = TextRows { names: Arc::clone(&rows.names), rows: taken, first_row: rows.first_row };
    rows.first_row = number + 1;
    out.send(Batch::text_rows(piece.label, batch))
}

fn names_of(names: &ByteRecord, columns_max: usize) -> Result<Arc<[String]>, Refusal> {
    if names.len() > columns_max {
        let detail = format!("{} columns, limit {columns_max} (members_max)", names.len());
        return Err(Refusal::new(RejectReason::TooLarge, detail));
    }
    names
        .iter()
        .map(|name| str::from_utf8(name).map(|name| name.trim().to_owned()))
        .collect::<Result<_, _>>()
        .map_err(|_| Refusal::new(RejectReason::InvalidEncoding, "no UTF-8 in the names of the columns"))
}

/// Of the usual delimiters the one that the first line has most of, outside quotation marks.
fn delimiter_of(head: &[u8]) -> u8 {
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for &byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(known, _)| *known == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // The first of those with most, so that a comma wins a tie.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |&(delimiter, _)| delimiter)
}

fn refusal_of(error: csv::Error, n_rows: u64) -> Refusal {
    let mut refusal = match error.into_kind() {
        csv::ErrorKind::Io(error) => Refusal::of_io(&error),
        other => Refusal::new(RejectReason::Damaged, format!("no CSV: {other:?}")),
    };
    refusal.detail.push_str(&format!(", after row {n_rows} was read"));
    refusal
}

/// A stream that ends with an error when one row goes on for too long: a quotation mark that is
/// never closed makes one row of all that follows.
struct Bounded<'s, 'a> {
    stream: &'s mut Stream<'a>,
    row_bytes: Rc<Cell<usize>>,
    bytes_max: usize,
}

impl Read for Bounded<'_, '_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if self.row_bytes.get() > self.bytes_max {
            let detail = format!("a row of more than {} bytes (line_bytes_max)", self.bytes_max);
            return Err(Refusal::new(RejectReason::TooLarge, detail).into());
        }
        let n_bytes = self.stream.read(target)?;
        self.row_bytes.set(self.row_bytes.get() + n_bytes);
        Ok(n_bytes)
    }
}
