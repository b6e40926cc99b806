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
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, NamedTuple
from unittest import mock

PERIOD, SAMPLE, THREADS, HEALTH_MEMBERS = "2020", 40, 4, 2918
HERE = Path(__file__).resolve().parent
PACKAGES = ("numpy", "pandas", "pandera", "openpyxl", "xlsxwriter", "python-calamine")
Work = Callable[[], float]
"""Something to time; it returns the share that it did of what it stands for."""


class Measured(NamedTuple):
    """Seconds of a process with its start-up, of its work alone, its peak in MB, what it printed."""

    whole: float
    work: float
    peak: float
    said: dict[str, Any]


def make(folder: Path, units: int) -> None:
    """A workspace in which every unit that owes a package has sent it."""
    from pipeline.contents import content_of, register_counts
    from pipeline.demo import filled, write_return
    from pipeline.demo_figures import MEMBERS, invent
    from pipeline.init import init
    from pipeline.obligations import obligations
    from pipeline.workspace import open_workspace
    from schemas.period import Period

    settings = init(folder) / "tonghop.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('senders = ["upper"]', 'senders = ["upper", "grassroots"]', 1), encoding="utf-8")
    workspace = open_workspace(folder)
    owed = obligations(workspace, Period.parse(PERIOD))
    for order, code in enumerate(islice(owed.owed, units)):
        unit = owed.tree.unit(code)
        blank = content_of(workspace, owed, unit, {}, {})
        members = Random(code).randint(40, 200) if unit.level == "grassroots" else MEMBERS.get(code, HEALTH_MEMBERS)
        entries = invent(blank, members, register_counts(owed.tree, unit))
        write_return(workspace.inbox(owed.period) / f"{code}.xlsx", filled(blank, entries, workspace), order)


def files_of(folder: Path) -> list[Path]:
    """The returns."""
    return sorted((folder / "inbox" / PERIOD).glob("*.xlsx"))


