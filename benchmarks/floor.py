"""The least that Python can take: every return read, its needed parts inflated, every cell found; nothing is checked.

Run as ``python benchmarks/floor.py FOLDER [--workers 2] [--kind threads|processes] [--files 1000]``. No library is
used but Python's own: the zip's directory by ``struct``, ``zlib`` for the parts that say which sheet is which, the
shared texts, the sheets of forms and ``_META``, one compiled regular expression over each sheet. What a cell holds is
taken as bytes, no number is made of it and no text looked up. Prints seconds, how many cells of forms hold something,
and what share of the files that was: an .xls has no parts and is only read.
"""

from __future__ import annotations

import argparse
import json
import re
import struct
import sys
import time
import zlib
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from read_800 import files_of  # noqa: E402

CHUNK = 50
_ENTRY, _END = struct.Struct("<4s4xHHxxxxLLLHHH8xL"), b"PK\x05\x06"
_CELL = re.compile(rb'<c r="([A-Z]+\d+)"(?: s="\d+")?(?: t="(\w+)")?>(?:<f[^>]*>[^<]*</f>)?<v>([^<]+)</v>')
_TEXT = re.compile(rb"<si>(.*?)</si>", re.DOTALL)
_SHEET = re.compile(rb'<sheet name="([^"]*)"[^>]* r:id="([^"]*)"')
_TARGET = re.compile(rb'<Relationship [^>]*?Id="([^"]*)"[^>]*?Target="([^"]*)"|Target="([^"]*)"[^>]*?Id="([^"]*)"')
_FORM = re.compile(rb"B\d\d|_META")


def parts_of(data: bytes) -> dict[str, tuple[int, int, int]]:
    """Where each part lies, by its path: method, packed size, offset."""
    at = data.rfind(_END)
    count, _, where = struct.unpack_from("<HLL", data, at + 10)
    found = {}
    for _ in range(count):
        _, _, method, _, packed, _, named, more, comment, offset = _ENTRY.unpack_from(data, where)
        found[data[where + 46 : where + 46 + named].decode()] = (method, packed, offset)
        where += 46 + named + more + comment
    return found


def inflated(data: bytes, part: tuple[int, int, int]) -> bytes:
    """One part."""
    method, packed, offset = part
    named, more = struct.unpack_from("<HH", data, offset + 26)
    begin = offset + 30 + named + more
    content = data[begin : begin + packed]
    return zlib.decompress(content, -15) if method else content


def cells_of(path: Path) -> int:
    """How many cells of the sheets of forms hold something; all of them were taken, and the texts."""
    data = path.read_bytes()
    if path.suffix == ".xls":
        return 0
    parts = parts_of(data)
    named = _SHEET.findall(inflated(data, parts["xl/workbook.xml"]))
    links = inflated(data, parts["xl/_rels/workbook.xml.rels"])
    targets = {one or four: (two or three).decode() for one, two, three, four in _TARGET.findall(links)}
    _TEXT.findall(inflated(data, parts["xl/sharedStrings.xml"]))
    count = 0
    for name, link in named:
        if _FORM.fullmatch(name):
            found = _CELL.findall(inflated(data, parts["xl/" + targets[link].removeprefix("/xl/")]))
            count += len(found) if name != b"_META" else 0
    return count


def cells_of_all(paths: Iterable[Path]) -> int:
    """The same of many."""
    return sum(map(cells_of, paths))


def scanned(files: Sequence[Path], pool: Executor | None) -> int:
    """The cells of all files, by this process or by those who wait."""
    if pool is None:
        return cells_of_all(files)
    return sum(pool.map(cells_of_all, [files[at : at + CHUNK] for at in range(0, len(files), CHUNK)]))


def main(folder: Path, workers: int, kind: str, most: int) -> None:
    """Take all cells and print how long it took."""
    every = files_of(folder)
    files = every[:: -(-len(every) // most)]
    start = time.perf_counter()
    made = {"threads": ThreadPoolExecutor, "processes": ProcessPoolExecutor}[kind]
    pool = made(workers) if workers > 1 else None
    cells = scanned(files, pool)
    if pool is not None:
        pool.shutdown()
    took = time.perf_counter() - start
    size = sum(path.stat().st_size for path in files)
    said = {"seconds": took, "share": len(files) / len(every), "cells": cells, "bytes": size, "files": len(files)}
    print(json.dumps(said))


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("folder", type=Path)
    words.add_argument("--workers", type=int, default=1)
    words.add_argument("--kind", choices=("threads", "processes"), default="processes")
    words.add_argument("--files", type=int, default=10**9, help="at most so many, evenly spread")
    given = words.parse_args()
    main(given.folder, given.workers, given.kind, given.files)
