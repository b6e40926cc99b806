"""A change of cells held against every constraint by plain evaluation: the judge of what any search found."""

from __future__ import annotations

from collections.abc import Hashable

from pipeline.localize_fit import Fit
from pipeline.localize_problem import Problem, bits
from pipeline.localize_system import Implied, Number, complete, slim, verdict
from pipeline.verdicts import Verdict


def holds(problem: Problem, cells: int, fit: Fit) -> bool:
    """Whether a change is one that may be made and meets every constraint.

    Constraints that it does not touch are as they were.
    """
    touched = problem.touched(cells)
    if problem.broken & ~touched or not _allowed(problem, cells, fit):
        return False
    full = complete(changed(problem, cells, fit), problem.system.derived)
    rules = [problem.system.constraints[at].rule for at in bits(touched)]
    return all(verdict(rule, full, problem.foreign, problem.decimals) is not Verdict.FAIL for rule in rules)


def changed(problem: Problem, cells: int, fit: Fit) -> dict[Hashable, Number | None]:
    """What stands in each cell after a change."""
    values = problem.system.reported
    for cell in bits(cells):
        values[problem.variables[cell].id] = figure(problem, fit, cell)
    return values


def figure(problem: Problem, fit: Fit, cell: int) -> Number | None:
    """The new figure of a cell; ``None`` where it is blank."""
    return slim(fit.point[cell] * problem.steps[cell]) if cell in fit.point else None


def _allowed(problem: Problem, cells: int, fit: Fit) -> bool:
    """Whether each new figure is within its bounds, and each cell that is emptied one that is asked to be."""
    full = complete(changed(problem, cells, fit), problem.system.derived)
    for cell in bits(cells):
        if problem.variables[cell].fixed:
            return False
        if cell in fit.point:
            if not problem.least[cell] <= fit.point[cell] <= problem.most[cell]:
                return False
        elif not problem.blank >> cell & 1 and not _asked_empty(problem, cell, full):
            return False
    return True


def _asked_empty(problem: Problem, cell: int, full: dict[Hashable, Number | None]) -> bool:
    rules = (problem.system.constraints[at].rule for at in bits(problem.emptying.get(cell, 0)))
    return any(
        verdict(rule.condition, full, problem.foreign, problem.decimals) is Verdict.PASS
        for rule in rules
        if isinstance(rule, Implied)
    )
