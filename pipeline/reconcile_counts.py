"""How many units passed each edit, failed it, or could not be judged: all edits of all forms, and the sums of children.

What was told of a unit and what is counted are the same: of percentages and of whole columns of a list the findings
say who failed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from pipeline.catalogue import CATALOGUE
from pipeline.findings import Finding
from pipeline.history import UnitFigures
from pipeline.list_rows import judge_rows
from pipeline.obligations import Obligations
from pipeline.reconcile_sums import sums_of
from pipeline.results import EditCount
from pipeline.rollup import Rollup
from pipeline.submission import Item, Submission
from pipeline.verdicts import Check, Judged, Verdict
from schemas.edit import About, Edit, Member, Unique, is_of_rows, refs_of
from schemas.form import Forms, Key, key_of
from schemas.text import Text

_IN_THE_FILE = frozenset({"cell", "sum", "count"})
# A wrong percentage of which it is known how it went wrong has an id of its own.
_WRONG_PERCENTAGES = frozenset({"percent-as-fraction", "lost-comma"})
_OF_CHILDREN = "children-differ"
_CHILDREN = Text(
    "Số của cấp trên = cộng các đơn vị trực thuộc + phần cấp mình (mọi dòng cộng dồn)",
    "A parent's figure = the sum of its children and its own part (every row that is summed)",
)


@dataclass(frozen=True, slots=True)
class Told:
    """Whom findings name: the units by edit, and the cells of percentages of which it is known how they went wrong."""

    edits: frozenset[tuple[str, str]]
    cells: frozenset[tuple[str, Key]]


def told(findings: Sequence[Finding]) -> Told:
    """What the counts need to know of the findings."""
    wrong = (finding for finding in findings if finding.id in _WRONG_PERCENTAGES)
    return Told(
        frozenset((finding.unit, finding.id) for finding in findings if finding.severity != "info"),
        frozenset((finding.unit, Key(finding.form, finding.indicator, finding.measure)) for finding in wrong),
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """Of each return the row in which its unit was judged, and which of few kinds of package it is: what is asked."""

    rows: Sequence[int]
    kinds: Sequence[frozenset[Key]]
    of_kind: npt.NDArray[np.intp]


def _asked(judged: Judged, sent: Sequence[Submission], asked: Mapping[str, frozenset[Key]]) -> Asked:
    row = {unit: i for i, unit in enumerate(judged.units)}
    cells = [asked.get(one.unit, frozenset[Key]()) for one in sent]
    kinds = {id(one): one for one in cells}
    number = {kind: i for i, kind in enumerate(kinds)}
    of_kind = np.array([number[id(one)] for one in cells], dtype=np.intp)
    return Asked([row[one.unit] for one in sent], list(kinds.values()), of_kind)


class Outcome(IntEnum):
    """What an edit came to in one return: not asked; all its instances pass, one fails, none can be judged, and that
    since nothing of it is reported."""

    NOT_ASKED = 0
    PASSED = 1
    FAILED = 2
    UNKNOWN = 3
    UNREPORTED = 4


Outcomes = npt.NDArray[np.int8]
"""A row a return, a column an edit, in the order of the forms."""


def edits_in_order(forms: Forms) -> Iterator[Edit]:
    """Every edit of every form."""
    return (edit for form in forms for table in form.tables for edit in table.edits)


def edit_outcomes(
    judged: Judged,
    sent: Sequence[Submission],
    owed: Obligations,
    asked: Mapping[str, frozenset[Key]],
    findings: Sequence[Finding],
    earlier: UnitFigures,
    year_ago: UnitFigures,
) -> Outcomes:
    """What each edit came to in each return; ``asked`` are the cells of each unit's package."""
    known, rows = told(findings), _asked(judged, sent, asked)
    outcomes = np.zeros((len(sent), sum(1 for _ in edits_in_order(owed.forms))), dtype=np.int8)
    columns: dict[str, list[int]] = {}
    for j, check in enumerate(judged.checks):
        columns.setdefault(check.edit.id, []).append(j)
    column = 0
    for form in owed.forms:
        for table in form.tables:
            units = _with_list(form.id, sent, owed) if table.kind == "list" else []
            for edit in table.edits:
                if all(is_of_rows(rule) for rule in edit.checks):
                    checks = [Check(edit, rule, form.id, table.id) for rule in edit.checks]
                    for i in units:
                        if edit.asks(owed.tree.unit(sent[i].unit).level):
                            outcomes[i, column] = _outcome(*_of_items(checks, sent[i], known, earlier, year_ago))
                else:
                    _of_figures(edit, columns[edit.id], judged, sent, rows, known, outcomes[:, column])
                column += 1
    return outcomes


def edit_counts(forms: Forms, outcomes: Outcomes) -> tuple[EditCount, ...]:
    """For each edit: the returns in which all its instances pass, one fails, none can be judged."""
    found = []
    for edit, column in zip(edits_in_order(forms), outcomes.T, strict=True):
        counts = np.bincount(column, minlength=len(Outcome)).tolist()
        unknown = counts[Outcome.UNKNOWN] + counts[Outcome.UNREPORTED]
        passed, failed, unreported = counts[Outcome.PASSED], counts[Outcome.FAILED], counts[Outcome.UNREPORTED]
        found.append(EditCount(edit.id, edit.label, edit.severity, passed, failed, unknown, unreported))
    return tuple(found)


