"""The results as plain rows: what the four CSV files hold, and what programs get as data frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC

import numpy as np

from pipeline.findings import Finding
from pipeline.messages import Shown, message, suggestion
from pipeline.numbers import read_text
from pipeline.results import Results
from pipeline.submission import Entry

Row = Sequence[str | int]

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
    makers = {"observations": _observations, "findings": _findings, "submissions": _submissions, "rollup": _rollup}
    return makers[name](results)


def plain(value: float | None) -> str:
    """A number in plain digits with a decimal point; nothing for a missing one."""
    if value is None or np.isnan(value):
        return ""
    return str(int(value)) if value == int(value) else repr(round(float(value), 10))


def _observations(results: Results) -> Iterator[Row]:
    order = results.owed.tree.order
    cells = results.owed.forms.cells
    position = {key: i for i, key in enumerate(cells)}
    for unit in sorted(results.by_unit, key=order.__getitem__):
        submission = results.by_unit[unit]
        for key in sorted(submission.entries, key=position.__getitem__):
            entry = submission.entries[key]
            if entry.own:
                yield (
                    *(submission.period, unit, key.form, cells[key].table, key.indicator, key.measure),
                    *(plain(entry.value), _text(entry), _status(entry)),
                    *(submission.file, entry.sheet, entry.cell, submission.sha256),
                )
        yield from _listed(results, unit)


def _listed(results: Results, unit: str) -> Iterator[Row]:
    """The rows of the unit's lists, as they stand in its file."""
    submission = results.by_unit[unit]
    for form, items in submission.items.items():
        for table in results.owed.forms.by_id[form].lists:
            for item in items:
                for measure in table.columns:
                    entry = item.entries.get(measure)
                    if entry is not None:
                        counted = item.counted and not entry.refusal
                        said = (plain(entry.value), _text(entry), _status(entry))
                        said = said if counted else ("", entry.shown, "refused")
                        yield (
                            *(submission.period, unit, form, table.id, item.id, measure),
                            *said,
                            *(submission.file, entry.sheet, entry.cell, submission.sha256),
                        )


def _status(entry: Entry) -> str:
    return "adjusted" if entry.decision else "refused" if entry.refusal else "reported"


def _text(entry: Entry) -> str:
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


def _submissions(results: Results) -> Iterator[Row]:
    by_file: dict[str, list[Finding]] = {}
    for finding in results.findings:
        by_file.setdefault(finding.file, []).append(finding)
    for submission in results.submissions:
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
