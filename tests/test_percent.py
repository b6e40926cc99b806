from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.percent import (
    HABITS,
    Habit,
    Printed,
    explaining,
    half_up,
    is_upward,
    likeliest,
    printed,
    rounded,
    share,
)

COUNTS = st.integers(0, 10**9)
WHOLES = st.integers(1, 10**9)
PLACES = st.integers(0, 4)
SHARES = st.builds(Fraction, st.integers(-(10**9), 10**9), WHOLES)
ROUNDINGS: dict[Habit, str] = {
    "half-up": ROUND_HALF_UP,
    "half-even": ROUND_HALF_EVEN,
    "truncated": ROUND_DOWN,
}


def by_decimal(part: int, whole: int, places: int, rounding: str) -> Decimal:
    """The share in points as the decimal module rounds it, from more digits than any tie can hide in."""
    with localcontext() as context:
        context.prec = 60
        return (Decimal(100 * part) / Decimal(whole)).quantize(Decimal(1).scaleb(-places), rounding)


def ties(places: int) -> st.SearchStrategy[Fraction]:
    """Numbers right between two printed ones."""
    return st.builds(lambda halves: Fraction(2 * halves + 1, 2 * 10**places), st.integers(-(10**6), 10**6))


EVERY = set(HABITS)
ROUNDED = {"half-up", "half-even"}


@pytest.mark.parametrize(
    ("part", "whole", "shown", "places", "expected"),
    [
        (2742, 2918, 93.96, 2, {"truncated"}),
        (2742, 2918, 93.97, 2, ROUNDED),
        (168, 2918, 5.75, 2, {"truncated"}),
        (124, 2918, 4.25, 2, ROUNDED),
        (124, 2918, 4.24, 2, {"truncated"}),
        (1016, 2918, 34.81, 2, {"truncated"}),
        (189, 2918, 6.47, 2, {"truncated"}),
        (221, 2918, 7.57, 2, EVERY),
        (8, 2918, 0.27, 2, EVERY),
        (8, 2918, 27.0, 0, set()),
        (306, 307, 99.6, 1, {"truncated"}),
        (306, 307, 99.7, 1, ROUNDED),
        (306, 307, 100.0, 0, ROUNDED),
        (122, 80, 153.0, 0, {"half-up"}),
        (122, 80, 152.0, 0, {"half-even", "truncated"}),
        (122, 80, 152.5, 1, EVERY),
        (121, 80, 151.0, 0, EVERY),
        (123, 80, 154.0, 0, ROUNDED),
        (124, 80, 155.0, 0, EVERY),
        (110, 80, 138.0, 0, ROUNDED),
        (110, 80, 137.0, 0, {"truncated"}),
        (221, 2918, 7.59, 2, set()),
        (221, 2918, 7.56, 2, set()),
        (3, 3, 100.0, 0, EVERY),
        (0, 3, 0.0, 2, EVERY),
    ],
)
def test_the_habits_that_explain_a_printed_percentage(
    part: int, whole: int, shown: float, places: int, expected: set[Habit]
) -> None:
    assert explaining(printed(shown, places), share(part, whole)) == expected


def test_rounding_upward_is_no_habit() -> None:
    exact = share(221, 2918)
    assert (explaining(Printed(758, 2), exact), is_upward(Printed(758, 2), exact)) == (frozenset(), True)
    assert not is_upward(Printed(759, 2), exact)
    assert not is_upward(Printed(756, 2), exact)
    assert not is_upward(Printed(100, 0), Fraction(100)), "what is printed as it is was not rounded"


# The real reports: what stands there, and the counts beside it.
HEALTH_2020 = (
    ("93.96", 2742, 2918),
    ("5.75", 168, 2918),
    ("4.25", 124, 2918),
    ("34.81", 1016, 2918),
    ("7.57", 221, 2918),
    ("46.88", 1368, 2918),
    ("6.47", 189, 2918),
)
CLINIC_2024 = (
    ("39.1", 120, 307),
    ("60.9", 187, 307),
    ("100", 307, 307),
    ("5.9", 18, 307),
    ("45.6", 140, 307),
    ("16", 49, 307),
    ("27.4", 84, 307),
    ("5.2", 16, 307),
    ("52.1", 160, 307),
    ("0.65", 2, 307),
    ("13", 40, 307),
    ("16.9", 52, 307),
    ("99.6", 306, 307),
)
PROVINCE_2021 = (("152.5", 122, 80), ("129.35", 802, 620), ("133", 4, 3), ("100", 719, 719))
PROVINCE_2023 = (("100", 778, 778), ("100", 11, 11))