def _with_list(form: str, sent: Sequence[Submission], owed: Obligations) -> list[int]:
    """The returns of units whose package has a form."""
    packages = (owed.forms_of(owed.tree.unit(one.unit)) for one in sent)
    return [i for i, package in enumerate(packages) if any(form == its.id for its in package)]


def _outcome(said: int, reports: bool) -> Outcome:
    """What a verdict comes to; ``reports`` says whether the unit reports any of the numbers."""
    if said == Verdict.UNKNOWN:
        return Outcome.UNKNOWN if reports else Outcome.UNREPORTED
    return Outcome.PASSED if said == Verdict.PASS else Outcome.FAILED


def _together(verdicts: Collection[int]) -> Verdict:
    """One that fails decides, then one that passes."""
    return next((one for one in (Verdict.FAIL, Verdict.PASS) if one in verdicts), Verdict.UNKNOWN)


def _of_figures(
    edit: Edit,
    columns: Sequence[int],
    judged: Judged,
    sent: Sequence[Submission],
    asked: Asked,
    known: Told,
    outcomes: Outcomes,
) -> None:
    """Put down what an edit came to in each return whose unit is asked all that one of its instances needs."""
    cells = [{key_of(ref) for ref in refs_of(rule) if ref.kind in _IN_THE_FILE} for rule in edit.checks]
    verdicts = judged.verdicts[np.ix_(asked.rows, columns)]
    concerned = np.array([any(one <= kind for one in cells) for kind in asked.kinds], dtype=np.bool_)[asked.of_kind]
    counted = np.flatnonzero(concerned & (verdicts != Verdict.OUTSIDE).all(axis=1)).tolist()
    if isinstance(edit.checks[0], About):
        for i in counted:
            outcomes[i] = _outcome(*_of_percentages(edit, judged, asked.rows[i], sent[i], known))
        return
    refs = dict.fromkeys(ref for rule in edit.checks for ref in refs_of(rule))
    reports = judged.numbers.reports(refs)[asked.rows]
    unknown = np.where(reports, Outcome.UNKNOWN, Outcome.UNREPORTED)
    said = np.where((verdicts == Verdict.PASS).any(axis=1), Outcome.PASSED, unknown)
    said = np.where((verdicts == Verdict.FAIL).any(axis=1), Outcome.FAILED, said)
    outcomes[counted] = said[counted]


def _of_percentages(edit: Edit, judged: Judged, i: int, submission: Submission, known: Told) -> tuple[int, bool]:
    """Those that a unit typed agree with its counts unless a finding says otherwise."""
    entries = submission.entries
    verdicts, reports = [], False
    for rule in edit.checks:
        assert isinstance(rule, About)
        keys = [key_of(ref) for ref in rule.printed]
        shown = sum((entry := entries.get(key)) is not None and entry.value is not None for key in keys)
        needs = rule.share.numerator.refs + rule.share.denominator.refs if rule.share else ()
        column, values = judged.numbers.column, judged.numbers.values[i]
        judgeable = shown == len(keys) and not any(np.isnan(values[column[ref]]) for ref in needs)
        wrong = any((submission.unit, key) in known.cells for key in keys) and len(keys) == 1
        verdicts.append(Verdict.FAIL if wrong else Verdict.PASS if judgeable else Verdict.UNKNOWN)
        reports |= shown > 0
    if (submission.unit, edit.id) in known.edits:
        return Verdict.FAIL, True
    return _together(verdicts), reports


def _of_items(
    checks: Sequence[Check],
    submission: Submission,
    known: Told,
    earlier: UnitFigures,
    year_ago: UnitFigures,
) -> tuple[int, bool]:
    """The verdict of an edit on all rows of a unit's list."""
    items = submission.items.get(checks[0].form, ())
    rows = judge_rows(checks, items, earlier.get(submission.unit, {}), year_ago.get(submission.unit, {}))
    verdicts = rows.verdicts.ravel().tolist()
    for check in checks:
        if isinstance(check.rule, Unique | Member):
            failed = (submission.unit, check.edit.id) in known.edits
            said = any(_says(item, check.rule.column.measure) for item in items)
            verdicts.append(Verdict.FAIL if failed else Verdict.PASS if said else Verdict.UNKNOWN)
    return _together(verdicts), bool(items)


def _says(item: Item, column: str) -> bool:
    return column in item.entries and bool(item.entries[column].text)


def sums_count(rollup: Rollup, sent: Sequence[Submission], owed: Obligations) -> EditCount:
    """The parents whose figures agree with their children's, those with a gap, those that cannot be judged yet."""
    passed = failed = unknown = unreported = 0
    for sums in sums_of(rollup, sent, owed):
        if (sums.exceeded | sums.short).any():
            failed += 1
        elif (sums.rest == sums.built).any():
            passed += 1
        else:
            unknown += 1
            unreported += bool(np.isnan(sums.built).all())
    return EditCount(_OF_CHILDREN, _CHILDREN, CATALOGUE[_OF_CHILDREN].severity, passed, failed, unknown, unreported)
