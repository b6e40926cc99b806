"""Up the tree: a parent's figure from its children's, by the method of each cell. Missing is missing, never zero."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from pipeline.contents import register_counts
from pipeline.figures import Figures, Matrix, empty, total
from pipeline.obligations import Obligations
from pipeline.rollup import Counts, Rollup
from schemas.form import Cell, Forms, Key
from schemas.tree import Tree, Unit


def consolidate(figures: Figures, forms: Forms, owed: Obligations, rejected: Collection[str] = ()) -> Rollup:
    """Roll the figures of the returns up the tree valid at the cut-off.

    ``rejected`` are the units that must send again; their figures count, and every total says how many it rests on.
    """
    tree = owed.tree
    cells = {key: forms.cells[key] for key in figures.keys}
    keys = [*figures.keys, *(cell.key for cell in forms.cells.values() if cell.role == "computed")]
    node = empty([unit.code for unit in tree.units], keys)
    declared, built = node.values, np.full_like(node.values, np.nan)
    width = len(figures.keys)
    for i, unit in enumerate(tree.units):
        if unit.code in figures.row:
            declared[i, :width] = figures.values[figures.row[unit.code]]
    _give_targets(owed, cells, node)
    value = declared.copy()
    with_data, expected, doubtful = (np.zeros(value.shape, dtype=np.int64) for _ in range(3))
    own = _owed_cells(tree, owed, list(cells.values()))
    for unit in tree.depth_first():
        i = node.row[unit.code]
        children = [node.row[child.code] for child in tree.children(unit.code)]
        _build(unit, i, children, node, cells, value, built, tree)
        _count(i, children, own, value, with_data, expected, width)
        _settle(unit, i, width, declared, built, value, cells, node.column)
        _doubt(unit, i, children, rejected, declared, value, doubtful)
    _undoubted(cells, node, tree, doubtful)
    shares = {cell.key: cell for cell in forms.cells.values() if cell.role == "computed"}
    everything = node.with_values(value)
    for cell in shares.values():
        _share(cell, everything, forms, tree, built, with_data, expected)
    return Rollup(cells | shares, everything, declared, built, with_data, expected, doubtful)


def _give_targets(owed: Obligations, cells: Mapping[Key, Cell], node: Figures) -> None:
    """The targets in force, of every unit: whether it has sent, and whether its return counts, changes none of them."""
    issued = {key.indicator: node.column[key] for key, cell in cells.items() if cell.role == "issuer"}
    for unit, targets in owed.targets.items():
        for indicator, target in targets.items():
            if unit in node.row and indicator in issued:
                node.values[node.row[unit], issued[indicator]] = target.value


def _owed_cells(tree: Tree, owed: Obligations, cells: list[Cell]) -> Counts:
    """1 where a unit owes a cell."""
    asked: dict[tuple[str, tuple[str, ...]], list[bool]] = {}
    rows = []
    for unit in tree.units:
        kind = (unit.level, tuple(form.id for form in owed.owed.get(unit.code, ())))
        if kind not in asked:
            asked[kind] = [owed.owes(unit, cell) for cell in cells]
        rows.append(asked[kind])
    return np.array(rows, dtype=np.int64).reshape(len(tree.units), len(cells))


def _build(
    unit: Unit,
    i: int,
    children: list[int],
    node: Figures,
    cells: Mapping[Key, Cell],
    value: Matrix,
    built: Matrix,
    tree: Tree,
) -> None:
    """One parent's figures from its children's, column by column where the method is not a plain sum."""
    counts = register_counts(tree, unit)
    if not children and not counts:
        return
    below = value[children] if children else value[:0]
    if children:
        present = ~np.isnan(below)
        sums = np.where(present.any(axis=0), np.nansum(below, axis=0), np.nan)
    for j, (key, cell) in enumerate(cells.items()):
        match cell.rollup:
            case "REG":
                built[i, j] = counts.get(cell.register, np.nan)
            case _ if not children:
                pass
            case "SUM":
                built[i, j] = sums[j]
            case "WAVG":
                built[i, j] = _weighted(below[:, j], below[:, node.column[cell.weight]]) if cell.weight else np.nan
            case "MAX":
                built[i, j] = np.nanmax(below[:, j]) if present[:, j].any() else np.nan
            case "CNT":
                built[i, j] = (below[:, j] > 0).sum() if present[:, j].any() else np.nan
            case _:
                assert key


def _weighted(means: Matrix, weights: Matrix) -> float:
    """The mean of those that have both a mean and a weight."""
    both = ~np.isnan(means) & ~np.isnan(weights)
    weight = weights[both].sum()
    return float((means[both] * weights[both]).sum() / weight) if weight > 0 else float("nan")


def _count(
    i: int, children: list[int], own: Counts, value: Matrix, with_data: Counts, expected: Counts, width: int
) -> None:
    if children:
        with_data[i, :width] = (~np.isnan(value[children, :width])).sum(axis=0)
        expected[i, :width] = own[children].sum(axis=0)


def _settle(
    unit: Unit,
    i: int,
    width: int,
    declared: Matrix,
    built: Matrix,
    value: Matrix,
    cells: Mapping[Key, Cell],
    column: Mapping[Key, int],
) -> None:
    """The node's figure: declared, else built; the province's own package is compared, never added."""
    taken = np.where(np.isnan(declared[i, :width]), built[i, :width], declared[i, :width])
    if unit.level == "province":
        taken = built[i, :width].copy()
        for key, cell in cells.items():
            if cell.role == "issuer":
                taken[column[key]] = declared[i, column[key]]
    value[i, :width] = taken


def _doubt(
    unit: Unit,
    i: int,
    children: list[int],
    rejected: Collection[str],
    declared: Matrix,
    value: Matrix,
    doubtful: Counts,
) -> None:
    """How many returns that must be sent again stand behind each figure."""
    from_children = doubtful[children].sum(axis=0) if children else 0
    uses_own = ~np.isnan(declared[i]) & (unit.level != "province")
    doubtful[i] = np.where(uses_own, int(unit.code in rejected), from_children)
    doubtful[i, np.isnan(value[i])] = 0


def _undoubted(cells: Mapping[Key, Cell], node: Figures, tree: Tree, doubtful: Counts) -> None:
    """A target is the issuer's, and a count from the register rests on no return."""
    for key, cell in cells.items():
        j = node.column[key]
        if cell.role == "issuer":
            doubtful[:, j] = 0
        elif cell.rollup == "REG":
            doubtful[np.isnan(node.values[:, j]), j] = 0
            doubtful[node.row[tree.province.code], j] = 0


