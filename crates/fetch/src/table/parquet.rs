//! Parquet: only the columns with text, numbers and times are read, row group by row group, each on
//! any thread. Row groups too large to be decoded at once are read in sequence, some rows at a time.

mod pages;

use std::io::{self, BufReader, Read, Write};
use std::ops::ControlFlow;

use arrow_ipc::writer::StreamWriter;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length};
use unecho_model::RejectReason;

use super::columns::{self, ColumnRows};
use super::guarded;
use crate::batch::Fetched;
use crate::content::Piece;
use crate::label::{Label, Refusal};
use crate::out::Out;
use crate::seekable::Seekable;
use crate::{Batch, Config};

/// What messages call it.
const WHAT: &str = "the Parquet file";
/// Rows that are decoded at a time.
const ROWS_AT_ONCE: usize = 256;

/// A row group, to be decoded on any thread.
#[derive(Debug, Clone)]
pub(crate) struct RowGroup {
    file: Seekable,
    metadata: ArrowReaderMetadata,
    projection: ProjectionMask,
    at: usize,
    first_row: u64,
    bytes: usize,
}

/// Reads every row group.
pub(crate) fn read(file: &Seekable, piece: &Piece<'_>, out: &mut Out<'_>) -> ControlFlow<()> {
    let loaded = guarded(WHAT, || ArrowReaderMetadata::load(file, ArrowReaderOptions::new()));
    let metadata = match loaded {
        Ok(metadata) => metadata,
        Err(refusal) => return out.refuse(piece.label, refusal, &[], file.size_bytes()),
    };
    let n_columns = metadata.schema().fields().len();
    if n_columns > out.limits().members_max {
        let detail = format!("{n_columns} columns, limit {} (members_max)", out.limits().members_max);
        return out.refuse(piece.label, Refusal::new(RejectReason::TooLarge, detail), &[], 0);
    }
    let wanted = columns::wanted(metadata.schema());
    (0..n_columns).filter(|at| !wanted.contains(at)).for_each(|at| {
        out.skip(format!("column of {}", kind_name(metadata.schema().field(at).data_type())));
    });
    let projection = ProjectionMask::roots(metadata.parquet_schema(), wanted);
    let groups = metadata.metadata().row_groups().to_vec();
    let mut first_row = 1;
    for (at, group) in groups.iter().enumerate() {
        let leaves = (0..group.num_columns()).filter(|&leaf| projection.leaf_included(leaf));
        let sizes = leaves.map(|leaf| u64::try_from(group.column(leaf).uncompressed_size()).unwrap_or(0));
        let claimed_bytes = sizes.fold(0_u64, u64::saturating_add);
        out.advance(u64::try_from(group.compressed_size()).unwrap_or(0).min(file.size_bytes()));
        let bytes = match decompressed_bytes(file, group, &projection, out) {
            Ok(bytes) => bytes.max(claimed_bytes),
            Err(refusal) => return out.refuse_at(piece.label, Some(first_row), refusal, &[], 0),
        };
        let row_group = RowGroup {
            file: file.clone(),
            metadata: metadata.clone(),
            projection: projection.clone(),
            at,
            first_row,
            bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
        };
        if bytes <= out.limits().row_group_bytes_max {
            out.send(Batch::row_group(piece.label, row_group))?;
        } else {
            row_group.send_in_sequence(piece, out)?;
        }
        first_row += u64::try_from(group.num_rows()).unwrap_or(0);
    }
    if first_row == 1 {
        let refusal = Refusal::new(RejectReason::Empty, "the table has no row");
        return out.refuse(piece.label, refusal, &[], file.size_bytes());
    }
    ControlFlow::Continue(())
}

/// What the pages of the wanted columns decompress to, within the limits.
fn decompressed_bytes(
    file: &Seekable,
    group: &RowGroupMetaData,
    projection: &ProjectionMask,
    out: &Out<'_>,
) -> Result<u64, Refusal> {
    // A row that takes no space is work all the same.
    let mut sum = u64::try_from(group.num_rows()).unwrap_or(0);
    for column in (0..group.num_columns()).filter(|&leaf| projection.leaf_included(leaf)) {
        sum = sum.saturating_add(pages::decompressed_bytes(file, group.column(column), out.limits())?);
    }
    out.budget().spend(sum)?;
    Ok(sum)
}

/// What the values of a column are, in a word.
pub(super) fn kind_name(kind: &arrow_schema::DataType) -> &'static str {
    use arrow_schema::DataType;
    match kind {
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "bytes"
        }
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => "lists",
        DataType::Struct(_) => "objects with bytes or lists",
        DataType::Map(..) => "maps",
        _ => "another kind",
    }
}

