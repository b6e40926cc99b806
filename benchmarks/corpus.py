"""A generated corpus: a workspace in which so many units have sent their packages, some with mistakes.

Run as ``python benchmarks/corpus.py DIR --units 800 [--faults 2] [--xls 1] [--resaved 2] [--seed 1] [--forms B01]
[--more 1]``.
The sample province's tree is repeated with codes of its own until it has so many packages: upper unions, each with its
grassroots unions; beyond 800 the province stands for a nation. Every unit has figures of its own, so that no two
returns look copied, and an upper union reports what its children make, with the part that it did itself.

``--faults`` is the percentage of grassroots returns with one mistake, listed in ``faults.csv``; what the union above
reports rests on the figures without it. ``--xls`` and ``--resaved`` are percentages of returns that LibreOffice saved,
at most 200 of each. ``--forms`` cuts the packages down to some forms; ``--more`` adds so many forms like B02 to all of
them. The same arguments give the same figures.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import re
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from corpus_faults import Fault, overtyped, with_fault  # noqa: E402
from corpus_figures import LIKE, blank_of, grassroots, keep_cells, upper  # noqa: E402
from corpus_formats import saved_otherwise  # noqa: E402
from corpus_packages import Packages  # noqa: E402

if TYPE_CHECKING:
    from pipeline.obligations import Obligations
    from pipeline.package_values import Content
    from pipeline.workspace import Workspace
    from schemas.targets import Target
    from schemas.tree import Unit

PERIOD, PROVINCE = "2020", "LC"
FIRST_MORE = 5
FAULTS = ("file", "unit", "kind", "sheet", "cell", "indicator", "measure", "was", "now")
_FIRST, _MINUTES = datetime(2020, 11, 26, 1), 9 * 24 * 60
_PERIODS = re.compile(r"^periods = .*$", re.MULTILINE)
_TABLE = re.compile(r'^id = "([a-z_]+)"', re.MULTILINE)
Rows = list[dict[str, str]]


@dataclass(slots=True)
class Corpus:
    """What is being made: where, by what chance, and what was done so far."""

    inbox: Path
    workspace: Workspace
    owed: Obligations
    chance: random.Random
    faults: float
    packages: Packages = field(default_factory=Packages)
    files: list[Path] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    mistakes: list[Sequence[object]] = field(default_factory=list)

    def put(self, unit: str, data: bytes) -> Path:
        """Write a return, received on some day in time."""
        path = self.inbox / f"{unit}.xlsx"
        path.write_bytes(data)
        received = (_FIRST + timedelta(minutes=len(self.files) % _MINUTES)).timestamp()
        os.utime(path, (received, received))
        self.files.append(path)
        return path


def read_rows(path: Path) -> Rows:
    """A table of the workspace."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, head: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """The same the other way."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)


def repeated(rows: Rows, packages: int) -> tuple[Rows, dict[str, str]]:
    """A register of so many units below the province, and whom of the sample each upper union repeats."""
    uppers = [row for row in rows if row["level"] == "upper"]
    below = {row["code"]: [one for one in rows if one["parent"] == row["code"]] for row in uppers}
    made = [next(row for row in rows if row["code"] == PROVINCE)]
    like: dict[str, str] = {}
    left, order, unions = packages, 0, 0
    while left:
        turn, place = divmod(order, len(uppers))
        row, order, left = uppers[place], order + 1, left - 1
        code, area = f"CT{order:04}", f"vùng {turn + 1:03}"
        like[code] = row["code"]
        made.append(_renamed(row, code, area, PROVINCE))
        for one in below[row["code"]][:left]:
            unions, left = unions + 1, left - 1
            made.append(_renamed(one, f"CS{unions:06}", area, code))
    return made, like


def _renamed(row: dict[str, str], code: str, area: str, parent: str) -> dict[str, str]:
    named = {name: f"{row[name]}, {area}" for name in ("name", "short_name") if row[name]}
    return {**row, **named, "code": code, "parent": parent, "email": "", "aliases": ""}


def workspace_in(folder: Path, units: int, forms: Sequence[str], more: int) -> None:
    """An empty workspace with that register, in which upper and grassroots unions send these forms."""
    from pipeline.init import init

    settings = init(folder) / "tonghop.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('senders = ["upper"]', 'senders = ["upper", "grassroots"]', 1), encoding="utf-8")
    for path in (folder / "schemas" / "forms").glob("*.toml"):
        if forms and path.stem not in forms:
            # Not there it would be the installed one.
            text = path.read_text(encoding="utf-8")
            path.write_text(_PERIODS.sub('periods = ["quarter"]', text, count=1), encoding="utf-8")
    like_this = (folder / "schemas" / "forms" / f"{LIKE}.toml").read_text(encoding="utf-8")
    for number in range(FIRST_MORE, FIRST_MORE + more):
        text = _TABLE.sub(rf'id = "\1_{number}"', like_this.replace(LIKE, f"B{number:02}"))
        (folder / "schemas" / "forms" / f"B{number:02}.toml").write_text(text, encoding="utf-8")
    rows, like = repeated(read_rows(folder / "schemas" / "units.csv"), units)
    write_rows(folder / "schemas" / "units.csv", rows[0], (row.values() for row in rows))
    given = read_rows(folder / "schemas" / "targets.csv")
    by_unit = {code: [row for row in given if row["unit"] == code] for code in {PROVINCE, *like.values()}}
    asked = [{**row, "unit": code} for code, other in {PROVINCE: PROVINCE, **like}.items() for row in by_unit[other]]
    asked = [row for row in asked if row["period"] == PERIOD] if not forms or "B03" in forms else []
    write_rows(folder / "schemas" / "targets.csv", given[0], (row.values() for row in asked))


