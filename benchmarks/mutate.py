"""Damaged returns: real packages and their parts cut short and changed byte by byte, each read as the inbox is read.

Every file must end with a status, in bounded time and memory. Prints how many ended how, the slowest, and the peak.

    python benchmarks/mutate.py [--files 10000] [--seed 1] [FILE…]

Without FILE two packages of the sample province are made; give others (.xls, .ods, re-saved ones) to damage those.
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

sys.path.insert(0, str(Path(__file__).parent.parent))

UNITS, PERIOD = ("LC-21", "LC-02"), "2020"


def main() -> None:
    """Damage and read."""
    from pipeline.init import init
    from pipeline.read import read_files
    from pipeline.run import workspace_at

    given = _arguments()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as scratch:
        workspace = workspace_at(init(Path(scratch) / "province"))
        sources = [path.read_bytes() for path in given.paths] or _packages(workspace)
        names = [path.suffix for path in given.paths] or [".xlsx"] * len(sources)
        ended: Counter[str] = Counter()
        slowest = 0.0
        for i in range(given.files):
            at = i % len(sources)
            path = Path(scratch) / f"damaged{names[at]}"
            inside = chance.random() < 0.7 and sources[at].startswith(b"PK")
            path.write_bytes((_damaged_inside if inside else _damaged)(sources[at], chance))
            began = time.perf_counter()
            (one,) = read_files([path], workspace.root, workspace.forms)
            slowest = max(slowest, time.perf_counter() - began)
            ended[one.reason or one.status] += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{given.files} files, seed {given.seed}: slowest {slowest:.2f} s, peak {peak:.0f} MB")
    for how, count in ended.most_common():
        print(f"{count:8} {how}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("paths", type=Path, nargs="*", metavar="FILE")
    return parser.parse_args()


def _packages(workspace: object) -> Sequence[bytes]:
    """Filled packages of two units, as they would come back."""
    from pipeline.demo_returns import filled_by
    from pipeline.obligations import obligations
    from pipeline.package import write_package
    from pipeline.workspace import Workspace
    from schemas.period import Period

    assert isinstance(workspace, Workspace)
    owed = obligations(workspace, Period.parse(PERIOD))
    made = []
    for unit in UNITS:
        path = workspace.root / f"{unit}.xlsx"
        write_package(path, filled_by(workspace, owed, owed.tree.unit(unit)))
        made.append(path.read_bytes())
    return made


def _damaged_inside(data: bytes, chance: random.Random) -> bytes:
    """The same done to one part of the package, which is packed again with the right check sums."""
    made = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as old, ZipFile(made, "w", ZIP_DEFLATED) as new:
        hit = chance.choice(old.namelist())
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, _damaged(content, chance) if name == hit and content else content)
    return made.getvalue()


def _damaged(data: bytes, chance: random.Random) -> bytes:
    """Cut short, bytes changed, a stretch lost, doubled, or put elsewhere."""
    damaged = bytearray(data)
    way = chance.randrange(5)
    if way == 0:
        return bytes(damaged[: chance.randrange(len(damaged))])
    if way == 1:
        for _ in range(chance.choice((1, 2, 8, 64))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        return bytes(damaged)
    start = chance.randrange(len(damaged))
    stretch = damaged[start : start + chance.choice((1, 16, 512, 8192))]
    if way in (2, 4):
        del damaged[start : start + len(stretch)]
    if way in (3, 4):
        where = chance.randrange(len(damaged) + 1)
        damaged[where:where] = stretch
    return bytes(damaged)


if __name__ == "__main__":
    main()
