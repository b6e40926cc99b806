"""The sheet that holds this period against an earlier one: headline figures, unit by unit, side by side.

A total may rest on more units now than then; what changed is told of the units that have both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.headlines import HeadlineFigure, headline_figures
from pipeline.layout import a1
from pipeline.looks import number_format
from pipeline.results import Results
from pipeline.styles import COMPUTED, HEAD, MARKS, Styles, print_setup
from pipeline.write_figures import Figured
from schemas.form import Key
from schemas.tree import Unit

COMPARISON_SHEET = "So sánh"
_WIDTHS = (5, 40, 17, 17, 16, 10, 38)
_PERCENT = "+0.0;-0.0;0"
_SIGNED = "+#,##0;-#,##0;0"


@dataclass(frozen=True, slots=True)
class Compared:
    """Where a headline is compared: the addresses, on the sheet, of then, of the change and its percentage.

    ``change`` and ``percentage`` are empty where nothing can be compared.
    """

    before: str
    change: str = ""
    percentage: str = ""


def write_comparison(
    book: Workbook, styles: Styles, results: Results, figured: Figured, footer: str
) -> Mapping[Key, Compared]:
    """Add the sheet if anything is known of an earlier period; say where each headline is compared."""
    figures = [figure for figure in headline_figures(results) if figure.before is not None]
    if results.past is None or not figures:
        return {}
    sheet = book.add_worksheet(COMPARISON_SHEET)
    sheet.hide_gridlines(2)
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    last = len(_WIDTHS) - 1
    now, then = results.owed.period.label("vi"), results.past.period.label("vi")
    title = f"SO SÁNH {now.upper()} VỚI {then.upper()}"
    sheet.merge_range(0, 0, 0, last, title, styles.get(bold=True, align="center", font_size=14))
    about = f"{results.as_of[:1].upper()}{results.as_of[1:]}. Tăng, giảm chỉ tính các đơn vị có số liệu cả hai kỳ."
    sheet.merge_range(1, 0, 1, last, about, styles.get(italic=True, align="center", font_size=11))
    heads = ("TT", "Đơn vị", then[:1].upper() + then[1:], now[:1].upper() + now[1:], "Tăng, giảm", "%", "Ghi chú")
    for column, text in enumerate(heads):
        sheet.write_string(3, column, text, styles.head())
    block = _Block(sheet, styles, results, figured)
    found: dict[Key, Compared] = {}
    row = 4
    for figure in figures:
        found[figure.cell.key], row = block.write(figure, row)
    sheet.freeze_panes(4, 2)
    sheet.print_area(0, 0, row - 1, last)
    print_setup(sheet, landscape=False, footer=footer, repeat=(3, 3))
    return found


@dataclass(frozen=True, slots=True)
class _Block:
    """Writes the lines of one headline after the other."""

    to: Worksheet
    styles: Styles
    results: Results
    figured: Figured

    def write(self, figure: HeadlineFigure, row: int) -> tuple[Compared, int]:
        """The headline's title, its units, their total; where it stands, and the next row."""
        key, last = figure.cell.key, len(_WIDTHS) - 1
        title = f"{figure.label.vi} ({figure.cell.unit})" if figure.cell.unit else figure.label.vi
        self.to.merge_range(row, 0, row, last, title, self.styles.table(bold=True, bg_color=HEAD))
        tree = self.results.owed.tree
        units = [unit for unit in tree.children(tree.province.code) if self._knows(unit, key)]
        for i, unit in enumerate(units, start=1):
            self._unit(row + i, i, unit, figure)
        rows = (row + 1, row + len(units))
        total = row + len(units) + 1
        adds_up = figure.cell.rollup == "SUM" and bool(units)
        self._total(total, figure, rows if adds_up else None)
        if not (adds_up and figure.change is not None):
            if figure.change is None:
                return Compared(a1(total, 2)), total + 2
            # A total that is no sum of the units beside it.
            self._change(total, figure.before, figure.value, bold=True, bg_color=COMPUTED)
            return Compared(a1(total, 2), a1(total, 4), a1(total, 5)), total + 2
        self._alike(total + 1, figure, rows)
        return Compared(a1(total, 2), a1(total + 1, 4), a1(total + 1, 5)), total + 3

    def _knows(self, unit: Unit, key: Key) -> bool:
        assert self.results.past is not None
        both = (self.results.past.rollup.value.of(unit.code, key), self.results.rollup.value.of(unit.code, key))
        return any(value is not None for value in both)

    def _unit(self, row: int, number: int, unit: Unit, figure: HeadlineFigure) -> None:
        """One unit in both periods; what it sends again is marked."""
        assert self.results.past is not None
        key = figure.cell.key
        before, now = self.results.past.rollup.value.of(unit.code, key), self.results.rollup.value.of(unit.code, key)
        rejected = self.results.status_of(unit.code) == "rejected"
        marked = {"bg_color": MARKS["hard"]} if rejected else {}
        self.to.write_number(row, 0, number, self.styles.table(align="center"))
        self.to.write_string(row, 1, unit.name, self.styles.table(**marked))
        self._number(row, 2, before, figure)
        where = self.figured.place(unit.code, key)
        if where is None or now is None:
            self._number(row, 3, now, figure)
        else:
            self.to.write_formula(row, 3, f"='{where[0]}'!{a1(*where[1:])}", self._style(figure), now)
        self._change(row, before, now)
        missing = "chưa có số liệu kỳ trước" if before is None else "chưa có số liệu kỳ này" if now is None else ""
        note = "; ".join(words for words in (missing, "còn chỗ phải sửa" * rejected) if words)
        self.to.write_string(row, 6, note, self.styles.table(font_size=11))

    def _change(self, row: int, before: float | None, now: float | None, **look: Any) -> None:
        """The difference and what it is in per cent, blank where one of the two is missing."""
        change = now - before if before is not None and now is not None else None
        then_at, now_at = a1(row, 2), a1(row, 3)
        formula = f'=IF(COUNT({then_at},{now_at})=2,{now_at}-{then_at},"")'
        self.to.write_formula(row, 4, formula, self._look(_SIGNED, **look), "" if change is None else change)
        share = 100 * change / before if change is not None and before else None
        formula = f'=IF(COUNT({then_at},{now_at})=2,IF({then_at}>0,100*({now_at}-{then_at})/{then_at},""),"")'
        self.to.write_formula(row, 5, formula, self._look(_PERCENT, **look), "" if share is None else share)

    def _total(self, row: int, figure: HeadlineFigure, rows: tuple[int, int] | None) -> None:
        """The province in both periods."""
        look: dict[str, Any] = {"bold": True, "bg_color": COMPUTED}
        self.to.write_blank(row, 0, None, self.styles.table(**look))
        self.to.write_string(row, 1, "Toàn tỉnh", self.styles.table(**look))
        if rows is None:
            self._number(row, 2, figure.before, figure, **look)
        else:
            formula = f"=SUM({a1(rows[0], 2)}:{a1(rows[1], 2)})"
            self.to.write_formula(row, 2, formula, self._style(figure, **look), figure.before)
        where = self.figured.totals.get(figure.cell.key)
        if where is None or figure.value is None:
            self._number(row, 3, figure.value, figure, **look)
        else:
            self.to.write_formula(row, 3, f"='{where[0]}'!{a1(*where[1:])}", self._style(figure, **look), figure.value)
        self.to.write_blank(row, 4, None, self.styles.table(**look))
        self.to.write_blank(row, 5, None, self.styles.table(**look))
        count = f"{figure.units}/{figure.expected} đơn vị" if figure.expected else ""
        # What the register counts is of no unit's return.
        count = "theo danh bạ" if figure.cell.rollup == "REG" else count
        self.to.write_string(row, 6, count, self.styles.table(font_size=11, **look))

    def _alike(self, row: int, figure: HeadlineFigure, rows: tuple[int, int]) -> None:
        """The units that have both periods, by themselves."""
        assert figure.change is not None
        look: dict[str, Any] = {"italic": True, "bg_color": COMPUTED}
        then, now = (f"{a1(rows[0], column)}:{a1(rows[1], column)}" for column in (2, 3))
        self.to.write_blank(row, 0, None, self.styles.table(**look))
        label = f"{figure.change.units} đơn vị có số liệu cả hai kỳ"
        self.to.write_string(row, 1, label, self.styles.table(**look))
        # What is no number has no part in either sum.
        for column, of, where in ((2, then, now), (3, now, then)):
            value = figure.change.before if column == 2 else figure.change.now
            self.to.write_formula(row, column, f'=SUMIF({where},">=0",{of})', self._style(figure, **look), value)
        self._change(row, figure.change.before, figure.change.now, **look)
        self.to.write_blank(row, 6, None, self.styles.table(**look))

    def _number(self, row: int, column: int, value: float | None, figure: HeadlineFigure, **look: Any) -> None:
        if value is None:
            self.to.write_blank(row, column, None, self._style(figure, **look))
        else:
            self.to.write_number(row, column, value, self._style(figure, **look))

    def _style(self, figure: HeadlineFigure, **look: Any) -> Any:
        return self._look(number_format(figure.cell.type, 2), **look)

    def _look(self, num_format: str, **look: Any) -> Any:
        return self.styles.table(num_format=num_format, align="right", **look)
