"""How many of the returns that must be sent again stand behind each figure of the tree."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from pipeline.consolidate_plan import Plan, plan_of
from pipeline.obligations import Obligations
from pipeline.rollup import Counts, Rollup, Rows
from schemas.tree import Unit


def doubted(rollup: Rollup, owed: Obligations, rejected: Collection[str]) -> Rollup:
    """The same with how many of the ``rejected`` units, which must send again, stand behind each figure.

    None of them stands behind a target or the register.
    """
    plan = plan_of(tuple(rollup.cells.values()), owed, [])
    once = [j for j, cell in enumerate(rollup.cells.values()) if cell.once]
    counts: dict[int, Counts] = {}
    for unit in owed.tree.depth_first():
        children = [rollup.value.row[child.code] for child in owed.tree.children(unit.code)]
        below = [counts[row] for row in children if row in counts]
        if below or unit.code in rejected:
            i = rollup.value.row[unit.code]
            counts[i] = _doubt(
                rollup, unit, plan, below, once if children else [], parent=bool(children), own=unit.code in rejected
            )
    kept = np.array([*counts.values()]).reshape(len(counts), len(rollup.cells))
    return replace(rollup, rejected=Rows({i: k for k, i in enumerate(counts)}, kept))


def _doubt(
    rollup: Rollup, unit: Unit, plan: Plan, below: list[Counts], once: list[int], *, parent: bool, own: bool
) -> Counts:
    """How many returns that must be sent again stand behind each figure of a unit: its ``own`` and those ``below``.

    ``once`` are the columns in which a parent's figure is its own and its children's together.
    """
    i, count = rollup.value.row[unit.code], len(rollup.cells)
    from_children = sum(below, np.zeros(count, dtype=np.int64))
    reports = ~np.isnan(rollup.declared[i, list(range(count))]) & (unit.level != "province")
    found = np.where(reports, int(own), from_children)
    found[once] = (reports * int(own) + from_children)[once]
    found[np.isnan(rollup.value.values[i])] = 0
    found[plan.issued] = 0
    found[plan.registered] = np.where(reports[plan.registered], found[plan.registered], 0)
    found[plan.shares.columns] = 0
    if parent:
        built = plan.shares.built
        found[plan.shares.columns[built]] = found[plan.shares.needs[:, built]].max(axis=0, initial=0)
    return found
