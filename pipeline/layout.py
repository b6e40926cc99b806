"""Where a value stands in a package: used by whoever writes one and whoever reads one, so they cannot disagree.

A table begins with a hidden row (``#`` and the table's id in column A, each asked-for column its measure code) and
ends with ``#end``; below the head, column A holds the indicator codes. Codes, not positions, are the address.
The lines of a list have nothing in column A; what is no line of it, its head and its totals, has a code there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType

from schemas.form import Form, Heading, Indicator, Key, Table

INFO_SHEET = "THONG_TIN"
CHECK_SHEET = "KIEM_TRA"
FINDINGS_SHEET = "PHAT_HIEN"
SOURCES_SHEET = "NGUON"
OPTIONS_SHEET = "_DM"
META_SHEET = "_META"
UNREAD_SHEETS = frozenset({CHECK_SHEET, FINDINGS_SHEET, SOURCES_SHEET, OPTIONS_SHEET})
"""Sheets that the program writes for people, in which no figure of a unit stands."""

CUT_OFF_CODE = "ngay_chot"
INFO_CODES = ("nguoi_lap", "so_dt", "nguoi_ky", CUT_OFF_CODE)
END = "#end"
# What stands in column A of a list beside its head, its visible totals and those that checks may be held against.
HEAD_CODE, TOTAL_CODE, CERTAIN_CODE = "tieu_de", "tong_cong", "doi_chieu"

CODE_COLUMN, NUMBER_COLUMN, LABEL_COLUMN, UNIT_COLUMN, FIRST_MEASURE = range(5)
TITLE_ROWS = 6


@dataclass(frozen=True, slots=True)
class TablePlan:
    """Where one matrix of a form stands on its sheet; rows and columns count from 0.

    ``title_row`` is there where a form has several tables. ``last_column`` is the sheet's last: all tables of a form
    end with it, so a note is as wide as the narrower of them leave it room.
    """

    table: Table
    title_row: int | None
    code_row: int
    head_row: int
    rows: tuple[tuple[int, Indicator | Heading], ...]
    end_row: int
    columns: Mapping[str, int]
    previous_column: int
    last_column: int

    @property
    def check_column(self) -> int:
        """Where a row says what is wrong with it: behind all that is printed."""
        return self.last_column + 1


@dataclass(frozen=True, slots=True)
class ListPlan:
    """Where one list of a form stands: a line for each of its rows, by their ids, then lines with an empty id.

    Two hidden columns stand behind the check of each line: its key once it is filled, and whether it counts.
    """

    table: Table
    title_row: int | None
    code_row: int
    head_row: int
    lines: tuple[tuple[int, str], ...]
    total_row: int
    certain_row: int
    end_row: int
    columns: Mapping[str, int]
    check_column: int
    key_column: int
    counted_column: int

    @property
    def last_column(self) -> int:
        """The last column that is printed."""
        return max(self.columns.values())


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """Where everything of one form stands; what a column of a list makes stands in its totals."""

    form: Form
    tables: tuple[TablePlan, ...]
    lists: tuple[ListPlan, ...]
    places: Mapping[Key, tuple[int, int]]

    @property
    def parts(self) -> tuple[TablePlan | ListPlan, ...]:
        """Every table, from the top."""
        return tuple(sorted((*self.tables, *self.lists), key=lambda part: part.code_row))

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
    end_row: int
    ended: bool


def plan(form: Form, rows: Mapping[str, Sequence[str]] = MappingProxyType({})) -> SheetPlan:
    """Where every cell of a form stands in a package; ``rows`` are the ids of the rows of each list, by form."""
    tables: list[TablePlan] = []
    lists: list[ListPlan] = []
    top, titled = TITLE_ROWS, len(form.tables) > 1
    matrices = [table for table in form.tables if table.kind == "matrix"]
    last = max((_previous_column(table) + len(_notes(table)) for table in matrices), default=0)
    for table in form.tables:
        part: TablePlan | ListPlan
        if table.kind == "list":
            part = _plan_list(table, top, titled, rows.get(form.id, ()))
            lists.append(part)
        else:
            part = _plan_table(table, top, titled, last)
            tables.append(part)
        top = part.end_row + 2
    places = dict(_places(form, tables, lists))
    return SheetPlan(form, tuple(tables), tuple(lists), MappingProxyType(places))


def _places(
    form: Form, tables: Sequence[TablePlan], lists: Sequence[ListPlan]
) -> Iterator[tuple[Key, tuple[int, int]]]:
    for table in tables:
        for row, asked in table.rows:
            if isinstance(asked, Indicator):
                for measure in asked.measures:
                    yield Key(form.id, asked.code, measure), (row, table.columns[measure])
    for one in lists:
        for row, name in (*((row, name) for row, name in one.lines if name), (one.total_row, "")):
            for measure, column in one.columns.items():
                yield Key(form.id, name, measure), (row, column)


def _plan_table(table: Table, top: int, titled: bool, last: int) -> TablePlan:
    codes = [measure.code for measure in table.measures if measure.type != "text"]
    columns = {code: FIRST_MEASURE + i for i, code in enumerate(codes)}
    previous = _previous_column(table)
    columns |= {code: previous + 1 + i for i, code in enumerate(_notes(table))}
    head = top + titled + 1
    rows = tuple((head + 1 + i, row) for i, row in enumerate(table.rows))
    end = head + 1 + len(rows)
    title = top if titled else None
    return TablePlan(table, title, head - 1, head, rows, end, MappingProxyType(columns), previous, last)


def _previous_column(table: Table) -> int:
    return FIRST_MEASURE + len(table.measures) - len(_notes(table))


def _notes(table: Table) -> list[str]:
    """What stands behind the figures."""
    return [measure.code for measure in table.measures if measure.type == "text"]


def _plan_list(table: Table, top: int, titled: bool, ids: Sequence[str]) -> ListPlan:
    columns = {measure.code: NUMBER_COLUMN + 1 + i for i, measure in enumerate(table.measures)}
    check = NUMBER_COLUMN + 1 + len(columns)
    head = top + titled + 1
    names = (*ids, *("" for _ in range(table.room)))
    lines = tuple((head + 1 + i, name) for i, name in enumerate(names))
    total = head + 1 + len(lines)
    title = top if titled else None
    return ListPlan(
        table,
        title,
        head - 1,
        head,
        lines,
        total,
        total + 1,
        total + 2,
        MappingProxyType(columns),
        check,
        check + 1,
        check + 2,
    )


def find_tables(rows: Sequence[Sequence[object]]) -> Iterator[FoundTable]:
    """The tables of a returned sheet, by the codes in its first column."""
    start: int | None = None
    for i, row in enumerate(rows):
        mark = row[0] if row else ""
        # Few rows bear a mark: its first letter is looked at before anything is called.
        if not mark or not isinstance(mark, str) or mark[0] != "#":
            continue
        if start is not None:
            yield table_at(rows, start, i, ended=mark.strip() == END)
        start = None if mark.strip() == END else i
    if start is not None:
        yield table_at(rows, start, len(rows), ended=False)


def table_at(rows: Sequence[Sequence[object]], start: int, stop: int, *, ended: bool) -> FoundTable:
    """The table whose measures' codes stand in the row ``start`` and whose rows end before ``stop``."""
    head = rows[start]
    columns = [(_as_written(code), i) for i, code in enumerate(head) if i and code and isinstance(code, str)]
    first = [(row[0] if row else "", i) for i, row in enumerate(rows[start + 1 : stop], start + 1)]
    codes = [(_as_written(code), i) for code, i in first if code and isinstance(code, str)]
    return FoundTable(str(head[0]).strip()[1:], _named(columns), _named(codes), start, stop, ended)


def _named(codes: Sequence[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(one for one in codes if one[0])


@lru_cache(maxsize=4096)
def _as_written(code: str) -> str:
    """A code as it stood in the package: LibreOffice takes ``_xa_`` in a text for the character of that number."""
    if code.isprintable():
        return code.strip()
    return re.sub(r"[\x00-\x0f]", lambda found: f"_x{ord(found[0]):x}_", code).strip()


def a1(row: int, column: int) -> str:
    """The address Excel shows for a row and column that count from 0."""
    return f"{column_letters(column)}{row + 1}"


def from_a1(address: str) -> tuple[int, int]:
    """Row and column, from 0, of an address as :func:`a1` gives it."""
    letters = address.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(address[len(letters) :]) - 1, column - 1


@cache
def column_letters(column: int) -> str:
    """The letters Excel shows for a column that counts from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
