"""A workbook's sheets as rows of plain values, whichever format it came in: the same cells give the same values.

Numbers are floats, days dates, blanks empty texts. Where the first reader fails a second one tries, within bounds.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from types import MappingProxyType
from typing import TypeVar
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, ZipError

from pipeline.layout import META_SHEET, UNREAD_SHEETS
from pipeline.numbers import ERROR, Unread

Rows = Sequence[Sequence[object]]
_T = TypeVar("_T")

# The second reader is fifty times slower and looks at every part.
_SECOND_MOST = 32 * 1024 * 1024
_FAULTS = (CalamineError, ZipError, OSError, ValueError)


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

    Of a workbook that is no package the sheets are not read, and of none those that hold no figures.
    """

    sheets: Mapping[str, Sheet]
    second: str = ""


def open_book(data: bytes, kind: str, errors: Mapping[str, Sequence[str]] = MappingProxyType({})) -> Book:
    """The workbook of that kind, as the guard let it pass; ``errors`` are its error cells. Raises
    :class:`UnreadableError`.

    Its sheets are read at once where it is a package: a fault in one of them is told now.
    """
    second = ""
    try:
        rows = _first(data, kind)
    except UnreadableError as fault:
        if kind not in ("xlsx", "xlsm"):
            raise
        second = str(fault) or "?"
        rows = _second(data, second)
    unread = {sheet: dict.fromkeys(cells, ERROR) for sheet, cells in errors.items()}
    return Book({name: Sheet(name, found, unread.get(name, {})) for name, found in rows.items()}, second)


def _first(data: bytes, kind: str) -> Mapping[str, Rows]:
    book = _guarded(lambda: CalamineWorkbook.from_filelike(io.BytesIO(data)))
    names = tuple(sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet)
    if META_SHEET not in names:
        return {}

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
    import openpyxl

    try:
        _bound(data)
        with warnings.catch_warnings():
            # What it thinks of the file is not for the screen of whoever consolidates.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
            rows = {sheet.title: _values(sheet.iter_rows()) for sheet in book.worksheets}
            book.close()
    except UnreadableError:
        raise
    # Whatever it stumbles over, the file stays unread; both readers have failed.
    except Exception as fault:
        raise UnreadableError(why) from fault
    return rows


def _bound(data: bytes) -> None:
    """Refuse what the second reader would inflate or expand too far; it never reads more than a part states."""
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            if sum(part.file_size for part in archive.infolist()) > _SECOND_MOST:
                raise UnreadableError("too large for the second reader")
            for part in archive.infolist():
                content = archive.open(part).read(part.file_size)
                if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
                    raise UnreadableError("entities")
    except (BadZipFile, OSError, RuntimeError, NotImplementedError) as fault:
        raise UnreadableError(str(fault)) from fault


def _values(lines: object) -> Rows:
    return [[_value(cell.value, cell.data_type) for cell in line] for line in lines]  # type: ignore[attr-defined]


def _value(value: object, kind: str) -> object:
    """A cell as the first reader gives it, which shows nothing where there is an error."""
    if value is None or kind == "e":
        return ""
    if isinstance(value, bool | date | time) and not isinstance(value, datetime):
        return value
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value
    return float(value) if isinstance(value, int) else value
