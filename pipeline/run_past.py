"""The period that figures are held against, rolled up the tree of its own day."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from pipeline.consolidate import consolidate
from pipeline.figures import completed, empty, number_cells
from pipeline.obligations import Obligations
from pipeline.reconcile_changes import Base
from pipeline.results import Past


def past(owed: Obligations, base: Base | None) -> Past | None:
    """The figures of that period for every node of its tree, in the cells that are asked today."""
    if base is None or base.tree is None:
        return None
    units = [unit.code for unit in base.tree.units if unit.code in base.figures]
    cells = number_cells(owed.forms)
    figures = empty(units, [cell.key for cell in cells])
    for unit, i in figures.row.items():
        for key, value in base.figures[unit].items():
            if key in figures.column:
                figures.values[i, figures.column[key]] = value
    # A list of earlier figures may leave out the totals.
    figures = completed(figures, [cell for cell in cells if cell.derived is not None], {})
    # The targets of today are not those of then.
    then = replace(owed, tree=base.tree, targets=MappingProxyType({}), replaced=MappingProxyType({}))
    return Past(base.period, consolidate(figures, owed.forms, then))