@pytest.mark.parametrize(
    ("report", "habits", "odd"),
    [
        (HEALTH_2020, ("truncated",), ["4.25"]),
        (CLINIC_2024, ("half-up", "half-even"), ["99.6"]),
        (PROVINCE_2021, HABITS, []),
        (PROVINCE_2023, HABITS, []),
    ],
)
def test_the_habits_of_the_real_reports(
    report: tuple[tuple[str, int, int], ...], habits: tuple[Habit, ...], odd: list[str]
) -> None:
    explained = {text: explaining(as_printed(text), share(part, whole)) for text, part, whole in report}
    assert likeliest(explained.values()) == habits
    assert [text for text, found in explained.items() if habits[0] not in found] == odd


def as_printed(text: str) -> Printed:
    return printed(float(text), len(text.partition(".")[2]))


def test_half_to_even_is_known_by_its_ties() -> None:
    # 12.5, 37.5 and 62.5 of a hundred: half up prints 13, 38 and 63, half to even 12, 38 and 62.
    ties = (Fraction(25, 2), Fraction(75, 2), Fraction(125, 2))
    for digits, habit in (((12, 38, 62), "half-even"), ((13, 38, 63), "half-up"), ((12, 37, 62), "truncated")):
        found = [explaining(Printed(shown, 0), exact) for shown, exact in zip(digits, ties, strict=True)]
        assert likeliest(found) == (habit,)


def test_where_nothing_tells_every_habit_is_as_likely() -> None:
    assert likeliest([]) == HABITS
    assert likeliest([EVERY, EVERY]) == HABITS
    assert likeliest([{"truncated"}, ROUNDED]) == HABITS, "one against one: nothing is known"
    assert likeliest([{"truncated"}, {"half-up"}]) == ("half-up", "truncated"), "the usual one first"


def test_half_up_never_rounds_to_even() -> None:
    assert str(half_up(share(122, 80), 0)) == "153"
    assert str(half_up(share(121, 80), 0)) == "151"
    assert str(half_up(share(2742, 2918), 2)) == "93.97"
    assert str(half_up(share(1, 1), 2)) == "100.00"


def test_a_tie_below_zero_goes_away_from_zero_as_in_excel() -> None:
    assert str(half_up(Fraction(-5, 2), 0)) == "-3"
    assert str(half_up(Fraction(-1, 4), 0)) == "0"


def test_a_share_of_nothing_is_no_share() -> None:
    with pytest.raises(ZeroDivisionError):
        share(5, 0)


def test_a_share_takes_decimal_figures_as_they_were_written() -> None:
    assert share(0.1, 0.3) == Fraction(100, 3)


def test_a_printed_number_keeps_its_digits_where_the_comma_moves() -> None:
    assert Printed(27, 0).moved(2) == Printed(27, 2)
    assert Printed(6667, 4).moved(-2) == Printed(6667, 2)
    assert Printed(4, 1).moved(-2) == Printed(40, 0)
    assert Printed(27, 2).exact == Fraction(27, 100)


@given(st.integers(0, 10**11), PLACES)
def test_what_was_read_is_printed_as_it_stood(digits: int, places: int) -> None:
    assert printed(float(Decimal(digits).scaleb(-places)), places) == Printed(digits, places)


@given(COUNTS, WHOLES, PLACES)
def test_half_up_is_what_decimal_rounds_half_up(part: int, whole: int, places: int) -> None:
    assert half_up(share(part, whole), places) == by_decimal(part, whole, places, ROUND_HALF_UP)


@given(st.integers(-(10**9), 10**9), WHOLES, PLACES, st.sampled_from(HABITS))
def test_every_habit_rounds_as_decimal_does(part: int, whole: int, places: int, habit: Habit) -> None:
    found = rounded(Fraction(100 * part, whole), places, habit)
    assert found.exact == Fraction(by_decimal(part, whole, places, ROUNDINGS[habit]))


@given(st.integers(0, 10**6), PLACES)
def test_a_tie_goes_up(halves: int, places: int) -> None:
    tie = Fraction(2 * halves + 1, 2 * 10**places)
    assert half_up(tie, places) == Decimal(halves + 1).scaleb(-places)


@given(st.data(), PLACES, st.integers(-3, 3))
def test_a_habit_explains_just_what_it_prints(data: st.DataObject, places: int, near: int) -> None:
    exact = data.draw(st.one_of(SHARES, ties(places)))
    shown = Printed(int(exact * 10**places) + near, places)
    assert explaining(shown, exact) == {habit for habit in HABITS if rounded(exact, places, habit) == shown}


@given(st.integers(0, 2000), st.integers(1, 2000), st.integers(0, 10**6), PLACES)
def test_a_unit_of_the_last_place_away_is_wrong_and_nearer_is_not(
    part: int, whole: int, units: int, places: int
) -> None:
    exact = share(part, whole)
    near = int(exact * 10**places) + units % 7 - 3
    for digits in (units, max(near, 0)):
        shown = Printed(digits, places)
        wrong = abs(shown.exact - exact) >= Fraction(1, 10**places)
        assert (not explaining(shown, exact) and not is_upward(shown, exact)) == wrong
