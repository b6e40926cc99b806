"""One sheet of figures as it is written: title, heads, a line for each indicator, print set-up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from xlsxwriter.worksheet import Worksheet

from pipeline.looks import number_format
from pipeline.results import Results
from pipeline.styles import COMPUTED, HEAD, MARKS, NOT_ASKED, Styles, lines_needed, print_setup
from pipeline.write_figures_formulas import Formulas
from pipeline.write_figures_grid import COVERAGE, LABEL, NUMBER, TOP, TOTAL, UNIT, Line, Sheet, title_above
from schemas.form import Cell, Heading, Indicator, Key, Table
from schemas.targets import verdict

_WIDTHS = {"no": 5.0, "label": 40.0, "unit": 9.0, "figure": 12.5, "coverage": 18.0}
_TURNED = {"code": 10.0, "name": 44.0, "figure": 11.0}
# At this scale a page has room for so many digits beside the names of the units.
_SCALE = 70
_ROOM = 117.0
_LINE_HEIGHT = 16.5


@dataclass(frozen=True, slots=True)
class SheetWriter:
    """One sheet being written."""

    to: Worksheet
    styles: Styles
    results: Results
    sheet: Sheet
    formulas: Formulas

    def write(self) -> None:
        """Title, heads, a line for each indicator, widths, print set-up."""
        sheet = self.sheet
        self.to.hide_gridlines(2)
        self._heads()
        longest = [self._line(line) for line in sheet.lines]
        last = sheet.at(sheet.lines[-1].at, max(sheet.end - 1, sheet.first_unit))
        if sheet.turned:
            self._titles(self._turned_columns(longest))
        else:
            self._columns(longest)
            self._titles(min(last[1], 12))
        self.to.freeze_panes(*(sheet.at(2, sheet.first_unit) if sheet.turned else sheet.at(0, TOTAL)))
        self.to.print_area(0, 0, *last)
        self._print()

    def _print(self) -> None:
        head = (TOP, TOP + 1 + UNIT) if self.sheet.turned else (TOP, TOP)
        foot = f"{self.results.owed.tree.province.name} – {self.results.as_of}"
        print_setup(self.to, landscape=True, footer=foot.replace("&", "và"), repeat=head)
        if self.sheet.turned:
            self.to.fit_to_pages(0, 0)
            self.to.set_print_scale(_SCALE)
            self.to.repeat_columns(0, 1)

    def _columns(self, longest: Sequence[float]) -> None:
        """Widths: of the rows' own words, then as wide as the longest number."""
        sheet = self.sheet
        for part, name in enumerate(("no", "label", "unit")):
            self.to.set_column(part, part, _WIDTHS[name])
        self.to.set_column(TOTAL, sheet.end - 1, max(_WIDTHS["figure"], *longest))
        if COVERAGE in sheet.extras:
            coverage = sheet.part_of(COVERAGE)
            self.to.set_column(coverage, coverage, _WIDTHS["coverage"])

    def _turned_columns(self, longest: Sequence[float]) -> int:
        """Widths of the units' names and of the indicators, pages, tables' titles; returns the first page's end."""
        lines = self.sheet.lines
        widths = {line.at: max(_TURNED["figure"], most) for line, most in zip(lines, longest, strict=True)}
        self.to.set_column(0, 0, _TURNED["code"])
        self.to.set_column(1, 1, _TURNED["name"])
        for at, width in widths.items():
            self.to.set_column(at, at, width)
        words = max(lines_needed(line.row.label.vi, widths[line.at], bold=True) for line in lines if line.row)
        self.to.set_row(TOP + 1 + LABEL, _LINE_HEIGHT * (words + 1) + 2)
        if COVERAGE in self.sheet.extras:
            self.to.set_row(TOP + 1 + self.sheet.part_of(COVERAGE), _LINE_HEIGHT * 2 + 2)
        pages = _pages(lines, widths)
        self.to.set_v_pagebreaks([page[0].at for page in pages[1:]])
        height = max(self._table_titles(page, widths) for page in pages)
        if height:
            self.to.set_row(TOP, _LINE_HEIGHT * height + 4)
        return pages[0][-1].at

    def _table_titles(self, page: Iterable[Line], widths: Mapping[int, float]) -> int:
        """Each table's title above its columns on one page; returns how many lines of text the tallest takes."""
        height = 0
        for title, group in groupby(page, key=lambda line: title_above(self.sheet.form, line.table)):
            columns = [line.at for line in group]
            if not title:
                continue
            if len(columns) == 1:
                self.to.write_string(TOP, columns[0], title, self.styles.head())
            else:
                self.to.merge_range(TOP, columns[0], TOP, columns[-1], title, self.styles.head())
            height = max(height, lines_needed(title, sum(widths[at] for at in columns), bold=True))
        return height

    def _titles(self, last: int) -> None:
        period = self.results.owed.period.label("vi")
        self.to.write_string(0, 0, self.results.workspace.settings.agency, self.styles.get(bold=True))
        title = f"BIỂU {self.sheet.form.id}: {self.sheet.form.title.vi.upper()}"
        self.to.merge_range(1, 0, 1, last, title, self.styles.get(bold=True, align="center", font_size=14))
        about = f"{self.sheet.measure.label.vi} – {period} – {self.results.as_of}"
        self.to.merge_range(2, 0, 2, last, about, self.styles.get(italic=True, align="center"))
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
        if not sheet.turned:
            longest = max((len(unit.short_name or unit.name) for unit in sheet.units), default=10)
            self.to.set_row(TOP, 17 * max(2, min(5, -(-longest // 9))) + 4)

    def _extra_name(self, extra: str) -> str:
        if extra == COVERAGE:
            return "Số đơn vị có số liệu"
        return next(
            table.measure(extra).label.vi for table in self.sheet.tables if extra in self.sheet.beside[table.id]
        )

    def _head(self, part: int, text: str, look: dict[str, Any], code: str = "") -> None:
        if self.sheet.turned:
            row = TOP + 1 + part
            self.to.write_string(row, 0, code, self.styles.table(**look))
            self.to.write_string(row, 1, text, self.styles.table(bold=not code, **look))
        else:
            self.to.write_string(TOP, part, text, self.styles.head(**look))

    def _line(self, line: Line) -> float:
        """A row's own words, then its numbers, or a table's title; returns how wide the longest number is."""
        sheet, (at, table, row, cell) = self.sheet, line
        if row is None:
            self._table_title(at, table)
            return 0
        self._row_head(at, row, cell.unit if cell is not None else "")
        if cell is None:
            for part in range(TOTAL, sheet.end):
                self.to.write_blank(*sheet.at(at, part), None, self.styles.table())
            return 0
        if sheet.totalled:
            self._total(at, cell)
        for part, extra in enumerate(sheet.extras, sheet.first_extra):
            self._extra(line, part, cell, extra)
        return self._figures(at, cell)

    def _table_title(self, at: int, table: Table) -> None:
        """A line across the sheet; the words stand in the columns that stay in view."""
        row, style = TOP + 1 + at, {"bold": True, "bg_color": HEAD, "top": 1, "bottom": 1}
        self.to.merge_range(row, NUMBER, row, UNIT, table.title.vi, self.styles.get(text_wrap=True, **style))
        for column in range(TOTAL, self.sheet.end):
            self.to.write_blank(row, column, None, self.styles.get(**style))
        room = sum(_WIDTHS[name] for name in ("no", "label", "unit"))
        self.to.set_row(row, _LINE_HEIGHT * lines_needed(table.title.vi, room, bold=True) + 4)

    def _row_head(self, line: int, row: Indicator | Heading, unit: str) -> None:
        turned, bold = self.sheet.turned, isinstance(row, Heading) or row.indent == 0
        indent = 0 if turned else row.indent
        if not turned:
            lines = lines_needed(row.label.vi, _WIDTHS["label"] - 2 * indent, bold=bold)
            self.to.set_row(TOP + 1 + line, _LINE_HEIGHT * lines + 2)
        head = {"align": "center", "valign": "vcenter"} if turned else {}
        self._put(line, NUMBER, row.no, bold=bold, align="center")
        self._put(line, LABEL, row.label.vi, bold=bold, indent=indent, **head)
        self._put(line, UNIT, unit, align="center")

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

    def _figures(self, line: int, cell: Cell) -> float:
        """The figure of every unit; grey where its level is not asked. Returns how wide the longest is."""
        style, not_asked = self._style(cell), self.styles.table(bg_color=NOT_ASKED)
        fields = (cell.key.measure, *self.sheet.extras) if self.sheet.totalled else ()
        shown = [self._value(self._province, cell.key._replace(measure=field)) for field in fields]
        for part, unit in enumerate(self.sheet.units, self.sheet.first_unit):
            value = self._value(unit.code, cell.key)
            shown.append(value)
            if value is not None:
                self.to.write_number(*self.sheet.at(line, part), value, style)
            else:
                asked = unit.level in cell.levels
                self.to.write_blank(*self.sheet.at(line, part), None, style if asked else not_asked)
        return _width(max((abs(value) for value in shown if value is not None), default=0))

    def _total(self, line: int, cell: Cell) -> None:
        """The province's figure as a formula over the units beside it; the register's count as the number it is."""
        where = self.sheet.at(line, TOTAL)
        style = self._style(cell, bold=True, bg_color=COMPUTED)
        value = self._value(self._province, cell.key)
        self._write(where, self.formulas.total(line, cell), value, style)

    def _extra(self, line: Line, part: int, cell: Cell, extra: str) -> None:
        """What stands between the total and the units; grey where the row has no such figure."""
        table = line.table
        shown = table.cells.get(cell.key._replace(measure=extra)) if extra in self.sheet.beside[table.id] else None
        if extra == COVERAGE:
            self._coverage(line.at, part, cell.key)
        elif shown is None:
            self.to.write_blank(*self.sheet.at(line.at, part), None, self.styles.table(bg_color=NOT_ASKED))
        elif shown.judges is not None:
            self._verdict(line.at, part, *shown.judges)
        else:
            self._target_or_share(line.at, part, shown)

    def _coverage(self, line: int, part: int, key: Key) -> None:
        """How many units stand behind the total of how many that owe it, and how many of them must send again."""
        rollup = self.results.rollup
        i, j = rollup.at(self._province, key)
        have, expected, rejected = int(rollup.with_data[i, j]), int(rollup.expected[i, j]), int(rollup.rejected[i, j])
        text = f"{have}/{expected}" + (f" ({rejected} phải sửa)" if rejected else "")
        look = {"bg_color": MARKS["soft"]} if have < expected or rejected else {}
        self.to.write_string(*self.sheet.at(line, part), text, self.styles.table(align="center", font_size=11, **look))

    def _target_or_share(self, line: int, part: int, cell: Cell) -> None:
        """The province's target, or its percentage as a formula."""
        where, value = self.sheet.at(line, part), self._value(self._province, cell.key)
        style = self._style(cell, bold=True, bg_color=COMPUTED)
        formula = self.formulas.percentage(cell) if cell.ratio is not None else None
        self._write(where, formula, value, style)

    def _verdict(self, line: int, part: int, actual: Key, given: Key) -> None:
        """What the province's figure makes of its target."""
        target = self.results.owed.targets.get(self._province, {}).get(given.indicator)
        value = self._value(self._province, actual)
        found = verdict(target, value) if target is not None and value is not None else None
        formula = self.formulas.verdict(actual, given, exact=target.op == "=") if target is not None else None
        style = self.styles.table(align="center", bold=True, bg_color=COMPUTED)
        self._write(self.sheet.at(line, part), formula, found, style)

    def _write(self, where: tuple[int, int], formula: str | None, value: float | str | None, style: Any) -> None:
        """A formula with the value that it has; the value alone where there is no formula."""
        if formula is None:
            self.to.write(*where, value, style)
        else:
            self.to.write_formula(*where, formula, style, "" if value is None else value)


def _width(value: float) -> float:
    """What a number takes, in digits: a separator takes half; one that does not fit is shown as ###."""
    shown = f"{value:,.0f}"
    return len(shown) - shown.count(",") / 2 + 1.5


def _pages(lines: Iterable[Line], widths: Mapping[int, float]) -> list[list[Line]]:
    """The lines that stand side by side on each printed page, so that no title is cut in two."""
    pages: list[list[Line]] = []
    room = 0.0
    for line in lines:
        # A column also has a margin and a border.
        taken = widths[line.at] + 0.65
        if taken > room:
            pages.append([])
            room = max(_ROOM, taken)
        pages[-1].append(line)
        room -= taken
    return pages
