"""Finds every copy of every story and keeps one voice of each.

``normalize`` cleans texts, ``Deduplicator`` drops copies among rows in memory, ``ingest`` takes files, folders,
archives and addresses into a folder. All run the pipeline of the binary ``unecho``, with the same results.
"""

from __future__ import annotations

import sys

from ._deduplicator import Decision, Deduplicated, Deduplicator, normalize
from ._errors import Error, UsageError
from ._native import __version__
from ._output import Output, ingest
from ._settings import Settings

__all__ = [
    "Decision",
    "Deduplicated",
    "Deduplicator",
    "Error",
    "Output",
    "Settings",
    "UsageError",
    "__version__",
    "ingest",
    "normalize",
]


def _main() -> int:
    """The command line."""
    from . import _native

    return _native.main(["unecho", *sys.argv[1:]])
