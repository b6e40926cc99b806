"""What a run costs and how the cost grows: the program, the obvious one, and what stands below both, in turns.

Run as ``python benchmarks/scale.py FOLDER [--rounds 5] [--ways cold,again,changed,…] [--sample 800] [--engine auto]``
on a corpus of ``corpus.py``; ``python benchmarks/scale.py --table`` then writes ``docs/benchmarks.md`` and its plot
from all that was measured so far (``benchmarks/results.json``, a row a line).

Every measurement is a new process from its start to its end, all ways in turns (A B C A B C …); ratios are taken round
by round, for a machine drifts more than programs differ. Files are read from the page cache: before the first round
all are read once. A way that is slow is measured on a sample of the files, evenly spread, and scaled to all of them;
the results say so. Nothing here fails for being slow.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from read_800 import PACKAGES, PERIOD, Measured, check, files_of, measure  # noqa: E402

RESULTS = HERE / "results.json"
WAYS = ("obvious", "floor", "floor-2", "calamine", "cold", "again", "changed")
SAMPLE, COUNTED = 800, 400
_FORM = re.compile(r"B\d\d")
# The figure that changes: of the first of these forms that is there.
_CHANGED = {"B01": ("sl_doan_vien", "tong"), "B02": ("tt_buoi", "ky_nay")}
Row = dict[str, Any]


def rows_of(path: Path = RESULTS) -> list[Row]:
    """What was measured so far: of each run a row that says on what, then a row for each measurement."""
    return list(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []


def add(path: Path, row: Row) -> None:
    """Keep a row; the file is an array, a row a line."""
    rows = [*rows_of(path), row]
    text = ",\n".join(json.dumps(one, ensure_ascii=False) for one in rows)
    path.write_text(f"[\n{text}\n]\n", encoding="utf-8")


def machine() -> Row:
    """What the measurements were taken on, as far as others have the like."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "memory": round(memory),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }


def corpus(folder: Path) -> Row:
    """How large the corpus is; cells are those of forms that hold something, counted on a sample. Reads every file."""
    from python_calamine import CalamineWorkbook

    files = files_of(folder)
    said = measure((str(HERE / "floor.py"), str(folder), "--files", str(COUNTED))).said
    names = {name for path in files_of(folder, COUNTED) for name in CalamineWorkbook.from_path(path).sheet_names}
    xls = sum(path.suffix == ".xls" for path in files)
    return {
        "packages": len(files),
        "forms": sorted(filter(_FORM.fullmatch, names)),
        "cells": round(said["cells"] / said["share"]),
        "bytes": sum(len(path.read_bytes()) for path in files),
        "xls": xls,
        "faults": max(0, sum(1 for _ in (folder / "faults.csv").open(encoding="utf-8-sig")) - 1),
    }


def apart(place: Path, job: str) -> Row:
    """Do it in another process: what this one grows to, its children are charged with."""
    return measure((str(HERE / "scale.py"), str(place), "--job", job)).said


def command(folder: Path, engine: str) -> tuple[str, ...]:
    """The program's own command."""
    return ("--workspace", str(folder), "consolidate", "--period", PERIOD, "--engine", engine)


def arguments_of(way: str, folder: Path, engine: str, sample: int, forms: Sequence[str]) -> tuple[str, ...]:
    """How the process of a way is started."""
    match way:
        case "obvious":
            places = (folder / "inbox" / PERIOD, folder / "schemas" / "units.csv", folder / "obvious.xlsx")
            words = ("--sample", str(sample), "--forms", ",".join(forms))
            return (str(HERE / "obvious.py"), *map(str, places), *words)
        case "floor":
            return (str(HERE / "floor.py"), str(folder))
        case "floor-2":
            return (str(HERE / "floor.py"), str(folder), "--workers", "2")
        case "calamine":
            return (str(HERE / "read_800.py"), "--folder", str(folder), "--job", "calamine alone")
        case "again":
            return ("-m", "pipeline.cli", *command(folder, engine))
    return (str(HERE / "scale.py"), str(folder), "--engine", engine, "--job", "ours")


def ours(folder: Path, engine: str) -> None:
    """The program's command in this process, then the seconds of its stages."""
    from again import watched

    from pipeline import cli

    found: dict[str, float] = {}
    begin = cli.engine_of

    @contextlib.contextmanager
    def watching(*given: Any) -> Iterator[Any]:
        # What the run needs is loaded when those that help it have begun, as without a watch.
        with begin(*given) as helped:
            seen = watched()
            yield helped
        found.update(seen)

    cli.engine_of = watching  # type: ignore[assignment]
    with contextlib.redirect_stdout(io.StringIO()):
        status = cli.main(command(folder, engine))
    if status not in (0, 1):
        raise SystemExit(f"the run ended in {status}")
    print(json.dumps({"stages": {name: round(took, 4) for name, took in found.items()}}), flush=True)
    # The command ends so too.
    os._exit(0)


