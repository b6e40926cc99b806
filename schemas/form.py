"""A form as data: tables, indicators, measures, and what each cell of it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

from schemas.edit import Edit, Linear, Quotient, Ref
from schemas.text import Text

Level = Literal["province", "upper", "grassroots"]
CellType = Literal["count", "money", "percent", "average", "text", "verdict", "key", "date", "choice", "flag"]
Role = Literal["input", "derived", "computed", "issuer", "verdict", "note", "column", "aggregate"]
Prefill = Literal["", "code", "name", "sector", "territory"]
Children = Literal["whole", "rest", "part", "apart"]

LEVELS: tuple[Level, ...] = ("province", "upper", "grassroots")
NUMBER_TYPES = frozenset({"count", "money", "percent", "average"})
LIST_TYPES = frozenset({"key", "date", "choice", "flag"})
YES, NO = "Có", "Không"
PREFILLS: tuple[Prefill, ...] = ("code", "name", "sector", "territory")
ROLLUPS = ("SUM", "PCT", "WAVG", "MAX", "CNT", "REG", "NONE", "TXT")
PERIOD_KINDS = ("quarter", "half-year", "year")


class Key(NamedTuple):
    """The address of one cell, whatever row and column it stands in.

    In a list table the indicator is the key of the row; it is empty for what a whole column makes.
    """

    form: str
    indicator: str
    measure: str


def key_of(ref: Ref) -> Key:
    """The cell that a ref names; of a list's column that of its totals."""
    return Key(ref.form, ref.indicator, ref.measure)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a column asks of every indicator, or of every row of a list.

    ``compute`` makes the column a percentage that the template works out, or for a verdict says what is held against
    which target; ``issuer`` is a column that the issuer fills; ``cumulative`` one that counts from 1 January, whose
    previous period is in the same year; ``estimate`` one that looks ahead to the year's end; ``link`` what an input
    comes filled with; ``own_of`` the measure of which this is the part that the unit did itself, the rest being its
    children's. ``levels`` are those who fill it; ``unit`` is that of every figure in the column, where the rows have
    none of their own.

    In a list, ``options`` are what a choice may be, ``prefill`` is what the register fills in, ``closes`` marks the
    date after which a row counts no more, and ``child`` is the cell in which the row's own unit reports the same.

    ``formerly`` are codes that it had before, ``since`` is the version that asked it first, empty for the first of all.
    """

    code: str
    label: Text
    type: CellType
    required: bool = True
    decimals: int = 0
    compute: str = ""
    issuer: bool = False
    cumulative: bool = False
    estimate: bool = False
    link: str = ""
    own_of: str = ""
    levels: frozenset[Level] = frozenset(LEVELS)
    options: tuple[Text, ...] = ()
    unit: str = ""
    prefill: Prefill = ""
    closes: bool = False
    child: str = ""
    formerly: tuple[str, ...] = ()
    since: str = ""


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
    fill it; ``weight`` is the indicator that weighs a WAVG; ``register`` the group of unions that a REG counts;
    ``periods`` the kinds of period that ask it, all where empty; ``source`` the report that prints such a figure;
    ``formerly`` are codes that it had before, ``since`` is the version that asked it first, empty for the first of all.
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
    periods: tuple[str, ...] = ()
    source: str = ""
    formerly: tuple[str, ...] = ()
    since: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a matrix table: what it holds, who fills it and how a parent's figure comes about.

    Of a list, a ``column`` is what each row holds, an ``aggregate`` what the column makes: the sum of its numbers, the
    count of its keys, the count of its Yes. ``link`` is what an input comes filled with; ``child`` the cell in which
    the unit of a list's row reports the same.

    ``children`` is what a parent's children make of its figure: the whole, the rest beside the part ``own`` that it did
    itself, at most a part, or something apart from it. With ``once`` a parent's figure is its own and its children's.
    """

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
    link: Linear | None = None
    children: Children = "whole"
    own: Key | None = None
    child: Key | None = None
    once: bool = False
    cumulative: bool = False
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


