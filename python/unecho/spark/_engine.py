"""Jobs of a run as chains of DataFrame operations: which rows meet. What is done with them is the native half's.

A table is a folder with Parquet files below ``kind=K``, of rows ``(key, at, body)``. Only operations that every engine
behind this interface has are used: read and write Parquet, ``mapInArrow``, ``groupBy``, ``join``, ``repartition``.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .. import _native

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_ROW = "kind int, key long, at long, body binary"
#: Kinds of rows, as in the native half.
_WANTED, _GIVEN, _TEXT = 0, 1, 2
#: Rows that cross to Python together: many small ones, or few that are large.
_DOCUMENTS, _GROUPS = 256, 1
_BATCH = "spark.sql.execution.arrow.maxRecordsPerBatch"
#: Groups that are gathered side by side in memory; from there on rows are sorted, which can spill.
_SIDE_BY_SIDE = "spark.sql.objectHashAggregate.sortBased.fallbackThreshold"
#: Rows that are read from a file at a time: some are megabytes.
_READ = "spark.sql.parquet.columnarReaderBatchSize"
#: Tasks for each core where each row is much work.
_TASKS_OF_CORE = 4


def address(path: object) -> str:
    """A path as an engine is to understand it, whatever its default file system is: that of the machines."""
    return f"file://{Path(str(path)).absolute()}"


class Engine:
    """Carries out jobs with a session."""

    def __init__(self, spark: SparkSession, flags: Sequence[str]) -> None:
        self._spark = spark
        self._flags = list(flags)

    def open(self, table: str) -> _Writer:
        """Begins a table."""
        return _Writer(Path(table))

    def run(
        self, shape: str, table: str, kind: int, texts: Sequence[str], task: bytes, output: str
    ) -> None:
        """Does a job to its end."""
        if shape == "spread":
            frame, size = self._spread(self._rows(table, kind)), _GROUPS
        elif shape == "rows":
            frame, size = self._rows(table, kind), _DOCUMENTS
        elif shape == "grouped":
            frame, size = _grouped(self._rows(table, kind)), _GROUPS
        else:
            frame, size = _grouped(self._joined(table, texts)), _GROUPS
        with self._setting(_BATCH, size), self._setting(_SIDE_BY_SIDE, 1), self._setting(_READ, 64):
            made = frame.mapInArrow(_mapper(self._flags, task), _ROW)
            made.write.mode("overwrite").partitionBy("kind").parquet(address(output))

    def take(self, table: str, kind: int) -> Iterator[bytes]:
        """The rows of a kind, as Arrow streams."""
        for file in sorted(Path(table).glob(f"kind={kind}/*.parquet")):
            for batch in pq.ParquetFile(file).iter_batches(batch_size=1024):
                kinds = pa.array([kind] * batch.num_rows, pa.int32())
                columns = [kinds, *(batch.column(name) for name in ("key", "at", "body"))]
                yield _stream(pa.RecordBatch.from_arrays(columns, schema=_SCHEMA))

    def _rows(self, table: str, kind: int) -> DataFrame:
        from pyspark.sql.functions import lit

        folder = Path(table) / f"kind={kind}"
        if not folder.is_dir():
            return self._spark.createDataFrame([], _ROW)
        rows = self._spark.read.schema("key long, at long, body binary").parquet(address(folder))
        return rows.select(lit(kind).cast("int").alias("kind"), "key", "at", "body")

    def _spread(self, rows: DataFrame) -> DataFrame:
        count = rows.count()
        return rows.repartition(max(1, min(count, _TASKS_OF_CORE * self._cores())))

    def _joined(self, wanted: str, texts: Sequence[str]) -> DataFrame:
        from pyspark.sql.functions import lit

        tables = [self._rows(table, _TEXT) for table in texts]
        documents = reduce(lambda some, more: some.unionByName(more), tables)
        documents = documents.select(lit(_TEXT).alias("kind"), "key", "body")
        pairs = self._rows(wanted, _WANTED).select("key", "at")
        found = pairs.join(documents.withColumnRenamed("key", "at"), "at").select("kind", "key", "at", "body")
        return found.unionByName(self._rows(wanted, _GIVEN))

    def _cores(self) -> int:
        try:
            return int(self._spark.sparkContext.defaultParallelism)
        except Exception:  # Behind Spark Connect there is no context to ask.
            return int(self._spark.conf.get("spark.sql.shuffle.partitions", "8") or 8)

    @contextmanager
    def _setting(self, name: str, value: int) -> Iterator[None]:
        before = self._spark.conf.get(name, None)
        self._spark.conf.set(name, str(value))
        try:
            yield
        finally:
            if before is None:
                self._spark.conf.unset(name)
            else:
                self._spark.conf.set(name, before)


def _grouped(rows: DataFrame) -> DataFrame:
    from pyspark.sql.functions import collect_list, struct

    return rows.groupBy("key").agg(collect_list(struct("kind", "at", "body")).alias("rows"))


_SCHEMA = pa.schema(
    [
        pa.field("kind", pa.int32(), nullable=False),
        pa.field("key", pa.int64(), nullable=False),
        pa.field("at", pa.int64(), nullable=False),
        pa.field("body", pa.binary(), nullable=False),
    ]
)


def _mapper(flags: Sequence[str], task: bytes) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        doing = _native.Task(flags, task)
        for batch in batches:
            for made in doing.feed(_stream(_flat(batch))):
                yield from pa.ipc.open_stream(made)
        for made in doing.finish():
            yield from pa.ipc.open_stream(made)

    return work


def _flat(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Rows, however they were brought together."""
    if "rows" in batch.schema.names:
        lists = batch.column("rows")
        keys = pc.take(batch.column("key"), pc.list_parent_indices(lists))
        kinds, places, bodies = pc.list_flatten(lists).flatten()
        columns = [kinds, keys, places, bodies]
    else:
        columns = [batch.column(name) for name in ("kind", "key", "at", "body")]
    typed = [column.cast(field.type) for column, field in zip(columns, _SCHEMA)]
    return pa.RecordBatch.from_arrays(typed, schema=_SCHEMA)


def _stream(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


class _Writer:
    """Writes a table from the driver: a file for each kind."""

    def __init__(self, table: Path) -> None:
        self._table = table
        self._files: dict[int, Any] = {}

    def write(self, stream: bytes) -> None:
        """Adds rows, an Arrow stream."""
        for batch in pa.ipc.open_stream(stream):
            for kind in pc.unique(batch.column("kind")).to_pylist():
                rows = batch.filter(pc.equal(batch.column("kind"), kind)).drop_columns(["kind"])
                self._file(kind, rows.schema).write_batch(rows)

    def close(self) -> None:
        """Ends the table."""
        for file in self._files.values():
            file.close()

    def _file(self, kind: int, schema: pa.Schema) -> Any:
        if kind not in self._files:
            folder = self._table / f"kind={kind}"
            folder.mkdir(parents=True)
            self._files[kind] = pq.ParquetWriter(folder / "part-00000.parquet", schema, compression="zstd")
        return self._files[kind]
