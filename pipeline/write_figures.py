"""The sheets of a form in the consolidated workbook: one for each measure that adds up, totals as live formulas."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from xlsxwriter.workbook import Workbook

from pipeline.results import Results
from pipeline.styles import Styles
from pipeline.write_figures_formulas import Formulas
from pipeline.write_figures_grid import COVERAGE, Sheet, lines_of
from pipeline.write_figures_sheet import SheetWriter
from schemas.form import Form, Key, Measure, Table
from schemas.tree import Unit

MOST_COLUMNS = 30
# What Excel allows in the name of a sheet.
_LONGEST_NAME = 31
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]")
_NOT_AT_THE_END = " '"
_DEEPER = " (cơ sở)"

Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Figured:
    """Where each unit's figures stand, and the sheets with what they show."""

    places: Mapping[tuple[str, Key], Place]
    sheets: tuple[tuple[str, str], ...]


def write_figures(book: Workbook, styles: Styles, results: Results) -> Figured:
    """Write the sheets of every form that anyone owes; say where the figures stand."""
    sheets = _sheets(results)
    for sheet in sheets:
        SheetWriter(book.add_worksheet(sheet.name), styles, results, sheet, Formulas(sheet, sheets)).write()
    return Figured(_places(sheets), tuple((sheet.name, sheet.title) for sheet in sheets))


def _sheets(results: Results) -> list[Sheet]:
    """For each measure the province's children, then whoever below them reports; the issuer gives only the former."""
    tree, kind = results.owed.tree, results.owed.period.kind
    children = tree.children(tree.province.code)
    deeper = _deeper(results, {child.code for child in children})
    sheets: list[Sheet] = []
    for form in results.workspace.forms:
        if kind not in form.periods:
            continue
        below = [unit for unit in deeper if _has(results, unit, form)]
        for table in (table for table in form.tables if table.kind == "matrix"):
            for measure in _measures(table):
                sheets.append(_sheet(form, table, measure, children, deep=False))
                if below and not measure.issuer:
                    sheets.append(_sheet(form, table, measure, below, deep=True))
    return _named_apart(sheets)


def _named_apart(sheets: Sequence[Sheet]) -> list[Sheet]:
    """Long names that are alike once they are cut, told apart by a number; Excel does not tell capitals apart."""
    taken: set[str] = set()
    apart = []
    for sheet in sheets:
        name, again = sheet.name, 1
        while name.casefold() in taken:
            again += 1
            name = f"{sheet.name[: _LONGEST_NAME - 4]} ({again})"
        taken.add(name.casefold())
        apart.append(replace(sheet, name=name))
    return apart


def _deeper(results: Results, children: set[str]) -> list[Unit]:
    """The units below the province's ``children`` that owe or sent anything."""
    below = [unit for unit in results.owed.tree.units if unit.code not in children and unit.level != "province"]
    return [unit for unit in below if unit.code in results.owed.owed or unit.code in results.by_unit]


def _has(results: Results, unit: Unit, form: Form) -> bool:
    """Whether a unit owes the form or sent it."""
    submission = results.by_unit.get(unit.code)
    sent = submission is not None and any(key.form == form.id for key in submission.entries)
    return sent or form in results.owed.owed.get(unit.code, ())


def _measures(table: Table) -> list[Measure]:
    """The columns that units fill with numbers, then what the issuer gave them."""
    numbers = [m for m in table.measures if m.type not in ("text", "verdict") and not m.compute]
    return sorted(numbers, key=lambda measure: measure.issuer)


def _sheet(form: Form, table: Table, measure: Measure, units: Sequence[Unit], *, deep: bool) -> Sheet:
    first = _measures(table)[0].code == measure.code
    name = form.id if len(form.tables) == 1 else f"{form.id} {table.id}"
    if not first:
        name += f" {measure.label.vi}"
    name = _NOT_IN_A_NAME.sub(".", name)
    name = (
        f"{name[: _LONGEST_NAME - len(_DEEPER)].rstrip(_NOT_AT_THE_END)}{_DEEPER}"
        if deep
        else name[:_LONGEST_NAME].rstrip(_NOT_AT_THE_END)
    )
    extras = () if deep else (*(_beside(table) if first else ()), COVERAGE)
    turned = deep or len(units) > MOST_COLUMNS
    lines = lines_of(form, table, measure, turned=turned)
    return Sheet(name, form, table, measure, tuple(units), turned, not deep, extras, lines)


def _beside(table: Table) -> tuple[str, ...]:
    """The measures that stand beside the total: targets, percentages, verdicts."""
    issued = [measure.code for measure in table.measures if measure.issuer]
    computed = [measure.code for measure in table.measures if measure.compute and measure.type != "verdict"]
    verdicts = [measure.code for measure in table.measures if measure.type == "verdict"]
    return (*issued, *computed, *verdicts)


def _places(sheets: Sequence[Sheet]) -> Mapping[tuple[str, Key], Place]:
    return MappingProxyType(
        {
            (unit.code, line.cell.key): (sheet.name, *sheet.at(line.at, part))
            for sheet in sheets
            for line in sheet.lines
            if line.cell is not None
            for part, unit in enumerate(sheet.units, sheet.first_unit)
        }
    )