def some_of(files: Sequence[Path]) -> Sequence[Path]:
    """A sample, evenly spread."""
    return files[:: max(1, len(files) // SAMPLE)]


def issue(folder: Path) -> Work:
    """Blank packages of a sample of units, as ``tonghop templates`` makes them."""
    from pipeline.run import templates, workspace_at
    from schemas.period import Period

    workspace, files = workspace_at(folder), files_of(folder)
    units = [path.stem for path in some_of(files)]
    return lambda: len(templates(workspace, Period.parse(PERIOD), units)) / len(files)


def read(folder: Path, threads: int) -> Work:
    """The project's reader: guard, identity, every cell by its code."""
    from pipeline import read as reader
    from pipeline.run import workspace_at

    workspace = workspace_at(folder)

    def work() -> float:
        with mock.patch.object(reader, "_THREADS", threads):
            return len(reader.read_inbox(folder / "inbox" / PERIOD, folder, workspace.forms)) / len(files_of(folder))

    return work


def bare(folder: Path, threads: int) -> Work:
    """python-calamine alone: every sheet of every file as rows, nothing looked at."""
    from python_calamine import CalamineWorkbook

    def rows(path: Path) -> int:
        book = CalamineWorkbook.from_path(path)
        return sum(len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)

    def work() -> float:
        with ThreadPoolExecutor(threads) as pool:
            return sum(map(bool, pool.map(rows, files_of(folder), chunksize=8))) / len(files_of(folder))

    return work


def obvious(folder: Path) -> Work:
    """read_excel on every form sheet of a sample of files."""
    from obvious import read_sheet, sheets_of

    units, files = folder / "schemas" / "units.csv", files_of(folder)
    sheets, everything = sheets_of(some_of(files), units), sheets_of(files, units)
    return lambda: sum(len(read_sheet(*sheet)) > 0 for sheet in sheets) / len(everything)


JOBS: dict[str, Callable[[Path], Work]] = {
    f"tonghop, {THREADS} threads": lambda folder: read(folder, THREADS),
    f"calamine alone, {THREADS} threads": lambda folder: bare(folder, THREADS),
    "tonghop, 1 thread": lambda folder: read(folder, 1),
    "calamine alone, 1 thread": lambda folder: bare(folder, 1),
    f"read_excel (scaled from {SAMPLE} files)": obvious,
}


def do(job: str, folder: Path) -> None:
    """Do one job in this process and print its seconds, start-up left out."""
    work = issue(folder) if job == "issue" else JOBS[job](folder)
    start = time.perf_counter()
    share = work()
    print(json.dumps({"seconds": time.perf_counter() - start, "share": share}))


def measure(arguments: Iterable[str]) -> Measured:
    """Run one process; what it left out is counted as if it had taken as long. Exit code 1 says that it found faults."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], cwd=HERE.parent, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    whole = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"exit code {process.returncode}: {' '.join(arguments)}")
    said = json.loads(printed) if printed.startswith("{") else {}
    work, share = said.get("seconds", whole), said.get("share", 1.0)
    return Measured(whole - work + work / share, work / share, usage.ru_maxrss / 1024, said)


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median and range."""
    return f"{median(values):7.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def compare(title: str, jobs: dict[str, Sequence[str]], rounds: int) -> dict[str, list[Measured]]:
    """Measure these in turns, A B C A B C …, and print their table; ratios are to the first."""
    found: dict[str, list[Measured]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, arguments in jobs.items():
            found[name].append(measure(arguments))
    first = next(iter(found.values()))
    print(f"\n{title:36}{'new process, s':24}{'times':22}{'work alone, s':24}{'times':22}{'peak, MB':>8}")
    for name, own in found.items():
        cells = [spread([one.whole for one in own])]
        cells.append(spread([one.whole / other.whole for one, other in zip(own, first, strict=True)], 1))
        if "seconds" in own[0].said:
            cells.append(spread([one.work for one in own]))
            cells.append(spread([one.work / other.work for one, other in zip(own, first, strict=True)], 1))
        row = "".join(f"{cell:{width}}" for cell, width in zip([*cells, "", ""], (24, 22, 24, 22), strict=False))
        print(f"{name:36}{row}{max(one.peak for one in own):8.0f}")
    return found


def check(folder: Path, totals: dict[str, float]) -> str:
    """Whether both programs give the same totals of B01 for the province."""
    with (folder / "output" / PERIOD / "data" / "rollup.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["unit"] == "LC" and row["form"] == "B01" and row["value"]]
    counted = [row for row in rows if row["measure"] in ("tong", "nu")]
    ours = {f"B01 {row['indicator']} {row['measure']}": float(row["value"]) for row in counted}
    theirs = {name: value for name, value in totals.items() if name.startswith("B01 ")}
    differ = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    return f"{len(ours)} totals of B01, the same in both" if not differ else f"DIFFERENT: {', '.join(differ)}"


def machine() -> str:
    """What was measured on, without its name."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    chip = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{os.cpu_count()} cores ({chip}), {platform.system()}, Python {platform.python_version()}, {packages}"


def main(folder: Path, units: int, rounds: int) -> None:
    """Make what is missing, measure, print."""
    this = (str(HERE / "read_800.py"), "--folder", str(folder), "--units", str(units), "--job")
    if not files_of(folder):
        measure((*this, "make"))
    files = files_of(folder)
    size = sum(path.stat().st_size for path in files) / 2**20
    print(f"{machine()}\n{len(files)} files, {size:.1f} MB; median (least–most) of {rounds} rounds")
    compare("Reading", {name: (*this, name) for name in JOBS}, rounds)
    register, result = folder / "schemas" / "units.csv", folder / "obvious.xlsx"
    tonghop = ("-m", "pipeline.cli", "--quiet", "--workspace", str(folder), "consolidate", "--period", PERIOD)
    other = (str(HERE / "obvious.py"), *map(str, (files[0].parent, register, result)))
    whole = compare("The whole run", {"tonghop consolidate": tonghop, "the obvious program": other}, rounds)
    print(f"\nCheck: {check(folder, whole['the obvious program'][0].said['totals'])}")
    issued = [measure((*this, "issue")).work / len(files) for _ in range(rounds)]
    print(f"Issuing a package: {spread([1000 * seconds for seconds in issued], 1).strip()} ms")


def command() -> None:
    """The command line."""
    words = argparse.ArgumentParser(description="Measure reading and consolidating beside the obvious program.")
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


if __name__ == "__main__":
    command()
