"""Up the unit tree: a parent's figure against its children's, and who has sent, late, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pipeline.catalogue import CATALOGUE
from pipeline.findings import Finding
from pipeline.messages import number
from pipeline.obligations import Obligations, forms_for
from pipeline.package import package_version
from pipeline.rollup import Rollup
from pipeline.submission import Submission
from pipeline.workspace import Workspace
from schemas.form import Cell, Forms
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
        have = sum(rollup.value.of(child.code, key) is not None for child in children)
        complete = _complete(rollup, owed, children, cell)
        if built > declared or (complete and built != declared):
            sheet, address = submission.place(key)
            row = forms.by_id[key.form].indicator(key.indicator).label
            yield Finding(
                "children-differ",
                CATALOGUE["children-differ"].severity,
                unit=submission.unit,
                period=submission.period,
                form=key.form,
                file=submission.file,
                sheet=sheet,
                cells=(address,) if address else (),
                indicator=key.indicator,
                measure=key.measure,
                value=number(float(declared)),
                expected=number(float(built)),
                params={
                    "label": Text(row.vi, row.en),
                    "have": have,
                    "gap": number(float(abs(built - declared))),
                },
            )


def _complete(rollup: Rollup, owed: Obligations, children: Sequence[Unit], cell: Cell) -> bool:
    """Whether every child that owes the cell has it.

    Who need not send does not stand in for one who must. Where a sender's package lacks the form (it was given no
    targets), its part of the parent's figure is not known, and no gap is certain.
    """
    owing = [child for child in children if owed.owes(child, cell)]
    senders = [child for child in children if child.code in owed.owed and child.level in cell.levels]
    return bool(owing) and owing == senders and all(rollup.value.of(c.code, cell.key) is not None for c in owing)


def reconcile_returns(submissions: Sequence[Submission], owed: Obligations, workspace: Workspace) -> list[Finding]:
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
        current = package_version(forms_for(workspace, owed.period, unit, owed.targets))
        if submission.package_version != current:
            findings.append(_about_file("version-differs", submission, submission.package_version, current))
    return findings


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
