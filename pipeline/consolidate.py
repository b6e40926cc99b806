"""Up the tree: a parent's figure from its children's, by the method of each cell. Missing is missing, never zero."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.contents import register_counts
from pipeline.figures import Figures, Matrix, empty, total
from pipeline.obligations import Obligations
from pipeline.rollup import Counts, Rollup
from schemas.form import Cell, Forms, Key
from schemas.tree import Unit


@dataclass(frozen=True, slots=True)
class _Totals:
    """All derived totals at once: the columns where they stand, and what each cell weighs in each of them."""

    columns: tuple[int, ...]
    weights: Matrix
    constants: Matrix


@dataclass(frozen=True, slots=True)
class _Nodes:
    """The arrays being filled, a row a unit of the tree, a column a cell; those of ``owes`` are 1 where a unit owes."""

    owed: Obligations
    cells: tuple[Cell, ...]
    totals: _Totals
    once: tuple[int, ...]
    value: Figures
    declared: Matrix
    built: Matrix
    owes: Counts
    with_data: Counts
    expected: Counts
    rejected: Counts

    def below(self, unit: Unit) -> list[int]:
        """The rows of a unit's direct children."""
        return [self.value.row[child.code] for child in self.owed.tree.children(unit.code)]

    def where(self, role: str = "", rollup: str = "") -> list[int]:
        """The columns of the cells of a role or a method."""
        return [j for j, cell in enumerate(self.cells) if cell.role == role or cell.rollup == rollup]


def consolidate(figures: Figures, forms: Forms, owed: Obligations, rejected: Collection[str] = ()) -> Rollup:
    """Roll the figures of the returns up the tree valid at the cut-off.

    ``rejected`` are the units that must send again; their figures count, and every total says how many it rests on.
    """
    nodes = _nodes(figures, forms, owed)
    for unit in owed.tree.depth_first():
        _build(nodes, unit)
        _settle(nodes, unit)
        _count(nodes, unit)
        _doubt(nodes, unit, rejected)
    for cell in nodes.cells:
        if cell.role == "computed":
            _share(nodes, cell)
    cells = {cell.key: cell for cell in nodes.cells}
    counts = (nodes.with_data, nodes.expected, nodes.rejected)
    return Rollup(cells, nodes.value, nodes.declared, nodes.built, *counts)


def _nodes(figures: Figures, forms: Forms, owed: Obligations) -> _Nodes:
    """What the units declared, and the targets given to them, whether they have sent or not."""
    reported = tuple(forms.cells[key] for key in figures.keys)
    shares = tuple(cell for cell in forms.cells.values() if cell.role == "computed")
    cells = (*reported, *shares)
    value = empty([unit.code for unit in owed.tree.units], [cell.key for cell in cells])
    for unit, i in figures.row.items():
        if unit in value.row:
            value.values[value.row[unit], : len(reported)] = figures.values[i]
    issued = {cell.key.indicator: j for j, cell in enumerate(cells) if cell.role == "issuer"}
    for unit, targets in owed.targets.items():
        for indicator, target in targets.items():
            if unit in value.row and indicator in issued:
                value.values[value.row[unit], issued[indicator]] = target.value
    counts = [np.zeros(value.values.shape, dtype=np.int64) for _ in range(3)]
    built = np.full_like(value.values, np.nan)
    once = tuple(j for j, cell in enumerate(cells) if cell.once)
    totals = _totals_of(cells, value)
    return _Nodes(owed, cells, totals, once, value, value.values.copy(), built, _owes(owed, cells), *counts)


def _totals_of(cells: tuple[Cell, ...], value: Figures) -> _Totals:
    made = [(j, cell.derived) for j, cell in enumerate(cells) if cell.derived is not None]
    weights = np.zeros((len(cells), len(made)))
    for k, (_, parts) in enumerate(made):
        for weight, ref in parts.terms:
            weights[value.column[Key(ref.form, ref.indicator, ref.measure)], k] += float(weight)
    return _Totals(tuple(j for j, _ in made), weights, np.array([float(parts.constant) for _, parts in made]))


def _owes(owed: Obligations, cells: tuple[Cell, ...]) -> Counts:
    asked: dict[tuple[str, tuple[str, ...]], list[bool]] = {}
    rows = []
    for unit in owed.tree.units:
        kind = (unit.level, tuple(form.id for form in owed.owed.get(unit.code, ())))
        if kind not in asked:
            asked[kind] = [owed.owes(unit, cell) for cell in cells]
        rows.append(asked[kind])
    return np.array(rows, dtype=np.int64).reshape(len(owed.tree.units), len(cells))


def _build(nodes: _Nodes, unit: Unit) -> None:
    """A parent's figures from its children's: sums at once, the other methods column by column."""
    i, rows = nodes.value.row[unit.code], nodes.below(unit)
    counts = register_counts(nodes.owed.tree, unit)
    for j in nodes.where(rollup="REG"):
        nodes.built[i, j] = counts.get(nodes.cells[j].register, np.nan)
    if not rows:
        return
    below = nodes.value.values[rows]
    present = ~np.isnan(below)
    sums = np.where(present.any(axis=0), np.nansum(below, axis=0), np.nan)
    for j, cell in enumerate(nodes.cells):
        match cell.rollup:
            case "SUM":
                nodes.built[i, j] = sums[j]
            case "WAVG" if cell.weight is not None:
                nodes.built[i, j] = _weighted(below[:, j], below[:, nodes.value.column[cell.weight]])
            case "MAX" if present[:, j].any():
                nodes.built[i, j] = np.nanmax(below[:, j])
            case "CNT" if present[:, j].any():
                nodes.built[i, j] = (below[:, j] > 0).sum()
            case _:
                pass
    for j, made in _totals(nodes, nodes.built[i]):
        nodes.built[i, j] = made


