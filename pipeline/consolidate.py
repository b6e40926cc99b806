"""Up the tree: a parent's figure from its children's, by the method of each cell. Missing is missing, never zero.

From the bottom up: what some units add to their parents (:mod:`pipeline.consolidate_partial`), merged with what all the
others add, and what follows from it when nothing is left to be added (:mod:`pipeline.consolidate_finish`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.consolidate_apart import reduced_apart
from pipeline.consolidate_doubts import doubted as doubted
from pipeline.consolidate_exact import Flags, Whole
from pipeline.consolidate_finish import built_of, settled
from pipeline.consolidate_partial import Partial, Some, merged, partial
from pipeline.consolidate_plan import Plan, kinds_of, plan_of
from pipeline.contents import register_counts
from pipeline.engine import LOCAL, Engine, chosen
from pipeline.figures import Figures, Matrix, unfilled
from pipeline.obligations import Obligations
from pipeline.rollup import Rollup, Rows
from schemas.form import Cell, Forms

_AT_A_TIME = 1_000


@dataclass(frozen=True, slots=True)
class _Nodes:
    """The arrays being filled, a column a cell.

    ``value`` has a row a unit of the tree, and so have ``parents``, the row of the unit above, of the province -1;
    ``kinds``; ``registered``, the register's counts; ``registers``, true where a unit declared such a count. The others
    have a row for each parent, where ``at`` says.
    """

    plan: Plan
    value: Figures
    parents: Whole
    kinds: Whole
    registered: Matrix
    registers: Flags
    at: Mapping[int, int]
    declared: Matrix
    built: Matrix


def consolidate(
    figures: Figures,
    forms: Forms,
    owed: Obligations,
    rejected: Collection[str] = (),
    *,
    take: bool = False,
    engine: Engine = LOCAL,
) -> Rollup:
    """Roll the figures of the returns up the tree valid at the cut-off.

    ``rejected`` are the units that must send again; their figures count, and every total says how many it rests on.
    Whoever needs the ``figures`` no more lets this ``take`` them: so those of a nation are never there twice. The
    workers of a cluster, if the ``engine`` names one, add up what most units report; the result is the same.
    """
    reported = tuple(forms.cells[key] for key in figures.keys)
    cells = (*reported, *(cell for cell in forms.cells.values() if cell.role == "computed"))
    nodes = _nodes(_declared(figures, cells, owed, take=take), cells, owed)
    whole = None
    for rows in _rounds(nodes.parents):
        _settle(nodes, rows, whole)
        own = _reduced(nodes, rows[nodes.parents[rows] >= 0], engine)
        whole = own if whole is None else merged([whole, own])
    assert whole is not None
    declared, built = Rows(nodes.at, nodes.declared, nodes.value.values), Rows(nodes.at, nodes.built, np.nan)
    counted, nobody = (Rows(nodes.at, whole.with_data), Rows(nodes.at, whole.expected)), Rows({}, whole.expected[:0])
    rollup = Rollup({cell.key: cell for cell in cells}, nodes.value, declared, built, *counted, nobody)
    return doubted(rollup, owed, rejected) if rejected else rollup


def _declared(figures: Figures, cells: tuple[Cell, ...], owed: Obligations, *, take: bool) -> Figures:
    """What the units declared, and the targets given to them, whether they have sent or not."""
    value, reported = unfilled([unit.code for unit in owed.tree.units], [cell.key for cell in cells]), len(figures.keys)
    left = np.ones(len(value.units), dtype=np.bool_)
    for begin in range(len(figures.units) // _AT_A_TIME * _AT_A_TIME, -1, -_AT_A_TIME):
        own = enumerate(figures.units[begin : begin + _AT_A_TIME], begin)
        at = {value.row[unit]: i for i, unit in own if unit in value.row}
        rows = list(at)
        value.values[rows, :reported] = figures.values[list(at.values())]
        value.values[rows, reported:] = np.nan
        left[rows] = False
        if take:
            # Nobody else looks at them: what is copied is given back at once.
            figures.values.resize((begin, len(figures.keys)), refcheck=False)
    value.values[left] = np.nan
    issued = {cell.key.indicator: j for j, cell in enumerate(cells) if cell.role == "issuer"}
    for unit, targets in owed.targets.items():
        for indicator, target in targets.items():
            if unit in value.row and indicator in issued:
                value.values[value.row[unit], issued[indicator]] = target.value
    return value


def _nodes(value: Figures, cells: tuple[Cell, ...], owed: Obligations) -> _Nodes:
    units, kinds = kinds_of(owed)
    plan = plan_of(cells, owed, units)
    parents = np.array([value.row.get(unit.parent, -1) for unit in owed.tree.units], dtype=np.int64)
    registered = np.full((len(value.units), len(plan.registered)), np.nan)
    groups = [cells[j].register for j in plan.registered.tolist()]
    for i, unit in enumerate(owed.tree.units if groups else ()):
        counts = register_counts(owed.tree, unit)
        if counts:
            registered[i] = [counts.get(group, np.nan) for group in groups]
    kept = np.unique(parents[parents >= 0])
    arrays = [np.full((len(kept), len(cells)), np.nan) for _ in range(2)]
    registers = ~np.isnan(value.values[:, plan.registered])
    at = {row: k for k, row in enumerate(kept.tolist())}
    return _Nodes(plan, value, parents, kinds, registered, registers, at, *arrays)


def _rounds(parents: Whole) -> Iterator[Whole]:
    """The rows of the units, those without children first, each after all its children; brothers side by side."""
    below = np.flatnonzero(parents >= 0)
    height, lower = np.zeros(len(parents), dtype=np.int64), None
    while lower is None or (height != lower).any():
        lower = height.copy()
        np.maximum.at(height, parents[below], lower[below] + 1)
    for level in range(int(height.max(initial=0)) + 1):
        found = np.flatnonzero(height == level)
        yield found[np.argsort(parents[found], kind="stable")]


def _settle(nodes: _Nodes, rows: Whole, whole: Partial | None) -> None:
    """Put the figures of these units in the place of what they declared; all below them are in the ``whole``."""
    for some in _chunks(rows):
        own, kinds = nodes.value.values[some], nodes.kinds[some]
        if whole is None:
            built = np.full(own.shape, np.nan)
            built[:, nodes.plan.registered] = nodes.registered[some]
        else:
            built = built_of(nodes.plan, whole, some, nodes.registered[some])
            kept = [nodes.at[row] for row in some.tolist()]
            nodes.declared[kept], nodes.built[kept] = own, built
        nodes.value.values[some] = settled(nodes.plan, own, built, kinds)


def _reduced(nodes: _Nodes, rows: Whole, engine: Engine) -> Partial:
    """What these units, whose figures are settled, add to their parents."""
    chunks = _chunks(rows)

    def some(number: int) -> Some:
        own = chunks[number]
        return Some(nodes.parents[own], nodes.kinds[own], nodes.registers[own], nodes.value.values[own])

    if len(chunks) > 1 and chosen(engine, len(rows)) == "dask":
        return reduced_apart(nodes.plan, len(chunks), some, engine)
    return merged([partial(nodes.plan, some(number)) for number in range(len(chunks))])


def _chunks(rows: Whole) -> list[Whole]:
    return [rows[i : i + _AT_A_TIME] for i in range(0, max(len(rows), 1), _AT_A_TIME)]
