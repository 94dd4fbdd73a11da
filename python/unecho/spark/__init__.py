"""The same results on Apache Spark, for corpora that no single machine holds.

``ingest`` takes files into a folder as :func:`unecho.ingest` does: cleaning, fingerprints, comparisons and writing are
done by executors, decisions by the driver, all of it by the code of the binary. Executors need this package; all machines
see inputs and output under the same paths.
"""

from __future__ import annotations

from os import fspath
from typing import TYPE_CHECKING, Iterable, Union

from .. import _native
from .._errors import translated
from .._output import Output
from .._settings import Path, Settings, flags
from ._engine import Engine

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from typing_extensions import Unpack

__all__ = ["ingest"]


def ingest(
    spark: SparkSession, inputs: Union[Path, Iterable[Path]], out: Path, **settings: Unpack[Settings]
) -> Output:
    """Reads, cleans and deduplicates inputs with ``spark``, and writes the result with all reasons to the folder ``out``.

    The records and the summary are those of :func:`unecho.ingest`, cut into other files; the page about the run is made
    by ``Output.report()``. Work in progress stands beside ``out``, and is gone when the result is there.

    Raises:
        UsageError: settings or inputs make no sense, or only this machine has them.
        Error: the run failed; nothing was published.
    """
    is_one = isinstance(inputs, str) or hasattr(inputs, "__fspath__")
    paths: Iterable[Path] = [inputs] if is_one else inputs  # type: ignore[list-item, assignment]
    words = flags(settings)
    with translated():
        _native.ingest_spread([fspath(path) for path in paths], fspath(out), words, Engine(spark, words))
    return Output(out)
