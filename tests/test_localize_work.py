"""How far localization goes is counted in steps, never in time: a busy machine says the same as an idle one."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from localizing import blanks_in_conditions, equal, shares, system, systems, table, total

import pipeline.localize_exact as exact
import pipeline.localize_solver as solver
from pipeline.localize import Fault, Limits, localize
from pipeline.localize_fit import Fit, decide
from pipeline.localize_lines import Budget, Clash, Undecided
from pipeline.localize_problem import Problem, mask_of, problem_of
from pipeline.localize_reduce import Known
from pipeline.localize_system import Share, System, Variable

TESTS = Path(__file__).parent
MODULES = sorted((TESTS.parent / "pipeline").glob("localize*.py"))
CLOCKS = {"time", "timeit", "sched", "signal", "threading", "resource"}
# The first ends for want of work with some sets found, the second with none.
CUT, NOTHING = Limits(sets=60, work=100_000), Limits(sets=60, work=30_000)


def percentages(parts: int) -> System:
    """Every percentage of a partition printed wrong."""
    values: dict[str, int | Fraction | None] = {f"c{i}": 30 + 7 * i for i in range(parts)}
    values |= {"w": sum(30 + 7 * i for i in range(parts))} | {f"p{i}": Fraction(5 * i + 1, 10) for i in range(parts)}
    rules = [Share(f"p{i}", total(f"c{i}"), total("w")) for i in range(parts)]
    printed = [Variable(f"p{i}", Fraction(5 * i + 1, 10), decimals=1) for i in range(parts)]
    return system(values, equal(*(f"c{i}" for i in range(parts)), w=-1), *rules, variables=printed)


def told(faults: tuple[Fault, ...]) -> list[object]:
    """All that is said, in its order."""
    return [(fault.reason, fault.way, fault.edits, fault.sets) for fault in faults]


def all_told() -> str:
    """What is said of some cases, most of which end for want of work."""
    cases = [(table(4, 5, 2), limits) for limits in (CUT, NOTHING)]
    cases += [(percentages(12), CUT), (blanks_in_conditions(10), CUT), (table(4, 2, 1), Limits())]
    return repr([told(localize(made, limits)) for made, limits in cases])


# No clock.


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_module_of_localization_looks_at_a_clock(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name.partition(".")[0] for name in imported} & CLOCKS
    assert not {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)} & {"time_limit"}


def test_the_solver_has_no_limit_of_time() -> None:
    model = solver._model(problem_of(table(4, 2, 1)), {}, Budget(10**9))
    assert model.solver.getOptionValue("time_limit")[1] == float("inf")
    assert model.solver.getOptionValue("threads")[1] == 1


def test_a_slow_machine_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = all_told()
    calls = 0

    def slow(problem: Problem, cells: int, known: Known, work: Budget) -> Fit | Clash:
        nonlocal calls
        calls += 1
        if calls % 50 == 1:
            time.sleep(0.05)
        return decide(problem, cells, known, work)

    # A clock on which every look at it takes an hour.
    hours = iter(range(0, 10**9, 3600))
    monkeypatch.setattr(exact, "decide", slow)
    monkeypatch.setattr(solver, "decide", slow)
    for name in ("monotonic", "perf_counter", "process_time", "time"):
        monkeypatch.setattr(time, name, lambda: next(hours))
    assert all_told() == quick
    assert calls > 50


def test_other_processes_under_load_say_the_same() -> None:
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        said = [_said_elsewhere(seed) for seed in ("0", "7")]
    finally:
        for one in busy:
            one.kill()
            one.wait()
    assert said == [all_told()] * 2


def _said_elsewhere(seed: str) -> str:
    """What another process says, in which sets and dictionaries of names lie otherwise."""
    program = "from test_localize_work import all_told; print(all_told())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=TESTS,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join((str(TESTS), str(TESTS.parent)))},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout.strip()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(systems() | shares())
def test_whatever_the_limit_the_same_is_said_again(made: System) -> None:
    for work in (10, 300, 3_000):
        limits = Limits(work=work)
        assert told(localize(made, limits)) == told(localize(made, limits))


# The end of the work.


def test_a_case_that_ends_for_want_of_work_says_so_twice_alike() -> None:
    first, second = localize(table(4, 5, 2), CUT), localize(table(4, 5, 2), CUT)
    assert {fault.reason for fault in first} == {"work"}
    assert not any(fault.complete for fault in first)
    assert sum(len(fault.sets) for fault in first) > 0
    assert told(first) == told(second)


def test_more_work_finds_what_less_did_not() -> None:
    few, many = localize(table(4, 5, 1), NOTHING), localize(table(4, 5, 1), Limits(work=10**6))
    assert {fault.reason for fault in few} == {"work"}
    assert {fault.reason for fault in many} == {""}


def test_a_set_with_many_blanks_is_given_up_and_not_tried_in_every_way() -> None:
    made = blanks_in_conditions(30)
    problem, work = problem_of(made), Budget(10**9)
    with pytest.raises(Undecided):
        decide(problem, mask_of(range(len(made.variables))), {}, work)
    assert 10**9 - work.left < 10**6


def test_a_search_takes_little_more_than_its_work() -> None:
    work = Budget(20_000)
    exact.search(problem_of(table(4, 5, 2)), {}, Limits(cells=9, nodes=10**9), work)
    assert -5_000 < work.left < 0


def test_steps_of_a_part_are_steps_of_the_whole() -> None:
    whole = Budget(10)
    part = Budget(8, whole)
    part.spend(8)
    assert (part.left, whole.left, part.spent, whole.spent) == (0, 2, False, False)
    other = Budget(100, whole)
    with pytest.raises(Undecided):
        other.spend(3)
    assert other.spent
    with pytest.raises(Undecided):
        part.spend()


def test_a_model_too_large_for_the_solver_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "_LARGEST", 100)
    [fault] = localize(table(4, 5, 2), Limits(work=10**6))
    assert (fault.sets, fault.reason, fault.way) == ((), "work", "solver")
