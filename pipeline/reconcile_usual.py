"""What is usual among units, by measures that a few wrong figures do not move, and what other findings said already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from pipeline.figures import Matrix
from pipeline.findings import Finding

LEAST_UNITS = 8
"""Of fewer units nobody knows what is usual."""
LEAST: Mapping[str, float] = {"count": 20.0, "money": 10_000_000.0}
"""What is not worth a question, by the type of the cell, in its unit."""
MISPLACED = frozenset({"sent-under-another", "swapped-rows", "swapped-columns", "wrong-scale"})
"""Findings that say of a return that its figures are not the unit's, or not in their places, or not in đồng."""

# So many times the spread of the others; of few units the spread is a poor guess.
_SPREADS, _FOR_FEW = 5.0, 30.0
# What a normal distribution's median deviation, and its quartile, is of its standard deviation.
_MEDIAN_DEVIATION = 0.6745


def quantile(values: Matrix, part: float) -> Matrix:
    """The quantile of what is known in each column; NaN where nothing is."""
    last = np.maximum((~np.isnan(values)).sum(axis=0) - 1, 0)
    in_order, columns = np.sort(values, axis=0), np.arange(values.shape[1])
    at = part * last
    below = np.floor(at).astype(np.intp)
    low, high = in_order[below, columns], in_order[np.minimum(below + 1, last), columns]
    return np.asarray(low + (at - below) * (high - low))


def bound(spread: Matrix, units: Matrix) -> Matrix:
    """How far from the median is unusual, where half of the units lie within ``spread`` of it."""
    return np.asarray((_SPREADS + _FOR_FEW / units) * spread / _MEDIAN_DEVIATION)


def mended(told: Sequence[Finding]) -> frozenset[tuple[str, str, str]]:
    """Unit, sheet and address of the cells that must be looked at anyway, since they fail something hard."""
    return frozenset((one.unit, *place) for one in told if one.severity == "hard" for place in places(one))


def places(finding: Finding) -> Iterator[tuple[str, str]]:
    """Sheet and address of each of its cells."""
    for cell in finding.cells:
        sheet, _, address = cell.rpartition("!")
        yield sheet or finding.sheet, address
