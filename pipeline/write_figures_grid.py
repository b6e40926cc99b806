"""One measure of one table for one set of units, and where each of its fields stands on the sheet.

Units are columns while they are few, rows beyond that; the same grid, turned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pipeline.layout import a1
from schemas.form import Cell, Form, Heading, Indicator, Key, Measure, Table
from schemas.tree import Unit

TOP = 6
NUMBER, LABEL, UNIT, TOTAL = range(4)
COVERAGE = "n/N"


class Line(NamedTuple):
    """A row of the table: its place among the lines of the sheet, and its number in the sheet's measure."""

    at: int
    row: Indicator | Heading
    cell: Cell | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one sheet shows.

    ``extras`` are the fields between the total and the units: codes of measures, or :data:`COVERAGE`.
    """

    name: str
    form: Form
    table: Table
    measure: Measure
    units: tuple[Unit, ...]
    turned: bool
    totalled: bool
    extras: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def title(self) -> str:
        """What the list of sheets calls it."""
        return f"{self.form.title.vi} – {self.measure.label.vi.lower()}"

    @property
    def first_extra(self) -> int:
        """The part in which the extras begin."""
        return TOTAL + (1 if self.totalled else 0)

    @property
    def first_unit(self) -> int:
        """The part in which the units begin."""
        return self.first_extra + len(self.extras)

    @property
    def end(self) -> int:
        """The part after the last unit."""
        return self.first_unit + len(self.units)

    def at(self, line: int, part: int) -> tuple[int, int]:
        """Row and column of a field of an indicator: ``line`` counts indicators, ``part`` fields then units."""
        return (TOP + 1 + part, line) if self.turned else (TOP + 1 + line, part)

    def units_range(self, line: int) -> str:
        """All the units' cells of one indicator."""
        return f"{a1(*self.at(line, self.first_unit))}:{a1(*self.at(line, self.end - 1))}"

    def line_of(self, key: Key) -> int | None:
        """The line that shows a number, if any does."""
        return next((line.at for line in self.lines if line.cell is not None and line.cell.key == key), None)


def lines_of(form: Form, table: Table, measure: Measure, *, turned: bool) -> tuple[Line, ...]:
    """The rows of a table; as columns, headings would only be empty, and the first two name the units."""
    rows = [row for row in table.rows if not (turned and isinstance(row, Heading))]
    return tuple(Line(at, row, _number(form, table, measure, row)) for at, row in enumerate(rows, 2 if turned else 0))


def _number(form: Form, table: Table, measure: Measure, row: Indicator | Heading) -> Cell | None:
    if isinstance(row, Heading):
        return None
    cell = table.cells.get(Key(form.id, row.code, measure.code))
    return cell if cell is not None and cell.is_number else None
