"""The sheet that shows, live and without macros, what is missing and what does not agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np
from xlsxwriter.worksheet import Worksheet

from pipeline import formulas
from pipeline.layout import SheetPlan, a1, column_letters
from pipeline.package_values import Content, Values, known_numbers
from pipeline.styles import MARKS, Styles, lines_needed, print_setup
from pipeline.verdicts import Check, Numbers, Verdict, judge, label_of, residuals
from schemas.edit import Compare, Linear, Ref, Within, refs_of
from schemas.form import Cell, Form, Key

_NUMBER, _LABEL, _RESULT, _GAP, _LINK = 1, 2, 3, 4, 5
_HELPERS = 6
_FIRST = 8
_LABEL_WIDTH = 62.0
_SHOWN = {Verdict.PASS: formulas.MATCHED, Verdict.FAIL: formulas.MISMATCHED, Verdict.UNKNOWN: formulas.UNDECIDED}
_MISSING = "chưa điền"


def write_checks(
    sheet: Worksheet, styles: Styles, plans: Mapping[str, SheetPlan], content: Content, values: Values
) -> None:
    """Write the sheet: a summary, a row for each check, a row for each cell still empty."""
    here = {cell.key: cell for form in content.forms for cell in form.cells()}
    checks = [check for check in _live_checks(content.forms) if _can_be_live(plans, content, here, check)]
    known = known_numbers(content, values)
    numbers = _numbers(content, known, checks)
    verdicts = judge([check.rule for check in checks], numbers)[0] if checks else np.zeros(0, dtype=np.int8)
    cells = [cell for cell in here.values() if _is_asked(cell, content)]
    empty = {cell.key for cell in cells if cell.key not in known and not content.entries.get(cell.key)}
    last_check = _FIRST + len(checks) - 1
    first_cell = last_check + 4
    rows = (last_check, first_cell, first_cell + len(cells) - 1)
    _write_frame(sheet, styles, content, rows, int((verdicts == Verdict.FAIL).sum()), len(empty))
    for i, check in enumerate(checks):
        _write_check(sheet, styles, plans, content, check, _FIRST + i, int(verdicts[i]), numbers)
    for i, cell in enumerate(cells):
        _write_missing(sheet, styles, plans, content, cell, first_cell + i, filled=cell.key not in empty)
    sheet.print_area(0, _NUMBER, first_cell + len(cells), _LINK)
    print_setup(sheet, landscape=False, footer=content.footer, repeat=(_FIRST - 1, _FIRST - 1))
    sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True})


def _live_checks(forms: tuple[Form, ...]) -> Iterator[Check]:
    """Every hard relation, and the soft ones that are a single relation; a soft one for each row would bury them."""
    for form in forms:
        for table in form.tables:
            for edit in table.edits:
                if edit.severity == "hard" or len(edit.checks) <= 2:
                    for rule in edit.checks:
                        if isinstance(rule, Compare | Within):
                            yield Check(edit, rule, form.id, table.id)


def _can_be_live(plans: Mapping[str, SheetPlan], content: Content, here: Mapping[Key, Cell], check: Check) -> bool:
    """Whether all its numbers are in this package or known at issue, and the unit's level fills at least one."""
    asked = False
    for ref in refs_of(check.rule):
        if ref.kind == "cell":
            cell = here.get(Key(ref.form, ref.indicator, ref.measure))
            if cell is None or cell.key not in plans[ref.form].places or content.level not in cell.levels:
                return False
            if cell.role == "issuer" and cell.key.indicator not in content.targets:
                return False
            asked = True
        elif ref not in content.constants:
            return False
    return asked


def _is_asked(cell: Cell, content: Content) -> bool:
    return cell.role == "input" and cell.is_number and cell.required and content.level in cell.levels


def _numbers(content: Content, known: Mapping[Key, float], checks: list[Check]) -> Numbers:
    refs = tuple(dict.fromkeys(ref for check in checks for ref in refs_of(check.rule)))
    row = [
        known.get(Key(ref.form, ref.indicator, ref.measure), np.nan)
        if ref.kind == "cell"
        else content.constants.get(ref, np.nan)
        for ref in refs
    ]
    return Numbers(MappingProxyType({ref: j for j, ref in enumerate(refs)}), np.array([row], dtype=np.float64))


