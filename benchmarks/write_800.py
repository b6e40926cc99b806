"""How long the outputs of some 800 returns take to write, beside xlsxwriter with as many plain cells.

Run as ``python benchmarks/write_800.py [--folder DIR] [--units 790] [--rounds 5]``. The workspace is that of
``read_800.py``, made once and used again; its output is written anew each time. It is read and judged once. Then the
consolidated workbook alone, all workbooks that are no unit's own, every output of a run, and a workbook with as many
numbers as all of these workbooks have cells, on as many sheets and without any format, take their turns; ratios are
taken round by round. The plain cells are written in a process of their own, where no figures of 800 returns slow the
search for garbage. The seconds are also those of the processor, which tell more on a machine that does other things.
Nothing here fails for being slow.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from operator import truediv
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from read_800 import PERIOD, files_of, make, spread  # noqa: E402

if TYPE_CHECKING:
    from pipeline.results import Results

COLUMNS = 40
Took = tuple[float, float]
"""Seconds, and those of the processor."""
_CELL = re.compile(rb"<c r=")


def cells(path: Path) -> list[int]:
    """How many cells each sheet of a workbook has, empty ones with a format too."""
    with ZipFile(path) as parts:
        return [len(_CELL.findall(parts.read(name))) for name in parts.namelist() if "worksheets/sheet" in name]


def timed(job: Callable[[], None]) -> Took:
    """Seconds of a job, and those of the processor."""
    start, worked = time.perf_counter(), time.process_time()
    job()
    return time.perf_counter() - start, time.process_time() - worked


def plain(path: Path, sheets: Sequence[int]) -> None:
    """So many numbers on each sheet, with xlsxwriter alone."""
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"in_memory": True})
    for count in sheets:
        sheet = book.add_worksheet()
        for i in range(count):
            sheet.write_number(i // COLUMNS, i % COLUMNS, i)
    book.close()


def plain_apart(path: Path, sheets: Sequence[int]) -> Took:
    """The same in a new process, without its start-up."""
    command = [sys.executable, __file__, "--plain", str(path)]
    told = subprocess.run(command, input=json.dumps(sheets), check=True, capture_output=True, text=True).stdout
    seconds, worked = json.loads(told)
    return seconds, worked


def book_alone(path: Path, results: Results) -> None:
    """The consolidated workbook, as a run writes it."""
    from pipeline.collecting import seldom_collected
    from pipeline.write_book import write_book
    from pipeline.write_links import Links

    with seldom_collected():
        write_book(path, results, Links(results, {}))


def workbooks(folder: Path, results: Results) -> None:
    """The workbooks of a run but those that go back to units."""
    from pipeline.collecting import seldom_collected
    from pipeline.write_appendix import write_appendix
    from pipeline.write_findings import write_findings
    from pipeline.write_links import Links

    book_alone(folder / "book.xlsx", results)
    with seldom_collected():
        write_findings(folder / "findings.xlsx", results, Links(results, {}))
        write_appendix(folder / "appendix.xlsx", results)


def all_outputs(results: Results) -> None:
    """What a run leaves in the folder of the period."""
    from pipeline.run import silent
    from pipeline.write import write_results

    shutil.rmtree(results.workspace.output(results.owed.period), ignore_errors=True)
    write_results(results, silent)


def in_turns(jobs: Mapping[str, Callable[[], Took]], rounds: int) -> dict[str, list[Took]]:
    """What each job took, A B C A B C …"""
    took: dict[str, list[Took]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            took[name].append(job())
    return took


def main(folder: Path, units: int, rounds: int) -> None:
    """Make what is missing, read, write, print."""
    from pipeline.run import consolidate

    if not files_of(folder):
        make(folder, units)
    results = consolidate(folder, PERIOD, write=False)
    all_outputs(results)
    output = results.workspace.output(results.owed.period)
    books = {path.name: cells(path) for path in sorted(output.glob("*.xlsx"))}
    counted = [count for sheets in books.values() for count in sheets]
    size = sum(path.stat().st_size for path in output.rglob("*") if path.is_file()) / 2**20
    print(f"{os.cpu_count()} cores; {len(files_of(folder))} returns; {rounds} rounds in turns, median (least–most)")
    print(", ".join(f"{name} {sum(sheets):,} cells" for name, sheets in books.items()) + f"; in all {size:.0f} MB")
    with tempfile.TemporaryDirectory() as scratch:
        jobs: dict[str, Callable[[], Took]] = {
            "plain cells": lambda: plain_apart(Path(scratch) / "plain.xlsx", counted),
            "consolidated workbook": lambda: timed(lambda: book_alone(Path(scratch) / "book.xlsx", results)),
            "all workbooks": lambda: timed(lambda: workbooks(Path(scratch), results)),
            "every output": lambda: timed(lambda: all_outputs(results)),
        }
        took = in_turns(jobs, rounds)
    print(f"{'':24}{'s':24}{'s of the processor':24}times the plain cells")
    for name, runs in took.items():
        clocks = list(zip(*runs, strict=True))
        base = [worked for _, worked in took["plain cells"]]
        ratio = spread([*map(truediv, clocks[1], base)])
        print(f"{name:24}" + "".join(f"{spread(clock):24}" for clock in clocks) + ratio)


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--folder", type=Path, help="made when it is not there, used again when it is")
    words.add_argument("--units", type=int, default=790)
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--plain", type=Path, help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.plain is not None:
        sheets = json.load(sys.stdin)
        print(json.dumps(timed(lambda: plain(given.plain, sheets))))
        raise SystemExit
    place = given.folder or Path(tempfile.gettempdir()) / f"tonghop-{given.units}"
    main(place.resolve(), given.units, given.rounds)
