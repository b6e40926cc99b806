"""What the template works out or the issuer gives, when something else came back: totals, targets, verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.figures import Figures
from pipeline.findings import Finding, Param
from pipeline.found_at import at_keys
from pipeline.messages import number
from pipeline.submission import Entry, Submission
from schemas.form import Cell, Forms, Key
from schemas.targets import Target, verdict
from schemas.text import Text

# So many blank totals of a form are named one by one.
_FEW = 4


def reconcile_totals(
    submissions: Sequence[Submission],
    figures: Figures,
    forms: Forms,
    targets: Mapping[str, Mapping[str, Target]],
) -> list[Finding]:
    """Totals that are not the sum of their parts, targets typed over, verdicts that do not follow."""
    findings: list[Finding] = []
    given = [cell for cell in forms.cells.values() if cell.role == "issuer" or cell.judges is not None]
    made = [(cell, figures.column[cell.key]) for cell in forms.cells.values() if cell.derived is not None]
    order = {key: i for i, key in enumerate(forms.cells)}
    for submission in submissions:
        own, entries = targets.get(submission.unit, {}), submission.entries
        right: list[float] = figures.values[figures.row[submission.unit]].tolist()
        some = [cell for cell, j in made if not _is_right(entries.get(cell.key), right[j])]
        some += [cell for cell in given if cell.key in entries or cell.key.indicator in own]
        found: list[Finding] = []
        for cell in sorted(some, key=lambda one: order[one.key]):
            if submission.tables.get(cell.key.form):
                found += _cell(cell, submission, figures, own)
        findings += _joined(found)
    return findings


def _is_right(entry: Entry | None, right: float) -> bool:
    """Whether a total is the sum of its parts, or nothing where none of them is known."""
    typed = entry.value if entry is not None else None
    return typed == right or (right != right and not typed)


def _joined(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Many blank totals of a form are one note: a program saved the file without working its formulas out."""
    blank: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.id == "derived-blank":
            blank.setdefault(finding.form, []).append(finding)
    many = {form: found for form, found in blank.items() if len(found) > _FEW}
    for finding in findings:
        if finding.id != "derived-blank" or finding.form not in many:
            yield finding
    for found in many.values():
        cells = tuple(cell for finding in found for cell in finding.cells)
        params: dict[str, Param] = {"count": len(found)}
        yield replace(found[0], say="derived-blanks", cells=cells, value="", expected="", params=params)


def _cell(cell: Cell, submission: Submission, figures: Figures, targets: Mapping[str, Target]) -> Iterator[Finding]:
    entry = submission.entries.get(cell.key)
    target = targets.get(cell.key.indicator)
    if cell.derived is not None:
        yield from _derived(cell, entry, submission, figures)
    elif cell.role == "issuer" and entry is not None and entry.value is not None:
        if target is None:
            yield _at(cell.key, submission, "target-not-given", entry.shown, "")
        elif entry.value != target.value:
            params = {"decision": target.decision}
            yield _at(cell.key, submission, "target-typed", entry.shown, number(target.value), params)
    elif cell.judges is not None and target is not None:
        yield from _verdict(cell, cell.judges[0], entry, target, submission, figures)


def _derived(cell: Cell, entry: Entry | None, submission: Submission, figures: Figures) -> Iterator[Finding]:
    """A total that is not the sum of its parts; where a part was refused, that part's finding says it."""
    assert cell.derived is not None
    right = figures.of(submission.unit, cell.key)
    typed = entry.value if entry else None
    keys = [Key(ref.form, ref.indicator, ref.measure) for ref in cell.derived.refs]
    if right is None:
        if typed and not any(key in submission.entries for key in keys):
            yield _at(cell.key, submission, "derived-alone", number(typed), "")
        return
    if typed == right or (entry is None and not submission.place(cell.key)[1]):
        return
    if typed is not None and typed > right and not all(key in submission.entries for key in keys):
        yield _undecided(cell, submission, typed, right)
        return
    parts = (figures.of(submission.unit, key) for key in keys)
    params = {"sum": " + ".join(number(part) for part in parts if part is not None)}
    shown = entry.shown if entry else ""
    yield _at(cell.key, submission, "derived-differs" if entry else "derived-blank", shown, number(right), params)


def _undecided(cell: Cell, submission: Submission, typed: float, known: float) -> Finding:
    """A total above its known parts while a part is blank: the blank may hold the rest."""
    label = Text("cộng các dòng con", "the parts' sum")
    params: dict[str, Param] = {"label": label, "gap": typed - known, "expected": typed}
    return _at(cell.key, submission, "undecided", number(known), number(typed), params)


def _verdict(
    cell: Cell, judged: Key, entry: Entry | None, target: Target, submission: Submission, figures: Figures
) -> Iterator[Finding]:
    """A target of zero that was worked on; a typed verdict that is not what the figures say."""
    actual = figures.of(submission.unit, judged)
    if actual is None:
        return
    if target.value == 0 and actual:
        yield _at(judged, submission, "target-zero", number(actual), "")
    said, right = _said(entry.text) if entry is not None else "", verdict(target, actual)
    # Who exceeds a target has reached it too.
    if entry is not None and said and said != right and (said, right) != ("Đạt", "Vượt"):
        yield _at(cell.key, submission, "verdict-differs", entry.text, right)


def _said(text: str) -> str:
    """The verdict that a unit's words mean; empty where they say none."""
    words = text.casefold()
    if "không giao" in words:
        return "Không giao"
    if "không đạt" in words or "chưa đạt" in words:
        return "Không đạt"
    return "Vượt" if "vượt" in words else ("Đạt" if "đạt" in words else "")


def _at(
    key: Key,
    submission: Submission,
    finding_id: str,
    value: str,
    expected: str,
    params: Mapping[str, Param] | None = None,
) -> Finding:
    return at_keys(finding_id, submission, [key], value=value, expected=expected, params=params)
