"""Keyword arguments as flags of ``unecho ingest``."""

from __future__ import annotations

from os import PathLike, fspath
from typing import Any, Iterable, Mapping, Sequence, TypedDict, Union

from ._errors import UsageError

Path = Union[str, "PathLike[str]"]


class Settings(TypedDict, total=False):
    """The settings of a run; the command's help has the details (``unecho ingest --help``)."""

    #: Resemblance of word 5-shingles from which two documents are near copies.
    near: float
    #: From where on two documents are linked: a probability, or by kind, such as ``{"near": 0.6}``.
    likely: Union[float, Mapping[str, float]]
    #: From where on one of two documents is dropped; as for ``likely``.
    sure: Union[float, Mapping[str, float]]
    #: Who is kept of a story, such as ``["origin", "complete", "earliest"]``.
    keep: Union[str, Sequence[str]]
    #: What a link leads to, by kind of copy: ``{"rewrite": "tag"}``; ``drop``, ``tag`` or ``ignore``.
    on: Mapping[str, str]
    #: A file that ``unecho eval tune`` wrote.
    calibration: Path
    #: ``accepted``, ``near-misses`` or ``all``.
    ledger: str
    #: Folder with what earlier runs saw.
    index: Path
    #: ``tag`` or ``replace``.
    on_better_copy: str
    #: ``jsonl.zst``, ``jsonl.gz``, ``jsonl`` or ``parquet``.
    format: str
    #: Bytes of records in a shard, such as ``"64M"``.
    shard_bytes: Union[int, str]
    #: ``dolma``: attribute files, line by line of the inputs.
    attributes: str
    #: Field that holds the text.
    text_field: str
    #: Whose field names rows have.
    layout: str
    #: Files with more boilerplate rules.
    rules: Union[Path, Sequence[Path]]
    #: Boilerplate rules to switch off.
    no_rules: Union[str, Sequence[str]]
    #: What is cut from texts: ``boilerplate`` or ``nothing``.
    strip: str
    #: ``both`` or ``fast``.
    extract: str
    #: Worker threads; the result does not depend on it.
    threads: int


#: Settings whose flag has another name.
_NAMES = {"no_rules": "no-rule"}
#: Flags that say what to do and not how.
_NOT_SETTINGS = {
    "out", "json", "metrics", "traces", "dry_run", "print_config", "help", "version", "quiet", "verbose", "color"
}


#: Flags that a run on Spark has no use for, beside those.
_NOT_ON_SPARK = _NOT_SETTINGS | {"pages"}


def refuse_what_spark_has_not(words: Iterable[str]) -> None:
    """Raises an error for flags that would be taken and then do nothing."""
    for word in words:
        flag = word.partition("=")[0]
        if flag.startswith("--") and flag[2:].replace("-", "_") in _NOT_ON_SPARK:
            raise UsageError(f"'{flag}' has no meaning for a run on Spark")


def flags(settings: Mapping[str, Any]) -> list[str]:
    """The flags that these settings stand for."""
    words: list[str] = []
    for name, value in settings.items():
        if name in _NOT_SETTINGS:
            raise UsageError(f"'{name}' is no setting of a run")
        flag = "--" + _NAMES.get(name, name.replace("_", "-"))
        words.extend(_words(flag, name, value))
    return words


def _words(flag: str, name: str, value: Any) -> list[str]:
    if value is None or value is False:
        return []
    if value is True:
        return [flag]
    if isinstance(value, Mapping):
        return [f"{flag}={key}={one}" for key, one in value.items()]
    if isinstance(value, (str, PathLike)):
        return [f"{flag}={fspath(value)}"]
    if isinstance(value, Sequence):
        texts = [fspath(one) if isinstance(one, PathLike) else str(one) for one in value]
        return [f"{flag}={','.join(texts)}"] if name == "keep" else [f"{flag}={text}" for text in texts]
    return [f"{flag}={value}"]
