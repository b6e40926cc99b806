"""The sheet that shows, live and without macros, what is missing and what does not agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipeline import formulas, formulas_list
from pipeline.formulas import OWN, Sight, key_of
from pipeline.formulas_check import MATCHED, MISMATCHED, UNDECIDED, check_parts, check_verdict, rows_verdict, verdict
from pipeline.layout import ListPlan, TablePlan, a1, column_letters
from pipeline.package_made import Package
from pipeline.package_page import FINE_COLOUR
from pipeline.package_rules import Judged
from pipeline.styles import MARKS, Styles, lines_needed, print_setup
from pipeline.verdicts import Numbers, Verdict, label_of, residuals
from schemas.edit import Compare, Linear, Ref, refs_of
from schemas.form import Cell, Form

_NUMBER, _LABEL, _RESULT, _GAP, _LINK = 1, 2, 3, 4, 5
_HELPERS = 6
_FIRST = 8
_LABEL_WIDTH = 62.0
_SHOWN = {Verdict.PASS: MATCHED, Verdict.FAIL: MISMATCHED, Verdict.UNKNOWN: UNDECIDED}
_MISSING = "chưa điền"


@dataclass(frozen=True, slots=True)
class _Looks:
    """How the columns of the sheet look."""

    name: Format
    label: Format
    result: Format
    gap: Format
    link: Format


@dataclass(frozen=True, slots=True)
class _Desk:
    """The sheet while it is written."""

    sheet: Worksheet
    styles: Styles
    package: Package
    forms: Mapping[str, Form]
    looks: _Looks


@dataclass(frozen=True, slots=True)
class _Rows:
    """The line for a table whose rows say themselves what is wrong: how many do, whether any is filled, where."""

    form: str
    title: str
    failing_formula: str
    filled_formula: str
    failing: int
    filled: int
    place: str

    @property
    def verdict(self) -> Verdict:
        """Unknown while nothing is filled."""
        if not self.filled:
            return Verdict.UNKNOWN
        return Verdict.FAIL if self.failing else Verdict.PASS


def write_checks(sheet: Worksheet, styles: Styles, package: Package) -> None:
    """Write the sheet: a summary, a line a check in the order of the forms, a line a cell still empty."""
    content = package.content
    desk = _Desk(sheet, styles, package, {form.id: form for form in content.forms}, _looks(styles))
    lines = list(_lines(package))
    cells = [cell for form in content.forms for cell in form.cells() if _is_asked(package, cell)]
    empty = {cell.key for cell in cells if cell.key not in package.known and not content.entries.get(cell.key)}
    last_check = _FIRST + len(lines) - 1
    first_cell = last_check + 4
    failed = sum(line.verdict == Verdict.FAIL for line in lines)
    _write_frame(desk, (last_check, first_cell, first_cell + len(cells) - 1), failed, len(empty))
    for row, line in enumerate(lines, start=_FIRST):
        if isinstance(line, _Rows):
            _write_rows(desk, line, row)
        else:
            _write_check(desk, line, row)
    for row, cell in enumerate(cells, start=first_cell):
        _write_missing(desk, cell, row, filled=cell.key not in empty)
    sheet.print_area(0, _NUMBER, first_cell + len(cells), _LINK)
    print_setup(sheet, landscape=False, footer=content.footer, repeat=(_FIRST - 1, _FIRST - 1))
    sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True})


def _looks(styles: Styles) -> _Looks:
    return _Looks(
        styles.table(font_size=10),
        styles.table(),
        styles.table(align="center"),
        styles.table(num_format="#,##0;-#,##0;0", align="right"),
        styles.table(font_color="#0563C1", underline=1, align="center"),
    )


def _lines(package: Package) -> Iterator[Judged | _Rows]:
    """The lines form by form: first the tables whose rows are checked each by itself, then what relates rows."""
    for form in package.content.forms:
        for part in package.plans[form.id].parts:
            rows = _of_list(package, form, part) if isinstance(part, ListPlan) else _of_table(package, form, part)
            if rows is not None:
                yield rows
        yield from (one for one in package.live.lines if one.check.form == form.id)


def _of_list(package: Package, form: Form, one: ListPlan) -> _Rows:
    shown = [line for line in package.lists[form.id].lines if line.key]
    failing = sum(line.says != formulas_list.FINE for line in shown)
    formula, filled = formulas_list.failing(form.id, one), formulas_list.filled(form.id, one)
    title = one.table.title.vi or form.title.vi
    return _Rows(form.id, title, formula, filled, failing, len(shown), a1(one.head_row + 1, one.check_column))


def _of_table(package: Package, form: Form, table: TablePlan) -> _Rows | None:
    """Nothing for a table whose rows have no relations of their own."""
    names = [(form.id, row.code) for row in table.table.indicators]
    rules = {name: package.live.of_rows[name] for name in names if name in package.live.of_rows}
    if not rules:
        return None
    keys = {key_of(ref) for judged in rules.values() for one in judged for ref in refs_of(one.check.rule)}
    cells = [cell for key in keys if (cell := table.table.cells.get(key)) is not None and cell.role != "issuer"]
    columns = sorted({table.columns[cell.key.measure] for cell in cells})
    ends = (names[0][1], names[-1][1])
    filled = f"COUNT({','.join(formulas.block(form.id, column, *ends) for column in columns)})"
    failing = f'COUNTIF({formulas.block(form.id, table.check_column, *ends)},"?*")'
    title = table.table.title.vi or form.title.vi
    here, measures = frozenset(names), {cell.key.measure for cell in cells}
    known = sum(key.measure in measures for key in package.known if key[:2] in here)
    wrong = sum(package.live.says(name) != "" for name in rules)
    return _Rows(form.id, title, failing, filled, wrong, known, a1(table.rows[0][0], table.check_column))


def _is_asked(package: Package, cell: Cell) -> bool:
    """Whether the unit must fill the cell itself; a linked one is empty only while another is."""
    asked = cell.role == "input" and cell.is_number and cell.required
    return asked and package.content.level in cell.levels and cell.key not in package.linked


def _write_frame(desk: _Desk, rows: tuple[int, int, int], failed: int, unfilled: int) -> None:
    sheet, styles, content = desk.sheet, desk.styles, desk.package.content
    last_check, first_cell, last_cell = rows
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 0, None, {"hidden": True})
    for column, width in ((_NUMBER, 9), (_LABEL, _LABEL_WIDTH), (_RESULT, 19), (_GAP, 14), (_LINK, 14)):
        sheet.set_column(column, column, width)
    sheet.set_column(_HELPERS, _HELPERS + 4, 0, None, {"hidden": True})
    title = styles.get(bold=True, align="center", font_size=14)
    sheet.merge_range(0, _NUMBER, 0, _LINK, "KIỂM TRA TRƯỚC KHI GỬI", title)
    sheet.merge_range(1, _NUMBER, 1, _LINK, f"{content.unit} – {content.unit_name}", styles.get(align="center"))
    result = column_letters(_RESULT)
    wrong = f'=COUNTIF({result}{_FIRST + 1}:{result}{last_check + 1},"{MISMATCHED}")'
    empty = f'=COUNTIF({result}{first_cell + 1}:{result}{last_cell + 1},"{_MISSING}")'
    summary = (("Số chỗ không khớp", wrong, failed), ("Số ô chưa điền", empty, unfilled))
    for i, (label, formula, value) in enumerate(summary):
        sheet.write_string(3 + i, _LABEL, label, styles.table(bold=True))
        sheet.write_formula(3 + i, _RESULT, formula, styles.table(bold=True, align="center", num_format="0"), value)
    _write_heads(desk, _FIRST - 1, ("Quy tắc", "Nội dung đối chiếu", "Kết quả", "Chênh lệch", "Xem ô"))
    _write_heads(desk, first_cell - 1, ("Biểu", "Số liệu chưa điền", "Tình trạng", "", "Xem ô"))
    sheet.freeze_panes(_FIRST, 0)
    if last_check >= _FIRST:
        sheet.autofilter(_FIRST - 1, _NUMBER, last_check, _LINK)
    for text, colour in ((MISMATCHED, MARKS["hard"]), (_MISSING, MARKS["soft"]), (MATCHED, FINE_COLOUR)):
        rule = {"type": "cell", "criteria": "==", "value": f'"{text}"', "format": styles.get(bg_color=colour)}
        sheet.conditional_format(_FIRST, _RESULT, last_cell, _RESULT, rule)


def _write_heads(desk: _Desk, row: int, heads: Sequence[str]) -> None:
    for column, text in enumerate(heads, start=_NUMBER):
        desk.sheet.write_string(row, column, text, desk.styles.head())


def _write_check(desk: _Desk, judged: Judged, row: int) -> None:
    sheet, check, found = desk.sheet, judged.check, judged.verdict
    sight, numbers = Sight(desk.package.plans, desk.package.content.constants), desk.package.live.numbers
    shown, looks = _SHOWN[found], desk.looks
    _write_label(desk, row, check.edit.id, label_of(check, desk.forms).vi)
    if isinstance(check.rule, Compare):
        residual = check.rule.residual
        known = float(residuals([residual], numbers)[0, 0])
        blanks = _blank_counts(residual, check.rule.parts, numbers)
        for i, (formula, value) in enumerate(zip(check_parts(sight, check.rule), (known, *blanks), strict=True)):
            sheet.write_formula(row, _HELPERS + i, formula, None, value)
        places = [a1(row, _HELPERS + i) for i in range(5)]
        sheet.write_formula(row, _RESULT, check_verdict(check.rule, *places), looks.result, shown)
        gap = f'=IF({a1(row, _RESULT)}="{MISMATCHED}",{places[0]},"")'
        sheet.write_formula(row, _GAP, gap, looks.gap, known if found == Verdict.FAIL else "")
    else:
        sheet.write_formula(row, _RESULT, f"={verdict(sight, check.rule)}", looks.result, shown)
        sheet.write_blank(row, _GAP, None, looks.gap)
    first = key_of(next(ref for ref in refs_of(check.rule) if ref.kind in OWN))
    _write_link(desk, first.form, desk.package.plans[first.form].address(first), row)


def _write_rows(desk: _Desk, line: _Rows, row: int) -> None:
    """How many rows of a table are wrong; which, the column beside them says."""
    sheet, failing = desk.sheet, a1(row, _HELPERS)
    _write_label(desk, row, line.form, f"Số dòng chưa đạt ở cột Kiểm tra: {line.title}")
    sheet.write_formula(row, _HELPERS, f"={line.failing_formula}", None, line.failing)
    sheet.write_formula(row, _HELPERS + 1, f"={line.filled_formula}", None, line.filled)
    says = rows_verdict(failing, a1(row, _HELPERS + 1))
    sheet.write_formula(row, _RESULT, says, desk.looks.result, _SHOWN[line.verdict])
    sheet.write_formula(row, _GAP, f'=IF({failing}>0,{failing},"")', desk.looks.gap, line.failing or "")
    _write_link(desk, line.form, line.place, row)


def _write_label(desk: _Desk, row: int, name: str, label: str) -> None:
    desk.sheet.set_row(row, 16.5 * lines_needed(label, _LABEL_WIDTH) + 2)
    desk.sheet.write_string(row, _NUMBER, name, desk.looks.name)
    desk.sheet.write_string(row, _LABEL, label, desk.looks.label)


def _blank_counts(residual: Linear, parts: frozenset[Ref], numbers: Numbers) -> tuple[int, int, int, int]:
    terms = residual.terms
    blank = {ref for _, ref in terms if np.isnan(numbers.values[0, numbers.column[ref]])}
    rise = sum(1 for weight, ref in terms if weight > 0 and ref in blank)
    fall = sum(1 for weight, ref in terms if weight < 0 and ref in blank)
    whole = sum(1 for _, ref in terms if ref not in parts and ref in blank)
    # COUNT sees only cells; a constant known at issue stands in the formula itself.
    filled = sum(1 for _, ref in terms if ref not in blank and ref.kind in OWN)
    return rise, fall, whole, filled


def _write_missing(desk: _Desk, cell: Cell, row: int, *, filled: bool) -> None:
    form = desk.forms[cell.key.form]
    table = next(table for table in form.tables if table.id == cell.table)
    label = f"{form.indicator(cell.key.indicator).label.vi} – {table.measure(cell.key.measure).label.vi}"
    _write_label(desk, row, cell.key.form, label)
    formula = f'=IF(LEN({formulas.cell(desk.package.plans, cell.key)})=0,"{_MISSING}","")'
    desk.sheet.write_formula(row, _RESULT, formula, desk.looks.result, "" if filled else _MISSING)
    desk.sheet.write_blank(row, _GAP, None, desk.looks.label)
    _write_link(desk, form.id, desk.package.plans[form.id].address(cell.key), row)


def _write_link(desk: _Desk, form: str, address: str, row: int) -> None:
    desk.sheet.write_url(row, _LINK, f"internal:'{form}'!{address}", desk.looks.link, f"{form}!{address}")
