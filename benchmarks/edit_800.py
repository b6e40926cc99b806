"""What it adds to the judging of some 800 returns, every tenth wrong, to say which cells, and to mark the files.

Run as ``python benchmarks/edit_800.py [--folder DIR] [--units 790] [--rounds 5] [--seed 1]``. The workspace is that of
``read_800.py``, made once and used again; nothing in it is changed. It is read once, then every tenth return gets one
to three wrong figures in memory: a slip of a digit, noughts too many, thousands lost, a blank. Both ways of judging,
without suspects and proposals and with them, take their turns; the seconds are also those of the processor, which tell
more on a machine that does other things. Nothing here fails for being slow.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from operator import sub
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from localize import slipped  # noqa: E402
from read_800 import PERIOD, files_of, make, spread  # noqa: E402

if TYPE_CHECKING:
    from pipeline.findings import Finding
    from pipeline.results import Results
    from pipeline.submission import Entry, Submission
    from pipeline.workspace import Workspace
    from schemas.form import Forms
    from schemas.period import Period

EVERY, MOST = 10, 3


def damaged(read: Sequence[Submission], forms: Forms, chance: random.Random) -> list[Submission]:
    """The returns, every tenth with one to three wrong figures.

    What a package works out itself, or fills from another cell, is taken out there: it would show the wrong figure.
    """
    found = []
    for i, one in enumerate(read):
        typed = {
            key: entry
            for key, entry in one.entries.items()
            if (cell := forms.cell(key)) is not None and cell.role != "computed" and cell.link is None
        }
        counted = [key for key, entry in typed.items() if entry.own and entry.value and not entry.refusal]
        if i % EVERY or len(counted) < MOST:
            found.append(one)
            continue
        wrong = chance.sample(counted, chance.randint(1, MOST))
        changed = {key: made for key in wrong if (made := _wrong(typed[key], chance)) is not None}
        kept = {key: entry for key, entry in typed.items() if key not in wrong}
        found.append(replace(one, entries=kept | changed))
    return found


def _wrong(entry: Entry, chance: random.Random) -> Entry | None:
    """The cell with a wrong figure; ``None`` where it is left blank."""
    value, way = int(entry.value or 0), chance.randrange(10)
    if way == 0:
        return None
    wrong = value * 10 if way == 1 else value // 1000 if way == 2 and value >= 1000 else slipped(value, chance)
    return entry._replace(value=float(wrong), raw=float(wrong), text="")


@contextmanager
def run_with(read: Sequence[Submission], *, suspects: bool) -> Iterator[None]:
    """A run that finds these returns in its inbox, with or without localization."""
    from pipeline import run, run_judge

    reader, localize = run.returns_of, run_judge.suspects
    own = [replace(one) for one in read]

    def inbox(_: Workspace, period: Period) -> list[Submission]:
        return own if str(period) == PERIOD else []

    run.returns_of = inbox
    if not suspects:
        run_judge.suspects = lambda *_: []
    try:
        yield
    finally:
        run.returns_of, run_judge.suspects = reader, localize


def judged(workspace: Workspace, read: Sequence[Submission], *, suspects: bool) -> tuple[tuple[float, float], Results]:
    """The seconds of a run without reading and writing, also those of the processor, and what came of it."""
    from pipeline.adjust_proposals import proposals
    from pipeline.run import consolidate

    with run_with(read, suspects=suspects):
        start = _clocks()
        results = consolidate(workspace, PERIOD, write=False)
        if suspects:
            proposals(results)
        wall, cpu = map(sub, _clocks(), start)
        return (wall, cpu), results


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def annotated(results: Results, units: Iterable[str]) -> list[float]:
    """The milliseconds of the processor that the marking of each of these units' files takes."""
    from pipeline.annotate import Listing, annotate
    from pipeline.write_returns_marks import lines_of, marks_of

    took = []
    for unit in units:
        path = results.workspace.root / results.by_unit[unit].file
        findings, data = results.findings_of(unit), path.read_bytes()
        start = time.process_time()
        annotate(data, marks_of(findings, "vi"), Listing(unit, tuple(lines_of(findings, "vi"))))
        took.append(1000 * (time.process_time() - start))
    return took


def report(found: Sequence[Finding], units: Sequence[str]) -> None:
    """How much there was to find."""
    own = [finding for finding in found if finding.unit in units]
    hard = {finding.unit for finding in own if finding.severity == "hard"}
    sets = [finding for finding in own if finding.id == "suspect"]
    faults = Counter((one.unit, one.suspects.fault) for one in sets if one.suspects is not None)
    unknown = sum(finding.id == "suspect-unknown" for finding in own)
    print(
        f"{len(units)} returns damaged, {len(hard)} with hard findings; {len(faults)} faults with {len(sets)} sets"
        f" (most of one: {max(faults.values(), default=0)}), {unknown} lists not complete"
    )


def main(folder: Path, units: int, rounds: int, seed: int) -> None:
    """Make what is missing, read, damage, measure, print."""
    from pipeline.read import read_inbox
    from pipeline.run import workspace_at

    if not files_of(folder):
        make(folder, units)
    workspace = workspace_at(folder)
    clean = read_inbox(folder / "inbox" / PERIOD, folder, workspace.forms)
    read = damaged(clean, workspace.forms, random.Random(seed))
    wrong = [one.unit for one, before in zip(read, clean, strict=True) if one is not before]
    took: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for _ in range(rounds):
        for suspects in took:
            seconds, results = judged(workspace, read, suspects=suspects)
            took[suspects].append(seconds)
    print(f"{os.cpu_count()} cores; {len(read)} returns; median (least–most) of {rounds} rounds in turns")
    report(results.findings, wrong)
    print(f"{'':16}{'s':24}s of the processor")
    for name, runs in (("without", took[False]), ("with suspects", took[True])):
        print(f"{name:16}" + "".join(f"{spread(clock):24}" for clock in zip(*runs, strict=True)))
    added = [tuple(map(sub, *pair)) for pair in zip(took[True], took[False], strict=True)]
    print(f"{'added':16}" + "".join(f"{spread(clock):24}" for clock in zip(*added, strict=True)))
    annotated(results, wrong)
    marking = [one for _ in range(rounds) for one in annotated(results, wrong)]
    print(f"{'a file marked':16}{spread(marking):24}ms of the processor")


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--folder", type=Path, help="made when it is not there, used again when it is")
    words.add_argument("--units", type=int, default=790)
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--seed", type=int, default=1)
    given = words.parse_args()
    place = given.folder or Path(tempfile.gettempdir()) / f"tonghop-{given.units}"
    main(place.resolve(), given.units, given.rounds, given.seed)
