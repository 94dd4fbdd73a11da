"""Folders that runs leave."""

from __future__ import annotations

import json
from os import fspath
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Iterable, Iterator, Union

from . import _native
from ._errors import translated
from ._settings import Path, Settings, flags

if TYPE_CHECKING:
    from typing_extensions import Unpack

Record = dict[str, Any]


class Output:
    """A finished output: the records described in docs/records.md, and whether it is whole."""

    def __init__(self, path: Path) -> None:
        """Opens the output at ``path``, a folder or an address of an object store."""
        self.path: str = fspath(path)
        with translated():
            self._files = [file for file, _ in _native.files(self.path)]

    def __repr__(self) -> str:
        return f"unecho.Output({self.path!r})"

    @property
    def summary(self) -> Record:
        """The totals, as in ``summary.json``."""
        return self._json("summary.json")

    @property
    def manifest(self) -> Record:
        """What is here, from what, made how, as in ``manifest.json``."""
        return self._json("manifest.json")

    def kept(self) -> Iterator[Record]:
        """The documents that are kept, with the provenance of their copies."""
        return self._records("data/")

    def dropped(self) -> Iterator[Record]:
        """The copies, each with ``kept_id``, ``kind``, ``scores``, ``passages`` and ``reason``."""
        return self._records("dropped/")

    def rejected(self) -> Iterator[Record]:
        """What could not be taken in, with ``reason`` and ``detail``."""
        return self._records("rejected/")

    def earlier(self) -> Iterator[Record]:
        """Documents of earlier runs that records name, for runs with an index."""
        return self._records("earlier/")

    def links(self) -> Iterator[Record]:
        """Pairs that were compared: links and near misses."""
        return self._records("ledger/links-")

    def stripped(self) -> Iterator[Record]:
        """Every cut."""
        return self._records("ledger/stripped-")

    def verify(self, *, read_data: bool = False) -> list[str]:
        """How the output differs from its manifest; an empty list when all is well."""
        with translated():
            return _native.verify(self.path, read_data)

    def report(self) -> str:
        """The page about the run, as HTML."""
        with translated():
            return _native.report(self.path)

    def _records(self, prefix: str) -> Iterator[Record]:
        for file in self._files:
            if file.startswith(prefix):
                with translated():
                    lines = _native.records(self.path, file)
                for line in lines:
                    yield json.loads(line)

    def _json(self, name: str) -> Record:
        value: Record = json.loads((FilePath(self.path) / name).read_text(encoding="utf-8"))
        return value


def ingest(inputs: Union[Path, Iterable[Path]], out: Path, **settings: Unpack[Settings]) -> Output:
    """Reads, cleans and deduplicates inputs, and writes the result with all reasons to the folder ``out``.

    ``inputs`` are files, folders, globs, addresses of the web or of object stores, as for the command. The folder appears
    whole or not at all; an earlier result is replaced. What cannot be read is in ``rejected()``.

    Raises:
        UsageError: settings or inputs make no sense.
        Error: the run failed; nothing was published.
    """
    is_one = isinstance(inputs, str) or hasattr(inputs, "__fspath__")
    paths: Iterable[Path] = [inputs] if is_one else inputs  # type: ignore[list-item, assignment]
    with translated():
        _native.ingest([fspath(path) for path in paths], fspath(out), flags(settings))
    return Output(out)
