"""A matrix of a package: heads, rows, input cells, formulas with their values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from xlsxwriter.format import Format

from pipeline import formulas
from pipeline.formulas_check import first_failing, verdict
from pipeline.layout import CODE_COLUMN, END, LABEL_COLUMN, NUMBER_COLUMN, UNIT_COLUMN, TablePlan, a1
from pipeline.looks import issued_format, number_format
from pipeline.messages import number
from pipeline.package_made import Package
from pipeline.package_page import LINE_HEIGHT, NUMBERS, Page
from pipeline.package_rules import OfRow, Pattern, RowName
from pipeline.package_values import Content
from pipeline.styles import COMPUTED, NOT_ASKED, lines_needed
from schemas.edit import refs_of
from schemas.form import Cell, Heading, Indicator, Key
from schemas.targets import Target

_LABEL_WIDTH = 44.0
_WIDTHS = {"text": 24.0, "verdict": 13.0, "percent": 10.0, "money": 15.0}
_NUMBER_WIDTH = 13.0
_CHECK_WIDTH = 46.0
_GREY = "#595959"


def table_widths(page: Page, table: TablePlan) -> Iterator[tuple[int, float]]:
    """How wide each column would be; nothing for one that no row asks of the unit's level."""
    yield NUMBER_COLUMN, 6.0
    yield LABEL_COLUMN, _LABEL_WIDTH
    yield UNIT_COLUMN, 10.0
    yield table.previous_column, _NUMBER_WIDTH
    if any((page.form.id, row.code) in page.package.live.of_rows for row in table.table.indicators):
        yield table.check_column, _CHECK_WIDTH
    for kind, code in dict.fromkeys((cell.type, key.measure) for key, cell in _asked(page, table)):
        column = table.columns[code]
        # A note that reaches over several columns needs no width of its own.
        if _reach(table, column) == column:
            yield column, _WIDTHS.get(kind, _NUMBER_WIDTH)


def _asked(page: Page, table: TablePlan) -> Iterator[tuple[Key, Cell]]:
    """The cells that the unit's level has."""
    return ((key, cell) for key, cell in table.table.cells.items() if page.content.level in cell.levels)


def write_table(page: Page, table: TablePlan) -> None:
    """Write one matrix."""
    page.write_title(table)
    _write_head(page, table)
    for row, asked in table.rows:
        _write_row(page, table, row, asked)
    page.hide_row(table.end_row, END)
    _write_validation(page, table)
    _write_row_checks(page, table)


def _reach(table: TablePlan, column: int) -> int:
    """The column up to which a cell reaches: the last note goes to the edge of the sheet."""
    notes = [place for place in table.columns.values() if place > table.previous_column]
    return table.last_column if notes and column == max(notes) else column


def _write_head(page: Page, table: TablePlan) -> None:
    sheet, head = page.sheet, page.styles.head()
    page.hide_row(table.code_row, f"#{table.table.id}")
    for column, text in ((NUMBER_COLUMN, "TT"), (LABEL_COLUMN, "Nội dung"), (UNIT_COLUMN, "Đơn vị tính")):
        sheet.write_string(table.head_row, column, text, head)
    for measure in table.table.measures:
        column = table.columns[measure.code]
        sheet.write_string(table.code_row, column, measure.code)
        _join(page, table, table.head_row, column, head)
        sheet.write_string(table.head_row, column, measure.label.vi, head)
    sheet.write_string(table.head_row, table.previous_column, "Kỳ trước", head)
    labels = [measure.label.vi for measure in table.table.measures]
    lines = max(2, *(lines_needed(label, _NUMBER_WIDTH, bold=True) for label in labels))
    sheet.set_row(table.head_row, lines * LINE_HEIGHT + 4)


def _join(page: Page, table: TablePlan, row: int, column: int, style: Format) -> None:
    """Make one cell of those that a note reaches over."""
    last = _reach(table, column)
    if last > column:
        page.sheet.merge_range(row, column, row, last, "", style)


