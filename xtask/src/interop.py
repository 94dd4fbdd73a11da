"""Reads outputs of unecho with the libraries that people use, and compares every row.

Arguments: the folder of outputs named by their format; `jsonl` among them is the truth, which needs
nothing but the standard library to be read. Started by `cargo xtask interop`.
"""

import glob
import hashlib
import json
import logging
import os
import sys

import datasets
import duckdb
import mlcroissant
import polars
import pyarrow
import pyarrow.json
import pyarrow.parquet

KINDS = {
    "data/train": ["copies", "possible_copies"],
    "dropped/dropped": ["kept_id", "kind", "scores", "passages", "reason"],
    "earlier/earlier": ["run"],
    "rejected/rejected": ["reason", "detail"],
    "ledger/links": ["a", "b", "accepted"],
    "ledger/stripped": ["rule", "action"],
}


def plain(value):
    """A value without what only says that there is none: fields that are null, and JSON kept as text."""
    if isinstance(value, dict):
        fields = {name: plain(field) for name, field in value.items() if field is not None}
        if isinstance(fields.get("metadata"), str):
            fields["metadata"] = plain(json.loads(fields["metadata"]))
        return {name: field for name, field in fields.items() if field != {}}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return float("%.6g" % value)
    return value


def with_some_date(value):
    """Without what dates there are: datasets makes times of dates in JSON lines, whatever type the card says."""
    if isinstance(value, dict):
        return {name: "a date" if name == "date" else with_some_date(field) for name, field in value.items()}
    return [with_some_date(item) for item in value] if isinstance(value, list) else value


def check(what, found, expected, without=(), seen_as=plain):
    found, expected = (
        [{k: v for k, v in seen_as(plain(row)).items() if k not in without} for row in rows] for rows in (found, expected)
    )
    assert len(found) == len(expected), f"{what}: {len(found)} rows, {len(expected)} expected"
    for at, (a, b) in enumerate(zip(found, expected)):
        other = {name: (a.get(name), b.get(name)) for name in a.keys() | b.keys() if a.get(name) != b.get(name)}
        assert not other, f"{what}: row {at}: {other}"


def typed(field_type, path):
    assert not pyarrow.types.is_null(field_type), f"{path} has no type"
    for at in range(field_type.num_fields):
        field = field_type.field(at)
        typed(field.type, f"{path}.{field.name}")


def check_parquet(shards, pattern, expected):
    schemas = [pyarrow.parquet.read_schema(shard) for shard in shards]
    for shard, schema in zip(shards, schemas):
        assert schema.equals(schemas[0]), f"{shard} has another schema"
        for field in schema:
            typed(field.type, f"{shard}: {field.name}")
        metadata = pyarrow.parquet.ParquetFile(shard).metadata
        for group in range(metadata.num_row_groups):
            for at in range(metadata.num_columns):
                column = metadata.row_group(group).column(at)
                assert column.compression == "ZSTD" and column.has_offset_index, f"{shard}: {column}"
    check(f"pyarrow {pattern}", pyarrow.parquet.read_table(shards).to_pylist(), expected)
    check(f"polars {pattern}", polars.read_parquet(pattern).to_dicts(), expected)
    check(f"polars lazy {pattern}", polars.scan_parquet(pattern).collect().to_dicts(), expected)
    query = f"select * from read_parquet('{pattern}')"
    check(f"duckdb {pattern}", duckdb.sql(query).to_arrow_table().to_pylist(), expected)
    loaded = datasets.load_dataset("parquet", data_files=pattern, split="train")
    check(f"datasets {pattern}", loaded.to_list(), expected)
    streamed = datasets.load_dataset("parquet", data_files=pattern, split="train", streaming=True)
    check(f"datasets streaming {pattern}", list(streamed), expected)


def nullable(data_type):
    """A type in which anything may be absent: pyarrow asks for the fields of a structure that is null."""
    if pyarrow.types.is_list(data_type):
        return pyarrow.list_(nullable(data_type.value_type))
    if pyarrow.types.is_struct(data_type):
        return pyarrow.struct([(field.name, nullable(field.type)) for field in data_type])
    return data_type


