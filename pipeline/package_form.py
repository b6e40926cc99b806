"""One form of a package as a sheet: heads, rows, input cells, formulas with their values, marks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipeline import formulas
from pipeline.layout import (
    CODE_COLUMN,
    END,
    LABEL_COLUMN,
    NUMBER_COLUMN,
    UNIT_COLUMN,
    SheetPlan,
    TablePlan,
    a1,
)
from pipeline.package_values import Content, Values
from pipeline.styles import (
    AS_IT_IS,
    COMPUTED,
    INPUT,
    MARKS,
    NOT_ASKED,
    Styles,
    lines_needed,
    number_format,
    print_setup,
)
from schemas.columns import LARGEST
from schemas.form import Cell, Form, Heading, Indicator, Key

_LABEL_WIDTH = 44.0
_WIDTHS = {"text": 24.0, "verdict": 13.0, "percent": 10.0}
_NUMBER_WIDTH = 13.0
_LINE_HEIGHT = 16.5
# What Excel lets a unit type is what the columns admit when it comes back.
_MOST = int(LARGEST["count"])
_PROMPTS: Mapping[str, dict[str, Any]] = {
    "count": {
        "validate": "integer",
        "criteria": "between",
        "minimum": 0,
        "maximum": _MOST,
        "input_title": "Số nguyên",
        "input_message": "Nhập số nguyên, không âm. Chưa có số liệu thì để trống.",
        "error_title": "Số liệu chưa đúng",
        "error_message": "Ô này cần một số nguyên không âm, ví dụ 1250. Chưa có số liệu thì để trống.",
    },
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


def write_form(
    sheet: Worksheet,
    styles: Styles,
    plans: Mapping[str, SheetPlan],
    form: Form,
    content: Content,
    values: Values,
) -> None:
    """Write the sheet of one form."""
    planned = plans[form.id]
    last = max(table.last_column for table in planned.tables)
    sheet.hide_gridlines(2)
    sheet.set_column(CODE_COLUMN, CODE_COLUMN, 0, None, {"hidden": True})
    sheet.set_column(NUMBER_COLUMN, NUMBER_COLUMN, 6)
    sheet.set_column(LABEL_COLUMN, LABEL_COLUMN, _LABEL_WIDTH)
    sheet.set_column(UNIT_COLUMN, UNIT_COLUMN, 10)
    _write_title(sheet, styles, form, content, last)
    for table in planned.tables:
        _set_widths(sheet, table)
        _write_head(sheet, styles, table)
        for row, asked in table.rows:
            _write_row(sheet, styles, plans, form, table, row, asked, content, values)
        sheet.write_string(table.end_row, CODE_COLUMN, END)
        sheet.set_row(table.end_row, None, None, {"hidden": True})
        _write_validation(sheet, form, table, content)
    first = planned.tables[0]
    sheet.freeze_panes(first.head_row + 1, UNIT_COLUMN)
    sheet.print_area(0, NUMBER_COLUMN, planned.tables[-1].end_row, last)
    print_setup(
        sheet,
        landscape=last > UNIT_COLUMN + 5,
        footer=content.footer,
        repeat=(first.head_row, first.head_row),
    )
    sheet.protect("", {"format_columns": True, "format_rows": True})


def _write_title(sheet: Worksheet, styles: Styles, form: Form, content: Content, last: int) -> None:
    sheet.write_string(0, NUMBER_COLUMN, content.agency, styles.get(bold=True))
    sheet.write_string(1, NUMBER_COLUMN, f"{content.unit} – {content.unit_name}", styles.get(bold=True))
    title = f"BIỂU {form.id}: {form.title.vi.upper()}"
    sheet.merge_range(
        2, NUMBER_COLUMN, 2, last, title, styles.get(bold=True, align="center", font_size=14, text_wrap=True)
    )
    sheet.set_row(2, 24)
    when = f"{content.period_label} – số liệu tính đến ngày {content.cut_off:%d/%m/%Y}"
    sheet.merge_range(3, NUMBER_COLUMN, 3, last, when, styles.get(italic=True, align="center"))
    note = form.tables[0].unit_note.vi
    sheet.merge_range(4, NUMBER_COLUMN, 4, last, note, styles.get(italic=True, align="right", font_size=11))
    sheet.set_row(5, 6)


def _set_widths(sheet: Worksheet, table: TablePlan) -> None:
    for measure in table.table.measures:
        column = table.columns[measure.code]
        sheet.set_column(column, column, _WIDTHS.get(measure.type, _NUMBER_WIDTH))
    sheet.set_column(table.previous_column, table.previous_column, _NUMBER_WIDTH)


def _write_head(sheet: Worksheet, styles: Styles, table: TablePlan) -> None:
    sheet.write_string(table.code_row, CODE_COLUMN, f"#{table.table.id}")
    sheet.set_row(table.code_row, None, None, {"hidden": True})
    head = styles.head()
    for column, text in ((NUMBER_COLUMN, "TT"), (LABEL_COLUMN, "Nội dung"), (UNIT_COLUMN, "Đơn vị tính")):
        sheet.write_string(table.head_row, column, text, head)
    for measure in table.table.measures:
        column = table.columns[measure.code]
        sheet.write_string(table.code_row, column, measure.code)
        sheet.write_string(table.head_row, column, measure.label.vi, head)
    sheet.write_string(table.head_row, table.previous_column, "Kỳ trước", head)
    sheet.set_row(table.head_row, 2 * _LINE_HEIGHT + 4)


def _write_row(
    sheet: Worksheet,
    styles: Styles,
    plans: Mapping[str, SheetPlan],
    form: Form,
    table: TablePlan,
    row: int,
    asked: Indicator | Heading,
    content: Content,
    values: Values,
) -> None:
    bold = isinstance(asked, Heading) or asked.indent == 0
    label = _label(asked, content)
    sheet.set_row(row, _LINE_HEIGHT * lines_needed(label, _LABEL_WIDTH - 2 * asked.indent, bold=bold) + 2)
    sheet.write_string(row, NUMBER_COLUMN, asked.no, styles.table(align="center", bold=bold))
    sheet.write_string(row, LABEL_COLUMN, label, styles.table(indent=asked.indent, bold=bold))
    if isinstance(asked, Heading):
        for column in range(UNIT_COLUMN, table.last_column + 1):
            sheet.write_blank(row, column, None, styles.table())
        return
    sheet.write_string(row, CODE_COLUMN, asked.code)
    sheet.write_string(row, UNIT_COLUMN, asked.unit, styles.table(align="center"))
    for measure in table.table.measures:
        column = table.columns[measure.code]
        cell = table.table.cells.get(Key(form.id, asked.code, measure.code))
        if cell is None or content.level not in cell.levels:
            sheet.write_blank(row, column, None, styles.table(bg_color=NOT_ASKED))
        else:
            _write_cell(sheet, styles, plans, cell, row, column, content, values)
    _write_previous(sheet, styles, form, table, row, asked, content)


def _label(asked: Indicator | Heading, content: Content) -> str:
    """The row's label; a threshold target says of what it is a share."""
    target = content.targets.get(asked.code) if isinstance(asked, Indicator) else None
    if target is None or not (target.base or target.op == ">="):
        return asked.label.vi
    threshold = f"{target.value:g}".replace(".", ",")
    sign = " trở lên" if target.op == ">=" else ""
    unit = " %" if isinstance(asked, Indicator) and asked.unit == "%" else ""
    return f"{asked.label.vi} (chỉ tiêu: {threshold}{unit}{sign} {target.base})".replace(" )", ")")