def _write_row(page: Page, table: TablePlan, row: int, asked: Indicator | Heading) -> None:
    sheet, styles, content = page.sheet, page.styles, page.content
    bold = isinstance(asked, Heading) or asked.indent == 0
    label = _label(asked, content)
    sheet.set_row(row, LINE_HEIGHT * lines_needed(label, _LABEL_WIDTH - 2 * asked.indent, bold=bold) + 2)
    sheet.write_string(row, NUMBER_COLUMN, asked.no, styles.table(align="center", bold=bold))
    sheet.write_string(row, LABEL_COLUMN, label, styles.table(indent=asked.indent, bold=bold))
    if isinstance(asked, Heading):
        for column in (UNIT_COLUMN, table.previous_column, *table.columns.values()):
            _join(page, table, row, column, styles.table())
            sheet.write_blank(row, column, None, styles.table())
        return
    sheet.write_string(row, CODE_COLUMN, asked.code)
    sheet.write_string(row, UNIT_COLUMN, asked.unit, styles.table(align="center"))
    for measure in table.table.measures:
        column = table.columns[measure.code]
        cell = table.table.cells.get(Key(page.form.id, asked.code, measure.code))
        if cell is None or content.level not in cell.levels:
            grey = styles.table(bg_color=NOT_ASKED)
            _join(page, table, row, column, grey)
            sheet.write_blank(row, column, None, grey)
        else:
            _write_cell(page, table, cell, row, column)
    _write_previous(page, table, row, asked)


def _label(asked: Indicator | Heading, content: Content) -> str:
    """The row's label; a threshold target says of what it is a share."""
    target = content.targets.get(asked.code) if isinstance(asked, Indicator) else None
    if target is None or not (target.base or target.op == ">="):
        return asked.label.vi
    threshold = f"{target.value:g}".replace(".", ",")
    sign = " trở lên" if target.op == ">=" else ""
    unit = " %" if isinstance(asked, Indicator) and asked.unit == "%" else ""
    return f"{asked.label.vi} (chỉ tiêu: {threshold}{unit}{sign} {target.base})".replace(" )", ")")


def _write_cell(page: Page, table: TablePlan, cell: Cell, row: int, column: int) -> None:
    sheet, content = page.sheet, page.content
    style = _style(page, cell)
    _join(page, table, row, column, style)
    entry = content.entries.get(cell.key)
    if cell.role == "issuer":
        target = content.targets.get(cell.key.indicator)
        sheet.show(row, column, partial(_given, cell.key.indicator), style)
        if target is not None and (said := _decisions(content, target)):
            sheet.write_comment(row, column, said, {"x_scale": 2.2, "font_size": 10})
    elif cell.key in content.plus and not isinstance(entry, str | None):
        formula = formulas.with_part(page.plans, entry, content.plus[cell.key])
        sheet.write_formula(row, column, formula, style, page.package.known[cell.key])
    elif entry is not None:
        sheet.write(row, column, entry, style)
    else:
        made = _formula(page.package, cell)
        if made is None:
            sheet.write_blank(row, column, None, style)
        else:
            sheet.show_formulas(row, (column,), (made,), partial(_value, cell.key), (style,))


def _given(indicator: str, package: Package) -> float | None:
    target = package.content.targets.get(indicator)
    return target.value if target else None


def _value(key: Key, package: Package) -> tuple[float | str]:
    return (package.values.get(key, ""),)


def _formula(package: Package, cell: Cell) -> formulas.Formula | None:
    plans, content = package.plans, package.content
    late: list[formulas.Late] = []
    try:
        if cell.role == "computed" and cell.ratio is not None:
            return formulas.percentage(plans, cell.ratio, cell.decimals)
        if cell.derived is not None:
            return formulas.derived(plans, cell.derived)
        if cell.link is not None and cell.key in package.linked:
            sight = formulas.Sight(plans, content.constants, late=late)
            return formulas.formula(formulas.linked(sight, cell.link), late)
        if cell.judges is not None and cell.key.indicator in content.targets:
            return formulas.target_verdict(plans, *cell.judges, content.targets[cell.key.indicator].op)
    except formulas.NotInPackage:
        return None
    return None


def _style(page: Page, cell: Cell) -> Format:
    if cell.is_number:
        look: dict[str, Any] = {"num_format": issued_format(cell), "align": "right"}
    elif cell.role == "verdict":
        look = {"align": "center"}
    else:
        look = {"num_format": "@"}
    if cell.role == "note":
        look["font_size"] = 11
    if cell.is_observed:
        return page.input_style(**look)
    return page.styles.table(bg_color=COMPUTED, **look)


