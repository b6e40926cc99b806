"""A workbook's sheets as rows of plain values, whichever format it came in: the same cells give the same values.

Numbers are floats, days dates, blanks empty texts. Where the first reader fails a second one tries, within bounds.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TypeVar

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, ZipError

from pipeline.guard_inspection import Inspection
from pipeline.layout import UNREAD_SHEETS
from pipeline.numbers import ERROR, Unread
from pipeline.read_quiet import quiet
from pipeline.read_slowly import SlowError, open_slowly

Rows = Sequence[Sequence[object]]
_T = TypeVar("_T")

_SECOND_MOST = 32 * 1024 * 1024
# The last is of a number that is shown as a time and is none.
_FAULTS = (CalamineError, ZipError, OSError, ValueError, OverflowError)


class UnreadableError(Exception):
    """No reader opens the workbook."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The values of a sheet, row by row, and what values alone do not tell, by address.

    ``unread`` is what stands in cells whose value cannot be taken; the reader shows them as blank, or as if they could.
    ``percents`` are cells that show a hundred times their value.
    """

    name: str
    rows: Rows
    unread: Mapping[str, Unread] = field(default_factory=dict)
    percents: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Book:
    """The sheets of a workbook by name, hidden ones too, in their order; ``second`` is why another reader read it.

    Those that hold no figures of a unit are not read, if they bear their names.
    """

    sheets: Mapping[str, Sheet]
    second: str = ""


def open_book(data: bytes, looked: Inspection) -> Book:
    """The workbook in a file that the guard let pass. Raises :class:`UnreadableError`.

    Its sheets are read at once: a fault in one of them is told now.
    """
    second = ""
    try:
        with quiet(looked.kind):
            rows = _first(looked.clean or data, looked.kind)
    except UnreadableError as fault:
        if looked.kind not in ("xlsx", "xlsm"):
            raise
        second = str(fault) or "?"
        rows = _second(data, second)
    unread = {sheet: dict.fromkeys(cells, ERROR) for sheet, cells in looked.errors.items()}
    return Book({name: Sheet(name, found, unread.get(name, {})) for name, found in rows.items()}, second)


def _first(data: bytes, kind: str) -> Mapping[str, Rows]:
    book = _guarded(lambda: CalamineWorkbook.from_filelike(io.BytesIO(data)))
    names = tuple(sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet)

    def read(name: str) -> Rows:
        rows: Rows = _guarded(lambda: book.get_sheet_by_name(name).to_python(skip_empty_area=False))
        return rows if kind in ("xlsx", "xlsm") else _plain(rows)

    return {name: read(name) for name in names if name not in UNREAD_SHEETS}


def _guarded(read: Callable[[], _T]) -> _T:
    """What the reader gives; its faults, and its panics, which no ``except Exception`` sees, are one fault here."""
    try:
        return read()
    except _FAULTS as fault:
        raise UnreadableError(str(fault)) from fault
    except BaseException as fault:
        if type(fault).__name__ != "PanicException":
            raise
        raise UnreadableError(str(fault)) from fault


def _plain(rows: Rows) -> Rows:
    """Old formats keep whole numbers apart from others; here they are one."""
    if any(type(value) is int for row in rows for value in row):
        return [[float(value) if type(value) is int else value for value in row] for row in rows]
    return rows


def _second(data: bytes, why: str) -> Mapping[str, Rows]:
    try:
        book = open_slowly(data, _SECOND_MOST, data_only=True)
        rows = {sheet.title: _values(sheet.iter_rows()) for sheet in book.worksheets}
    except SlowError as fault:
        raise UnreadableError(why) from fault
    book.close()
    return rows


def _values(lines: object) -> Rows:
    return [[_value(cell.value, cell.data_type) for cell in line] for line in lines]  # type: ignore[attr-defined]


def _value(value: object, kind: str) -> object:
    """A cell as the first reader gives it; an error is told here, for the second reader may be the first to see it."""
    if value is None:
        return ""
    if kind == "e":
        return ERROR
    if isinstance(value, bool | date | time) and not isinstance(value, datetime):
        return value
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value
    return float(value) if isinstance(value, int) else value
