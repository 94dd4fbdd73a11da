"""Runs unecho.spark beside the binary and compares all records, and every stage with an engine of a few lines.

check.py BINARY SCRATCH WHAT INPUT…, where WHAT is one of
  equal     a cluster of two processes, once
  objects   inputs and the result are in a bucket, without an engine
  index     a cluster goes on from an index that the binary wrote
  faults    an executor is killed while pairs are found or texts compared; little memory; every task may be done twice at a time
  rows      rows of a DataFrame
  sail      the same jobs on Sail, DataFrames of rows, and an index
  skew      a hundred thousand near copies that all have a sentence in common with all others
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from functools import cached_property
from pathlib import Path
from typing import Any, Callable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq
from bucket import NAME, Bucket
from unecho import _native
from unecho.spark._engine import _SCHEMA, _WANTED, Engine, _stream, _Writer

#: Rows that are made once for each task depend on how rows are dealt out: (table, kind).
OF_TASKS = {("clean", 3), ("learned", 0), ("counted-alone", 0), ("counted-groups", 0)} | {
    (table, 0) for table in ("banded", "met", "posted", "weighed")
}
GIVEN, TEXT = 1, 2
#: Near copies of one story.
COPIES = 100_000
#: Settings that make small inputs take every path: several files of records, several batches of pairs.
FLAGS = ["--no-config", "--shard-bytes=32K"]


class Reference:
    """The jobs without an engine: tables in files, one task after the other."""

    def __init__(self, flags: list[str]) -> None:
        self.flags = flags
        self.digests: dict[str, str] = {}

    def open(self, table: str) -> _Writer:
        return _Writer(Path(table))

    def take(self, table: str, kind: int) -> Iterator[bytes]:
        return Engine.take(self, table, kind)  # type: ignore[arg-type]

    def run(self, shape: str, table: str, kind: int, texts: list[str], task: bytes, output: str) -> None:
        if shape == "joined":
            text = {key: body for table in texts for _, key, _, body in rows_of(table, TEXT)}
            found = [(TEXT, key, at, text[at]) for _, key, at, _ in rows_of(table, _WANTED)]
            rows = sorted(found + rows_of(table, GIVEN), key=lambda row: row[1])
        else:
            rows = sorted(rows_of(table, kind), key=lambda row: row[1])
        doing, writer = _native.Task(self.flags, task), self.open(output)
        portion: list[tuple[int, int, int, bytes]] = []
        for at, row in enumerate(rows):
            portion.append(row)
            if at + 1 == len(rows) or len(portion) >= 50 and rows[at + 1][1] != row[1]:
                columns = [pa.array(column, field.type) for column, field in zip(zip(*portion), _SCHEMA)]
                for made in doing.feed(_stream(pa.RecordBatch.from_arrays(columns, schema=_SCHEMA))):
                    writer.write(made)
                portion = []
        for made in doing.finish():
            writer.write(made)
        writer.close()
        self.digests[Path(output).name] = digest_of(output)


class Watched(Engine):
    """Takes the digest of each stage, and says when one begins."""

    def __init__(self, spark: Any, flags: list[str], begins: Callable[[str], None]) -> None:
        super().__init__(spark, flags)
        self.flags = flags
        self.digests: dict[str, str] = {}
        self.begins = begins

    def run(self, shape: str, table: str, kind: int, texts: list[str], task: bytes, output: str) -> None:
        self.begins(Path(output).name)
        super().run(shape, table, kind, texts, task, output)
        self.digests[Path(output).name] = digest_of(output)


def rows_of(table: str, kind: int) -> list[tuple[int, int, int, bytes]]:
    rows = []
    for file in Path(table).glob(f"kind={kind}/*.parquet"):
        columns = pq.ParquetFile(file).read(["key", "at", "body"]).to_pydict()
        rows += zip([kind] * len(columns["key"]), columns["key"], columns["at"], columns["body"])
    return rows


def digest_of(table: str) -> str:
    """Of a table's rows in canonical order."""
    digest = hashlib.blake2b(digest_size=16)
    for folder in sorted(Path(table).glob("kind=*")):
        kind = int(folder.name.removeprefix("kind="))
        if (Path(table).name, kind) in OF_TASKS:
            continue
        for _, key, at, body in sorted(rows_of(table, kind)):
            digest.update(struct.pack("<iqqq", kind, key, at, len(body)) + body)
    return digest.hexdigest()


