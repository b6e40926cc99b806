"""A worksheet of xlsxwriter whose cells are taken and written with less ado, byte for byte the same.

xlsxwriter asks for each cell what most cells answer alike: whether it was addressed as ``A1``, whether a number needs
escaping, how its column is called. With some hundred thousand cells that takes longer than what they say.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any, Literal

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


class QuickSheet(Worksheet):  # type: ignore[misc, unused-ignore]
    """A worksheet whose cells are addressed by row and column only, and that takes every formula as it is given.

    xlsxwriter searches each formula for some seventy functions newer than Excel 2007. None of them is used here:
    offices have old versions of Excel. ``formulas`` counts the formulas.
    """

    formulas = 0

    def write_number(self, row: int, col: int, number: Any, cell_format: Format | None = None) -> Any:
        """A number; one that is not finite has no place in a sheet and raises :class:`TypeError`."""
        return self._write_number(row, col, number, cell_format)

    def write_string(self, row: int, col: int, string: str, cell_format: Format | None = None) -> Any:
        """A text, whatever it begins with."""
        return self._write_string(row, col, string, cell_format)

    def write_blank(self, row: int, col: int, blank: Any, cell_format: Format | None = None) -> Any:
        """A cell with nothing but its format."""
        return self._write_blank(row, col, blank, cell_format)

    def _write_formula(
        self, row: int, col: int, formula: str, cell_format: Format | None = None, value: object = 0
    ) -> Literal[0, -1, -2]:
        if self._check_dimensions(row, col):
            return -1
        self.table[row][col] = CellFormulaTuple(formula.removeprefix("="), cell_format, value)
        self.formulas += 1
        return 0

    def _calculate_spans(self) -> None:
        if self.comments:
            super()._calculate_spans()
            return
        filled = ((row, self.table[row]) for row in sorted(self.table) if self.table[row])
        self.row_spans = {}
        for block, rows in groupby(filled, key=lambda one: one[0] // _BLOCK):
            cells = [cells for _, cells in rows]
            self.row_spans[block] = f"{min(map(min, cells)) + 1}:{max(map(max, cells)) + 1}"

    def _write_rows(self) -> None:
        self._calculate_spans()
        if self.dim_rowmin is None:
            return
        names = [xl_col_to_name(column) for column in range((self.dim_colmax or 0) + 1)]
        styles: dict[int, str] = {}
        for row in sorted({*self.row_info, *self.comments, *self.table}):
            if not self.dim_rowmin <= row <= self.dim_rowmax:
                continue
            span, info, cells = self.row_spans.get(row // _BLOCK), self.row_info.get(row), self.table.get(row)
            if cells:
                self._write_row(row, span, info)
                self._write_cells(row, cells, names, styles)
                self._xml_end_tag("row")
            elif info is not None or row in self.comments:
                self._write_empty_row(row, span, info)

    def _write_cells(self, row: int, cells: dict[int, Any], names: list[str], styles: dict[int, str]) -> None:
        """The cells of a row in their order; what is rare here is left to xlsxwriter."""
        write, number = self.fh.write, f'{row + 1}"'
        for column in sorted(cells):
            cell = cells[column]
            look, kind = cell.format, cell.__class__
            if look is None:
                self._write_cell(row, column, cell)
                continue
            style = styles.get(id(look))
            if style is None:
                style = styles[id(look)] = f' s="{look._get_xf_index()}"'
            if kind is CellNumberTuple:
                write(f'<c r="{names[column]}{number}{style}><v>{cell.number:.16G}</v></c>')
            elif kind is CellStringTuple:
                write(f'<c r="{names[column]}{number}{style} t="s"><v>{cell.string}</v></c>')
            elif kind is CellBlankTuple:
                write(f'<c r="{names[column]}{number}{style}/>')
            elif kind is CellFormulaTuple and cell.value.__class__ in (float, int):
                formula = self._escape_data(cell.formula)
                write(f'<c r="{names[column]}{number}{style}><f>{formula}</f><v>{cell.value}</v></c>')
            else:
                self._write_cell(row, column, cell)
