//! Arrow IPC: the file format (`ARROW1`, also called Feather), which has its index at the end, and
//! the stream format.

mod messages;

use std::io::BufReader;
use std::ops::ControlFlow;

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, Schema};
use unecho_model::RejectReason;

use super::columns::{self, ColumnRows};
use super::guarded;
use super::parquet::kind_name;
use crate::Batch;
use crate::content::{Piece, with_file};
use crate::label::Refusal;
use crate::out::Out;
use crate::seekable::Seekable;
use crate::stream::Stream;
use messages::FILE_MARK;

/// What messages call it.
const WHAT: &str = "the Arrow data";
/// Rows that go into one batch.
const ROWS_AT_ONCE: usize = 256;

/// Reads every record batch.
pub(crate) fn read(stream: &mut Stream<'_>, piece: &Piece<'_>, out: &mut Out<'_>) -> ControlFlow<()> {
    stream.fill_to(FILE_MARK.len());
    let is_file = stream.pending().starts_with(FILE_MARK);
    with_file(stream, piece, out, if is_file { read_file } else { read_stream })
}

fn read_stream(file: &Seekable, piece: &Piece<'_>, out: &mut Out<'_>) -> ControlFlow<()> {
    let opened = messages::check_stream(file, out).and_then(|()| {
        let content = BufReader::new(file.clone());
        let reader = guarded(WHAT, || StreamReader::try_new(content, None))?;
        wanted_of(&reader.schema(), out).map(|wanted| (reader, wanted))
    });
    match opened {
        Ok((mut reader, wanted)) => each(|| reader.next(), &wanted, piece, out),
        Err(refusal) => out.refuse(piece.label, refusal, &[], 0),
    }
}

fn read_file(file: &Seekable, piece: &Piece<'_>, out: &mut Out<'_>) -> ControlFlow<()> {
    let opened = messages::check_file(file, out).and_then(|()| {
        let all = guarded(WHAT, || FileReader::try_new(file.clone(), None))?;
        let wanted = wanted_of(&all.schema(), out)?;
        let n_wanted = wanted.len();
        guarded(WHAT, || FileReader::try_new(file.clone(), Some(wanted))).map(|reader| (reader, n_wanted))
    });
    match opened {
        Ok((mut reader, n_wanted)) => {
            // Its batches hold the wanted columns only.
            let every: Vec<usize> = (0..n_wanted).collect();
            each(|| reader.next(), &every, piece, out)
        }
        Err(refusal) => out.refuse(piece.label, refusal, &[], 0),
    }
}

/// The columns that are read; others are counted.
fn wanted_of(schema: &Schema, out: &mut Out<'_>) -> Result<Vec<usize>, Refusal> {
    let (n_columns, columns_max) = (schema.fields().len(), out.limits().members_max);
    if n_columns > columns_max {
        let detail = format!("{n_columns} columns, limit {columns_max} (members_max)");
        return Err(Refusal::new(RejectReason::TooLarge, detail));
    }
    let wanted = columns::wanted(schema);
    for at in (0..schema.fields().len()).filter(|at| !wanted.contains(at)) {
        out.skip(format!("column of {}", kind_name(schema.field(at).data_type())));
    }
    Ok(wanted)
}

fn each(
    mut next: impl FnMut() -> Option<Result<RecordBatch, ArrowError>>,
    wanted: &[usize],
    piece: &Piece<'_>,
    out: &mut Out<'_>,
) -> ControlFlow<()> {
    let mut first_row = 1;
    loop {
        let columns = guarded(WHAT, || {
            next().transpose()?.map(|columns: RecordBatch| columns.project(wanted)).transpose()
        });
        let columns = match columns {
            Ok(Some(columns)) => columns,
            Ok(None) => break,
            Err(refusal) => return out.refuse_at(piece.label, Some(first_row), refusal, &[], 0),
        };
        for at in (0..columns.num_rows()).step_by(ROWS_AT_ONCE) {
            let n_rows = ROWS_AT_ONCE.min(columns.num_rows() - at);
            let rows = ColumnRows { columns: columns.slice(at, n_rows), first_row: first_row + at as u64 };
            out.send(Batch::column_rows(piece.label, rows))?;
        }
        first_row += columns.num_rows() as u64;
    }
    if first_row == 1 {
        let refusal = Refusal::new(RejectReason::Empty, "the table has no row");
        return out.refuse(piece.label, refusal, &[], 0);
    }
    ControlFlow::Continue(())
}
