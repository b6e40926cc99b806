"""The cells and rows of a package that another of its kind has otherwise.

Whoever writes such a cell says how its value follows from the package. What follows is written at once, or the sheet is
left open there, so that one sheet serves all packages of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook

from pipeline.formulas import Formula
from pipeline.package_made import Package
from pipeline.quick_sheet import QuickSheet
from pipeline.styles import MOST_CHARACTERS, beginning

_TALLEST = 409.0

Shown = float | str | date | None


@dataclass(frozen=True, slots=True)
class OpenCells:
    """Cells of one row: what shows in each, and their formulas where they have some."""

    row: int
    columns: tuple[int, ...]
    values: Callable[[Package], Sequence[Shown]]
    formulas: Sequence[Formula] = ()


@dataclass(slots=True)
class Opened:
    """What of one sheet is left open: cells, and rows with how high they are, in points."""

    cells: list[OpenCells] = field(default_factory=list)
    rows: list[tuple[int, Callable[[Package], float]]] = field(default_factory=list)


class PackageSheet(QuickSheet):
    """A sheet of this package; ``opened`` is there where what varies is left open."""

    package: Package
    opened: Opened | None = None

    def show(self, row: int, column: int, value: Callable[[Package], Shown], style: Format | None = None) -> None:
        """A cell without a formula."""
        if self.opened is not None:
            self.opened.cells.append(OpenCells(row, (column,), lambda package: (value(package),)))
            self.write_number(row, column, 0, style)
            return
        shown = value(self.package)
        if isinstance(shown, date):
            self.write_datetime(row, column, shown, style)
        elif isinstance(shown, str):
            self.write_string(row, column, beginning(shown, MOST_CHARACTERS), style)
        else:
            self.write(row, column, shown, style)

    def show_formulas(
        self,
        row: int,
        columns: Sequence[int],
        formulas: Sequence[Formula],
        values: Callable[[Package], Sequence[Shown]],
        styles: Sequence[Format | None],
    ) -> None:
        """Cells of one row with formulas and what they show."""
        if self.opened is not None:
            self.opened.cells.append(OpenCells(row, tuple(columns), values, formulas))
            self.formulas += len(columns)
            for column, style in zip(columns, styles, strict=True):
                self.write_number(row, column, 0, style)
            return
        constants = self.package.content.constants
        for column, formula, shown, style in zip(columns, formulas, values(self.package), styles, strict=True):
            text = formula if isinstance(formula, str) else formula.text(constants)
            self.write_formula(row, column, text, style, shown)

    def make_high(self, row: int, height: Callable[[Package], float]) -> None:
        """How high a row is, in points; Excel has none that is higher than 409."""

        def points(package: Package) -> float:
            return min(height(package), _TALLEST)

        if self.opened is not None:
            self.opened.rows.append((row, points))
        self.set_row(row, points(self.package))


def add_sheet(book: Workbook, name: str, package: Package, opened: dict[str, Opened] | None) -> PackageSheet:
    """A new sheet; what is left open on it is kept under its name."""
    sheet: PackageSheet = book.add_worksheet(name, PackageSheet)
    sheet.package = package
    sheet.opened = opened.setdefault(name, Opened()) if opened is not None else None
    return sheet
