"""The figures of all units side by side: a matrix with a row a unit and a column a cell, missing where not reported."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from pipeline.submission import Submission
from schemas.edit import Linear
from schemas.form import Cell, Forms, Key

Matrix = npt.NDArray[np.float64]


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

    def with_values(self, values: Matrix) -> Figures:
        """The same units and cells with other figures."""
        return Figures(self.units, self.keys, values, self.row, self.column)


def empty(units: Sequence[str], keys: Sequence[Key]) -> Figures:
    """A matrix in which nothing is reported."""
    return Figures(
        tuple(units),
        tuple(keys),
        np.full((len(units), len(keys)), np.nan),
        MappingProxyType({unit: i for i, unit in enumerate(units)}),
        MappingProxyType({key: j for j, key in enumerate(keys)}),
    )


def number_cells(forms: Forms) -> tuple[Cell, ...]:
    """The cells that hold a figure: reported, derived, or given by the issuer; a percentage worked out is none."""
    return tuple(cell for cell in forms.cells.values() if cell.is_number and cell.role != "computed")


def reported(submissions: Iterable[Submission], units: Sequence[str], cells: Iterable[Cell]) -> Figures:
    """What the submissions say in their input cells; nothing is derived yet."""
    figures = empty(units, [cell.key for cell in cells])
    inputs = {cell.key for cell in cells if cell.role == "input"}
    values = figures.values
    for submission in submissions:
        i = figures.row[submission.unit]
        for key, entry in submission.entries.items():
            if entry.value is not None and key in inputs:
                values[i, figures.column[key]] = entry.value
    return figures


def completed(
    figures: Figures,
    cells: Iterable[Cell],
    targets: Mapping[tuple[str, Key], float],
    withheld: Collection[tuple[str, Key]] = (),
) -> Figures:
    """The figures with targets put in, linked cells filled where blank, and derived totals worked out.

    ``withheld`` are cells in which something stands that is no figure: a linked one stays missing, and so does the
    total of one. A derived total needs at least one of its parts; a blank part then counts as nothing.
    """
    values = figures.values.copy()
    for (unit, key), target in targets.items():
        if unit in figures.row and key in figures.column:
            values[figures.row[unit], figures.column[key]] = target
    cells = tuple(cells)
    for cell in cells:
        if cell.link in figures.column and cell.link is not None:
            j, source = figures.column[cell.key], figures.column[cell.link]
            blank = np.isnan(values[:, j])
            blank[[figures.row[unit] for unit, key in withheld if key == cell.key]] = False
            values[blank, j] = values[blank, source]
    for cell in cells:
        if cell.derived is not None:
            made = total(figures.with_values(values), cell.derived)
            parts = {Key(ref.form, ref.indicator, ref.measure) for ref in cell.derived.refs}
            made[[figures.row[unit] for unit, key in withheld if key in parts]] = np.nan
            values[:, figures.column[cell.key]] = made
    return figures.with_values(values)


def certain(figures: Figures, cells: Iterable[Cell]) -> Figures:
    """The figures that edits may be held against: a total with a blank part is a lower bound only and left out."""
    values = figures.values.copy()
    for cell in cells:
        if cell.derived is not None:
            parts = [figures.column[Key(ref.form, ref.indicator, ref.measure)] for ref in cell.derived.refs]
            values[np.isnan(figures.values[:, parts]).any(axis=1), figures.column[cell.key]] = np.nan
    return figures.with_values(values)


def total(figures: Figures, parts: Linear) -> npt.NDArray[np.float64]:
    """A weighted sum for every unit; missing where all its parts are."""
    columns = [figures.column[Key(ref.form, ref.indicator, ref.measure)] for ref in parts.refs]
    taken = figures.values[:, columns]
    weights = np.array([float(weight) for weight, _ in parts.terms])
    summed = np.nan_to_num(taken) @ weights + float(parts.constant)
    return np.asarray(np.where(np.isnan(taken).all(axis=1), np.nan, summed))
