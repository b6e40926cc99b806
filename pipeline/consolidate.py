"""Up the tree: a parent's figure from its children's, by the method of each cell. Missing is missing, never zero."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pipeline.contents import register_counts
from pipeline.figures import Figures, Matrix, total, unfilled
from pipeline.obligations import Obligations
from pipeline.rollup import Counts, Rollup, Rows
from schemas.form import Cell, Forms, Key, key_of
from schemas.tree import Unit

_Flags = npt.NDArray[np.bool_]
_AT_A_TIME = 5_000


@dataclass(frozen=True, slots=True)
class _Totals:
    """All derived totals at once: the columns where they stand, and what each cell weighs in each of them."""

    columns: tuple[int, ...]
    weights: Matrix
    constants: Matrix


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of the cells that go up the tree in a way of their own."""

    registered: tuple[int, ...]
    issued: tuple[int, ...]
    once: tuple[int, ...]
    once_summed: tuple[int, ...]
    summed: tuple[int, ...]
    others: tuple[int, ...]
    computed: tuple[int, ...]
    shares: tuple[tuple[int, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class _Nodes:
    """The arrays being filled, a column a cell.

    ``value`` has a row a unit of the tree; so have ``owes``, which is true where a unit owes, and ``registers``, which
    is true where it declared a figure of the register. The others have one for each parent, where ``at`` says.
    """

    owed: Obligations
    cells: tuple[Cell, ...]
    columns: _Columns
    totals: _Totals
    value: Figures
    owes: _Flags
    registers: _Flags
    at: Mapping[int, int]
    declared: Matrix
    built: Matrix
    with_data: Counts
    expected: Counts

    def below(self, unit: Unit) -> list[int]:
        """The rows of a unit's direct children."""
        return [self.value.row[child.code] for child in self.owed.tree.children(unit.code)]


def consolidate(
    figures: Figures, forms: Forms, owed: Obligations, rejected: Collection[str] = (), *, take: bool = False
) -> Rollup:
    """Roll the figures of the returns up the tree valid at the cut-off.

    ``rejected`` are the units that must send again; their figures count, and every total says how many it rests on.
    Whoever needs the ``figures`` no more lets this ``take`` them: so those of a nation are never there twice.
    """
    nodes = _nodes(figures, forms, owed, take=take)
    for unit in owed.tree.depth_first():
        i, rows = nodes.value.row[unit.code], nodes.below(unit)
        own, made = nodes.value.values[i].copy(), _built(nodes, unit, rows)
        nodes.value.values[i] = _settled(nodes, unit, own, made)
        kept = nodes.at.get(i)
        if kept is not None:
            nodes.declared[kept], nodes.built[kept] = own, made
            _count(nodes, kept, rows)
    for cell in nodes.cells:
        if cell.role == "computed":
            _share(nodes, cell)
    cells = {cell.key: cell for cell in nodes.cells}
    declared, built = Rows(nodes.at, nodes.declared, nodes.value.values), Rows(nodes.at, nodes.built, np.nan)
    counted, nobody = (Rows(nodes.at, nodes.with_data), Rows(nodes.at, nodes.expected)), Rows({}, nodes.expected[:0])
    rollup = Rollup(cells, nodes.value, declared, built, *counted, nobody)
    return doubted(rollup, owed, rejected) if rejected else rollup


def doubted(rollup: Rollup, owed: Obligations, rejected: Collection[str]) -> Rollup:
    """The same with how many of the ``rejected`` units, which must send again, stand behind each figure.

    None of them stands behind a target or the register.
    """
    columns = _columns(tuple(rollup.cells.values()))
    counts: dict[int, Counts] = {}
    for unit in owed.tree.depth_first():
        children = [rollup.value.row[child.code] for child in owed.tree.children(unit.code)]
        below = [counts[row] for row in children if row in counts]
        if below or unit.code in rejected:
            i = rollup.value.row[unit.code]
            counts[i] = _doubt(rollup, unit, columns, below, parent=bool(children), own=unit.code in rejected)
    kept = np.array([*counts.values()]).reshape(len(counts), len(rollup.cells))
    return replace(rollup, rejected=Rows({i: k for k, i in enumerate(counts)}, kept))


def _nodes(figures: Figures, forms: Forms, owed: Obligations, *, take: bool) -> _Nodes:
    """What the units declared, and the targets given to them, whether they have sent or not."""
    reported = tuple(forms.cells[key] for key in figures.keys)
    shares = tuple(cell for cell in forms.cells.values() if cell.role == "computed")
    cells = (*reported, *shares)
    value = unfilled([unit.code for unit in owed.tree.units], [cell.key for cell in cells])
    left = np.ones(len(value.units), dtype=np.bool_)
    for begin in range(len(figures.units) // _AT_A_TIME * _AT_A_TIME, -1, -_AT_A_TIME):
        own = enumerate(figures.units[begin : begin + _AT_A_TIME], begin)
        at = {value.row[unit]: i for i, unit in own if unit in value.row}
        rows = list(at)
        value.values[rows, : len(reported)] = figures.values[list(at.values())]
        value.values[rows, len(reported) :] = np.nan
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
    columns = _columns(cells)
    kept = [unit.code for unit in owed.tree.units if owed.tree.children(unit.code)]
    at = {value.row[unit]: k for k, unit in enumerate(kept)}
    arrays = [np.full((len(kept), len(cells)), np.nan) for _ in range(2)]
    counts = [np.zeros((len(kept), len(cells)), dtype=np.int64) for _ in range(2)]
    registers = ~np.isnan(value.values[:, list(columns.registered)])
    totals = _totals_of(cells, value)
    return _Nodes(owed, cells, columns, totals, value, _owes(owed, cells), registers, at, *arrays, *counts)


def _columns(cells: tuple[Cell, ...]) -> _Columns:
    def where(role: str = "", rollup: str = "") -> tuple[int, ...]:
        return tuple(j for j, cell in enumerate(cells) if cell.role == role or cell.rollup == rollup)

    once = tuple(j for j, cell in enumerate(cells) if cell.once)
    others = tuple(j for j, cell in enumerate(cells) if cell.rollup in ("WAVG", "MAX", "CNT"))
    once_summed = tuple(j for j in once if cells[j].rollup == "SUM")
    column, issued = {cell.key: j for j, cell in enumerate(cells)}, where(role="issuer")
    # Against a target, the node's own figures count.
    parts = {column[cell.key]: _parts(cell, column) for cell in cells if cell.role == "computed"}
    shares = tuple((j, own) for j, own in parts.items() if not set(own) & set(issued))
    return _Columns(where(rollup="REG"), issued, once, once_summed, where(rollup="SUM"), others, tuple(parts), shares)


def _parts(cell: Cell, column: Mapping[Key, int]) -> tuple[int, ...]:
    """The columns of a percentage's part, then those of its whole."""
    assert cell.ratio is not None
    return tuple(column[key_of(ref)] for ref in cell.ratio.numerator.refs + cell.ratio.denominator.refs)


def _totals_of(cells: tuple[Cell, ...], value: Figures) -> _Totals:
    made = [(j, cell.derived) for j, cell in enumerate(cells) if cell.derived is not None]
    weights = np.zeros((len(cells), len(made)))
    for k, (_, parts) in enumerate(made):
        for weight, ref in parts.terms:
            weights[value.column[Key(ref.form, ref.indicator, ref.measure)], k] += float(weight)
    return _Totals(tuple(j for j, _ in made), weights, np.array([float(parts.constant) for _, parts in made]))


def _owes(owed: Obligations, cells: tuple[Cell, ...]) -> _Flags:
    asked: dict[tuple[str, tuple[str, ...]], _Flags] = {}
    rows = []
    for unit in owed.tree.units:
        kind = (unit.level, tuple(form.id for form in owed.owed.get(unit.code, ())))
        if kind not in asked:
            asked[kind] = np.array([owed.owes(unit, cell) for cell in cells], dtype=np.bool_)
        rows.append(asked[kind])
    return np.array(rows, dtype=np.bool_).reshape(len(owed.tree.units), len(cells))


def _built(nodes: _Nodes, unit: Unit, rows: list[int]) -> Matrix:
    """A parent's figures from its children's: sums at once, the other methods column by column."""
    built = np.full(len(nodes.cells), np.nan)
    counts = register_counts(nodes.owed.tree, unit)
    for j in nodes.columns.registered:
        built[j] = counts.get(nodes.cells[j].register, np.nan)
    if not rows:
        return built
    below = nodes.value.values[rows]
    present = ~np.isnan(below)
    summed = list(nodes.columns.summed)
    built[summed] = np.where(present.any(axis=0), np.nansum(below, axis=0), np.nan)[summed]
    for j in nodes.columns.others:
        cell = nodes.cells[j]
        match cell.rollup:
            case "WAVG" if cell.weight is not None:
                built[j] = _weighted(below[:, j], below[:, nodes.value.column[cell.weight]])
            case "MAX" if present[:, j].any():
                built[j] = np.nanmax(below[:, j])
            case "CNT" if present[:, j].any():
                built[j] = (below[:, j] > 0).sum()
            case _:
                pass
    for j, made in _totals(nodes, built):
        built[j] = made
    return built


def _weighted(means: Matrix, weights: Matrix) -> float:
    """The mean of those that have both a mean and a weight."""
    both = ~np.isnan(means) & ~np.isnan(weights)
    weight = weights[both].sum()
    return float((means[both] * weights[both]).sum() / weight) if weight > 0 else float("nan")


def _settled(nodes: _Nodes, unit: Unit, declared: Matrix, built: Matrix) -> Matrix:
    """The node's figure: declared, else built; the province's own package is compared, never added.

    A derived total is that of the node's own parts, whichever way each of them came about; it stays missing where the
    unit's return has one of its parts refused.
    """
    value = built.copy() if unit.level == "province" else np.where(np.isnan(declared), built, declared)
    if unit.level != "province":
        # What only one level reports: a parent's figure is its own and its children's together.
        once = list(nodes.columns.once_summed)
        both = np.stack([declared[once], built[once]])
        value[once] = np.where(np.isnan(both).all(axis=0), np.nan, np.nansum(both, axis=0))
    issued = list(nodes.columns.issued)
    value[issued] = declared[issued]
    withheld = {j for j, made in _totals(nodes, declared) if not np.isnan(made) and np.isnan(declared[j])}
    for j, made in _totals(nodes, value):
        value[j] = np.nan if j in withheld and unit.level != "province" else made
    return value


def _totals(nodes: _Nodes, figures: Matrix) -> Iterator[tuple[int, float]]:
    """Each derived total of one node's figures; missing where all its parts are."""
    present, totals = ~np.isnan(figures), nodes.totals
    made = np.where(present, figures, 0.0) @ totals.weights + totals.constants
    some = present @ (totals.weights != 0) > 0
    for at, j in enumerate(totals.columns):
        yield j, float(made[at]) if some[at] else float("nan")


def _count(nodes: _Nodes, kept: int, rows: list[int]) -> None:
    """How many direct children owe a figure, and how many of those have one; the register's count is no child's."""
    if rows:
        has = ~np.isnan(nodes.value.values[rows])
        has[:, list(nodes.columns.registered)] = nodes.registers[rows]
        nodes.expected[kept] = nodes.owes[rows].sum(axis=0)
        nodes.with_data[kept] = (has & nodes.owes[rows]).sum(axis=0)


def _doubt(rollup: Rollup, unit: Unit, columns: _Columns, below: list[Counts], *, parent: bool, own: bool) -> Counts:
    """How many returns that must be sent again stand behind each figure of a unit: its ``own`` and those ``below``."""
    i, count = rollup.value.row[unit.code], len(rollup.cells)
    from_children = sum(below, np.zeros(count, dtype=np.int64))
    reports = ~np.isnan(rollup.declared[i, list(range(count))]) & (unit.level != "province")
    found = np.where(reports, int(own), from_children)
    once = list(columns.once)
    found[once] = (reports * int(own) + from_children)[once] if parent else found[once]
    found[np.isnan(rollup.value.values[i])] = 0
    found[list(columns.issued)] = 0
    registered = list(columns.registered)
    found[registered] = np.where(reports[registered], found[registered], 0)
    found[list(columns.computed)] = 0
    for j, parts in columns.shares if parent else ():
        found[j] = max(found[list(parts)])
    return found


def _share(nodes: _Nodes, cell: Cell) -> None:
    """A percentage of every node, in points; missing where a part is missing or the whole is nothing.

    A parent's is built from the children that have both part and whole: a part without its whole would make it too
    high. Against a target, the node's own figures count.
    """
    assert cell.ratio is not None
    value, tree = nodes.value, nodes.owed.tree
    j = value.column[cell.key]
    columns = list(_parts(cell, value.column))
    top, whole = total(value, cell.ratio.numerator), total(value, cell.ratio.denominator)
    issued = any(nodes.cells[column].role == "issuer" for column in columns)
    both: _Flags = np.asarray(~np.isnan(value.values[:, columns]).any(axis=1))
    value.values[:, j] = np.where(both, _percentage(top, whole), np.nan)
    if issued:
        return
    owing: _Flags = np.asarray(nodes.owes[:, columns[: len(cell.ratio.numerator.refs)]].all(axis=1))
    for unit in (unit for unit in tree.depth_first() if tree.children(unit.code)):
        rows, i = np.array(nodes.below(unit)), value.row[unit.code]
        kept, counted = nodes.at[i], rows[both[rows]]
        nodes.built[kept, j] = _percentage(top[counted].sum(keepdims=True), whole[counted].sum(keepdims=True))[0]
        nodes.expected[kept, j] = owing[rows].sum()
        nodes.with_data[kept, j] = (owing[rows] & both[rows]).sum()
        if unit.level == "province" or not both[i]:
            value.values[i, j] = nodes.built[kept, j]


def _percentage(top: Matrix, whole: Matrix) -> npt.NDArray[np.float64]:
    return np.asarray(100 * top / np.where(whole > 0, whole, np.nan))