def records(out: Path) -> dict[str, bytes]:
    """All records by kind, and the summary."""
    found = {"summary": (out / "summary.json").read_bytes()}
    for kind in ["data/train", "dropped/dropped", "rejected/rejected", "ledger/links", "ledger/stripped"]:
        files = sorted(out.glob(f"{kind}-*.jsonl"))
        assert files, f"{out}: no {kind}"
        found[kind] = b"".join(file.read_bytes() for file in files)
    found["earlier"] = b"".join(file.read_bytes() for file in sorted(out.glob("earlier/earlier-*.jsonl")))
    return found


def contents(folder: Path) -> dict[str, bytes]:
    """All files of an index, but the one that names who writes."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name != "LOCK"}


def same(expected: dict[str, bytes], out: Path, name: str) -> None:
    for kind, bytes_ in records(out).items():
        if bytes_ != expected[kind]:
            pairs = zip(expected[kind].split(b"\n"), bytes_.split(b"\n"))
            first = next((pair for pair in pairs if pair[0] != pair[1]), None)
            sys.exit(f"{name}: {kind} differs: {first}")
    problems = _native.verify(str(out), True)
    assert not problems, problems


def session(master: str, settings: dict[str, str]) -> Any:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master).appName("unecho-test")
    quiet = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    for key, value in {**quiet, **settings}.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def executors(application: str) -> list[int]:
    """The processes of a session's executors."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"org.apache.spark.executor.CoarseGrainedExecutorBackend" in words and application.encode() in words:
            found.append(int(folder.name))
    return sorted(found)


class Killer:
    """Kills an executor with SIGKILL while a stage runs."""

    def __init__(self, spark: Any, stage: str) -> None:
        self.spark, self.stage, self.killed = spark, stage, 0

    def __call__(self, begins: str) -> None:
        if begins == self.stage:
            threading.Thread(target=self.kill, daemon=True).start()

    def kill(self) -> None:
        tracker = self.spark.sparkContext.statusTracker()
        while not any(
            info is not None and info.numActiveTasks > 0
            for info in map(tracker.getStageInfo, tracker.getActiveStageIds())
        ):
            time.sleep(0.02)
        os.kill(executors(self.spark.sparkContext.applicationId)[0], signal.SIGKILL)
        self.killed += 1


