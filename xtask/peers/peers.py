"""What users would write to deduplicate JSON lines with each library: word 5-grams, 14 x 8 bands.

python peers.py TOOL IN.jsonl OUT.jsonl
"""

import json
import os
import sys

BANDS, ROWS = 14, 8
HASHES = BANDS * ROWS
# Processes of datatrove; the others share the cores among threads.
WORKERS = int(os.environ.get("RAYON_NUM_THREADS", "2"))


def grams(text):
    words = text.lower().split()
    return {" ".join(words[at : at + 5]) for at in range(max(1, len(words) - 4))}


def rows(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def write(path, kept):
    with open(path, "w", encoding="utf-8") as out:
        for row in kept:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def datasketch(source, target):
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(num_perm=HASHES, params=(BANDS, ROWS))

    def kept():
        for row in rows(source):
            signature = MinHash(num_perm=HASHES)
            signature.update_batch([gram.encode() for gram in grams(row["text"])])
            if not index.query(signature):
                index.insert(row["id"], signature, check_duplication=False)
                yield row

    write(target, kept())


def rensa(source, target):
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=0.7, num_perm=HASHES, num_bands=BANDS)

    def kept():
        for number, row in enumerate(rows(source)):
            signature = RMinHash(num_perm=HASHES, seed=42)
            signature.update(list(grams(row["text"])))
            if not index.query(signature):
                index.insert(number, signature)
                yield row

    write(target, kept())


def daft(source, target):
    import daft as engine
    import numpy

    table = engine.read_json(source)
    text = table["text"].normalize(remove_punct=True, lowercase=True, white_space=True)
    table = table.with_column("signature", text.minhash(num_hashes=HASHES, ngram_size=5)).to_arrow()
    values = table["signature"].combine_chunks()
    values = values.flatten() if hasattr(values, "flatten") else values.values
    bands = numpy.asarray(values).reshape(-1, BANDS, ROWS)
    keep = numpy.ones(len(bands), dtype=bool)
    for band in range(BANDS):
        key = numpy.ascontiguousarray(bands[:, band, :]).view(numpy.dtype((numpy.void, ROWS * 4))).ravel()
        first = numpy.zeros(len(key), dtype=bool)
        first[numpy.unique(key, return_index=True)[1]] = True
        keep &= first
    write(target, table.drop_columns(["signature"]).filter(keep).to_pylist())


def datatrove(source, target):
    import shutil

    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter
    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    work = target + ".work"
    shutil.rmtree(work, ignore_errors=True)
    config = MinhashConfig(n_grams=5, num_buckets=BANDS, hashes_per_bucket=ROWS)
    # A file is read by one worker, so each gets its share of the lines.
    os.makedirs(work + "/shares")
    shares = [open(f"{work}/shares/{at:05}.jsonl", "wb") for at in range(WORKERS)]
    with open(source, "rb") as lines:
        for at, line in enumerate(lines):
            shares[at % WORKERS].write(line)
    for share in shares:
        share.close()
    read = lambda: JsonlReader(work + "/shares")
    steps = [
        ([read(), MinhashDedupSignature(output_folder=work + "/signatures", config=config)], WORKERS),
        ([MinhashDedupBuckets(work + "/signatures", work + "/buckets", config=config)], BANDS),
        ([MinhashDedupCluster(work + "/buckets", work + "/remove", config=config)], 1),
        (
            [
                read(),
                MinhashDedupFilter(work + "/remove"),
                JsonlWriter(work + "/kept", output_filename="${rank}.jsonl", compression=None),
            ],
            WORKERS,
        ),
    ]
    for at, (pipeline, tasks) in enumerate(steps):
        # Workers that are forked are waited for, and so counted.
        LocalPipelineExecutor(
            pipeline, tasks=tasks, workers=WORKERS, start_method="fork", logging_dir=f"{work}/log{at}"
        ).run()
    with open(target, "wb") as kept:
        for at in range(WORKERS):
            with open(f"{work}/kept/{at:05}.jsonl", "rb") as part:
                shutil.copyfileobj(part, kept)


if __name__ == "__main__":
    tools = {"datasketch": datasketch, "rensa": rensa, "daft": daft, "datatrove": datatrove}
    tools[sys.argv[1]](sys.argv[2], sys.argv[3])
