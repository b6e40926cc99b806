"""One measure of one form for one set of units, and where each of its fields stands on the sheet.

Units are columns while they are few, rows beyond that; the same grid, turned. The form's tables follow one another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.layout import a1
from schemas.form import Cell, Form, Heading, Indicator, Key, Measure, Table
from schemas.tree import Unit

TOP = 6
NUMBER, LABEL, UNIT, TOTAL = range(4)
# Where units are rows: the columns of their codes, names, the unions above them, their sectors, and the first figure.
CODE_COLUMN, NAME_COLUMN, PARENT_COLUMN, SECTOR_COLUMN, FIRST_LINE = range(5)
COVERAGE = "n/N"

Place = tuple[str, int, int]
"""A sheet's name, a row and a column from 0."""


class Line(NamedTuple):
    """A row of a table, or the table's title where there is no ``row``.

    ``at`` is its place among the lines of the sheet, ``cell`` its number in the sheet's measure.
    """

    at: int
    table: Table
    row: Indicator | Heading | None
    cell: Cell | None


class Group(NamedTuple):
    """A line that adds up units: those from the part ``first`` to ``last``, or of these the ones of a ``sector``."""

    part: int
    name: str
    code: str
    first: int
    last: int
    sector: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one sheet shows.

    ``beside`` are the measures that stand beside the total of each table, by its id; ``extras`` all fields between the
    total and the units: codes of measures, or :data:`COVERAGE`. ``groups`` are the lines that add up its units by the
    union above them and by sector. ``left_out`` is how many units a sheet of Excel had no room for.
    """

    name: str
    form: Form
    tables: tuple[Table, ...]
    measure: Measure
    units: tuple[Unit, ...]
    turned: bool
    totalled: bool
    beside: Mapping[str, tuple[str, ...]]
    extras: tuple[str, ...]
    lines: tuple[Line, ...]
    groups: tuple[Group, ...] = ()
    left_out: int = 0

    @property
    def title(self) -> str:
        """What the list of sheets calls it."""
        label = self.measure.label.vi
        return f"{self.form.title.vi} – {label[:1].lower()}{label[1:]}"

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
        """The part after the last unit or group."""
        return self.first_unit + len(self.units) + len(self.groups)

    def placed(self) -> Iterator[tuple[int, Unit]]:
        """Every unit with its part: the groups stand between them."""
        taken = {group.part for group in self.groups}
        free = (part for part in range(self.first_unit, self.end) if part not in taken)
        return zip(free, self.units, strict=True)

    def part_of(self, extra: str) -> int:
        """The part in which an extra stands."""
        return self.first_extra + self.extras.index(extra)

    def at(self, line: int, part: int) -> tuple[int, int]:
        """Row and column of a field of an indicator: ``line`` counts indicators, ``part`` fields then units."""
        return (TOP + 1 + part, line) if self.turned else (TOP + 1 + line, part)

    def units_range(self, line: int) -> str:
        """All the units' cells of one indicator, where no group stands among them."""
        return self.range_of(line, self.first_unit, self.first_unit + len(self.units) - 1)

    def range_of(self, line: int, first: int, last: int) -> str:
        """The cells of one indicator from one part to another."""
        return f"{a1(*self.at(line, first))}:{a1(*self.at(line, last))}"


def measures_of(tables: Sequence[Table]) -> list[Measure]:
    """The columns of numbers, each once: the one that most rows ask, the others that units fill, the issuer's."""
    cells = (cell for table in tables for cell in table.cells.values())
    rows = Counter(cell.key.measure for cell in cells if cell.is_number and cell.role != "computed")
    found: dict[str, Measure] = {}
    for measure in (measure for table in tables for measure in table.measures if rows[measure.code]):
        found.setdefault(measure.code, measure)
    filled = [measure for measure in found.values() if not measure.issuer]
    most = max(filled, key=lambda measure: rows[measure.code], default=None)
    return sorted(found.values(), key=lambda measure: (measure.issuer, measure is not most))


def matrices(form: Form) -> list[Table]:
    """The tables whose rows are indicators."""
    return [table for table in form.tables if table.kind == "matrix"]


def title_above(form: Form, table: Table) -> str:
    """The title above what a table asks, where the form has several tables."""
    return table.title.vi if len(form.tables) > 1 else ""


def beside(table: Table, measure: Measure) -> tuple[str, ...]:
    """The measures that stand beside the total of a table's first one: targets, percentages, verdicts."""
    if measures_of([table])[0].code != measure.code:
        return ()
    issued = [other.code for other in table.measures if other.issuer]
    computed = [other.code for other in table.measures if other.compute and other.type != "verdict"]
    verdicts = [other.code for other in table.measures if other.type == "verdict"]
    return (*issued, *computed, *verdicts)


def lines_of(form: Form, measure: Measure, *, turned: bool) -> tuple[Line, ...]:
    """What a form asks in a measure, each table below its title where there are several.

    As columns, titles and headings would only be empty, and the first ones name the units.
    """
    found: list[tuple[Table, Indicator | Heading | None, Cell | None]] = []
    for table in matrices(form):
        of_measure = (cell for cell in table.cells.values() if cell.key.measure == measure.code and cell.is_number)
        asked = {cell.key.indicator: cell for cell in of_measure}
        shown: list[Indicator | Heading | None] = list(_shown(table.rows, asked))
        if shown and title_above(form, table):
            shown.insert(0, None)
        found += [(table, row, asked[row.code] if isinstance(row, Indicator) else None) for row in shown]
    kept = [line for line in found if line[2] is not None] if turned else found
    return tuple(Line(at, *line) for at, line in enumerate(kept, FIRST_LINE if turned else 0))


def _shown(rows: Sequence[Indicator | Heading], asked: Container[str]) -> Iterator[Indicator | Heading]:
    """The rows that ask something, and the headings that stand over any of these."""
    for i, row in enumerate(rows):
        if row.code in asked if isinstance(row, Indicator) else _stands_over(row, rows[i + 1 :], asked):
            yield row


def _stands_over(heading: Heading, below: Sequence[Indicator | Heading], asked: Container[str]) -> bool:
    """Whether any of a heading's rows asks something: those down to its like, or to a row of a higher rank."""
    rank: int | None = None
    for row in below:
        if isinstance(row, Heading):
            if rank is not None and row.indent <= heading.indent:
                return False
            continue
        rank = row.indent if rank is None else rank
        if row.indent < rank:
            return False
        if row.code in asked:
            return True
    return False


def index_of(sheets: Iterable[Sheet]) -> dict[Key, tuple[Sheet, Line]]:
    """The sheet and line of every figure that has a total; all sheets with totals have the same units."""
    return {
        line.cell.key: (sheet, line)
        for sheet in sheets
        if sheet.totalled
        for line in sheet.lines
        if line.cell is not None
    }