def _weighted(means: Matrix, weights: Matrix) -> float:
    """The mean of those that have both a mean and a weight."""
    both = ~np.isnan(means) & ~np.isnan(weights)
    weight = weights[both].sum()
    return float((means[both] * weights[both]).sum() / weight) if weight > 0 else float("nan")


def _settle(nodes: _Nodes, unit: Unit) -> None:
    """The node's figure: declared, else built; the province's own package is compared, never added.

    A derived total is that of the node's own parts, whichever way each of them came about; it stays missing where the
    unit's return has one of its parts refused.
    """
    i = nodes.value.row[unit.code]
    declared, built, value = nodes.declared[i], nodes.built[i], nodes.value.values[i]
    value[:] = built if unit.level == "province" else np.where(np.isnan(declared), built, declared)
    if unit.level != "province":
        _add_own(nodes, i)
    issued = nodes.where(role="issuer")
    value[issued] = declared[issued]
    withheld = {j for j, made in _totals(nodes, declared) if not np.isnan(made) and np.isnan(declared[j])}
    for j, made in _totals(nodes, value):
        value[j] = np.nan if j in withheld and unit.level != "province" else made


def _add_own(nodes: _Nodes, i: int) -> None:
    """What only one level reports: a parent's figure is its own and its children's together."""
    once = [j for j in nodes.once if nodes.cells[j].rollup == "SUM"]
    both = np.stack([nodes.declared[i, once], nodes.built[i, once]])
    nodes.value.values[i, once] = np.where(np.isnan(both).all(axis=0), np.nan, np.nansum(both, axis=0))


def _totals(nodes: _Nodes, figures: Matrix) -> Iterator[tuple[int, float]]:
    """Each derived total of one node's figures; missing where all its parts are."""
    present, totals = ~np.isnan(figures), nodes.totals
    made = np.where(present, figures, 0.0) @ totals.weights + totals.constants
    some = present @ (totals.weights != 0) > 0
    for at, j in enumerate(totals.columns):
        yield j, float(made[at]) if some[at] else float("nan")


def _count(nodes: _Nodes, unit: Unit) -> None:
    """How many direct children owe a figure, and how many of those have one; the register's count is no child's."""
    i, rows = nodes.value.row[unit.code], nodes.below(unit)
    if rows:
        has = ~np.isnan(nodes.value.values[rows])
        registered = nodes.where(rollup="REG")
        has[:, registered] = ~np.isnan(nodes.declared[rows][:, registered])
        nodes.expected[i] = nodes.owes[rows].sum(axis=0)
        nodes.with_data[i] = (has & (nodes.owes[rows] > 0)).sum(axis=0)


def _doubt(nodes: _Nodes, unit: Unit, rejected: Collection[str]) -> None:
    """How many returns that must be sent again stand behind each figure; none behind a target or the register."""
    i, rows = nodes.value.row[unit.code], nodes.below(unit)
    from_children = nodes.rejected[rows].sum(axis=0) if rows else 0
    own = ~np.isnan(nodes.declared[i]) & (unit.level != "province")
    doubtful = np.where(own, int(unit.code in rejected), from_children)
    once = list(nodes.once)
    doubtful[once] = (own * int(unit.code in rejected) + from_children)[once] if rows else doubtful[once]
    doubtful[np.isnan(nodes.value.values[i])] = 0
    doubtful[nodes.where(role="issuer")] = 0
    registered = nodes.where(rollup="REG")
    doubtful[registered] = np.where(own[registered], doubtful[registered], 0)
    nodes.rejected[i] = doubtful


def _share(nodes: _Nodes, cell: Cell) -> None:
    """A percentage of every node, in points; missing where a part is missing or the whole is nothing.

    A parent's is built from the children that have both part and whole: a part without its whole would make it too
    high. Against a target, the node's own figures count.
    """
    assert cell.ratio is not None
    value, tree = nodes.value, nodes.owed.tree
    j = value.column[cell.key]
    keys = [Key(r.form, r.indicator, r.measure) for r in cell.ratio.numerator.refs + cell.ratio.denominator.refs]
    columns = [value.column[key] for key in keys]
    top, whole = total(value, cell.ratio.numerator), total(value, cell.ratio.denominator)
    issued = any(nodes.cells[column].role == "issuer" for column in columns)
    both: npt.NDArray[np.bool_] = np.asarray(~np.isnan(value.values[:, columns]).any(axis=1))
    value.values[:, j] = np.where(both, _percentage(top, whole), np.nan)
    for unit in tree.depth_first():
        rows, i = nodes.below(unit), value.row[unit.code]
        if not rows or issued:
            continue
        counted = [row for row in rows if both[row]]
        nodes.built[i, j] = _percentage(top[counted].sum(keepdims=True), whole[counted].sum(keepdims=True))[0]
        owing = [row for row in rows if nodes.owes[row, columns[: len(cell.ratio.numerator.refs)]].all()]
        nodes.expected[i, j] = len(owing)
        nodes.with_data[i, j] = sum(bool(both[row]) for row in owing)
        if unit.level == "province" or not both[i]:
            value.values[i, j] = nodes.built[i, j]
        nodes.rejected[i, j] = max(nodes.rejected[i, columns])


def _percentage(top: Matrix, whole: Matrix) -> npt.NDArray[np.float64]:
    return np.asarray(100 * top / np.where(whole > 0, whole, np.nan))
