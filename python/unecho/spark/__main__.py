"""``python -m unecho.spark --input … --output …``: ingest with the session that spark-submit or the defaults give."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Optional, Sequence

from .. import _native
from .._errors import Error, translated
from .._settings import refuse_what_spark_has_not
from ._engine import Engine


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Runs the command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m unecho.spark",
        description="Deduplicates a corpus on Apache Spark, with the results of 'unecho ingest'. All other flags are "
        "those of 'unecho ingest' that say how it is done.",
        allow_abbrev=False,
    )
    parser.add_argument("--input", action="extend", nargs="+", required=True, help="files, folders or patterns")
    parser.add_argument("--output", required=True, help="folder of the result, which all machines see, or s3://…, gs://…, az://…")
    parser.add_argument("--master", help="Spark's master, such as 'spark://host:7077' or 'local[4]'")
    parser.add_argument("--conf", action="append", default=[], metavar="KEY=VALUE", help="a setting of Spark")
    known, flags = parser.parse_known_args(arguments)
    try:
        refuse_what_spark_has_not(flags)
        with translated():
            _native.config(flags)
    except Error as error:
        parser.error(str(error))

    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("unecho")
    if known.master:
        builder = builder.master(known.master)
    for setting in known.conf:
        key, _, value = setting.partition("=")
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    try:
        with translated():
            summary = _native.ingest_spread(known.input, known.output, flags, Engine(spark, flags))
    except Error as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    finally:
        spark.stop()
    documents = json.loads(summary)["documents"]
    print(json.dumps({"output": known.output, "documents": documents}))
    return 3 if documents["rejected"] else 0


if __name__ == "__main__":
    sys.exit(main())
