"""The figures of all units side by side: a matrix with a row a unit and a column a cell, missing where not reported."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from pipeline.entries import Layout
from pipeline.submission import Item, Submission
from schemas.edit import Linear, Ref
from schemas.form import Cell, Forms, Key, key_of
from schemas.order import in_order

Matrix = npt.NDArray[np.float64]

# What a return itself says; the other numbers are known before it comes.
_OWN = frozenset({"cell", "sum", "count"})


@dataclass(frozen=True, slots=True)
class Figures:
    """``values[i, j]`` is the figure of ``units[i]`` in the cell ``keys[j]``; NaN is missing, never zero."""

    units: tuple[str, ...]
    keys: tuple[Key, ...]
    values: Matrix
    row: Mapping[str, int]
    column: Mapping[Key, int]

    def of(self, unit: str, key: Key) -> float | None:
        """One figure, or ``None`` when there is none."""
        i, j = self.row.get(unit), self.column.get(key)
        if i is None or j is None or np.isnan(self.values[i, j]):
            return None
        return float(self.values[i, j])

    def of_units(self, units: Sequence[str]) -> Figures:
        """Those of these units, in their order."""
        return _of(tuple(units), self.keys, self.values[[self.row[unit] for unit in units]])

    def take(self, some: Figures) -> None:
        """Put the figures of some of the units, which are of the same cells, into these."""
        self.values[[self.row[unit] for unit in some.units]] = some.values

    def with_values(self, values: Matrix) -> Figures:
        """The same units and cells with other figures."""
        return Figures(self.units, self.keys, values, self.row, self.column)


def empty(units: Sequence[str], keys: Sequence[Key]) -> Figures:
    """A matrix in which nothing is reported."""
    return _of(tuple(units), tuple(keys), np.full((len(units), len(keys)), np.nan))


def unfilled(units: Sequence[str], keys: Sequence[Key]) -> Figures:
    """A matrix that takes no memory before it is filled, row by row; until then it holds anything."""
    return _of(tuple(units), tuple(keys), np.empty((len(units), len(keys))))


def _of(units: tuple[str, ...], keys: tuple[Key, ...], values: Matrix) -> Figures:
    rows, columns = {unit: i for i, unit in enumerate(units)}, {key: j for j, key in enumerate(keys)}
    return Figures(units, keys, values, MappingProxyType(rows), MappingProxyType(columns))


def number_cells(forms: Forms) -> tuple[Cell, ...]:
    """The cells that hold a figure: reported, derived, or given by the issuer; a percentage worked out is none."""
    return tuple(cell for cell in forms.cells.values() if cell.is_number and cell.role != "computed")


def reported(submissions: Iterable[Submission], units: Sequence[str], cells: Iterable[Cell]) -> Figures:
    """What the submissions say in their input cells, and what the columns of their lists make; nothing is derived."""
    cells = tuple(cells)
    figures = empty(units, [cell.key for cell in cells])
    inputs = {cell.key: figures.column[cell.key] for cell in cells if cell.role == "input"}
    made = [cell for cell in cells if cell.role == "aggregate"]
    values, columns = figures.values, dict[Layout, tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]()
    for submission in submissions:
        i, entries = figures.row[submission.unit], submission.entries
        if entries.layout not in columns:
            columns[entries.layout] = _columns(entries.layout, inputs)
        places, filled = columns[entries.layout]
        numbers, _, odd = entries.content
        values[i, filled] = numbers[places]
        for entry in odd.values():
            if entry.value is not None and entry.key in inputs:
                values[i, inputs[entry.key]] = entry.value
        for cell in made:
            values[i, figures.column[cell.key]] = listed(submission.items.get(cell.key.form, ()), cell.key.measure)
    return figures


def _columns(layout: Layout, inputs: Mapping[Key, int]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The places in a layout of what is asked for, and the columns of it."""
    found = [(at, inputs[spot.key]) for at, spot in enumerate(layout.spots) if spot.key in inputs]
    places, columns = np.array(found, dtype=np.intp).reshape(-1, 2).T
    return places, columns


def listed(items: Iterable[Item], measure: str) -> float:
    """What the rows of a list that count make in a column: a sum, a count of keys, a count of Yes.

    NaN where no row counts or none has anything there.
    """
    found = [made for item in items if _counts(item) and (made := _made_by(item, measure)) is not None]
    return sum(found) if found else float("nan")


def _counts(item: Item) -> bool:
    return item.counted and not item.closed


def _made_by(item: Item, measure: str) -> float | None:
    """What one row adds in a column: its figure, a Yes as 1, and the key itself as the one that is counted."""
    entry = item.entries.get(measure)
    if entry is None or entry.refusal:
        return None
    return 1.0 if entry.value is None and entry.text == item.key else entry.value


