from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from localizing import at_most, equal, names, shares, system, systems, whole_sets

import pipeline.localize_solver as solver
from pipeline.localize import Fault, Limits, localize
from pipeline.localize_exact import Searched, search
from pipeline.localize_lines import Budget, Undecided
from pipeline.localize_problem import bits, problem_of
from pipeline.localize_result import faults_of
from pipeline.localize_system import System, Variable, failing

EXACT = Limits(sets=10_000, cells=9, nodes=10**6, work=10**9)
NO_HURRY = Limits(sets=10_000, work=10**9)


def proposed(made: System, limits: Limits = NO_HURRY) -> tuple[Fault, ...]:
    """The faults as the solver finds them, nothing having been searched before."""
    problem = problem_of(made)
    if not problem.broken:
        return ()
    return faults_of(problem, solver.propose(problem, Searched((), "large"), {}, limits), "solver", {})


def mends(made: System, faults: tuple[Fault, ...]) -> bool:
    values = dict(made.reported)
    for fault in faults:
        values |= {cell.id: cell.example for cell in fault.sets[0].cells}
    return failing(made, values) == ()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(systems())
def test_the_solver_finds_what_exact_search_finds(made: System) -> None:
    assert whole_sets(proposed(made)) == whole_sets(localize(made, EXACT))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shares())
def test_the_solver_finds_what_exact_search_finds_among_percentages(made: System) -> None:
    exact = localize(made, EXACT)
    if all(fault.complete for fault in exact):
        assert whole_sets(proposed(made)) == whole_sets(exact)


# Amounts beside which a gap is nothing to a solver.

SIZE = 10**12


def two_sums(gap: int) -> System:
    """``a`` would close both sums, were one of them not off by ``gap`` more than the other."""
    values = {"a": SIZE, "b": 2 * SIZE, "c": 3 * SIZE + 7_000_000, "d": 4 * SIZE, "e": 5 * SIZE + 7_000_000 + gap}
    return system(values, equal("a", "b", c=-1), equal("a", "d", e=-1))


def first_proposal(made: System) -> list[str]:
    """What the solver's model takes for a smallest set before exact arithmetic has said a word."""
    problem = problem_of(made)
    model = solver._model(problem, {}, Budget(10**9))
    for broken in bits(problem.broken):
        solver._require(model, problem.named(1 << broken))
    found = solver._smallest(model)
    assert found is not None
    return [str(problem.variables[cell].id) for cell in bits(found[0])]


@pytest.mark.parametrize("gap", [1, 1_000, 1_000_000])
def test_a_gap_that_a_solver_takes_for_nothing_is_not_listed(gap: int) -> None:
    made = two_sums(gap)
    assert first_proposal(made) == ["a"]
    found = whole_sets(proposed(made))
    assert frozenset("a") not in found
    assert found == whole_sets(localize(made, EXACT))
    assert {len(cells) for cells in found} == {2}


def test_without_that_gap_the_same_set_is_listed() -> None:
    [fault] = proposed(two_sums(0))
    assert names([fault]) == [["a"]]
    assert fault.sets[0].cells[0].value == SIZE + 7_000_000


# More cells than are searched.


def chain(errors: int) -> System:
    """So many sums, each off, and each tied to the next by an edit that passes."""
    values: dict[str, int | Fraction | None] = {}
    rules = []
    for at in range(errors):
        values |= {f"a{at}": 10 + at, f"b{at}": 20 + at, f"c{at}": 40 + 3 * at}
        rules.append(equal(f"a{at}", f"b{at}", **{f"c{at}": -1}))
        if at:
            rules.append(at_most(f"a{at - 1}", constant=-100, **{f"b{at}": -1}))
    return system(values, *rules)


def test_five_errors_of_one_web_are_found_by_the_solver_and_told_apart() -> None:
    made = chain(5)
    assert search(problem_of(made), {}, Limits()).reason == "large"
    faults = localize(made, Limits(sets=1000))
    assert names(faults) == [[f"a{at}", f"b{at}", f"c{at}"] for at in range(5)]
    assert {fault.way for fault in faults} == {"solver"}
    assert all(fault.complete for fault in faults)
    assert mends(made, faults)


def test_a_list_of_the_solver_that_is_cut_says_so() -> None:
    one_sum = system({**dict.fromkeys("abcdef", 1), "s": 9}, equal(*"abcdef", s=-1))
    [fault] = proposed(one_sum, Limits(sets=3, cells=0, work=10**9))
    assert (len(fault.sets), fault.complete, fault.reason, fault.way) == (3, False, "many", "solver")


def test_more_sets_than_are_listed_are_no_loss_where_the_errors_are_apart() -> None:
    faults = localize(chain(3), Limits(sets=5))
    assert names(faults) == [[f"a{at}", f"b{at}", f"c{at}"] for at in range(3)]
    assert all(fault.complete for fault in faults)


def test_a_solver_without_work_left_says_so() -> None:
    [fault] = proposed(chain(3), Limits(work=0))
    assert (fault.sets, fault.complete, fault.reason) == ((), False, "work")


def test_what_exact_search_had_found_is_not_lost_when_the_work_ends() -> None:
    made = chain(1)
    problem = problem_of(made)
    searched = search(problem, {}, Limits(sets=1))
    found = solver.propose(problem, searched, {}, Limits(work=0))
    assert [cells for cells, _ in found.sets] == [cells for cells, _ in searched.sets]
    assert found.reason == "work"


def test_constants_that_contradict_each_other_have_no_set_for_a_solver_either() -> None:
    fixed = [Variable("a", 1, fixed=True), Variable("b", 2, fixed=True)]
    [fault] = proposed(system({"a": 1, "b": 2, "c": 3}, equal("a", b=-1), at_most("c", b=-1), variables=fixed))
    assert (fault.sets, fault.reason, fault.complete) == ((), "none", True)


def test_a_set_too_hard_to_decide_is_listed_if_the_solver_mends_it_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    def undecided(*_: object) -> None:
        raise Undecided

    monkeypatch.setattr(solver, "decide", undecided)
    [fault] = proposed(system({"a": 120, "b": 190, "c": 307}, equal("a", "b", c=-1)))
    assert names([fault]) == [["a", "b", "c"]]
    made = two_sums(1)
    assert frozenset("a") not in whole_sets(proposed(made))
    assert not any(fault.complete for fault in proposed(made))
