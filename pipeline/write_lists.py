"""The lists of all units together, a sheet a form, with totals over the rows that count as live formulas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.layout import a1
from pipeline.looks import number_format
from pipeline.quick_sheet import QuickSheet
from pipeline.results import Results
from pipeline.sheet_room import fitting, say_left_out
from pipeline.styles import COMPUTED, MARKS, NOT_ASKED, Styles, lines_needed, print_setup
from pipeline.submission import Entry, Item
from schemas.form import NUMBER_TYPES, YES, Form, Measure, Table
from schemas.tree import Unit

_TOP = 5
_WIDTHS = {"key": 10.0, "text": 26.0, "choice": 20.0, "date": 12.0, "flag": 9.0}
_NUMBER_WIDTH = 10.0
_ORDER, _UNIT, _FIRST = range(3)
_COUNTED = "x"
_ADDED = ("key", "count", "money", "flag")


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of a unit's list."""

    unit: Unit
    item: Item


@dataclass(frozen=True, slots=True)
class _Lines:
    """The rows of all lists of a form in register order, made one at a time: those of a nation would not fit into
    memory. ``totals`` is what each column makes of those that count."""

    results: Results
    form: Form
    count: int
    totals: Mapping[str, float]

    def __iter__(self) -> Iterator[_Line]:
        return _lines(self.results, self.form)


def write_lists(book: Workbook, styles: Styles, results: Results, footer: str) -> list[tuple[str, str]]:
    """Add a sheet for each list that any unit sent; their names with what they show."""
    shown = []
    for form in results.owed.forms:
        for table in form.lists:
            lines = _counted(results, form, table)
            if lines.count:
                sheet = book.add_worksheet(form.id)
                _write_sheet(sheet, styles, results, form, table, lines, footer)
                shown.append((form.id, form.title.vi))
    return shown


def _lines(results: Results, form: Form) -> Iterator[_Line]:
    tree, by_unit = results.owed.tree, results.by_unit
    units = (tree.unit(code) for code in sorted(by_unit, key=tree.order.__getitem__))
    return (_Line(unit, item) for unit in units for item in by_unit[unit.code].items.get(form.id, ()))


def _counted(results: Results, form: Form, table: Table) -> _Lines:
    added = [measure for measure in table.measures if measure.type in _ADDED]
    # A column in which nothing stands makes a plain 0.
    count, totals = 0, dict[str, float]((measure.code, 0) for measure in added)
    for line in _lines(results, form):
        count += 1
        for measure in added if _counts(line.item) else ():
            if (made := _adds(measure, line.item.entries.get(measure.code))) is not None:
                totals[measure.code] += made
    return _Lines(results, form, count, totals)


def _adds(measure: Measure, entry: Entry | None) -> float | None:
    """What one row adds in a column; the key is what is counted."""
    if measure.type == "key":
        return 1.0
    return entry.value if entry is not None else None


def _write_sheet(
    sheet: QuickSheet,
    styles: Styles,
    results: Results,
    form: Form,
    table: Table,
    lines: _Lines,
    footer: str,
) -> None:
    counted = _FIRST + len(table.measures)
    sheet.hide_gridlines(2)
    sheet.set_column(_ORDER, _ORDER, 5)
    sheet.set_column(_UNIT, _UNIT, 18)
    for column, measure in enumerate(table.measures, _FIRST):
        sheet.set_column(column, column, _WIDTHS.get(measure.type, _NUMBER_WIDTH))
    title = f"BIỂU {form.id}: {form.title.vi.upper()}"
    sheet.write_string(0, 0, results.workspace.settings.agency, styles.get(bold=True))
    sheet.merge_range(1, 0, 1, counted, title, styles.get(bold=True, align="center", font_size=14))
    when = f"{results.owed.period.label('vi')} – {results.as_of}"
    sheet.merge_range(2, 0, 2, counted, when, styles.get(italic=True, align="center"))
    legend = (
        "Dòng nền đỏ: trùng mã hoặc thiếu mã. Dòng nền xám: đã giải thể, chuyển đi. Cả hai không được tính vào tổng."
    )
    sheet.write_string(3, 0, legend, styles.get(italic=True, font_size=11))
    heads = ("TT", "Đơn vị", *(measure.label.vi for measure in table.measures), "Được tính")
    for column, text in enumerate(heads):
        sheet.write_string(_TOP - 1, column, text, styles.head())
    sheet.set_row(_TOP - 1, 52)
    listed, left = fitting(range(lines.count), _TOP + 1)
    bottom = _TOP + len(listed)
    _write_totals(sheet, styles, table, lines, None if left else bottom)
    for row, line in enumerate(islice(lines, len(listed)), _TOP + 1):
        _write_line(sheet, styles, table, line, row, row - _TOP)
        sheet.passed(row)
    say_left_out(sheet, styles, bottom + 1, left, "data/observations.csv")
    sheet.freeze_panes(_TOP + 1, _FIRST + 2)
    sheet.autofilter(_TOP - 1, 0, bottom, counted)
    sheet.print_area(0, 0, bottom, counted)
    print_setup(sheet, landscape=True, footer=footer, repeat=(_TOP - 1, _TOP - 1))


