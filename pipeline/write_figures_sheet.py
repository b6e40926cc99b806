"""One sheet of figures as it is written: title, heads, a line for each indicator, print set-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xlsxwriter.worksheet import Worksheet

from pipeline.results import Results
from pipeline.styles import COMPUTED, MARKS, NOT_ASKED, Styles, lines_needed, number_format, print_setup
from pipeline.write_figures_formulas import Formulas
from pipeline.write_figures_grid import COVERAGE, LABEL, NUMBER, TOP, TOTAL, UNIT, Line, Sheet
from schemas.form import Cell, Heading, Indicator, Key
from schemas.targets import verdict

_WIDTHS = {"no": 5.0, "label": 40.0, "unit": 9.0, "figure": 12.5, "coverage": 18.0}


@dataclass(frozen=True, slots=True)
class SheetWriter:
    """One sheet being written."""

    to: Worksheet
    styles: Styles
    results: Results
    sheet: Sheet
    formulas: Formulas

    def write(self) -> None:
        """Title, heads, a line for each indicator, print set-up."""
        sheet = self.sheet
        self.to.hide_gridlines(2)
        self._heads()
        for line in sheet.lines:
            self._line(line)
        last = sheet.at(sheet.lines[-1].at, max(sheet.end - 1, sheet.first_unit))
        self._titles(last[1])
        self.to.freeze_panes(*(sheet.at(2, sheet.first_unit) if sheet.turned else sheet.at(0, TOTAL)))
        self.to.print_area(0, 0, *last)
        self._print()

    def _print(self) -> None:
        sheet = self.sheet
        head = (TOP, TOP + 1 + UNIT) if sheet.turned else (TOP, TOP)
        foot = f"{self.results.owed.tree.province.name} – {self.results.as_of}"
        print_setup(self.to, landscape=True, footer=foot.replace("&", "và"), repeat=head)
        if sheet.turned:
            self.to.fit_to_pages(0, 0)
            self.to.set_print_scale(70)
            self.to.repeat_columns(0, 1)
        else:
            self.to.set_column(NUMBER, NUMBER, _WIDTHS["no"])
            self.to.set_column(LABEL, LABEL, _WIDTHS["label"])
            self.to.set_column(UNIT, UNIT, _WIDTHS["unit"])
            self.to.set_column(TOTAL, sheet.end - 1, _WIDTHS["figure"])
            if COVERAGE in sheet.extras:
                coverage = sheet.first_extra + sheet.extras.index(COVERAGE)
                self.to.set_column(coverage, coverage, _WIDTHS["coverage"])

    def _titles(self, last: int) -> None:
        period = self.results.owed.period.label("vi")
        self.to.write_string(0, 0, self.results.workspace.settings.agency, self.styles.get(bold=True))
        title = f"BIỂU {self.sheet.form.id}: {self.sheet.form.title.vi.upper()}"
        centre = min(last, 12)
        self.to.merge_range(1, 0, 1, centre, title, self.styles.get(bold=True, align="center", font_size=14))
        about = f"{self.sheet.measure.label.vi} – {period} – {self.results.as_of}"
        self.to.merge_range(2, 0, 2, centre, about, self.styles.get(italic=True, align="center"))
        counted = "không được tính" if self.results.only_accepted else "vẫn được tính"
        legend = f"Ô trống: chưa có số liệu (không phải 0). Tên đơn vị nền đỏ: còn chỗ phải sửa, số liệu {counted}."
        self.to.write_string(4, 0, legend, self.styles.get(italic=True, font_size=11))

    def _heads(self) -> None:
        """Field names, then the units; one that must send again is coloured."""
        sheet = self.sheet
        names = ["TT", "Nội dung", "Đơn vị tính", *(["Toàn tỉnh"] if sheet.totalled else [])]
        names += [self._extra_name(extra) for extra in sheet.extras]
        for part, name in enumerate(names):
            self._head(part, name, {})
        for part, unit in enumerate(sheet.units, sheet.first_unit):
            rejected = self.results.status_of(unit.code) == "rejected"
            name = unit.short_name or unit.name
            self._head(part, name, {"bg_color": MARKS["hard"]} if rejected else {}, unit.code)
        if sheet.turned:
            self.to.set_column(0, 0, 10)
            self.to.set_column(1, 1, 44)
            self.to.set_column(2, 2 + len(sheet.lines), 11)
            self.to.set_row(TOP + 1 + LABEL, 110)
        else:
            longest = max((len(unit.short_name or unit.name) for unit in sheet.units), default=10)
            self.to.set_row(TOP, 17 * max(2, min(5, -(-longest // 9))) + 4)

    def _extra_name(self, extra: str) -> str:
        return "Số đơn vị có số liệu" if extra == COVERAGE else self.sheet.table.measure(extra).label.vi

    def _head(self, part: int, text: str, look: dict[str, Any], code: str = "") -> None:
        if self.sheet.turned:
            row = TOP + 1 + part
            self.to.write_string(row, 0, code, self.styles.table(**look))
            self.to.write_string(row, 1, text, self.styles.table(bold=not code, **look))
        else:
            self.to.write_string(TOP, part, text, self.styles.head(**look))

    def _line(self, line: Line) -> None:
        """A row's own words, then its numbers; grey where the measure asks it for none."""
        sheet, (at, row, cell) = self.sheet, line
        self._row_head(at, row)
        if cell is None:
            look = {} if isinstance(row, Heading) else {"bg_color": NOT_ASKED}
            for part in range(TOTAL, sheet.end):
                self.to.write_blank(*sheet.at(at, part), None, self.styles.table(**look))
            return
        if sheet.totalled:
            self._total(at, cell)
        for part, extra in enumerate(sheet.extras, sheet.first_extra):
            self._extra(at, part, cell, extra)
        self._figures(at, cell)

    def _row_head(self, line: int, row: Indicator | Heading) -> None:
        turned, bold = self.sheet.turned, isinstance(row, Heading) or row.indent == 0
        indent = 0 if turned else row.indent
        if not turned:
            lines = lines_needed(row.label.vi, _WIDTHS["label"] - 2 * indent, bold=bold)
            self.to.set_row(TOP + 1 + line, 16.5 * lines + 2)
        head = {"align": "center", "valign": "vcenter"} if turned else {}
        self._put(line, NUMBER, row.no, bold=bold, align="center")
        self._put(line, LABEL, row.label.vi, bold=bold, indent=indent, **head)
        self._put(line, UNIT, row.unit if isinstance(row, Indicator) else "", align="center")

    def _put(self, line: int, part: int, text: str, **look: Any) -> None:
        self.to.write_string(*self.sheet.at(line, part), text, self.styles.table(**look))

    def _style(self, cell: Cell, **look: Any) -> Any:
        decimals = 2 if cell.type == "percent" else 0
        return self.styles.table(num_format=number_format(cell.type, decimals), align="right", **look)

    @property
    def _province(self) -> str:
        return self.results.owed.tree.province.code

    def _value(self, unit: str, key: Key) -> float | None:
        return self.results.rollup.value.of(unit, key)

    def _figures(self, line: int, cell: Cell) -> None:
        """The figure of every unit; grey where its level is not asked."""
        styles: dict[bool, Any] = {}
        for part, unit in enumerate(self.sheet.units, self.sheet.first_unit):
            asked = unit.level in cell.levels
            if asked not in styles:
                styles[asked] = self._style(cell) if asked else self.styles.table(bg_color=NOT_ASKED)
            value = self._value(unit.code, cell.key) if asked else None
            if value is None:
                self.to.write_blank(*self.sheet.at(line, part), None, styles[asked])
            else:
                self.to.write_number(*self.sheet.at(line, part), value, styles[asked])

    def _total(self, line: int, cell: Cell) -> None:
        """The province's figure as a formula over the units beside it; the register's count as the number it is."""
        where = self.sheet.at(line, TOTAL)
        style = self._style(cell, bold=True, bg_color=COMPUTED)
        value = self._value(self._province, cell.key)
        formula = self.formulas.total(line, cell)
        if formula is None:
            self.to.write(*where, value, style)
        else:
            self.to.write_formula(*where, formula, style, "" if value is None else value)

    def _extra(self, line: int, part: int, cell: Cell, extra: str) -> None:
        beside = self.sheet.table.cells.get(cell.key._replace(measure=extra))
        if extra == COVERAGE:
            self._coverage(line, part, cell.key)
        elif beside is None:
            self.to.write_blank(*self.sheet.at(line, part), None, self.styles.table(bg_color=NOT_ASKED))
        elif beside.role == "verdict":
            self._verdict(line, part, cell.key)
        else:
            self._beside(line, part, beside)

    def _coverage(self, line: int, part: int, key: Key) -> None:
        """How many units stand behind the total of how many that owe it, and how many of them must send again."""
        rollup = self.results.rollup
        i, j = rollup.at(self._province, key)
        have, expected, rejected = int(rollup.with_data[i, j]), int(rollup.expected[i, j]), int(rollup.rejected[i, j])
        text = f"{have}/{expected}" + (f" ({rejected} phải sửa)" if rejected else "")
        look = {"bg_color": MARKS["soft"]} if have < expected or rejected else {}
        self.to.write_string(*self.sheet.at(line, part), text, self.styles.table(align="center", font_size=11, **look))

    def _beside(self, line: int, part: int, cell: Cell) -> None:
        """The province's target, or its percentage as a formula."""
        where, value = self.sheet.at(line, part), self._value(self._province, cell.key)
        style = self._style(cell, bold=True, bg_color=COMPUTED)
        if cell.ratio is None:
            self.to.write(*where, value, style)
        else:
            formula = self.formulas.percentage(line, cell)
            self.to.write_formula(*where, formula, style, "" if value is None else value)

    def _verdict(self, line: int, part: int, key: Key) -> None:
        """What the province's figure makes of its target."""
        where = self.sheet.at(line, part)
        target = self.results.owed.targets.get(self._province, {}).get(key.indicator)
        actual = self._value(self._province, key)
        style = self.styles.table(align="center", bold=True, bg_color=COMPUTED)
        if target is None:
            self.to.write_blank(*where, None, style)
        else:
            formula = self.formulas.verdict(line, exact=target.op == "=")
            self.to.write_formula(*where, formula, style, "" if actual is None else verdict(target, actual))
