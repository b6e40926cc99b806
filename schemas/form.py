"""A form as data: tables, indicators, measures, and what each cell of it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from schemas.edit import Edit, Linear, Quotient
from schemas.text import Text

Level = Literal["province", "upper", "grassroots"]
CellType = Literal["count", "money", "percent", "average", "text", "verdict"]
Role = Literal["input", "derived", "computed", "issuer", "verdict", "note"]

LEVELS: tuple[Level, ...] = ("province", "upper", "grassroots")
NUMBER_TYPES = frozenset({"count", "money", "percent", "average"})
ROLLUPS = ("SUM", "PCT", "WAVG", "MAX", "CNT", "REG", "NONE", "TXT")
PERIOD_KINDS = ("quarter", "half-year", "year")


class Key(NamedTuple):
    """The address of one cell of a matrix table, whatever row and column it stands in."""

    form: str
    indicator: str
    measure: str


@dataclass(frozen=True, slots=True)
class Measure:
    """What a column asks of every indicator.

    ``compute`` makes the column a percentage that the template works out, or for a verdict says what is held against
    which target; ``issuer`` is a column that the issuer fills; ``cumulative`` one that counts from 1 January, whose
    previous period is in the same year.
    """

    code: str
    label: Text
    type: CellType
    required: bool = True
    decimals: int = 0
    compute: str = ""
    issuer: bool = False
    cumulative: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A row that only groups the rows below it."""

    no: str
    label: Text
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Indicator:
    """What a row asks.

    ``measures`` are the codes that apply; ``type`` overrides the measures' own type; ``levels`` are those who
    fill it; ``weight`` is the indicator that weighs a WAVG; ``register`` the group of unions that a REG counts.
    """

    code: str
    no: str
    label: Text
    unit: str
    measures: frozenset[str]
    rollup: str
    levels: frozenset[Level]
    indent: int = 0
    type: CellType | None = None
    required: bool = True
    weight: str = ""
    register: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a matrix table: what it holds, who fills it and how a parent's figure comes about."""

    key: Key
    table: str
    type: CellType
    role: Role
    rollup: str
    levels: frozenset[Level]
    required: bool
    unit: str
    decimals: int
    derived: Linear | None = None
    ratio: Quotient | None = None
    link: Key | None = None
    weight: Key | None = None
    register: str = ""

    @property
    def judges(self) -> tuple[Key, Key] | None:
        """For a verdict: the cell of the actual figure and that of its target."""
        if self.role != "verdict" or self.ratio is None:
            return None
        actual, target = self.ratio.numerator.refs[0], self.ratio.denominator.refs[0]
        return Key(actual.form, actual.indicator, actual.measure), Key(target.form, target.indicator, target.measure)

    @property
    def is_number(self) -> bool:
        """Whether the cell holds a number, reported or worked out."""
        return self.type in NUMBER_TYPES

    @property
    def is_observed(self) -> bool:
        """Whether what a unit writes here is a figure or text of its own."""
        return self.role in ("input", "note")


@dataclass(frozen=True, slots=True)
class Table:
    """A part of a form: rows are indicators (and headings), columns are measures."""

    id: str
    title: Text
    kind: Literal["matrix", "list"]
    unit_note: Text
    measures: tuple[Measure, ...]
    rows: tuple[Indicator | Heading, ...]
    edits: tuple[Edit, ...]
    cells: Mapping[Key, Cell]

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """The rows that ask something, in their order."""
        return tuple(row for row in self.rows if isinstance(row, Indicator))

    def measure(self, code: str) -> Measure:
        """The measure of that code; :class:`KeyError` when there is none."""
        for measure in self.measures:
            if measure.code == code:
                return measure
        raise KeyError(code)


@dataclass(frozen=True, slots=True)
class Form:
    """A blank report, versioned."""

    id: str
    version: str
    title: Text
    periods: tuple[str, ...]
    senders: tuple[Level, ...]
    needs_target: tuple[Level, ...]
    tables: tuple[Table, ...]

    def cells(self) -> Iterator[Cell]:
        """Every cell of every table."""
        for table in self.tables:
            yield from table.cells.values()

    def indicator(self, code: str) -> Indicator:
        """The row of that code; :class:`KeyError` when there is none."""
        for table in self.tables:
            for row in table.indicators:
                if row.code == code:
                    return row
        raise KeyError(code)


@dataclass(frozen=True, slots=True)
class Forms:
    """All forms of a workspace, in the order of their ids."""

    by_id: Mapping[str, Form]
    cells: Mapping[Key, Cell]

    def __iter__(self) -> Iterator[Form]:
        return iter(self.by_id.values())

    def owed(self, period_kind: str, level: str, *, has_target: bool) -> tuple[Form, ...]:
        """The forms that a unit of ``level`` owes for a period of that kind, were it among the senders."""
        return tuple(
            form
            for form in self
            if period_kind in form.periods
            and level in (*form.senders, "province")
            and (has_target or level not in form.needs_target)
        )
