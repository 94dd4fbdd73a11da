"""Where the binary and the texts are. `cargo xtask python` sets both."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Callable

import pytest


@pytest.fixture(scope="session")
def binary() -> str:
    return os.environ["UNECHO_BIN"]


@pytest.fixture(scope="session")
def corpus() -> Path:
    return Path(__file__).parents[2] / "demo" / "corpus"


@pytest.fixture
def by_binary(binary: str, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """What the binary makes of inputs: ids, kinds and keepers."""

    def run(*args: str) -> dict[str, Any]:
        out = tmp_path / "by-binary"
        flags = ["--no-config", "--format", "jsonl", "--out", str(out)]
        ended = subprocess.run([binary, "ingest", "-q", *args, *flags], capture_output=True, text=True)
        assert ended.returncode in (0, 3), ended.stderr
        records = lambda name: [  # noqa: E731
            json.loads(line) for file in sorted((out / name).glob("*.jsonl")) for line in file.open(encoding="utf-8")
        ]
        return {
            "kept": [record["id"] for record in records("data")],
            "dropped": [(record["id"], record["kind"], record["kept_id"]) for record in records("dropped")],
            "rejected": [(record["id"], record["reason"]) for record in records("rejected")],
        }

    return run
