"""Error localization after Fellegi and Holt (1976): the smallest sets of cells whose change can meet every hard edit.

The figures and the edits of one unit become systems (:mod:`pipeline.localize_rules`), one for each web of edits that
holds a failing one. Sets of few cells are found by exact search; where there are none, a solver proposes sets, and each
is verified in exact whole numbers before it is listed. Every tied answer is listed, never an arbitrary one.
"""

from __future__ import annotations

from pipeline.localize_exact import Limits, Reason, search
from pipeline.localize_problem import problem_of
from pipeline.localize_reduce import Known
from pipeline.localize_result import Fault, Suspect, SuspectSet, faults_of
from pipeline.localize_solver import propose
from pipeline.localize_system import System

__all__ = ["Fault", "Limits", "Reason", "Suspect", "SuspectSet", "localize"]

USUAL = Limits()

_GIVEN_UP = frozenset({"many", "large", "work"})


def localize(system: System, limits: Limits = USUAL) -> tuple[Fault, ...]:
    """The faults of a system, in the order of their first cells; none where no constraint fails."""
    problem = problem_of(system)
    if not problem.broken:
        return ()
    known: Known = {}
    searched = search(problem, known, limits)
    if searched.reason in _GIVEN_UP:
        found = propose(problem, searched, known, limits)
        if searched.reason != "many" or found.groups or not found.reason:
            return faults_of(problem, found, "solver", known)
    return faults_of(problem, searched, "exact", known)
