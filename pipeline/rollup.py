"""The figures of every node of the tree: declared, built from its children, and how many stand behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.figures import Figures, Matrix
from schemas.form import Cell, Key

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """A matrix of which only some rows are kept; ``others`` says what stands in all the rest, a figure or a matrix.

    Of a nation nearly all units are parents of none, and nothing is built for them.
    """

    at: Mapping[int, int]
    kept: npt.NDArray[Any]
    others: Matrix | float = 0

    def __getitem__(self, place: tuple[int, Any]) -> Any:
        """What stands in a row, at a column or at several."""
        row, columns = place
        if row in self.at:
            return self.kept[self.at[row], columns]
        if isinstance(self.others, np.ndarray):
            return self.others[row, columns]
        return np.full(np.shape(columns), self.others)[()]


@dataclass(frozen=True, slots=True)
class Rollup:
    """A row a unit of the tree, a column a cell; NaN is missing.

    ``value`` is the node's figure: the declared one if there is one, else the one built from its children; the
    province's is always built. ``with_data`` of the ``expected`` direct children have a figure; ``rejected`` of the
    returns that the figure rests on must be sent again.
    """

    cells: Mapping[Key, Cell]
    value: Figures
    declared: Rows
    built: Rows
    with_data: Rows
    expected: Rows
    rejected: Rows

    def at(self, unit: str, key: Key) -> tuple[int, int]:
        """Row and column of a figure."""
        return self.value.row[unit], self.value.column[key]
