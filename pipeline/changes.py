"""The files that one unit sent for a period, in order of receipt, and what each changed against the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.figures import Figures, listed
from pipeline.findings import Finding
from pipeline.messages import number
from pipeline.results import Results
from pipeline.submission import Entry, Item, Submission
from schemas.form import Cell, Form, Key
from schemas.text import Text
from schemas.tree import Unit

_BLANK = Text("để trống", "blank")


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was read, as its columns admit it, and the figures that it makes, links and totals worked out."""

    read: Submission
    admitted: Submission
    figures: Figures


@dataclass(frozen=True, slots=True)
class Change:
    """A cell that another file says otherwise. ``place`` is where it stands there, or stood where its row is gone.

    ``delta`` is what it adds to the province's figure, which now is ``total``; both are missing where the cell is in no
    sum. ``held`` is the union above whose own figure counts, so that the province's did not move.
    """

    place: str
    label: Text
    old: Text
    new: Text
    delta: float | None = None
    total: float | None = None
    held: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """One file of the unit with its status; ``changes`` is ``None`` where there is nothing to hold it against."""

    submission: Submission
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...] | None


def versions(results: Results, unit: str, readable: Sequence[Sent]) -> tuple[Version, ...]:
    """The unit's files in order of receipt; those ``readable`` for this period are held against each other."""
    by_file = {sent.read.file: sent for sent in readable}
    own = [submission for submission in results.submissions if submission.unit == unit]
    found = []
    before: Sent | None = None
    for submission in sorted(own, key=lambda one: (one.received_at, one.file)):
        sent = by_file.get(submission.file)
        changes = None
        if sent is not None and submission.status != "quarantined":
            changes = tuple(_changes(results, unit, before, sent)) if before is not None else None
            before = sent
        about = tuple(finding for finding in results.findings if finding.file == submission.file)
        found.append(Version(submission, about, changes))
    return tuple(found)


def _changes(results: Results, unit: str, old: Sent, new: Sent) -> Iterator[Change]:
    forms = results.workspace.forms
    for key, cell in forms.cells.items():
        was, now = old.read.entries.get(key), new.read.entries.get(key)
        if cell.is_observed and _differ(was, now):
            before, after = (sent.figures.of(unit, key) or 0.0 for sent in (old, new))
            delta = after - before if cell.role == "input" and cell.is_number else None
            yield _change(results, unit, (old, new), (was, now), label_of(forms.by_id[key.form], key), key, delta)
    for form in forms:
        if form.lists:
            yield from _in_list(results, unit, form, old, new)


def _in_list(results: Results, unit: str, form: Form, old: Sent, new: Sent) -> Iterator[Change]:
    """Cell by cell of the rows that either file has; a row that counts no more takes its figures along."""
    before, after = (_rows(sent.read, form) for sent in (old, new))
    then, since = (_rows(sent.admitted, form) for sent in (old, new))
    for row in dict.fromkeys((*after, *before)):
        was, now = before.get(row), after.get(row)
        for table in form.lists:
            for measure in table.measures:
                pair = _entry(was, measure.code), _entry(now, measure.code)
                delta = _made(since.get(row), measure.code) - _made(then.get(row), measure.code)
                if not _differ(*pair) and not delta:
                    continue
                label = Text(f"{row} – {measure.label.vi}", f"{row} – {measure.label.en}")
                made = Key(form.id, "", measure.code)
                yield _change(results, unit, (old, new), pair, label, made, delta, row)


def _rows(submission: Submission, form: Form) -> dict[str, Item]:
    return {item.id: item for item in submission.items.get(form.id, ())}


def _entry(item: Item | None, measure: str) -> Entry | None:
    return item.entries.get(measure) if item is not None else None


def _made(item: Item | None, measure: str) -> float:
    return float(np.nan_to_num(listed((item,), measure))) if item is not None else 0.0


def _change(
    results: Results,
    unit: str,
    sent: tuple[Sent, Sent],
    entries: tuple[Entry | None, Entry | None],
    label: Text,
    key: Key,
    delta: float | None,
    row: str = "",
) -> Change:
    """``key`` is the cell, or what the column of a list makes; ``row`` then names the list's row."""
    at = key._replace(indicator=row) if row else key
    sheet, address = next((place for one in (sent[1], sent[0]) if (place := one.read.place(at))[0]), (key.form, ""))
    was, now = (_said(entry) for entry in entries)
    plain = Change(f"{sheet}!{address}".rstrip("!"), label, was, now)
    cell = results.owed.forms.cells.get(key)
    if delta is None or cell is None or not summed(results, unit, cell):
        return plain
    held = held_by(results, results.owed.tree.unit(unit), cell)
    total = results.rollup.value.of(results.owed.tree.province.code, key)
    return replace(plain, delta=0.0 if held else delta, total=total, held=held)


def summed(results: Results, code: str, cell: Cell) -> bool:
    """Whether a unit's figure goes into a sum above it."""
    unit = results.owed.tree.unit(code)
    packed = any(form.id == cell.key.form for form in results.owed.forms_of(unit))
    return packed and cell.rollup == "SUM" and unit.level in cell.levels and unit.level != "province"


def held_by(results: Results, unit: Unit, cell: Cell) -> str:
    """The nearest union above that has a figure of its own, in the place of its children's."""
    above = results.owed.tree.parent(unit.code)
    while above is not None and above.level != "province" and not cell.once:
        if not np.isnan(results.rollup.declared[results.rollup.at(above.code, cell.key)]):
            return above.code
        above = results.owed.tree.parent(above.code)
    return ""


def label_of(form: Form, key: Key) -> Text:
    """What a cell of a matrix is called: its row and its column."""
    table = next(table for table in form.tables if key in table.cells)
    row, measure = form.indicator(key.indicator).label, table.measure(key.measure).label
    return Text(f"{row.vi} – {measure.vi}", f"{row.en} – {measure.en}")


def _differ(old: Entry | None, new: Entry | None) -> bool:
    if old is None or new is None:
        return old is not new
    if old.value is not None and new.value is not None:
        return old.value != new.value
    return old.value != new.value or old.shown != new.shown


def _said(entry: Entry | None) -> Text:
    if entry is None:
        return _BLANK
    english = number(entry.value, "en") if entry.value is not None and not entry.text else entry.shown
    return Text(entry.shown, english)
