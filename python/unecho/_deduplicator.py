"""Texts in memory: cleaned, or without copies."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Iterable, Optional, TypeVar

from . import _native
from ._errors import translated
from ._output import Output, Record
from ._rows import held_rows, select, write_rows
from ._settings import Settings, flags

if TYPE_CHECKING:
    from typing_extensions import Unpack

Documents = TypeVar("Documents")

#: Name under which rows from memory go: records have it as ``path``, rows without an id as first part of one.
_NAME = "rows"


def normalize(texts: Any, **settings: Unpack[Settings]) -> list[Record]:
    """Cleans texts: strips what is not the article, and says what and why.

    ``texts`` are strings (plain text or HTML), dicts, or a table, as for :class:`Deduplicator`. The result has one record
    for each row, in order: ``text``, ``stripped`` (what was cut, by which rule), ``attributions`` (whom the text credits)
    and the other fields of docs/records.md. A row that cannot be taken in has an empty ``text`` and ``rejected`` with
    ``reason`` and ``detail``; ``rejected`` of all others is ``None``. Many texts at once cost less than one at a time.

    Raises:
        UsageError: settings or rows make no sense.
    """
    with TemporaryDirectory(prefix="unecho-") as folder:
        file = Path(folder) / f"{_NAME}.jsonl"
        count = write_rows(texts, settings.get("text_field", "text"), file)
        if count == 0:
            return []
        with translated():
            records, rejected = _native.normalize([str(file)], flags(settings))
    result: list[Record] = [{"text": "", "stripped": [], "attributions": [], "rejected": None} for _ in range(count)]
    for record in map(json.loads, records):
        result[record["line"] - 1] = {**record, "path": _NAME, "rejected": None}
    for refusal in map(json.loads, rejected):
        result[refusal["line"] - 1]["rejected"] = {"reason": refusal["reason"], "detail": refusal["detail"]}
    return result


@dataclass(frozen=True)
class Decision:
    """What became of one row."""

    #: The row, from 0.
    row: int
    #: ``kept``, ``dropped`` or ``rejected``.
    fate: str
    #: The public id.
    id: str
    #: ``exact``, ``near``, ``contained`` or ``rewrite``, for dropped rows.
    kind: Optional[str] = None
    #: The id of the document that is kept for a dropped one.
    kept_id: Optional[str] = None
    #: Its row; ``None`` for a document of an earlier run.
    kept_row: Optional[int] = None
    #: Why it was dropped or rejected.
    reason: Optional[str] = None


@dataclass(frozen=True)
class Deduplicated:
    """What became of rows."""

    #: One for each row, in order.
    decisions: list[Decision]
    #: Records of kept rows.
    kept: list[Record] = field(repr=False)
    #: Records of dropped rows, with scores and passages.
    dropped: list[Record] = field(repr=False)
    #: Records of rows that could not be taken in.
    rejected: list[Record] = field(repr=False)
    #: Pairs that were compared: links and near misses.
    links: list[Record] = field(repr=False)
    #: The totals.
    summary: Record = field(repr=False)

    @property
    def keep(self) -> list[bool]:
        """For each row whether it is kept."""
        return [decision.fate == "kept" for decision in self.decisions]


class Deduplicator:
    """Drops copies among rows that are in memory.

    Rows are strings, or dicts with ``text`` and perhaps ``id``, ``url``, ``title``, ``source``, ``date``, ``lang``: a list,
    a pyarrow table, a polars or pandas frame, a data set of 🤗 datasets, or any other iterable or holder of an Arrow
    stream. Keyword arguments are the settings of a run. With ``index`` copies of what earlier runs saw go too.
    """

    def __init__(self, **settings: Unpack[Settings]) -> None:
        """Checks the settings.

        Raises:
            UsageError: they make no sense.
        """
        self._settings = settings
        self._flags = flags(settings)
        with translated():
            _native.config(self._flags)

    def run(self, documents: Any) -> Deduplicated:
        """Says what becomes of each row, and why."""
        with TemporaryDirectory(prefix="unecho-") as folder:
            file = Path(folder) / f"{_NAME}.jsonl"
            count = write_rows(documents, self._settings.get("text_field", "text"), file)
            if count == 0:
                return Deduplicated([], [], [], [], [], {})
            out = Path(folder) / "out"
            with translated():
                _native.ingest([str(file)], str(out), self._flags)
            output = Output(out)
            kept, dropped, rejected = (list(_named(part)) for part in (output.kept(), output.dropped(), output.rejected()))
            links, summary = list(output.links()), output.summary
        decisions = _decisions(count, kept, dropped, rejected)
        return Deduplicated(decisions, kept, dropped, rejected, links, summary)

    def filter(self, documents: Documents) -> Documents:
        """The same rows without copies and without what cannot be taken in, in a holder of the same kind."""
        held = held_rows(documents)
        result: Documents = select(held, self.run(held).keep)
        return result


def _named(records: Iterable[Record]) -> Iterable[Record]:
    return ({**record, "path": _NAME} for record in records)


def _decisions(count: int, kept: list[Record], dropped: list[Record], rejected: list[Record]) -> list[Decision]:
    rows = {record["id"]: record["line"] - 1 for record in kept}
    found: dict[int, Decision] = {}
    for record in kept:
        row = record["line"] - 1
        found[row] = Decision(row, "kept", record["id"])
    for record in dropped:
        row, kept_id = record["line"] - 1, record["kept_id"]
        kept_row = None if record.get("kept_run") else rows.get(kept_id)
        found[row] = Decision(row, "dropped", record["id"], record["kind"], kept_id, kept_row, record["reason"])
    for record in rejected:
        row = record["line"] - 1
        found[row] = Decision(row, "rejected", record["id"], reason=f"{record['reason']}: {record['detail']}")
    missing = "the row was passed over"
    return [found.get(row) or Decision(row, "rejected", "", reason=missing) for row in range(count)]
