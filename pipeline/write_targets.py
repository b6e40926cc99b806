"""The sheet of targets: what was asked of the province and of each unit, what was done, and whether that reaches it.

A line for the province, and folded below it one for each unit. Figures are formulas that lead to the sheets of the
forms; percentages and verdicts follow from the cells of their line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.layout import a1
from pipeline.looks import number_format
from pipeline.messages import number
from pipeline.quick_sheet import QuickSheet
from pipeline.results import Results
from pipeline.sheet_room import MOST_ROWS, say_left_out
from pipeline.styles import COMPUTED, DECIDED, MARKS, Styles, lines_needed, print_setup
from pipeline.target_lines import TargetLine, target_form, target_lines
from pipeline.write_figures import Figured
from schemas.form import Form, Key
from schemas.tree import Unit

TARGETS_SHEET = "Chỉ tiêu"
_PROVINCE, _UNIT = "Toàn tỉnh", "Đơn vị"
_HEAD_ROW = 5
_NO, _LABEL, _KIND, _MEASURED_IN, _TARGET, _ACTUAL, _ESTIMATE, _PERCENTAGE, _VERDICT, _NOTE = range(10)
_WIDTHS = (5, 48, 11, 10, 12, 13, 13, 10, 13, 46)
_LINE_HEIGHT = 16.5
_LONGEST_NOTE = 400


def targets_given(results: Results) -> Form | None:
    """The form whose targets the sheet shows; ``None`` where nobody was given any for this period."""
    form = target_form(results)
    if form is None:
        return None
    asked = {cell.key.indicator for cell in form.cells() if cell.role == "issuer"}
    return form if any(asked & own.keys() for own in results.owed.targets.values()) else None


def write_targets(
    book: Workbook,
    sheet: QuickSheet,
    styles: Styles,
    results: Results,
    figured: Figured,
    form: Form,
    footer: str,
    most_rows: int = MOST_ROWS,
) -> None:
    """Fill the sheet with the lines of ``form``; where ``most_rows`` are too few, with those of the province and its
    children."""
    sheet.hide_gridlines(2)
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    province = results.owed.tree.province
    lines = target_lines(results, form, province)
    _titles(sheet, styles, results)
    units, left = _of_units(results, form, most_rows - _HEAD_ROW - 2 - len(lines))
    writer = _Lines(sheet, styles, results, figured)
    row, no = _HEAD_ROW + 1, ""
    for line in lines:
        of_units = [(unit, own[line.code]) for unit, own in units.items() if line.code in own]
        no = line.no or no
        writer.write(row, province, line, line.no, folds=bool(of_units))
        sheet.passed(row)
        for at, (unit, of_unit) in enumerate(of_units, start=row + 1):
            # A unit's line also stands where a filter has hidden the row that it belongs to.
            writer.write(at, unit, of_unit, no)
            sheet.passed(at)
        row += 1 + len(of_units)
    say_left_out(sheet, styles, row, left, "data/observations.csv")
    _summary(sheet, styles, lines, row - 1)
    _finish(book, sheet, row - 1, footer)


def _of_units(results: Results, form: Form, room: int) -> tuple[dict[Unit, Mapping[str, TargetLine]], int]:
    """The lines of each unit by the codes of their rows, and how many are left out: where there is no room for all,
    those of all but the province's children. They are not kept until all are counted: those of a nation are many."""
    having, province = _having_figures(results, form), results.owed.tree.province
    shown, count = dict[Unit, Mapping[str, TargetLine]](), 0
    for unit in results.owed.tree.units:
        own = _by_code(results, form, unit, having) if unit is not province else {}
        if own and (unit.parent == province.code or count <= room):
            shown[unit] = own
        if count <= room < count + len(own):
            shown = {unit: own for unit, own in shown.items() if unit.parent == province.code}
        count += len(own)
    return shown, count - sum(map(len, shown.values()))


def _having_figures(results: Results, form: Form) -> frozenset[str]:
    """The units that have any figure of the form, their own or built."""
    figures = results.rollup.value
    known = np.zeros(len(figures.units), dtype=np.bool_)
    # A column at a time: those of a form and a nation take much memory.
    for column in (figures.column[cell.key] for cell in form.cells() if cell.key in figures.column):
        known |= np.isfinite(figures.values[:, column])
    return frozenset(unit for unit, row in figures.row.items() if known[row])


def _by_code(results: Results, form: Form, unit: Unit, having: Collection[str]) -> Mapping[str, TargetLine]:
    """The rows in which a unit has a target or a figure."""
    if unit.code not in results.owed.targets and unit.code not in having:
        return {}
    lines = target_lines(results, form, unit)
    return {line.code: line for line in lines if line.code and (line.given or line.actual or _has_figure(line))}


def _has_figure(line: TargetLine) -> bool:
    return line.actual == 0 or line.estimate is not None


