"""The code in the pages about the package."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pyarrow
import pytest

import unecho

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("page", ["README.md", "docs/python.md", "docs/recipes.md", "python/README.md"])
def test_code_of_pages(page: str, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    shutil.copytree(corpus, tmp_path / "articles")
    monkeypatch.chdir(tmp_path)
    rows = [{"id": str(at), "text": text} for at, text in enumerate(["One report.", "One report.", "Another one."])]
    names: dict[str, Any] = {"unecho": unecho, "rows": rows, "table": pyarrow.Table.from_pylist(rows)}
    for block in blocks:
        exec(block, names)  # noqa: S102
    assert blocks and names["table"].num_rows == 2
