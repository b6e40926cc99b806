"""How every workbook looks: Times New Roman on A4, colours with one meaning each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

INPUT = "#FFF8DC"
COMPUTED = "#EAF1F8"
NOT_ASKED = "#D9D9D9"
HEAD = "#D6E4D2"
MARKS = {"hard": "#F8B4B4", "soft": "#FCE08A", "info": "#CFE2FF"}

_A4 = 9
_LONGEST_FOOTER = 160

Props = dict[str, Any]


class Styles:
    """Cell formats of one workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def get(self, **properties: Any) -> Format:
        """A format with these xlsxwriter properties over the house's base."""
        full = {"font_name": "Times New Roman", "font_size": 12, "valign": "vcenter", **properties}
        key = tuple(sorted(full.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(full)
        return self._made[key]

    def table(self, **properties: Any) -> Format:
        """A cell of a table: thin borders, wrapped text."""
        return self.get(border=1, text_wrap=True, **properties)

    def head(self, **properties: Any) -> Format:
        """A head cell of a table."""
        return self.table(**{"bold": True, "align": "center", "bg_color": HEAD, **properties})


def new_book(path: Any, *, created: date, title: str) -> Workbook:
    """A workbook whose bytes depend on its content alone: a fixed date of creation, text never taken for formulas."""
    book = xlsxwriter.Workbook(
        path,
        {
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
            "in_memory": True,
            "default_date_format": "dd/mm/yyyy",
        },
    )
    book.set_properties(
        {"title": title, "author": "tonghop", "created": datetime(created.year, created.month, created.day)}
    )
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
    # A digit after the font size would be read as part of it, and Excel drops a foot of more than 255 characters.
    short = footer if len(footer) <= _LONGEST_FOOTER else f"{footer[:_LONGEST_FOOTER]}…"
    sheet.set_footer(f'&L&"Times New Roman,Italic"&9 {short}&R&"Times New Roman"&9Trang &P/&N')
    if repeat:
        sheet.repeat_rows(*repeat)


def lines_needed(text: str, width: float, *, bold: bool = False) -> int:
    """How many lines a wrapped text takes in a column of that width.

    Counted by characters: the machine that writes may not have the font that the reader sees.
    """
    per_line = max(1, int(width * (0.95 if bold else 1.08)))
    return sum(max(1, -(-len(line) // per_line)) for line in text.split("\n"))
