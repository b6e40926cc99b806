"""The results as plain rows: what the four CSV files hold, and what programs get as data frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from functools import lru_cache
from math import isnan

import numpy as np

from pipeline.findings import Finding
from pipeline.messages import Shown, message, suggestion
from pipeline.numbers import read_text
from pipeline.packed import opened
from pipeline.results import Results
from pipeline.submission import Entry, Submission
from schemas.form import Key

Row = Sequence[str | int]
Names = tuple[str, str, str, str]
"""Form, table, indicator and measure."""

COLUMNS = {
    "observations": (
        *("period", "unit", "form", "table", "indicator", "measure", "value", "text", "status"),
        *("source_file", "source_sheet", "source_cell", "source_sha256"),
    ),
    "findings": (
        *("id", "severity", "unit", "period", "form", "file", "sheet", "cells", "indicator", "measure"),
        *("value", "expected", "message", "suggestion"),
    ),
    "submissions": (
        *("file", "sha256", "unit", "period", "package_version", "received_at", "status", "hard", "soft", "reason"),
    ),
    "rollup": (
        *("period", "unit", "form", "table", "indicator", "measure", "value", "declared", "built", "method"),
        *("units_with_data", "units_expected"),
    ),
}


def rows_of(results: Results, name: str) -> Iterator[Row]:
    """The rows of one of the four files, in their fixed order."""
    makers: dict[str, Callable[[Results], Iterator[Row]]] = {
        "observations": _observations,
        "findings": _findings,
        "submissions": lambda found: _submissions(found, found.submissions),
        "rollup": _rollup,
    }
    return makers[name](results)


def later_rows(results: Results) -> Iterator[Row]:
    """The files that came after the period was closed, in the columns of ``submissions``."""
    return _submissions(results, results.closed.later if results.closed else ())


@lru_cache(maxsize=32_768)
def plain(value: float | None) -> str:
    """A number in plain digits with a decimal point; nothing for a missing one."""
    if value is None or isnan(value):
        return ""
    whole = int(value)
    return str(whole) if value == whole else repr(round(float(value), 10))


def _observations(results: Results) -> Iterator[Row]:
    names = names_of(results)
    for unit, submission in reported(results):
        entries = dict(submission.entries.items())
        for named, entry in zip(names.values(), map(entries.get, names), strict=True):
            if entry is not None and entry.own:
                yield observed(unit, submission, named, entry)
        yield from listed(results, unit, submission)


def names_of(results: Results) -> dict[Key, Names]:
    """What every cell is called, in the order of the forms."""
    return {key: (key.form, cell.table, key.indicator, key.measure) for key, cell in results.owed.forms.cells.items()}


def reported(results: Results) -> Iterator[tuple[str, Submission]]:
    """The units of which a return counts, in register order, each with its return, of which nothing is packed."""
    order = results.owed.tree.order
    return ((unit, opened(results.by_unit[unit])) for unit in sorted(results.by_unit, key=order.__getitem__))


def observed(unit: str, submission: Submission, named: Names, entry: Entry) -> Row:
    """What a unit reported in one cell."""
    said = plain(entry.value), text_of_entry(entry), status_of_entry(entry)
    where = submission.file, entry.sheet, entry.cell, submission.sha256
    return (submission.period, unit, *named, *said, *where)


def listed(results: Results, unit: str, submission: Submission) -> Iterator[Row]:
    """The rows of the unit's lists, as they stand in its file."""
    for form, items in submission.items.items():
        for table in results.owed.forms.by_id[form].lists:
            for item in items:
                for measure in table.columns:
                    entry = item.entries.get(measure)
                    if entry is not None:
                        counted = item.counted and not entry.refusal
                        said = (plain(entry.value), text_of_entry(entry), status_of_entry(entry))
                        said = said if counted else ("", entry.shown, "refused")
                        yield (
                            *(submission.period, unit, form, table.id, item.id, measure),
                            *said,
                            *(submission.file, entry.sheet, entry.cell, submission.sha256),
                        )


def status_of_entry(entry: Entry) -> str:
    """How a figure counts: as reported, as adjusted by decision, or not at all."""
    return "adjusted" if entry.decision else "refused" if entry.refusal else "reported"


def text_of_entry(entry: Entry) -> str:
    """What stood there beside or in the place of the figure."""
    if entry.decision:
        return read_text(entry.raw)
    return entry.text or entry.shown if entry.refusal else entry.text


def _findings(results: Results) -> Iterator[Row]:
    for finding in results.findings:
        yield (
            *(finding.id, finding.severity, finding.unit, finding.period, finding.form, finding.file, finding.sheet),
            *(" ".join(finding.cells), finding.indicator, finding.measure),
            *(_digits(finding.value), _digits(finding.expected)),
            *(message(finding, results.lang), suggestion(finding, results.lang)),
        )


def _digits(text: str) -> str:
    """A number in plain digits with a decimal point; words, and what a unit typed, as they are."""
    return text.plain if isinstance(text, Shown) else text


def _submissions(results: Results, submissions: Sequence[Submission]) -> Iterator[Row]:
    by_file: dict[str, list[Finding]] = {}
    for finding in results.findings:
        by_file.setdefault(finding.file, []).append(finding)
    for submission in submissions:
        own = by_file.get(submission.file, [])
        yield (
            *(submission.file, submission.sha256, submission.unit, submission.period, submission.package_version),
            submission.received_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            submission.status,
            sum(finding.severity == "hard" for finding in own),
            sum(finding.severity == "soft" for finding in own),
            submission.reason,
        )


def _rollup(results: Results) -> Iterator[Row]:
    rollup, tree, period = results.rollup, results.owed.tree, str(results.owed.period)
    for unit in tree.units:
        if not tree.children(unit.code):
            continue
        i = rollup.value.row[unit.code]
        for key, cell in results.owed.forms.cells.items():
            j = rollup.value.column.get(key)
            if j is None or (np.isnan(rollup.value.values[i, j]) and not rollup.expected[i, j]):
                continue
            yield (
                *(period, unit.code, key.form, cell.table, key.indicator, key.measure),
                plain(rollup.value.values[i, j]),
                plain(rollup.declared[i, j]),
                plain(rollup.built[i, j]),
                cell.rollup,
                int(rollup.with_data[i, j]),
                int(rollup.expected[i, j]),
            )
