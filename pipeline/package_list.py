"""A list of a package: a line for each row, room for more, drop-downs, a check of each line, totals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any

from xlsxwriter.workbook import Workbook

from pipeline import formulas_list
from pipeline.formulas_list import FINE
from pipeline.layout import (
    CERTAIN_CODE,
    CODE_COLUMN,
    END,
    HEAD_CODE,
    NUMBER_COLUMN,
    OPTIONS_SHEET,
    TOTAL_CODE,
    ListPlan,
    a1,
)
from pipeline.looks import number_format
from pipeline.package_lines import ListRow, Value
from pipeline.package_made import Package
from pipeline.package_page import LINE_HEIGHT, NUMBERS, Page
from pipeline.styles import COMPUTED, lines_needed
from schemas.form import NO, NUMBER_TYPES, YES, Form, Key, Measure

_WIDTHS = {"key": 10.0, "text": 15.0, "count": 9.5, "money": 15.0, "percent": 9.0, "average": 9.0, "date": 11.0}
_WIDTHS |= {"choice": 17.0, "flag": 8.0}
_PREFILLED_WIDTHS = {"name": 27.0, "territory": 12.0, "sector": 19.0}
_CHECK_WIDTH = 30.0
_FONT = 11
_LINE_HEIGHT = 15.0
_DAY: Mapping[str, Any] = {
    "validate": "date",
    "criteria": ">=",
    "value": date(1900, 1, 1),
    "input_title": "Ngày",
    "input_message": "Nhập ngày/tháng/năm, ví dụ 05/03/2019.",
    "error_title": "Ngày chưa đúng",
    "error_message": "Ô này cần một ngày, ví dụ 05/03/2019.",
}
_CHOICE: Mapping[str, Any] = {
    "validate": "list",
    "error_title": "Chưa có trong danh mục",
    "error_message": "Bấm mũi tên cạnh ô rồi chọn một mục.",
}


def list_widths(page: Page, one: ListPlan) -> Iterator[tuple[int, float]]:
    """How wide each column would be; nothing for what is hidden or not asked of the unit's level."""
    yield NUMBER_COLUMN, 6.0
    yield one.check_column, _CHECK_WIDTH
    for measure in one.table.measures:
        if page.content.level in measure.levels:
            yield one.columns[measure.code], _PREFILLED_WIDTHS.get(measure.prefill) or _WIDTHS[measure.type]


def write_list(page: Page, one: ListPlan) -> None:
    """Write one list."""
    page.write_title(one)
    _write_head(page, one)
    _write_lines(page, one)
    _write_totals(page, one)
    page.hide_row(one.end_row, END)
    _write_validation(page, one)
    if one.lines:
        page.colour_checks(one.lines[0][0], one.lines[-1][0], one.check_column, fine=FINE)


def _write_head(page: Page, one: ListPlan) -> None:
    sheet, head = page.sheet, page.styles.head(font_size=_FONT)
    page.hide_row(one.code_row, f"#{one.table.id}")
    sheet.write_string(one.head_row, CODE_COLUMN, HEAD_CODE)
    sheet.write_string(one.head_row, NUMBER_COLUMN, "TT", head)
    widths = dict(list_widths(page, one))
    most = 2
    for measure in one.table.measures:
        column = one.columns[measure.code]
        sheet.write_string(one.code_row, column, measure.code)
        sheet.write_string(one.head_row, column, measure.label.vi, head)
        most = max(most, lines_needed(measure.label.vi, widths.get(column, 99) - 2, bold=True))
    sheet.write_string(one.head_row, one.check_column, "Kiểm tra", head)
    sheet.set_row(one.head_row, LINE_HEIGHT * most + 4)


def _write_lines(page: Page, one: ListPlan) -> None:
    """The lines; the height of a free one is left to the program that shows it, which knows what is typed later."""
    sheet, styles = page.sheet, page.styles
    plain, centred = styles.table(font_size=_FONT), styles.table(font_size=_FONT, align="center")
    inputs = {measure.code: page.input_style(**_look(measure)) for measure in one.table.measures}
    check = formulas_list.line_check(page.plans, one)
    key, counts = formulas_list.line_key(one), formulas_list.line_counts(one)
    given, form = page.content.lists.get(page.form.id, ()), page.form.id
    widths = dict(list_widths(page, one))
    own = (one.check_column, one.key_column, one.counted_column)
    for number, (row, _) in enumerate(one.lines):
        sheet.write_number(row, NUMBER_COLUMN, number + 1, centred)
        if number >= len(given):
            for measure, column in one.columns.items():
                sheet.write_blank(row, column, None, inputs[measure])
            for column, formula in zip(own, (check, key, counts), strict=True):
                sheet.write_formula(row, column, formula, plain, "")
            continue
        if given[number].values:
            sheet.make_high(row, partial(_height, one, form, number, widths))
        for measure, column in one.columns.items():
            sheet.show(row, column, partial(_value, form, number, measure), inputs[measure])
        sheet.show_formulas(row, own, (check, key, counts), partial(_line, form, number), (plain,) * 3)