def incomplete(submissions: Iterable[Submission], cells: Iterable[Cell]) -> Iterator[tuple[str, Key]]:
    """The units and columns of lists of which a row that counts makes nothing, or in which a row does not count."""
    made = [cell for cell in cells if cell.role == "aggregate"]
    for submission in submissions:
        for cell in made:
            items = submission.items.get(cell.key.form, ())
            blank = any(_made_by(item, cell.key.measure) is None for item in items if _counts(item))
            if blank or not all(item.counted for item in items):
                yield submission.unit, cell.key


def completed(
    figures: Figures,
    cells: Iterable[Cell],
    targets: Mapping[tuple[str, Key], float],
    withheld: Collection[tuple[str, Key]] = (),
    constants: Mapping[str, Mapping[Ref, float]] = MappingProxyType({}),
    unasked: Collection[tuple[str, Key]] = (),
) -> Figures:
    """The figures with targets put in, linked cells filled where blank, and derived totals worked out.

    ``withheld`` are cells in which something stands that is no figure: a linked one stays missing, and so does the
    total of one. A derived total, and a link to several cells, needs at least one of its parts; a blank part then
    counts as nothing. ``constants`` are each unit's earlier figures and register counts, all of which a link needs.
    ``unasked`` are linked cells that no one asks of a unit: nothing fills them.
    """
    values = figures.values.copy()
    for (unit, key), target in targets.items():
        if unit in figures.row and key in figures.column:
            values[figures.row[unit], figures.column[key]] = target
    held, left = _rows_by_key(figures, withheld), _rows_by_key(figures, unasked)
    for cell in in_order(cells):
        parts, j = cell.derived or cell.link, figures.column[cell.key]
        if parts is None or any(key_of(ref) not in figures.column for ref in parts.refs if ref.kind in _OWN):
            continue
        made = _made(figures.with_values(values), parts, constants)
        made[[i for ref in parts.refs if ref.kind in _OWN for i in held.get(key_of(ref), ())]] = np.nan
        if cell.derived is not None:
            values[:, j] = made
        else:
            blank = np.isnan(values[:, j])
            blank[[*held.get(cell.key, ()), *left.get(cell.key, ())]] = False
            values[blank, j] = made[blank]
    return figures.with_values(values)


def _rows_by_key(figures: Figures, cells: Iterable[tuple[str, Key]]) -> dict[Key, list[int]]:
    rows: dict[Key, list[int]] = {}
    for unit, key in cells:
        rows.setdefault(key, []).append(figures.row[unit])
    return rows


def _made(figures: Figures, parts: Linear, constants: Mapping[str, Mapping[Ref, float]]) -> npt.NDArray[np.float64]:
    """The weighted sum of cells and constants for every unit; missing where a constant is, or every cell."""
    own = tuple((weight, ref) for weight, ref in parts.terms if ref.kind == "cell")
    made = total(figures, Linear(own, parts.constant)) if own else np.full(len(figures.units), float(parts.constant))
    for weight, ref in parts.terms:
        if ref.kind in ("sum", "count"):
            made = made + float(weight) * figures.values[:, figures.column[key_of(ref)]]
        elif ref.kind != "cell":
            made = made + float(weight) * np.array([constants.get(u, {}).get(ref, np.nan) for u in figures.units])
    return made


def certain(
    figures: Figures,
    cells: Iterable[Cell],
    partial: Iterable[tuple[str, Key]] = (),
    typed: Figures | None = None,
) -> Figures:
    """The figures that edits may be held against: a total with a blank part is a lower bound only and left out.

    ``partial`` are the units and columns of lists of which the same is true. So it is of a link to any of these, but
    for the units that have a figure of their own there: ``typed`` are those figures, and without it all are.
    """
    values = figures.values.copy()
    for unit, key in partial:
        values[figures.row[unit], figures.column[key]] = np.nan
    for cell in in_order(cells):
        source, j = cell.derived or cell.link, figures.column[cell.key]
        refs = [key_of(ref) for ref in source.refs if ref.kind in _OWN] if source else []
        lacking = np.isnan(values[:, [figures.column[key] for key in refs]]).any(axis=1)
        if cell.derived is None:
            lacking &= np.isnan(typed.values[:, j]) if typed is not None else np.bool_(False)
        values[lacking, j] = np.nan
    return figures.with_values(values)


def total(figures: Figures, parts: Linear) -> npt.NDArray[np.float64]:
    """A weighted sum for every unit; missing where all its parts are."""
    if not parts.refs:
        return np.full(len(figures.units), float(parts.constant))
    columns = [figures.column[Key(ref.form, ref.indicator, ref.measure)] for ref in parts.refs]
    taken = figures.values[:, columns]
    weights = np.array([float(weight) for weight, _ in parts.terms])
    # Term by term: in a product of matrices the last bit of a unit's total may hang on the units beside it.
    summed = np.zeros(len(taken))
    for weight, column in zip(weights, np.nan_to_num(taken).T, strict=True):
        summed += weight * column
    return np.asarray(np.where(np.isnan(taken).all(axis=1), np.nan, summed + float(parts.constant)))
