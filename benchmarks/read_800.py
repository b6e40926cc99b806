"""How long reading and consolidating some 800 packages takes, beside the obvious program.

Run as ``python benchmarks/read_800.py [--units 790] [--rounds 5] [--folder DIR]``. The workspace is made once in the
folder and used again. Every measurement is a new process, those of a group in turns; ratios are taken round by round,
for a machine drifts more than programs differ. There are no thresholds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from unittest import mock

PERIOD = "2020"
ROOT = Path(__file__).resolve().parent.parent
SAMPLE = 40
THREADS = 4
HEALTH_MEMBERS = 2918
CLEAN, FOUND = 0, 1
VERSIONS = ("numpy", "pandas", "pandera", "openpyxl", "xlsxwriter", "python-calamine")


@dataclass(frozen=True)
class Job:
    """Something to measure: its name in the table, and the arguments of its process."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Measured:
    """One process: wall clock with start-up, the work alone where the process says so, peak memory."""

    whole: float
    work: float
    peak: float
    said: dict[str, float]


# --- what the processes do ------------------------------------------------------------------------------------------


def make(folder: Path, units: int) -> int:
    """A workspace in which every unit that owes a package has sent it; how many there are."""
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
    return min(units, len(owed.owed))


def inbox_of(folder: Path) -> Path:
    """Where the returns lie."""
    return folder / "inbox" / PERIOD


def files_of(folder: Path) -> list[Path]:
    """The returns."""
    return sorted(inbox_of(folder).glob("*.xlsx"))