def _decisions(content: Content, target: Target) -> str:
    """Which decision gave the target, where a later one replaced an earlier; both are named."""
    old = [one for one in content.replaced if one.indicator == target.indicator]
    if not old:
        return ""
    before = "; ".join(f"{number(one.value)} theo {one.decision} ngày {one.issued_on:%d/%m/%Y}" for one in old)
    return f"Chỉ tiêu {number(target.value)} theo {target.decision} ngày {target.issued_on:%d/%m/%Y}, thay {before}."


def _write_previous(page: Page, table: TablePlan, row: int, asked: Indicator) -> None:
    """Last period's figure of the first measure that the unit fills, beside its input."""
    look: dict[str, Any] = {"bg_color": COMPUTED, "align": "right", "font_color": _GREY}
    for measure in table.table.measures:
        cell = table.table.cells.get(Key(page.form.id, asked.code, measure.code))
        if cell is not None and cell.is_number and cell.role in ("input", "derived"):
            style = page.styles.table(**look, num_format=issued_format(cell))
            page.sheet.show(row, table.previous_column, partial(_before, cell.key), style)
            return
    style = page.styles.table(**look, num_format=number_format("count"))
    page.sheet.write_blank(row, table.previous_column, None, style)


def _before(key: Key, package: Package) -> float | None:
    return package.content.previous.get(key)


def _write_validation(page: Page, table: TablePlan) -> None:
    """Whole numbers, percentages and means, one rule for all cells of a kind."""
    rows: dict[tuple[str, int], list[int]] = {}
    for key, cell in _asked(page, table):
        if cell.role == "input" and cell.is_number:
            row, column = page.plans[page.form.id].places[key]
            rows.setdefault(("count" if cell.type == "money" else cell.type, column), []).append(row)
    ranges: dict[str, list[str]] = {}
    for (kind, column), found in rows.items():
        ranges.setdefault(kind, []).extend(f"{a1(a, column)}:{a1(b, column)}" for a, b in _runs(found))
    for kind, addresses in ranges.items():
        first = addresses[0].partition(":")[0]
        page.sheet.data_validation(first, {**NUMBERS[kind], "multi_range": " ".join(addresses)})


def _write_row_checks(page: Page, table: TablePlan) -> None:
    """Beside each row what is wrong with it, behind all that is printed."""
    sheet, live, column = page.sheet, page.package.live, table.check_column
    rows = [(row, (page.form.id, asked.code)) for row, asked in table.rows if isinstance(asked, Indicator)]
    if not any(name in live.of_rows for _, name in rows):
        return
    sheet.write_string(table.head_row, column, "Kiểm tra", page.styles.head())
    style = page.styles.table(font_size=11)
    same: dict[Pattern, str] = {}
    for row, name in rows:
        if name not in live.of_rows:
            sheet.write_blank(row, column, None, style)
            continue
        late: list[formulas.Late] = []
        sight = formulas.Sight(page.plans, page.content.constants, name, late=late)
        verdicts = [(one.check.edit.label.vi, _verdict(sight, one, same)) for one in live.of_rows[name]]
        says = formulas.formula("=" + first_failing(verdicts, '""'), late)
        sheet.show_formulas(row, (column,), (says,), partial(_says, name), (style,))
    page.colour_checks(rows[0][0], rows[-1][0], column)


def _says(name: RowName, package: Package) -> tuple[str]:
    return (package.live.says(name),)


def _verdict(sight: formulas.Sight, one: OfRow, same: dict[Pattern, str]) -> str:
    """The live verdict of a relation of one row; in every row the ``same``, unless an earlier figure stands in it."""
    rule = one.check.rule
    if any(ref.kind not in formulas.OWN for ref in refs_of(rule)):
        return verdict(sight, rule)
    if one.pattern not in same:
        same[one.pattern] = verdict(sight, rule)
    return same[one.pattern]


def _runs(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and the last of each run of neighbouring rows."""
    first = None
    for row, after in zip(rows, (*rows[1:], None), strict=True):
        first = row if first is None else first
        if after != row + 1:
            yield first, row
            first = None
