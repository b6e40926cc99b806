"""``phu-luc-P.xlsx``: the appendices that go with the report, a sheet each, then the targets of each upper union.

Layout after Nghị định 30/2020/NĐ-CP, Phụ lục I; the agency's names, signature and recipients come from the settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from xlsxwriter.worksheet import Worksheet

from pipeline.appendix import appendices, attached, recipients, unit_appendices
from pipeline.appendix_grid import Appendix, Column, Grid, Line, is_bold, widths
from pipeline.files import put, remove
from pipeline.quick_sheet import MANY_ROWS, QuickSheet
from pipeline.results import Results
from pipeline.styles import Styles, lines_needed, new_book, print_setup
from pipeline.write_book import footer
from schemas.tree import Unit

# Millimetres that a character of Times New Roman 12 takes in the width of a column.
_MILLIMETRES = 2.05
_LINE_HEIGHT = 16.5
# What stands left of the middle of a page, of its whole width.
_LEFT = 0.42
# Excel drops a foot of more than 255 characters.
_LONGEST_FOOTER = 160
# A smaller font has more characters to a line.
_SMALLER = 12 / 11


def write_appendix(path: Path, results: Results) -> None:
    """Write every appendix of the province, then those of the upper unions; no file where there is none."""
    found = appendices(results)
    if not found:
        remove(path)
        return

    def write(temporary: Path) -> bool:
        title = f"Phụ lục {results.owed.period}"
        large = len(results.owed.tree.units) > MANY_ROWS
        book = new_book(temporary, created=results.owed.dates.issued_on, title=title, brief=True, large=large)
        styles = Styles(book)
        for appendix in found:
            _SheetWriter(book.add_worksheet(appendix.heading), styles, results, appendix).write()
        for unit, appendix in unit_appendices(results):
            sheet: QuickSheet = book.add_worksheet(unit.code)
            _SheetWriter(sheet, styles, results, appendix, unit).write()
            # Of a nation they are many.
            if large:
                sheet.seal()
        book.close()
        return True

    put(path, write)


@dataclass(frozen=True, slots=True)
class _SheetWriter:
    """One appendix being written on a sheet; ``unit`` is whose it is, the province where there is none."""

    to: Worksheet
    styles: Styles
    results: Results
    appendix: Appendix
    unit: Unit | None = None

    def write(self) -> None:
        self.to.hide_gridlines(2)
        wide = self._widths()
        for column, width in enumerate(wide):
            self.to.set_column(column, column, width)
        row = self._heading(wide)
        heads = []
        for grid in self.appendix.grids:
            if grid.title:
                self.to.write_string(row, 0, grid.title, self.styles.get(bold=True))
                row += 1
            heads.append(row)
            row = self._grid(grid, wide, row) + 1
        for note in self.appendix.notes:
            self._across(row, len(wide) - 1, note, {"italic": True, "font_size": 11, "text_wrap": True})
            self.to.set_row(row, _LINE_HEIGHT * lines_needed(note, sum(wide)))
            row += 1
        row = self._signature(wide, row + 1)
        self.to.print_area(0, 0, row, len(wide) - 1)
        repeat = (heads[0], heads[0]) if len(heads) == 1 else None
        print_setup(self.to, landscape=self.appendix.landscape, footer="", repeat=repeat)
        # Each appendix counts its own pages, above the text.
        self.to.set_header('&C&"Times New Roman"&13 &P')
        self.to.set_footer(f'&L&"Times New Roman,Italic"&10 {footer(self.results)[:_LONGEST_FOOTER]}')
        self.to.set_start_page(1)

    def _widths(self) -> list[float]:
        """In characters; the tables of a sheet share its columns, so each column is as wide as its widest."""
        room = self.appendix.room
        of_grids = [widths(grid, room) for grid in self.appendix.grids]
        return [max(column) / _MILLIMETRES for column in zip_longest(*of_grids, fillvalue=0.0)]

    def _heading(self, wide: list[float]) -> int:
        """Agency left, national title right, then the appendix's own title; returns the row of the first table."""
        settings, province = self.results.workspace.settings, self.results.owed.tree.province
        own = self.unit is None
        upper = settings.agency_upper if own else settings.agency
        name = settings.agency if self.unit is None else self.unit.name.upper()
        assert own or self.unit is not province
        self._head(0, wide, upper, settings.national_title, {}, {"bold": True})
        self._head(1, wide, name, settings.motto, {"bold": True}, {"bold": True, "font_size": 13})
        date = f"{settings.place}, ngày … tháng … năm …"
        number = f"Số: …/{settings.report_symbol}" if own else "Số: …/BC-…"
        self._head(2, wide, number, date, {"font_size": 13}, {"italic": True})
        last = len(wide) - 1
        title = {"bold": True, "font_size": 14, "align": "center", "text_wrap": True}
        self._across(4, last, self.appendix.heading, title)
        self._across(5, last, self.appendix.title, title)
        self.to.set_row(5, 19 * lines_needed(self.appendix.title, sum(wide) * 0.8, bold=True) + 2)
        self._across(
            6,
            last,
            attached(self.results) if own else "(Kèm theo Báo cáo số …/BC-… ngày … tháng … năm …)",
            {"italic": True, "font_size": 13, "align": "center"},
        )
        self._across(7, last, self.appendix.stated, {"italic": True, "font_size": 11, "align": "right"})
        return 8

    def _head(
        self, row: int, wide: list[float], left: str, right: str, left_look: dict[str, Any], right_look: dict[str, Any]
    ) -> None:
        middle, last = _middle(wide), len(wide) - 1
        looks = {"align": "center", "text_wrap": True}
        self._merged(row, 0, middle - 1, left, {**looks, **left_look})
        self._merged(row, middle, last, right, {**looks, **right_look})
        lines = max(
            lines_needed(left, sum(wide[:middle]) * 0.8, bold=True),
            lines_needed(right, sum(wide[middle:]) * 0.8, bold=True),
        )
        self.to.set_row(row, 17 * lines + 1)

    def _across(self, row: int, last: int, text: str, look: dict[str, Any]) -> None:
        self._merged(row, 0, last, text, look)

    def _merged(self, row: int, first: int, last: int, text: str, look: dict[str, Any]) -> None:
        """One cell has nothing to merge with."""
        style = self.styles.get(**look)
        if first == last:
            self.to.write_string(row, first, text, style)
        else:
            self.to.merge_range(row, first, row, last, text, style)

    def _grid(self, grid: Grid, wide: list[float], row: int) -> int:
        """A table from its heads on; returns the row below it."""
        for at, column in enumerate(grid.columns):
            self.to.write_string(row, at, column.head, self.styles.head(bg_color="#FFFFFF"))
        most = max(lines_needed(column.head, wide[at], bold=True) for at, column in enumerate(grid.columns))
        self.to.set_row(row, _LINE_HEIGHT * most + 3)
        for i, line in enumerate(grid.lines, start=row + 1):
            self._line(grid, line, wide, i)
        return row + len(grid.lines) + 1

    def _line(self, grid: Grid, line: Line, wide: list[float], row: int) -> None:
        needed = 1
        for at, (column, value) in enumerate(zip(grid.columns, line.values, strict=True)):
            style = self.styles.table(**_look(column, line, at))
            if isinstance(value, str) and value:
                self.to.write_string(row, at, value, style)
                room = wide[at] - 2 * line.indent if at == 1 else wide[at] * _SMALLER
                needed = max(needed, lines_needed(value, room, bold=line.bold and at == 1))
            elif value is None or value == "":
                self.to.write_blank(row, at, None, style)
            else:
                self.to.write_number(row, at, float(value), style)
        self.to.set_row(row, _LINE_HEIGHT * needed + 2)

    def _signature(self, wide: list[float], row: int) -> int:
        """Recipients left, signature right; returns the last row."""
        settings, middle, last = self.results.workspace.settings, _middle(wide), len(wide) - 1
        self.to.write_string(row, 0, "Nơi nhận:", self.styles.get(bold=True, italic=True))
        listed = recipients(self.results) if self.unit is None else ()
        for i, line in enumerate(listed, start=1):
            self.to.write_string(row + i, 0, line, self.styles.get(font_size=11))
        bold = {"bold": True, "align": "center", "font_size": 13}
        self._merged(row, middle, last, settings.signature_title, bold)
        self._merged(row + 1, middle, last, settings.signer_title, bold)
        if self.unit is None and settings.signer_name:
            self._merged(row + 6, middle, last, settings.signer_name, bold)
        return row + max(6, len(listed))


def _middle(wide: list[float]) -> int:
    """The first column right of the middle: at least one stands on either side."""
    taken, whole = 0.0, sum(wide)
    for column, width in enumerate(wide):
        taken += width
        if taken >= _LEFT * whole:
            return min(column + 1, len(wide) - 1)
    return max(1, len(wide) - 1)


def _look(column: Column, line: Line, at: int) -> dict[str, Any]:
    """A number right, a word in its place in the middle; what a line says of itself left."""
    bold = {"bold": is_bold(line, at)}
    if column.kind == "text":
        return {"indent": line.indent, **bold} if at == 1 else {"font_size": 11, **bold}
    if column.kind in ("no", "note") or isinstance(line.values[at], str):
        return {"align": "center", "font_size": 12 if column.kind == "no" else 11, **bold}
    places = line.decimals_of(at)
    look = {"num_format": "#,##0" + ("." + "0" * places if places else ""), **bold}
    return {"align": "right", "indent": 1, **look} if column.kind == "number" else {"align": "center", **look}