def _write_cell(
    sheet: Worksheet,
    styles: Styles,
    plans: Mapping[str, SheetPlan],
    cell: Cell,
    row: int,
    column: int,
    content: Content,
    values: Values,
) -> None:
    mark = content.marks.get(cell.key)
    style = _style(styles, cell, MARKS[mark.severity] if mark else None)
    if mark:
        sheet.write_comment(row, column, mark.comment, {"x_scale": 2.6, "y_scale": 1.6, "font_size": 10})
    entry = content.entries.get(cell.key)
    if entry is not None and cell.role != "issuer":
        sheet.write(row, column, entry, style)
    elif cell.role == "issuer":
        target = content.targets.get(cell.key.indicator)
        sheet.write(row, column, target.value if target else None, style)
    else:
        formula = _formula(plans, cell, content)
        if formula is None:
            sheet.write_blank(row, column, None, style)
        else:
            sheet.write_formula(row, column, formula, style, values.get(cell.key, ""))


def _formula(plans: Mapping[str, SheetPlan], cell: Cell, content: Content) -> str | None:
    try:
        if cell.role == "computed" and cell.ratio is not None:
            return formulas.percentage(plans, cell.ratio, cell.decimals)
        if cell.derived is not None:
            return formulas.derived(plans, cell.derived)
        if cell.link is not None:
            return formulas.linked(plans, cell.link)
        if cell.judges is not None and cell.key.indicator in content.targets:
            return formulas.target_verdict(plans, *cell.judges, content.targets[cell.key.indicator].op)
    except formulas.NotInPackage:
        return None
    return None


