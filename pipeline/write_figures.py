"""The sheets of a form in the consolidated workbook: one for each measure that adds up, totals as live formulas.

Units are columns while they are few, rows beyond that; the same grid, turned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.layout import a1
from pipeline.results import Results
from pipeline.styles import COMPUTED, MARKS, NOT_ASKED, Styles, lines_needed, number_format, print_setup
from schemas.form import Cell, Form, Heading, Indicator, Key, Measure, Table
from schemas.targets import verdict
from schemas.tree import Unit

MOST_COLUMNS = 30
_TOP = 6
_NUMBER, _LABEL, _UNIT, _TOTAL = range(4)
_WIDTHS = {"no": 5.0, "label": 40.0, "unit": 9.0, "figure": 12.5, "coverage": 18.0}

Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Figured:
    """Where each unit's figures stand, and the sheets with what they show."""

    places: Mapping[tuple[str, Key], Place]
    sheets: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One measure of one table for one set of units.

    ``extras`` are the fields between the total and the units: a name and what writes it.
    """

    name: str
    form: Form
    table: Table
    measure: Measure
    units: tuple[Unit, ...]
    turned: bool
    totalled: bool
    extras: tuple[str, ...]

    def at(self, line: int, part: int) -> tuple[int, int]:
        """Row and column of a field of an indicator: ``line`` counts indicators, ``part`` fields then units."""
        return (_TOP + 1 + part, line) if self.turned else (_TOP + 1 + line, part)

    @property
    def first_unit(self) -> int:
        """The part in which the units begin."""
        return _TOTAL + (1 if self.totalled else 0) + len(self.extras)

    def units_range(self, line: int) -> str:
        """All the units' cells of one indicator."""
        first, last = self.at(line, self.first_unit), self.at(line, self.first_unit + len(self.units) - 1)
        return f"{a1(*first)}:{a1(*last)}"


def write_figures(book: Workbook, styles: Styles, results: Results) -> Figured:
    """Write the sheets of every form that anyone owes; say where the figures stand."""
    tree = results.owed.tree
    children = tree.children(tree.province.code)
    deeper = tuple(
        unit
        for unit in tree.units
        if unit.code not in {child.code for child in children}
        and unit.level != "province"
        and (unit.code in results.owed.owed or unit.code in results.by_unit)
    )
    forms = _forms_in_use(results)
    sheets: list[_Sheet] = []
    for form in forms:
        for table in form.tables:
            for measure in _measures(table):
                sheets.append(_sheet(form, table, measure, children, deep=False))
                below = [unit for unit in deeper if _has(results, unit, form)]
                if below and not measure.issuer:
                    sheets.append(_sheet(form, table, measure, below, deep=True))
    places: dict[tuple[str, Key], Place] = {}
    lines = {sheet.name: _lines(sheet) for sheet in sheets}
    for sheet in sheets:
        for line, cell in lines[sheet.name]:
            for k, unit in enumerate(sheet.units):
                if cell is not None:
                    places[(unit.code, cell.key)] = (sheet.name, *sheet.at(line, sheet.first_unit + k))
    for sheet in sheets:
        _Writer(book.add_worksheet(sheet.name), styles, results, sheet, sheets, lines).write()
    named = tuple((sheet.name, _title(sheet)) for sheet in sheets)
    return Figured(MappingProxyType(places), named)


def _forms_in_use(results: Results) -> tuple[Form, ...]:
    kind = results.owed.period.kind
    return tuple(form for form in results.workspace.forms if kind in form.periods)


def _has(results: Results, unit: Unit, form: Form) -> bool:
    """Whether a unit owes the form or sent it."""
    submission = results.by_unit.get(unit.code)
    sent = submission is not None and any(key.form == form.id for key in submission.entries)
    return sent or form in results.owed.owed.get(unit.code, ())


def _measures(table: Table) -> list[Measure]:
    """The columns that units fill with numbers, then what the issuer gave them."""
    numbers = [m for m in table.measures if m.type not in ("text", "verdict") and not m.compute]
    return sorted(numbers, key=lambda measure: measure.issuer)


def _sheet(form: Form, table: Table, measure: Measure, units: Sequence[Unit], *, deep: bool) -> _Sheet:
    first = _measures(table)[0].code == measure.code
    name = form.id if len(form.tables) == 1 else f"{form.id} {table.id}"
    if not first:
        name += f" {measure.label.vi}"
    if deep:
        name += " (cơ sở)"
    name = name[:31].replace("/", ".")
    extras: tuple[str, ...] = ()
    if not deep:
        computed = [m.code for m in table.measures if m.compute] if first else []
        issued = [m.code for m in table.measures if m.issuer] if first else []
        verdicts = [m.code for m in table.measures if m.type == "verdict"] if first else []
        extras = (*issued, *computed, *verdicts, "n/N")
    return _Sheet(name, form, table, measure, tuple(units), deep or len(units) > MOST_COLUMNS, not deep, extras)


