"""Percentages in exact arithmetic, at the precision that was printed.

A printed percentage agrees with an exact share when the two lie less than one unit of its own last place apart: this
covers half-up rounding and truncation, the two habits of the reports.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Literal

Habit = Literal["both", "half-up", "truncated", "upward", "none"]

# More digits than this are a number that no one printed, but a program worked out in binary floating point.
_FULL_PRECISION = Fraction(1, 10**7)


def share(numerator: float, denominator: float) -> Fraction:
    """``100 * numerator / denominator`` in points; :class:`ZeroDivisionError` for a zero whole."""
    return 100 * Fraction(numerator).limit_denominator(10**6) / Fraction(denominator).limit_denominator(10**6)


def half_up(exact: Fraction, decimals: int) -> Decimal:
    """``exact`` rounded half up, as Vietnamese offices do and as Excel's ROUND does."""
    return _rounded(exact, decimals, ROUND_HALF_UP)


def _rounded(exact: Fraction, decimals: int, how: str) -> Decimal:
    whole, rest = divmod(exact.numerator * 10**decimals, exact.denominator)
    up = how == ROUND_HALF_UP and 2 * rest >= exact.denominator
    return Decimal(whole + up).scaleb(-decimals)


def habit(printed: float, decimals: int | None, exact: Fraction) -> Habit:
    """Which rounding explains a printed percentage; ``none`` when it is simply wrong.

    ``decimals`` is ``None`` for a number at full precision.
    """
    if decimals is None:
        return "both" if abs(Fraction(printed) - exact) < _FULL_PRECISION else "none"
    shown = Decimal(repr(printed)).quantize(Decimal(1).scaleb(-decimals))
    up, down = shown == half_up(exact, decimals), shown == _rounded(exact, decimals, ROUND_DOWN)
    if up and down:
        return "both"
    if up:
        return "half-up"
    if down:
        return "truncated"
    return "upward" if abs(Fraction(shown) - exact) < Fraction(1, 10**decimals) else "none"
