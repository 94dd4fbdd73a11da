"""The same results on Apache Spark, for corpora that no single machine holds.

``ingest`` takes files or rows into a folder as :func:`unecho.ingest` does: cleaning, fingerprints, comparisons and writing
are done by executors, decisions by the driver, all of it by the code of the binary. Executors need this package; all
machines see inputs and output under the same paths. A result for an object store is made in the folder for temporary files
(``TMPDIR``), which all machines have to see then.
"""

from __future__ import annotations

import shutil
from hashlib import blake2b
from os import fspath
from pathlib import Path as FilePath
from tempfile import gettempdir
from typing import TYPE_CHECKING, Iterable, Union

from .. import _native
from .._errors import UsageError, translated
from .._output import Output
from .._settings import Path, Settings, flags, refuse_what_spark_has_not
from ._engine import Engine
from ._frames import clear_rows, normalized, put_rows, records

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from typing_extensions import Unpack

__all__ = ["dedup", "ingest", "links", "normalize"]


def ingest(
    spark: SparkSession, inputs: Union[Path, Iterable[Path], DataFrame], out: Path, **settings: Unpack[Settings]
) -> Output:
    """Reads, cleans and deduplicates inputs with ``spark``, and writes the result with all reasons to the folder ``out``.

    ``inputs`` are files, folders and patterns, or a DataFrame: a row has ``text``, and may have ``id``, ``url``, ``title``,
    ``source``, ``date`` and ``lang``; all else is carried along in ``metadata``. The order of its rows does not matter.

    The records and the summary are those of :func:`unecho.ingest`, cut into other files; the page about the run is made
    by ``Output.report()``. Work in progress stands beside ``out``, and is gone when the result is there.

    Raises:
        UsageError: settings or inputs make no sense, or only this machine has them.
        Error: the run failed; nothing was published.
    """
    words = flags(settings)
    refuse_what_spark_has_not(words)
    with translated():
        _native.config(words)
    if hasattr(inputs, "mapInArrow"):
        rows = _place_of_rows(fspath(out))
        clear_rows(rows)
        try:
            put_rows(inputs, rows)
            return _ingest(spark, [rows], out, words)
        finally:
            shutil.rmtree(rows, ignore_errors=True)
    is_one = isinstance(inputs, str) or hasattr(inputs, "__fspath__")
    return _ingest(spark, [inputs] if is_one else inputs, out, words)  # type: ignore[list-item, arg-type]


def _ingest(spark: SparkSession, inputs: Iterable[Path], out: Path, words: list[str]) -> Output:
    with translated():
        _native.ingest_spread([fspath(path) for path in inputs], fspath(out), words, Engine(spark, words))
    return Output(out)


def _place_of_rows(out: str) -> FilePath:
    """A folder that all machines see, for the rows of a result that is to stand at ``out``."""
    if "://" in out:
        return FilePath(gettempdir()) / f"unecho-rows-{blake2b(out.encode(), digest_size=8).hexdigest()}"
    folder = FilePath(out).absolute()
    return folder.with_name(f".{folder.name}.unecho-rows")


def dedup(rows: DataFrame, out: Path, **settings: Unpack[Settings]) -> DataFrame:
    """The records of the rows that are kept (docs/records.md), as a DataFrame over the result at ``out``, which has all
    reasons."""
    spark = rows.sparkSession
    settings.setdefault("format", "parquet")
    return records(spark, ingest(spark, rows, out, **settings).path, "data/")


def links(spark: SparkSession, out: Path) -> DataFrame:
    """The pairs that were compared, links and near misses, of the result at ``out``."""
    with translated():
        return records(spark, fspath(out), "ledger/links-")


def normalize(rows: DataFrame, **settings: Unpack[Settings]) -> DataFrame:
    """Each row cleaned by itself, when the DataFrame is computed: ``id``, ``text``, ``title``, ``url``, ``source``, ``date``, ``lang``,
    ``digest``, and ``record``, which is all of it with what was cut, as JSON. A row without ``id`` stays without. A row that
    cannot be taken in has ``rejected``, the reason, and ``detail``.

    What only many documents prove together, such as lines that a host repeats, stays: ``ingest`` cuts it too.
    """
    if rows.columns.count(settings.get("text_field", "text")) != 1:
        raise UsageError("rows need a column with the text")
    with translated():
        return normalized(rows, flags(settings))
