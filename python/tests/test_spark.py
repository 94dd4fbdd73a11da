"""What of ``unecho.spark`` needs no Spark; ``cargo xtask spark-test`` has the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from unecho import UsageError, _native
from unecho.spark import ingest
from unecho.spark.__main__ import main
from unecho.spark._frames import clear_rows


@pytest.mark.parametrize("flag", ["--json", "--metrics=x", "--traces=otlp", "--dry-run", "--pages=x.warc.gz"])
def test_flags_that_would_do_nothing_are_refused(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["--input", "a", "b", "--output", "out", "--near=0.7", flag])
    assert refused.value.code == 2
    assert f"'{flag.partition('=')[0]}' has no meaning for a run on Spark" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stray", "said"),
    [
        (["more/"], "'more/' is no flag"),
        (["--", "more/"], "'more/' is no flag"),
        (["-q"], "'--quiet' says nothing"),
        (["-o", "x"], "'--out' says nothing"),
        (["--out=x"], "'--out' has no meaning"),
        (["--inputs=b"], "unexpected argument '--inputs'"),
        (["--mast=x"], "unexpected argument '--mast'"),
    ],
)
def test_what_nobody_would_look_at_is_refused(
    stray: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["--input", "a", "--output", "out", "--near=0.7", *stray])
    assert refused.value.code == 2
    assert said in capsys.readouterr().err


def test_settings_that_would_do_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'--pages' has no meaning"):
        ingest(None, [], tmp_path / "out", pages="x.warc.gz")  # type: ignore[arg-type, call-arg]


def test_a_row_without_id_stays_without() -> None:
    rows = ['{"text": "The quay was closed."}', '{"id": "stdin:2", "text": "It opened again."}']
    cleaned = _native.RowNormalizer([]).clean(rows)
    records = [json.loads(record or "") for record, _, _ in cleaned]
    assert [(record["id"], record["line"]) for record in records] == [(None, None), ("stdin:2", None)]
    assert _native.RowNormalizer([]).clean(rows[1:]) == cleaned[1:]


def test_only_rows_of_a_killed_job_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    clear_rows(folder)
    folder.mkdir()
    (folder / "rows-00001.jsonl").touch()
    (folder / ".rows-00002.jsonl-00ff").touch()
    (folder / "notes.txt").touch()
    with pytest.raises(UsageError, match="holds other files"):
        clear_rows(folder)
    (folder / "notes.txt").unlink()
    clear_rows(folder)
    assert not folder.exists()
