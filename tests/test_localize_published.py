"""Records and answers that others have published; the numbers are theirs, the source is named at each.

R's ``errorlocate``, ``editrules`` and ``deducorrect`` are the packages of Statistics Netherlands (van der Loo and de
Jonge). They work on real numbers and ask that a blank be filled; here figures are whole, and a blank may stay one.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

import pytest
from localizing import at_least, at_most, equal, system

from pipeline.localize import Fault, Limits, localize
from pipeline.localize_exact import Searched
from pipeline.localize_problem import problem_of
from pipeline.localize_result import faults_of
from pipeline.localize_solver import propose
from pipeline.localize_system import Asked, Implied, Number, System, Variable

LOW = -(10**9)


def signed(values: dict[str, Number | None], *rules: Asked, **weights: Number) -> System:
    """A system whose figures may be below zero, as in the sources."""
    variables = [Variable(name, value, weight=weights.get(name, 1), low=LOW) for name, value in values.items()]
    return system(values, *rules, variables=variables)


Answers = dict[frozenset[str], dict[str, Number | None]]


def found(made: System) -> Answers:
    """The smallest sets by exact search, which the solver must find as well, each with the figures that are unique."""
    problem = problem_of(made)
    if not problem.broken:
        return {}
    solved = propose(problem, Searched((), "large"), {}, Limits(work=10**9))
    exact = answers(localize(made))
    assert exact == answers(faults_of(problem, solved, "solver", {}))
    return exact


def answers(faults: Sequence[Fault]) -> Answers:
    ways = product(*([{str(cell.id): cell.value for cell in one.cells} for one in fault.sets] for fault in faults))
    whole = [dict(item for one in way for item in one.items()) for way in ways]
    return {frozenset(one): one for one in whole}


def sets(made: System) -> set[str]:
    return {" ".join(sorted(one)) for one in found(made)}


PROFIT = {"profit": 755, "cost": 125, "turnover": 200}
BALANCE = equal("profit", "cost", turnover=-1)
COST_SHARE = at_least(cost=1, turnover=Fraction(-6, 10))


def test_one_balance_can_be_mended_in_each_of_its_figures() -> None:
    """editrules, ``errorLocalizer``, first example: three solutions of weight 1."""
    assert sets(signed(PROFIT, BALANCE)) == {"profit", "cost", "turnover"}


def test_a_figure_of_more_weight_is_no_solution() -> None:
    """editrules, ``errorLocalizer``, weights 1, 1, 2: two solutions are left."""
    assert sets(signed(PROFIT, BALANCE, turnover=2)) == {"profit", "cost"}


def test_a_second_edit_leaves_one_solution_and_its_only_value() -> None:
    """editrules, ``errorLocalizer`` and its test by mixed-integer programming: profit must be 75."""
    assert found(signed(PROFIT, BALANCE, COST_SHARE)) == {frozenset({"profit"}): {"profit": 75}}


def test_the_example_of_errorlocate() -> None:
    """errorlocate, ``locate_errors`` and ``replace_errors``: profit is the error."""
    rules = (BALANCE, COST_SHARE, at_least("cost"), at_least("turnover"))
    assert sets(signed(PROFIT, *rules)) == {"profit"}


X, Y, Z = (at_least(name, constant=-1) for name in "xyz")


@pytest.mark.parametrize(("record", "expected"), [((1, -1, 2), {"y"}), ((-1, 1, 0), {"x z"}), ((1, 1, 2), set())])
def test_three_records_of_a_sum_of_positive_figures(record: tuple[int, int, int], expected: set[str]) -> None:
    """editrules, ``localizeErrors``, first example; its figures are above zero, which of whole numbers is from 1 up."""
    assert sets(signed(dict(zip("xyz", record, strict=True)), equal("x", "y", z=-1), X, Y, Z)) == expected


@pytest.mark.parametrize(
    ("weights", "expected"),
    [((1, 1, 1), {"x", "y", "z"}), ((1, 2, 2), {"x"}), ((2, 1, 2), {"y"}), ((2, 2, 1), {"z"})],
)
def test_weights_of_each_record_decide(weights: tuple[int, int, int], expected: set[str]) -> None:
    """editrules, ``localizeErrors``, example and tests: x + y == z with a record of ones; all weights alike, three."""
    made = signed(dict.fromkeys("xyz", 1), equal("x", "y", z=-1), **dict(zip("xyz", weights, strict=True)))
    assert sets(made) == expected


@pytest.mark.parametrize(("record", "expected"), [((1, 1, 1), {"x"}), ((0, 1, 1), set()), ((2, 1, 1), {"x"})])
def test_a_bound_that_is_not_reached(record: tuple[int, int, int], expected: set[str]) -> None:
    """editrules, tests of ``localizeErrors``: x + y == z and x < 1."""
    made = signed(dict(zip("xyz", record, strict=True)), equal("x", "y", z=-1), at_most("x"))
    assert sets(made) == expected


def test_a_figure_out_of_its_bound_needs_company() -> None:
    """editrules, tests of ``errorLocalizer``: the least weight is 2."""
    made = signed({"x": -1, "y": 1, "z": 0, "w": 0}, equal("x", "y", "z", w=-1), X)
    assert {len(one) for one in found(made)} == {2}
    assert sets(made) == {"x y", "x z", "w x"}


DIAMOND = (
    at_least(y=1, x=-1, constant=0),
    at_least("x", "y", constant=-4),
    at_most(y=1, x=-1, constant=0),
    at_most("x", "y", constant=-4),
)


@pytest.mark.parametrize(("record", "expected"), [((2, -1), {"y"}), ((-1, 2), {"x"}), ((0, 0), {"x y"})])
def test_a_point_outside_the_diamond(record: tuple[int, int], expected: set[str]) -> None:
    """editrules, vignette on linear edits: x - 1 < y < x + 1 and 3 < x + y < 5, of whole numbers only (2, 2)."""
    assert sets(signed(dict(zip("xy", record, strict=True)), *DIAMOND)) == expected


def test_a_condition_is_mended_on_either_side() -> None:
    """editrules, tests of ``errorLocalizer``: if x > 0 then y > 0, for x = 1 and y = 0."""
    made = signed({"x": 1, "y": 0}, Implied(X, Y))
    assert sets(made) == {"x", "y"}


@pytest.mark.parametrize(("age", "weights", "expected"), [(16, (1, 2), {"married"}), (14, (2, 1), {"age"})])
def test_married_at_sixteen(age: int, weights: tuple[int, int], expected: set[str]) -> None:
    """errorlocate, ``locate_errors``: married is 1 for yes; weights of married and age for each record."""
    rule = Implied(at_least("married", constant=-1), at_least("age", constant=-17))
    made = signed({"married": 1, "age": age}, rule, married=weights[0], age=weights[1])
    assert sets(made) == expected


def test_no_income_before_an_age() -> None:
    """errorlocate, vignette: age > 0, and with an income age > 16; the records are (-10, 0), (15, 2000), (25, 3000)."""
    rules = (at_least("age", constant=-1), Implied(at_least("income", constant=-1), at_least("age", constant=-17)))
    assert sets(signed({"age": -10, "income": 0}, *rules)) == {"age"}
    assert sets(signed({"age": 15, "income": 2000}, *rules)) == {"age", "income"}
    assert sets(signed({"age": 25, "income": 3000}, *rules)) == set()
    assert sets(signed({"age": None, "income": 1000}, *rules)) == set()


def test_amounts_from_ten_to_a_thousand_million() -> None:
    """editrules, tests of numerical stability: x_p is 10^p, and both ways to search must come to the same weight."""
    record: dict[str, Number | None] = {f"x{p}": 10**p for p in range(1, 10)}
    rules = (equal("x1", "x2", x3=-1), equal("x4", "x5", "x6", x7=-1), equal("x7", "x3", "x8", x9=-1))
    assert {len(one) for one in found(signed(record, *rules))} == {3}


# Scholtus (2009), Automatic correction of simple typing errors in numerical data with balance edits, section 4: one
# correct record and four with errors, as given in the documentation of ``correctTypos`` (deducorrect, deductive).

TYPING = (
    equal("x1", "x2", x3=-1),
    equal("x2", x4=-1),
    equal("x5", "x6", "x7", x8=-1),
    equal("x3", "x8", x9=-1),
    equal("x9", x10=-1, x11=-1),
)
RIGHT = (1452, 116, 1568, 116, 323, 76, 12, 411, 1979, 1842, 137)
RECORDS = (
    ((1452, 116, 1568, 161, 323, 76, 12, 411, 1979, 1842, 137), {"x4"}),
    ((1452, 116, 1568, 161, 323, 76, 12, 411, 19979, 1842, 137), {"x4 x9"}),
    ((1452, 116, 1568, 161, 0, 0, 0, 411, 19979, 1842, 137), {"x4 x5 x9", "x4 x6 x9", "x4 x7 x9"}),
    ((1452, 116, 1568, 161, 323, 76, 12, 0, 19979, 1842, 137), {"x4 x8 x9"}),
)


@pytest.mark.parametrize(("record", "expected"), RECORDS)
def test_the_typing_errors_of_scholtus(record: tuple[int, ...], expected: set[str]) -> None:
    names = [f"x{p}" for p in range(1, 12)]
    made = system(dict(zip(names, record, strict=True)), *TYPING)
    assert {" ".join(sorted(one)) for one in found(made)} == expected
    # Of three parts that were lost one alone has to make the whole; all else comes back as it was.
    right = dict(zip(names, RIGHT, strict=True)) | (dict.fromkeys(("x5", "x6", "x7"), 411) if record[4] == 0 else {})
    assert all(one == {name: right[name] for name in one} for one in found(made).values())


def test_the_right_record_of_scholtus_has_no_error() -> None:
    assert found(system(dict(zip([f"x{p}" for p in range(1, 12)], RIGHT, strict=True)), *TYPING)) == {}


def test_errors_of_rounding_are_errors_to_whole_numbers() -> None:
    """Scholtus (2008), as in the tests of ``correctRounding`` of deducorrect: all but one balance are off by one."""
    record = dict(zip([f"x{p}" for p in range(1, 12)], (12, 4, 15, 4, 3, 1, 8, 11, 27, 41, -13), strict=True))
    smallest = found(signed(record, *TYPING))
    assert {len(one) for one in smallest} == {3}
    assert smallest[frozenset({"x3", "x8", "x9"})] == {"x3": 16, "x8": 12, "x9": 28}
