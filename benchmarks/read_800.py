"""How long reading and consolidating some 800 packages takes, beside the obvious program.

Run as ``python benchmarks/read_800.py [--units 790] [--rounds 5] [--folder DIR]``. The workspace is made once in the
folder and used again. Every measurement is a new process, those of a table in turns; ratios are taken round by round,
for a machine drifts more than programs differ. Nothing here fails for being slow.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import version
from itertools import islice
from operator import truediv
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

PERIOD, SAMPLE, THREADS, FORMS = "2020", 40, 4, ("B01", "B02", "B03", "B04")
HERE = Path(__file__).resolve().parent
PACKAGES = ("numpy", "pandas", "pandera", "openpyxl", "xlsxwriter", "python-calamine")
# What is timed; it returns the share that it did of all there is to do.
Work = Callable[[], float]


class Measured(NamedTuple):
    """Seconds of a process with its start-up, of its work alone, its peak in MB, what it printed, its processor's
    seconds."""

    whole: float
    work: float
    peak: float
    said: dict[str, Any]
    processor: float


def make(folder: Path, units: int) -> None:
    """A workspace in which every unit that owes a package has sent it."""
    from pipeline.demo_returns import filled_by, moment, write_return
    from pipeline.init import init
    from pipeline.obligations import obligations
    from pipeline.run import workspace_at
    from schemas.period import Period

    settings = init(folder) / "tonghop.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('senders = ["upper"]', 'senders = ["upper", "grassroots"]', 1), encoding="utf-8")
    workspace = workspace_at(folder)
    owed = obligations(workspace, Period.parse(PERIOD))
    for order, code in enumerate(islice(owed.owed, units)):
        content = filled_by(workspace, owed, owed.tree.unit(code))
        write_return(workspace.inbox(owed.period) / f"{code}.xlsx", content, moment(2020, 12, 1, order))


def files_of(folder: Path, most: int = 10**6) -> list[Path]:
    """The returns, or so many of them, evenly spread."""
    files = sorted((folder / "inbox" / PERIOD).glob("*.xls*"))
    return files[:: -(-len(files) // most) or 1]


def issue(folder: Path) -> Work:
    """Blank packages of a sample of units, as ``tonghop templates`` makes them."""
    from pipeline.run import templates, workspace_at
    from schemas.period import Period

    workspace, units = workspace_at(folder), [path.stem for path in files_of(folder, SAMPLE)]
    return lambda: len(templates(workspace, Period.parse(PERIOD), units)) / len(files_of(folder))


def read(folder: Path, threads: int) -> Work:
    """The project's reader: guard, identity, every cell by its code."""
    from pipeline import read as reader
    from pipeline.run import workspace_at

    reader._THREADS = threads
    inbox, forms = folder / "inbox" / PERIOD, workspace_at(folder).forms
    return lambda: len(reader.read_inbox(inbox, folder, forms)) / len(files_of(folder))


def bare(folder: Path, threads: int) -> Work:
    """python-calamine alone: every sheet of every file as rows, nothing looked at."""
    from python_calamine import CalamineWorkbook

    def rows(path: Path) -> int:
        book = CalamineWorkbook.from_path(path)
        return sum(len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)

    pool = ThreadPoolExecutor(threads)
    return lambda: sum(map(bool, pool.map(rows, files_of(folder)))) / len(files_of(folder))


def excel(folder: Path, *, every: bool) -> Work:
    """read_excel, one call a sheet, on a sample of files: every sheet, or the forms alone."""
    import pandas as pd
    from python_calamine import CalamineWorkbook

    some = [path for path in files_of(folder, SAMPLE) if path.suffix == ".xlsx"]
    all_of_them = len(files_of(folder))
    names = {path: CalamineWorkbook.from_path(path).sheet_names for path in some}
    sheets = [(path, name) for path in some for name in names[path] if every or name in FORMS]

    def work() -> float:
        for path, name in sheets:
            pd.read_excel(path, sheet_name=name, engine="openpyxl")
        return len(some) / all_of_them

    return work


TABLES: dict[str, dict[str, Callable[[Path], Work]]] = {
    f"Reading on {THREADS} threads": {
        "tonghop": partial(read, threads=THREADS),
        "calamine alone": partial(bare, threads=THREADS),
        "read_excel, forms only": partial(excel, every=False),
        "read_excel, every sheet": partial(excel, every=True),
    },
    "Reading on 1 thread": {"tonghop, 1": partial(read, threads=1), "calamine alone, 1": partial(bare, threads=1)},
    "Issuing packages": {"tonghop templates": issue},
}


def do(job: str, folder: Path) -> None:
    """Do one job and print its seconds without start-up, and the share that it did."""
    work = next(jobs[job] for jobs in TABLES.values() if job in jobs)(folder)
    start = time.perf_counter()
    share = work()
    print(json.dumps({"seconds": time.perf_counter() - start, "share": share}))


