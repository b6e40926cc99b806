"""What the tables of a form share while its sheet is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xlsxwriter.format import Format

from pipeline.layout import CODE_COLUMN, NUMBER_COLUMN, UNIT_COLUMN, ListPlan, SheetPlan, TablePlan, a1
from pipeline.package_cells import PackageSheet
from pipeline.package_made import Package
from pipeline.package_values import Content
from pipeline.styles import INPUT, MARKS, Styles, lines_needed
from schemas.columns import LARGEST
from schemas.form import Form

LINE_HEIGHT = 16.5
FINE_COLOUR = "#D5F0D5"
# What Excel lets a unit type is what the columns admit when it comes back.
_MOST = int(LARGEST["count"])
_COUNT: Mapping[str, Any] = {
    "validate": "integer",
    "criteria": "between",
    "minimum": 0,
    "maximum": _MOST,
    "input_title": "Số nguyên",
    "input_message": "Nhập số nguyên, không âm. Chưa có số liệu thì để trống.",
    "error_title": "Số liệu chưa đúng",
    "error_message": "Ô này cần một số nguyên không âm, ví dụ 1250. Chưa có số liệu thì để trống.",
}
NUMBERS: Mapping[str, Mapping[str, Any]] = {
    "count": _COUNT,
    "money": _COUNT,
    "percent": {
        "validate": "decimal",
        "criteria": "between",
        "minimum": 0,
        "maximum": 100000,
        "input_title": "Tỷ lệ %",
        "input_message": "Nhập số phần trăm, ví dụ 98,5 (không ghi dấu %).",
        "error_title": "Tỷ lệ chưa đúng",
        "error_message": "Ô này cần một số không âm, tính bằng phần trăm, ví dụ 98,5.",
    },
    "average": {
        "validate": "decimal",
        "criteria": "between",
        "minimum": 0,
        "maximum": _MOST,
        "input_title": "Số bình quân",
        "input_message": "Nhập số không âm, đúng đơn vị tính ghi ở dòng.",
        "error_title": "Số liệu chưa đúng",
        "error_message": "Ô này cần một số không âm.",
    },
}
"""What may be typed into a cell of each type, and what a unit is told of it."""


@dataclass(frozen=True, slots=True)
class Page:
    """The sheet of one form while it is written."""

    sheet: PackageSheet
    styles: Styles
    form: Form
    package: Package

    @property
    def content(self) -> Content:
        """What goes into the package."""
        return self.package.content

    @property
    def plans(self) -> Mapping[str, SheetPlan]:
        """Where everything stands."""
        return self.package.plans

    def input_style(self, **look: Any) -> Format:
        """The look of a cell that the unit fills."""
        return self.styles.table(bg_color=INPUT, locked=False, **look)

    def hide_row(self, row: int, code: str) -> None:
        """A row that only programs read."""
        self.sheet.write_string(row, CODE_COLUMN, code)
        self.sheet.set_row(row, None, None, {"hidden": True})

    def write_title(self, part: TablePlan | ListPlan) -> None:
        """The title and the unit note of one of several tables, in the row above its head."""
        if part.title_row is None:
            return
        title, note = part.table.title.vi, part.table.unit_note.vi
        bold = self.styles.get(bold=True, font_size=13, text_wrap=True)
        italic = self.styles.get(italic=True, align="right", font_size=11, text_wrap=True)
        self.sheet.merge_range(part.title_row, NUMBER_COLUMN, part.title_row, UNIT_COLUMN, title, bold)
        self.sheet.merge_range(part.title_row, UNIT_COLUMN + 1, part.title_row, part.last_column, note, italic)
        columns = part.last_column - UNIT_COLUMN
        lines = max(lines_needed(title, 55, bold=True), lines_needed(note, 13.0 * columns))
        self.sheet.set_row(part.title_row, LINE_HEIGHT * lines + 6)

    def colour_checks(self, first: int, last: int, column: int, fine: str = "") -> None:
        """Red where a row says what is wrong with it, green where it says that it is fine."""
        here = a1(first, column)
        rules = [(f"=LEN({here})>0", MARKS["hard"])]
        if fine:
            rules.insert(0, (f'={here}="{fine}"', FINE_COLOUR))
        for criteria, colour in rules:
            rule = {"type": "formula", "criteria": criteria, "format": self.styles.get(bg_color=colour)}
            self.sheet.conditional_format(first, column, last, column, {**rule, "stop_if_true": True})
