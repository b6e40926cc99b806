"""The figures of a sheet's units, and what they make by the union above them and by sector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.figures import Figures
from pipeline.write_figures_grid import Group, Sheet
from schemas.form import Cell, Key
from schemas.tree import SECTOR_NAMES, Level, Tree, Unit

_Rows = npt.NDArray[np.intp]
_Column = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """The units of a sheet with their parts, and the rows in which ``figures`` has them; those of each group too.

    ``index`` says where among the units one stands, ``levels`` are all of theirs.
    """

    placed: tuple[tuple[int, Unit], ...]
    index: Mapping[str, int]
    levels: frozenset[Level]
    groups: tuple[tuple[Group, _Rows], ...]
    rows: _Rows
    figures: Figures

    def of(self, key: Key) -> _Column:
        """The figure of each unit in a cell, NaN for a missing one."""
        column = self.figures.column.get(key)
        if column is None:
            return np.full(len(self.placed), np.nan)
        found: _Column = self.figures.values[self.rows, column]
        return found

    def of_group(self, rows: _Rows, cell: Cell) -> float | None:
        """What the units of a group make in a cell by its method; ``None`` where none has a figure."""
        column = self.figures.column.get(cell.key)
        values = self.figures.values[rows, column] if column is not None else np.empty(0)
        known = values[~np.isnan(values)]
        if not known.size:
            return None
        match cell.rollup:
            case "MAX":
                return float(known.max())
            case "CNT":
                return float((known > 0).sum())
        return float(known.sum())


def unit_figures(sheet: Sheet, figures: Figures) -> UnitFigures:
    """The figures of all units of a sheet."""
    placed = tuple(sheet.placed())

    def rows_of(units: Sequence[Unit]) -> _Rows:
        return np.array([figures.row[unit.code] for unit in units], dtype=np.intp)

    groups = []
    for group in sheet.groups:
        own = [unit for part, unit in placed if group.first <= part <= group.last]
        groups.append((group, rows_of([unit for unit in own if not group.sector or _sector(unit) == group.sector])))
    units = [unit for _, unit in placed]
    index, levels = {unit.code: i for i, unit in enumerate(units)}, frozenset(unit.level for unit in units)
    return UnitFigures(placed, index, levels, tuple(groups), rows_of(units), figures)


def above(tree: Tree, unit: Unit) -> tuple[str, str]:
    """The short name of the union above a unit, and the name of the unit's sector."""
    parent = tree.parent(unit.code)
    return (parent.short_name or parent.name if parent else ""), _sector(unit)


def _sector(unit: Unit) -> str:
    return SECTOR_NAMES[unit.sector].vi if unit.sector in SECTOR_NAMES else ""


def grouped(units: Sequence[Unit], first: int, tree: Tree, *, by_parent: bool) -> tuple[list[Unit], tuple[Group, ...]]:
    """The units of each union together, in register order, and the lines that add them up.

    A union's line stands above its units, the sectors' below all of them; one group alone would add up the same again.
    """
    under: dict[str, list[Unit]] = {}
    for unit in units:
        under.setdefault(unit.parent if by_parent else "", []).append(unit)
    ordered, groups, part = [], list[Group](), first
    for parent, own in under.items():
        if by_parent:
            name = tree.unit(parent).name if parent in tree else parent
            groups.append(Group(part, f"Cộng {name}", parent, part + 1, part + len(own)))
            part += 1
        ordered += own
        part += len(own)
    sectors = list(dict.fromkeys(unit.sector for unit in ordered if unit.sector))
    if len(sectors) > 1:
        last = part - 1
        for sector in sectors:
            name = SECTOR_NAMES[sector].vi
            groups.append(Group(part, f"Khu vực: {name}", "", first, last, name))
            part += 1
    return ordered, tuple(groups)
