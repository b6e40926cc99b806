"""Percentages in exact arithmetic, at the precision that was printed.

A unit works its percentages out by one habit of rounding: half up as schools and Excel do, half to even, or cut off
after the last place. A printed percentage agrees with an exact share when a habit prints the share so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

Habit = Literal["half-up", "half-even", "truncated"]

HABITS: tuple[Habit, ...] = ("half-up", "half-even", "truncated")
"""The habits of rounding, the usual one first."""

# Far finer than any percentage that is printed, and coarse enough to undo the last bits of a float.
_FINEST = 10**9
ANY: frozenset[Habit] = frozenset(HABITS)
NONE: frozenset[Habit] = frozenset()
# A share prints alike by most of them; one set for each outcome spares building it again for every percentage.
_OUTCOMES = {
    (up, even, cut): frozenset(habit for habit, agrees in zip(HABITS, (up, even, cut), strict=True) if agrees)
    for up in (True, False)
    for even in (True, False)
    for cut in (True, False)
}


class Printed(NamedTuple):
    """A decimal as it was printed, in units of its last place: 93,96 is 9396 with 2 ``decimals``."""

    digits: int
    decimals: int

    @property
    def exact(self) -> Fraction:
        """The number itself."""
        return Fraction(self.digits, 10**self.decimals)

    def moved(self, places: int) -> Printed:
        """The same digits with the comma so many places further left; to the right where ``places`` is negative."""
        decimals = self.decimals + places
        return Printed(self.digits, decimals) if decimals >= 0 else Printed(self.digits * 10**-decimals, 0)


def printed(value: float, decimals: int) -> Printed:
    """The number that was read as ``value`` and stood there with so many decimals."""
    return Printed(round(Decimal(repr(value)).scaleb(decimals)), decimals)


def share(numerator: float, denominator: float) -> Fraction:
    """``100 * numerator / denominator`` in points; :class:`ZeroDivisionError` for a zero whole."""
    return 100 * Fraction(numerator).limit_denominator(10**6) / Fraction(denominator).limit_denominator(10**6)


def exactly(value: float) -> Fraction:
    """The fraction that a figure worked out in floating point stands for."""
    return Fraction(value).limit_denominator(_FINEST)


def half_up(exact: Fraction, decimals: int) -> Decimal:
    """``exact`` rounded half up, as Vietnamese offices do and as Excel's ROUND does: a tie goes away from zero."""
    return Decimal(rounded(exact, decimals, "half-up").digits).scaleb(-decimals)


def rounded(exact: Fraction, decimals: int, habit: Habit) -> Printed:
    """How a unit of this habit prints an exact share."""
    whole, tie = _cut(exact, decimals)
    if habit != "truncated" and (tie > 0 or (tie == 0 and (habit == "half-up" or whole % 2))):
        whole += 1
    return Printed(whole if exact.numerator >= 0 else -whole, decimals)


def explaining(shown: Printed, exact: Fraction) -> frozenset[Habit]:
    """The habits by which ``exact`` is printed as ``shown``; none where that is wrong, or rounded upward."""
    whole, tie = _cut(exact, shown.decimals)
    digits = shown.digits if exact.numerator >= 0 else -shown.digits
    if digits == whole:
        return _OUTCOMES[tie < 0, tie < 0 or (tie == 0 and whole % 2 == 0), True]
    if digits == whole + 1 and tie >= 0:
        return _OUTCOMES[True, tie > 0 or whole % 2 == 1, False]
    return NONE


def is_upward(shown: Printed, exact: Fraction) -> bool:
    """Whether ``shown`` is the next number up, less than a unit of its last place away: a slip, and nobody's habit."""
    beyond = shown.digits - exact * 10**shown.decimals
    return bool(0 < beyond < 1 if exact.numerator >= 0 else -1 < beyond < 0)


def likeliest(explained: Iterable[Collection[Habit]]) -> tuple[Habit, ...]:
    """The habits that explain the most of these percentages, the usual one first; all of them where nothing tells."""
    sets = list(explained)
    count = {habit: sum(habit in one for one in sets) for habit in HABITS}
    most = max(count.values())
    return tuple(habit for habit in HABITS if count[habit] == most)


def _cut(exact: Fraction, decimals: int) -> tuple[int, int]:
    """The digits that truncation leaves of the absolute value, and whether the rest is below, at or above a half."""
    whole, rest = divmod(abs(exact.numerator) * 10**decimals, exact.denominator)
    return whole, 2 * rest - exact.denominator
