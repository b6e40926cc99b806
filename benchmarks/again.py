"""How long a run over some 800 returns takes again: with no cache, with nothing changed, with one return changed.

Run as ``python benchmarks/again.py [--folder DIR] [--units 790] [--rounds 5]``. The workspace is that of
``read_800.py``, made once and used again. Every measurement is a new process from the command line to its end, all of
them and the obvious program (which keeps nothing) in turns; ratios are taken round by round. The return that changes
has another figure every time, so that totals change, and is put back in the end. Nothing here fails for being slow.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from operator import truediv
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from read_800 import PERIOD, Measured, files_of, make, measure, spread  # noqa: E402

STAGES = {
    "workspace_at": "definitions",
    "returns_of": "reading",
    "judge": "judging",
    "_results": "judging, rolling up",
    "write_results": "writing",
}


def change(folder: Path, path: Path, more: int) -> None:
    """Another figure in one return, so many members more than it had; it fails its sums as well."""
    from pipeline.demo_returns import filled_by, moment, write_return
    from pipeline.obligations import obligations
    from pipeline.run import workspace_at
    from schemas.form import Key
    from schemas.period import Period

    workspace = workspace_at(folder)
    owed = obligations(workspace, Period.parse(PERIOD))
    content, key = filled_by(workspace, owed, owed.tree.unit(path.stem)), Key("B01", "sl_doan_vien", "tong")
    was = content.entries[key]
    assert isinstance(was, int | float)
    write_return(path, replace(content, entries={**content.entries, key: was + more}), moment(2020, 12, 2, more))


def watched() -> dict[str, float]:
    """Seconds of each stage of what runs from now on, by the name of its function; filled in while it runs."""
    start = time.perf_counter()
    from pipeline import run

    found = {"start": time.perf_counter() - start}

    def timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def at_work(*given: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            try:
                return work(*given, **named)
            finally:
                found[name] = found.get(name, 0.0) + time.perf_counter() - begun

        return at_work

    for name in STAGES:
        setattr(run, name, timed(name, getattr(run, name)))
    return found


def stages(folder: Path) -> dict[str, float]:
    """Seconds of each stage of one run, start-up too."""
    found = watched()
    from pipeline import run

    run.consolidate(folder, PERIOD)
    return found


def measured(folder: Path, rounds: int) -> dict[str, list[Measured]]:
    """The four ways in turns, and the seconds of each stage after one return changed."""
    ours = ("-m", "pipeline.cli", "--workspace", str(folder), "consolidate", "--period", PERIOD)
    path = files_of(folder)[-1]
    places = (str(path.parent), str(folder / "schemas" / "units.csv"), str(folder / "obvious.xlsx"))
    found: dict[str, list[Measured]] = {}

    def take(name: str, *arguments: str) -> None:
        found.setdefault(name, []).append(measure(arguments))

    for turn in range(rounds):
        take("the obvious program", str(HERE / "obvious.py"), *places)
        shutil.rmtree(folder / ".tonghop", ignore_errors=True)
        shutil.rmtree(folder / "output", ignore_errors=True)
        take("cold", *ours)
        take("again, nothing changed", *ours)
        change(folder, path, 2 * turn + 1)
        take("again, one return changed", *ours)
        change(folder, path, 2 * turn + 2)
        take("stages", str(HERE / "again.py"), "--folder", str(folder), "--stages")
    return found


def main(folder: Path, units: int, rounds: int) -> None:
    """Make what is missing, measure, print."""
    if not files_of(folder):
        make(folder, units)
    path = files_of(folder)[-1]
    content, stood = path.read_bytes(), path.stat()
    try:
        found = measured(folder, rounds)
    finally:
        path.write_bytes(content)
        os.utime(path, ns=(stood.st_atime_ns, stood.st_mtime_ns))
    print(f"{os.cpu_count()} cores {platform.machine()}, {platform.system()}, Python {platform.python_version()}")
    print(f"{len(files_of(folder))} files; median (least–most) of {rounds} rounds in turns, whole processes")
    parts = [one.said for one in found.pop("stages")]
    for what, title in (("whole", "seconds"), ("processor", "seconds of the processor")):
        obvious = [getattr(one, what) for one in found["the obvious program"]]
        print(f"\n{title:28}{'':26}{'the obvious program takes':33}peak, MB")
        for name, own in found.items():
            seconds = [getattr(one, what) for one in own]
            times = spread([*map(truediv, obvious, seconds)])
            print(f"{name:28}{spread(seconds):26}{times + ' times':33}{max(one.peak for one in own):8.0f}")
    print("\nWhere the time goes after one return changed, s")
    for name in ("start", *STAGES):
        print(f"  {STAGES.get(name, 'imports'):28}{median(one.get(name, 0.0) for one in parts):7.2f}")


if __name__ == "__main__":
    words = argparse.ArgumentParser()
    words.add_argument("--units", type=int, default=790)
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--folder", type=Path, help="made when it is not there, used again when it is")
    words.add_argument("--stages", action="store_true", help=argparse.SUPPRESS)
    given = words.parse_args()
    folder = (given.folder or Path(tempfile.gettempdir()) / f"tonghop-{given.units}").resolve()
    if given.stages:
        print(json.dumps(stages(folder)))
    else:
        main(folder, given.units, given.rounds)
