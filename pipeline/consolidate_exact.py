"""Sums of figures that are the same in whatever order and by whomever they are added.

A figure is so many of the last decimal that its cell has; such whole numbers are added as they are. What is none – the
mean of a mean, a figure with more decimals – is added as a fraction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import inf, isfinite

import numpy as np
import numpy.typing as npt

from pipeline.figures import Matrix

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

Exact = Fraction | float
"""So many of the last decimal; a float is what has no end, or is no number."""

Odd = Mapping[tuple[int, int], Exact]
"""What is to be added to a sum, by its row and column."""

# Up to here a float holds every whole number.
_EXACT = 2.0**53
# Two sums up to here have a sum that 64 bits hold.
_ROOM = 2**60


def scaled(figures: Matrix, decimals: Whole) -> tuple[Matrix, Flags]:
    """Each figure as so many of its column's last decimal, and whether that is a whole number."""
    tens = 10.0**decimals
    with np.errstate(over="ignore", invalid="ignore"):
        whole = np.rint(figures * tens)
        return whole, (whole / tens == figures) & (np.abs(whole) < _EXACT)


def exact(figure: float, decimals: int) -> Exact:
    """The same of one figure, be it whole or not: the decimal number that it was written as, else what it is."""
    if not isfinite(figure):
        return figure
    product = figure * 10.0**decimals
    whole = round(product) if abs(product) < _EXACT else 0
    return Fraction(whole) if whole / 10.0**decimals == figure else Fraction(figure) * 10**decimals


def times(one: Exact, other: Exact) -> Exact:
    """Their product."""
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return one * other
    return as_float(one) * as_float(other)


def over(one: Exact, other: Exact) -> Exact:
    """The first through the second, which is more than nothing."""
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return one / other
    return as_float(one) / as_float(other)


def plus(one: Exact, other: Exact) -> Exact:
    """Their sum; whatever is added to what has no end, it stays so."""
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return one + other
    return sum(part for part in (one, other) if isinstance(part, float))


def as_float(number: Exact) -> float:
    """The float nearest to it."""
    try:
        return float(number)
    except OverflowError:
        return inf if number > 0 else -inf


def summed(
    whole: Matrix, fits: Flags, given: Flags, starts: Whole, of: Callable[[int, int], Exact]
) -> tuple[Whole, dict[tuple[int, int], Exact]]:
    """The sums of the groups of rows that begin at ``starts``, and what is to be added to them.

    ``whole`` are the figures where they ``fits``; of another that is ``given`` the row and column are asked of ``of``.
    """
    small: Flags = fits & (np.abs(whole) < min(_EXACT, _ROOM / max(len(whole), 1)))
    sums: Whole = np.add.reduceat(np.where(small, whole, 0.0).astype(np.int64), starts, axis=0)
    odd: dict[tuple[int, int], Exact] = {}
    rows, columns = np.nonzero(given & ~small)
    groups = np.searchsorted(starts, rows, side="right") - 1
    for group, row, column in zip(groups.tolist(), rows.tolist(), columns.tolist(), strict=True):
        odd[group, column] = plus(odd.get((group, column), Fraction(0)), of(row, column))
    return sums, odd


def taken_out(sums: Whole) -> Iterator[tuple[int, int, Fraction]]:
    """Row, column and number of each sum that would leave no room for another; ``sums`` are without them then."""
    for row, column in zip(*(found.tolist() for found in np.nonzero(np.abs(sums) > _ROOM)), strict=True):
        yield row, column, Fraction(int(sums[row, column]))
        sums[row, column] = 0


def number(sums: Whole, odd: Odd, row: int, column: int) -> Exact:
    """One of these sums with what is to be added to it, in last decimals."""
    return plus(Fraction(int(sums[row, column])), odd.get((row, column), Fraction(0)))


def floats(sums: Whole, odd: Odd, decimals: Whole) -> Matrix:
    """Each of these sums as the float nearest to it."""
    made: Matrix = sums / 10.0**decimals
    large = zip(*(found.tolist() for found in np.nonzero(np.abs(sums) >= _EXACT)), strict=True)
    for row, column in {*large, *odd}:
        made[row, column] = as_float(number(sums, odd, row, column) / 10 ** int(decimals[column]))
    return made
