from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from localizing import (
    at_least,
    at_most,
    by_trial,
    changes,
    equal,
    names,
    plain_systems,
    shares,
    system,
    systems,
    total,
    whole_sets,
)

from pipeline.localize import Limits, localize
from pipeline.localize_exact import search
from pipeline.localize_groups import independent, merged
from pipeline.localize_integer import extremes, solve
from pipeline.localize_lines import Budget, Clash, Line, Undecided, substituted
from pipeline.localize_problem import problem_of
from pipeline.localize_system import Both, Derived, Empty, Implied, Ratio, Share, System, Variable, failing

EXACT = Limits(sets=10_000, cells=9, nodes=10**6, work=10**9)
LARGEST = 10**15 - 1


# Whole numbers in lines.


@st.composite
def lines(draw: st.DrawFn) -> tuple[list[Line], list[range]]:
    """Up to three numbers, each with bounds, and lines with weights of up to 9."""
    ranges = [range(0, draw(st.integers(0, 8)) + 1) for _ in range(draw(st.integers(1, 3)))]
    bounds = [
        line for key, values in enumerate(ranges) for line in (Line(((key, 1),), -values[-1]), Line(((key, -1),), 0))
    ]
    most = draw(st.sampled_from((1, 2, 5, 9)))
    made = []
    for source in range(draw(st.integers(1, 5))):
        weights = [(key, draw(st.integers(-most, most))) for key in range(len(ranges))]
        kept = tuple(item for item in weights if item[1])
        made.append(Line(kept, draw(st.integers(-12, 12)), draw(st.integers(0, 3)) == 0, 1 << source))
    return bounds + made, ranges


def fit(point: Sequence[int], asked: Sequence[Line]) -> bool:
    sums = [(line, line.constant + sum(weight * point[key] for key, weight in line.weights)) for line in asked]
    return all(made == 0 if line.equal else made <= 0 for line, made in sums)


@settings(max_examples=200, deadline=None)
@given(lines(), st.dictionaries(st.integers(0, 2), st.integers(-3, 12)))
def test_lines_are_decided_as_by_trying_every_point(
    asked: tuple[list[Line], list[range]], wished: dict[int, int]
) -> None:
    rows, ranges = asked
    points = [point for point in itertools.product(*ranges) if fit(point, rows)]
    found = solve(rows, wished, Budget(100_000))
    if isinstance(found, Clash):
        assert points == []
        some = [line for line in rows if not line.source or line.source & found.source]
        assert not any(fit(point, some) for point in itertools.product(*ranges))
        return
    assert tuple(found[key] for key in range(len(ranges))) in points
    reduced = substituted(rows, Budget(100_000))
    assert not isinstance(reduced, Clash)
    for key, values in enumerate(ranges):
        span = extremes(rows, reduced, key, found, (0, values[-1]), Budget(100_000))
        assert span == (min(point[key] for point in points), max(point[key] for point in points))


def test_an_equality_without_a_weight_of_one_is_solved() -> None:
    rows = [Line(((0, 6), (1, 10), (2, 15)), -(10**12 + 1), True, 1)]
    rows += [line for key in range(3) for line in (Line(((key, 1),), -LARGEST), Line(((key, -1),), 0))]
    found = solve(rows, {}, Budget(10_000))
    assert not isinstance(found, Clash)
    assert 6 * found[0] + 10 * found[1] + 15 * found[2] == 10**12 + 1


def test_a_strip_between_two_lines_without_a_whole_number_is_refused() -> None:
    rows = [Line(((0, 2), (1, -2)), 0 - 3, False, 1), Line(((0, -2), (1, 2)), 3, False, 2), Line(((0, 1),), -LARGEST)]
    rows += [Line(((0, -1),), 0), Line(((1, 1),), -LARGEST), Line(((1, -1),), 0)]
    assert solve(rows, {}, Budget(10_000)) == Clash(3)


def test_work_without_end_is_given_up() -> None:
    rows = [line for key in range(2) for line in (Line(((key, 1),), -(10**9)), Line(((key, -1),), 0))]
    # 5 · a lies a little above 7 · b, by less than what a whole number needs, all along the way.
    rows += [Line(((0, 10**6), (1, -(10**6) - 3)), 1), Line(((0, -(10**6)), (1, 10**6 + 3)), -2)]
    with pytest.raises(Undecided):
        solve(rows, {}, Budget(1000))


