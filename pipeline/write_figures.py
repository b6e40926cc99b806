"""The sheets of a form in the consolidated workbook: one for each measure that adds up, totals as live formulas."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

from xlsxwriter.workbook import Workbook

from pipeline.quick_sheet import QuickSheet
from pipeline.results import Results
from pipeline.sheet_room import MOST_ROWS
from pipeline.styles import Styles
from pipeline.write_figures_formulas import Formulas
from pipeline.write_figures_grid import (
    COVERAGE,
    TOTAL,
    Place,
    Sheet,
    beside,
    index_of,
    lines_of,
    matrices,
    measures_of,
)
from pipeline.write_figures_groups import grouped, unit_figures
from pipeline.write_figures_marks import marks_of
from pipeline.write_figures_room import MOST_CELLS, fitted, is_crowded
from pipeline.write_figures_sheet import SheetWriter
from schemas.form import Form, Key, Measure
from schemas.tree import Tree, Unit

MOST_COLUMNS = 30
# What Excel allows in the name of a sheet; an apostrophe would also end the name in a formula.
_LONGEST_NAME = 31
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\']")
_DEEPER = " (cơ sở)"

# A sheet, the place of an indicator among its lines, and the parts of its units.
_Where = tuple[Sheet, int, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Figured:
    """Where each unit's figures and the province's stand, and the sheets with what they show."""

    lines: Mapping[Key, tuple[_Where, ...]]
    totals: Mapping[Key, Place]
    sheets: tuple[tuple[str, str], ...]

    def place(self, unit: str, key: Key) -> Place | None:
        """The cell in which a unit's figure stands."""
        for sheet, at, parts in self.lines.get(key, ()):
            if unit in parts:
                return (sheet.name, *sheet.at(at, parts[unit]))
        return None


def write_figures(
    book: Workbook,
    styles: Styles,
    results: Results,
    sources: Mapping[Key, Place],
    most_rows: int = MOST_ROWS,
    most_cells: int = MOST_CELLS,
) -> Figured:
    """Write the sheets of every form that anyone owes; say where the figures stand.

    ``sources`` are the places to which the province's figures lead. Where the units need more than ``most_rows`` of a
    sheet or ``most_cells`` of the workbook, the unions above them stand for them, and the sheet says so.
    """
    sheets = _sheets(results, most_rows, most_cells)
    index, marks = index_of(sheets), marks_of(results)
    for sheet in sheets:
        to: QuickSheet = book.add_worksheet(sheet.name)
        units = unit_figures(sheet, results.rollup.value)
        SheetWriter(to, styles, results, sheet, Formulas(sheet, index), marks, sources, units).write()
    totals = {key: (sheet.name, *sheet.at(line.at, TOTAL)) for key, (sheet, line) in index.items()}
    return Figured(_lines(sheets), totals, tuple((sheet.name, sheet.title) for sheet in sheets))


def _sheets(results: Results, most_rows: int, most_cells: int) -> list[Sheet]:
    """For each measure the province's children, then whoever below them is asked; the issuer gives only the former."""
    tree = results.owed.tree
    children = tree.children(tree.province.code)
    deeper = _deeper(results, {child.code for child in children})
    having = {unit: _forms(results, unit) for unit in deeper}
    found: list[tuple[Sheet, Sheet | None, partial[Sheet]]] = []
    for form in results.owed.forms if children else ():
        below = [unit for unit in deeper if form.id in having[unit]]
        for measure in measures_of(matrices(form)):
            own = _sheet(form, measure, children, tree, deep=False)
            lower = _sheet(form, measure, below, tree, deep=True)
            asked = not measure.issuer and _asked(lower)
            found.append((own, lower if asked else None, partial(_sheet, form, measure, tree=tree)))
    crowded = is_crowded((lower for _, lower, _ in found), most_cells)
    sheets = (fitted(own, lower, make, tree, most_rows, crowded=crowded) for own, lower, make in found)
    return _named_apart([sheet for some in sheets for sheet in some])


def _asked(sheet: Sheet) -> bool:
    """Whether any of its units fills anything on it."""
    levels = {unit.level for unit in sheet.units}
    return any(line.cell.levels & levels for line in sheet.lines if line.cell is not None)


def _named_apart(sheets: Sequence[Sheet]) -> list[Sheet]:
    """Long names that are alike once they are cut, told apart by a number; Excel does not tell capitals apart."""
    taken: set[str] = set()
    apart = []
    for sheet in sheets:
        name, again = sheet.name, 1
        while name.casefold() in taken:
            again += 1
            name = _cut(sheet.name, f" ({again})")
        taken.add(name.casefold())
        apart.append(replace(sheet, name=name))
    return apart


def _cut(name: str, end: str) -> str:
    """As much of a name as there is room for, with its end."""
    return name[: _LONGEST_NAME - len(end)].rstrip() + end


def _deeper(results: Results, children: set[str]) -> list[Unit]:
    """The units below the province's ``children`` that owe or sent anything."""
    below = [unit for unit in results.owed.tree.units if unit.code not in children and unit.level != "province"]
    return [unit for unit in below if unit.code in results.owed.owed or unit.code in results.by_unit]


def _forms(results: Results, unit: Unit) -> frozenset[str]:
    """The forms that a unit owes or sent."""
    submission = results.by_unit.get(unit.code)
    sent = submission.entries.forms if submission else frozenset()
    return sent.union(form.id for form in results.owed.owed.get(unit.code, ()))


def _sheet(form: Form, measure: Measure, units: Sequence[Unit], tree: Tree, *, deep: bool) -> Sheet:
    first = measures_of(matrices(form))[0].code == measure.code
    name = form.id if first else f"{form.id} {measure.label.vi}"
    name = _cut(_NOT_IN_A_NAME.sub(".", name), _DEEPER if deep else "")
    turned = deep or len(units) > MOST_COLUMNS
    lines = lines_of(form, measure, turned=turned)
    tables = tuple({line.table.id: line.table for line in lines}.values())
    found = {table.id: () if deep else beside(table, measure) for table in tables}
    extras = () if deep else (*dict.fromkeys(extra for codes in found.values() for extra in codes), COVERAGE)
    plain = Sheet(name, form, tables, measure, tuple(units), turned, not deep, found, extras, lines)
    if not turned:
        return plain
    ordered, groups = grouped(units, plain.first_unit, tree, by_parent=deep)
    return replace(plain, units=tuple(ordered), groups=groups)


def _lines(sheets: Sequence[Sheet]) -> Mapping[Key, tuple[_Where, ...]]:
    found: dict[Key, tuple[_Where, ...]] = {}
    for sheet in sheets:
        parts = {unit.code: part for part, unit in sheet.placed()}
        for line in sheet.lines:
            if line.cell is not None:
                found[line.cell.key] = (*found.get(line.cell.key, ()), (sheet, line.at, parts))
    return MappingProxyType(found)
