"""How long issuing some 800 packages takes, beside writing each with xlsxwriter from nothing.

Run as ``python benchmarks/issue_800.py [--units 790] [--rounds 3] [--folder DIR]``. Every package of a period is
written to disk both ways, each time by a new process and in turns; ratios are taken round by round, for a machine
drifts more than programs differ. That of processor time alone, the last line, hangs least on what else runs there.
Once without figures of the year before, once with them, where one figure in 5,000 is missing: such gaps make kinds of
packages; ``--figures none`` and ``--figures before`` take one of the two alone. Nothing here fails for being slow.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable, Collection
from itertools import islice
from operator import truediv
from pathlib import Path

from read_800 import HERE, PERIOD, compare, spread

BEFORE, GAP = "2019", 5_000
CASES = {"none": "no figures before", "before": "figures before"}
COLUMNS = ("period", "unit", "form", "table", "indicator", "measure", "value", "text", "status")


def make(folder: Path, units: int, *, earlier: bool) -> None:
    """A workspace in which upper and grassroots unions owe a package."""
    from pipeline.init import init
    from pipeline.obligations import obligations
    from pipeline.run import workspace_at
    from schemas.period import Period

    settings = init(folder) / "tonghop.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('senders = ["upper"]', 'senders = ["upper", "grassroots"]', 1), encoding="utf-8")
    owed = obligations(workspace_at(folder), Period.parse(PERIOD))
    chosen = list(islice(owed.owed, units))
    (folder / "chosen.txt").write_text("\n".join(chosen), encoding="utf-8")
    if not earlier:
        return
    path = folder / "history" / f"{BEFORE}.csv"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for unit in chosen:
            level = owed.tree.unit(unit).level
            cells = (cell for form in owed.owed[unit] for cell in form.cells() if level in cell.levels)
            for cell in (cell for cell in cells if cell.is_number and cell.is_observed and cell.key.indicator):
                value = zlib.crc32("/".join((unit, *cell.key)).encode())
                if value % GAP:
                    row = (BEFORE, unit, cell.key.form, cell.table, *cell.key[1:], value % 900 + 1, "", "reported")
                    rows.writerow(row)


def job(folder: Path, way: str) -> Callable[[], int]:
    """Issue every package that one way; how many were written."""
    from pipeline.contents import content_of
    from pipeline.obligations import obligations
    from pipeline.package import write_package
    from pipeline.run import before, workspace_at
    from pipeline.template import issue_packages
    from schemas.period import Period

    workspace, period = workspace_at(folder), Period.parse(PERIOD)
    owed, known = obligations(workspace, period), before(workspace, period)
    codes = (folder / "chosen.txt").read_text(encoding="utf-8").split("\n")
    target = workspace.templates / PERIOD
    shutil.rmtree(target, ignore_errors=True)

    def issue() -> int:
        done = issue_packages(workspace, owed, codes, known.earlier, known.year_ago, lambda _done, _all: None)
        return sum(one.outcome == "written" for one in done)

    def write_each() -> int:
        target.mkdir(parents=True)
        for code in codes:
            content = content_of(workspace, owed, owed.tree.unit(code), known.earlier, known.year_ago)
            write_package(target / f"{code}.xlsx", content)
        return len(codes)

    return issue if way == "tonghop templates" else write_each


def main(folder: Path, units: int, rounds: int, cases: Collection[str]) -> None:
    """Make what is missing, measure, print."""
    for case in cases:
        name = CASES[case]
        place = folder / name.replace(" ", "-")
        if not place.exists():
            make(place, units, earlier=case == "before")
        count = len((place / "chosen.txt").read_text(encoding="utf-8").split("\n"))
        this = (str(HERE / "issue_800.py"), "--folder", str(place), "--job")
        ways = {way: (*this, way) for way in ("tonghop templates", "xlsxwriter each")}
        found = compare(f"{count}, {name}", ways, rounds)
        for way, measured in found.items():
            print(f"{way}: {1000 * min(one.work for one in measured) / count:.1f} ms a package at best")
        ours, theirs = ([one.said["processor"] for one in found[way]] for way in ways)
        print(f"xlsxwriter each, processor time of the work: {spread([*map(truediv, theirs, ours)]).strip()} times")


if __name__ == "__main__":
    words = argparse.ArgumentParser()
    words.add_argument("--units", type=int, default=790)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--folder", type=Path, help="made when it is not there, used again when it is")
    words.add_argument("--figures", choices=tuple(CASES), help="of the year before: that case alone; both if not given")
    words.add_argument("--job", help=argparse.SUPPRESS)
    given = words.parse_args()
    folder = (given.folder or Path(tempfile.gettempdir()) / f"tonghop-issue-{given.units}").resolve()
    if given.job:
        work = job(folder, given.job)
        start, processor = time.perf_counter(), time.process_time()
        written = work()
        taken = {"seconds": time.perf_counter() - start, "processor": time.process_time() - processor}
        print(json.dumps({**taken, "share": 1.0, "written": written}))
    else:
        main(folder, given.units, given.rounds, (given.figures,) if given.figures else tuple(CASES))
