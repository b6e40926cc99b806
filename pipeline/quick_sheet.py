"""A worksheet of xlsxwriter whose cells are taken and written with less ado, byte for byte the same.

xlsxwriter asks for each cell what most cells answer alike: whether it was addressed as ``A1``, whether a number needs
escaping, how its column is called. With some hundred thousand cells that takes longer than what they say.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from itertools import groupby
from math import isinf, isnan
from typing import IO, Any, Literal, NamedTuple

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import (
    CellBlankTuple,
    CellFormulaTuple,
    CellNumberTuple,
    CellStringTuple,
    Worksheet,
)

# So many rows share what xlsxwriter says of their width.
_BLOCK = 16
# More rows than any province has.
MANY_ROWS = 20_000


class QuickSheet(Worksheet):  # type: ignore[misc, unused-ignore]
    """A worksheet whose cells are addressed by row and column only, and that takes every formula as it is given.

    xlsxwriter searches each formula for some seventy functions newer than Excel 2007. None of them is used here:
    offices have old versions of Excel. ``formulas`` counts the formulas.
    """

    formulas = 0

    def __init__(self) -> None:
        super().__init__()
        self._runs: dict[int, _Run] = {}
        self._sealed: IO[str] | None = None

    def write_number(self, row: int, col: int, number: Any, cell_format: Format | None = None) -> Any:
        """A number; one that is not finite has no place in a sheet and raises :class:`TypeError`."""
        return self._write_number(row, col, number, cell_format)

    def write_string(self, row: int, col: int, string: str, cell_format: Format | None = None) -> Any:
        """A text, whatever it begins with."""
        return self._write_string(row, col, string, cell_format)

    def write_blank(self, row: int, col: int, blank: Any, cell_format: Format | None = None) -> Any:
        """A cell with nothing but its format."""
        return self._write_blank(row, col, blank, cell_format)

    def write_formula(
        self, row: int, col: int, formula: str, cell_format: Format | None = None, value: object = 0
    ) -> Any:
        """A formula with the value that it has."""
        return self._write_formula(row, col, formula, cell_format, value)

    def write_figures(
        self, row: int, column: int, figures: Sequence[float], looks: Sequence[Format], blanks: Sequence[Format]
    ) -> None:
        """Figures side by side from a column on, one such run in a row; a missing one (NaN) is a blank in its own look.

        They are kept as they are until the sheet is written. What else is written to one of their cells stands there.
        """
        if figures and not any(self._check_dimensions(row, column + i) for i in (0, len(figures) - 1)):
            self._runs[row] = _Run(column, figures, looks, blanks)

    def seal(self) -> None:
        """Write the rows now, into a file of their own, and forget their cells: nothing more can be written to them."""
        self._sealed = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115
        weakref.finalize(self, self._sealed.close)
        self.fh, kept = self._sealed, self.fh
        self._write_all_rows()
        self.fh = kept
        self.table.clear()
        self._runs.clear()

    @property
    def can_be_sealed(self) -> bool:
        """Whether so many rows wait to be written that they are better forgotten."""
        return self._sealed is None and len(self.table) > MANY_ROWS

    def _write_string(self, row: int, col: int, string: str, cell_format: Format | None = None) -> Any:
        if len(string) > self.xls_strmax // 2:
            return super()._write_string(row, col, string, cell_format)
        if self._check_dimensions(row, col):
            return -1
        self.table[row][col] = CellStringTuple(self.str_table._get_shared_string_index(string), cell_format)
        return 0

    def _write_formula(
        self, row: int, col: int, formula: str, cell_format: Format | None = None, value: object = 0
    ) -> Literal[0, -1, -2]:
        if self._check_dimensions(row, col):
            return -1
        self.table[row][col] = CellFormulaTuple(formula.removeprefix("="), cell_format, value)
        self.formulas += 1
        return 0

    def _calculate_spans(self) -> None:
        self.row_spans = {}
        for block, rows in groupby(sorted({*self.table, *self.comments, *self._runs}), key=lambda row: row // _BLOCK):
            columns: list[int] = []
            for row in rows:
                columns += [*self.table.get(row, ()), *self.comments.get(row, ())]
                if run := self._runs.get(row):
                    columns += [run.column, run.column + len(run.figures) - 1]
            if columns:
                self.row_spans[block] = f"{min(columns) + 1}:{max(columns) + 1}"

    def _write_rows(self) -> None:
        if self._sealed is None:
            self._write_all_rows()
            return
        if self.table or self._runs:
            raise RuntimeError(f"{self.name}: a cell was written after its sheet was sealed")
        self._sealed.seek(0)
        shutil.copyfileobj(self._sealed, self.fh)

    def _write_all_rows(self) -> None:
        self._calculate_spans()
        if self.dim_rowmin is None:
            return
        names = [xl_col_to_name(column) for column in range((self.dim_colmax or 0) + 1)]
        styles, numbers = _Styles(), _Numbers()
        for row in sorted({*self.row_info, *self.comments, *self.table, *self._runs}):
            if not self.dim_rowmin <= row <= self.dim_rowmax:
                continue
            span, info = self.row_spans.get(row // _BLOCK), self.row_info.get(row)
            cells, run = self.table.get(row, {}), self._runs.get(row)
            if cells or run:
                self._write_row(row, span, info)
                if run and cells and max(cells) >= run.column:
                    cells, run = {**run.cells(), **cells}, None
                self._write_cells(row, cells, names, styles, numbers)
                if run:
                    self.fh.write(run.said(f'{row + 1}"', names, styles, numbers))
                self._xml_end_tag("row")
            elif info is not None or row in self.comments:
                self._write_empty_row(row, span, info)

    def _write_cells(
        self, row: int, cells: dict[int, Any], names: list[str], styles: _Styles, numbers: _Numbers
    ) -> None:
        """The cells of a row in their order; what is rare here is left to xlsxwriter."""
        said: list[str] = []
        say, number = said.append, f'{row + 1}"'
        for column in sorted(cells):
            cell = cells[column]
            kind, look = cell.__class__, cell.format
            if look is None:
                pass
            elif kind is CellNumberTuple:
                value = cell.number
                shown = numbers[value] if value.__class__ is float else f"{value:.16G}"
                say(f'<c r="{names[column]}{number}{styles[look]}><v>{shown}</v></c>')
                continue
            elif kind is CellBlankTuple:
                say(f'<c r="{names[column]}{number}{styles[look]}/>')
                continue
            elif kind is CellStringTuple:
                say(f'<c r="{names[column]}{number}{styles[look]} t="s"><v>{cell.string}</v></c>')
                continue
            elif kind is CellFormulaTuple and cell.value.__class__ in (float, int):
                formula = self._escape_data(cell.formula)
                say(f'<c r="{names[column]}{number}{styles[look]}><f>{formula}</f><v>{cell.value}</v></c>')
                continue
            self.fh.write("".join(said))
            said.clear()
            self._write_cell(row, column, cell)
        self.fh.write("".join(said))


class _Run(NamedTuple):
    """Figures side by side."""

    column: int
    figures: Sequence[float]
    looks: Sequence[Format]
    blanks: Sequence[Format]

    def cells(self) -> dict[int, Any]:
        """What xlsxwriter would keep of them."""
        each = zip(self.figures, self.looks, self.blanks, strict=True)
        return {
            column: CellBlankTuple(blank) if isnan(figure) else CellNumberTuple(figure, look)
            for column, (figure, look, blank) in enumerate(each, self.column)
        }

    def said(self, number: str, names: Sequence[str], styles: _Styles, numbers: _Numbers) -> str:
        """What the row of this number says of them."""
        each = zip(names[self.column :], self.figures, self.looks, self.blanks, strict=False)
        return "".join(
            [
                f'<c r="{name}{number}{styles[blank]}/>'
                if isnan(figure)
                else f'<c r="{name}{number}{styles[look]}><v>{numbers[figure]}</v></c>'
                for name, figure, look, blank in each
            ]
        )


class _Styles(dict[Format, str]):
    """What a cell says of its format."""

    def __missing__(self, look: Format) -> str:
        said = self[look] = f' s="{look._get_xf_index()}"'
        return said


class _Numbers(dict[float, str]):
    """What a cell says of its number. Most figures of a sheet are small and stand there many times."""

    def __missing__(self, number: float) -> str:
        if isinf(number):
            raise TypeError("a number that is not finite has no place in a sheet")
        said = f"{number:.16G}"
        # Zero and minus zero are equal, but not in writing.
        if number:
            self[number] = said
        return said