impl RowGroup {
    /// Size of what is decoded, in bytes.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// What decoding depends on besides the stored bytes.
    pub(crate) fn described(&self) -> String {
        let group = self.metadata.metadata().row_group(self.at);
        let codecs: Vec<_> = group.columns().iter().map(ColumnChunkMetaData::compression).collect();
        format!("{} {} {:?} {codecs:?}", self.first_row, group.num_rows(), self.projection)
    }

    /// Copies the schema, as the Arrow stream format has it, and the wanted columns as the file has them.
    pub(crate) fn copy_stored(&self, to: &mut impl Write) -> io::Result<()> {
        let schema = StreamWriter::try_new(&mut *to, self.metadata.schema());
        schema.and_then(|mut schema| schema.finish()).map_err(io::Error::other)?;
        let group = self.metadata.metadata().row_group(self.at);
        for leaf in (0..group.num_columns()).filter(|&leaf| self.projection.leaf_included(leaf)) {
            let chunk = group.column(leaf);
            let start = chunk
                .dictionary_page_offset()
                .map_or(chunk.data_page_offset(), |dictionary| dictionary.min(chunk.data_page_offset()));
            let no_place = |_| io::Error::from(io::ErrorKind::InvalidData);
            let start = u64::try_from(start).map_err(no_place)?;
            let bytes = u64::try_from(chunk.compressed_size()).map_err(no_place)?;
            io::copy(&mut self.file.starting_at(start).take(bytes), to)?;
        }
        Ok(())
    }

    fn open(&self) -> Result<ParquetRecordBatchReader, ParquetError> {
        ParquetRecordBatchReaderBuilder::new_with_metadata(self.file.clone(), self.metadata.clone())
            .with_row_groups(vec![self.at])
            .with_projection(self.projection.clone())
            .with_batch_size(ROWS_AT_ONCE)
            .build()
    }

    /// The documents and rejections of the rows. Rows behind damage are rejected as one.
    pub(crate) fn parse(&self, label: &Label, config: &Config) -> Vec<Fetched> {
        let mut fetched = Vec::new();
        let mut sink = |rows: Result<ColumnRows, (u64, Refusal)>| {
            match rows {
                Ok(rows) => fetched.extend(rows.parse(label, config)),
                Err((row, refusal)) => {
                    fetched.push(Fetched::Rejected(label.reject(Some(row), refusal, &[], 0)));
                }
            }
            ControlFlow::Continue(())
        };
        // The sink above never breaks.
        let _ = self.each(&mut sink);
        fetched
    }

    fn send_in_sequence(&self, piece: &Piece<'_>, out: &mut Out<'_>) -> ControlFlow<()> {
        self.each(&mut |rows| match rows {
            Ok(rows) => out.send(Batch::column_rows(piece.label, rows)),
            Err((row, refusal)) => out.refuse_at(piece.label, Some(row), refusal, &[], 0),
        })
    }

    /// Decodes some rows after others, until the end or the first damage.
    fn each(
        &self,
        sink: &mut dyn FnMut(Result<ColumnRows, (u64, Refusal)>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut first_row = self.first_row;
        let mut batches = match guarded(WHAT, || self.open()) {
            Ok(batches) => batches,
            Err(refusal) => return sink(Err((first_row, refusal))),
        };
        loop {
            match guarded(WHAT, || batches.next().transpose()) {
                Ok(Some(columns)) => {
                    let n_rows = columns.num_rows() as u64;
                    sink(Ok(ColumnRows { columns, first_row }))?;
                    first_row += n_rows;
                }
                Ok(None) => return ControlFlow::Continue(()),
                Err(refusal) => return sink(Err((first_row, refusal))),
            }
        }
    }
}

/// Two row groups are equal when they are the same place of the same file.
impl PartialEq for RowGroup {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at && self.first_row == other.first_row && self.bytes == other.bytes
    }
}

impl Length for Seekable {
    fn len(&self) -> u64 {
        self.size_bytes()
    }
}

impl ChunkReader for Seekable {
    type T = BufReader<Self>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(self.starting_at(start)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let left_bytes = self.size_bytes().saturating_sub(start);
        if length as u64 > left_bytes {
            return Err(ParquetError::EOF(format!("{length} bytes at {start}, {left_bytes} are there")));
        }
        let mut content = vec![0; length];
        self.starting_at(start).read_exact(&mut content)?;
        Ok(content.into())
    }
}
