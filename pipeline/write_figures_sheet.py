"""One sheet of figures as it is written: title, heads, a line for each indicator, print set-up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isnan
from typing import Any

import numpy as np

from pipeline.layout import a1
from pipeline.quick_sheet import QuickSheet
from pipeline.results import Results
from pipeline.styles import COMPUTED, DECIDED, HEAD, MARKS, NOT_ASKED, Styles, lines_needed, print_setup
from pipeline.write_figures_formulas import Formulas
from pipeline.write_figures_grid import (
    CODE_COLUMN,
    COVERAGE,
    LABEL,
    NAME_COLUMN,
    NUMBER,
    PARENT_COLUMN,
    SECTOR_COLUMN,
    TOP,
    TOTAL,
    UNIT,
    Group,
    Line,
    Place,
    Sheet,
    title_above,
)
from pipeline.write_figures_groups import UnitFigures
from pipeline.write_figures_marks import Mark, Marks
from pipeline.write_figures_money import format_of, total_format, width_of
from pipeline.write_figures_pages import SCALE, pages_of, width
from pipeline.write_figures_titles import write_titles, write_unit_rows
from schemas.form import Cell, Heading, Indicator, Key, Table
from schemas.targets import verdict

_WIDTHS = {"no": 5.0, "label": 40.0, "unit": 9.0, "total": 12.5, "figure": 11.5, "coverage": 18.0}
_TURNED = {"code": 10.0, "name": 44.0, "parent": 13.0, "sector": 13.0, "figure": 11.0}
_LINE_HEIGHT = 16.5
_UNIT_HEADS = {UNIT: ("Cấp trên", "Khu vực")}

_Longest = tuple[float, float]
"""How wide the longest number of the province's fields is, and that of the units."""


