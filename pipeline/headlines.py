"""What leadership asks first: the headline figures of the province, with those of an earlier period beside them."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.results import Results
from schemas.form import Cell, Key
from schemas.text import Text


@dataclass(frozen=True, slots=True)
class Change:
    """What the same units reported now and in the period of ``Results.past``; a total may also rest on other units."""

    now: float
    before: float
    units: int

    @property
    def by(self) -> float:
        """How much more than before."""
        return self.now - self.before

    @property
    def percentage(self) -> float | None:
        """The same in points of what was before; ``None`` where that was nothing."""
        return 100 * self.by / self.before if self.before else None


@dataclass(frozen=True, slots=True)
class HeadlineFigure:
    """A figure of the province that leadership sees first.

    ``value`` and ``before``, that of ``Results.past``, are ``None`` where nobody has reported it; ``change`` is that of
    the units that have both. ``units`` of ``expected`` units stand behind the value, ``rejected`` of these must send
    again.
    """

    cell: Cell
    label: Text
    value: float | None
    before: float | None
    change: Change | None
    units: int
    expected: int
    rejected: int


def headline_figures(results: Results) -> tuple[HeadlineFigure, ...]:
    """The headlines of the forms that the period asks, in the order of the forms."""
    return tuple(
        _figure(results, headline.key, headline.label)
        for form in results.owed.forms
        for headline in form.headlines
        if headline.key in results.rollup.value.column
    )


def change_of(results: Results, key: Key) -> Change | None:
    """How the province's figure changed over those of its children that have it in both periods.

    ``None`` where none has, and for a figure that does not add up. What the register counts is the province's.
    """
    if results.past is None or results.rollup.cells[key].rollup not in ("SUM", "REG"):
        return None
    now, then, tree = results.rollup.value, results.past.rollup.value, results.owed.tree
    if results.rollup.cells[key].rollup == "REG":
        new, old = now.of(tree.province.code, key), then.of(tree.province.code, key)
        return None if new is None or old is None else Change(new, old, len(tree.children(tree.province.code)))
    both = [(now.of(unit.code, key), then.of(unit.code, key)) for unit in tree.children(tree.province.code)]
    known = [(new, old) for new, old in both if new is not None and old is not None]
    if not known:
        return None
    return Change(sum(new for new, _ in known), sum(old for _, old in known), len(known))


def _figure(results: Results, key: Key, label: Text) -> HeadlineFigure:
    province, rollup = results.owed.tree.province.code, results.rollup
    i, j = rollup.at(province, key)
    before = results.past.rollup.value.of(province, key) if results.past is not None else None
    counts = (int(counted[i, j]) for counted in (rollup.with_data, rollup.expected, rollup.rejected))
    value = rollup.value.of(province, key)
    return HeadlineFigure(rollup.cells[key], label, value, before, change_of(results, key), *counts)
