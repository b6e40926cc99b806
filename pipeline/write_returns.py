"""``phan-hoi/CODE.xlsx``: the workbook that a unit sent, its cells in doubt marked, all findings on a first sheet.

Where the unit's own file cannot be given back, it is today's package with the figures that were sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.annotate import AnnotateError, Listing, Marks, annotate, ending
from pipeline.cache import key_of
from pipeline.cache_outputs import Made, is_as_made, keep_made, made_before
from pipeline.files import put_bytes, remove
from pipeline.findings import Finding
from pipeline.results import Results
from pipeline.sent_file import sent_bytes
from pipeline.submission import Submission
from pipeline.write_links import Links
from pipeline.write_returns_marks import lines_of, marks_of
from pipeline.write_returns_package import Moved, new_package, placed

# What the unit is asked has no place in its file, so it could fill it in nowhere.
_NO_PLACE = frozenset({"form-missing", "code-missing", "measure-missing", "form-not-issued", "not-asked-then"})


def returned_units(results: Results) -> list[str]:
    """The units that get their file back: those whose return has findings."""
    return [code for code, submission in results.by_unit.items() if _findings(results, submission)]


def write_returns(folder: Path, results: Results) -> Links:
    """Write the returns, remove those that have nothing to say any more, and say where cells now stand."""
    wanted = set(returned_units(results))
    for old in sorted(folder.glob("*.xlsx")) if folder.is_dir() else ():
        if old.stem not in wanted:
            remove(old)
    moved: dict[str, Moved | None] = {}
    root, name = results.workspace.root, f"phan-hoi-{results.owed.period}"
    before, made = made_before(root, name), Made()
    for code in sorted(wanted, key=results.owed.tree.order.__getitem__):
        path, submission = folder / f"{code}.xlsx", results.by_unit[code]
        findings = _findings(results, submission)
        marks, listing = marks_of(findings, results.lang), _listing(results, submission, findings)
        of = key_of(submission.sha256, repr(marks), repr(listing)).hex()
        # Then its own file could go back, and is not fetched again.
        if is_as_made(path, before.get(code), of):
            made[code], moved[code] = before[code], None
            continue
        file = sent_bytes(results.workspace, submission)
        asked = _Asked(file or b"", _why_not(file, findings), findings, marks, listing)
        data, moved[code] = _returned(results, submission, asked)
        put_bytes(path, data)
        if moved[code] is None:
            made[code] = [of, hashlib.sha256(data).hexdigest()]
    keep_made(root, name, made)
    return Links(results, moved)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a unit's own file is to say; ``why_not`` says why that file cannot go back, if it cannot."""

    data: bytes
    why_not: str
    findings: tuple[Finding, ...]
    marks: Marks
    listing: Listing


def _findings(results: Results, submission: Submission) -> tuple[Finding, ...]:
    return tuple(f for f in results.findings_of(submission.unit) if f.file == submission.file)


def _returned(results: Results, submission: Submission, asked: _Asked) -> tuple[bytes, Moved | None]:
    """The file that goes back; where it is a new package, where the cells of the one that came stand in it."""
    why = asked.why_not
    if not why:
        try:
            return annotate(asked.data, asked.marks, asked.listing), None
        except AnnotateError:
            why = "tệp đã gửi không ghi chú vào được"
    package, moved = new_package(results, submission, asked.findings)
    there = [placed(finding, moved) for finding in asked.findings]
    note = f"Đây là bộ biểu hiện hành đã có sẵn số liệu đơn vị gửi, vì {why}."
    return annotate(package, marks_of(there, results.lang), _listing(results, submission, there, note)), moved


def _why_not(data: bytes | None, findings: Sequence[Finding]) -> str:
    """Why a file cannot go back itself; empty where it can."""
    if data is None:
        return "tệp đã gửi không còn như khi được đọc"
    try:
        kind = ending(data)
    except AnnotateError:
        kind = ""
    if kind != ".xlsx":
        return "tệp đã gửi có macro (.xlsm)" if kind else "tệp đã gửi không phải .xlsx"
    return "tệp đã gửi thiếu chỗ để điền" if any(finding.id in _NO_PLACE for finding in findings) else ""


def _listing(results: Results, submission: Submission, findings: Sequence[Finding], note: str = "") -> Listing:
    unit, owed = results.owed.tree.unit(submission.unit), results.owed
    about = f"{unit.code} – {unit.name}, {owed.period.label('vi')}"
    footer = f"{unit.name} – số liệu đến {owed.dates.cut_off:%d/%m/%Y}"
    return Listing(about, tuple(lines_of(findings, results.lang)), footer, note)
