"""Columns: pandera, once on the wide frame of all units of a table and level, each failure led back to its cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from pipeline.catalogue import CATALOGUE, REFUSALS
from pipeline.figures import reported
from pipeline.findings import Finding, Param
from pipeline.messages import number
from pipeline.numbers import Kind, Reading, read_number
from pipeline.submission import Entry, Submission
from schemas.columns import ABSENT, LARGEST, TOO_LARGE, column_name, column_schema
from schemas.form import Cell, Form, Forms, Key
from schemas.tree import Tree

if TYPE_CHECKING:
    import pandas as pd


_NOT_ASKED = "not-asked"


def validate(
    submissions: Sequence[Submission], forms: Forms, tree: Tree, owed: Mapping[str, tuple[Form, ...]]
) -> tuple[list[Submission], list[Finding]]:
    """The submissions with every figure refused that its column does not admit, and what was found.

    ``owed`` are the forms in each unit's package: a unit can lack a figure only of a form that it has, and what it
    writes into a cell that is not asked of it is not counted.
    """
    by_unit = {submission.unit: submission for submission in submissions}
    refused = {unit: _unasked(one, forms, tree, owed.get(unit, ())) for unit, one in by_unit.items()}
    absent: dict[tuple[str, str], list[Key]] = {}
    for unit, key, check in _cases(by_unit, forms, tree, owed):
        if check != ABSENT:
            refused[unit].setdefault(key, check)
        elif key not in by_unit[unit].entries:
            absent.setdefault((unit, key.form), []).append(key)
    findings: list[Finding] = []
    kept = []
    for submission in submissions:
        wrong = refused[submission.unit]
        entries = dict(submission.entries)
        for key, check in wrong.items():
            entries[key], finding = _refuse(forms.cells[key], entries[key], check)
            findings.append(replace(finding, unit=submission.unit, period=submission.period, file=submission.file))
        kept.append(replace(submission, entries=entries) if wrong else submission)
    order = {key: i for i, key in enumerate(forms.cells)}
    for (unit, form_id), keys in absent.items():
        findings.append(_absent(by_unit[unit], form_id, sorted(keys, key=order.__getitem__)))
    return kept, findings


def _unasked(submission: Submission, forms: Forms, tree: Tree, owed: tuple[Form, ...]) -> dict[Key, str]:
    """Figures in cells of another level, or of a form that is not in the unit's package."""
    level, own = tree.unit(submission.unit).level, {form.id for form in owed}
    return {
        key: _NOT_ASKED
        for key, entry in submission.entries.items()
        if entry.own and entry.value is not None and (level not in forms.cells[key].levels or key.form not in own)
    }


def _cases(
    by_unit: Mapping[str, Submission], forms: Forms, tree: Tree, owed: Mapping[str, tuple[Form, ...]]
) -> Iterable[tuple[str, Key, str]]:
    """The failure cases of every table, each validated once for all units of a level."""
    for form in forms:
        for table in form.tables:
            for level in dict.fromkeys(tree.unit(unit).level for unit in by_unit):
                cells = [c for c in table.cells.values() if c.role == "input" and c.is_number and level in c.levels]
                units = [u for u in by_unit if tree.unit(u).level == level and form in owed.get(u, ())]
                if cells and units:
                    yield from _failures([by_unit[unit] for unit in units], units, cells)


def _failures(
    submissions: Sequence[Submission], units: Sequence[str], cells: Sequence[Cell]
) -> Iterable[tuple[str, Key, str]]:
    """Each failure case as unit, cell and check; the wide frame is validated once."""
    import pandas as pd
    from pandera.errors import SchemaErrors

    figures = reported(submissions, units, cells)
    names = {column_name(cell): cell.key for cell in cells}
    frame = pd.DataFrame(figures.values, index=list(units), columns=list(names))
    try:
        column_schema(cells).validate(frame, lazy=True)
    except SchemaErrors as failed:
        cases = cast("pd.DataFrame", failed.failure_cases)
        return [
            (str(unit), names[column], str(check))
            for unit, column, check in zip(cases["index"], cases["column"], cases["check"], strict=True)
        ]
    return []


def _refuse(cell: Cell, entry: Entry, check: str) -> tuple[Entry, Finding]:
    """The entry without its figure, and why: in the words for how such a figure comes about."""
    assert entry.value is not None
    reading = Reading() if check == _NOT_ASKED else read_number(entry.value, cast(Kind, cell.type))
    reason = REFUSALS.get(reading.refusal, reading.refusal) or check
    shown = entry.text or number(entry.value)
    params: dict[str, Param] = {"guess": " / ".join(number(guess) for guess in reading.guesses)}
    expected = str(params["guess"])
    if check == TOO_LARGE and not reading.refusal:
        expected = number(LARGEST[cell.type])
    finding = Finding(
        reason,
        CATALOGUE[reason].severity,
        form=cell.key.form,
        sheet=entry.sheet,
        cells=(entry.cell,),
        indicator=cell.key.indicator,
        measure=cell.key.measure,
        value=shown,
        expected=expected,
        params=params,
    )
    return replace(entry, value=None, text=shown, refusal=reason, guesses=reading.guesses), finding


def _absent(submission: Submission, form: str, keys: Sequence[Key]) -> Finding:
    """One note for all the blanks of a form: a blank is no error, and no zero."""
    places = [submission.place(key) for key in keys]
    return Finding(
        "missing-value",
        CATALOGUE["missing-value"].severity,
        unit=submission.unit,
        period=submission.period,
        form=form,
        file=submission.file,
        sheet=next((sheet for sheet, _ in places if sheet), form),
        cells=tuple(address for _, address in places if address),
        params={"count": len(keys)},
    )
