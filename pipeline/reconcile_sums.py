"""A parent's figures beside those of its children: what surely differs, and what the missing ones may yet fill."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.figures import Matrix
from pipeline.obligations import Obligations
from pipeline.rollup import Rollup
from pipeline.submission import Submission
from schemas.form import LEVELS, NUMBER_TYPES, Cell, Form, Key
from schemas.text import Text
from schemas.tree import Unit

_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sums:
    """What one parent declares and what its children make, a column a cell.

    ``own`` is what it did itself: 0 where it is not asked for, NaN where it did not say. ``rest`` is what is left for
    the children, of whom ``figures`` has a row each. ``exceeded`` are the cells in which the children make more than
    that, ``short`` those in which all of them make less, ``open`` those in which children without a figure may make up
    what is missing.
    """

    submission: Submission
    cells: Sequence[Cell]
    children: tuple[Unit, ...]
    figures: Matrix
    declared: Matrix
    own: Matrix
    rest: Matrix
    built: Matrix
    exceeded: _Flags
    short: _Flags
    open: _Flags

    @property
    def names(self) -> list[str]:
        """The children as they are named to people."""
        return [f"{child.code} ({child.short_name})" for child in self.children]

    def have(self, k: int) -> int:
        """How many children have a figure in a cell."""
        return int((~np.isnan(self.figures[:, k])).sum())

    def missing(self, k: int, owed: Obligations) -> list[Unit]:
        """The children who must send and have no figure in a cell."""
        lacking = np.flatnonzero(np.isnan(self.figures[:, k]))
        cell = self.cells[k]
        children = (self.children[i] for i in lacking)
        return [child for child in children if child.code in owed.owed and child.level in cell.levels]


def sums_of(rollup: Rollup, submissions: Sequence[Submission], owed: Obligations) -> Iterator[Sums]:
    """The sums of every parent that sent a return, children before their parent."""
    by_unit = {submission.unit: submission for submission in submissions}
    cells = [cell for key in rollup.value.keys if _is_compared(cell := rollup.cells[key])]
    for unit in owed.tree.depth_first():
        submission, children = by_unit.get(unit.code), owed.tree.children(unit.code)
        if submission is not None and children and cells:
            yield _sums(rollup, submission, children, owed, cells)


def _is_compared(cell: Cell) -> bool:
    return cell.rollup == "SUM" and cell.role == "input" and cell.children != "apart"


def _sums(
    rollup: Rollup, submission: Submission, children: tuple[Unit, ...], owed: Obligations, cells: Sequence[Cell]
) -> Sums:
    """One parent's. A gap below what it declares is certain only when every child that owes the cell has it.

    Who need not send does not stand in for one who must. Where a sender's package lacks the form (it was given no
    targets), its part of the parent's figure is not known, and no gap is certain.
    """
    value, i = rollup.value, rollup.value.row[submission.unit]
    at = [value.column[cell.key] for cell in cells]
    own = np.array([0.0 if cell.own is None else rollup.declared[i, value.column[cell.own]] for cell in cells])
    declared, built = rollup.declared[i, at], rollup.built[i, at]
    figures = value.values[np.ix_([value.row[child.code] for child in children], at)]
    must, lacking = _senders(children, figures, owed, cells)
    expected = rollup.expected[i, at]
    whole = np.array([cell.children != "part" for cell in cells])
    complete = whole & ~np.isnan(own) & (expected > 0) & (expected == must) & (rollup.with_data[i, at] == expected)
    rest = declared - np.nan_to_num(own)
    known = ~np.isnan(rest) & ~np.isnan(built)
    less = known & (built < rest)
    may_fill = less & whole & ~np.isnan(own) & lacking
    more, less = known & (built > rest), less & complete
    return Sums(submission, cells, children, figures, declared, own, rest, built, more, less, may_fill)


def _senders(
    children: Sequence[Unit], figures: Matrix, owed: Obligations, cells: Sequence[Cell]
) -> tuple[npt.NDArray[np.int64], _Flags]:
    """How many children must send each cell's level of figures, and whether one of them has none."""
    count, lacking = np.zeros(len(cells), dtype=np.int64), np.zeros(len(cells), dtype=np.bool_)
    for level in LEVELS:
        rows = [i for i, child in enumerate(children) if child.level == level and child.code in owed.owed]
        asked = np.array([level in cell.levels for cell in cells])
        count += len(rows) * asked
        lacking |= asked & np.isnan(figures[rows]).any(axis=0)
    return count, lacking


def label_of(form: Form, key: Key) -> Text:
    """The row, and the measure where the table has several."""
    table = next(table for table in form.tables if key in table.cells)
    row, measure = form.indicator(key.indicator).label, table.measure(key.measure).label
    if sum(one.type in NUMBER_TYPES and not one.compute and not one.issuer for one in table.measures) < 2:
        return row
    return Text(f"{row.vi} – {measure.vi.lower()}", f"{row.en} – {measure.en.lower()}")