def _write_totals(sheet: Worksheet, styles: Styles, table: Table, lines: _Lines, bottom: int | None) -> None:
    """The line of totals, right below the head: sums, and how many rows or Yes there are.

    Where not every line is on the sheet there is no ``bottom`` to add down to, and the totals are plain numbers.
    """
    look: dict[str, Any] = {"bold": True, "bg_color": COMPUTED}
    counted = _FIRST + len(table.measures)
    for column in (_ORDER, counted):
        sheet.write_blank(_TOP, column, None, styles.table(**look))
    sheet.write_string(_TOP, _UNIT, "Cộng", styles.table(**look))
    for column, measure in enumerate(table.measures, _FIRST):
        value = lines.totals.get(measure.code)
        style = styles.table(num_format=number_format("count"), align="right", **look)
        if value is None:
            sheet.write_blank(_TOP, column, None, style)
        elif bottom is None:
            sheet.write_number(_TOP, column, value, style)
        else:
            formula = _formula(measure, _range(column, bottom), _range(counted, bottom))
            sheet.write_formula(_TOP, column, formula, style, value)


def _range(column: int, bottom: int) -> str:
    return f"{a1(_TOP + 1, column)}:{a1(bottom, column)}"


def _formula(measure: Measure, column: str, counted: str) -> str:
    if measure.type == "key":
        return f'=COUNTIF({counted},"{_COUNTED}")'
    if measure.type == "flag":
        return f'=COUNTIFS({column},"{YES}",{counted},"{_COUNTED}")'
    return f'=SUMIF({counted},"{_COUNTED}",{column})'


def _write_line(sheet: Worksheet, styles: Styles, table: Table, line: _Line, row: int, number: int) -> None:
    look: dict[str, Any] = {"font_size": 11}
    if not line.item.counted:
        look["bg_color"] = MARKS["hard"]
    elif line.item.closed:
        look["bg_color"] = NOT_ASKED
    sheet.write_number(row, _ORDER, number, styles.table(align="center", **look))
    sheet.write_string(row, _UNIT, line.unit.short_name or line.unit.name, styles.table(**look))
    lines = 1
    for column, measure in enumerate(table.measures, _FIRST):
        entry = line.item.entries.get(measure.code)
        _write_cell(sheet, styles, measure, entry, (row, column), look)
        if entry is not None and entry.text:
            lines = max(lines, lines_needed(entry.text, _WIDTHS.get(measure.type, _NUMBER_WIDTH)))
    counted = _COUNTED if _counts(line.item) else ""
    sheet.write_string(row, _FIRST + len(table.measures), counted, styles.table(align="center", **look))
    sheet.set_row(row, min(400, 15.5 * lines + 2))


def _write_cell(
    sheet: Worksheet, styles: Styles, measure: Measure, entry: Entry | None, at: tuple[int, int], look: dict[str, Any]
) -> None:
    """A figure as a number, a date as a date; what was refused in the words that stood there."""
    if entry is None:
        sheet.write_blank(*at, None, styles.table(**look))
    elif entry.refusal:
        sheet.write_string(*at, entry.shown, styles.table(**{**look, "bg_color": MARKS["hard"]}))
    elif measure.type == "date":
        style = styles.table(num_format="dd/mm/yyyy", align="center", **look)
        sheet.write_datetime(*at, date.fromisoformat(entry.text), style)
    elif entry.value is not None and measure.type in NUMBER_TYPES:
        style = styles.table(num_format=number_format(measure.type, measure.decimals), align="right", **look)
        sheet.write_number(*at, entry.value, style)
    else:
        sheet.write_string(*at, entry.text, styles.table(**look))


def _counts(item: Item) -> bool:
    return item.counted and not item.closed