def fill(corpus: Corpus, kind: Content, union: Unit) -> None:
    """The returns of an upper union and of all below it."""
    owed, children = corpus.owed, corpus.owed.tree.children(union.code)
    sent = [grassroots(kind, child, owed.tree.order[child.code]) for child in children]
    wrong = [with_fault(one, corpus.chance) if corpus.chance.random() < corpus.faults / 100 else None for one in sent]
    contents = [one if fault is None else fault[0] for one, fault in zip(sent, wrong, strict=True)]
    made = corpus.packages.files(kind, contents) if contents else ()
    for content, fault, data in zip(contents, wrong, made, strict=True):
        _put(corpus, content, fault[1] if fault else None, data)
    blank = blank_of(corpus.workspace, owed, union)
    own, targets = upper(blank, owed, union, sent)
    corpus.targets += targets.values()
    corpus.put(union.code, next(corpus.packages.files(blank, [own])))


def _put(corpus: Corpus, content: Content, fault: Fault | None, data: bytes) -> None:
    from pipeline.layout import a1
    from pipeline.package import plans_of

    if fault is None:
        corpus.put(content.unit, data)
        return
    plans = dict(plans_of(content.forms, content.row_ids))
    if fault.kind == "percentage":
        data = overtyped(data, content, plans, fault)
    path = corpus.put(content.unit, data)
    key = fault.key
    place = (key.form, a1(*plans[key.form].places[key]), key.indicator, key.measure)
    corpus.mistakes.append((path.name, content.unit, fault.kind, *place, fault.was, fault.now))


def write_targets(folder: Path, targets: Iterable[Target]) -> None:
    """The targets that the packages show; the province's stay."""
    path = folder / "schemas" / "targets.csv"
    rows = read_rows(path)
    if rows:
        given = {(one.unit, one.indicator): one.value for one in targets}
        changed = [{**row, "value": f"{given.get((row['unit'], row['indicator']), row['value'])}"} for row in rows]
        write_rows(path, rows[0], (row.values() for row in changed))


def make(
    folder: Path,
    units: int,
    *,
    faults: float = 0,
    xls: float = 0,
    resaved: float = 0,
    seed: int = 1,
    forms: str = "",
    more: int = 0,
) -> dict[str, object]:
    """Make a corpus; what is in it."""
    from pipeline.obligations import obligations
    from pipeline.run import workspace_at
    from schemas.period import Period

    start = time.perf_counter()
    keep_cells()
    workspace_in(folder, units, [form for form in forms.split(",") if form], more)
    workspace = workspace_at(folder)
    owed = obligations(workspace, Period.parse(PERIOD))
    inbox = workspace.inbox(owed.period)
    inbox.mkdir(parents=True)
    corpus = Corpus(inbox, workspace, owed, random.Random(seed), faults)
    kind = blank_of(workspace, owed, owed.tree.of_level("grassroots")[0])
    for union in owed.tree.of_level("upper"):
        fill(corpus, kind, union)
    write_targets(folder, corpus.targets)
    write_rows(folder / "faults.csv", FAULTS, corpus.mistakes)
    spare = {str(row[0]) for row in corpus.mistakes}
    whole = [path for path in corpus.files if path.name not in spare]
    old = saved_otherwise(whole, xls, "xls", corpus.chance)
    taken = {path.stem for path in old}
    again = saved_otherwise([path for path in whole if path.stem not in taken], resaved, "xlsx", corpus.chance)
    return {
        "packages": len(corpus.files),
        "upper unions": len(owed.tree.of_level("upper")),
        "faults": len(corpus.mistakes),
        "xls": len(old),
        "resaved by LibreOffice": len(again),
        "MB": round(sum(path.stat().st_size for path in inbox.iterdir()) / 2**20, 1),
        "seconds": round(time.perf_counter() - start, 1),
    }


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("folder", type=Path)
    words.add_argument("--units", type=int, default=800, help="packages in all")
    words.add_argument("--faults", type=float, default=0, help="per cent of grassroots returns with a mistake")
    words.add_argument("--xls", type=float, default=0, help="per cent saved as .xls, at most 200 returns")
    words.add_argument("--resaved", type=float, default=0, help="per cent saved again by LibreOffice, at most 200")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--forms", default="", help="only these forms, as in B01,B02; all without it")
    words.add_argument("--more", type=int, default=0, help="so many forms more, each like B02")
    given = vars(words.parse_args())
    print(json.dumps(make(given.pop("folder").resolve(), given.pop("units"), **given), ensure_ascii=False))
