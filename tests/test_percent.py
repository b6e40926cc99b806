from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.percent import Habit, habit, half_up, share

COUNTS = st.integers(0, 10**9)
WHOLES = st.integers(1, 10**9)
PLACES = st.integers(0, 4)


def by_decimal(part: int, whole: int, places: int, rounding: str) -> Decimal:
    """The share in points as the decimal module rounds it, from more digits than any tie can hide in."""
    with localcontext() as context:
        context.prec = 60
        return (Decimal(100 * part) / Decimal(whole)).quantize(Decimal(1).scaleb(-places), rounding)


@pytest.mark.parametrize(
    ("part", "whole", "printed", "places", "expected"),
    [
        (2742, 2918, 93.96, 2, "truncated"),
        (2742, 2918, 93.97, 2, "half-up"),
        (168, 2918, 5.75, 2, "truncated"),
        (124, 2918, 4.25, 2, "half-up"),
        (124, 2918, 4.24, 2, "truncated"),
        (1016, 2918, 34.81, 2, "truncated"),
        (189, 2918, 6.47, 2, "truncated"),
        (221, 2918, 7.57, 2, "both"),
        (8, 2918, 0.27, 2, "both"),
        (8, 2918, 27.0, 0, "none"),
        (306, 307, 99.6, 1, "truncated"),
        (306, 307, 99.7, 1, "half-up"),
        (306, 307, 100.0, 0, "half-up"),
        (122, 80, 153.0, 0, "half-up"),
        (122, 80, 152.0, 0, "truncated"),
        (122, 80, 152.5, 1, "both"),
        (221, 2918, 7.58, 2, "upward"),
        (221, 2918, 7.59, 2, "none"),
        (221, 2918, 7.56, 2, "none"),
        (3, 3, 100.0, 0, "both"),
        (0, 3, 0.0, 2, "both"),
    ],
)
def test_the_rounding_that_explains_a_printed_percentage(
    part: int, whole: int, printed: float, places: int, expected: Habit
) -> None:
    assert habit(printed, places, share(part, whole)) == expected


def test_half_up_never_rounds_to_even() -> None:
    assert str(half_up(share(122, 80), 0)) == "153"
    assert str(half_up(share(121, 80), 0)) == "151"
    assert str(half_up(share(2742, 2918), 2)) == "93.97"
    assert str(half_up(share(1, 1), 2)) == "100.00"


def test_a_share_of_nothing_is_no_share() -> None:
    with pytest.raises(ZeroDivisionError):
        share(5, 0)


def test_a_share_takes_decimal_figures_as_they_were_written() -> None:
    assert share(0.1, 0.3) == Fraction(100, 3)


def test_a_number_at_full_precision_agrees_only_with_the_exact_share() -> None:
    assert habit(100 * 2742 / 2918, None, share(2742, 2918)) == "both"
    assert habit(93.97, None, share(2742, 2918)) == "none"


@given(COUNTS, WHOLES, PLACES)
def test_half_up_is_what_decimal_rounds_half_up(part: int, whole: int, places: int) -> None:
    assert half_up(share(part, whole), places) == by_decimal(part, whole, places, ROUND_HALF_UP)


@given(st.integers(0, 10**6), PLACES)
def test_a_tie_goes_up(halves: int, places: int) -> None:
    tie = Fraction(2 * halves + 1, 2 * 10**places)
    assert half_up(tie, places) == Decimal(halves + 1).scaleb(-places)


@given(COUNTS, WHOLES, PLACES)
def test_half_up_and_truncation_are_always_habits(part: int, whole: int, places: int) -> None:
    part = min(part, 1000 * whole)
    exact = share(part, whole)
    assert habit(float(by_decimal(part, whole, places, ROUND_HALF_UP)), places, exact) in ("half-up", "both")
    assert habit(float(by_decimal(part, whole, places, ROUND_DOWN)), places, exact) in ("truncated", "both")


@given(st.integers(0, 2000), st.integers(1, 2000), st.integers(0, 10**6), PLACES)
def test_a_unit_of_the_last_place_away_is_wrong_and_nearer_is_not(
    part: int, whole: int, units: int, places: int
) -> None:
    exact = share(part, whole)
    near = int(exact * 10**places) + units % 7 - 3
    for digits in (units, max(near, 0)):
        printed = Decimal(digits).scaleb(-places)
        wrong = abs(Fraction(printed) - exact) >= Fraction(1, 10**places)
        assert (habit(float(printed), places, exact) == "none") == wrong
