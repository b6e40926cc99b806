"""The rows of lists as numbers: what the edits look at in each row, and the verdict of each edit on each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import numpy as np

from pipeline.submission import Item
from pipeline.verdicts import Check, Numbers, Verdicts, judge, needed
from schemas.edit import Member, Ref, Unique
from schemas.form import Key


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one list of a unit: in ``verdicts`` a row each, and a column for each of the ``checks``."""

    items: Sequence[Item]
    checks: tuple[Check, ...]
    numbers: Numbers
    verdicts: Verdicts

    def known(self, i: int) -> dict[Ref, float]:
        """The numbers of a row that are known; dates are days, counted from the year 1."""
        row = self.numbers.values[i]
        return {ref: float(row[j]) for ref, j in self.numbers.column.items() if not np.isnan(row[j])}


def judge_rows(
    checks: Sequence[Check], items: Sequence[Item], earlier: Mapping[Key, float], year_ago: Mapping[Key, float]
) -> Rows:
    """The relations among the checks of a list, judged on each of its rows."""
    rules = tuple(check for check in checks if not isinstance(check.rule, Unique | Member))
    refs = needed(rules)
    values = np.array([[_number(item, ref, earlier, year_ago) for ref in refs] for item in items], dtype=np.float64)
    # A row that is closed need not be filled any further.
    closed = np.array([item.closed for item in items], dtype=np.bool_)
    columns = MappingProxyType({ref: j for j, ref in enumerate(refs)})
    numbers = Numbers(columns, values.reshape(len(items), len(refs)), dict.fromkeys(refs, closed))
    return Rows(items, rules, numbers, judge([check.rule for check in rules], numbers))


def _number(item: Item, ref: Ref, earlier: Mapping[Key, float], year_ago: Mapping[Key, float]) -> float:
    if ref.kind == "item":
        entry = item.entries.get(ref.measure)
        if entry is None or entry.refusal:
            return float("nan")
        return entry.value if entry.value is not None else _day(entry.text)
    known = earlier if ref.kind == "item_prev" else year_ago
    if not item.counted:
        return float("nan")
    return known.get(Key(ref.form, item.key, ref.measure), float("nan"))


def _day(text: str) -> float:
    try:
        return float(date.fromisoformat(text).toordinal())
    except ValueError:
        return float("nan")