# The smallest sets, against a judge that tries every change.


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(systems())
def test_the_sets_are_all_smallest_ones_and_their_examples_mend(made: System) -> None:
    faults = localize(made, EXACT)
    assert whole_sets(faults) == by_trial(made)
    assert all(fault.complete and fault.way == "exact" for fault in faults)
    for way in itertools.islice(itertools.product(*(fault.sets for fault in faults)), 40):
        values = made.reported | {cell.id: cell.example for one in way for cell in one.cells}
        assert faults == () or failing(made, values) == ()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(plain_systems())
def test_the_sets_of_six_cells_are_all_smallest_ones(made: System) -> None:
    assume(failing(made, made.reported))
    assert whole_sets(localize(made, EXACT)) == by_trial(made)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(systems(most=3))
def test_the_figures_of_a_set_lie_between_the_least_and_the_greatest_that_mend(made: System) -> None:
    faults = localize(made, EXACT)
    assume(len(faults) == 1)
    for one in faults[0].sets:
        ids = [cell.id for cell in one.cells]
        ways = list(changes(made, [variable for variable in made.variables if variable.id in ids]))
        for cell in one.cells:
            figures = [value for way in ways if (value := way[cell.id]) is not None]
            assert (cell.low, cell.high) == (min(figures, default=None), max(figures, default=None))
            assert cell.example is None or cell.example in figures
            assert (cell.value is not None) == (len(set(figures)) == 1 and cell.example is not None)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(shares())
def test_the_sets_with_percentages_are_all_smallest_ones(made: System) -> None:
    faults = localize(made, EXACT)
    assume(all(fault.complete for fault in faults))
    assert whole_sets(faults) == by_trial(made)
    for way in itertools.product(*(fault.sets for fault in faults)):
        values = made.reported | {cell.id: cell.example for one in way for cell in one.cells}
        assert faults == () or failing(made, values) == ()


# Cases that a reader can follow.


def test_a_sum_that_is_off_may_be_wrong_in_any_of_its_cells() -> None:
    [fault] = localize(system({"a": 120, "b": 190, "c": 307}, equal("a", "b", c=-1)))
    assert names([fault]) == [["a", "b", "c"]]
    assert [one.cells[0].value for one in fault.sets] == [117, 187, 310]
    assert (fault.edits, fault.complete, fault.way, fault.reason) == (("e0",), True, "exact", "")


def test_a_figure_below_zero_mends_nothing() -> None:
    faults = localize(system({"a": 5, "b": 190, "c": 7}, equal("a", "b", c=-1)))
    assert names(faults) == [["b", "c"]]


def test_nothing_fails_nothing_is_said() -> None:
    assert localize(system({"a": 1, "b": 2, "c": 3}, equal("a", "b", c=-1))) == ()


def test_a_second_sum_tells_which_cell_it_is() -> None:
    values = {"men": 120, "women": 187, "all": 370, "school": 200, "degree": 107}
    faults = localize(system(values, equal("men", "women", all=-1), equal("school", "degree", all=-1)))
    assert names(faults) == [["all"]]
    assert faults[0].sets[0].cells[0].value == 307
    assert faults[0].edits == ("e0", "e1")


def test_an_edit_that_passes_now_must_pass_still() -> None:
    faults = localize(system({"a": 3, "b": 4, "c": 9, "d": 3}, equal("a", "b", c=-1), at_most("a", d=-1)))
    assert names(faults) == [["b", "c"]]


@pytest.mark.parametrize("size", [10**9, 10**12, 10**14])
def test_one_dong_in_a_million_million_is_found(size: int) -> None:
    faults = localize(system({"a": size, "b": 3 * size, "c": 4 * size + 1}, equal("a", "b", c=-1)))
    assert [one.cells[0].value for one in faults[0].sets] == [size + 1, 3 * size + 1, 4 * size]


def test_what_is_believed_more_is_suspected_last() -> None:
    trusted = [Variable("c", 307, weight=2)]
    made = system({"a": 120, "b": 190, "c": 307}, equal("a", "b", c=-1), variables=trusted)
    assert names(localize(made)) == [["a", "b"]]


def test_two_cells_may_weigh_less_than_one() -> None:
    heavy = [Variable("a", 1, weight=5)]
    made = system(
        {"a": 1, "b": 2, "c": 3}, at_most("a", b=-1, constant=5), equal("a", c=-1, constant=2), variables=heavy
    )
    faults = localize(made)
    assert names(faults) == [["b"]]
    both = localize(system({"a": 1, "b": 2, "c": 2}, equal("a", b=-1), equal("a", c=-1), variables=heavy))
    assert [(one.weight, len(one.cells)) for fault in both for one in fault.sets] == [(1, 1), (1, 1)]


