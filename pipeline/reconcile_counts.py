"""How many units passed each edit, failed it, or could not be judged: all edits of all forms, and the sums of children.

What was told of a unit and what is counted are the same: of percentages and of whole columns of a list the findings
say who failed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

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
from schemas.form import Key, key_of
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


def edit_counts(
    judged: Judged,
    sent: Sequence[Submission],
    owed: Obligations,
    asked: Mapping[str, frozenset[Key]],
    findings: Sequence[Finding],
    earlier: UnitFigures,
    year_ago: UnitFigures,
) -> Iterator[EditCount]:
    """For each edit, in the order of the forms: the units in which all its instances pass, one fails, none is judged.

    ``asked`` are the cells of each unit's package; a unit that is not asked is not counted.
    """
    known = told(findings)
    columns: dict[str, list[int]] = {}
    for j, check in enumerate(judged.checks):
        columns.setdefault(check.edit.id, []).append(j)
    for form in owed.forms:
        for table in form.tables:
            units = _with_list(form.id, sent, owed) if table.kind == "list" else []
            for edit in table.edits:
                if all(is_of_rows(rule) for rule in edit.checks):
                    checks = [Check(edit, rule, form.id, table.id) for rule in edit.checks]
                    here = (one for one in units if edit.asks(owed.tree.unit(one.unit).level))
                    verdicts = [_of_items(checks, one, known, earlier, year_ago) for one in here]
                else:
                    verdicts = _of_figures(edit, columns[edit.id], judged, sent, asked, known)
                yield _count(edit, verdicts)


def _with_list(form: str, sent: Sequence[Submission], owed: Obligations) -> list[Submission]:
    """The returns of units whose package has a form."""
    return [one for one in sent if any(form == its.id for its in owed.forms_of(owed.tree.unit(one.unit)))]


_Verdict = tuple[Verdict, bool]
"""What an edit says of a unit, and whether the unit reports any of its numbers."""


def _count(edit: Edit, verdicts: Sequence[_Verdict]) -> EditCount:
    said = [verdict for verdict, _ in verdicts]
    unreported = sum(verdict == Verdict.UNKNOWN and not reports for verdict, reports in verdicts)
    passed, failed, unknown = (said.count(verdict) for verdict in (Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN))
    return EditCount(edit.id, edit.label, edit.severity, passed, failed, unknown, unreported)


def _together(verdicts: Collection[int]) -> Verdict:
    """One that fails decides, then one that passes."""
    return next((one for one in (Verdict.FAIL, Verdict.PASS) if one in verdicts), Verdict.UNKNOWN)


def _of_figures(
    edit: Edit,
    columns: Sequence[int],
    judged: Judged,
    sent: Sequence[Submission],
    asked: Mapping[str, frozenset[Key]],
    known: Told,
) -> list[_Verdict]:
    """The verdicts of an edit on the figures of each unit that is asked all that one of its instances needs."""
    refs = dict.fromkeys(ref for rule in edit.checks for ref in refs_of(rule))
    cells = [{key_of(ref) for ref in refs_of(rule) if ref.kind in _IN_THE_FILE} for rule in edit.checks]
    row, reports = {unit: i for i, unit in enumerate(judged.units)}, judged.numbers.reports(refs)
    found: list[_Verdict] = []
    of_units, concerned = judged.verdicts[:, list(columns)].tolist(), dict[frozenset[Key], bool]()
    for submission in sent:
        i = row[submission.unit]
        verdicts, here = of_units[i], asked.get(submission.unit, frozenset())
        # Units of one level are asked the same cells.
        if here not in concerned:
            concerned[here] = any(one <= here for one in cells)
        if Verdict.OUTSIDE in verdicts or not concerned[here]:
            continue
        if isinstance(edit.checks[0], About):
            found.append(_of_percentages(edit, judged, i, submission, known))
        else:
            found.append((_together(verdicts), bool(reports[i])))
    return found


def _of_percentages(edit: Edit, judged: Judged, i: int, submission: Submission, known: Told) -> _Verdict:
    """Those that a unit typed agree with its counts unless a finding says otherwise."""
    typed = {key for key, entry in submission.entries.items() if entry.value is not None}
    verdicts, reports = [], False
    for rule in edit.checks:
        assert isinstance(rule, About)
        keys = [key_of(ref) for ref in rule.printed]
        shown = sum(key in typed for key in keys)
        needs = rule.share.numerator.refs + rule.share.denominator.refs if rule.share else ()
        values = judged.numbers.of(needs)[i] if needs else np.zeros(0)
        judgeable = shown == len(keys) and not np.isnan(values).any()
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
) -> _Verdict:
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
