"""``phan-hoi/CODE.xlsx``: a unit's package with its figures, the cells in doubt marked, a list on the first sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from pipeline.contents import content_of
from pipeline.files import put, remove
from pipeline.findings import SEVERITIES, Finding
from pipeline.messages import sentence, suggestion
from pipeline.numbers import read_text
from pipeline.package import plans_of, write_package
from pipeline.package_lines import ListRow, Value
from pipeline.package_values import Content, Mark
from pipeline.results import Results
from pipeline.submission import Entry, Item, Submission
from schemas.form import Key

# A note on many blanks at once belongs in the list; a comment on each would bury the cells that matter.
_LISTED_ONLY = frozenset({"missing-value", "implied-zero", "undecided"})
# The figures stand in the file that came, and nowhere in today's package.
_NOT_IN_PACKAGE = frozenset({"asked-no-more"})


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
    lists = {form: _rows(submission.items.get(form, ()), rows) for form, rows in blank.lists.items()}
    filled = replace(blank, lists=lists)
    findings, marks = _placed(_findings(results, submission), submission, filled, results.lang)
    shown = {
        key: _shown(entry)
        for key, entry in submission.entries.items()
        if entry.raw != "" and (entry.own or entry.text or (key in marks and marks[key].severity != "info"))
    }
    return replace(filled, entries=shown, marks=marks, findings=findings, info=submission.info, lang=results.lang)


def _rows(items: Sequence[Item], registered: Sequence[ListRow]) -> tuple[ListRow, ...]:
    """The rows as the unit filled them, then those of the register that it has left as they were."""
    keys = {item.key for item in items}
    rows = ((item.id, item.entries.items()) for item in items)
    filled = (ListRow(name, {code: _typed(entry) for code, entry in row if entry.raw != ""}) for name, row in rows)
    return (*filled, *(row for row in registered if row.id not in keys))


def _typed(entry: Entry) -> Value:
    """What stood in a cell of a list: a date as the date it is, words not as the choice that they were read as."""
    match entry.raw:
        case datetime():
            return entry.raw.date()
        case date():
            return entry.raw
        case str():
            return read_text(entry.raw)
    return _shown(entry)


def _shown(entry: Entry) -> float | str:
    """What stood in the cell, number or text, as the unit typed it."""
    raw = entry.raw
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return entry.text or str(raw)
    return float(raw)


def _placed(
    findings: tuple[Finding, ...], submission: Submission, content: Content, lang: str
) -> tuple[tuple[Finding, ...], Mapping[Key, Mark]]:
    """The findings at the cells of the new package, and the mark of each cell."""
    plans = plans_of(content.forms, content.row_ids)
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
        elif finding.id in _NOT_IN_PACKAGE:
            finding = replace(finding, cells=())
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