def test_a_cell_that_cannot_be_wrong_is_in_no_set() -> None:
    register = [Variable("c", 20, fixed=True, own=False)]
    assert names(localize(system({"a": 21, "c": 20}, equal("a", c=-1), variables=register))) == [["a"]]


def test_constants_that_contradict_each_other_have_no_set() -> None:
    fixed = [Variable("a", 1, fixed=True), Variable("b", 2, fixed=True)]
    [fault] = localize(system({"a": 1, "b": 2}, equal("a", b=-1), variables=fixed))
    assert (fault.sets, fault.reason, fault.complete, fault.edits) == ((), "none", True, ("e0",))


def test_a_bound_leaves_an_interval_and_the_example_moves_least() -> None:
    [fault] = localize(system({"women": 15, "all": 10}, at_most("women", all=-1)))
    assert [(cell.low, cell.high, cell.example, cell.value) for one in fault.sets for cell in one.cells] == [
        (0, 10, 10, None),
        (15, LARGEST, 15, None),
    ]


def test_a_blank_is_no_suspect_of_a_sum() -> None:
    faults = localize(system({"a": 8, "b": None, "c": 7}, equal("a", "b", c=-1)))
    assert names(faults) == [["a", "c"]]
    assert [(cell.low, cell.high) for one in faults[0].sets for cell in one.cells] == [(0, 7), (8, LARGEST)]


def test_a_blank_takes_another_number_for_each_edit() -> None:
    # The sum alone would need 7 in the blank, and the bound no more than 5.
    values = {"a": 3, "b": None, "c": 10, "d": 5, "e": 9, "f": 1}
    rules = (equal("a", "b", c=-1), at_most("b", d=-1), at_most("e", f=-1), at_most("d", e=-1))
    assert names(localize(system(values, *rules))) == [["f"]]


def test_a_blank_that_is_taken_for_zero_may_be_the_fault() -> None:
    made = system({"a": 4, "b": None, "c": 4, "d": 9}, Implied(equal("a", "b", c=-1), at_most("d", constant=-5)))
    faults = localize(made)
    assert names(faults) == [["a", "b", "c", "d"]]
    filled = faults[0].sets[1].cells[0]
    assert (filled.reported, filled.low) == (None, 1)


def test_a_cell_that_should_be_empty_is_emptied_or_its_reason_goes() -> None:
    faults = localize(system({"closed": 1, "members": 5}, Implied(at_least("closed", constant=-1), Empty("members"))))
    assert names(faults) == [["closed", "members"]]
    closed, members = (one.cells[0] for one in faults[0].sets)
    assert (closed.value, members.example, members.value, members.low) == (0, None, None, None)


def test_emptying_is_no_way_out_of_another_edit() -> None:
    rule = Implied(at_least("closed", constant=-1), Empty("members"))
    faults = localize(system({"closed": 0, "members": 5, "staff": 4}, rule, at_most("members", staff=-1)))
    assert names(faults) == [["members", "staff"]]
    assert faults[0].sets[0].cells[0].example == 4


def test_gifts_without_money_are_no_gifts_or_had_money() -> None:
    [fault] = localize(system({"gifts": 5, "money": 0}, Both("gifts", "money")))
    assert [(cell.low, cell.high) for one in fault.sets for cell in one.cells] == [(0, 0), (1, LARGEST)]


def test_a_quotient_is_mended_above_or_below_or_by_having_no_whole() -> None:
    rule = Ratio(Fraction(1, 10), total("women"), total("all"), Fraction(9, 10))
    [fault] = localize(system({"women": 95, "all": 100}, rule))
    assert [(cell.id, cell.low, cell.high, cell.example) for one in fault.sets for cell in one.cells] == [
        ("women", 10, 90, 90),
        ("all", 0, 950, 106),
    ]


def test_a_total_that_nobody_types_is_mended_in_its_parts() -> None:
    made = system({"a": 2, "b": 3, "c": 4}, at_most("t", c=-1), derived=[Derived("t", total("a", "b"))])
    faults = localize(made)
    assert names(faults) == [["a", "b", "c"]]
    assert [one.cells[0].high for one in faults[0].sets][:2] == [1, 2]


def percentages(printed: Fraction, part: int, whole: int) -> System:
    variables = [Variable("p", printed, decimals=2)]
    return system({"p": printed, "a": part, "b": whole}, Share("p", total("a"), total("b")), variables=variables)


def test_a_wrong_percentage_is_what_its_counts_make_or_one_of_them_is_wrong() -> None:
    [fault] = localize(percentages(Fraction(27), 8, 2918))
    printed, part, whole = (one.cells[0] for one in fault.sets)
    assert (printed.low, printed.high, printed.example) == (Fraction(27, 100), Fraction(27, 100), Fraction(27, 100))
    assert (part.low, part.high) == (788, 788)
    assert all(
        failing(percentages(Fraction(27), 8, b), {"p": Fraction(27), "a": 8, "b": b}) == () for b in (whole.low,)
    )