def _share(
    cell: Cell, node: Figures, forms: Forms, tree: Tree, built: Matrix, with_data: Counts, expected: Counts
) -> None:
    """A percentage of every node, in points; missing where a part is missing or the whole is nothing.

    A parent's is built from the children that have both part and whole: a part without its whole would make it too
    high. Against a target, the node's own figures count.
    """
    assert cell.ratio is not None
    j = node.column[cell.key]
    top, whole = total(node, cell.ratio.numerator), total(node, cell.ratio.denominator)
    refs = cell.ratio.numerator.refs + cell.ratio.denominator.refs
    issued = any(forms.cells[Key(ref.form, ref.indicator, ref.measure)].role == "issuer" for ref in refs)
    both = ~np.isnan(top) & ~np.isnan(whole)
    first = node.column[Key(refs[0].form, refs[0].indicator, refs[0].measure)]
    node.values[:, j] = _percentage(top, whole)
    for unit in tree.depth_first():
        children = [node.row[child.code] for child in tree.children(unit.code)]
        if children and not issued:
            i = node.row[unit.code]
            counted = [child for child in children if both[child]]
            built[i, j] = _percentage(top[counted].sum(keepdims=True), whole[counted].sum(keepdims=True))[0]
            with_data[i, j], expected[i, j] = len(counted), expected[i, first]
            if unit.level == "province" or not both[i]:
                node.values[i, j] = built[i, j]


def _percentage(top: Matrix, whole: Matrix) -> Matrix:
    return np.asarray(100 * top / np.where(whole > 0, whole, np.nan))