class Test:
    def __init__(self, binary: str, scratch: Path, inputs: list[str]) -> None:
        self.scratch, self.inputs, self.flags = scratch, inputs, [*FLAGS, "--format=jsonl"]
        self.binary = binary
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        self.expect()

    @cached_property
    def digests(self) -> dict[str, str]:
        """Of each stage, without an engine."""
        reference = Reference(self.flags)
        self.ingest("reference", reference)
        return reference.digests

    def expect(self) -> None:
        """What the binary makes of the inputs."""
        self.expected = self.alone("alone", self.inputs)

    def alone(self, name: str, inputs: list[str], *flags: str) -> dict[str, bytes]:
        """What the binary makes of some inputs."""
        out = self.scratch / name
        ended = subprocess.run([self.binary, "ingest", "-q", *self.flags, *flags, *inputs, "--out", str(out)])
        assert ended.returncode in (0, 3), ended
        return records(out)

    def ingest(self, name: str, engine: Any) -> None:
        started = time.monotonic()
        out = self.scratch / name
        _native.ingest_spread(self.inputs, str(out), engine.flags, engine)
        same(self.expected, out, name)
        documents = json.loads(self.expected["summary"])["documents"]
        print(f"spark-test: {name}: {documents['read']} documents, {documents['dropped']} dropped: all records are the "
              f"binary's ({time.monotonic() - started:.0f} s)", flush=True)

    def on(self, name: str, spark: Any, begins: Callable[[str], None] = lambda _: None) -> None:
        expected = self.digests
        engine = Watched(spark, self.flags, begins)
        self.ingest(name, engine)
        differ = {stage for stage, digest in expected.items() if engine.digests.get(stage) != digest}
        assert engine.digests.keys() == expected.keys() and not differ, f"{name}: stages differ: {differ}"
        print(f"spark-test: {name}: {len(expected)} stages have the digests of the reference", flush=True)

    def equal(self) -> None:
        spark = session("local-cluster[2,1,1500]", {})
        assert len(executors(spark.sparkContext.applicationId)) <= 2
        self.on("cluster", spark)
        spark.stop()

    def objects(self) -> None:
        """What is read from a bucket, and written to one, is what is read and written here."""
        bucket = Bucket()
        for file in self.inputs:
            for path in [Path(file), *Path(file).rglob("*")]:
                if path.is_file():
                    bucket.objects[f"in/{path.relative_to(Path(file).parent)}"] = path.read_bytes()
        self.inputs = [f"s3a://{NAME}/in"]
        self.expected = self.alone("of-bucket", self.inputs)
        out = f"s3a://{NAME}/results/out"
        for _ in range(2):
            # The second time it replaces what is there.
            bucket.written.clear()
            _native.ingest_spread(self.inputs, out, self.flags, Reference(self.flags))
        last = [key.removeprefix("results/out/") for key in bucket.written[-2:]]
        assert last == ["manifest.json", "_SUCCESS"], last
        copy = self.scratch / "copy-of-bucket"
        for key, content in bucket.objects.items():
            if key.startswith("results/out/"):
                path = copy / key.removeprefix("results/out/")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        same(self.expected, copy, "bucket")
        assert not _native.verify(out, True)
        print("spark-test: bucket: what was read from it and written to it is what the binary makes", flush=True)

    def index(self) -> None:
        spark = session("local-cluster[2,1,1500]", {})
        self.second_run(spark)
        spark.stop()

    def second_run(self, spark: Any) -> None:
        """A run with the index of an earlier one leaves the binary's records, and the binary's index."""
        first, second = self.halves()
        ours, theirs = self.scratch / "index", self.scratch / "index-of-binary"
        self.alone("first", first, f"--index={theirs}")
        shutil.copytree(theirs, ours)
        export, again = self.scratch / "export", self.scratch / "index-of-export"
        subprocess.run([self.binary, "index", "export", str(ours), "--whole", "--out", str(export)], check=True)
        self.inputs, self.expected = second, self.alone("second", second, f"--index={theirs}")
        self.ingest("second-spread", Watched(spark, [*self.flags, f"--index={ours}"], lambda _: None))
        earlier = json.loads(self.expected["summary"])["earlier"]
        assert earlier["dropped"] > 0 and self.expected["earlier"], earlier
        assert contents(ours) == contents(theirs), "another index"
        engine = Watched(spark, [*self.flags, f"--index={export}"], lambda _: None)
        self.ingest("second-of-export", engine)
        self.index_of(export, again)
        assert contents(again) == contents(theirs), "another export"
        print(f"spark-test: index: {earlier['dropped']} dropped for documents of an earlier run: the index that is left "
              "is the binary's", flush=True)

    def index_of(self, export: Path, index: Path) -> None:
        shutil.rmtree(index, ignore_errors=True)
        subprocess.run([self.binary, "index", "import", str(export), str(index)], check=True)

    def halves(self) -> tuple[list[str], list[str]]:
        """The inputs in two parts, rows of a file in turn, so that copies are apart."""
        first = [file for file in self.inputs if not file.endswith(".jsonl")]
        second: list[str] = []
        for file in map(Path, self.inputs):
            if file.suffix == ".jsonl":
                lines = file.read_text().splitlines(keepends=True)
                for number, half in enumerate([first, second]):
                    part = self.scratch / f"{file.stem}-{number}.jsonl"
                    part.write_text("".join(lines[number::2]))
                    half.append(str(part))
        return first, second

    def faults(self) -> None:
        for stage in ["looked", "met", "weighed", "answers-01"]:
            spark = session("local-cluster[2,1,1500]", {})
            killer = Killer(spark, stage)
            self.on(f"killed-{stage}", spark, killer)
            assert killer.killed == 1, "nobody was killed"
            spark.stop()
        spark = session("local-cluster[2,1,640]", {"spark.memory.fraction": "0.1", "spark.executor.memory": "600m"})
        self.on("little-memory", spark)
        spark.stop()
        twice = {"multiplier": "1.01", "quantile": "0.1", "interval": "10ms", "minTaskRuntime": "1ms"}
        settings = {f"spark.speculation.{key}": value for key, value in twice.items()}
        spark = session("local-cluster[2,2,1500]", {**settings, "spark.speculation": "true"})
        self.on("speculation", spark)
        spark.stop()

    def rows(self) -> None:
        spark = session("local-cluster[2,1,1500]", {})
        self.frames(spark)
        spark.stop()

    def frames(self, spark: Any) -> None:
        """Rows of a DataFrame become what rows of a file become."""
        import unecho
        import unecho.spark as on_spark

        file = next(file for file in self.inputs if file.endswith("rows.jsonl"))
        rows = [json.loads(line) for line in Path(file).open() if line.startswith("{")]
        rows = [row for row in rows if row["id"] != "taken"]
        by_id = self.scratch / "by-id.jsonl"
        by_id.write_text("".join(json.dumps(row) + "\n" for row in sorted(rows, key=lambda row: row["id"])))
        expected = unecho.ingest([by_id], self.scratch / "frame-alone")
        frame = spark.createDataFrame(rows).select("id", "text", "url")
        out = self.scratch / "frame-out"
        kept = [row.id for row in on_spark.dedup(frame, out).select("id").collect()]
        assert sorted(kept) == sorted(record["id"] for record in expected.kept()), "rows that are kept"
        pairs = [(row.a, row.b, row.kind) for row in on_spark.links(spark, out).select("a", "b", "kind").collect()]
        assert sorted(pairs) == sorted((link["a"], link["b"], link["kind"]) for link in expected.links()), "links"
        bare = [{"id": row["id"], "text": row["text"]} for row in rows] + [{"id": "none", "text": " "}]
        clean = {row.id or "none": row for row in on_spark.normalize(spark.createDataFrame(bare)).collect()}
        for row, record in zip(bare, unecho.normalize(bare)):
            found = clean[row["id"]]
            assert (found.text or "", found.rejected is None) == (record["text"], record["rejected"] is None), row
        assert on_spark.normalize(spark.createDataFrame(bare).select("text")).where("id is not null").isEmpty()
        self.many_files(spark)
        print(f"spark-test: {len(rows)} rows of a DataFrame: kept, links and clean texts as of a file", flush=True)

    def many_files(self, spark: Any) -> None:
        """Rows are put into several files, with ids and without, also where a job was killed before."""
        from unecho.spark import _frames

        rows = [(None if at % 3 == 0 else f"row-{at}", f"Text {at}.") for at in range(40)]
        folder, at_once = self.scratch / "put", _frames._ROWS_OF_FILE
        folder.mkdir()
        for left in ["rows-00099.jsonl", ".rows-00000.jsonl-00ff"]:
            (folder / left).write_text("left\n")
        _frames._ROWS_OF_FILE = 10
        try:
            _frames.clear_rows(folder)
            _frames.put_rows(spark.createDataFrame(rows, "id string, text string"), folder)
        finally:
            _frames._ROWS_OF_FILE = at_once
        files = sorted(folder.iterdir())
        found = [json.loads(line) for file in files for line in file.read_text().splitlines()]
        assert 1 < len(files) <= 4, files
        assert sorted((row.get("id") or "", row["text"]) for row in found) == sorted((id_ or "", text) for id_, text in rows)

    def skew(self) -> None:
        folder = self.scratch / "copies"
        folder.mkdir()
        shared = "The harbour office closes at noon on every day before a feast of the town, as it did last year."
        story = " ".join(f"Pile {n} of the eastern pier has {n * n % 17} cracks, the divers said." for n in range(12))
        for file in range(16):
            with (folder / f"copies-{file:02}.jsonl").open("w") as rows:
                for at in range(file * COPIES // 16, (file + 1) * COPIES // 16):
                    text = f"{story} {shared} Print {at}."
                    rows.write(json.dumps({"id": f"copy-{at:06}", "text": text}) + "\n")
        self.inputs = [*self.inputs, str(folder)]
        self.expect()
        spark = session("local-cluster[2,1,1500]", {})
        stages: dict[str, float] = {}
        engine = Watched(spark, self.flags, lambda stage: stages.setdefault(stage, time.monotonic()))
        self.ingest("skew", engine)
        ends = [*list(stages.values())[1:], time.monotonic()]
        took = {stage: round(end - begin) for (stage, begin), end in zip(stages.items(), ends)}
        print(f"spark-test: skew: seconds by stage: {took}", flush=True)
        spark.stop()

    def sail(self) -> None:
        from pysail.spark import SparkConnectServer
        from pyspark.sql import SparkSession

        server = SparkConnectServer()
        server.start()
        _, port = server.listening_address
        spark = SparkSession.builder.remote(f"sc://localhost:{port}").getOrCreate()
        self.on("sail", spark)
        self.frames(spark)
        self.second_run(spark)
        spark.stop()
        server.stop()


if __name__ == "__main__":
    binary, scratch, what, *inputs = sys.argv[1:]
    if "," in what:
        # Spark and a session by its protocol do not go together in one process.
        for one in what.split(","):
            subprocess.run([sys.executable, "-E", __file__, binary, scratch, one, *inputs], check=True)
        sys.exit()
    test = Test(binary, Path(scratch), inputs)
    checks: dict[str, Callable[[], None]] = {"equal": test.equal, "objects": test.objects, "index": test.index, "rows": test.rows, "faults": test.faults, "sail": test.sail, "skew": test.skew}
    checks[what]()
