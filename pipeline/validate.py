"""Columns: pandera, once on the wide frame of all units of a table and level, each failure led back to its cell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from pipeline.catalogue import CATALOGUE, REFUSALS
from pipeline.entries import Entry, Layout
from pipeline.figures import Matrix, reported
from pipeline.findings import Finding, Param
from pipeline.found_at import at_entry, of_return
from pipeline.messages import number
from pipeline.numbers import Kind, Reading, read_number
from pipeline.submission import Submission
from schemas.columns import ABSENT, FIGURE, LARGEST, TOO_LARGE, column_schema
from schemas.form import Cell, Form, Forms, Key
from schemas.tree import Tree

if TYPE_CHECKING:
    import pandas as pd


_NOT_ASKED = "not-asked"
_Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Outside:
    """The places in layouts that are not asked, each worked out once: nearly all returns share theirs."""

    by_package: dict[tuple[Layout, tuple[str, ...]], _Places]
    by_level: dict[tuple[Layout, str], _Places]

    def of_package(self, layout: Layout, owed: tuple[Form, ...]) -> _Places:
        """The places of cells that are not in a package."""
        kind = (layout, tuple(dict.fromkeys(form.id for form in owed)))
        if kind not in self.by_package:
            own = {cell.key for form in owed for cell in form.cells()}
            self.by_package[kind] = _places(spot.key not in own for spot in layout.spots)
        return self.by_package[kind]

    def of_level(self, layout: Layout, level: str, forms: Forms) -> _Places:
        """The places of cells that the forms ask of other levels than this."""
        kind = (layout, level)
        if kind not in self.by_level:
            cells = (forms.cells.get(spot.key) for spot in layout.spots)
            self.by_level[kind] = _places(cell is not None and level not in cell.levels for cell in cells)
        return self.by_level[kind]


def _places(outside: Iterable[bool]) -> _Places:
    return np.flatnonzero(np.fromiter(outside, dtype=np.bool_))


def validate(
    submissions: Sequence[Submission], forms: Forms, tree: Tree, owed: Mapping[str, tuple[Form, ...]]
) -> tuple[list[Submission], list[Finding]]:
    """The submissions with every figure refused that its column does not admit, and what was found.

    ``owed`` are the forms in each unit's package: a unit can lack a figure only of a form that it has, and what it
    writes into a cell that is not asked of it is not counted.
    """
    findings: list[Finding] = []
    outside = _Outside({}, {})
    submissions = [_only_asked(one, owed.get(one.unit, ()), outside, findings) for one in submissions]
    by_unit = {submission.unit: submission for submission in submissions}
    unfit = {unit: _unasked(one, forms, tree, outside) for unit, one in by_unit.items()}
    absent: dict[tuple[str, str], list[Key]] = {}
    for unit, key, check in _cases(by_unit, forms, tree, owed):
        if check != ABSENT:
            unfit[unit].setdefault(key, check)
        elif key not in by_unit[unit].entries:
            absent.setdefault((unit, key.form), []).append(key)
    kept = []
    for submission in submissions:
        wrong = unfit[submission.unit]
        others = dict[Key, Entry]()
        for key, check in wrong.items():
            others[key], finding = refused(forms.cells[key], submission.entries[key], check)
            findings.append(replace(finding, unit=submission.unit, period=submission.period, file=submission.file))
        kept.append(replace(submission, entries=submission.entries.changed(others)) if wrong else submission)
    order = {key: i for i, key in enumerate(forms.cells)}
    for (unit, form_id), keys in absent.items():
        findings += missing(by_unit[unit], form_id, sorted(keys, key=order.__getitem__))
    return kept, findings


def _only_asked(submission: Submission, owed: tuple[Form, ...], known: _Outside, findings: list[Finding]) -> Submission:
    """The submission without what is not in the unit's package, nor what was found there when the file was read.

    A form is named once, with its cells; of a form that is in the package each figure in a row not asked this period.
    """
    forms = dict.fromkeys(form.id for form in owed)
    lists = {form.id for form in owed if form.lists}
    outside = submission.entries.keys_at(known.of_package(submission.entries.layout, owed))
    filled = [entry for key in outside if (entry := submission.entries[key]).own]
    for form, items in submission.items.items():
        filled += [entry for item in items if form not in lists for entry in item.entries.values()]
    for form in dict.fromkeys(entry.key.form for entry in filled):
        entries = [entry for entry in filled if entry.key.form == form]
        findings += _not_asked_rows(submission, entries) if form in forms else [_not_asked_form(submission, entries)]
    about = tuple(finding for finding in submission.findings if not _elsewhere(finding, submission, forms))
    return replace(
        submission,
        entries=submission.entries.changed({}, outside) if outside else submission.entries,
        items={form: items for form, items in submission.items.items() if form in lists},
        findings=about,
    )


def _elsewhere(finding: Finding, submission: Submission, forms: Collection[str]) -> bool:
    """Whether a finding is about a form that is not in the unit's package."""
    of_no_form = not finding.form or (finding.id == "code-unknown" and finding.form not in submission.tables)
    return not of_no_form and finding.form not in forms


