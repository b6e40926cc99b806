"""Today's package of a unit with the figures that it sent, for one whose own file cannot go back to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO

from pipeline.contents import content_of
from pipeline.findings import Finding
from pipeline.numbers import read_text
from pipeline.package import plans_of, write_package
from pipeline.package_lines import ListRow, Value
from pipeline.results import Results
from pipeline.styles import beginning, printable
from pipeline.submission import Entry, Item, Submission
from pipeline.write_links import Place, place_of

Moved = Mapping[Place, Place]
"""Where the cells of the file that came stand in the new package."""


def new_package(results: Results, submission: Submission, findings: Iterable[Finding]) -> tuple[bytes, Moved]:
    """The package, nothing in it marked, and where the cells of the file that came stand in it.

    A formula that was typed over is one again, unless that is what a finding says.
    """
    unit = results.owed.tree.unit(submission.unit)
    blank = content_of(results.workspace, results.owed, unit, results.earlier, results.year_ago)
    lists = {form: _rows(submission.items.get(form, ()), rows) for form, rows in blank.lists.items()}
    filled = replace(blank, lists=lists, info=submission.info)
    plans = plans_of(filled.forms, filled.row_ids)
    keys = {at: key for plan in plans.values() for key in plan.places if (at := submission.place(key)) != ("", "")}
    doubted = {place_of(cell, one.sheet) for one in findings if one.severity != "info" for cell in one.cells}
    typed_over = {key for at, key in keys.items() if at in doubted}
    shown = {
        key: _shown(entry)
        for key, entry in submission.entries.items()
        if entry.raw != "" and (entry.own or entry.text or key in typed_over)
    }
    made = BytesIO()
    write_package(made, replace(filled, entries=shown))
    return made.getvalue(), {at: (key.form, plans[key.form].address(key)) for at, key in keys.items()}


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
            # The package's formulas show it too, and what they show cannot hold everything.
            return beginning(printable(read_text(entry.raw)))
    return _shown(entry)


def _shown(entry: Entry) -> float | str:
    """What stood in the cell, number or text, as the unit typed it."""
    raw = entry.raw
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return beginning(printable(entry.text or str(raw)))
    return float(raw)


def placed(finding: Finding, moved: Moved) -> Finding:
    """A finding at the cells of the new package; cells that are not in it are left out."""
    there = [at for cell in finding.cells if (at := moved.get(place_of(cell, finding.sheet))) is not None]
    if not there:
        return replace(finding, cells=())
    params, sheet = finding.params, there[0][0]
    proposed = str(params.get("assign", "")).split("; ")
    if len(proposed) == len(there):
        figures = (one.rpartition("=")[2] for one in proposed)
        assigned = (f"{name}!{cell}={figure}" for (name, cell), figure in zip(there, figures, strict=True))
        params = {**params, "assign": "; ".join(assigned)}
    cells = tuple(cell if name == sheet else f"{name}!{cell}" for name, cell in there)
    return replace(finding, sheet=sheet, cells=cells, params=params)
