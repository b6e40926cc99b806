"""How every workbook looks: Times New Roman on A4, colours with one meaning each."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import partial
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.findings import Severity
from pipeline.quick_sheet import QuickSheet
from pipeline.spilled import Spill

INPUT = "#FFF8DC"
COMPUTED = "#EAF1F8"
NOT_ASKED = "#D9D9D9"
DECIDED = "#9DC3E6"
HEAD = "#D6E4D2"
MARKS = {"hard": "#F8B4B4", "soft": "#FCE08A", "info": "#CFE2FF"}
NAMES: dict[Severity, str] = {"hard": "Phải sửa", "soft": "Xem lại", "info": "Ghi chú"}

MOST_CHARACTERS, _TALLEST = 32_767, 409.0
"""What Excel keeps of a text in a cell, in UTF-16 units, and its highest row, in points."""
_READ = 1_000
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_A4 = 9
_LONGEST_FOOTER = 160

Props = dict[str, Any]


class Styles:
    """Cell formats of one workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}
        self._tables: dict[tuple[tuple[str, Any], ...], Format] = {}

    def get(self, **properties: Any) -> Format:
        """A format with these xlsxwriter properties over the house's base."""
        full = {"font_name": "Times New Roman", "font_size": 12, "valign": "vcenter", **properties}
        key = tuple(sorted(full.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(full)
        return self._made[key]

    def table(self, **properties: Any) -> Format:
        """A cell of a table: thin borders, wrapped text."""
        asked = tuple(properties.items())
        found = self._tables.get(asked)
        if found is None:
            found = self._tables[asked] = self.get(**{"border": 1, "text_wrap": True, **properties})
        return found

    def head(self, **properties: Any) -> Format:
        """A head cell of a table."""
        return self.table(**{"bold": True, "align": "center", "bg_color": HEAD, **properties})


class _Sheet(QuickSheet):
    """A sheet that shows the beginning of a text that does not fit, and no row higher than Excel's highest."""

    longest = MOST_CHARACTERS

    def _write_string(self, row: int, col: int, string: str, cell_format: Format | None = None) -> Any:
        shown = beginning(string, self.longest) if len(string) > self.longest // 2 else string
        return super()._write_string(row, col, shown, cell_format)

    def _write_formula(self, row: int, col: int, formula: str, cell_format: Any = None, value: Any = 0) -> Any:
        shown = printable(value) if isinstance(value, str) else value
        return super()._write_formula(row, col, formula, cell_format, shown)

    def _write_url(
        self, row: int, col: int, url: Any, cell_format: Any = None, string: Any = None, tip: Any = None
    ) -> Any:
        return super()._write_url(row, col, url, cell_format, printable(string) if string else string, tip)

    def set_row(self, row: int, height: float | None = None, *more: Any, **others: Any) -> Any:
        return super().set_row(row, None if height is None else min(height, _TALLEST), *more, **others)


class _ShortSheet(_Sheet):
    """A sheet that people read: what is longer is read in the file that it came from."""

    longest = _READ


def printable(text: str) -> str:
    """A text without the characters that no XML can hold; only what stands in a cell has a way to write them."""
    return _NOT_XML.sub("", text)


def beginning(text: str, most: int = MOST_CHARACTERS) -> str:
    """A text, or so much of it with an ellipsis, in UTF-16 units: a character beyond the first plane counts twice."""
    if len(text) <= most // 2 or len(long := text.encode("utf-16-le", "surrogatepass")) <= 2 * most:
        return text
    return f"{long[: 2 * (most - 1)].decode('utf-16-le', 'ignore')}…"


def new_book(path: Any, *, created: date, title: str, brief: bool = False, large: bool = False) -> Workbook:
    """A workbook whose bytes depend on its content alone: a fixed date of creation, text never taken for formulas.

    In a ``brief`` one a cell shows at most 1,000 characters; else as many as Excel keeps. The sheets of a ``large`` one
    are put together in files and not in memory, as far as :meth:`pipeline.quick_sheet.QuickSheet.passed` lets them.
    """
    book = xlsxwriter.Workbook(
        path,
        {
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
            "in_memory": not large,
            "default_date_format": "dd/mm/yyyy",
        },
    )
    book.set_properties(
        {"title": title, "author": "tonghop", "created": datetime(created.year, created.month, created.day)}
    )
    kind = _ShortSheet if brief else _Sheet
    book.worksheet_class = partial(kind, Spill()) if large else kind
    book.set_calc_mode("auto")
    book.formats[0].set_font_name("Times New Roman")
    book.formats[0].set_font_size(12)
    return book


def print_setup(sheet: Worksheet, *, landscape: bool, footer: str, repeat: tuple[int, int] | None = None) -> None:
    """A4, one page wide, margins of official documents, page numbers; heads repeated."""
    sheet.set_paper(_A4)
    if landscape:
        sheet.set_landscape()
    sheet.set_margins(left=0.8, right=0.6, top=0.8, bottom=0.8)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(foot(footer))
    if repeat:
        sheet.repeat_rows(*repeat)


def foot(footer: str) -> str:
    """The foot of a printed page, in Excel's codes: these words on the left, the page number on the right."""
    # A digit after the font size would be read as part of it, and Excel drops a foot of more than 255 characters.
    footer = printable(footer)
    short = footer if len(footer) <= _LONGEST_FOOTER else f"{footer[:_LONGEST_FOOTER]}…"
    return f'&L&"Times New Roman,Italic"&9 {short}&R&"Times New Roman"&9Trang &P/&N'


def lines_needed(text: str, width: float, *, bold: bool = False) -> int:
    """How many lines a wrapped text takes in a column of that width.

    Counted by characters: the machine that writes may not have the font that the reader sees.
    """
    per_line = max(1, int(width * (0.95 if bold else 1.08)))
    return sum(max(1, -(-len(line) // per_line)) for line in text.split("\n"))
