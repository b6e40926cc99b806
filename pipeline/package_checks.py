"""The sheet that shows, live and without macros, what is missing and what does not agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

from xlsxwriter.format import Format

from pipeline import formulas, formulas_list
from pipeline.formulas import OWN, Sight, key_of
from pipeline.formulas_check import (
    MATCHED,
    MISMATCHED,
    UNDECIDED,
    blank_refs,
    check_parts,
    check_verdict,
    rows_verdict,
    verdict,
)
from pipeline.layout import ListPlan, TablePlan, a1, column_letters
from pipeline.package_cells import PackageSheet, Shown
from pipeline.package_made import Package
from pipeline.package_page import FINE_COLOUR
from pipeline.styles import MARKS, Styles, lines_needed, print_setup
from pipeline.verdicts import Check, Verdict, label_of, value_of
from schemas.edit import Compare, Linear, Ref, refs_of
from schemas.form import Cell, Form, Key

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

    sheet: PackageSheet
    styles: Styles
    package: Package
    forms: Mapping[str, Form]
    looks: _Looks


@dataclass(frozen=True, slots=True)
class _Rows:
    """The line for a table whose rows say themselves what is wrong: how many do, how much is filled, where."""

    form: str
    title: str
    failing_formula: str
    filled_formula: str
    counts: Callable[[Package], tuple[int, int]]
    place: str

    def verdict(self, package: Package) -> Verdict:
        """Unknown while nothing is filled and nothing of it required."""
        failing, filled = self.counts(package)
        if failing:
            return Verdict.FAIL
        return Verdict.PASS if filled else Verdict.UNKNOWN


@dataclass(frozen=True, slots=True)
class _Line:
    """The line for a check that stands for itself, and its place among the live rules."""

    check: Check
    index: int

    def verdict(self, package: Package) -> Verdict:
        """What the check says of the package."""
        return package.live.lines[self.index].verdict


def write_checks(sheet: PackageSheet, styles: Styles, package: Package) -> None:
    """Write the sheet: a summary, a line a check in the order of the forms, a line a cell still empty."""
    content = package.content
    desk = _Desk(sheet, styles, package, {form.id: form for form in content.forms}, _looks(styles))
    lines = list(_lines(package))
    cells = [cell for form in content.forms for cell in form.cells() if _is_asked(package, cell)]
    last_check = _FIRST + len(lines) - 1
    first_cell = last_check + 4
    _write_frame(desk, (last_check, first_cell, first_cell + len(cells) - 1), partial(_summary, lines, cells))
    for row, line in enumerate(lines, start=_FIRST):
        if isinstance(line, _Rows):
            _write_rows(desk, line, row)
        else:
            _write_check(desk, line, row)
    for row, cell in enumerate(cells, start=first_cell):
        _write_missing(desk, cell, row)
    sheet.print_area(0, _NUMBER, first_cell + len(cells), _LINK)
    print_setup(sheet, landscape=False, footer=content.footer, repeat=(_FIRST - 1, _FIRST - 1))
    sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True})


def _summary(lines: Sequence[_Line | _Rows], cells: Sequence[Cell], package: Package) -> tuple[int, int]:
    """How many lines fail, and how many cells are empty."""
    failed = sum(line.verdict(package) == Verdict.FAIL for line in lines)
    return failed, sum(_is_empty(package, cell.key) for cell in cells)


def _is_empty(package: Package, key: Key) -> bool:
    return key not in package.known and not package.content.entries.get(key)


def _looks(styles: Styles) -> _Looks:
    return _Looks(
        styles.table(font_size=10),
        styles.table(),
        styles.table(align="center"),
        styles.table(num_format="#,##0;-#,##0;0", align="right"),
        styles.table(font_color="#0563C1", underline=1, align="center"),
    )


def _lines(package: Package) -> Iterator[_Line | _Rows]:
    """The lines form by form: first the tables whose rows are checked each by itself, then what relates rows."""
    for form in package.content.forms:
        for part in package.plans[form.id].parts:
            rows = _of_list(form, part) if isinstance(part, ListPlan) else _of_table(package, form, part)
            if rows is not None:
                yield rows
        lines = (_Line(one.check, index) for index, one in enumerate(package.live.lines))
        yield from (line for line in lines if line.check.form == form.id)


def _of_list(form: Form, one: ListPlan) -> _Rows:
    def counts(package: Package) -> tuple[int, int]:
        shown = [line for line in package.lists[form.id].lines if line.key]
        return sum(line.says != formulas_list.FINE for line in shown), len(shown)

    formula, filled = formulas_list.failing(form.id, one), formulas_list.filled(form.id, one)
    title = one.table.title.vi or form.title.vi
    return _Rows(form.id, title, formula, filled, counts, a1(one.head_row + 1, one.check_column))


def _of_table(package: Package, form: Form, table: TablePlan) -> _Rows | None:
    """Nothing for a table whose rows have no relations of their own."""
    names = [(form.id, row.code) for row in table.table.indicators]
    rules = {name: package.live.of_rows[name] for name in names if name in package.live.of_rows}
    if not rules:
        return None
    keys = {key_of(ref) for of_row in rules.values() for one in of_row for ref in refs_of(one.check.rule)}
    cells = [cell for key in keys if (cell := table.table.cells.get(key)) is not None and cell.role != "issuer"]
    columns = sorted({table.columns[cell.key.measure] for cell in cells})
    ends = (names[0][1], names[-1][1])
    filled = f"COUNT({','.join(formulas.block(form.id, column, *ends) for column in columns)})"
    failing = f'COUNTIF({formulas.block(form.id, table.check_column, *ends)},"?*")'
    title = table.table.title.vi or form.title.vi
    measures = {cell.key.measure for cell in cells}
    here = frozenset(Key(*name, measure) for name, measure in product(names, measures))

    def counts(package: Package) -> tuple[int, int]:
        return sum(name in rules for name in package.live.failing), len(package.known.keys() & here)

    return _Rows(form.id, title, failing, filled, counts, a1(table.rows[0][0], table.check_column))


def _is_asked(package: Package, cell: Cell) -> bool:
    """Whether the unit must fill the cell itself; a linked one is empty only while another is."""
    asked = cell.role == "input" and cell.is_number and cell.required
    return asked and package.content.level in cell.levels and cell.key not in package.linked


def _write_frame(desk: _Desk, rows: tuple[int, int, int], summary: Callable[[Package], tuple[int, int]]) -> None:
    sheet, styles = desk.sheet, desk.styles
    last_check, first_cell, last_cell = rows
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 0, None, {"hidden": True})
    for column, width in ((_NUMBER, 9), (_LABEL, _LABEL_WIDTH), (_RESULT, 19), (_GAP, 14), (_LINK, 14)):
        sheet.set_column(column, column, width)
    sheet.set_column(_HELPERS, _HELPERS + 4, 0, None, {"hidden": True})
    title = styles.get(bold=True, align="center", font_size=14)
    sheet.merge_range(0, _NUMBER, 0, _LINK, "KIỂM TRA TRƯỚC KHI GỬI", title)
    sheet.merge_range(1, _NUMBER, 1, _LINK, "", styles.get(align="center"))
    sheet.show(1, _NUMBER, lambda one: one.content.heading, styles.get(align="center"))
    result = column_letters(_RESULT)
    wrong = f'=COUNTIF({result}{_FIRST + 1}:{result}{last_check + 1},"{MISMATCHED}")'
    empty = f'=COUNTIF({result}{first_cell + 1}:{result}{last_cell + 1},"{_MISSING}")'
    for i, (label, formula) in enumerate((("Số chỗ không khớp", wrong), ("Số ô chưa điền", empty))):
        sheet.write_string(3 + i, _LABEL, label, styles.table(bold=True))
        style = styles.table(bold=True, align="center", num_format="0")
        sheet.show_formulas(3 + i, (_RESULT,), (formula,), partial(_one_of, summary, i), (style,))
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


def _one_of(summary: Callable[[Package], tuple[int, int]], i: int, package: Package) -> tuple[int]:
    return (summary(package)[i],)


def _write_check(desk: _Desk, line: _Line, row: int) -> None:
    sheet, check, looks, plans = desk.sheet, line.check, desk.looks, desk.package.plans
    _write_label(desk, row, check.edit.id, label_of(check, desk.forms).vi)
    late: list[formulas.Late] = []
    sight = Sight(plans, desk.package.content.constants, late=late)
    if isinstance(check.rule, Compare):
        places = [a1(row, _HELPERS + i) for i in range(5)]
        # Where a number is required and missing there is no gap to speak of.
        shows = f'{a1(row, _RESULT)}="{MISMATCHED}"'
        shows = f"AND({shows},{places[3]}=0)" if check.rule.blanks == "require" else shows
        gap = f'=IF({shows},{places[0]},"")'
        parts = (check_verdict(check.rule, *places), gap, *check_parts(sight, check.rule))
        columns = (_RESULT, _GAP, *range(_HELPERS, _HELPERS + 5))
        residual = check.rule.residual
        own = [ref for ref in residual.refs if ref.kind in OWN]
        values = partial(_judged, line, residual, (*blank_refs(check.rule), own))
        styles = (looks.result, looks.gap, *[None] * 5)
        sheet.show_formulas(row, columns, [formulas.formula(part, late) for part in parts], values, styles)
    else:
        sheet.show_formulas(
            row,
            (_RESULT,),
            (formulas.formula(f"={verdict(sight, check.rule)}", late),),
            lambda package: (_SHOWN[line.verdict(package)],),
            (looks.result,),
        )
        sheet.write_blank(row, _GAP, None, looks.gap)
    first = key_of(next(ref for ref in refs_of(check.rule) if ref.kind in OWN))
    _write_link(desk, first.form, plans[first.form].address(first), row)


def _judged(line: _Line, residual: Linear, chosen: Sequence[Sequence[Ref]], package: Package) -> tuple[Shown, ...]:
    """What a linear check shows: its verdict, the gap, and the five numbers that it goes by.

    ``chosen`` are three times numbers that a blank would leave open, and those of which the fifth counts the known
    ones: COUNT sees only cells, and a constant known at issue stands in the formula itself.
    """
    numbers, found = package.live.known, line.verdict(package)
    known = float(value_of(residual, numbers))
    rise, fall, whole, blank = (len(refs) - sum(map(numbers.__contains__, refs)) for refs in chosen)
    filled = len(chosen[-1]) - blank
    missing = line.check.rule.blanks == "require" and whole > 0 if isinstance(line.check.rule, Compare) else False
    gap = known if found == Verdict.FAIL and not missing else ""
    return _SHOWN[found], gap, known, rise, fall, whole, filled


def _write_rows(desk: _Desk, line: _Rows, row: int) -> None:
    """How many rows of a table are wrong; which, the column beside them says."""
    failing = a1(row, _HELPERS)
    _write_label(desk, row, line.form, f"Số dòng chưa đạt ở cột Kiểm tra: {line.title}")
    formulas_of = (
        rows_verdict(failing, a1(row, _HELPERS + 1)),
        f'=IF({failing}>0,{failing},"")',
        f"={line.failing_formula}",
        f"={line.filled_formula}",
    )

    def values(package: Package) -> tuple[Shown, ...]:
        counts = line.counts(package)
        return _SHOWN[line.verdict(package)], counts[0] or "", *counts

    columns, styles = (_RESULT, _GAP, _HELPERS, _HELPERS + 1), (desk.looks.result, desk.looks.gap, None, None)
    desk.sheet.show_formulas(row, columns, formulas_of, values, styles)
    _write_link(desk, line.form, line.place, row)


def _write_label(desk: _Desk, row: int, name: str, label: str) -> None:
    desk.sheet.set_row(row, 16.5 * lines_needed(label, _LABEL_WIDTH) + 2)
    desk.sheet.write_string(row, _NUMBER, name, desk.looks.name)
    desk.sheet.write_string(row, _LABEL, label, desk.looks.label)


def _write_missing(desk: _Desk, cell: Cell, row: int) -> None:
    form = desk.forms[cell.key.form]
    table = next(table for table in form.tables if table.id == cell.table)
    label = f"{form.indicator(cell.key.indicator).label.vi} – {table.measure(cell.key.measure).label.vi}"
    _write_label(desk, row, cell.key.form, label)
    formula = f'=IF(LEN({formulas.cell(desk.package.plans, cell.key)})=0,"{_MISSING}","")'
    desk.sheet.show_formulas(row, (_RESULT,), (formula,), partial(_missing, cell.key), (desk.looks.result,))
    desk.sheet.write_blank(row, _GAP, None, desk.looks.label)
    _write_link(desk, form.id, desk.package.plans[form.id].address(cell.key), row)


def _missing(key: Key, package: Package) -> tuple[str]:
    return (_MISSING if _is_empty(package, key) else "",)


def _write_link(desk: _Desk, form: str, address: str, row: int) -> None:
    desk.sheet.write_url(row, _LINK, f"internal:'{form}'!{address}", desk.looks.link, f"{form}!{address}")