def _titles(sheet: Worksheet, styles: Styles, results: Results) -> None:
    """Title, how the lines are to be read, heads."""
    sheet.write_string(0, 0, results.workspace.settings.agency, styles.get(bold=True))
    title = f"CHỈ TIÊU GIAO VÀ KẾT QUẢ THỰC HIỆN – {results.owed.period.label('vi').upper()}"
    sheet.merge_range(1, 0, 1, _NOTE, title, styles.get(bold=True, align="center", font_size=14))
    sheet.merge_range(2, 0, 2, _NOTE, results.as_of, styles.get(italic=True, align="center"))
    counted = "không được tính" if results.only_accepted else "vẫn được tính"
    about = (
        "Bấm dấu + ở lề trái để xem từng đơn vị. Ô trống: chưa có số liệu (không phải 0). "
        f"Tên đơn vị nền đỏ: còn chỗ phải sửa, số liệu {counted}; ô xanh đậm: đã điều chỉnh theo quyết định."
    )
    sheet.write_string(3, 0, about, styles.get(italic=True, font_size=11))
    heads = (
        *("TT", "Nội dung / Đơn vị", "Phạm vi", "ĐVT", "Chỉ tiêu giao", "Thực hiện"),
        f"Ước thực hiện đến {results.owed.dates.estimated_to:%d/%m}",
        *("Tỷ lệ %", "Đánh giá", "Quyết định / ghi chú"),
    )
    for column, text in enumerate(heads):
        sheet.write_string(_HEAD_ROW, column, text, styles.head())
    sheet.set_row(_HEAD_ROW, _LINE_HEIGHT * 3 + 2)


def _summary(sheet: Worksheet, styles: Styles, lines: Iterable[TargetLine], last: int) -> None:
    """How many of the province's targets are reached, as the lines below say."""
    kinds, verdicts = (f"{a1(_HEAD_ROW + 1, column)}:{a1(last, column)}" for column in (_KIND, _VERDICT))
    found = [line.verdict for line in lines]
    names = ("Vượt", "Đạt", "Không đạt", "Không giao")
    counts = "&".join(
        f'"{"; " if i else ""}{name.lower()} "&COUNTIFS({kinds},"{_PROVINCE}",{verdicts},"{name}")'
        for i, name in enumerate(names)
    )
    said = f"{_PROVINCE}: " + "; ".join(f"{name.lower()} {found.count(name)}" for name in names)
    sheet.write_formula(_HEAD_ROW - 1, 0, f'="{_PROVINCE}: "&{counts}', styles.get(bold=True), said)


def _finish(book: Workbook, sheet: Worksheet, last: int, footer: str) -> None:
    """Marks, folding, filter, print set-up."""
    missed = book.add_format({"bg_color": MARKS["hard"]})
    sheet.conditional_format(
        *(_HEAD_ROW + 1, _VERDICT, last, _VERDICT),
        {"type": "cell", "criteria": "==", "value": '"Không đạt"', "format": missed},
    )
    sheet.outline_settings(symbols_below=False)
    sheet.freeze_panes(_HEAD_ROW + 1, _LABEL + 1)
    sheet.autofilter(_HEAD_ROW, 0, last, _NOTE)
    sheet.print_area(0, 0, last, _NOTE)
    print_setup(sheet, landscape=True, footer=footer, repeat=(_HEAD_ROW, _HEAD_ROW))


