"""The figures of every node of the tree: declared, built from its children, and how many stand behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.figures import Figures, Matrix
from schemas.form import Cell, Key

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rollup:
    """A row a unit of the tree, a column a cell; NaN is missing.

    ``value`` is the node's figure: the declared one if there is one, else the one built from its children; the
    province's is always built. ``with_data`` of the ``expected`` direct children have a figure; ``rejected`` of the
    returns that the figure rests on must be sent again.
    """

    cells: Mapping[Key, Cell]
    value: Figures
    declared: Matrix
    built: Matrix
    with_data: Counts
    expected: Counts
    rejected: Counts

    def at(self, unit: str, key: Key) -> tuple[int, int]:
        """Row and column of a figure."""
        return self.value.row[unit], self.value.column[key]
