"""The package beside the binary, and with the libraries that hold rows."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import unecho

WORDS = "harbour council ferry letter engine morning payment window garden station mountain teacher river market".split()


def prose(seed: int, count: int = 80) -> str:
    """Words that differ for each seed, in sentences."""
    state, words = seed * 2654435761 % 2**32, []
    for at in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        words.append(f"{WORDS[state >> 16 & 7]}{state >> 20}" + ("." if at % 12 == 11 else ""))
    return " ".join(words)


def planted() -> list[dict[str, Any]]:
    near = prose(1).replace(" ", " oddly ", 1)
    texts = [prose(1), prose(2), near, prose(2), prose(3), "", prose(1) + "\n\nimage source from:examplepost"]
    return [{"id": f"row-{at}", "text": text, "date": "2024-05-01"} for at, text in enumerate(texts)]


def told(result: unecho.Deduplicated) -> dict[str, Any]:
    return {
        "kept": [record["id"] for record in result.kept],
        "dropped": [(record["id"], record["kind"], record["kept_id"]) for record in result.dropped],
        "rejected": [(record["id"], record["reason"]) for record in result.rejected],
    }


def test_rows_are_decided_as_by_the_binary(by_binary: Any, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in planted()), encoding="utf-8")
    result = unecho.Deduplicator().run(planted())
    assert told(result) == by_binary(str(file))
    assert {decision.fate for decision in result.decisions} == {"kept", "dropped", "rejected"}
    assert [decision.row for decision in result.decisions] == list(range(len(planted())))


def test_files_are_decided_as_by_the_binary(by_binary: Any, corpus: Path, tmp_path: Path) -> None:
    for settings in [{}, {"near": 0.9, "on": {"rewrite": "tag"}, "keep": ["longest", "first"], "threads": 1}]:
        output = unecho.ingest([corpus], tmp_path / "out", format="parquet", **settings)
        flags = ["--near=0.9", "--on=rewrite=tag", "--keep=longest,first"] if settings else []
        dropped = [(record["id"], record["kind"], record["kept_id"]) for record in output.dropped()]
        expected = by_binary(str(corpus), *flags)
        assert [record["id"] for record in output.kept()] == expected["kept"]
        assert dropped == expected["dropped"]
    assert output.verify(read_data=True) == []
    assert output.summary["documents"]["read"] == 48
    assert output.manifest["documents"]["read"] == 48
    assert "unecho report" in output.report()
    assert any(link["accepted"] for link in output.links())
    assert any(cut["rule"] == "credit.image-source" for cut in output.stripped())


def test_cleaned_as_by_the_binary(binary: str, tmp_path: Path) -> None:
    texts = [row["text"] for row in planted()]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    lines = subprocess.run([binary, "normalize", "-q", "--no-config", str(file)], capture_output=True, text=True).stdout
    expected = [json.loads(line) for line in lines.splitlines()]
    found = unecho.normalize(texts)
    assert len(found) == len(texts)
    assert [(one["text"], one["stripped"]) for one in found if not one["rejected"]] == [
        (one["text"], one["stripped"]) for one in expected
    ]
    assert found[5]["rejected"]["reason"] == "empty" and found[5]["text"] == ""
    assert found[6]["attributions"][0]["name"] == "examplepost"
    assert unecho.normalize([]) == []
    as_it_is = unecho.normalize([texts[6]], strip="nothing")[0]
    assert as_it_is["text"].endswith("\nimage source from:examplepost") and not as_it_is["stripped"]


def holders() -> list[tuple[str, Any]]:
    import datasets
    import pandas
    import polars
    import pyarrow

    rows = planted()
    table = pyarrow.Table.from_pylist(rows)
    return [
        ("list", rows),
        ("strings", [row["text"] for row in rows]),
        ("tuple", tuple(rows)),
        ("generator", (row for row in rows)),
        ("pyarrow table", table),
        ("pyarrow batch", table.to_batches()[0]),
        ("pyarrow array", table["text"]),
        ("pyarrow reader", table.to_reader()),
        ("polars", polars.DataFrame(rows)),
        ("polars lazy", polars.LazyFrame(rows)),
        ("polars series", polars.Series([row["text"] for row in rows])),
        ("pandas", pandas.DataFrame(rows)),
        ("datasets", datasets.Dataset.from_list(rows)),
    ]


@pytest.mark.parametrize("at", range(13))
def test_every_holder_of_rows(at: int) -> None:
    name, documents = holders()[at]
    expected = [planted()[row]["text"] for row in (0, 1, 4)]
    filtered = unecho.Deduplicator(keep="first").filter(documents)
    if name not in ("generator", "polars lazy", "pyarrow reader"):
        assert type(filtered) is type(documents)
    values = filtered.to_pylist() if hasattr(filtered, "to_pylist") else filtered
    if hasattr(values, "to_dicts"):
        values = values.to_dicts()
    if hasattr(values, "to_dict") and hasattr(values, "columns"):
        values = values.to_dict("records")
    texts = [value if isinstance(value, str) else value["text"] for value in values]
    assert texts == expected, name


def test_values_that_json_does_not_know() -> None:
    from datetime import date, datetime
    from decimal import Decimal

    row = {"text": prose(9), "date": date(2024, 5, 1), "at": datetime(2024, 5, 1, 12), "price": Decimal("1.5"), "raw": b"x"}
    record = unecho.Deduplicator().run([row]).kept[0]
    assert record["date"] == "2024-05-01" and record["metadata"]["price"] == "1.5"
    with pytest.raises(unecho.UsageError, match="object"):
        unecho.normalize([{"text": "x", "what": object()}])


def test_what_makes_no_sense_is_refused() -> None:
    for settings in [{"near": 7}, {"neer": 0.7}, {"keep": "newest"}, {"out": "x"}, {"on": {"rewrite": "burn"}}]:
        with pytest.raises(unecho.UsageError) as refused:
            unecho.Deduplicator(**settings)
        assert refused.value.exit_code == 2 and isinstance(refused.value, ValueError)
    for documents in ["one text", {"text": "one row"}, [7]]:
        with pytest.raises(unecho.UsageError):
            unecho.Deduplicator().run(documents)
    with pytest.raises(unecho.UsageError, match="absent"):
        unecho.ingest(["absent"], "out")
    with pytest.raises(unecho.Error) as absent:
        unecho.Output("absent")
    assert absent.value.exit_code == 10


def test_an_index_remembers_earlier_rows(tmp_path: Path) -> None:
    monday = unecho.Deduplicator(index=tmp_path / "index").run([{"id": "monday", "text": prose(1)}])
    tuesday = unecho.Deduplicator(index=tmp_path / "index").run([{"id": "tuesday", "text": prose(1)}])
    assert monday.keep == [True] and tuesday.keep == [False]
    decision = tuesday.decisions[0]
    assert (decision.kind, decision.kept_id, decision.kept_row) == ("exact", "monday", None)


def test_other_threads_go_on_meanwhile(tmp_path: Path) -> None:
    from unecho import _native

    ticks: list[float] = []
    done = threading.Event()

    def tick() -> None:
        while not done.wait(0.005):
            ticks.append(time.monotonic())

    file = tmp_path / "rows.jsonl"
    rows = [{"text": prose(seed, 120)} for seed in range(3000)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    beside = threading.Thread(target=tick)
    beside.start()
    begun = time.monotonic()
    try:
        _native.normalize([str(file)], [])
    finally:
        ended = time.monotonic()
        done.set()
        beside.join()
    assert sum(begun < at < ended for at in ticks) >= 2, "the lock was held"


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_an_interrupt_ends_a_run(tmp_path: Path) -> None:
    # Standard input that stays open keeps the run in the middle of its work.
    script = f"import unecho; print('begun', flush=True); unecho.ingest(['-'], {str(tmp_path / 'out')!r})"
    child = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
    assert child.stdout and child.stdout.readline() == "begun\n"
    while child.poll() is None:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(0.5)
        except subprocess.TimeoutExpired:
            continue
    assert child.stderr and "KeyboardInterrupt" in child.stderr.read()
    assert not (tmp_path / "out").exists()


def test_the_command_is_there(binary: str) -> None:
    command = Path(sys.executable).with_name("unecho")
    said = [subprocess.run([program, "--version"], capture_output=True, text=True) for program in (command, binary)]
    assert said[0].stdout == said[1].stdout and said[0].returncode == 0
    assert subprocess.run([command, "verify", "absent"], capture_output=True).returncode == 10
    assert unecho.__version__ in said[0].stdout
