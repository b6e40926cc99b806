"""Smallest sets of many cells without listing every combination: what can be exchanged for each part of one of them.

Five errors with six ways to mend each have 7776 smallest sets. From one of these, with the other parts mended as it
says, the ways to mend each part are few and found exactly. They make a family if any choice of them holds together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import reduce
from itertools import combinations, product
from math import prod
from operator import or_
from typing import NamedTuple

from pipeline.localize_check import changed
from pipeline.localize_exact import Limits, search
from pipeline.localize_fit import Fit, solved, spans
from pipeline.localize_lines import Budget, Undecided
from pipeline.localize_problem import Problem, bits, mask_of, problem_of
from pipeline.localize_reduce import Known
from pipeline.localize_system import complete, verdict
from pipeline.verdicts import Verdict

# The steps that numbering a system takes for each cell of each constraint.
_OF_A_PROBLEM = 3

Parts = dict[int, Fit]
"""The ways to mend one part of a set: cells, with a change of these that does."""


class Family(NamedTuple):
    """Sets of one weight: one part of each group, whichever. ``cells`` is the set that it was made from."""

    cells: int
    fit: Fit
    groups: tuple[Parts, ...]

    @property
    def size(self) -> int:
        """How many sets it has."""
        return prod(len(group) for group in self.groups)

    @property
    def supports(self) -> tuple[int, ...]:
        """The cells of each group."""
        return tuple(_support(group) for group in self.groups)

    def holds(self, cells: int) -> bool:
        """Whether a set is one of its sets."""
        left = reduce(or_, self.supports)
        return not cells & ~left and all(cells & _support(group) in group for group in self.groups)

    def representatives(self) -> dict[int, Fit]:
        """The set it was made from, and the sets in which one of its parts is exchanged."""
        found = {self.cells: self.fit}
        for group in self.groups:
            others = self.cells & ~_support(group)
            found |= {others | part: _joined(self.fit, others, [fit]) for part, fit in group.items()}
        return found

    def sets(self) -> dict[int, Fit]:
        """All its sets."""
        ways = product(*(group.items() for group in self.groups))
        return {reduce(or_, (part for part, _ in way)): _joined(self.fit, 0, [fit for _, fit in way]) for way in ways}


def family_of(problem: Problem, cells: int, fit: Fit, limits: Limits, work: Budget) -> Family | None:
    """The family of a smallest set; ``None`` where its parts hang together too much to be taken one by one."""
    found: dict[int, _Group] = {}
    masks = [1 << cell for cell in bits(cells)]
    while True:
        for mask in masks:
            if mask not in found:
                group = _exchangeable(problem, cells, fit, mask, limits, work)
                if group is None:
                    return None
                found[mask] = group
        tied = _tied(problem, cells, fit, {mask: found[mask] for mask in masks}, work)
        if not tied:
            return Family(cells, fit, tuple(found[mask].parts for mask in masks))
        masks = [mask for mask in masks if not mask & tied] + [tied]


class _Group(NamedTuple):
    """The ways to mend a part of a set; ``settled`` where each way has figures that are the only ones."""

    parts: Parts
    settled: bool


def _exchangeable(problem: Problem, cells: int, fit: Fit, mask: int, limits: Limits, work: Budget) -> _Group | None:
    """The ways to mend a part of a set, the others being mended as the set says; ``None`` if too many or too much."""
    if mask.bit_count() > limits.cells or fit.emptied:
        # Whether a cell may be emptied hangs on other cells in ways that no constraint tells.
        return None
    work.take(_OF_A_PROBLEM * sum(one.bit_count() for one in problem.cells))
    values = changed(problem, cells & ~mask, fit)
    variables = tuple(replace(one, value=values[one.id]) for one in problem.variables)
    rest, known = problem_of(replace(problem.system, variables=variables)), Known()
    searched = search(rest, known, replace(limits, cells=mask.bit_count()), work)
    parts = dict(searched.sets)
    if searched.reason or any(one.emptied or rest.weight(part) != rest.weight(mask) for part, one in parts.items()):
        return None
    try:
        settled = all(
            low == high
            for part in parts
            for low, high in spans(rest, solved(rest, part, known, work), part, work).values()
        )
    except Undecided:
        settled = False
    return _Group(parts, settled)


def _tied(problem: Problem, cells: int, fit: Fit, groups: Mapping[int, _Group], work: Budget) -> int:
    """Groups of which the one cannot be mended without a look at the other; 0 where there are none.

    Where the work ends they count as such.
    """
    supports = {mask: _support(group.parts) for mask, group in groups.items()}
    for one, other in combinations(groups, 2):
        if supports[one] & supports[other]:
            return one | other
    for constraint in bits(problem.touched(reduce(or_, supports.values()))):
        named = [mask for mask, support in supports.items() if problem.cells[constraint] & support]
        if len(named) < 2:
            continue
        if len(named) > 2 or not all(groups[mask].settled for mask in named):
            return reduce(or_, named)
        one, other = named
        others = cells & ~(one | other)
        for way in product(groups[one].parts.values(), groups[other].parts.values()):
            work.take(len(problem.variables))
            if work.spent or not _met(problem, constraint, others, _joined(fit, others, way)):
                return one | other
    return 0


def _met(problem: Problem, constraint: int, others: int, fit: Fit) -> bool:
    """Whether a constraint does not fail after a change, by plain evaluation."""
    full = complete(changed(problem, others | mask_of(fit.point), fit), problem.system.derived)
    rule = problem.system.constraints[constraint].rule
    return verdict(rule, full, problem.foreign, problem.decimals) is not Verdict.FAIL


def _joined(fit: Fit, cells: int, ways: Iterable[Fit]) -> Fit:
    """The change of these cells that a set makes, and other changes beside it."""
    point = {cell: steps for cell, steps in fit.point.items() if cells >> cell & 1}
    emptied = fit.emptied & cells
    for way in ways:
        point |= way.point
        emptied |= way.emptied
    return Fit(point, emptied, ())


def _support(parts: Iterable[int]) -> int:
    return reduce(or_, parts, 0)
