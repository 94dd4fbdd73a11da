"""Compares the main text of pages found by unecho with that of Python trafilatura, on the same pages.

Arguments: the unecho binary, a scratch folder, then files of rows {id, html, text} (plain or gzip).
Speed is pages per second of processor time (user and system): of a whole unecho process on one thread,
start and rules included, and of trafilatura.extract alone, import left out. Best of three rounds.
"""

import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
import time

import trafilatura

ROUNDS = 3


def rows(path):
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rt") if packed else open(path) as file:
        return [json.loads(line) for line in file if line.strip()]


def children_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def unecho_seconds(binary, folder, mode):
    before = children_seconds()
    command = [binary, "normalize", "--quiet", "--threads", "1", "--extract", mode, folder]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return children_seconds() - before


def python_texts(pages, options):
    before = time.process_time()
    texts = [trafilatura.extract(page["html"], include_comments=False, **options) or "" for page in pages]
    return time.process_time() - before, texts


def scores(binary, arguments):
    command = [binary, "eval", "html", "--json", *arguments]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)[0]


def compare(binary, scratch, path):
    pages = rows(path)
    folder = os.path.join(scratch, "pages")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for at, page in enumerate(pages):
        page["id"] = str(page.get("id", at + 1))
        with open(os.path.join(folder, f"{at:06}.html"), "w") as file:
            file.write(page["html"])
    engines = [
        ("trafilatura " + trafilatura.__version__, {}),
        ("  favor_precision", {"favor_precision": True}),
        ("  fast", {"fast": True}),
    ]
    best = {}
    texts = {}
    # The rounds are interleaved: whatever else the machine does meets all alike.
    for _ in range(ROUNDS):
        for mode in ("both", "fast"):
            seconds = unecho_seconds(binary, folder, mode)
            best["unecho " + mode] = min(seconds, best.get("unecho " + mode, seconds))
        for name, options in engines:
            seconds, texts[name] = python_texts(pages, options)
            best[name] = min(seconds, best.get(name, seconds))
    found = {"unecho both": scores(binary, [path]), "unecho fast": scores(binary, ["--extract", "fast", path])}
    for name, _ in engines:
        output = os.path.join(scratch, "texts.jsonl")
        with open(output, "w") as file:
            for page, text in zip(pages, texts[name]):
                file.write(json.dumps({"id": page["id"], "text": text}) + "\n")
        found[name] = scores(binary, ["--texts", output, path])
    base = best[engines[0][0]]
    print(f"{os.path.basename(path)}: {len(pages)} pages")
    print(f"  {'':<22} {'F1':>7} {'English':>8} {'P':>7} {'R':>7} {'pages/CPU s':>12} {'ratio':>6}")
    for name, score in found.items():
        mean, english = score["all"], score["english"]
        print(
            f"  {name:<22} {mean['f1']:>7.4f} {english['f1']:>8.4f} {mean['precision']:>7.4f}"
            f" {mean['recall']:>7.4f} {len(pages) / best[name]:>12.1f} {base / best[name]:>6.2f}"
        )


def main():
    binary, scratch, *files = sys.argv[1:]
    for path in files:
        compare(binary, scratch, path)


main()
