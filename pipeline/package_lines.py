"""What the formulas of a list show before anyone recalculates: of each line, and of each column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isnan, nan
from types import MappingProxyType

import numpy as np

from pipeline.formulas_list import CLOSED, COUNTS, COUNTS_NOT, FINE, MARK, NO_KEY, TWICE, lacks, line_rules, required
from pipeline.verdicts import Numbers, Verdict, judge
from schemas.edit import refs_of
from schemas.form import NO, YES, Form, Key, Measure, Table

Value = float | str | date

# Day 0 of Excel's calendar as it counts from March 1900 on.
_DAY_ZERO = date(1899, 12, 30).toordinal()


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of a list: its id, by which marks find it, and what stands in it by measure."""

    id: str
    values: Mapping[str, Value]


Lists = Mapping[str, Sequence[ListRow]]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its key behind a mark, whether it counts, what is wrong with it; all empty while it is not filled."""

    key: str = ""
    counted: int | str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class MadeList:
    """What a list shows: its lines, what its columns make, and what of that no line could still change."""

    lines: tuple[Line, ...]
    totals: Mapping[Key, float]
    certain: Mapping[Key, float]


def made_lists(forms: Iterable[Form], lists: Lists) -> Mapping[str, MadeList]:
    """What the lists of a package show, by form."""
    found = ((form.id, _made(table, lists.get(form.id, ()))) for form in forms for table in form.lists)
    return MappingProxyType(dict(found))


def _made(table: Table, rows: Sequence[ListRow]) -> MadeList:
    lines = _lines(table, rows)
    counted = [row for row, line in zip(rows, lines, strict=True) if line.counted == COUNTS]
    whole = not any(line.counted == COUNTS_NOT for line in lines)
    totals: dict[Key, float] = {}
    certain: dict[Key, float] = {}
    for key in table.cells:
        measure = table.measure(key.measure)
        said = [number for row in counted if not isnan(number := _counted(row, measure))]
        if said:
            totals[key] = sum(said)
            if whole and len(said) == len(counted):
                certain[key] = totals[key]
    return MadeList(tuple(lines), MappingProxyType(totals), MappingProxyType(certain))


def _lines(table: Table, rows: Sequence[ListRow]) -> list[Line]:
    """What the lines of these rows show."""
    faults = _faults(table, rows)
    closing = next((measure.code for measure in table.measures if measure.closes), "")
    own = [measure.code for measure in table.measures if not measure.prefill]
    first: dict[str, int] = {}
    lines = []
    for i, row in enumerate(rows):
        if not any(_filled(row, code) for code in own):
            lines.append(Line())
            continue
        key = MARK + _words(row.values.get(table.key, ""))
        before = first.setdefault(key.casefold(), i)
        if key == MARK:
            lines.append(Line(key, COUNTS_NOT, NO_KEY))
        elif before < i:
            lines.append(Line(key, COUNTS_NOT, f"{TWICE}{before + 1}"))
        else:
            closed = _filled(row, closing)
            says = faults[i] or ("" if closed else _lacking(table, row)) or FINE
            lines.append(Line(key, CLOSED if closed else COUNTS, says))
    return lines


def _counted(row: ListRow, measure: Measure) -> float:
    return 1.0 if measure.type == "key" else _number(row, measure)


def _faults(table: Table, rows: Sequence[ListRow]) -> list[str]:
    """The label of the first relation that fails in each row, judged as it is when the package comes back."""
    rules = line_rules(table)
    if not rules or not rows:
        return [""] * len(rows)
    refs = tuple(dict.fromkeys(ref for _, rule in rules for ref in refs_of(rule)))
    values = [[_number(row, table.measure(ref.measure)) for ref in refs] for row in rows]
    closing = next((measure.code for measure in table.measures if measure.closes), "")
    closed = np.array([_filled(row, closing) for row in rows], dtype=np.bool_)
    columns = MappingProxyType({ref: j for j, ref in enumerate(refs)})
    numbers = Numbers(columns, np.array(values, dtype=np.float64), dict.fromkeys(refs, closed))
    verdicts = judge([rule for _, rule in rules], numbers)
    return [
        next((edit.label.vi for (edit, _), found in zip(rules, row, strict=True) if found == Verdict.FAIL), "")
        for row in verdicts
    ]


def _lacking(table: Table, row: ListRow) -> str:
    return next((lacks(measure) for measure in required(table) if not _filled(row, measure.code)), "")


def _filled(row: ListRow, code: str) -> bool:
    return row.values.get(code, "") != ""


def _words(value: Value) -> str:
    shown = f"{value:.15g}" if isinstance(value, float) else str(value)
    return " ".join(shown.split())


def _number(row: ListRow, measure: Measure) -> float:
    """What a formula takes the cell for: text is no number, a date is its day."""
    value = row.values.get(measure.code, "")
    if measure.type == "flag":
        answers = {YES.casefold(): 1.0, NO.casefold(): 0.0}
        return answers.get(value.casefold(), nan) if isinstance(value, str) else nan
    if isinstance(value, date):
        return float(value.toordinal() - _DAY_ZERO)
    return nan if isinstance(value, str) else float(value)
