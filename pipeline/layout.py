"""Where a value stands in a package: used by whoever writes one and whoever reads one, so they cannot disagree.

A table begins with a hidden row (``#`` and the table's id in column A, each asked-for column its measure code) and
ends with ``#end``; below the head, column A holds the indicator codes. Codes, not positions, are the address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from schemas.form import Form, Heading, Indicator, Key, Table

INFO_SHEET = "THONG_TIN"
CHECK_SHEET = "KIEM_TRA"
FINDINGS_SHEET = "PHAT_HIEN"
META_SHEET = "_META"
INFO_CODES = ("nguoi_lap", "so_dt", "nguoi_ky", "ngay_chot")
END = "#end"

CODE_COLUMN, NUMBER_COLUMN, LABEL_COLUMN, UNIT_COLUMN, FIRST_MEASURE = range(5)
TITLE_ROWS = 6


@dataclass(frozen=True, slots=True)
class TablePlan:
    """Where one table of a form stands on its sheet; rows and columns count from 0."""

    table: Table
    code_row: int
    head_row: int
    rows: tuple[tuple[int, Indicator | Heading], ...]
    end_row: int
    columns: Mapping[str, int]
    previous_column: int

    @property
    def last_column(self) -> int:
        """The last column that holds anything."""
        return max(self.previous_column, *self.columns.values())


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """Where everything of one form stands."""

    form: Form
    tables: tuple[TablePlan, ...]
    places: Mapping[Key, tuple[int, int]]

    def address(self, key: Key) -> str:
        """The A1 address of a cell of this form."""
        return a1(*self.places[key])


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table as it stands in a returned sheet: its measure columns and the rows that carry a code."""

    id: str
    columns: tuple[tuple[str, int], ...]
    rows: tuple[tuple[str, int], ...]
    code_row: int
    ended: bool


def plan(form: Form) -> SheetPlan:
    """Where every cell of a form stands in the packages issued."""
    tables: list[TablePlan] = []
    places: dict[Key, tuple[int, int]] = {}
    top = TITLE_ROWS
    for table in form.tables:
        planned = _plan_table(table, top)
        tables.append(planned)
        for row, asked in planned.rows:
            if isinstance(asked, Indicator):
                for measure in asked.measures:
                    places[Key(form.id, asked.code, measure)] = (row, planned.columns[measure])
        top = planned.end_row + 2
    return SheetPlan(form, tuple(tables), MappingProxyType(places))


def _plan_table(table: Table, top: int) -> TablePlan:
    codes = [measure.code for measure in table.measures if measure.type != "text"]
    columns = {code: FIRST_MEASURE + i for i, code in enumerate(codes)}
    previous = FIRST_MEASURE + len(codes)
    notes = [measure.code for measure in table.measures if measure.type == "text"]
    columns |= {code: previous + 1 + i for i, code in enumerate(notes)}
    first = top + 2
    rows = tuple((first + i, row) for i, row in enumerate(table.rows))
    return TablePlan(table, top, top + 1, rows, first + len(rows), MappingProxyType(columns), previous)


def find_tables(rows: Sequence[Sequence[object]]) -> Iterator[FoundTable]:
    """The tables of a returned sheet, by the codes in its first column."""
    start: int | None = None
    for i, row in enumerate(rows):
        mark = row[0] if row else ""
        if not (isinstance(mark, str) and mark.startswith("#")):
            continue
        if start is not None:
            yield _found(rows, start, i, ended=mark.strip() == END)
        start = None if mark.strip() == END else i
    if start is not None:
        yield _found(rows, start, len(rows), ended=False)


def _found(rows: Sequence[Sequence[object]], start: int, stop: int, *, ended: bool) -> FoundTable:
    head = rows[start]
    columns = tuple((code.strip(), i) for i, code in enumerate(head) if i and isinstance(code, str) and code.strip())
    codes = tuple(
        (code.strip(), i)
        for i in range(start + 1, stop)
        if rows[i] and isinstance(code := rows[i][0], str) and code.strip()
    )
    return FoundTable(str(head[0]).strip()[1:], columns, codes, start, ended)


def a1(row: int, column: int) -> str:
    """The address Excel shows for a row and column that count from 0."""
    return f"{column_letters(column)}{row + 1}"


def column_letters(column: int) -> str:
    """The letters Excel shows for a column that counts from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
