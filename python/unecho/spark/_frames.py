"""DataFrames of rows and of records."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, Sequence
from uuid import uuid4

import pyarrow as pa

from .. import _native
from .._errors import UsageError
from ._engine import address

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: Rows of a DataFrame that are put into one file, about.
_ROWS_OF_FILE = 10_000
#: Columns of clean rows, beside `record`: all that is known, as JSON.
_FIELDS = ("id", "text", "title", "url", "source", "date", "lang", "digest")
_CLEAN = ", ".join(f"{name} string" for name in (*_FIELDS, "record", "rejected", "detail"))


def normalized(rows: DataFrame, flags: Sequence[str]) -> DataFrame:
    """Each row cleaned by itself."""
    from pyspark.sql.functions import struct, to_json

    flags = list(flags)
    _native.config(flags)

    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        normalizer = _native.RowNormalizer(flags)
        for batch in batches:
            if batch.num_rows:
                cleaned = normalizer.clean(batch.column(0).to_pylist())
                yield pa.RecordBatch.from_pylist([_columns(*row) for row in cleaned], schema=_SCHEMA)

    return rows.select(to_json(struct(*rows.columns)).alias("value")).mapInArrow(work, _CLEAN)


_SCHEMA = pa.schema([(name, pa.string()) for name in (*_FIELDS, "record", "rejected", "detail")])


def _columns(record: str | None, rejected: str | None, detail: str | None) -> dict[str, Any]:
    fields = json.loads(record) if record else {}
    return {
        **{name: fields.get(name) for name in _FIELDS},
        "record": record,
        "rejected": rejected,
        "detail": detail,
    }


def clear_rows(folder: Path) -> None:
    """Removes what a job that was killed left where rows go."""
    if not folder.exists():
        return
    if not all(file.match("rows-*.jsonl") or file.match(".rows-*.jsonl-*") for file in folder.iterdir()):
        raise UsageError(f"{folder} is where rows would go, and it holds other files")
    shutil.rmtree(folder)


def put_rows(rows: DataFrame, folder: Path) -> None:
    """Writes rows as JSON lines into files of a folder, which is empty or absent, and in an order that depend on the
    rows alone: by `id` where they have one, else by all that they hold."""
    from pyspark.sql.functions import coalesce, col, collect_list, crc32, lit, pmod, struct, to_json

    folder.mkdir(parents=True, exist_ok=True)
    text = to_json(struct(*rows.columns))
    id_ = col("id").cast("string") if "id" in rows.columns else text
    lines = rows.select(id_.alias("id"), text.alias("line"))
    files = max(1, lines.count() // _ROWS_OF_FILE)
    key = pmod(crc32(coalesce("id", "line")), lit(files)) if files > 1 else lit(0)
    grouped = lines.groupBy(key.cast("int").alias("file")).agg(collect_list(struct("id", "line")).alias("rows"))

    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for group in batch.to_pylist():
                texts = sorted((row["id"] or "", row["line"]) for row in group["rows"])
                name = folder / f"rows-{group['file']:05}.jsonl"
                # Whoever does this again, or at the same time, writes the same.
                attempt = name.with_name(f".{name.name}-{uuid4().hex}")
                attempt.write_text("".join(f"{line}\n" for _, line in texts), encoding="utf-8")
                attempt.replace(name)
                yield pa.RecordBatch.from_pydict({"file": pa.array([group["file"]], pa.int32())})

    written = grouped.mapInArrow(work, "file int").collect()
    if len(written) != len(list(folder.glob("rows-*.jsonl"))):
        raise UsageError(f"{folder} is not seen by all machines")


def records(spark: SparkSession, out: str, kind: str) -> DataFrame:
    """The records of a kind in a finished output."""
    files = [file for file, _ in _native.files(out) if file.startswith(kind)]
    paths = [f"{out.rstrip('/')}/{file}" if "://" in out else address(Path(out) / file) for file in files]
    return spark.read.parquet(*paths) if files[0].endswith(".parquet") else spark.read.json(paths)
