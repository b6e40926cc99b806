"""Small systems made by chance, and whether the sets of suspects are those that trying every change finds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

if TYPE_CHECKING:
    import random

    from pipeline.localize_system import Relation

CELLS, MOST = "abcde", 4


def is_minimal(chance: random.Random) -> bool:
    """Whether a system of three to five cells and one to three rules is answered as brute force answers it."""
    from localizing import by_trial, system, whole_sets

    from pipeline.localize import localize

    names = CELLS[: chance.randint(3, len(CELLS))]
    values = {name: chance.choice((None, *range(MOST + 1), *range(MOST + 1))) for name in names}
    given = system(values, *(_rule(names, chance) for _ in range(chance.randint(1, 3))), variables=_figures(values))
    return whole_sets(localize(given)) == by_trial(given)


def _figures(values: dict[str, int | None]) -> list[object]:
    from pipeline.localize_system import Variable

    return [Variable(name, value, high=MOST) for name, value in values.items()]


def _rule(names: str, chance: random.Random) -> Relation:
    """Some cells make another one, or do not exceed it."""
    from localizing import at_most, equal

    whole, *parts = chance.sample(names, chance.randint(2, len(names)))
    return chance.choice((equal, equal, at_most))(*parts, **{whole: -1})
