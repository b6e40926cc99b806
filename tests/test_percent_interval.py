"""The arithmetic of intervals, held against exact fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.percent import HABITS, Habit, Printed, explaining, is_upward, rounded
from pipeline.percent_interval import Interval, interval, point, total, upward

PLACES = st.integers(0, 4)
HABIT = st.sampled_from(HABITS)
SHARES = st.builds(Fraction, st.integers(-(10**6), 10**6), st.integers(1, 10**5))
PRINTED = st.builds(Printed, st.integers(-(10**5), 10**5), PLACES)
SMALL = st.builds(
    lambda low, length, ends: Interval(Fraction(low), Fraction(low + length), *(ends if length else (True, True))),
    st.integers(-3, 3),
    st.integers(0, 3),
    st.tuples(st.booleans(), st.booleans()),
)
# Between any two ends of SMALL there is one of these.
GRID = [Fraction(n, 2) for n in range(-8, 17)]


def shares(places: int) -> st.SearchStrategy[Fraction]:
    """Any number, and often a tie or a number that can be printed as it is."""
    half = st.builds(lambda n: Fraction(n, 2 * 10**places), st.integers(-(10**6), 10**6))
    return st.one_of(SHARES, half)


@pytest.mark.parametrize(
    ("digits", "habit", "expected"),
    [
        (9396, "half-up", "[93.955, 93.965)"),
        (9396, "half-even", "[93.955, 93.965]"),
        (9397, "half-even", "(93.965, 93.975)"),
        (9396, "truncated", "[93.96, 93.97)"),
        (0, "half-up", "(-0.005, 0.005)"),
        (0, "half-even", "[-0.005, 0.005]"),
        (0, "truncated", "(-0.01, 0.01)"),
        (-250, "half-up", "(-2.505, -2.495]"),
        (-250, "truncated", "(-2.51, -2.5]"),
    ],
)
def test_what_a_printed_number_stands_for(digits: int, habit: Habit, expected: str) -> None:
    found = interval(Printed(digits, 2), habit)
    left, right = "[" if found.with_low else "(", "]" if found.with_high else ")"
    ends = f"{left}{float(found.low):g}, {float(found.high):g}{right}"
    assert ends == expected


@given(st.data(), PLACES, HABIT)
def test_a_rounded_number_stands_for_what_was_rounded_and_its_neighbours_do_not(
    data: st.DataObject, places: int, habit: Habit
) -> None:
    exact = data.draw(shares(places))
    shown = rounded(exact, places, habit)
    assert exact in interval(shown, habit)
    for other in (shown.digits - 2, shown.digits - 1, shown.digits + 1, shown.digits + 2):
        assert exact not in interval(Printed(other, places), habit)


@given(st.data(), PLACES, HABIT, st.integers(-2, 2))
def test_a_habit_explains_what_its_interval_contains(data: st.DataObject, places: int, habit: Habit, near: int) -> None:
    exact = data.draw(shares(places))
    shown = Printed(int(exact * 10**places) + near, places)
    assert (habit in explaining(shown, exact)) == (exact in interval(shown, habit))


@given(st.data(), PLACES, st.integers(0, 2))
def test_what_is_rounded_upward_lies_below_what_is_printed(data: st.DataObject, places: int, near: int) -> None:
    exact = abs(data.draw(shares(places)))
    shown = Printed(int(exact * 10**places) + near, places)
    whole = exact == shown.exact
    assert (is_upward(shown, exact) or whole) == (exact in upward(shown))


@given(PRINTED)
def test_what_is_rounded_to_the_nearest_lies_within_half_a_unit(shown: Printed) -> None:
    half = Fraction(1, 2 * 10**shown.decimals)
    for habit in ("half-up", "half-even"):
        found = interval(shown, habit)
        assert (found.low, found.high) == (shown.exact - half, shown.exact + half)


@given(st.integers(-(10**4), 10**4), PLACES, HABIT)
def test_the_intervals_of_neighbours_leave_no_gap(digits: int, places: int, habit: Habit) -> None:
    run = [interval(Printed(n, places), habit) for n in range(digits, digits + 4)]
    for one, following in pairwise(run):
        assert one.high == following.low
        assert one.with_high != following.with_low
        assert not one.meets(following)


@given(st.lists(st.tuples(SHARES, PLACES, HABIT), max_size=6))
def test_the_interval_of_a_sum_contains_the_exact_sum(parts: list[tuple[Fraction, int, Habit]]) -> None:
    made = total([interval(rounded(exact, places, habit), habit) for exact, places, habit in parts])
    assert sum((exact for exact, _, _ in parts), Fraction(0)) in made


@given(st.lists(st.tuples(PRINTED, HABIT), min_size=1, max_size=6), st.integers(0, 8))
def test_every_number_in_the_interval_of_a_sum_is_a_sum(parts: list[tuple[Printed, Habit]], eighths: int) -> None:
    own = [interval(shown, habit) for shown, habit in parts]
    made = total(own)
    at = [one.low + (one.high - one.low) * Fraction(eighths, 8) for one in own]
    assert sum(at) == made.low + (made.high - made.low) * Fraction(eighths, 8)
    assert (sum(at) in made) == all(exact in one for exact, one in zip(at, own, strict=True))


def test_nothing_makes_zero() -> None:
    assert total([]) == point(Fraction(0))


@given(SMALL, SMALL)
def test_intervals_meet_where_a_number_is_in_both(one: Interval, other: Interval) -> None:
    both = any(exact in one and exact in other for exact in GRID)
    assert one.meets(other) == other.meets(one) == both


@given(SMALL, st.sampled_from(GRID))
def test_a_number_is_in_an_interval_that_its_point_meets(one: Interval, exact: Fraction) -> None:
    inside = one.low < exact < one.high or (one.with_low and exact == one.low) or (one.with_high and exact == one.high)
    assert (exact in one) == one.meets(point(exact)) == inside


def test_a_part_of_a_whole_is_never_below_zero() -> None:
    assert interval(Printed(0, 0), "truncated").of_parts == Interval(Fraction(0), Fraction(1), True, False)
    assert interval(Printed(7, 0), "half-up").of_parts == interval(Printed(7, 0), "half-up")


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=8).filter(any), st.data())
def test_rounding_explains_every_partition_that_is_one(counts: list[int], data: st.DataObject) -> None:
    found = []
    for count in counts:
        places, habit = data.draw(PLACES), data.draw(HABIT)
        shown = rounded(Fraction(100 * count, sum(counts)), places, habit)
        found.append(interval(shown, habit).of_parts)
    assert Fraction(100) in total(found)