def _write_frame(
    sheet: Worksheet,
    styles: Styles,
    content: Content,
    rows: tuple[int, int, int],
    failed: int,
    unfilled: int,
) -> None:
    last_check, first_cell, last_cell = rows
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 0, None, {"hidden": True})
    for column, width in ((_NUMBER, 9), (_LABEL, _LABEL_WIDTH), (_RESULT, 19), (_GAP, 14), (_LINK, 14)):
        sheet.set_column(column, column, width)
    sheet.set_column(_HELPERS, _HELPERS + 4, 0, None, {"hidden": True})
    sheet.merge_range(
        0, _NUMBER, 0, _LINK, "KIỂM TRA TRƯỚC KHI GỬI", styles.get(bold=True, align="center", font_size=14)
    )
    sheet.merge_range(1, _NUMBER, 1, _LINK, f"{content.unit} – {content.unit_name}", styles.get(align="center"))
    result = column_letters(_RESULT)
    wrong = f'=COUNTIF({result}{_FIRST + 1}:{result}{last_check + 1},"{formulas.MISMATCHED}")'
    empty = f'=COUNTIF({result}{first_cell + 1}:{result}{last_cell + 1},"{_MISSING}")'
    summary = (("Số chỗ không khớp", wrong, failed), ("Số ô chưa điền", empty, unfilled))
    for i, (label, formula, value) in enumerate(summary):
        sheet.write_string(3 + i, _LABEL, label, styles.table(bold=True))
        sheet.write_formula(3 + i, _RESULT, formula, styles.table(bold=True, align="center", num_format="0"), value)
    heads = ("Quy tắc", "Nội dung đối chiếu", "Kết quả", "Chênh lệch", "Xem ô")
    for column, text in enumerate(heads, start=_NUMBER):
        sheet.write_string(_FIRST - 1, column, text, styles.head())
    missing_heads = ("Biểu", "Số liệu chưa điền", "Tình trạng", "", "Xem ô")
    for column, text in enumerate(missing_heads, start=_NUMBER):
        sheet.write_string(first_cell - 1, column, text, styles.head())
    sheet.freeze_panes(_FIRST, 0)
    for text, colour in (
        (formulas.MISMATCHED, MARKS["hard"]),
        (_MISSING, MARKS["soft"]),
        (formulas.MATCHED, "#D5F0D5"),
    ):
        sheet.conditional_format(
            _FIRST,
            _RESULT,
            last_cell,
            _RESULT,
            {"type": "cell", "criteria": "==", "value": f'"{text}"', "format": styles.get(bg_color=colour)},
        )


def _write_check(
    sheet: Worksheet,
    styles: Styles,
    plans: Mapping[str, SheetPlan],
    content: Content,
    check: Check,
    row: int,
    verdict: int,
    numbers: Numbers,
) -> None:
    label = label_of(check, {form.id: form for form in content.forms}).vi
    sheet.set_row(row, 16.5 * lines_needed(label, _LABEL_WIDTH) + 2)
    sheet.write_string(row, _NUMBER, check.edit.id, styles.table(font_size=10))
    sheet.write_string(row, _LABEL, label, styles.table())
    shown = _SHOWN[Verdict(verdict)]
    centred = styles.table(align="center")
    gap_style = styles.table(num_format="#,##0;-#,##0;0", align="right")
    if isinstance(check.rule, Compare):
        residual = check.rule.residual
        known = float(residuals([residual], numbers)[0, 0])
        blanks = _blank_counts(residual, check.rule.parts, numbers)
        helpers = formulas.check_parts(plans, content.constants, check.rule)
        for i, (formula, value) in enumerate(zip(helpers, (known, *blanks), strict=True)):
            sheet.write_formula(row, _HELPERS + i, formula, styles.get(), value)
        places = [a1(row, _HELPERS + i) for i in range(5)]
        sheet.write_formula(row, _RESULT, formulas.check_verdict(check.rule, *places), centred, shown)
        gap = f'=IF({a1(row, _RESULT)}="{formulas.MISMATCHED}",{places[0]},"")'
        sheet.write_formula(row, _GAP, gap, gap_style, known if shown == formulas.MISMATCHED else "")
    elif isinstance(check.rule, Within):
        sheet.write_formula(row, _RESULT, formulas.range_verdict(plans, content.constants, check.rule), centred, shown)
        sheet.write_blank(row, _GAP, None, gap_style)
    first = next(ref for ref in refs_of(check.rule) if ref.kind == "cell")
    _write_link(sheet, styles, plans, Key(first.form, first.indicator, first.measure), row)


def _blank_counts(residual: Linear, parts: frozenset[Ref], numbers: Numbers) -> tuple[int, int, int, int]:
    terms = residual.terms
    blank = {ref for _, ref in terms if np.isnan(numbers.values[0, numbers.column[ref]])}
    rise = sum(1 for weight, ref in terms if weight > 0 and ref in blank)
    fall = sum(1 for weight, ref in terms if weight < 0 and ref in blank)
    whole = sum(1 for _, ref in terms if ref not in parts and ref in blank)
    # COUNT sees only cells; a constant known at issue stands in the formula itself.
    filled = sum(1 for _, ref in terms if ref not in blank and ref.kind == "cell")
    return rise, fall, whole, filled


def _write_missing(
    sheet: Worksheet,
    styles: Styles,
    plans: Mapping[str, SheetPlan],
    content: Content,
    cell: Cell,
    row: int,
    *,
    filled: bool,
) -> None:
    form = next(form for form in content.forms if form.id == cell.key.form)
    table = next(table for table in form.tables if table.id == cell.table)
    label = f"{form.indicator(cell.key.indicator).label.vi} – {table.measure(cell.key.measure).label.vi}"
    sheet.set_row(row, 16.5 * lines_needed(label, _LABEL_WIDTH) + 2)
    sheet.write_string(row, _NUMBER, cell.key.form, styles.table(font_size=10))
    sheet.write_string(row, _LABEL, label, styles.table())
    formula = f'=IF(LEN({formulas.cell(plans, cell.key)})=0,"{_MISSING}","")'
    sheet.write_formula(row, _RESULT, formula, styles.table(align="center"), "" if filled else _MISSING)
    sheet.write_blank(row, _GAP, None, styles.table())
    _write_link(sheet, styles, plans, cell.key, row)


def _write_link(sheet: Worksheet, styles: Styles, plans: Mapping[str, SheetPlan], key: Key, row: int) -> None:
    address = plans[key.form].address(key)
    link = styles.table(font_color="#0563C1", underline=1, align="center")
    sheet.write_url(row, _LINK, f"internal:'{key.form}'!{address}", link, f"{key.form}!{address}")