def forget(folder: Path) -> None:
    """As if the program had never run."""
    shutil.rmtree(folder / ".tonghop", ignore_errors=True)
    shutil.rmtree(folder / "output", ignore_errors=True)


def other_figure(path: Path, more: int) -> None:
    """Put so much more into one cell of a return than it holds."""
    from corpus_faults import retyped
    from python_calamine import CalamineWorkbook

    data = path.read_bytes()
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    form = next(name for name in _CHANGED if name in book.sheet_names)
    indicator, measured = _CHANGED[form]
    rows = book.get_sheet_by_name(form).to_python(skip_empty_area=False)
    head = next(i for i, row in enumerate(rows) if str(row[0]).startswith("#") and measured in row)
    column = rows[head].index(measured)
    line = next(i for i, row in enumerate(rows) if row[0] == indicator)
    value = rows[line][column]
    assert isinstance(value, float)
    number = book.sheet_names.index(form) + 1
    cell = f"{chr(ord('A') + column)}{line + 1}"
    path.write_bytes(retyped(data, f"xl/worksheets/sheet{number}.xml", cell, int(value) + more))


@contextlib.contextmanager
def put_back(path: Path) -> Iterator[None]:
    """A return may change, and is as it was in the end."""
    data, stood = path.read_bytes(), path.stat()
    try:
        yield
    finally:
        path.write_bytes(data)
        os.utime(path, ns=(stood.st_atime_ns, stood.st_mtime_ns))


def to_change(folder: Path) -> Path:
    """A return of a grassroots union without a mistake."""
    with (folder / "faults.csv").open(encoding="utf-8-sig") as file:
        wrong = {line.partition(",")[0] for line in file}
    files = [path for path in files_of(folder) if path.match("CS*.xlsx") and path.name not in wrong]
    return files[len(files) // 2]


def row_of(way: str, turn: int, found: Measured) -> Row:
    """A measurement as a row; of a sample the processor's seconds are scaled as the others are."""
    share = found.said.get("share", 1.0)
    run = found.whole - found.work * (1 - share)
    row = {
        "way": way,
        "round": turn,
        "seconds": round(found.whole, 3),
        "processor": round(found.processor * found.whole / run, 3),
        "peak": round(found.peak, 1),
        "share": round(share, 6),
    }
    if "seconds" in found.said:
        row["work"] = round(found.work, 3)
    if "stages" in found.said:
        row["stages"] = found.said["stages"]
    return row


def measured(folder: Path, given: argparse.Namespace) -> None:
    """Measure the ways in turns and keep every row at once."""
    ways = [way for way in WAYS if way in given.ways.split(",")]
    run = 1 + max((row["run"] for row in rows_of(given.results)), default=0)
    about = apart(folder, "corpus")
    add(given.results, {"run": run, "engine": given.engine, "machine": machine(), "corpus": about})
    path = to_change(folder)
    with put_back(path):
        for turn in range(given.rounds):
            for way in ways:
                if way == "cold":
                    forget(folder)
                if way == "changed":
                    apart(path, "change")
                found = measure(arguments_of(way, folder, given.engine, given.sample, about["forms"]))
                add(given.results, {"run": run, **row_of(way, turn, found)})
                print(f"{way:9} round {turn + 1}: {found.whole:9.2f} s, {found.peak:7.0f} MB", flush=True)
                if way == "obvious" and (folder / "output" / PERIOD).exists():
                    _say_check(folder, found.said)


def _say_check(folder: Path, said: Mapping[str, Any]) -> None:
    if said["share"] == 1.0:
        print(check(folder, said["totals"]), flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, or write what was measured."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("folder", type=Path, nargs="?", help="a corpus")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--ways", default=",".join(WAYS), help="some of " + ", ".join(WAYS))
    words.add_argument("--sample", type=int, default=SAMPLE, help="files on which the obvious program is measured")
    words.add_argument("--engine", default="auto", help="how the program reads, as in tonghop consolidate")
    words.add_argument("--results", type=Path, default=RESULTS)
    words.add_argument("--table", action="store_true", help="write docs/benchmarks.md and its plot")
    words.add_argument("--job", help=argparse.SUPPRESS)
    given = words.parse_args(arguments)
    if given.table:
        from scale_page import write_page

        write_page(rows_of(given.results))
    elif given.job == "ours":
        ours(given.folder, given.engine)
    elif given.job == "corpus":
        print(json.dumps(corpus(given.folder)))
    elif given.job == "change":
        other_figure(given.folder, 1)
    else:
        measured(given.folder.resolve(), given)


if __name__ == "__main__":
    main()
