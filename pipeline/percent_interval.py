"""The interval of exact values that a printed percentage may stand for (XBRL Calculations 1.1, "rounding intervals").

That specification knows two: rounded to the nearest, a number stands for all within half a unit of its last place, both
ends included, since nobody says where a tie went; truncated, for all from itself to less than one unit further from
zero, and a zero for all less than one unit to either side. Where the habit is known, ties are known too: half up
includes the end nearer to zero only, half to even both ends of an even number and neither of an odd one.

Sums of printed numbers agree with a total when their interval meets that of the total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from pipeline.percent import Habit, Printed


@dataclass(frozen=True, slots=True)
class Interval:
    """All numbers between two ends, each of which belongs to it or not."""

    low: Fraction
    high: Fraction
    with_low: bool = True
    with_high: bool = True

    def __contains__(self, exact: Fraction) -> bool:
        return self.meets(point(exact))

    def meets(self, other: Interval) -> bool:
        """Whether some number is in both."""
        return _starts_within(self, other) and _starts_within(other, self)

    @property
    def of_parts(self) -> Interval:
        """What is left where nothing can be below zero, as no part of a whole is."""
        below = self.low.numerator < 0 < self.high.numerator
        return Interval(Fraction(0), self.high, True, self.with_high) if below else self


def point(exact: Fraction) -> Interval:
    """The interval of what is known exactly, as the quotient of two counts is."""
    return Interval(exact, exact)


def interval(shown: Printed, habit: Habit) -> Interval:
    """All that a unit of this habit prints so."""
    unit = 10**shown.decimals
    if habit == "truncated":
        below, above = shown.digits - (shown.digits <= 0), shown.digits + (shown.digits >= 0)
        return Interval(Fraction(below, unit), Fraction(above, unit), shown.digits > 0, shown.digits < 0)
    low, high = Fraction(2 * shown.digits - 1, 2 * unit), Fraction(2 * shown.digits + 1, 2 * unit)
    if habit == "half-up":
        return Interval(low, high, shown.digits > 0, shown.digits < 0)
    even = shown.digits % 2 == 0
    return Interval(low, high, even, even)


def upward(shown: Printed) -> Interval:
    """All from more than one unit of the last place below a number up to itself."""
    return Interval(Fraction(shown.digits - 1, 10**shown.decimals), shown.exact, False, True)


def total(intervals: Sequence[Interval]) -> Interval:
    """All sums of a number of each, an end of which is one only where every end is; of none it is zero."""
    with_low, with_high = all(one.with_low for one in intervals), all(one.with_high for one in intervals)
    return Interval(_sum([one.low for one in intervals]), _sum([one.high for one in intervals]), with_low, with_high)


def _sum(numbers: Sequence[Fraction]) -> Fraction:
    # Printed numbers have few denominators: adding fractions one by one would reduce each sum anew.
    unit = lcm(*(one.denominator for one in numbers))
    return Fraction(sum(one.numerator * (unit // one.denominator) for one in numbers), unit)


def _starts_within(one: Interval, other: Interval) -> bool:
    return one.low < other.high or (one.low == other.high and one.with_low and other.with_high)