@dataclass(frozen=True, slots=True)
class SheetWriter:
    """One sheet being written."""

    to: QuickSheet
    styles: Styles
    results: Results
    sheet: Sheet
    formulas: Formulas
    marks: Marks
    sources: Mapping[Key, Place]
    units: UnitFigures

    def write(self) -> None:
        """Title, heads, a line for each indicator, widths, print set-up."""
        sheet = self.sheet
        self.to.hide_gridlines(2)
        self._heads()
        longest = [self._line(line) for line in sheet.lines]
        last = sheet.at(sheet.lines[-1].at, max(sheet.end - 1, sheet.first_unit))
        about, leads = (self.to, self.styles, self.results, sheet), sheet.totalled and bool(self.sources)
        if sheet.turned:
            self._unit_rows()
            write_titles(*about, self._turned_columns(longest), leads=leads)
        else:
            self._columns(longest)
            write_titles(*about, min(last[1], 12), leads=leads)
        self.to.freeze_panes(*(sheet.at(PARENT_COLUMN, sheet.first_unit) if sheet.turned else sheet.at(0, TOTAL)))
        self.to.print_area(0, 0, *last)
        self._print()

    def _print(self) -> None:
        head = (TOP, TOP + 1 + UNIT) if self.sheet.turned else (TOP, TOP)
        foot = f"{self.results.owed.tree.province.name} – {self.results.as_of}"
        print_setup(self.to, landscape=True, footer=foot.replace("&", "và"), repeat=head)
        if self.sheet.turned:
            self.to.outline_settings(symbols_below=False)
            self.to.autofilter(TOP + 1 + UNIT, 0, TOP + self.sheet.end, self.sheet.lines[-1].at)
            self.to.fit_to_pages(0, 0)
            self.to.set_print_scale(SCALE)
            self.to.repeat_columns(0, 1)

    def _columns(self, longest: Sequence[_Longest]) -> None:
        """Widths: of the rows' own words, then as wide as the longest number."""
        sheet = self.sheet
        for part, name in enumerate(("no", "label", "unit")):
            self.to.set_column(part, part, _WIDTHS[name])
        totals, units = zip(*longest, strict=True)
        self.to.set_column(TOTAL, sheet.first_unit - 1, max(_WIDTHS["total"], *totals))
        self.to.set_column(sheet.first_unit, sheet.end - 1, max(_WIDTHS["figure"], *units))
        if COVERAGE in sheet.extras:
            coverage = sheet.part_of(COVERAGE)
            self.to.set_column(coverage, coverage, _WIDTHS["coverage"])

    def _turned_columns(self, longest: Sequence[_Longest]) -> int:
        """Widths of the units' names and of the indicators, pages, tables' titles; returns the first page's end."""
        lines = self.sheet.lines
        widths = {line.at: max(_TURNED["figure"], *most) for line, most in zip(lines, longest, strict=True)}
        self.to.set_column(0, 0, _TURNED["code"])
        self.to.set_column(1, 1, _TURNED["name"])
        self.to.set_column(PARENT_COLUMN, PARENT_COLUMN, _TURNED["parent"])
        self.to.set_column(SECTOR_COLUMN, SECTOR_COLUMN, _TURNED["sector"])
        for at, digits in widths.items():
            self.to.set_column(at, at, digits)
        words = max(lines_needed(line.row.label.vi, widths[line.at], bold=True) for line in lines if line.row)
        self.to.set_row(TOP + 1 + LABEL, _LINE_HEIGHT * (words + 1) + 2)
        if COVERAGE in self.sheet.extras:
            self.to.set_row(TOP + 1 + self.sheet.part_of(COVERAGE), _LINE_HEIGHT * 2 + 2)
        pages = pages_of(lines, widths, _TURNED["parent"] + _TURNED["sector"])
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

    def _heads(self) -> None:
        """Field names, then the units; one that must send again is coloured."""
        sheet = self.sheet
        names = ["TT", "Nội dung", "Đơn vị tính", *(["Toàn tỉnh"] if sheet.totalled else [])]
        names += [self._extra_name(extra) for extra in sheet.extras]
        for part, name in enumerate(names):
            self._head(part, name, {})
        if sheet.turned:
            folds = any(not group.sector for group in sheet.groups)
            write_unit_rows(self.to, self.styles, self.results, self.units, folds=folds)
        else:
            self._unit_columns()
        for group in sheet.groups:
            self._group_head(group)

    def _unit_columns(self) -> None:
        """The heads of the units."""
        names = {part: unit.short_name or unit.name for part, unit in self.units.placed}
        for part, unit in self.units.placed:
            rejected = self.results.status_of(unit.code) == "rejected"
            self._head(part, names[part], {"bg_color": MARKS["hard"]} if rejected else {})
        lines = -(-max(map(len, names.values()), default=10) // 9)
        self.to.set_row(TOP, 17 * max(2, min(5, lines)) + 4)

    def _extra_name(self, extra: str) -> str:
        if extra == COVERAGE:
            return "Số đơn vị có số liệu"
        return next(
            table.measure(extra).label.vi for table in self.sheet.tables if extra in self.sheet.beside[table.id]
        )

    def _head(self, part: int, text: str, look: dict[str, Any]) -> None:
        if not self.sheet.turned:
            self.to.write_string(TOP, part, text, self.styles.head(**look))
            return
        row, head = TOP + 1 + part, {"bold": True, "align": "center", "text_wrap": False, "font_size": 10}
        self.to.write_string(row, CODE_COLUMN, "", self.styles.table(**look))
        self.to.write_string(row, NAME_COLUMN, text, self.styles.table(bold=True, **look))
        for column, words in zip((PARENT_COLUMN, SECTOR_COLUMN), _UNIT_HEADS.get(part, ("", "")), strict=True):
            self.to.write_string(row, column, words, self.styles.table(**head))

    def _group_head(self, group: Group) -> None:
        row, style = TOP + 1 + group.part, self.styles.table(bold=True, bg_color=COMPUTED)
        for column, text in enumerate((group.code, group.name, "", "")):
            self.to.write_string(row, column, text, style)

    def _groups(self, line: int, cell: Cell) -> list[float]:
        """What the groups make of an indicator; grey where it does not add up."""
        made, grey = [], self.styles.table(bg_color=NOT_ASKED)
        formulas = [self.formulas.group(line, cell, group) for group, _ in self.units.groups]
        style = self._style(cell, bold=True, bg_color=COMPUTED) if any(formulas) else grey
        for (group, rows), formula in zip(self.units.groups, formulas, strict=True):
            where = self.sheet.at(line, group.part)
            if formula is None:
                self.to.write_blank(*where, None, grey)
                continue
            value = self.units.of_group(rows, cell)
            made.append(value or 0.0)
            self._write(where, formula, value, style)
        return made

    def _line(self, line: Line) -> _Longest:
        """A row's own words, then its numbers, or a table's title; returns how wide the longest number is."""
        sheet, (at, table, row, cell) = self.sheet, line
        if row is None:
            self._table_title(at, table)
            return 0.0, 0.0
        self._row_head(at, row, cell.unit if cell is not None else "")
        if cell is None:
            for part in range(TOTAL, sheet.end):
                self.to.write_blank(*sheet.at(at, part), None, self.styles.table())
            return 0.0, 0.0
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
        return self.styles.table(num_format=total_format(cell), align="right", **look)

    def _unit_style(self, cell: Cell, **look: Any) -> Any:
        return self.styles.table(num_format=format_of(self.sheet, cell), align="right", **look)

    @property
    def _province(self) -> str:
        return self.results.owed.tree.province.code

    def _value(self, unit: str, key: Key) -> float | None:
        return self.results.rollup.value.of(unit, key)

    def _figures(self, line: int, cell: Cell) -> _Longest:
        """The figure of every unit; grey where its level is not asked. Returns how wide the longest are."""
        style, not_asked = self._unit_style(cell), self.styles.table(bg_color=NOT_ASKED)
        marks = self.marks.get(cell.key, {})
        fields = (cell.key.measure, *self.sheet.extras) if self.sheet.totalled else ()
        shown = [self._value(self._province, cell.key._replace(measure=field)) for field in fields]
        placed, figures = self.units.placed, self.units.of(cell.key)
        values: list[float] = figures.tolist()
        if not self.sheet.turned:
            blanks = [style if unit.level in cell.levels else not_asked for _, unit in placed]
            self.to.write_figures(TOP + 1 + line, self.sheet.first_unit, values, [style] * len(values), blanks)
        for i in sorted(self.units.index[unit] for unit in marks if unit in self.units.index):
            if not isnan(values[i]):
                self._marked(line, placed[i][0], cell, values[i], marks[placed[i][1].code])
        made = self._groups(line, cell) if self.sheet.groups else []
        longest = _largest([float(np.fmax.reduce(abs(figures), initial=0.0)), *made])
        return width(_largest(shown)), width_of(longest, format_of(self.sheet, cell))

    def _unit_rows(self) -> None:
        """The same where units are rows, once the lines are known."""
        first, cells = self.sheet.lines[0].at, [line.cell for line in self.sheet.lines if line.cell is not None]
        looks, grey = [self._unit_style(cell) for cell in cells], self.styles.table(bg_color=NOT_ASKED)
        asked = [(cell.levels, look) for cell, look in zip(cells, looks, strict=True)]
        blanks = {level: [look if level in at else grey for at, look in asked] for level in self.units.levels}
        figures = np.column_stack([self.units.of(cell.key) for cell in cells]).tolist()
        for (part, unit), own in zip(self.units.placed, figures, strict=True):
            self.to.write_figures(TOP + 1 + part, first, own, looks, blanks[unit.level])

    def _marked(self, line: int, part: int, cell: Cell, value: float, mark: Mark) -> None:
        """A figure that something was found at, or that people decided: then with what the unit reported, and why."""
        where = self.sheet.at(line, part)
        if not mark.decided:
            self.to.write_number(*where, value, self._unit_style(cell, bg_color=MARKS[mark.severity]))
            return
        self.to.write_number(*where, value, self._unit_style(cell, bg_color=DECIDED, bold=True))
        self.to.write_comment(*where, mark.decided, {"author": "tonghop", "x_scale": 2, "y_scale": 1.2})

    def _total(self, line: int, cell: Cell) -> None:
        """The province's figure as a formula over the units beside it; the register's count as the number it is."""
        where = self.sheet.at(line, TOTAL)
        style = self._style(cell, bold=True, bg_color=COMPUTED)
        value = self._value(self._province, cell.key)
        source = self.sources.get(cell.key)
        if source is not None:
            self.to.write_url(*where, f"internal:'{source[0]}'!{a1(*source[1:])}", style, "", "Xem số của từng đơn vị")
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


def _largest(values: Iterable[float | None]) -> float:
    known = [one for one in values if one is not None and not isnan(one)]
    return max(max(known), -min(known)) if known else 0.0
