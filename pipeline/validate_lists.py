"""The columns of list tables: pandera, once on all rows of all units, each failure led back to its cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from pipeline.findings import Finding
from pipeline.submission import Item, Submission
from pipeline.validate import Asked, failures, missing, refused
from schemas.columns import ABSENT
from schemas.form import Cell, Forms, Key, Table


def validate_lists(submissions: Sequence[Submission], forms: Forms) -> tuple[list[Submission], list[Finding]]:
    """The submissions with every figure refused that its column does not admit, and what was found.

    A row that is closed need not be filled; nor need the columns of a list that has no rows at all.
    """
    wrong: dict[str, dict[Key, str]] = {}
    absent: dict[tuple[str, str], list[Key]] = {}
    for form in forms:
        for table in form.lists:
            for unit, key, check in _cases(submissions, form.id, table):
                if check == ABSENT:
                    absent.setdefault((unit, form.id), []).append(key)
                else:
                    wrong.setdefault(unit, {}).setdefault(key, check)
    findings: list[Finding] = []
    kept = []
    for submission in submissions:
        mended, found = _refuse(submission, wrong.get(submission.unit, {}), forms)
        kept.append(mended)
        findings += found
        for (unit, form_id), keys in absent.items():
            findings += missing(submission, form_id, keys) if unit == submission.unit else ()
    return kept, findings


def _cases(submissions: Sequence[Submission], form: str, table: Table) -> Iterator[tuple[str, Key, str]]:
    """The failure cases of one list: unit, cell and check."""
    rows = [(s.unit, item) for s in submissions for item in s.items.get(form, ())]
    if not rows:
        return
    # What a row lacks is asked below, for its words too, and only while it counts.
    numbers = [replace(cell, required=False) for cell in table.columns.values() if cell.is_number]
    values = np.array([[_value(item, cell.key.measure) for cell in numbers] for _, item in rows], dtype=np.float64)
    for _, i, j, check in failures([Asked([unit for unit, _ in rows], numbers, values)]):
        unit, item = rows[i]
        yield unit, numbers[j].key._replace(indicator=item.id), check
    there = {s.unit: {code for place in s.tables.get(form, ()) for code in place.columns} for s in submissions}
    for unit, item in rows:
        for cell in table.columns.values():
            asked = cell.required and cell.type != "key" and not item.closed and cell.key.measure in there[unit]
            if asked and cell.key.measure not in item.entries:
                yield unit, cell.key._replace(indicator=item.id), ABSENT


def _value(item: Item, measure: str) -> float:
    entry = item.entries.get(measure)
    return float("nan") if entry is None or entry.value is None else entry.value


def _refuse(submission: Submission, wrong: Mapping[Key, str], forms: Forms) -> tuple[Submission, list[Finding]]:
    if not wrong:
        return submission, []
    findings: list[Finding] = []
    items = {}
    for form, listed in submission.items.items():
        items[form] = tuple(_refused_in(item, wrong, forms, findings) for item in listed)
    named = [replace(f, unit=submission.unit, period=submission.period, file=submission.file) for f in findings]
    return replace(submission, items=items), named


def _refused_in(item: Item, wrong: Mapping[Key, str], forms: Forms, findings: list[Finding]) -> Item:
    entries = dict(item.entries)
    for measure, entry in item.entries.items():
        cell: Cell | None = forms.cell(entry.key)
        if entry.key in wrong and cell is not None:
            entries[measure], finding = refused(replace(cell, key=entry.key), entry, wrong[entry.key])
            findings.append(finding)
    return replace(item, entries=entries)