def _not_asked_rows(submission: Submission, entries: Iterable[Entry]) -> Iterator[Finding]:
    return (of_return(at_entry(_NOT_ASKED, entry, value=entry.shown), submission) for entry in entries)


def _not_asked_form(submission: Submission, entries: Sequence[Entry]) -> Finding:
    sheet = entries[0].sheet
    return Finding(
        "form-not-asked",
        CATALOGUE["form-not-asked"].severity,
        unit=submission.unit,
        period=submission.period,
        form=entries[0].key.form,
        file=submission.file,
        sheet=sheet,
        cells=tuple(entry.cell for entry in entries if entry.sheet == sheet),
        params={"count": len(entries)},
    )


def _unasked(submission: Submission, forms: Forms, tree: Tree, known: _Outside) -> dict[Key, str]:
    """Figures in cells of another level."""
    entries, level = submission.entries, tree.unit(submission.unit).level
    found = [entries[key] for key in entries.keys_at(known.of_level(entries.layout, level, forms))]
    return {entry.key: _NOT_ASKED for entry in found if entry.own and entry.value is not None}


def _cases(
    by_unit: Mapping[str, Submission], forms: Forms, tree: Tree, owed: Mapping[str, tuple[Form, ...]]
) -> Iterator[tuple[str, Key, str]]:
    """The failure cases of all units as unit, cell and check."""
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for unit in by_unit:
        packed = tuple(form.id for form in owed.get(unit, ()))
        alike.setdefault((tree.unit(unit).level, packed), []).append(unit)
    asked = []
    for (level, packed), units in alike.items():
        here = (cell for name in packed for cell in forms.by_id[name].cells())
        cells = [cell for cell in here if cell.role == "input" and cell.is_number and level in cell.levels]
        asked.append(Asked(units, cells, reported([by_unit[unit] for unit in units], units, cells).values))
    for at, i, j, check in failures(asked):
        yield asked[at].rows[i], asked[at].cells[j].key, check


@dataclass(frozen=True, slots=True)
class Asked:
    """The figures of some rows (units, or rows of a list) in the cells asked of them; NaN where there is none."""

    rows: Sequence[str]
    cells: Sequence[Cell]
    values: Matrix


def failures(asked: Sequence[Asked]) -> Iterator[tuple[int, int, int, str]]:
    """Each failure case as its place in ``asked``, its row, its column and its check.

    All figures of a kind are validated at once, as one tall column.
    """
    kinds: dict[tuple[str, bool], list[tuple[int, list[int]]]] = {}
    for at, some in enumerate(asked):
        own: dict[tuple[str, bool], list[int]] = {}
        for j, cell in enumerate(some.cells):
            own.setdefault((cell.type, cell.required and cell.link is None), []).append(j)
        for kind, columns in own.items():
            kinds.setdefault(kind, []).append((at, columns))
    for (kind_, required), blocks in kinds.items():
        flat = [asked[at].values[:, columns].ravel() for at, columns in blocks]
        starts = np.cumsum([0, *(len(block) for block in flat)])
        for where, check in _failed(kind_, np.concatenate(flat), required=required):
            block = int(np.searchsorted(starts, where, side="right")) - 1
            at, columns = blocks[block]
            i, j = divmod(where - int(starts[block]), len(columns))
            yield at, i, columns[j], check


def _failed(kind: str, figures: npt.NDArray[np.float64], *, required: bool) -> list[tuple[int, str]]:
    """The places in the column at which a check fails, and which."""
    import pandas as pd
    from pandera.errors import SchemaErrors

    try:
        column_schema(kind, required=required).validate(pd.DataFrame({FIGURE: figures}), lazy=True)
    except SchemaErrors as failed:
        cases = cast("pd.DataFrame", failed.failure_cases)
        return [(int(where), str(check)) for where, check in zip(cases["index"], cases["check"], strict=True)]
    return []


def refused(cell: Cell, entry: Entry, check: str) -> tuple[Entry, Finding]:
    """The entry without its figure, and why: in the words for how such a figure comes about."""
    assert entry.value is not None
    reading = Reading() if check == _NOT_ASKED else read_number(entry.value, cast(Kind, cell.type))
    reason = REFUSALS.get(reading.refusal, reading.refusal) or check
    shown = entry.text or number(entry.value)
    params: dict[str, Param] = {"guess": " / ".join(number(guess) for guess in reading.guesses)}
    expected = str(params["guess"])
    if check == TOO_LARGE and not reading.refusal:
        expected = number(LARGEST[cell.type])
    finding = at_entry(reason, entry, value=shown, expected=expected, params=params)
    return entry._replace(value=None, text=shown, refusal=reason, guesses=reading.guesses), finding


def missing(submission: Submission, form: str, keys: Sequence[Key]) -> Iterator[Finding]:
    """One note for all the blanks of a form: a blank is no error, and no zero.

    What does not stand in the file is no blank: that its code is gone, or was not asked yet, was told when it was read.
    """
    places = [place for place in map(submission.place, keys) if place[1]]
    if not places:
        return
    yield Finding(
        "missing-value",
        CATALOGUE["missing-value"].severity,
        unit=submission.unit,
        period=submission.period,
        form=form,
        file=submission.file,
        sheet=places[0][0],
        cells=tuple(address for _, address in places),
        params={"count": len(places)},
    )
