"""``phan-hoi/CODE.xlsx``: a unit's package with its figures, the cells in doubt marked, a list on the first sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pipeline.contents import content_of
from pipeline.files import put, remove
from pipeline.findings import SEVERITIES, Finding
from pipeline.messages import sentence, suggestion
from pipeline.package import plans_of, write_package
from pipeline.package_values import Content, Mark
from pipeline.results import Results
from pipeline.submission import Entry, Submission
from schemas.form import Form, Key

# A note on many blanks at once belongs in the list; a comment on each would bury the cells that matter.
_LISTED_ONLY = frozenset({"missing-value", "implied-zero", "undecided"})


def returned_units(results: Results) -> list[str]:
    """The units that get their file back: those whose return has findings."""
    return [code for code, submission in results.by_unit.items() if _findings(results, submission)]


def write_returns(folder: Path, results: Results) -> None:
    """Write the returns, and remove those of earlier runs that have nothing to say any more."""
    wanted = set(returned_units(results))
    for old in sorted(folder.glob("*.xlsx")) if folder.is_dir() else ():
        if old.stem not in wanted:
            remove(old)
    for code in sorted(wanted, key=results.owed.tree.order.__getitem__):
        content = annotated(results, results.by_unit[code])

        def write(temporary: Path, content: Content = content) -> bool:
            write_package(temporary, content)
            return True

        put(folder / f"{code}.xlsx", write)


def _findings(results: Results, submission: Submission) -> tuple[Finding, ...]:
    return tuple(f for f in results.findings_of(submission.unit) if f.file == submission.file)


def annotated(results: Results, submission: Submission) -> Content:
    """The unit's package as it stands, with what was found in it."""
    unit = results.owed.tree.unit(submission.unit)
    blank = content_of(results.workspace, results.owed, unit, results.earlier, results.year_ago)
    findings, marks = _placed(_findings(results, submission), submission, blank.forms, results.lang)
    shown = {
        key: _shown(entry)
        for key, entry in submission.entries.items()
        if entry.own or entry.text or (key in marks and marks[key].severity != "info")
    }
    return replace(blank, entries=shown, marks=marks, findings=findings, info=submission.info, lang=results.lang)


def _shown(entry: Entry) -> float | str:
    """What stood in the cell, number or text, as the unit typed it."""
    raw = entry.raw
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return entry.text or str(raw)
    return float(raw)


def _placed(
    findings: tuple[Finding, ...], submission: Submission, forms: tuple[Form, ...], lang: str
) -> tuple[tuple[Finding, ...], Mapping[Key, Mark]]:
    """The findings at the cells of the new package, and the mark of each cell."""
    plans = plans_of(forms)
    codes = {submission.place(key): key for plan in plans.values() for key in plan.places}
    at: dict[Key, list[Finding]] = {}
    placed: list[Finding] = []
    for finding in findings:
        keys = [key for cell in finding.cells if (key := codes.get(_split(cell, finding.sheet))) is not None]
        if keys:
            sheet = keys[0].form
            cells = tuple(
                plans[key.form].address(key) if key.form == sheet else f"{key.form}!{plans[key.form].address(key)}"
                for key in keys
            )
            finding = replace(finding, sheet=sheet, cells=cells)
            for key in keys if finding.id not in _LISTED_ONLY else ():
                at.setdefault(key, []).append(finding)
        placed.append(finding)
    marks = {key: _mark(found, lang) for key, found in at.items()}
    return tuple(placed), marks


def _split(cell: str, sheet: str) -> tuple[str, str]:
    there, _, address = cell.rpartition("!")
    return (there or sheet, address)


def _mark(findings: list[Finding], lang: str) -> Mark:
    ordered = sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
    lines = []
    for finding in ordered:
        words = sentence(finding, lang)
        lines.append(f"{words[:1].upper()}{words[1:]}. {suggestion(finding, lang)} [{finding.id}]".replace("  ", " "))
    return Mark(ordered[0].severity, "\n".join(dict.fromkeys(lines)))