def test_the_example_of_a_percentage_is_rounded_half_up() -> None:
    [fault] = localize(percentages(Fraction(5), 2742, 2918))
    printed = fault.sets[0].cells[0]
    assert (printed.low, printed.high) == (Fraction("93.96"), Fraction("93.97"))
    assert (printed.example, printed.value) == (Fraction("93.97"), None)


def test_a_percentage_and_its_whole_can_both_be_wrong() -> None:
    variables = [Variable("p", Fraction(50), decimals=1)]
    values = {"p": Fraction(50), "a": 30, "b": 90, "c": 40, "d": 20}
    made = system(values, Share("p", total("a"), total("b")), equal("c", "d", b=-1), variables=variables)
    faults = localize(made)
    assert {cell.id: cell.value for one in faults[0].sets for cell in one.cells if len(one.cells) == 1} == {"b": 60}
    far = system(
        values | {"p": Fraction(70)},
        *(one.rule for one in made.constraints),
        variables=[Variable("p", Fraction(70), decimals=1)],
    )
    both = [one for fault in localize(far) for one in fault.sets if {cell.id for cell in one.cells} == {"p", "b"}]
    assert [(cell.id, cell.value) for cell in both[0].cells] == [("p", Fraction(50)), ("b", 60)]


# Errors far from each other, and searches that end early.


def test_two_errors_are_two_faults() -> None:
    values = {"a": 1, "b": 2, "c": 4, "d": 5, "e": 6, "f": 12}
    made = system(values, equal("a", "b", c=-1), equal("d", "e", f=-1), at_most("a", d=-1, constant=-100))
    faults = localize(made)
    assert names(faults) == [["a", "b", "c"], ["d", "e", "f"]]
    assert [fault.edits for fault in faults] == [("e0",), ("e1",)]


def test_errors_whose_figures_depend_on_each_other_are_one_fault() -> None:
    made = system(
        {"a": 9, "b": 1, "c": 9, "d": 1}, at_most("a", b=-1), at_most("c", d=-1), at_most("b", "d", constant=-12)
    )
    faults = localize(made)
    assert names(faults) == [["a c", "a d", "b c"]]
    assert faults[0].edits == ("e0", "e1")


def test_errors_that_an_edit_ties_stay_apart_where_their_figures_are_settled() -> None:
    values = {"a": 1, "b": 2, "c": 4, "d": 5, "e": 6, "f": 12}
    made = system(values, equal("a", "b", c=-1), equal("d", "e", f=-1), at_most("c", f=-1))
    assert names(localize(made)) == [["a", "b", "c"], ["d", "e", "f"]]


def test_sets_come_apart_only_where_every_way_is_there() -> None:
    assert independent([0b0101, 0b0110, 0b1001, 0b1010]) == [0b0011, 0b1100]
    assert independent([0b0101, 0b0110, 0b1001]) == [0b1111]
    assert independent([0b1]) == [0b1]
    assert independent([0b10101, 0b10110, 0b11001, 0b11010]) == [0b00011, 0b01100, 0b10000]


def test_groups_that_are_tied_by_a_third_are_one() -> None:
    assert merged([1, 2, 4, 8], lambda one, other: (one, other) in {(1, 2), (2, 8)}) == [11, 4]


WIDE = system({**dict.fromkeys("abcdef", 1), "s": 9}, equal(*"abcdef", s=-1))


def test_a_list_that_is_cut_says_so() -> None:
    [fault] = localize(WIDE, Limits(sets=3))
    assert (names([fault]), fault.reason, fault.complete) == ([["a", "b", "c"]], "many", False)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [(Limits(cells=0), "large"), (Limits(nodes=3), "work"), (Limits(work=50), "work"), (Limits(), "")],
)
def test_a_search_says_why_it_ended(limits: Limits, reason: str) -> None:
    assert search(problem_of(WIDE), {}, limits).reason == reason


def test_a_set_that_cannot_be_decided_is_told_of() -> None:
    # A percentage and its whole, both free, and tied to each other by more than the share.
    values = {"p": Fraction(10), "a": 1, "b": 10}
    rules = (Share("p", total("a"), total("b")), equal("p", "b", constant=-50), at_least("b", constant=-1))
    made = system(values, *rules)
    [fault] = localize(made)
    assert (names([fault]), fault.complete, fault.reason) == ([["p a", "a b"]], False, "undecided")
