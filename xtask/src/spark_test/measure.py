"""What a run on a cluster of two processes costs: CPU seconds by kind of process, bytes shuffled and kept in tables.

measure.py SCRATCH INPUT…: one run for each input.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from check import FLAGS, Watched, executors, session
from unecho import _native


def ticks(pid: int) -> tuple[int, int]:
    """CPU time of a process and of its children that ended, and its parent."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])), int(fields[1])


def cpu_seconds(application: str) -> dict[str, float]:
    """Of the executors' Java and of their Python, so far."""
    times, parents = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            times[int(folder.name)], parents[int(folder.name)] = ticks(int(folder.name))
        except OSError:
            continue
    java = set(executors(application))
    python: set[int] = set()
    while more := {pid for pid, parent in parents.items() if parent in java | python} - python:
        python |= more
    per_second = os.sysconf("SC_CLK_TCK")
    return {name: sum(times[pid] for pid in pids) / per_second for name, pids in [("java", java), ("python", python)]}


class Counted(Watched):
    """Sums up what tables take, and sees to digests no more than it must."""

    def __init__(self, spark: Any, flags: list[str]) -> None:
        super().__init__(spark, flags, lambda stage: None)
        self.table_bytes = 0

    def run(self, shape: str, table: str, kind: int, texts: list[str], task: bytes, output: str) -> None:
        super(Watched, self).run(shape, table, kind, texts, task, output)
        self.table_bytes += sum(file.stat().st_size for file in Path(output).rglob("*.parquet"))


def measure(scratch: Path, source: str) -> dict[str, Any]:
    spark = session("local-cluster[2,1,1500]", {})
    spark.range(4).repartition(2).count()
    application = spark.sparkContext.applicationId
    before, own = cpu_seconds(application), time.process_time()
    engine = Counted(spark, FLAGS[:1])
    started = time.monotonic()
    summary = json.loads(_native.ingest_spread([source], str(scratch / "out"), FLAGS[:1], engine))
    took = {name: value - before[name] for name, value in cpu_seconds(application).items()}
    none, stored = spark.sparkContext._gateway.new_array(spark._jvm.double, 0), spark._jvm.java.util.ArrayList()
    stages = spark.sparkContext._jsc.sc().statusStore().stageList(None, False, False, none, stored)
    shuffled = [stages.apply(at) for at in range(stages.size())]
    result = {
        "documents": summary["documents"]["read"],
        "seconds": round(time.monotonic() - started, 1),
        "cpu_driver": round(time.process_time() - own, 1),
        "cpu_java": round(took["java"], 1),
        "cpu_python": round(took["python"], 1),
        "shuffled_bytes": sum(stage.shuffleWriteBytes() for stage in shuffled),
        "table_bytes": engine.table_bytes,
        "driver_peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    spark.stop()
    shutil.rmtree(scratch / "out")
    return result


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for source in sys.argv[2:]:
        print(json.dumps(measure(folder, source)), flush=True)