def check_lines(shards, pattern, expected, schema):
    # Fields of the input take any shape, which tables of one shape cannot hold; all others must be there.
    free = ["metadata"]
    # The schema of the Parquet files is also the one of the lines.
    options = pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    tables = []
    for shard in shards:
        if pyarrow.input_stream(shard, compression="detect").read(1):
            lines = pyarrow.input_stream(shard, compression="detect")
            tables.append(pyarrow.json.read_json(lines, parse_options=options))
    rows = [row for table in tables for row in table.to_pylist()]
    check(f"pyarrow {pattern}", rows, expected, free)
    if expected:
        query = f"select * from read_json('{pattern}', format = 'newline_delimited', sample_size = -1)"
        rows = duckdb.sql(query).to_arrow_table().to_pylist()
        assert [row.get("id", row.get("a")) for row in rows] == [row.get("id", row.get("a")) for row in expected]
        frame = polars.scan_ndjson(pattern, schema=polars.from_arrow(schema.empty_table()).schema).collect()
        check(f"polars {pattern}", frame.to_dicts(), expected, free)


def check_documents(folder, truth):
    """One reader for documents, whatever became of them: their tables begin with the same columns."""
    kinds = ["data/train", "dropped/dropped", "earlier/earlier", "rejected/rejected"]
    tables = [pyarrow.parquet.read_table(sorted(glob.glob(f"{folder}/parquet/{kind}-*.parquet"))) for kind in kinds]
    own = tables[0].schema.names[: tables[0].schema.names.index("metadata") + 1]
    documents = pyarrow.concat_tables([table.select(own) for table in tables])
    expected = [{name: row.get(name) for name in own} for kind in kinds for row in truth[kind]]
    check("pyarrow, all documents", documents.to_pylist(), expected)


def check_by_name(output, kind, expected):
    """By the dataset card: a folder and the name of a part of it."""
    name = kind.split("/")[1].replace("train", "kept")
    seen_as = plain if output.endswith("parquet") else with_some_date
    loaded = datasets.load_dataset(output, name, split="train")
    check(f"datasets {output} {name}", loaded.to_list(), expected, seen_as=seen_as)
    streamed = datasets.load_dataset(output, name, split="train", streaming=True)
    check(f"datasets streaming {output} {name}", list(streamed), expected, seen_as=seen_as)


def check_croissant(output):
    metadata = mlcroissant.Dataset(f"{output}/croissant.json").metadata
    assert not metadata.ctx.issues.errors, metadata.ctx.issues.report()
    sums = {file.content_url: file.sha256 for file in metadata.distribution}
    for path, sha256 in sums.items():
        with open(f"{output}/{path}", "rb") as shard:
            assert hashlib.sha256(shard.read()).hexdigest() == sha256, path
    names = {part.id for part in metadata.record_sets}
    assert names == {"kept", "dropped", "earlier", "rejected", "links", "stripped"}, names


def main(folder):
    truth = {}
    for kind, fields in KINDS.items():
        rows = []
        for shard in sorted(glob.glob(f"{folder}/jsonl/{kind}-*")):
            with open(shard, encoding="utf-8") as lines:
                rows.extend(json.loads(line) for line in lines)
        assert all(field in row for row in rows for field in fields), f"{kind}: fields are missing"
        truth[kind] = rows
    assert all(len(truth[kind]) > 0 for kind in KINDS), {kind: len(rows) for kind, rows in truth.items()}
    datasets.disable_progress_bars()
    # Date, licence, version and citation are recommended, and for others to say.
    logging.getLogger("absl").setLevel(logging.ERROR)
    for form in ["parquet", "jsonl.zst", "jsonl.gz", "jsonl"]:
        n_shards = 0
        for kind, expected in truth.items():
            pattern = f"{folder}/{form}/{kind}-*.{form}"
            shards = sorted(glob.glob(pattern))
            if form == "parquet":
                check_parquet(shards, pattern, expected)
            else:
                schema = pyarrow.parquet.read_schema(glob.glob(f"{folder}/parquet/{kind}-*")[0])
                fields = [field for field in schema if field.name != "metadata"]
                check_lines(shards, pattern, expected, pyarrow.schema([(field.name, nullable(field.type)) for field in fields]))
            check_by_name(f"{folder}/{form}", kind, expected)
            n_shards += len(shards)
        check_croissant(f"{folder}/{form}")
        if form == "parquet":
            check_documents(folder, truth)
        print(f"interop: {form}: {sum(map(len, truth.values()))} rows in {n_shards} files", file=sys.stderr)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
