"""What the columns of a list make, held against other cells: by how much the two differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.verdicts import Check, Judged, Verdict, value_of
from schemas.edit import Compare, Ref


@dataclass(frozen=True, slots=True)
class Held:
    """A failed check that holds what a column of a list makes against cells, and by how much the list makes more.

    The gap is 0 where one of the numbers is not known.
    """

    check: Check
    column: Ref
    gap: float


def held_by_unit(judged: Judged) -> Callable[[int], list[Held]]:
    """The failed checks of a unit that hold one column of a list against other cells, by the unit's row."""
    columns = {j: ref for j, check in enumerate(judged.checks) if (ref := _column(check)) is not None}
    at = list(columns)
    failed = judged.verdicts[:, at] == Verdict.FAIL

    def held(i: int) -> list[Held]:
        return [_measured(judged, i, judged.checks[at[k]], columns[at[k]]) for k in np.flatnonzero(failed[i]).tolist()]

    return held


def _column(check: Check) -> Ref | None:
    """The column of a check that holds one against cells; ``None`` for any other."""
    rule = check.rule
    if not isinstance(rule, Compare) or rule.operator != "==":
        return None
    lists = [ref for ref in rule.residual.refs if ref.kind in ("sum", "count")]
    others = [ref for ref in rule.residual.refs if ref not in lists]
    return lists[0] if len(lists) == 1 and all(ref.kind == "cell" for ref in others) else None


def _measured(judged: Judged, i: int, check: Check, column: Ref) -> Held:
    assert isinstance(check.rule, Compare)
    residual, numbers = check.rule.residual, judged.numbers
    values = {ref: float(numbers.values[i, numbers.column[ref]]) for ref in residual.refs}
    if any(np.isnan(value) for value in values.values()):
        return Held(check, column, 0.0)
    [weight] = [weight for weight, ref in residual.terms if ref == column]
    return Held(check, column, float(value_of(residual, values) / weight))