def _value(form: str, number: int, measure: str, package: Package) -> Value | None:
    value = package.content.lists[form][number].values.get(measure)
    return None if value == "" else value


def _line(form: str, number: int, package: Package) -> tuple[Value, ...]:
    line = package.lists[form].lines[number]
    return line.says, line.key, line.counted


def _height(one: ListPlan, form: str, number: int, widths: Mapping[int, float], package: Package) -> float:
    return _LINE_HEIGHT * _lines_needed(one, package.content.lists[form][number], widths) + 2


def _lines_needed(one: ListPlan, given: ListRow, widths: Mapping[int, float]) -> int:
    """Room for what stands there, and for a choice of two lines."""
    texts = ((one.columns[code], value) for code, value in given.values.items() if isinstance(value, str))
    return max([2, *(lines_needed(value, widths.get(column, 99)) for column, value in texts)])


def _look(measure: Measure) -> dict[str, Any]:
    if measure.type in NUMBER_TYPES:
        return {"font_size": _FONT, "num_format": number_format(measure.type), "align": "right"}
    if measure.type == "date":
        return {"font_size": _FONT, "num_format": "dd/mm/yyyy", "align": "center"}
    return {"font_size": _FONT, "num_format": "@", **({"align": "center"} if measure.type == "flag" else {})}


def _write_totals(page: Page, one: ListPlan) -> None:
    """What the columns make: as it stands, and hidden below it as far as no line could still change it."""
    sheet, form = page.sheet, page.form.id
    look: dict[str, Any] = {"bg_color": COMPUTED, "bold": True, "font_size": _FONT}
    sheet.write_string(one.total_row, CODE_COLUMN, TOTAL_CODE)
    page.hide_row(one.certain_row, CERTAIN_CODE)
    for column in range(NUMBER_COLUMN, one.check_column + 1):
        sheet.write_blank(one.total_row, column, None, page.styles.table(**look))
    sheet.write_string(one.total_row, NUMBER_COLUMN, "Cộng", page.styles.table(**look, align="center"))
    for key in one.table.cells:
        measure, column = one.table.measure(key.measure), one.columns[key.measure]
        align = "right" if measure.type in NUMBER_TYPES else "center"
        style = page.styles.table(**look, align=align, num_format=number_format("count"))
        made, certain = formulas_list.total(form, one, measure), formulas_list.certain(page.plans, form, one, measure)
        sheet.show_formulas(one.total_row, (column,), (made,), partial(_total, key), (style,))
        sheet.show_formulas(one.certain_row, (column,), (certain,), partial(_sure, key), (page.styles.get(),))


def _total(key: Key, package: Package) -> tuple[float | str]:
    return (package.values.get(key, ""),)


def _sure(key: Key, package: Package) -> tuple[float | str]:
    return (package.lists[key.form].certain.get(key, ""),)


def _write_validation(page: Page, one: ListPlan) -> None:
    """What may be typed, one rule a column for all its lines."""
    if not one.lines:
        return
    first, last = one.lines[0][0], one.lines[-1][0]
    for measure in one.table.measures:
        rule: Mapping[str, Any]
        if measure.type in NUMBER_TYPES:
            rule = NUMBERS[measure.type]
        elif measure.type == "date":
            rule = _DAY
        elif measure.type in ("choice", "flag"):
            rule = {**_CHOICE, "source": f"={_name(page.form, measure)}"}
        else:
            continue
        column = one.columns[measure.code]
        page.sheet.data_validation(first, column, last, column, dict(rule))


def write_options(book: Workbook, forms: Iterable[Form]) -> None:
    """The choices of all drop-downs on a hidden sheet, each column with a name: a list in the cell itself is too short.

    A name, for old versions of Excel let no drop-down point to another sheet.
    """
    choices = {
        _name(form, measure): [option.vi for option in measure.options] or [YES, NO]
        for form in forms
        for table in form.lists
        for measure in table.measures
        if measure.type in ("choice", "flag")
    }
    if not choices:
        return
    sheet = book.add_worksheet(OPTIONS_SHEET)
    # Column A is where the reader looks for codes.
    for column, (name, words) in enumerate(choices.items(), start=1):
        sheet.write_column(0, column, words)
        last = a1(len(words) - 1, column)
        book.define_name(name, f"='{OPTIONS_SHEET}'!{_fixed(a1(0, column))}:{_fixed(last)}")
    sheet.protect()
    sheet.hide()


def _fixed(address: str) -> str:
    letters = address.rstrip("0123456789")
    return f"${letters}${address.removeprefix(letters)}"


def _name(form: Form, measure: Measure) -> str:
    """The name of a measure's choices; all flags share theirs."""
    return "DM_co_khong" if measure.type == "flag" else f"DM_{form.id}_{measure.code}"
