"""Rows of whatever holds rows: strings, dicts, pyarrow, polars, pandas, 🤗 datasets, anything that speaks Arrow."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping

from ._errors import UsageError

#: Rows that are taken out of a table at a time.
_BATCH_ROWS = 4096


def rows_of(documents: Any, text_field: str) -> Iterator[dict[str, Any]]:
    """Each row as a dict; a string is a row of a text."""
    for value in _values(documents):
        if isinstance(value, str):
            yield {text_field: value}
        elif isinstance(value, Mapping):
            yield dict(value)
        elif value is None:
            yield {text_field: None}
        else:
            raise UsageError(f"a row is a string or a dict, not {type(value).__name__}")


def _values(documents: Any) -> Iterable[Any]:
    if isinstance(documents, (str, bytes, Mapping)):
        raise UsageError("documents are a list or a table of rows; for one text give a list of one")
    library = type(documents).__module__.partition(".")[0]
    if library == "pyarrow":
        return _of_arrow(documents)
    if library == "polars":
        return _of_polars(documents)
    if library == "pandas":
        rows: Iterable[Any] = documents.to_dict("records") if hasattr(documents, "columns") else documents.tolist()
        return rows
    if hasattr(documents, "__arrow_c_stream__") and not isinstance(documents, Iterable):
        import pyarrow

        return _of_arrow(pyarrow.RecordBatchReader.from_stream(documents))
    values: Iterable[Any] = documents
    return values


def _of_arrow(documents: Any) -> Iterator[Any]:
    if hasattr(documents, "to_batches"):
        for batch in documents.to_batches(max_chunksize=_BATCH_ROWS):
            yield from batch.to_pylist()
    elif hasattr(documents, "read_next_batch"):
        for batch in documents:
            yield from batch.to_pylist()
    else:  # a batch, an array, a chunked array
        yield from documents.to_pylist()


def _of_polars(documents: Any) -> Iterator[Any]:
    if hasattr(documents, "collect"):
        documents = documents.collect()
    if hasattr(documents, "iter_rows"):
        yield from documents.iter_rows(named=True, buffer_size=_BATCH_ROWS)
    else:
        yield from documents.to_list()


def write_rows(documents: Any, text_field: str, file: Path) -> int:
    """Writes the rows as JSON lines; returns how many."""
    count = 0
    with file.open("w", encoding="utf-8", errors="surrogatepass", newline="\n") as lines:
        for row in rows_of(documents, text_field):
            lines.write(json.dumps(row, ensure_ascii=True, default=_plain))
            lines.write("\n")
            count += 1
    return count


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if hasattr(value, "tolist"):  # numpy
        return value.tolist()
    raise UsageError(f"a value of type {type(value).__name__} cannot be part of a row")


def held_rows(documents: Any) -> Any:
    """The documents, where they can be gone through twice."""
    if hasattr(documents, "collect"):  # a lazy frame
        return documents.collect()
    if hasattr(documents, "read_all"):  # a reader of Arrow batches
        return documents.read_all()
    return list(documents) if isinstance(documents, Iterator) else documents


def select(documents: Any, keep: list[bool]) -> Any:
    """The rows that are kept, in a holder of the same kind."""
    library = type(documents).__module__.partition(".")[0]
    if library == "pyarrow":
        import pyarrow

        return documents.filter(pyarrow.array(keep, type=pyarrow.bool_()))
    if library == "polars":
        import polars

        return documents.filter(polars.Series(keep, dtype=polars.Boolean))
    if library == "pandas":
        return documents[keep]
    if hasattr(documents, "select") and library == "datasets":
        return documents.select([row for row, kept in enumerate(keep) if kept])
    kept_rows = [row for row, kept in zip(documents, keep) if kept]
    return tuple(kept_rows) if isinstance(documents, tuple) else kept_rows
