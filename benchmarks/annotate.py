"""What marking a unit's own file takes, beside openpyxl, and what each leaves of it.

Run as ``python benchmarks/annotate.py [--units 20] [--rounds 7]``. The packages of the sample province, filled, get
five coloured and commented cells on two sheets and a list of ten findings. Both take their turns file set by file set,
on one thread; ratios are taken round by round. Nothing here fails for being slow.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from operator import truediv
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from python_calamine import CalamineWorkbook
from read_800 import spread

from pipeline.annotate import Line, Listing, Mark, annotate
from pipeline.demo_returns import filled_by, moment, write_return
from pipeline.init import init
from pipeline.obligations import obligations
from pipeline.run import workspace_at
from pipeline.styles import MARKS
from schemas.period import Period

PERIOD = Period.parse("2020")
WORDS = "Nam + nữ = tổng số đoàn viên: cộng được 300, lẽ ra 307. Soát lại các ô này. [B01-E01]"
CELLS = (("B01", "E10"), ("B01", "E14"), ("B01", "F16"), ("B02", "F12"), ("B02", "F13"))
MARKED = {place: Mark("hard", WORDS) for place in CELLS}


def make(folder: Path, units: int) -> list[bytes]:
    """The filled packages of so many unions."""
    workspace = workspace_at(init(folder))
    owed = obligations(workspace, PERIOD)
    made = []
    for order, code in enumerate(islice(owed.owed, units)):
        path = folder / f"{code}.xlsx"
        write_return(path, filled_by(workspace, owed, owed.tree.unit(code)), moment(2020, 12, 1, order))
        made.append(path.read_bytes())
    return made


def listing() -> Listing:
    """Ten findings."""
    said = (WORDS, "Soát lại các ô này.", "B01-E01")
    lines = (Line("hard", *said, sheet, (cell,), "300", "307") for sheet, cell in 2 * CELLS)
    return Listing("LC-01, năm 2020", tuple(lines))


def ours(data: bytes) -> bytes:
    """By changing the parts of the zip."""
    return annotate(data, MARKED, listing())


def theirs(data: bytes) -> bytes:
    """By reading all of the workbook and writing it again."""
    book = load_workbook(io.BytesIO(data))
    for (sheet, cell), mark in MARKED.items():
        book[sheet][cell].fill = PatternFill("solid", fgColor=f"FF{MARKS[mark.severity][1:]}")
        book[sheet][cell].comment = Comment(mark.comment, "tonghop")
    first = book.create_sheet("PHAT_HIEN", 0)
    for line in listing().lines:
        first.append([line.severity, line.sheet, line.cells[0], line.value, line.expected, line.words, line.remedy])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def figures(data: bytes) -> int:
    """How many values a reader finds."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names if name != "PHAT_HIEN")
    return sum(value != "" for rows in sheets for row in rows for value in row)


def all_of(way: Callable[[bytes], bytes], files: Sequence[bytes]) -> None:
    """Mark every file."""
    for data in files:
        way(data)


def main(units: int, rounds: int) -> None:
    """Make the files, measure, print."""
    with tempfile.TemporaryDirectory() as folder:
        files = make(Path(folder), units)
    took: dict[str, list[float]] = {"ours": [], "openpyxl": []}
    for _ in range(rounds):
        for name, way in (("ours", ours), ("openpyxl", theirs)):
            took[name].append(seconds(partial(all_of, way, files)))
    again = [ours(data) for data in files]
    anew = [seconds(partial(all_of, ours, again)) for _ in range(rounds)]
    size, count = sum(map(len, files)) / len(files) / 1024, figures(files[0])
    print(f"{len(files)} packages of {size:.0f} KiB, {count} values in the first")
    for name, runs, way in (("ours", took["ours"], ours), ("openpyxl", took["openpyxl"], theirs)):
        left = way(files[0])
        each = spread([1000 * one / len(files) for one in runs])
        print(f"{name:12}{each:26}ms a file; {figures(left)} values left, {len(left) / 1024:.0f} KiB")
    print(f"{'ours, again':12}{spread([1000 * one / len(files) for one in anew]):26}ms a file that has marks already")
    print(f"{'openpyxl':12}{spread([*map(truediv, took['openpyxl'], took['ours'])]):26}times as long")


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--units", type=int, default=20)
    words.add_argument("--rounds", type=int, default=7)
    given = words.parse_args()
    main(given.units, given.rounds)