def issue(folder: Path) -> Callable[[], float]:
    """Make blank packages as ``tonghop templates`` does; the share of all packages that were made."""
    from pipeline.run import templates, workspace_at
    from schemas.period import Period

    workspace, files = workspace_at(folder), files_of(folder)
    some = [path.stem for path in files[:: max(1, len(files) // SAMPLE)]]
    return lambda: len(templates(workspace, Period.parse(PERIOD), some)) / len(files)


def read(folder: Path, threads: int) -> Callable[[], float]:
    """The project's reader: identity, guard, every cell by its code."""
    from pipeline import read as reader
    from pipeline.run import workspace_at

    workspace = workspace_at(folder)

    def work() -> float:
        with mock.patch.object(reader, "_THREADS", threads):
            return len(reader.read_inbox(inbox_of(folder), folder, workspace.forms)) / len(files_of(folder))

    return work


def calamine(folder: Path, threads: int) -> Callable[[], float]:
    """The bare reader: every sheet of every file as rows, nothing looked at."""
    from python_calamine import CalamineWorkbook

    def rows(path: Path) -> int:
        book = CalamineWorkbook.from_path(path)
        return sum(len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)

    def work() -> float:
        with ThreadPoolExecutor(threads) as pool:
            return float(sum(pool.map(rows, files_of(folder), chunksize=8)) > 0)

    return work


def obvious(folder: Path) -> Callable[[], float]:
    """read_excel on every form sheet of every n-th file; the share of all form sheets that were read."""
    from obvious import levels_of, read_sheet, sheets_of

    levels, files = levels_of(folder / "schemas" / "units.csv"), files_of(folder)
    some = sheets_of(files[:: max(1, len(files) // SAMPLE)], levels)
    return lambda: sum(len(read_sheet(*sheet)) > 0 for sheet in some) / len(sheets_of(files, levels))


JOBS: dict[str, Callable[[Path], Callable[[], float]]] = {
    "issue": issue,
    "read": lambda folder: read(folder, THREADS),
    "read-1": lambda folder: read(folder, 1),
    "calamine": lambda folder: calamine(folder, THREADS),
    "calamine-1": lambda folder: calamine(folder, 1),
    "obvious": obvious,
}


def run_job(name: str, folder: Path) -> None:
    """Do one job and print its seconds, start-up left out, and the share of the files that it did."""
    work = JOBS[name](folder)
    start = time.perf_counter()
    share = work()
    print(json.dumps({"seconds": time.perf_counter() - start, "share": share}))


# --- measuring them -------------------------------------------------------------------------------------------------


def measure(job: Job) -> Measured:
    """Run one process; what it left out is counted as if it took as long."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, *job.arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    whole = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (CLEAN, FOUND):
        raise SystemExit(f"{job.name}: exit code {process.returncode}")
    said = json.loads(printed) if printed.startswith("{") else {}
    work, share = said.get("seconds", whole), said.get("share", 1.0)
    return Measured(whole - work + work / share, work / share, usage.ru_maxrss / 1024, said)


def in_turns(jobs: Sequence[Job], rounds: int) -> list[list[Measured]]:
    """A B C A B C …: a row a round."""
    found = []
    for i in range(rounds):
        print(f"round {i + 1} of {rounds}: {', '.join(job.name for job in jobs)}", file=sys.stderr)
        found.append([measure(job) for job in jobs])
    return found


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median and range."""
    return f"{median(values):8.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def show(title: str, jobs: Sequence[Job], found: Sequence[Sequence[Measured]]) -> None:
    """A table: seconds and peak of each job, and how many times the first one's seconds it took."""
    print(f"\n{title}\n{'':38}{'new process, s':26}{'work alone, s':26}{'times the first':24}{'peak, MB':>8}")
    for j, job in enumerate(jobs):
        row = [measured[j] for measured in found]
        whole, work = spread([one.whole for one in row]), spread([one.work for one in row])
        alone = work if row[0].said.get("seconds") else f"{'–':>8}"
        ratios = spread([one.work / measured[0].work for one, measured in zip(row, found, strict=True)], 1)
        print(f"{job.name:38}{whole:26}{alone:26}{ratios:24}{median(one.peak for one in row):8.0f}")


def agree(folder: Path, totals: dict[str, float]) -> str:
    """Whether both programs give the same totals of B01 for the province."""
    import csv

    with (folder / "output" / PERIOD / "data" / "rollup.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["unit"] == "LC" and row["form"] == "B01"]
    ours = {f"B01 {row['indicator']} {row['measure']}": float(row["value"]) for row in rows if row["value"]}
    ours = {name: value for name, value in ours.items() if name.endswith((" tong", " nu"))}
    theirs = {name: value for name, value in totals.items() if name.startswith("B01 ")}
    differ = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    return f"{len(ours)} totals of B01, the same in both" if not differ else f"DIFFERENT: {', '.join(differ)}"


def machine() -> str:
    """What was measured on, without its name."""
    told = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in told.read_text().splitlines() if line.startswith("model name")]
    packages = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    return f"{os.cpu_count()} cores ({names[0]}), {platform.system()}, Python {platform.python_version()}, {packages}"


def main(folder: Path, units: int, rounds: int) -> None:
    """Make what is missing, measure, print."""
    me, there = str(Path(__file__).resolve()), str(folder)

    def own(name: str, job: str) -> Job:
        return Job(name, (me, "--job", job, "--folder", there, "--units", str(units)))

    if not files_of(folder):
        measure(own("make", "make"))
    files = files_of(folder)
    print(f"{machine()}\n{len(files)} files, {sum(path.stat().st_size for path in files) / 2**20:.1f} MB, {rounds} rounds")
    reading = [
        own(f"tonghop, {THREADS} threads", "read"),
        own(f"calamine alone, {THREADS} threads", "calamine"),
        own("tonghop, 1 thread", "read-1"),
        own("calamine alone, 1 thread", "calamine-1"),
        own(f"read_excel, scaled from {SAMPLE} files", "obvious"),
    ]
    show("Reading", reading, in_turns(reading, rounds))
    result, units_csv = folder / "obvious.xlsx", folder / "schemas" / "units.csv"
    command = ("-m", "pipeline.cli", "--quiet", "--workspace", there, "consolidate", "--period", PERIOD)
    whole = [
        Job("tonghop consolidate", command),
        Job("the obvious program", (str(ROOT / "benchmarks/obvious.py"), *map(str, (inbox_of(folder), units_csv, result)))),
    ]
    found = in_turns(whole, rounds)
    show("The whole run", whole, found)
    print(f"\nCheck: {agree(folder, found[0][1].said['totals'])}")
    issuing = [measure(own("issue", "issue")) for _ in range(rounds)]
    print(f"Issuing a package: {spread([1000 * one.work / len(files) for one in issuing], 1).strip()} ms")


def command() -> None:
    """The command line."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("--units", type=int, default=790)
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--folder", type=Path, default=None, help="made when it is not there, used again when it is")
    words.add_argument("--job", choices=["make", *JOBS], help=argparse.SUPPRESS)
    given = words.parse_args()
    folder = (given.folder or Path(tempfile.gettempdir()) / f"tonghop-{given.units}").resolve()
    if given.job == "make":
        make(folder, given.units)
    elif given.job:
        run_job(given.job, folder)
    else:
        main(folder, given.units, given.rounds)


if __name__ == "__main__":
    command()
