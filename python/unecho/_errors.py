"""What can go wrong."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator

from . import _native

#: Exit code of the command for flags and inputs that make no sense.
_USAGE = 2


class Error(Exception):
    """A run that failed. ``exit_code`` is that of the command (docs/when-something-goes-wrong.md)."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class UsageError(Error, ValueError):
    """Settings or inputs that make no sense."""

    def __init__(self, message: str) -> None:
        super().__init__(message, _USAGE)


@contextmanager
def translated() -> Iterator[None]:
    """Raises what the native half raises as :class:`Error`."""
    try:
        yield
    except _native.Failed as failed:
        code, message = failed.args
        raise (UsageError(message) if code == _USAGE else Error(message, code)) from None