def measure(arguments: Sequence[str]) -> Measured:
    """Run one process; what it left out is counted as if it had taken as long."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], cwd=HERE.parent, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    whole = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1 if "consolidate" in arguments else 0):  # 1: it found faults
        raise SystemExit(f"exit code {process.returncode}: {' '.join(arguments)}")
    said = json.loads(printed) if printed.startswith("{") else {}
    work, share = said.get("seconds", whole), said.get("share", 1.0)
    processor = usage.ru_utime + usage.ru_stime
    return Measured(whole - work + work / share, work / share, usage.ru_maxrss / 1024, said, processor)


def spread(values: Sequence[float]) -> str:
    """Median and range."""
    return f"{median(values):7.2f} ({min(values):.2f}–{max(values):.2f})"


def compare(title: str, jobs: Mapping[str, Sequence[str]], rounds: int) -> dict[str, list[Measured]]:
    """Measure these in turns, A B C A B C …, and print their table; ratios are to the first. No run knows another."""
    found: dict[str, list[Measured]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, arguments in jobs.items():
            if "consolidate" in arguments:
                shutil.rmtree(Path(arguments[arguments.index("--workspace") + 1]) / ".tonghop", ignore_errors=True)
            found[name].append(measure(arguments))
    first = next(iter(found.values()))
    kinds = {"whole": "new process, s", "work": "work alone, s"} if first[0].said else {"whole": "new process, s"}
    print(f"\n{title:26}" + "".join(f"{head:23}{'times the first':23}" for head in kinds.values()) + "peak, MB")
    for name, own in found.items():
        row = f"{name:26}"
        for kind in kinds:
            seconds, base = ([getattr(one, kind) for one in measured] for measured in (own, first))
            row += f"{spread(seconds):23}{spread([*map(truediv, seconds, base)]):23}"
        print(f"{row}{max(one.peak for one in own):8.0f}")
    return found


def check(folder: Path, totals: Mapping[str, float]) -> str:
    """Whether both programs give the same totals of B01 for the province."""
    with (folder / "output" / PERIOD / "data" / "rollup.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["unit"], row["form"]) == ("LC", "B01") and row["value"]]
    counted = [row for row in rows if row["measure"] in ("tong", "nu")]
    ours = {f"B01 {row['indicator']} {row['measure']}": float(row["value"]) for row in counted}
    theirs = {name: value for name, value in totals.items() if name.startswith("B01 ")}
    differ = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    return f"DIFFERENT: {', '.join(differ)}" if differ else f"{len(ours)} totals of B01, the same in both"


def main(folder: Path, units: int, rounds: int) -> None:
    """Make what is missing, measure, print."""
    this = (str(HERE / "read_800.py"), "--folder", str(folder), "--units", str(units), "--job")
    if not files_of(folder):
        measure((*this, "make"))
    shutil.rmtree(folder / "output", ignore_errors=True)
    files = files_of(folder)
    size = sum(path.stat().st_size for path in files) / 2**20
    print(f"{os.cpu_count()} cores {platform.machine()}, {platform.system()}, Python {platform.python_version()}")
    print(", ".join(f"{name} {version(name)}" for name in PACKAGES))
    print(f"{len(files)} files, {size:.1f} MB; median (least–most) of {rounds} rounds in turns")
    print(f"read_excel and templates: measured on some {SAMPLE} files, scaled to all")
    for title, jobs in TABLES.items():
        found = compare(title, {name: (*this, name) for name in jobs}, rounds)
    print(f"A package: {spread([1000 * one.work / len(files) for one in found['tonghop templates']]).strip()} ms")
    places = (files[0].parent, folder / "schemas" / "units.csv", folder / "obvious.xlsx")
    programs = {
        "tonghop consolidate": ("-m", "pipeline.cli", "--workspace", str(folder), "consolidate", "--period", PERIOD),
        "the obvious program": (str(HERE / "obvious.py"), *map(str, places)),
    }
    whole = compare("The whole run", programs, rounds)
    print(f"Check: {check(folder, whole['the obvious program'][0].said['totals'])}")


if __name__ == "__main__":
    words = argparse.ArgumentParser()
    words.add_argument("--units", type=int, default=790)
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--folder", type=Path, help="made when it is not there, used again when it is")
    words.add_argument("--job", help=argparse.SUPPRESS)
    given = words.parse_args()
    folder = (given.folder or Path(tempfile.gettempdir()) / f"tonghop-{given.units}").resolve()
    if given.job == "make":
        make(folder, given.units)
    elif given.job:
        do(given.job, folder)
    else:
        main(folder, given.units, given.rounds)
