"""The smallest sets of cells whose change can meet every constraint, by exact search.

A set that cannot is refuted by constraints that clash. Every set that can then holds a further cell of those
constraints, so only such cells are added: the hitting-set tree of Reiter (1987). Sets are taken up by their weight, so
no smaller one is missed, and all of the least weight are found.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Literal

from pipeline.localize_fit import Fit, decide
from pipeline.localize_lines import Budget, Clash, Undecided
from pipeline.localize_problem import Problem, bits
from pipeline.localize_reduce import Known
from pipeline.localize_system import Number

Reason = Literal["", "none", "many", "large", "undecided", "work"]

# The steps that a set takes beside those of deciding about it.
_OF_A_NODE = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a search may go.

    ``sets`` are listed at most, and only sets of ``cells`` at most are searched exactly, ``nodes`` of them and with so
    many steps of ``work`` (:class:`pipeline.localize_lines.Budget`; a million take about a second); a solver may then
    take as many again.
    """

    sets: int = 200
    cells: int = 3
    nodes: int = 5_000
    work: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Refuted:
    """Constraints that cannot all be met while of the ``cells`` that they name only those ``within`` may change."""

    cells: int
    within: int

    def rules_out(self, cells: int) -> bool:
        """Whether it shows that a change of these cells does not do."""
        return not cells & self.cells & ~self.within


@dataclass(frozen=True, slots=True)
class Searched:
    """The sets of the least weight that were found, in order, each with a change that does; and why there may be more.

    ``refuted`` are the reasons against other sets that were met on the way. Where there are ``groups`` of cells, the
    smallest sets are one part of each of them, whichever, and ``sets`` only hold every part once.
    """

    sets: tuple[tuple[int, Fit], ...]
    reason: Reason
    refuted: tuple[Refuted, ...] = ()
    groups: tuple[int, ...] = ()


def search(problem: Problem, known: Known, limits: Limits, work: Budget | None = None) -> Searched:
    """All smallest sets, or a reason that says what the search did not look at.

    ``work`` is what is left of a larger search that this one is part of.

    ``none``: no change of cells can meet every constraint. ``many``: there are more of the same weight. ``large``: a
    smallest set may have more cells than are searched. ``undecided``: of some set it could not be said whether it does.
    ``work``: the search was given up.
    """
    work = Budget(limits.work) if work is None else work
    waiting: list[tuple[Number, int, tuple[int, ...], int]] = [(0, 0, (), 0)]
    seen, found, refuted = {0}, list[tuple[int, Fit]](), list[Refuted]()
    least: Number | None = None
    undecided, nodes = False, 0

    def ended(reason: Reason) -> Searched:
        return Searched(tuple(found), reason, tuple(refuted))

    while waiting:
        weight, size, _, cells = heappop(waiting)
        if least is not None and weight > least:
            break
        if size > limits.cells:
            return ended("large")
        nodes += 1
        work.take(_OF_A_NODE + len(refuted) // 8)
        if nodes > limits.nodes or work.spent:
            return ended("work")
        try:
            more = _refuting(problem, cells, known, refuted, work)
        except Undecided:
            undecided = True
            continue
        if isinstance(more, Refuted):
            work.take(more.cells.bit_count())
            for cell in bits(more.cells & ~cells):
                larger = cells | 1 << cell
                if larger not in seen:
                    seen.add(larger)
                    heavier = weight + problem.variables[cell].weight
                    heappush(waiting, (heavier, size + 1, tuple(bits(larger)), larger))
        elif len(found) == limits.sets:
            return ended("many")
        else:
            least = weight
            found.append((cells, more))
    return ended("undecided" if undecided else "" if found else "none")


def _refuting(problem: Problem, cells: int, known: Known, refuted: list[Refuted], work: Budget) -> Refuted | Fit:
    """What rules a set out, or a change of it that does. What was found before is looked through first."""
    untouched = problem.broken & ~problem.touched(cells)
    if untouched:
        return Refuted(min((problem.named(1 << at) for at in bits(untouched)), key=int.bit_count), 0)
    for one in refuted:
        if one.rules_out(cells):
            return one
    answer = decide(problem, cells, known, work)
    if isinstance(answer, Clash):
        named = problem.named(answer.source)
        refuted.append(Refuted(named, cells & named))
        return refuted[-1]
    return answer
