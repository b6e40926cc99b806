"""What error localization says: the smallest sets of cells, separate errors apart, with the figures that would mend."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import floor
from operator import or_
from typing import Literal

from pipeline.localize_check import changed, figure, holds
from pipeline.localize_exact import Reason, Searched
from pipeline.localize_fit import Fit, Solved, solved, spans
from pipeline.localize_groups import independent, merged, parts
from pipeline.localize_lines import Budget, Undecided
from pipeline.localize_problem import Problem, bits
from pipeline.localize_reduce import Known
from pipeline.localize_system import Constraint, Number, Share, complete, exact_sum, slim

Way = Literal["exact", "solver"]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A cell of a set. ``example`` is a figure that mends, ``None`` where the cell is to be emptied.

    ``low`` and ``high`` are the least and the greatest figure that can stand here when the set is changed; not every
    one between the two need do. Both are ``None`` where the cell is emptied in every case.
    """

    id: Hashable
    reported: Number | None
    example: Number | None
    low: Number | None
    high: Number | None

    @property
    def value(self) -> Number | None:
        """The new figure where there is just one."""
        return self.low if self.low == self.high and self.example is not None else None


@dataclass(frozen=True, slots=True)
class SuspectSet:
    """Cells that could all be wrong: with the others as reported, these examples meet every constraint."""

    cells: tuple[Suspect, ...]
    weight: Number


@dataclass(frozen=True, slots=True)
class Fault:
    """An error, as far as it can be told apart from others, and the smallest sets of cells that could explain it.

    A smallest set of the whole system is one set of each of its faults, whichever; the examples then hold together.
    ``failing`` are the constraints that fail and of which one of the cells is in a set; ``sets`` are in order of
    weight, number of cells and place in the system. ``reason`` says why ``sets`` may not be all: see
    :func:`pipeline.localize_exact.search`; ``none`` means that there is no set at all.
    """

    failing: tuple[Constraint, ...]
    sets: tuple[SuspectSet, ...]
    reason: Reason
    way: Way

    @property
    def complete(self) -> bool:
        """Whether all smallest sets are listed."""
        return self.reason in ("", "none")

    @property
    def edits(self) -> tuple[str, ...]:
        """The ids of the edits that fail, each once."""
        return tuple(dict.fromkeys(constraint.edit for constraint in self.failing))


# The steps that the figures of all sets of a system may take; what is left then is said to be within the cell's bounds.
_WORK = 750_000

Fits = dict[int, Fit]
Spans = dict[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Figures:
    """The sets that were found, each with its change, and the spans of their parts as far as they were asked for."""

    problem: Problem
    fits: Fits
    known: Known
    work: Budget
    ways: dict[int, tuple[Solved, ...] | None]
    spans: dict[tuple[int, int], Spans]


def faults_of(problem: Problem, searched: Searched, way: Way, known: Known) -> tuple[Fault, ...]:
    """What a search found, put in figures; a set whose change fails plain evaluation is left out and told of."""
    fits = {cells: fit for cells, fit in searched.sets if holds(problem, cells, fit)}
    reason: Reason = searched.reason if len(fits) == len(searched.sets) else "undecided"
    if not fits:
        return (Fault(_constraints(problem, problem.broken), (), reason, way),)
    figures = _Figures(problem, fits, known, Budget(_WORK), {}, {})
    groups = list(searched.groups) or [reduce(or_, fits, 0)]
    if not reason and not searched.groups:
        groups = merged(independent(tuple(fits)), lambda one, other: _tied(figures, one, other))
    return tuple(
        Fault(
            _constraints(problem, problem.broken & problem.touched(group)),
            tuple(_set(figures, part, group) for part in sorted(parts(fits, group), key=_place)),
            reason,
            way,
        )
        for group in groups
    )


def _place(part: int) -> tuple[int, tuple[int, ...]]:
    return part.bit_count(), tuple(bits(part))


def _constraints(problem: Problem, which: int) -> tuple[Constraint, ...]:
    return tuple(problem.system.constraints[at] for at in bits(which))


def _set(figures: _Figures, part: int, group: int) -> SuspectSet:
    problem, cells = figures.problem, _representative(part, group, figures.fits)
    found = _spans(figures, cells, part)
    fit = _neat(problem, cells, part, figures.fits[cells], found)
    suspects = []
    for cell in bits(part):
        low, high = (slim(end * problem.steps[cell]) for end in found[cell]) if cell in found else (None, None)
        variable = problem.variables[cell]
        suspects.append(Suspect(variable.id, variable.value, figure(problem, fit, cell), low, high))
    return SuspectSet(tuple(suspects), problem.weight(part))


def _representative(part: int, group: int, fits: Fits) -> int:
    """The first set with this part of a group."""
    return next(cells for cells in fits if cells & group == part)


def _spans(figures: _Figures, cells: int, part: int) -> Spans:
    """The spans of the cells of a part of a set; where they are too much work, the bounds of the cells."""
    problem, seen = figures.problem, figures.spans
    if (cells, part) not in seen:
        try:
            seen[cells, part] = spans(problem, _ways(figures, cells), part, figures.work)
        except Undecided:
            seen[cells, part] = {cell: (problem.least[cell], problem.most[cell]) for cell in bits(part)}
    return seen[cells, part]


def _ways(figures: _Figures, cells: int) -> tuple[Solved, ...]:
    """The ways to mend by a set, worked out once; raises :class:`Undecided`."""
    seen = figures.ways
    if cells not in seen:
        seen[cells] = None
        seen[cells] = solved(figures.problem, cells, figures.known, figures.work)
    found = seen[cells]
    if found is None:
        raise Undecided
    return found


def _tied(figures: _Figures, one: int, other: int) -> bool:
    """Whether what mends in one group may depend on what is changed in the other.

    It does not where no constraint names cells of both, or where every part of both has figures that are the only ones
    and the same whatever is taken of the other groups.
    """
    if not figures.problem.touched(one) & figures.problem.touched(other):
        return False
    return not all(_settled(figures, part, group) for group in (one, other) for part in parts(figures.fits, group))


def _settled(figures: _Figures, part: int, group: int) -> bool:
    fits = figures.fits
    cells = _representative(part, group, fits)
    found, first = _spans(figures, cells, part), fits[cells]
    if first.emptied & part or any(found[cell][0] < found[cell][1] for cell in bits(part)):
        return False
    same = (fit for others, fit in fits.items() if others & group == part)
    return all(not fit.emptied & part and fit.point[cell] == first.point[cell] for fit in same for cell in bits(part))


def _neat(problem: Problem, cells: int, part: int, fit: Fit, found: Spans) -> Fit:
    """The change with every percentage of a part of the set rounded half up, where that does as well."""
    for constraint in bits(problem.touched(part)):
        rule = problem.system.constraints[constraint].rule
        printed = problem.figures[rule.printed].cells if isinstance(rule, Share) else 0
        if isinstance(rule, Share) and printed & part & ~fit.emptied:
            full = complete(changed(problem, cells, fit), problem.system.derived)
            above, whole = exact_sum(rule.numerator, full), exact_sum(rule.denominator, full)
            cell = printed.bit_length() - 1
            if above is not None and whole:
                steps = floor(Fraction(100 * above) / whole / problem.steps[cell] + Fraction(1, 2))
                neat = fit._replace(point={**fit.point, cell: steps})
                if found[cell][0] <= steps <= found[cell][1] and holds(problem, cells, neat):
                    fit = neat
    return fit