@dataclass(frozen=True, slots=True)
class _Lines:
    """Writes one line after the other."""

    to: Worksheet
    styles: Styles
    results: Results
    figured: Figured

    def write(self, row: int, unit: Unit, line: TargetLine, no: str, *, folds: bool = False) -> None:
        """What was asked of a unit, what it did, and what that makes; ``folds`` where lines of units follow."""
        of_province = unit is self.results.owed.tree.province
        look: dict[str, Any] = {"bold": line.indent == 0, "bg_color": COMPUTED} if of_province else {}
        note = self._note(unit, line)
        self._words(row, unit, line, (no, note), look)
        if not line.code:
            for column in range(_TARGET, _NOTE):
                self.to.write_blank(row, column, None, self.styles.table(**look))
        else:
            self._figures(row, unit, line, look)
            self._outcome(row, line, look)
        label = line.label if of_province else unit.name
        lines = max(lines_needed(label, _WIDTHS[_LABEL] - 4, bold=of_province), lines_needed(note, _WIDTHS[_NOTE] + 4))
        fold = {"collapsed": folds} if of_province else {"level": 1, "hidden": True}
        self.to.set_row(row, _LINE_HEIGHT * lines + 2, None, fold)

    def _words(self, row: int, unit: Unit, line: TargetLine, beside: tuple[str, str], look: dict[str, Any]) -> None:
        of_province = unit is self.results.owed.tree.province
        to_correct = not of_province and self.results.status_of(unit.code) == "rejected"
        mark = {"bg_color": MARKS["hard"]} if to_correct else {}
        # The units stand below the row that they are lines of.
        label, indent = (line.label, line.indent) if of_province else (unit.name, line.indent + 2)
        kind = _PROVINCE if of_province else _UNIT
        (no, note), middle = beside, self.styles.table(align="center", **look)
        self.to.write_string(row, _NO, no, middle)
        self.to.write_string(row, _LABEL, label, self.styles.table(indent=indent, **{**look, **mark}))
        self.to.write_string(row, _KIND, kind if line.code else "", middle)
        self.to.write_string(row, _MEASURED_IN, line.measured_in, middle)
        self.to.write_string(row, _NOTE, note, self.styles.table(font_size=11, **{**look, "bold": False}))

    def _figures(self, row: int, unit: Unit, line: TargetLine, look: dict[str, Any]) -> None:
        """Target, actual and estimate, each from its cell on the sheet of its form where it has one."""
        target = line.given.value if line.given is not None else None
        shown = "percent" if line.measured_in == "%" else "count"
        least = '"≥ "' if line.given is not None and line.given.op == ">=" else ""
        # A level asked for has as many decimals as it was given with.
        issued = least + ("General" if shown == "percent" else number_format(shown))
        plain = number_format(shown, 2)
        values = ((target, issued), (line.actual, plain), (line.estimate, plain))
        for column, (value, num_format), key in zip((_TARGET, _ACTUAL, _ESTIMATE), values, line.cells, strict=True):
            mark = {"bg_color": DECIDED} if key is not None and self._decided(unit, key) else {}
            style = self.styles.table(align="right", num_format=num_format, **{**look, **mark})
            place = self._place(unit, key)
            if isinstance(value, str):
                self.to.write_string(row, column, value, style)
            elif place:
                self.to.write_formula(row, column, f'=IF({place}="","",{place})', style, "" if value is None else value)
            elif value is None:
                self.to.write_blank(row, column, None, style)
            else:
                self.to.write_number(row, column, value, style)

    def _place(self, unit: Unit, key: Key | None) -> str:
        if key is None:
            return ""
        of_province = unit is self.results.owed.tree.province
        where = self.figured.totals.get(key) if of_province else self.figured.place(unit.code, key)
        return f"'{where[0]}'!{a1(*where[1:])}" if where is not None else ""

    def _decided(self, unit: Unit, key: Key) -> bool:
        submission = self.results.by_unit.get(unit.code)
        entry = submission.entries.get(key) if submission is not None else None
        return entry is not None and entry.decision > 0

    def _outcome(self, row: int, line: TargetLine, look: dict[str, Any]) -> None:
        """Percentage and verdict over the cells of the line; nothing where no target was given."""
        number_style = self.styles.table(align="right", num_format="0.00", **look)
        word_style = self.styles.table(align="center", **look)
        if line.given is None:
            self.to.write_blank(row, _PERCENTAGE, None, number_style)
            self.to.write_blank(row, _VERDICT, None, word_style)
            return
        target, actual = a1(row, _TARGET), a1(row, _ACTUAL)
        both = f"COUNT({target},{actual})=2"
        formula = f'=IF({both},IF({target}>0,ROUND(100*{actual}/{target},2),""),"")'
        self.to.write_formula(
            row, _PERCENTAGE, formula, number_style, "" if line.percentage is None else line.percentage
        )
        reached = f'IF({actual}>={target},"Đạt","Không đạt")'
        if line.given.op == "=":
            reached = f'IF({actual}>{target},"Vượt",{reached})'
        formula = f'=IF({both},IF({target}=0,"Không giao",{reached}),"")'
        self.to.write_formula(row, _VERDICT, formula, word_style, line.verdict)

    def _note(self, unit: Unit, line: TargetLine) -> str:
        """What a level is a level of, by which decision, and what is said of the figure."""
        given = line.given
        if given is None:
            return _short("; ".join(part for part in (line.note, self._to_correct(unit, line)) if part))
        sign = "≥ " if given.op == ">=" else ""
        level = f"{sign}{number(given.value)}{'%' if line.measured_in == '%' else ''}"
        replaced = any(old.indicator == line.code for old in self.results.owed.replaced.get(unit.code, ()))
        parts = [
            f"giao {level} {given.base}" if given.base else "",
            # Of a target that replaced another, the note names both decisions.
            "" if replaced or not given.decision else f"theo {given.decision}",
            line.note,
            self._to_correct(unit, line),
        ]
        return _short("; ".join(part for part in parts if part))

    def _to_correct(self, unit: Unit, line: TargetLine) -> str:
        """How many of the units behind a total must send again."""
        rollup, key = self.results.rollup, line.cells[1]
        if unit is not self.results.owed.tree.province or key is None or key not in rollup.value.column:
            return ""
        count = int(rollup.rejected[rollup.at(unit.code, key)])
        return f"{count} đơn vị phải sửa" if count else ""


def _short(words: str) -> str:
    """As much as a line has room for; the sheet of notes has all of it."""
    return words if len(words) <= _LONGEST_NOTE else f"{words[:_LONGEST_NOTE]}…"