def _lines(sheet: _Sheet) -> list[tuple[int, Cell | None]]:
    """Each row of the table with the cell it has in this measure; turned, a field's own column names them."""
    offset = 1 if sheet.turned else 0
    found = []
    for line, row in enumerate(_rows(sheet)):
        key = Key(sheet.form.id, row.code, sheet.measure.code) if isinstance(row, Indicator) else None
        cell = sheet.table.cells.get(key) if key else None
        found.append((line + offset * 2, cell if cell is not None and cell.is_number else None))
    return found


def _rows(sheet: _Sheet) -> list[Indicator | Heading]:
    """The table's rows; as columns, headings would only be empty."""
    return [row for row in sheet.table.rows if not (sheet.turned and isinstance(row, Heading))]


def _title(sheet: _Sheet) -> str:
    return f"{sheet.form.title.vi} – {sheet.measure.label.vi.lower()}"


@dataclass(frozen=True, slots=True)
class _Writer:
    """One sheet being written."""

    to: Worksheet
    styles: Styles
    results: Results
    sheet: _Sheet
    sheets: Sequence[_Sheet]
    lines: Mapping[str, Sequence[tuple[int, Cell | None]]]

    def write(self) -> None:
        """Title, heads, a line for each indicator, print set-up."""
        sheet = self.sheet
        self.to.hide_gridlines(2)
        self._heads()
        for row, (line, cell) in zip(_rows(sheet), self.lines[sheet.name], strict=True):
            self._line(row, line, cell)
        last = self._last()
        self._titles(last[1])
        self.to.freeze_panes(*(sheet.at(2, sheet.first_unit) if sheet.turned else sheet.at(0, _TOTAL)))
        self.to.print_area(0, 0, *last)
        head = (_TOP, _TOP + 1 + _UNIT) if sheet.turned else (_TOP, _TOP)
        self._print(head)

    def _last(self) -> tuple[int, int]:
        lines = self.lines[self.sheet.name]
        return self.sheet.at(lines[-1][0], self.sheet.first_unit + max(1, len(self.sheet.units)) - 1)

    def _print(self, head: tuple[int, int]) -> None:
        results = self.results
        foot = f"{results.owed.tree.province.name} – số liệu tính đến ngày {results.owed.dates.cut_off:%d/%m/%Y}"
        print_setup(self.to, landscape=True, footer=foot.replace("&", "và"), repeat=head)
        if self.sheet.turned:
            self.to.fit_to_pages(0, 0)
            self.to.set_print_scale(70)
            self.to.repeat_columns(0, 1)
        else:
            self.to.set_column(_NUMBER, _NUMBER, _WIDTHS["no"])
            self.to.set_column(_LABEL, _LABEL, _WIDTHS["label"])
            self.to.set_column(_UNIT, _UNIT, _WIDTHS["unit"])
            self.to.set_column(_TOTAL, self.sheet.first_unit + len(self.sheet.units) - 1, _WIDTHS["figure"])
            if "n/N" in self.sheet.extras:
                coverage = self.sheet.first_unit - 1
                self.to.set_column(coverage, coverage, _WIDTHS["coverage"])

    def _titles(self, last: int) -> None:
        period = self.results.owed.period.label("vi")
        self.to.write_string(0, 0, self.results.workspace.settings.agency, self.styles.get(bold=True))
        title = f"BIỂU {self.sheet.form.id}: {self.sheet.form.title.vi.upper()}"
        centre = min(last, 12)
        self.to.merge_range(1, 0, 1, centre, title, self.styles.get(bold=True, align="center", font_size=14))
        about = f"{self.sheet.measure.label.vi} – {period} – số liệu tính đến ngày {self._cut_off()}"
        self.to.merge_range(2, 0, 2, centre, about, self.styles.get(italic=True, align="center"))
        legend = "Ô trống: chưa có số liệu (không phải 0). Tên đơn vị nền đỏ: còn chỗ phải sửa, số liệu vẫn được tính."
        self.to.write_string(4, 0, legend, self.styles.get(italic=True, font_size=11))

    def _cut_off(self) -> str:
        return f"{self.results.owed.dates.cut_off:%d/%m/%Y}"

    def _heads(self) -> None:
        """Field names, then the units; one that must send again is coloured."""
        sheet = self.sheet
        names = ["TT", "Nội dung", "Đơn vị tính", *(["Toàn tỉnh"] if sheet.totalled else [])]
        names += [self._extra_name(extra) for extra in sheet.extras]
        for part, name in enumerate(names):
            self._head(part, name, {})
        for k, unit in enumerate(sheet.units):
            rejected = self.results.status_of(unit.code) == "rejected"
            name = unit.short_name or unit.name
            self._head(sheet.first_unit + k, name, {"bg_color": MARKS["hard"]} if rejected else {}, unit.code)
        if sheet.turned:
            self.to.set_column(0, 0, 10)
            self.to.set_column(1, 1, 44)
            self.to.set_column(2, 2 + len(self.lines[sheet.name]), 11)
            self.to.set_row(_TOP + 1 + _LABEL, 110)
        else:
            longest = max((len(unit.short_name or unit.name) for unit in sheet.units), default=10)
            self.to.set_row(_TOP, 17 * max(2, min(5, -(-longest // 9))) + 4)

    def _extra_name(self, extra: str) -> str:
        return "Số đơn vị có số liệu" if extra == "n/N" else self.sheet.table.measure(extra).label.vi

    def _head(self, part: int, text: str, look: dict[str, Any], code: str = "") -> None:
        if self.sheet.turned:
            row = _TOP + 1 + part
            self.to.write_string(row, 0, code, self.styles.table(**look))
            self.to.write_string(row, 1, text, self.styles.table(bold=not code, **look))
        else:
            self.to.write_string(_TOP, part, text, self.styles.head(**look))

    def _line(self, row: Indicator | Heading, line: int, cell: Cell | None) -> None:
        sheet, bold = self.sheet, isinstance(row, Heading) or row.indent == 0
        indent = 0 if sheet.turned else row.indent
        if not sheet.turned:
            self.to.set_row(_TOP + 1 + line, 16.5 * lines_needed(row.label.vi, _WIDTHS["label"] - 2 * indent) + 2)
        head = {"align": "center", "valign": "vcenter"} if sheet.turned else {}
        self._put(line, _NUMBER, row.no, bold=bold, align="center")
        self._put(line, _LABEL, row.label.vi, bold=bold, indent=indent, **head)
        self._put(line, _UNIT, row.unit if isinstance(row, Indicator) else "", align="center")
        if cell is None or isinstance(row, Heading):
            grey = {} if isinstance(row, Heading) else {"bg_color": NOT_ASKED}
            for part in range(_TOTAL, sheet.first_unit + len(sheet.units)):
                self.to.write_blank(*sheet.at(line, part), None, self.styles.table(**grey))
            return
        if sheet.totalled:
            self._total(line, cell)
        for k, extra in enumerate(sheet.extras):
            self._extra(line, sheet.first_unit - len(sheet.extras) + k, cell, extra)
        for k, unit in enumerate(sheet.units):
            self._figure(line, sheet.first_unit + k, unit, cell)

    def _put(self, line: int, part: int, text: str, **look: Any) -> None:
        self.to.write_string(*self.sheet.at(line, part), text, self.styles.table(**look))

    def _style(self, cell: Cell, **look: Any) -> Any:
        decimals = 2 if cell.type == "percent" else 0
        return self.styles.table(num_format=number_format(cell.type, decimals), align="right", **look)

    def _value(self, unit: str, key: Key) -> float | None:
        return self.results.rollup.value.of(unit, key)

    def _figure(self, line: int, part: int, unit: Unit, cell: Cell) -> None:
        if unit.level not in cell.levels:
            self.to.write_blank(*self.sheet.at(line, part), None, self.styles.table(bg_color=NOT_ASKED))
        else:
            self.to.write(*self.sheet.at(line, part), self._value(unit.code, cell.key), self._style(cell))

    def _total(self, line: int, cell: Cell) -> None:
        """The province's figure as a formula over the units beside it; the register's count as the number it is."""
        where = self.sheet.at(line, _TOTAL)
        style = self._style(cell, bold=True, bg_color=COMPUTED)
        value = self._value(self.results.owed.tree.province.code, cell.key)
        formula = self._formula(line, cell)
        if formula is None:
            self.to.write(*where, value, style)
        else:
            self.to.write_formula(*where, formula, style, "" if value is None else value)

    def _formula(self, line: int, cell: Cell) -> str | None:
        units = self.sheet.units_range(line)
        match cell.rollup:
            case "SUM" | "MAX" if cell.role != "issuer":
                return f'=IF(COUNT({units})=0,"",{cell.rollup}({units}))'
            case "CNT":
                return f'=IF(COUNT({units})=0,"",COUNTIF({units},">0"))'
            case "WAVG" if cell.weight is not None:
                weights = self._range_of(cell.weight)
                weight = f'SUMPRODUCT(--({units}<>""),{weights})'
                return f'=IF({weight}=0,"",SUMPRODUCT({units},{weights})/{weight})' if weights else None
        return None

    def _range_of(self, key: Key) -> str:
        """The units' cells of another row, on whatever sheet they stand."""
        for sheet in self.sheets:
            same = sheet.form.id == key.form and sheet.measure.code == key.measure and sheet.units == self.sheet.units
            for line, cell in self.lines[sheet.name] if same else ():
                if cell is not None and cell.key == key:
                    return f"'{sheet.name}'!{sheet.units_range(line)}"
        return ""

    def _extra(self, line: int, part: int, cell: Cell, extra: str) -> None:
        writers: dict[str, Callable[[int, int, Cell, str], None]] = {"n/N": self._coverage}
        key = cell.key._replace(measure=extra)
        other = self.sheet.table.cells.get(key)
        if extra != "n/N" and other is None:
            self.to.write_blank(*self.sheet.at(line, part), None, self.styles.table(bg_color=NOT_ASKED))
            return
        writers.get(extra, self._beside)(line, part, cell, extra)

    def _coverage(self, line: int, part: int, cell: Cell, extra: str) -> None:
        """How many units stand behind the total of how many that owe it, and how many of them must send again."""
        assert extra == "n/N"
        rollup, province = self.results.rollup, self.results.owed.tree.province.code
        i, j = rollup.at(province, cell.key)
        have, expected, rejected = int(rollup.with_data[i, j]), int(rollup.expected[i, j]), int(rollup.rejected[i, j])
        text = f"{have}/{expected}" + (f" ({rejected} phải sửa)" if rejected else "")
        look = {"bg_color": MARKS["soft"]} if have < expected or rejected else {}
        self.to.write_string(*self.sheet.at(line, part), text, self.styles.table(align="center", font_size=11, **look))

    def _beside(self, line: int, part: int, cell: Cell, extra: str) -> None:
        """The province's target, percentage or verdict of the indicator."""
        key = cell.key._replace(measure=extra)
        other, province = self.sheet.table.cells[key], self.results.owed.tree.province.code
        where, value = self.sheet.at(line, part), self._value(province, key)
        look = {"bold": True, "bg_color": COMPUTED}
        if other.ratio is not None:
            formula = self._percentage(line, other)
            self.to.write_formula(*where, formula, self._style(other, **look), "" if value is None else value)
        elif other.role == "verdict":
            self._verdict(line, where, cell)
        else:
            self.to.write(*where, value, self._style(other, **look))

    def _percentage(self, line: int, cell: Cell) -> str:
        """Over the units that have both part and whole; against a target, of the two figures beside it."""
        assert cell.ratio is not None
        top, whole = cell.ratio.numerator.refs[0], cell.ratio.denominator.refs[0]
        if whole.measure in self.sheet.extras:
            done, given = a1(*self.sheet.at(line, _TOTAL)), self._target_cell(line)
            return f'=IF(OR(COUNT({done})=0,N({given})=0),"",100*{done}/{given})'
        parts = self.sheet.units_range(line)
        wholes = self._range_of(Key(whole.form, whole.indicator, whole.measure)).split("!")[-1]
        both = f'--({parts}<>""),--({wholes}<>"")'
        assert top.measure == self.sheet.measure.code
        return f'=IF(SUMPRODUCT({both},{wholes})=0,"",100*SUMPRODUCT({both},{parts})/SUMPRODUCT({both},{wholes}))'

    def _verdict(self, line: int, where: tuple[int, int], cell: Cell) -> None:
        province = self.results.owed.tree.province.code
        target = self.results.owed.targets.get(province, {}).get(cell.key.indicator)
        actual = self._value(province, cell.key)
        style = self.styles.table(align="center", bold=True, bg_color=COMPUTED)
        if target is None:
            self.to.write_blank(*where, None, style)
            return
        done, given = a1(*self.sheet.at(line, _TOTAL)), self._target_cell(line)
        met = f'IF({done}>={given},"Đạt","Không đạt")'
        if target.op == "=":
            met = f'IF({done}>{given},"Vượt",{met})'
        formula = f'=IF(COUNT({done})=0,"",IF({given}=0,"Không giao",{met}))'
        self.to.write_formula(*where, formula, style, "" if actual is None else verdict(target, actual))

    def _target_cell(self, line: int) -> str:
        issued = next(m.code for m in self.sheet.table.measures if m.issuer)
        part = self.sheet.first_unit - len(self.sheet.extras) + self.sheet.extras.index(issued)
        return a1(*self.sheet.at(line, part))