def _style(styles: Styles, cell: Cell, mark: str | None) -> Format:
    if cell.role == "input":
        look: dict[str, Any] = {"bg_color": INPUT, "locked": False}
    elif cell.role == "note":
        look = {"bg_color": INPUT, "locked": False, "font_size": 11}
    else:
        look = {"bg_color": COMPUTED}
    if cell.is_number:
        look |= {"num_format": _shown_as(cell), "align": "right"}
    elif cell.role == "verdict":
        look |= {"align": "center"}
    else:
        look |= {"num_format": "@"}
    if mark:
        look["bg_color"] = mark
    return styles.table(**look)


def _shown_as(cell: Cell) -> str:
    if cell.role == "issuer" and cell.type == "percent":
        return f'{AS_IT_IS}"%"'
    return number_format(cell.type, cell.decimals if cell.role == "computed" else 0)


def _write_previous(
    sheet: Worksheet, styles: Styles, form: Form, table: TablePlan, row: int, asked: Indicator, content: Content
) -> None:
    """Last period's figure of the first measure that the unit fills, beside its input."""
    style = styles.table(bg_color=COMPUTED, align="right", font_color="#595959", num_format=number_format("count"))
    for measure in table.table.measures:
        key = Key(form.id, asked.code, measure.code)
        cell = table.table.cells.get(key)
        if cell is not None and cell.is_number and cell.role in ("input", "derived"):
            shown = {"bg_color": COMPUTED, "align": "right", "font_color": "#595959", "num_format": _shown_as(cell)}
            sheet.write(row, table.previous_column, content.previous.get(key), styles.table(**shown))
            return
    sheet.write_blank(row, table.previous_column, None, style)


def _write_validation(sheet: Worksheet, form: Form, table: TablePlan, content: Content) -> None:
    """Whole numbers, percentages and means, one rule for all cells of a kind."""
    ranges: dict[str, list[str]] = {}
    for row, asked in table.rows:
        if not isinstance(asked, Indicator):
            continue
        for measure, column in table.columns.items():
            cell = table.table.cells.get(Key(form.id, asked.code, measure))
            if cell and cell.role == "input" and cell.is_number and content.level in cell.levels:
                kind: str = "count" if cell.type == "money" else cell.type
                ranges.setdefault(kind, []).append(a1(row, column))
    for kind, addresses in ranges.items():
        sheet.data_validation(addresses[0], {**_PROMPTS[kind], "multi_range": " ".join(addresses)})
