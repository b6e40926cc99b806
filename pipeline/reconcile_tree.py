"""Up the unit tree: a parent's figure against its children's, and who has sent, late, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from pipeline.catalogue import CATALOGUE
from pipeline.findings import Finding
from pipeline.layout import CUT_OFF_CODE, INFO_SHEET
from pipeline.messages import number
from pipeline.obligations import Obligations
from pipeline.package_meta import package_version
from pipeline.rollup import Rollup
from pipeline.submission import Submission
from schemas.csvrows import parse_day
from schemas.form import NUMBER_TYPES, Cell, Form, Forms, Key
from schemas.text import Text
from schemas.tree import Unit


def reconcile_levels(
    rollup: Rollup, submissions: Sequence[Submission], owed: Obligations, forms: Forms
) -> list[Finding]:
    """Declared against built, for every parent that sent a return and whose children did.

    A gap is certain when every child that owes the cell has it, or when the children make more than the parent says;
    otherwise the missing children may fill it.
    """
    by_unit = {submission.unit: submission for submission in submissions}
    findings: list[Finding] = []
    for unit in owed.tree.depth_first():
        submission = by_unit.get(unit.code)
        if submission is not None and owed.tree.children(unit.code):
            findings += _gaps(rollup, submission, owed, forms)
    return findings


def _gaps(rollup: Rollup, submission: Submission, owed: Obligations, forms: Forms) -> Iterator[Finding]:
    i = rollup.value.row[submission.unit]
    children = owed.tree.children(submission.unit)
    for key, j in rollup.value.column.items():
        cell = rollup.cells[key]
        declared, built = rollup.declared[i, j], rollup.built[i, j]
        if cell.rollup != "SUM" or cell.role != "input" or np.isnan(declared) or np.isnan(built):
            continue
        if cell.children == "apart":
            continue
        own = rollup.declared[i, rollup.value.column[cell.own]] if cell.own is not None else 0.0
        rest = declared - np.nan_to_num(own)
        have = sum(rollup.value.of(child.code, key) is not None for child in children)
        complete = cell.children != "part" and not np.isnan(own) and _complete(rollup, owed, children, cell)
        if built > rest or (complete and built != rest):
            sheet, cells = submission.places(at for at in (key, cell.own) if at is not None)
            yield Finding(
                "children-differ",
                CATALOGUE["children-differ"].severity,
                unit=submission.unit,
                period=submission.period,
                form=key.form,
                file=submission.file,
                sheet=sheet,
                cells=cells,
                indicator=key.indicator,
                measure=key.measure,
                value=number(float(declared)),
                expected=number(float(built)),
                say="children-differ-own" if cell.own is not None and own > 0 else "",
                params={
                    "label": _label(forms.by_id[key.form], key),
                    "have": have,
                    "own": float(np.nan_to_num(own)),
                    "gap": number(float(abs(built - rest))),
                },
            )


def _label(form: Form, key: Key) -> Text:
    """The row, and the measure where the table has several."""
    table = next(table for table in form.tables if key in table.cells)
    row, measure = form.indicator(key.indicator).label, table.measure(key.measure).label
    if sum(one.type in NUMBER_TYPES and not one.compute and not one.issuer for one in table.measures) < 2:
        return row
    return Text(f"{row.vi} – {measure.vi.lower()}", f"{row.en} – {measure.en.lower()}")


def _complete(rollup: Rollup, owed: Obligations, children: Sequence[Unit], cell: Cell) -> bool:
    """Whether every child that owes the cell has it.

    Who need not send does not stand in for one who must. Where a sender's package lacks the form (it was given no
    targets), its part of the parent's figure is not known, and no gap is certain.
    """
    owing = [child for child in children if owed.owes(child, cell)]
    senders = [child for child in children if child.code in owed.owed and child.level in cell.levels]
    return bool(owing) and owing == senders and all(rollup.value.of(c.code, cell.key) is not None for c in owing)


def reconcile_returns(submissions: Sequence[Submission], owed: Obligations) -> list[Finding]:
    """Who has not sent, who was late, and whose package is of another version."""
    by_unit = {submission.unit: submission for submission in submissions}
    due = f"{owed.dates.due:%d/%m/%Y}"
    findings: list[Finding] = []
    for unit in owed.tree.units:
        submission = by_unit.get(unit.code)
        if submission is None:
            if unit.code in owed.owed:
                findings.append(Finding("not-received", "info", unit=unit.code, period=str(owed.period), expected=due))
            continue
        day = submission.received_day
        if unit.code in owed.owed and day > owed.dates.due:
            findings.append(_about_file("late", submission, f"{day:%d/%m/%Y}", due))
        findings += _versions(submission, owed.forms_of(unit))
        findings += _cut_off(submission, owed.dates.cut_off)
    return findings


def _versions(submission: Submission, forms: Sequence[Form]) -> Iterator[Finding]:
    """The forms of which the package holds another version than today's, and those that it was issued without.

    Neither is the unit's doing: what it filled in is read, and its annotated return is the package of today.
    """
    said = submission.versions
    other = [form for form in forms if said.get(form.id, form.version) != form.version]
    if other:
        stated = "; ".join(f"{form.id} {said[form.id]}" for form in other)
        yield _about_file("version-differs", submission, stated, package_version(other))
    for form in forms:
        if form.id not in said and form.id not in submission.tables:
            yield replace(_about_file("form-not-issued", submission, "", package_version([form])), form=form.id)


def _cut_off(submission: Submission, cut_off: date) -> Iterator[Finding]:
    """A unit that says of another day that its figures are as of it."""
    said = submission.info.get(CUT_OFF_CODE, "")
    try:
        day = parse_day(said)
    except ValueError:
        return
    if day != cut_off:
        finding = _about_file("cut-off-differs", submission, f"{day:%d/%m/%Y}", f"{cut_off:%d/%m/%Y}")
        yield replace(finding, sheet=INFO_SHEET, cells=(submission.info_at[CUT_OFF_CODE],))


def _about_file(finding_id: str, submission: Submission, value: str, expected: str) -> Finding:
    return Finding(
        finding_id,
        CATALOGUE[finding_id].severity,
        unit=submission.unit,
        period=submission.period,
        file=submission.file,
        value=value,
        expected=expected,
    )