@dataclass(frozen=True)
class Table:
    """A part of a form: rows are indicators (and headings), columns are measures.

    A list has no rows of its own but ``room`` for so many; ``columns`` are the cells of each of them by measure, and
    ``cells`` what its columns make. ``once`` marks figures that only one level reports. ``formerly`` are ids that it
    had before, ``since`` is the version that had it first, empty for the first of all.
    """

    id: str
    title: Text
    kind: Literal["matrix", "list"]
    unit_note: Text
    measures: tuple[Measure, ...]
    rows: tuple[Indicator | Heading, ...]
    edits: tuple[Edit, ...]
    cells: Mapping[Key, Cell]
    columns: Mapping[str, Cell] = field(default_factory=dict)
    room: int = 0
    once: bool = False
    formerly: tuple[str, ...] = ()
    since: str = ""

    @property
    def key(self) -> str:
        """The column of a list that names its rows; empty for a matrix."""
        return next((measure.code for measure in self.measures if measure.type == "key"), "")

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """The rows that ask something, in their order."""
        return tuple(row for row in self.rows if isinstance(row, Indicator))

    @cached_property
    def grid(self) -> Mapping[str, Mapping[str, Cell]]:
        """The cells of a matrix by row and measure."""
        found: dict[str, dict[str, Cell]] = {row.code: {} for row in self.indicators}
        for key, cell in self.cells.items():
            if key.indicator in found:
                found[key.indicator][key.measure] = cell
        return found

    @cached_property
    def asked(self) -> Mapping[str, frozenset[str]]:
        """The codes of the rows that are asked, by the kind of period; for one of no kind those that all are asked."""
        return {
            kind: frozenset(row.code for row in self.indicators if not row.periods or kind in row.periods)
            for kind in ("", *PERIOD_KINDS)
        }

    def measure(self, code: str) -> Measure:
        """The measure of that code; :class:`KeyError` when there is none."""
        for measure in self.measures:
            if measure.code == code:
                return measure
        raise KeyError(code)

    @property
    def former_rows(self) -> dict[str, str]:
        """Today's code of each row that had another one."""
        return {old: row.code for row in self.indicators for old in row.formerly}

    @property
    def former_columns(self) -> dict[str, str]:
        """Today's code of each measure that had another one."""
        return {old: measure.code for measure in self.measures for old in measure.formerly}


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure that leadership sees first, and what it is called there."""

    key: Key
    label: Text


@dataclass(frozen=True, slots=True)
class Chart:
    """A breakdown that is drawn: its title, and the cells that make the whole."""

    title: Text
    parts: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A blank report, versioned; ``former_versions`` are those before this one, from the first of all.

    ``headlines`` are the figures of it that leadership sees first, ``charts`` the breakdowns that are drawn.
    """

    id: str
    version: str
    title: Text
    periods: tuple[str, ...]
    senders: tuple[Level, ...]
    needs_target: tuple[Level, ...]
    tables: tuple[Table, ...]
    former_versions: tuple[str, ...] = ()
    headlines: tuple[Headline, ...] = ()
    charts: tuple[Chart, ...] = ()

    @property
    def versions(self) -> tuple[str, ...]:
        """Every version that packages were issued in, this one last."""
        return (*self.former_versions, self.version)

    def asked(self, since: str, version: str) -> bool:
        """Whether one of its ``versions`` asked what is asked ``since`` another one."""
        return not since or self.versions.index(version) >= self.versions.index(since)

    def cells(self) -> Iterator[Cell]:
        """Every cell of every table."""
        for table in self.tables:
            yield from table.cells.values()

    @property
    def lists(self) -> tuple[Table, ...]:
        """Its list tables."""
        return tuple(table for table in self.tables if table.kind == "list")

    def indicator(self, code: str) -> Indicator:
        """The row of that code; :class:`KeyError` when there is none."""
        for table in self.tables:
            for row in table.indicators:
                if row.code == code:
                    return row
        raise KeyError(code)


@dataclass(frozen=True, slots=True)
class Forms:
    """All forms of a workspace, in the order of their ids; ``source`` is the hash of the files that they come from."""

    by_id: Mapping[str, Form]
    cells: Mapping[Key, Cell]
    source: str = ""

    def cell(self, key: Key) -> Cell | None:
        """The cell of that address, be it one in a row of a list; ``None`` when there is none."""
        found, form = self.cells.get(key), self.by_id.get(key.form)
        if found is not None or form is None:
            return found
        return next((table.columns[key.measure] for table in form.lists if key.measure in table.columns), None)

    def today(self, key: Key) -> Key:
        """The address that a cell has today, be it named by a former code; any other as it is."""
        form = self.by_id.get(key.form)
        if form is None or not form.former_versions or self.cell(key) is not None:
            return key
        for table in form.tables:
            row = table.former_rows.get(key.indicator, key.indicator)
            found = Key(key.form, row, table.former_columns.get(key.measure, key.measure))
            if found in table.cells or found.measure in table.columns:
                return found
        return key

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
